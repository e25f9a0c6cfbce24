// Up to six runs: curves on one axis, images at equal kimg or equal time, and the settings that differ.
import {$, duration, el, getJson, plainKimg, poll, runPath} from "./common.js";
import {Plots, joined} from "./plots.js";

const MOST = 6, LOG = {"Gradient norms in D": true, "Gradient norms in G": true};
let chosen = [...new Set(new URLSearchParams(location.search).getAll("run"))].slice(0, MOST), known = [], found = null, byTime = false;
const plots = new Plots($("plots"), kimg => { if (!byTime) { $("slider").value = kimg / end() * 1000; showImages(); } });

const at = grid => byTime ? grid[2] : Number(grid[0]);
// The latest moment that all runs have reached.
const end = () => Math.min(...found.runs.map(run => run.grids.length ? at(run.grids[run.grids.length - 1]) : 0));

async function load() {
  history.replaceState(null, "", chosen.length ? `?${chosen.map(id => `run=${encodeURIComponent(id)}`).join("&")}` : "?");
  $("chosen").replaceChildren(...chosen.map((id, index) => el("button", {type: "button", class: `chip c${index}`, "aria-label": `Leave out ${id}`, click: () => { chosen = chosen.filter(one => one !== id); load(); }}, id, el("span", {"aria-hidden": "true"}, "×"))));
  $("add").replaceChildren(el("option", {value: ""}, "choose …"), ...known.filter(id => !chosen.includes(id)).map(id => el("option", {}, id)));
  $("add").disabled = chosen.length >= MOST;
  $("result").hidden = !chosen.length;
  $("status").hidden = chosen.length > 1;
  if (chosen.length) await look();
}

async function look() {
  if (!known.length) {
    known = (await getJson("/api/runs?since=0")).ids;
    return load();
  }
  if (!chosen.length) return;
  const [compared, ...curves] = await Promise.all([
    getJson(`/api/compare?${chosen.map(id => `run=${encodeURIComponent(id)}`).join("&")}`),
    ...chosen.map(id => getJson(`${runPath(id)}/curves`)),
    ...chosen.map(id => getJson(`${runPath(id)}/metrics`)),
  ]);
  found = compared;
  showImages();
  showCurves(curves.slice(0, chosen.length), curves.slice(chosen.length));
  $("warnings").hidden = !found.warnings.length;
  $("warnings").replaceChildren(...found.warnings.map(line => el("li", {}, `${line[0].toUpperCase()}${line.slice(1)}.`)));
  const [head, ...rows] = found.table.length ? found.table : [[]];
  $("same").hidden = rows.length > 0 || chosen.length < 2;
  $("table").hidden = !rows.length;
  $("table").tHead.replaceChildren(el("tr", {}, head.map(cell => el("th", {scope: "col"}, cell))));
  $("table").tBodies[0].replaceChildren(...rows.map(([path, ...values]) => el("tr", {}, el("th", {scope: "row"}, path), values.map(value => el("td", {}, value)))));
}

function showImages() {
  if (!found) return;
  const moment = end() * Number($("slider").value) / 1000;
  $("unit").textContent = byTime ? "time" : "kimg";
  $("at").textContent = byTime ? duration(moment) || "0s" : `${Number(moment.toPrecision(4))} kimg`;
  $("slider").setAttribute("aria-valuetext", $("at").textContent);
  if (!byTime) plots.mark(moment);
  while ($("images").childElementCount > found.runs.length) $("images").lastChild.remove();
  found.runs.forEach((run, index) => {
    let box = $("images").children[index];
    if (!box) { box = el("figure", {}, el("img", {alt: "", decoding: "async"}), el("figcaption", {})); $("images").append(box); }
    const passed = run.grids.filter(grid => at(grid) <= moment * 1.02 + 1e-9), grid = passed[passed.length - 1] || run.grids[0];
    const [image, caption] = box.children;
    image.hidden = !grid;
    caption.replaceChildren(el("i", {class: `swatch c${index}`}), el("b", {}, found.labels[index]), grid ? ` at ${plainKimg(grid[0])} kimg, ${duration(grid[2]) || "0s"}` : ": no grid yet");
    if (!grid) return;
    const address = `${runPath(run.id)}/grid/${grid[0]}?v=${grid[1]}`;
    if (image.getAttribute("src") !== address) image.src = address;
    image.alt = `${run.id}: images generated after ${plainKimg(grid[0])} kimg`;
  });
}

// One chart for each number, one line for each run.
function showCurves(curves, metrics) {
  const charts = new Map();
  const add = (title, index, x, y, note) => {
    if (!charts.has(title)) charts.set(title, {title, note, log: title.startsWith("Gradient"), lines: []});
    charts.get(title).lines.push({name: found.labels[index], colour: index, x, y});
  };
  curves.forEach(({charts}, index) => charts.forEach(chart => {
    if (LOG[chart.title]) return;
    chart.names.forEach(name => add(name, index, chart.x, chart.columns[name]));
  }));
  metrics.forEach((rows, index) => rows.filter(one => one.x.length > 1).forEach(one => add(`Metric: ${one.title}`, index, one.x, one.y, one.how)));
  const all = [...charts.values()].sort((a, b) => b.title.startsWith("Metric") - a.title.startsWith("Metric"));
  plots.replace("stats", all.map(joined));
}

$("add").addEventListener("change", () => { if ($("add").value) { chosen.push($("add").value); load(); } });
$("slider").addEventListener("input", showImages);
for (const [id, time] of [["by-kimg", false], ["by-time", true]]) {
  $(id).addEventListener("click", () => {
    byTime = time;
    $("by-kimg").setAttribute("aria-pressed", String(!time));
    $("by-time").setAttribute("aria-pressed", String(time));
    showImages();
  });
}
poll(look, 10);
