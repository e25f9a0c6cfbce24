// Play: one state holds everything that is shown. Each change goes into the address, and to the server as a scene.
import {$, Refused, copy, el, getBlob, getJson, plainKimg, post, runPath, token, tried, trouble} from "./common.js";

const fresh = {seeds: [...Array(18).keys()], truncation: 1, requested: {}, directions: {}, style: null, layers: "", latent: "", pins: [], at: 0, view: "wall"};
const state = {run: "", snapshot: "", beside: "", besideSnapshot: "", ...structuredClone(fresh)};
let model = null, busy = false, again = false;

// --- scenes ----------------------------------------------------------------------------------------------------------

const look = () => ({truncation: state.truncation, requested: state.requested, directions: state.directions, style: state.style, layers: state.layers});
const shownSeeds = () => state.latent ? [0] : state.seeds;
const wallScene = () => ({seeds: shownSeeds(), ...(state.latent ? {latent: state.latent} : {}), ...look()});
const pathScene = () => ({seeds: state.pins, at: Math.min(state.at, state.pins.length - 1), ...look()});
const between = () => state.view === "between" && state.pins.length > 1;
const shownScene = () => between() ? pathScene() : wallScene();
const address = (run, snapshot, part, scene) => `${runPath(run)}/${part}?snapshot=${encodeURIComponent(snapshot)}&scene=${encodeURIComponent(JSON.stringify(scene))}`;
const sides = () => [[state.run, state.snapshot], ...(state.beside ? [[state.beside, state.besideSnapshot]] : [])];

// Only one request at a time: while one runs, the newest state waits.
async function render() {
  history.replaceState(null, "", `#${encodeURIComponent(JSON.stringify(state))}`);
  if (busy) { again = true; return; }
  busy = true;
  do {
    again = false;
    try {
      const scene = shownScene();
      const command = getJson(address(state.run, state.snapshot, "command", scene));
      const blobs = await Promise.all(sides().map(([run, snapshot]) => getBlob(address(run, snapshot, "images", scene))));
      paint(await Promise.all(blobs.map(blob => createImageBitmap(blob))));
      $("command").textContent = (await command).command;
      trouble("");
    } catch (error) {
      trouble(error instanceof Refused ? error.message : "The studio does not answer. Start it again: mien studio");
    }
  } while (again);
  busy = false;
}

function paint(bitmaps) {
  const place = $(between() ? "between" : "sides"), count = between() ? 1 : shownSeeds().length;
  const columns = Math.ceil(Math.sqrt(count));
  while (place.childElementCount > bitmaps.length) place.lastChild.remove();
  bitmaps.forEach((bitmap, side) => {
    const width = bitmap.width / columns, height = bitmap.height / Math.ceil(count / columns);
    let box = place.children[side];
    if (!box) { box = el("div", {class: "side"}, el("p", {class: "note"}), el("div", {class: "wall"})); place.append(box); }
    const [run, snapshot] = sides()[side];
    box.firstChild.textContent = bitmaps.length > 1 ? `${run} at ${snapshot ? snapshot === "best" ? "its best" : `${plainKimg(snapshot)} kimg` : "the newest snapshot"}` : "";
    const wall = box.lastChild;
    wall.className = between() || state.latent ? "wall large" : "wall";
    while (wall.childElementCount > count) wall.lastChild.remove();
    for (let index = 0; index < count; index++) {
      let tile = wall.children[index];
      if (!tile) {
        const canvas = el("canvas", {"aria-hidden": "true"});
        tile = between() ? el("div", {class: "tile", role: "img"}, canvas) : el("button", {type: "button", class: "tile", click: () => { if (!state.latent) pin(state.seeds[index]); }}, canvas, el("span", {}));
        wall.append(tile);
      }
      const canvas = tile.firstChild;
      if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
      canvas.getContext("2d").drawImage(bitmap, index % columns * width, Math.floor(index / columns) * height, width, height, 0, 0, width, height);
      if (between()) tile.setAttribute("aria-label", `Face at ${state.at} of the path`);
      else if (state.latent) { tile.setAttribute("aria-label", `Latent of ${state.latent}`); tile.lastChild.textContent = ""; tile.setAttribute("aria-pressed", "false"); }
      else label(tile, state.seeds[index]);
    }
  });
}

function label(tile, seed) {
  const pinned = state.pins.includes(seed);
  tile.setAttribute("aria-pressed", String(pinned));
  tile.setAttribute("aria-label", `Seed ${seed}`);
  tile.lastChild.textContent = pinned ? `${seed} · pinned` : String(seed);
}

