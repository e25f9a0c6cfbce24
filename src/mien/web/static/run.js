// One run: its state, all its grids on one slider, its curves, its log. Everything is fetched by cursors.
import {$, copy, duration, el, getJson, kimgText, number, plainKimg, poll, post, runPath, tried, token, trouble} from "./common.js";
import {Plots} from "./plots.js";

const id = $("run").dataset.id, api = runPath(id);
let card = null, grids = [], layout = null, realsVersion = 0, gridsVersion = -1, chosen = -1;
let snapshots = [], cursor = "", logNext = 0, metricsAt = "", playing = 0;
const plots = new Plots($("plots"), kimg => { if (grids.length) { follow(false); choose(nearest(kimg)); } });

// --- state and buttons -----------------------------------------------------------------------------------------------

// All answers come first and are shown together: the browser then paints once.
async function look() {
  const [state, rows, text] = await Promise.all([getJson(api), getJson(`${api}/curves?cursor=${cursor}`), getJson(`${api}/log?after=${logNext}`)]);
  card = state;
  if (card.grids !== gridsVersion) await loadGrids();
  showState();
  showCurves(rows);
  showLog(text);
  const now = JSON.stringify([card.metric, card.state, card.doctor, card.updated > 0 && Math.floor(card.updated / 60)]);
  if (now !== metricsAt) { metricsAt = now; await Promise.all([metrics(), about(), verdict()]); }
}

function showState() {
  $("state").className = `state ${card.state}`;
  $("state").textContent = card.state;
  const paused = card.requests.includes("pause");
  $("buttons").hidden = !card.alive;
  $("pause").textContent = paused ? "Go on" : "Pause";
  for (const name of ["sample", "save", "pause", "stop"]) $(name).disabled = !token;
  const waiting = card.requests.filter(name => name !== "pause" || card.state !== "paused");
  $("pending").textContent = !token ? "To use the buttons, open the link that the terminal printed." : waiting.length ? `requested: ${waiting.join(", ")} …` : "";
  const tiles = [["Real images shown", kimgText(card.kimg)], ["Training time", duration(card.seconds) || "0s"], ["Speed", `${number(card.speed)} images/s`]];
  if (card.alive && card.left !== null) tiles.push(["Time left", duration(card.left)]);
  if (card.metric) tiles.push([`Best ${card.metric.name}`, number(card.metric.value), `at ${kimgText(card.metric.kimg)}`]);
  $("tiles").replaceChildren(...tiles.map(([name, value, more]) => el("div", {}, el("dt", {}, name), el("dd", {}, value), more ? el("dd", {class: "more"}, more) : null)));
  $("progress-row").hidden = card.share === null;
  $("progress").value = card.share || 0;
}

async function request(action) {
  const found = await post(`${api}/request/${action}`);
  card.requests = found.requests;
  showState();
  setTimeout(lookNow, 1500); // a training reads requests about once a second
}

for (const action of ["sample", "save", "stop"]) $(action).addEventListener("click", tried(() => request(action)));
$("pause").addEventListener("click", tried(() => request(card.requests.includes("pause") ? "go-on" : "pause")));

// --- grids -----------------------------------------------------------------------------------------------------------

async function loadGrids() {
  const version = card.grids, found = await getJson(`${api}/grids`);
  gridsVersion = version;
  const at = grids[chosen]?.[0];
  ({grids, layout, reals: realsVersion} = found);
  $("slider").max = Math.max(0, grids.length - 1);
  for (const name of ["slider-row", "tools"]) $(name).hidden = grids.length === 0;
  $("no-grid").hidden = grids.length > 0;
  $("tile").max = layout ? layout.columns * layout.rows : 1;
  $("history").disabled = !layout;
  $("show-reals").hidden = !realsVersion;
  if (!grids.length) return;
  const stays = grids.findIndex(grid => grid[0] === at);
  choose($("live").checked || stays < 0 ? grids.length - 1 : stays);
  snapshots = found.snapshots;
  playLink(snapshots);
}

const source = index => `${api}/grid/${grids[index][0]}?v=${grids[index][1]}`;

function choose(index) {
  chosen = Math.max(0, Math.min(grids.length - 1, index));
  const kimg = plainKimg(grids[chosen][0]);
  $("slider").value = chosen;
  $("at").textContent = `${kimg} kimg`;
  $("slider").setAttribute("aria-valuetext", `${kimg} kimg`);
  plots.mark(Number(kimg));
  playLink(snapshots);
  show();
}

