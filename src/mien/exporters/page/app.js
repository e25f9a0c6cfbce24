// One page that runs an exported network in the visitor's browser. Everything it loads lies beside it.

const byId = (id) => document.getElementById(id);
const say = (text) => { byId("state").textContent = text; };

async function file(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status} ${answer.statusText}`);
  return answer;
}

// --- the network ---------------------------------------------------------------------------------------------------

// WebGPU where the browser has it and the export brought it; WebAssembly otherwise.
async function runtime(model) {
  const gpu = model.webgpu && navigator.gpu && await navigator.gpu.requestAdapter().catch(() => null);
  const forced = new URLSearchParams(location.search).get("runtime");
  const useGpu = gpu && forced !== "wasm";
  const ort = await import(`./runtime/ort.${useGpu ? "webgpu" : "wasm"}.bundle.min.mjs`);
  const wasm = `ort-wasm-simd-threaded${useGpu ? ".asyncify" : ""}.wasm`;
  ort.env.wasm.wasmPaths = { wasm: new URL(`runtime/${wasm}`, location.href).href };
  if (!crossOriginIsolated) ort.env.wasm.numThreads = 1;
  return { ort, name: useGpu ? "WebGPU" : "WebAssembly", options: { executionProviders: useGpu ? ["webgpu", "wasm"] : ["wasm"] } };
}

// Runs one after the other: a session takes no second call while one runs.
class Network {
  constructor(ort, session) { this.ort = ort; this.session = session; this.last = Promise.resolve(); }
  run(inputs) {
    const feeds = {};
    for (const [name, [data, dims]] of Object.entries(inputs)) feeds[name] = new this.ort.Tensor("float32", data, dims);
    const now = this.last.then(async () => (await this.session.run(feeds)).image);
    this.last = now.catch(() => {});
    return now;
  }
}

// Image number `index` of a tensor [N,C,H,W] in about -1 to 1, on a canvas.
function show(canvas, image, index = 0) {
  const [, channels, height, width] = image.dims;
  const size = height * width, start = index * channels * size;
  const pixels = new ImageData(width, height);
  for (let place = 0; place < size; place++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = image.data[start + Math.min(channel, channels - 1) * size + place];
      pixels.data[4 * place + channel] = Math.round(value * 127.5 + 127.5);  // it clamps to 0..255 by itself
    }
    pixels.data[4 * place + 3] = 255;
  }
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(pixels, 0, 0);
}

// --- latents -------------------------------------------------------------------------------------------------------

// Two normal numbers from two uniform ones (Box and Muller 1958).
function normal(count) {
  const found = new Float32Array(count);
  for (let place = 0; place < count; place++) {
    found[place] = Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  }
  return found;
}

// From a to b along the sphere, because latents lie near one (Shoemake 1985).
function between(a, b, share) {
  const dot = a.reduce((sum, value, place) => sum + value * b[place], 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, dot / (Math.hypot(...a) * Math.hypot(...b)))));
  const [left, right] = angle < 1e-4 ? [1 - share, share]
    : [Math.sin((1 - share) * angle) / Math.sin(angle), Math.sin(share * angle) / Math.sin(angle)];
  return a.map((value, place) => left * value + right * b[place]);
}

const mixed = (a, b, share) => a.map((value, place) => (1 - share) * value + share * b[place]);

// --- a generator ---------------------------------------------------------------------------------------------------

class Generator {
  constructor(model, network, latents, labels) {
    Object.assign(this, { model, network, latents, labels, faces: [], chosen: [], requested: {}, round: 0 });
  }

  face(index) {
    const { latent_dim: size, label_dim: count, seeds } = this.model;
    const known = index !== null, row = known ? index : Math.floor(Math.random() * seeds);
    return {
      name: known ? `seed ${index}` : "random",
      z: known ? this.latents.slice(index * size, (index + 1) * size) : normal(size),
      label: this.labels.slice(row * count, (row + 1) * count),
    };
  }

  // The label with the visitor's attributes: each from the face's own value to the requested one, by degrees.
  label(face) {
    const found = face.label.slice();
    for (const { columns, target, degree } of Object.values(this.requested)) {
      columns.forEach((column, place) => { found[column] = (1 - degree) * found[column] + degree * target[place]; });
    }
    return found;
  }

  run(faces) {
    const { latent_dim: size, label_dim: count } = this.model;
    const z = new Float32Array(faces.length * size), label = new Float32Array(faces.length * count);
    faces.forEach((face, place) => { z.set(face.z, place * size); label.set(this.label(face), place * count); });
    const truncation = new Float32Array([byId("truncation").valueAsNumber]);
    const inputs = { z: [z, [faces.length, size]], truncation: [truncation, []] };
    if (count) inputs.label = [label, [faces.length, count]];
    return this.network.run(inputs);
  }

  // A later call ends an earlier one: while a slider moves, only the newest image matters.
  async showWall() {
    const round = ++this.round, atOnce = 4;
    for (let start = 0; start < this.faces.length; start += atOnce) {
      const part = this.faces.slice(start, start + atOnce), image = await this.run(part);
      if (round !== this.round) return;
      part.forEach((face, place) => show(face.canvas, image, place));
    }
  }

  async showLarge() {
    const [first, second] = this.chosen;
    if (!first) return;
    const share = second ? byId("between").valueAsNumber : 0;
    const face = second ? { z: between(first.z, second.z, share), label: mixed(first.label, second.label, share) } : first;
    const round = this.largeRound = (this.largeRound || 0) + 1, image = await this.run([face]);
    if (round !== this.largeRound) return;
    show(byId("face"), image);
    byId("which").textContent = second ? `${first.name} to ${second.name}` : first.name;
  }

  choose(face) {
    this.chosen = this.chosen.length === 1 && this.chosen[0] !== face ? [this.chosen[0], face] : [face];
    for (const other of this.faces) {
      other.button.setAttribute("aria-pressed", String(this.chosen.includes(other)));
      other.button.classList.toggle("second", this.chosen[1] === other);
    }
    byId("between").disabled = this.chosen.length < 2;
    return this.showLarge();
  }

  async fill(indices) {
    this.faces = indices.map((index) => this.face(index));
    byId("wall").replaceChildren(...this.faces.map((face) => {
      face.canvas = document.createElement("canvas");
      face.button = document.createElement("button");
      face.button.append(face.canvas);
      face.button.title = face.name;
      face.button.addEventListener("click", () => this.choose(face));
      return face.button;
    }));
    this.chosen = [];
    await this.choose(this.faces[0]);
    await this.showWall();
  }

  redraw() { return Promise.all([this.showLarge(), this.showWall()]); }

  async begin() {
    byId("generate").hidden = false;
    for (const attribute of this.model.attributes) this.addAttribute(attribute);
    byId("attributes").hidden = !this.model.attributes.length;
    byId("truncation").addEventListener("input", () => this.redraw());
    byId("between").addEventListener("input", () => this.showLarge());
    const first = Array.from({ length: Math.min(16, this.model.seeds) }, (_, seed) => seed);
    byId("first").addEventListener("click", () => this.fill(first));
    byId("more").addEventListener("click", () => this.fill(first.map(() => null)));
    byId("save").addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = byId("face").toDataURL("image/png");
      link.download = "face.png";
      link.click();
    });
    await this.fill(first);
  }

  // One menu of values and one slider of degrees. A binary attribute has the values "without" and "with".
  addAttribute({ name, values, columns }) {
    const label = document.createElement("label"), menu = document.createElement("select"), slider = document.createElement("input");
    menu.append(new Option("as the seed has it", ""), ...values.map((value, place) => new Option(value, String(place))));
    menu.setAttribute("aria-label", name);
    Object.assign(slider, { type: "range", min: "0", max: "1", step: "0.05", value: "1", disabled: true });
    slider.setAttribute("aria-label", `degree of ${name}`);
    label.append(name, menu, slider);
    byId("attributes").append(label);
    const change = () => {
      const place = Number(menu.value);
      slider.disabled = menu.value === "";
      const target = columns.length === 1 ? [place] : columns.map((_, column) => Number(column === place));
      if (menu.value === "") delete this.requested[name];
      else this.requested[name] = { columns, target, degree: slider.valueAsNumber };
      this.redraw();
    };
    menu.addEventListener("change", change);
    slider.addEventListener("input", change);
  }
}

// --- a translator --------------------------------------------------------------------------------------------------

class Translator {
  constructor(model, networks) { Object.assign(this, { model, networks, round: 0 }); }

  // The drawing as [1,C,H,W] in -1 to 1.
  source() {
    const [height, width] = this.model.resolution, channels = this.model.channels, size = height * width;
    const pixels = byId("sketch").getContext("2d").getImageData(0, 0, width, height).data;
    const found = new Float32Array(channels * size);
    for (let place = 0; place < size; place++) {
      const [red, green, blue] = pixels.subarray(4 * place, 4 * place + 3);
      if (channels === 1) found[place] = (0.299 * red + 0.587 * green + 0.114 * blue) / 127.5 - 1;
      else [red, green, blue].forEach((value, channel) => { found[channel * size + place] = value / 127.5 - 1; });
    }
    return [found, [1, channels, height, width]];
  }

  async translate() {
    const round = ++this.round, begun = performance.now();
    const image = await this.networks[byId("direction").value].run({ source: this.source() });
    if (round !== this.round) return;
    show(byId("result"), image);
    byId("answer").textContent = `The result, ${Math.round(performance.now() - begun)} ms`;
  }

  clear() {
    const context = byId("sketch").getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, context.canvas.width, context.canvas.height);
    return this.translate();
  }

  async begin() {
    byId("translate").hidden = false;
    const names = Object.keys(this.networks), canvas = byId("sketch"), [height, width] = this.model.resolution;
    byId("direction").append(...names.map((name) => new Option(name, name)));
    byId("directions").hidden = names.length < 2;
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) * width / box.width, (event.clientY - box.top) * height / box.height];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      Object.assign(context, { strokeStyle: byId("colour").value, lineWidth: byId("width").valueAsNumber * width / 128, lineCap: "round" });
      context.beginPath();
      context.moveTo(...place(event));
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!canvas.hasPointerCapture(event.pointerId)) return;
      context.lineTo(...place(event));
      context.stroke();
    });
    canvas.addEventListener("pointerup", () => this.translate());
    byId("direction").addEventListener("change", () => this.translate());
    byId("clear").addEventListener("click", () => this.clear());
    byId("open").addEventListener("change", async (event) => {
      const image = await createImageBitmap(event.target.files[0]);
      const scale = Math.max(width / image.width, height / image.height);
      const [wide, high] = [image.width * scale, image.height * scale];
      context.drawImage(image, (width - wide) / 2, (height - high) / 2, wide, high);
      await this.translate();
    });
    await this.clear();
  }
}

// --- begin ---------------------------------------------------------------------------------------------------------

function fillCard(model) {
  document.title = byId("title").textContent = model.title;
  for (const [name, value] of model.card) {
    const row = byId("card").querySelector("tbody").insertRow();
    row.insertCell().textContent = name;
    row.insertCell().textContent = value;
  }
}

async function main() {
  const model = await (await file("model.json")).json();
  fillCard(model);
  for (const slider of document.querySelectorAll("input[type=range]")) {
    const output = slider.nextElementSibling;
    if (output?.tagName === "OUTPUT") slider.addEventListener("input", () => { output.textContent = slider.value; });
  }
  // All files are requested at once, so that only the runtime's compilation takes time.
  const bytes = async (path) => (await file(path)).arrayBuffer();
  const numbers = async (path) => new Float32Array(await bytes(path));
  const graphs = Object.entries(model.files).map(([to, path]) => [to, bytes(path)]);
  const generates = model.kind === "generator";
  const latents = generates ? numbers("latents.bin") : null;
  const labels = generates && model.label_dim ? numbers("labels.bin") : new Float32Array();
  const { ort, name, options } = await runtime(model);
  const networks = {};
  for (const [to, graph] of graphs) {
    networks[to] = new Network(ort, await ort.InferenceSession.create(await graph, options));
  }
  const page = generates ? new Generator(model, networks.image, await latents, await labels) : new Translator(model, networks);
  window.mien = { model, page };
  await page.begin();
  say(`Runs in this browser by ${name}. No image leaves this machine.`);
  document.body.dataset.ready = "yes";
}

main().catch((error) => { say(`This page does not work here: ${error.message}`); document.body.dataset.ready = "no"; console.error(error); });