// --- pins ------------------------------------------------------------------------------------------------------------

function pin(seed) {
  state.pins = state.pins.includes(seed) ? state.pins.filter(one => one !== seed) : [...state.pins, seed].slice(-8);
  for (const wall of document.querySelectorAll("#sides .wall")) [...wall.children].forEach((tile, index) => label(tile, state.seeds[index]));
  showPins();
  render();
}

function showPins() {
  const enough = state.pins.length > 1;
  $("few-pins").hidden = enough;
  $("path").hidden = !enough;
  $("between").hidden = !enough;
  for (const name of ["gif", "mp4"]) $(name).disabled = !enough;
  $("at").max = Math.max(1, state.pins.length - 1);
  state.at = Math.min(state.at, Math.max(0, state.pins.length - 1));
  $("at").value = state.at;
  $("pins").replaceChildren(...state.pins.map((seed, index) => el("li", {}, el("button", {type: "button", click: () => { state.at = index; $("at").value = index; render(); }}, `seed ${seed}`))));
  $("view-between").textContent = state.pins.length ? `Between pinned faces (${state.pins.length})` : "Between pinned faces";
}

function view(name) {
  state.view = name;
  for (const one of ["wall", "between"]) {
    $(`${one}-view`).hidden = one !== name;
    $(`view-${one}`).setAttribute("aria-pressed", String(one === name));
  }
  showPins();
  render();
}

// --- controls --------------------------------------------------------------------------------------------------------

function dial(name, {min, max, step, value, input}) {
  const output = el("output", {}, String(value));
  const slider = el("input", {type: "range", min, max, step, value, "aria-label": name, input: () => { output.textContent = slider.value; input(Number(slider.value)); }});
  return el("label", {class: "dial named"}, el("span", {}, name), slider, output);
}

function showControls() {
  $("first").value = state.seeds[0];
  $("count").value = state.seeds.length;
  $("latent").replaceChildren(el("option", {value: ""}, "the seeds"), ...model.latents.map(name => el("option", {value: name}, name.replace(".safetensors", ""))));
  if (!model.latents.includes(state.latent)) state.latent = "";
  $("latent").value = state.latent;
  $("photo").disabled = !token;
  $("truncation").value = state.truncation;
  $("truncation").nextElementSibling.textContent = state.truncation;
  $("style").hidden = !model.layers;
  $("style-on").checked = state.style !== null;
  if (state.style !== null) $("style-seed").value = state.style;
  $("layers").value = state.layers;
  $("directions").hidden = false;
  $("directions-inside").replaceChildren(...model.directions.map(({name}) => dial(name, {min: -5, max: 5, step: 0.1, value: state.directions[name] || 0, input: value => {
    if (value) state.directions[name] = value; else delete state.directions[name];
    render();
  }})));
  $("no-directions").textContent = model.directions.length ? "" : `This run has no directions yet: mien directions ${model.run}`;
  showCondition();
  showPins();
}

function showCondition() {
  const condition = model.condition, place = $("condition-inside");
  $("condition").hidden = !condition;
  if (!condition) return;
  if (condition.kind === "class") {
    const choice = el("select", {"aria-label": "Class", input: () => { state.requested = choice.value ? {class: choice.value} : {}; render(); }},
      el("option", {value: ""}, "as the seed chose"), condition.names.map(name => el("option", {}, name)));
    choice.value = state.requested.class || "";
    place.replaceChildren(choice);
  } else if (condition.kind === "attributes") {
    const asked = parseAttributes(state.requested.attributes || "", condition.attributes);
    place.replaceChildren(...condition.attributes.map(attribute => attributeControl(attribute, asked)));
  } else {
    const text = el("input", {type: "text", "aria-label": condition.kind, placeholder: condition.kind === "text" ? "a smiling girl with green hair" : "your own request", input: () => { state.requested = text.value ? {[condition.kind]: text.value} : {}; render(); }});
    text.value = state.requested[condition.kind] || "";
    place.replaceChildren(text);
  }
}