function show() {
  const real = $("show-reals").getAttribute("aria-pressed") === "true";
  const image = $("grid"), address = real ? `${api}/reals?v=${realsVersion}` : source(chosen);
  if (image.getAttribute("src") !== address) image.src = address;
  image.alt = real ? "Real images, as training sees them" : `Images generated after ${plainKimg(grids[chosen][0])} kimg`;
  image.hidden = false;
  if ($("live").checked) return; // nobody moves the slider: the next grid does not exist yet
  for (const near of [chosen + 1, chosen - 1, chosen + 2]) if (grids[near]) new Image().src = source(near);
}

function nearest(kimg) {
  let best = 0;
  grids.forEach((grid, index) => { if (Math.abs(Number(grid[0]) - kimg) < Math.abs(Number(grids[best][0]) - kimg)) best = index; });
  return best;
}

function follow(on) {
  $("live").checked = on;
  if (on && grids.length) choose(grids.length - 1);
}

$("slider").addEventListener("input", () => { const index = Number($("slider").value); $("live").checked = index === grids.length - 1; stopPlaying(); choose(index); });
$("live").addEventListener("change", () => follow($("live").checked));
$("show-reals").addEventListener("click", () => { const on = $("show-reals").getAttribute("aria-pressed") !== "true"; $("show-reals").setAttribute("aria-pressed", String(on)); show(); });

function stopPlaying() {
  clearTimeout(playing);
  playing = 0;
  $("play").textContent = "Play";
  $("play").setAttribute("aria-pressed", "false");
}

$("play").addEventListener("click", () => {
  if (playing) return stopPlaying();
  follow(false);
  const step = Math.max(1, Math.round(grids.length / 120)); // a long run plays in about 15 seconds
  let at = chosen >= grids.length - 1 ? 0 : chosen;
  async function next() {
    choose(at);
    try { await $("grid").decode(); } catch { /* another grid took its place */ }
    if (at >= grids.length - 1) return stopPlaying();
    at = Math.min(at + step, grids.length - 1);
    playing = setTimeout(next, 120);
  }
  $("play").textContent = "Stop playing";
  $("play").setAttribute("aria-pressed", "true");
  playing = setTimeout(next, 0);
});

// --- the history of one latent ---------------------------------------------------------------------------------------

$("grid").addEventListener("click", event => {
  if (!layout || $("show-reals").getAttribute("aria-pressed") === "true") return;
  const box = $("grid").getBoundingClientRect(), scale = $("grid").naturalWidth / box.width;
  const column = Math.floor((event.clientX - box.left) * scale / (layout.width + layout.gap));
  const row = Math.floor((event.clientY - box.top) * scale / (layout.height + layout.gap));
  openHistory(Math.min(row, layout.rows - 1) * layout.columns + Math.min(column, layout.columns - 1));
});
$("history").addEventListener("click", () => openHistory(Number($("tile").value) - 1));
$("close").addEventListener("click", () => $("dialog").close());

async function openHistory(tile) {
  tile = Math.max(0, Math.min(layout.columns * layout.rows - 1, tile || 0));
  $("tile").value = tile + 1;
  const count = Math.min(12, grids.length);
  const picks = [...new Set(Array.from({length: count}, (_, index) => Math.round(index * (grids.length - 1) / Math.max(1, count - 1))))];
  $("dialog-title").textContent = `Latent ${tile + 1}, from grid to grid`;
  $("frames").replaceChildren(...picks.map(index => {
    const canvas = el("canvas", {width: layout.width, height: layout.height, role: "img", "aria-label": `Latent ${tile + 1} after ${plainKimg(grids[index][0])} kimg`});
    const image = new Image();
    image.onload = () => canvas.getContext("2d").drawImage(image,
      layout.gap + (tile % layout.columns) * (layout.width + layout.gap), layout.gap + Math.floor(tile / layout.columns) * (layout.height + layout.gap),
      layout.width, layout.height, 0, 0, layout.width, layout.height);
    image.src = source(index);
    return el("figure", {}, canvas, el("figcaption", {}, `${plainKimg(grids[index][0])} kimg`));
  }));
  $("dialog").showModal();
}

