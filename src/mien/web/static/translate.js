// Translate: an image, a photo or a drawing goes to the server, and the newest one is always answered next.
import {$, Refused, el, getJson, plainKimg, runPath, token, tried, trouble} from "./common.js";

const paper = $("paper"), pen = paper.getContext("2d", {willReadFrequently: true}), history = [];
let model = null, source = null, busy = false, again = false, last = null, name = "drawing.png";

function white() { pen.fillStyle = "#fff"; pen.fillRect(0, 0, paper.width, paper.height); }

// --- answers ---------------------------------------------------------------------------------------------------------

async function translate() {
  if (!model || !token) return;
  if (busy) { again = true; return; }
  busy = true;
  do {
    again = false;
    try {
      const body = source || await new Promise(done => paper.toBlob(done, "image/png"));
      const response = await fetch(`${runPath($("run").value)}/translate?snapshot=${encodeURIComponent($("snapshot").value)}&to=${$("to").value}`, {method: "POST", headers: {"x-mien-token": token}, body});
      if (!response.ok) throw new Refused((await response.json()).error);
      show(await createImageBitmap(await response.blob()), Number(response.headers.get("x-images")));
      trouble("");
    } catch (error) { trouble(error instanceof Refused ? error.message : "The studio does not answer. Start it again: mien studio"); }
  } while (again);
  busy = false;
}

function show(bitmap, count) {
  const width = bitmap.width / count;
  const place = (canvas, index) => { canvas.width = width; canvas.height = bitmap.height; canvas.getContext("2d").drawImage(bitmap, width * index, 0, width, bitmap.height, 0, 0, width, bitmap.height); };
  if (source) { pen.drawImage(bitmap, 0, 0, width, bitmap.height, 0, 0, paper.width, paper.height); }
  place($("result"), 1);
  $("back-figure").hidden = count < 3;
  if (count > 2) place($("back"), 2);
  $("command").textContent = `mien translate ${model.run} ${name}${Object.keys(model.routes).length > 1 ? ` --to ${$("to").value}` : ""}`;
}

function take(file) { source = file; name = file.name || "image.png"; return translate(); }

// --- drawing ---------------------------------------------------------------------------------------------------------

function point(event) {
  const box = paper.getBoundingClientRect();
  return [(event.clientX - box.left) * paper.width / box.width, (event.clientY - box.top) * paper.height / box.height];
}

paper.addEventListener("pointerdown", event => {
  paper.setPointerCapture(event.pointerId);
  history.push(pen.getImageData(0, 0, paper.width, paper.height));
  if (history.length > 30) history.shift();
  if (source) { source = null; name = "drawing.png"; }
  last = point(event);
  line(last, last);
});
paper.addEventListener("pointermove", event => { if (last) { const now = point(event); line(last, now); last = now; translate(); } });
for (const end of ["pointerup", "pointercancel"]) paper.addEventListener(end, () => { if (last) { last = null; translate(); } });

function line(from, to) {
  const erase = $("eraser").getAttribute("aria-pressed") === "true";
  pen.strokeStyle = erase ? "#fff" : "#000";
  pen.lineWidth = Number($("pen").value) * (erase ? 4 : 1);
  pen.lineCap = pen.lineJoin = "round";
  pen.beginPath();
  pen.moveTo(...from);
  pen.lineTo(...to);
  pen.stroke();
}

// --- models and events -----------------------------------------------------------------------------------------------

async function loadModel() {
  $("status").textContent = "Loading …";
  model = null;
  const found = await getJson(`${runPath($("run").value)}/model?snapshot=${encodeURIComponent($("snapshot").value)}`);
  $("translate").hidden = found.kind !== "translator";
  if (found.kind !== "translator") { $("status").textContent = "This run generates from noise. Open it under Play."; return; }
  model = found;
  const chosen = $("snapshot").value;
  $("snapshot").replaceChildren(el("option", {value: ""}, "the newest"), ...found.snapshots.slice().reverse().map(one => el("option", {value: one}, `${plainKimg(one)} kimg`)));
  $("snapshot").value = chosen;
  const ways = Object.keys(found.routes), kept = $("to").value;
  $("to").replaceChildren(...ways.map(way => el("option", {}, way)));
  if (ways.includes(kept)) $("to").value = kept;
  $("to-row").hidden = ways.length < 2;
  $("status").textContent = token ? `${found.run} at ${found.kimg} kimg, ${found.width} × ${found.height} px` : "To send an image, open the link that the terminal printed.";
  await translate();
}

const bind = (id, event, action) => $(id).addEventListener(event, tried(action));
bind("run", "change", async () => { $("snapshot").replaceChildren(); await loadModel(); });
bind("snapshot", "change", loadModel);
bind("to", "change", translate);
for (const id of ["file", "camera"]) bind(id, "change", async () => { const file = $(id).files[0]; $(id).value = ""; if (file) await take(file); });
bind("eraser", "click", () => $("eraser").setAttribute("aria-pressed", String($("eraser").getAttribute("aria-pressed") !== "true")));
bind("undo", "click", async () => { const before = history.pop(); if (before) { source = null; pen.putImageData(before, 0, 0); await translate(); } });
bind("clear", "click", async () => { history.push(pen.getImageData(0, 0, paper.width, paper.height)); source = null; white(); await translate(); });
bind("save", "click", () => { const link = el("a", {href: $("result").toDataURL("image/png"), download: "translated.png"}); document.body.append(link); link.click(); link.remove(); });
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", tried(async event => { event.preventDefault(); if (event.dataTransfer.files[0]) await take(event.dataTransfer.files[0]); }));
addEventListener("paste", tried(async event => { const file = [...event.clipboardData.files].find(one => one.type.startsWith("image/")); if (file) await take(file); }));

async function start() {
  white();
  const {cards} = await getJson("/api/runs?since=0");
  const able = cards.filter(card => card.translates).map(card => card.id);
  $("run").append(...able.map(id => el("option", {}, id)));
  const wanted = new URLSearchParams(location.search).get("run");
  if (able.includes(wanted)) $("run").value = wanted;
  if (!able.length) { $("status").textContent = "There is no run here that translates images: train pix2pix or cyclegan."; return; }
  await loadModel();
}

start().catch(error => trouble(error.message));