// One slider for each value, 0 to 1. An attribute whose sliders are not touched stays as the seed chose it.
function attributeControl(attribute, asked) {
  const values = attribute.binary ? [attribute.name] : attribute.values;
  const given = asked.get(attribute.name);
  const head = el("summary", {}, attribute.name, el("span", {class: "note"}, given ? "" : " as the seed chose"));
  const changed = () => {
    state.requested = attributesText(asked, condition().attributes);
    head.lastChild.textContent = asked.has(attribute.name) ? "" : " as the seed chose";
    render();
  };
  const dials = values.map((value, index) => dial(value, {min: 0, max: 1, step: 0.05, value: given ? given[index] : 0, input: degree => {
    const now = asked.get(attribute.name) || values.map(() => 0);
    now[index] = degree;
    asked.set(attribute.name, now);
    changed();
  }}));
  const free = el("button", {type: "button", click: () => {
    asked.delete(attribute.name);
    for (const one of dials) { one.querySelector("input").value = 0; one.querySelector("output").textContent = "0"; }
    changed();
  }}, "As the seed chose");
  return el("details", {open: Boolean(given)}, head, dials, free);
}

const condition = () => model.condition;

// "smile=0.5,hair=silver:0.7+black:0.3", as the flag --attributes takes it.
function attributesText(asked, attributes) {
  const parts = attributes.filter(one => asked.has(one.name)).map(one => {
    const degrees = asked.get(one.name);
    if (one.binary) return `${one.name}=${degrees[0]}`;
    const used = one.values.map((value, index) => [value, degrees[index]]).filter(([, degree]) => degree > 0);
    return used.length ? `${one.name}=${used.map(([value, degree]) => `${value}:${degree}`).join("+")}` : null;
  }).filter(Boolean);
  return parts.length ? {attributes: parts.join(",")} : {};
}

function parseAttributes(text, attributes) {
  const found = new Map();
  for (const part of text.split(",")) {
    const [name, value = "1"] = part.split("="), attribute = attributes.find(one => one.name === name.trim());
    if (!attribute) continue;
    if (attribute.binary) { found.set(attribute.name, [{with: 1, without: 0, yes: 1, no: 0}[value] ?? Number(value)]); continue; }
    const degrees = Object.fromEntries(value.split("+").map(one => { const [name, degree = "1"] = one.split(":"); return [name, Number(degree)]; }));
    found.set(attribute.name, attribute.values.map(one => degrees[one] || 0));
  }
  return found;
}

// --- models ----------------------------------------------------------------------------------------------------------

async function loadModel() {
  $("status").textContent = "Loading …";
  try {
    model = await getJson(`${runPath(state.run)}/model?snapshot=${encodeURIComponent(state.snapshot)}`);
  } catch (error) {
    $("play").hidden = true;
    $("status").textContent = error.message;
    return;
  }
  if (model.kind === "translator") {
    $("play").hidden = true;
    $("status").replaceChildren("This run translates images. ", el("a", {href: `/translate?run=${encodeURIComponent(state.run)}`}, "Open it under Translate"));
    return;
  }
  fillSnapshots($("snapshot"), model, state.snapshot);
  $("status").textContent = `${model.run} at ${model.kimg} kimg, ${model.width} × ${model.height} px`;
  $("play").hidden = false;
  showControls();
  await render();
}

function fillSnapshots(select, {snapshots, best}, chosen) {
  select.replaceChildren(el("option", {value: ""}, "the newest"), best ? el("option", {value: "best"}, "the best") : null, ...snapshots.slice().reverse().map(name => el("option", {value: name}, `${plainKimg(name)} kimg`)));
  select.value = chosen;
}

async function loadBeside() {
  $("beside-snapshot-row").hidden = !state.beside;
  if (state.beside) {
    const other = await getJson(`${runPath(state.beside)}/model?snapshot=${encodeURIComponent(state.besideSnapshot)}`);
    fillSnapshots($("beside-snapshot"), other, state.besideSnapshot);
  }
  if (model) await render();
}

async function openFile(file) {
  if (!token) throw new Error("To open a file, open the link that the terminal printed.");
  const found = await post("/api/scene", file);
  const {seeds, truncation, requested, directions, at, style, layers, latent} = found.scene;
  const path = at !== null && at !== undefined;
  Object.assign(state, structuredClone(fresh), {run: found.run, snapshot: found.snapshot, truncation, requested, directions, style, layers, latent},
    path ? {pins: seeds, at, view: "between"} : {seeds});
  $("run").value = state.run;
  await loadModel();
  view(state.view);
}

// --- events ----------------------------------------------------------------------------------------------------------

function bind(id, event, action) { $(id).addEventListener(event, tried(action)); }

