// The lab: two densities on a line, the best D of each loss in closed form, and the gradient that G gets from it.
import {$, el, number} from "./common.js";
import {bestD, distances, densities, gradient, GRID, lesson} from "./lab_math.js";

let moving = 0, phase = 0;
const setting = () => ({real: $("real").value, place: Number($("place").value), width: Number($("width").value), loss: $("loss").value, limit: $("limit").value});

function show() {
  const now = setting(), {p, q} = densities(now), d = bestD(now.loss, now.limit, p, q), slope = gradient(now.loss, d);
  for (const id of ["place", "width"]) $(id).nextElementSibling.textContent = Number($(id).value).toFixed(2);
  $("limit-row").hidden = now.loss !== "wasserstein";
  $("d-name").textContent = now.loss === "wasserstein" ? "critic D" : now.loss === "minimax" || now.loss === "nonsaturating" ? "D(x), a probability" : "D(x)";
  plot($("plot"), now, p, q, d, slope);
  const {js, w} = distances(p, q), push = mean(q, slope.map(Math.abs));
  $("numbers").replaceChildren(...[["Jensen–Shannon", js.toFixed(3)], ["Wasserstein", w.toFixed(3)], ["Mean gradient of G", number(push)]].map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  $("plot").setAttribute("aria-label", `Real points: ${now.real}. Generated points around ${now.place.toFixed(1)}. Jensen-Shannon ${js.toFixed(2)}, Wasserstein ${w.toFixed(2)}, mean gradient of G ${number(push)}.`);
  $("lesson").textContent = lesson(now, js, push);
  sweep($("distances"), now);
}

const mean = (q, values) => q.reduce((sum, weight, index) => sum + weight * values[index], 0) / q.reduce((sum, weight) => sum + weight, 0);

// --- drawing ---------------------------------------------------------------------------------------------------------

function paper(canvas, height) {
  const width = canvas.parentElement.clientWidth - 40, ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return {pen, width, height};
}

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const across = (x, width) => (x + 8) / 16 * width;

function curve(pen, xs, ys, stroke, fill) {
  pen.beginPath();
  xs.forEach((x, index) => index ? pen.lineTo(x, ys[index]) : pen.moveTo(x, ys[index]));
  pen.strokeStyle = stroke;
  pen.lineWidth = 2;
  pen.stroke();
  if (!fill) return;
  pen.lineTo(xs[xs.length - 1], fill);
  pen.lineTo(xs[0], fill);
  pen.globalAlpha = 0.14;
  pen.fillStyle = stroke;
  pen.fill();
  pen.globalAlpha = 1;
}

function plot(canvas, now, p, q, d, slope) {
  const {pen, width, height} = paper(canvas, 330), base = height - 62, xs = GRID.map(x => across(x, width));
  const most = Math.max(...p, ...q);
  pen.strokeStyle = colour("--grid");
  pen.lineWidth = 1;
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = colour("--faint");
  for (let x = -6; x <= 6; x += 2) { pen.beginPath(); pen.moveTo(across(x, width), 8); pen.lineTo(across(x, width), base); pen.stroke(); pen.fillText(String(x), across(x, width) - 4, height - 6); }
  curve(pen, xs, p.map(value => base - value / most * (base - 30) * 0.8), colour("--c0"), base);
  curve(pen, xs, q.map(value => base - value / most * (base - 30) * 0.8), colour("--c1"), base);
  const low = Math.min(...d), high = Math.max(...d), span = now.loss === "wasserstein" || now.loss === "hinge" ? Math.max(high - low, 1e-6) : 1;
  const from = now.loss === "wasserstein" || now.loss === "hinge" ? low : 0;
  curve(pen, xs, d.map(value => base - (value - from) / span * (base - 20)), colour("--c2"));
  pen.strokeStyle = pen.fillStyle = colour("--c3");
  for (let index = 12; index < GRID.length; index += 16) {
    if (q[index] < 0.01 * most) continue;
    const length = Math.max(-46, Math.min(46, slope[index] * 26)), y = base + 24;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(xs[index], y, 2, 0, 7);
    pen.fill();
    if (Math.abs(length) < 1) continue;
    pen.beginPath();
    pen.moveTo(xs[index], y);
    pen.lineTo(xs[index] + length, y);
    pen.lineTo(xs[index] + length - Math.sign(length) * 5, y - 4);
    pen.moveTo(xs[index] + length, y);
    pen.lineTo(xs[index] + length - Math.sign(length) * 5, y + 4);
    pen.stroke();
  }
}

function sweep(canvas, now) {
  const {pen, width, height} = paper(canvas, 150), places = Array.from({length: 61}, (_, index) => -6 + index * 0.2);
  const found = places.map(place => { const {p, q} = densities({...now, place}); return distances(p, q); });
  const xs = places.map(place => across(place, width)), top = Math.max(...found.map(one => one.w), 1);
  pen.strokeStyle = colour("--grid");
  pen.strokeRect(0.5, 0.5, width - 1, height - 1);
  curve(pen, xs, found.map(one => height - 6 - one.js / Math.LN2 * (height - 30)), colour("--c4"));
  curve(pen, xs, found.map(one => height - 6 - one.w / top * (height - 14)), colour("--c5"));
  pen.strokeStyle = colour("--accent");
  pen.setLineDash([4, 4]);
  pen.beginPath();
  pen.moveTo(across(now.place, width), 0);
  pen.lineTo(across(now.place, width), height);
  pen.stroke();
  pen.setLineDash([]);
}

// --- training --------------------------------------------------------------------------------------------------------

// The gradient of G's loss by its two parameters: a point is place + width * z, so its derivatives are 1 and z.
function step() {
  const now = setting(), {p, q} = densities(now), slope = gradient(now.loss, bestD(now.loss, now.limit, p, q));
  const by = mean(q, slope), wide = mean(q, slope.map((value, index) => value * (GRID[index] - now.place) / now.width));
  const clip = value => Math.max(-0.12, Math.min(0.12, value * 0.12));
  $("place").value = Math.max(-6, Math.min(6, now.place + clip(by)));
  $("width").value = Math.max(0.15, Math.min(2.5, now.width + clip(wide)));
  $("place").dataset.exact = "";
  show();
  phase += 1;
  if (phase > 400 || (Math.abs(by) < 1e-4 && Math.abs(wide) < 1e-4)) return stop();
  moving = setTimeout(step, matchMedia("(prefers-reduced-motion: reduce)").matches ? 200 : 40);
}

function stop() {
  clearTimeout(moving);
  moving = phase = 0;
  $("run").textContent = "Let G move";
  $("run").setAttribute("aria-pressed", "false");
}

$("run").addEventListener("click", () => {
  if (moving) return stop();
  $("run").textContent = "Stop";
  $("run").setAttribute("aria-pressed", "true");
  moving = setTimeout(step, 0);
});
$("back").addEventListener("click", () => { stop(); $("place").value = 3.5; $("width").value = 0.6; show(); });
for (const id of ["place", "width", "real", "loss", "limit"]) $(id).addEventListener("input", () => { if (id !== "loss" && id !== "limit") stop(); show(); });
$("controls").addEventListener("submit", event => event.preventDefault());
addEventListener("resize", show);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
show();