// --- curves, metrics, log --------------------------------------------------------------------------------------------

function showCurves(found) {
  cursor = found.cursor;
  if (found.charts) plots.replace("stats", found.charts);
  else plots.append(found.rows);
  $("no-plots").hidden = plots.count > 0;
  if (plots.tooLong) cursor = "";
}

async function metrics() {
  const found = await getJson(`${api}/metrics`);
  plots.replace("metrics", found.filter(one => one.x.length > 1).map(one => ({
    title: `Metric: ${one.title}`, names: [one.title], log: false, x: one.x, columns: {[one.title]: one.y}, best: one.best,
    note: [one.how, one.better && `${one.better} is better`, one.best && `best ${number(one.best[1])} at ${kimgText(one.best[0])}`].filter(Boolean).join(". "),
  })));
}

function showLog(found) {
  const box = $("log"), below = box.scrollHeight - box.scrollTop - box.clientHeight < 40;
  if (found.again) box.textContent = "";
  if (!found.text && !found.again) return;
  logNext = found.next;
  box.append(found.text);
  if (box.textContent.length > 400000) box.textContent = box.textContent.slice(-200000);
  if (below || found.again) box.scrollTop = box.scrollHeight;
}

// --- words -----------------------------------------------------------------------------------------------------------

async function verdict() {
  const found = await getJson(`${api}/verdict`);
  $("verdict").replaceChildren(
    ...found.active.map(one => el("div", {class: `finding ${one.severity}`}, el("h3", {}, one.line), el("p", {class: "note"}, `Likely cause: ${one.cause}`),
      one.remedies.map(remedy => { const button = el("button", {type: "button", click: () => copy(remedy.command, button)}, "Copy"); return el("div", {class: "remedy"}, el("p", {}, remedy.what), el("div", {class: "row"}, el("code", {}, remedy.command), button)); }))),
    el("p", {class: "verdict"}, [found.active.length ? "" : sentence(found.answer), found.text].filter(Boolean).join(" ")));
}

async function about() {
  const found = await getJson(`${api}/about`);
  $("summary").replaceChildren(el("b", {}, card.recipe), ` ${found.summary}`, found.start ? ` The training started from the networks of ${found.start}.` : "");
  $("settings-text").textContent = found.settings_text;
  fill("settings", found.settings.map(([path, value, differs, recipe]) => el("tr", {class: differs ? "differs" : null}, el("th", {scope: "row"}, path), el("td", {}, value), el("td", {}, differs ? recipe || "not set" : ""))));
  fill("events", found.events.slice().reverse().map(row => {
    const {time, images, event, ...more} = row;
    return el("tr", {}, el("td", {}, time ? new Date(time * 1000).toLocaleString() : ""), el("td", {}, number((images || 0) / 1000)), el("td", {}, String(event)), el("td", {}, Object.entries(more).map(([name, value]) => `${name}: ${Array.isArray(value) ? value.join("; ") : value}`).join(" · ")));
  }));
  const skipped = found.skipped.length ? el("p", {class: "note"}, `Skipped: ${found.skipped.slice(0, 5).map(([file, why]) => `${file} (${why})`).join("; ")}`) : null;
  $("data").replaceChildren(...found.data.map(line => el("p", {}, line)), skipped || "", factList(found.facts), el("h3", {}, "Environment"), factList(found.environment));
  $("commands").replaceChildren(...found.commands.flatMap(([title, lines]) => {
    const button = el("button", {type: "button", click: () => copy(lines, button)}, "Copy");
    return [el("div", {class: "row spread"}, el("h3", {}, title), button), el("pre", {}, lines)];
  }));
}

const sentence = text => `${text[0].toUpperCase()}${text.slice(1)}.`;
const factList = rows => el("dl", {class: "facts"}, rows.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
const fill = (table, rows) => $(table).tBodies[0].replaceChildren(...rows);

function playLink(snapshots) {
  const kimg = Number(grids[chosen]?.[0] || 0), passed = snapshots.filter(name => Number(name) <= kimg);
  const state = {run: id, snapshot: passed[passed.length - 1] || ""};
  $("links").replaceChildren(...(snapshots.length ? [el("a", {class: "button main", href: `/play#${encodeURIComponent(JSON.stringify(state))}`}, "Play with it")] : []));
}

const lookNow = poll(look, 6);