function seedsFrom(first, count) {
  first = Math.max(0, Math.floor(first) || 0);
  state.seeds = Array.from({length: Math.max(1, Math.min(64, Math.floor(count) || 1))}, (_, index) => first + index);
  render();
}

bind("run", "change", async () => { Object.assign(state, structuredClone(fresh), {run: $("run").value, snapshot: "", view: state.view}); await loadModel(); });
bind("snapshot", "change", async () => { state.snapshot = $("snapshot").value; await loadModel(); });
bind("beside", "change", async () => { state.beside = $("beside").value; state.besideSnapshot = ""; await loadBeside(); });
bind("beside-snapshot", "change", async () => { state.besideSnapshot = $("beside-snapshot").value; await loadBeside(); });
bind("view-wall", "click", () => view("wall"));
bind("view-between", "click", () => view("between"));
bind("first", "change", () => seedsFrom(Number($("first").value), state.seeds.length));
bind("count", "change", () => seedsFrom(state.seeds[0], Number($("count").value)));
bind("more", "click", () => { seedsFrom(state.seeds[state.seeds.length - 1] + 1, state.seeds.length); $("first").value = state.seeds[0]; });
bind("truncation", "input", () => { state.truncation = Number($("truncation").value); $("truncation").nextElementSibling.textContent = state.truncation; render(); });
bind("at", "input", () => { state.at = Number($("at").value); render(); });
bind("reset", "click", () => { Object.assign(state, structuredClone(fresh), {pins: state.pins, view: state.view}); showControls(); render(); });
const style = () => { state.style = $("style-on").checked ? Math.max(0, Math.floor(Number($("style-seed").value)) || 0) : null; state.layers = $("layers").value.trim(); render(); };
for (const id of ["style-on", "style-seed", "layers"]) bind(id, "change", style);
bind("save", "click", () => download("file"));
bind("gif", "click", () => download("film/gif"));
bind("mp4", "click", () => download("film/mp4"));
bind("latent", "change", () => { state.latent = $("latent").value; render(); });
bind("photo", "change", async () => { const file = $("photo").files[0]; $("photo").value = ""; if (file) await search(file); });
bind("copy", "click", () => copy($("command").textContent, $("copy")));
bind("open", "change", async () => { if ($("open").files[0]) await openFile($("open").files[0]); $("open").value = ""; });
$("controls").addEventListener("submit", event => event.preventDefault());
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", tried(async event => { event.preventDefault(); if (event.dataTransfer.files[0]) await openFile(event.dataTransfer.files[0]); }));

// Finds the latent of a photo: the server searches, and the page shows how far it is.
async function search(file) {
  const {search} = await post(`${runPath(state.run)}/project?snapshot=${encodeURIComponent(state.snapshot)}&steps=${Number($("steps").value)}&name=${encodeURIComponent(file.name)}`, file);
  $("search").hidden = false;
  for (;;) {
    const found = await getJson(`/api/search/${search}`);
    $("search").value = found.share;
    if (found.trouble) { $("search").hidden = true; throw new Error(found.trouble); }
    if (found.file) { state.latent = found.file; break; }
    await new Promise(done => setTimeout(done, 400));
  }
  $("search").hidden = true;
  state.view = "wall";
  await loadModel();
  view("wall");
}

async function download(part) {
  const scene = part.startsWith("film") ? pathScene() : shownScene();
  const response = await fetch(address(state.run, state.snapshot, part, scene));
  if (!response.ok) throw new Error((await response.json()).error);
  const name = /filename="([\w.-]+)"/.exec(response.headers.get("content-disposition"))[1];
  const link = el("a", {href: URL.createObjectURL(await response.blob()), download: name});
  document.body.append(link);
  link.click();
  link.remove();
}

async function start() {
  const {cards} = await getJson("/api/runs?since=0");
  const names = cards.filter(card => card.grid).sort((a, b) => b.updated - a.updated).map(card => card.id);
  for (const select of [$("run"), $("beside")]) select.append(...names.map(name => el("option", {}, name)));
  if (!names.length) { $("status").textContent = "There is no run with a snapshot here yet."; return; }
  try { Object.assign(state, JSON.parse(decodeURIComponent(location.hash.slice(1)))); } catch { /* no state in the address */ }
  state.run = new URLSearchParams(location.search).get("run") || state.run || names[0];
  $("run").value = state.run;
  $("beside").value = state.beside;
  await loadModel();
  if (state.beside) await loadBeside();
  if (model && model.kind === "generator") view(state.view);
}

start().catch(error => trouble(error.message));
