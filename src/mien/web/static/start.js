// Start: the flags of mien train as a form. Each step runs the verb of the command line, whose output is shown.
import {$, duration, el, getJson, post, runPath, token, tried, trouble} from "./common.js";

const FIELDS = ["data", "recipe", "resolution", "cond", "init", "budget", "name", "seed", "metrics"];
const values = () => Object.fromEntries(FIELDS.map(id => [id, $(id).value.trim()]));
let recipes = [], turn = 0;

async function loadData(chosen) {
  const found = await getJson("/api/data");
  $("data").replaceChildren(...found.map(one => el("option", {value: one.id}, `${one.data} (${one.why})`)));
  const wanted = found.find(one => chosen && one.data.endsWith(chosen));
  if (wanted) $("data").value = wanted.id;
}

async function showCommand() {
  const here = ++turn;
  if (!token) { $("command").textContent = "To start a training, open the link that the terminal printed."; return; }
  try {
    const found = await post("/api/start/command", values());
    if (here === turn) { $("command").textContent = found.command; trouble(""); }
  } catch (error) { if (here === turn) trouble(error.message); }
}

// Shows a job's lines until it ends, and returns its last state. `until` may end the waiting sooner.
async function follow(id, name, until = () => false) {
  $("out").hidden = false;
  for (;;) {
    const job = await getJson(`/api/job/${id}`);
    $("state").textContent = job.state === "failed" ? `${name}: failed` : `${name}: ${job.state}, ${duration(job.seconds)}`;
    $("lines").textContent = job.lines.split("\n").slice(-200).join("\n");
    $("lines").scrollTop = $("lines").scrollHeight;
    if (job.state !== "running" || until(job)) return job;
    await new Promise(done => setTimeout(done, 700));
  }
}

async function check() {
  const {job} = await post("/api/data/check", {data: $("data").value, resolution: $("resolution").value});
  $("check").disabled = true;
  try {
    const found = await follow(job, "reading the images");
    if (found.state === "failed") throw new Error(lastLine(found.lines));
    showCard(found.result, job);
    $("out").hidden = true;
  } finally { $("check").disabled = false; }
}

function showCard(card, job) {
  const rows = Object.entries(card.labels).slice(0, 12).map(([name, count]) => `${name} ${count}`).join(", ");
  const facts = [["Images", card.pictures.toLocaleString("en")], ["Layout", card.layout], ["Trained at", `${card.resolution} px`], ["Faces", card.faces], ["Labels", rows], ["Duplicates", card.duplicates || null], ["Skipped", card.bad_count || null]];
  $("card").hidden = false;
  $("card-inside").replaceChildren(
    ...card.warnings.map(line => el("p", {class: "doubts plain"}, line)),
    el("figure", {}, el("img", {src: `/api/job/${job}/sheet`, alt: "Images of the data set, as training reads them"})),
    el("dl", {class: "facts"}, facts.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value)))),
    card.bad.length ? el("details", {}, el("summary", {}, `${card.bad_count} files skipped, and why`), el("ul", {}, card.bad.slice(0, 30).map(one => el("li", {}, `${one.file}: ${one.reason}`)))) : "");
}

const lastLine = text => text.trim().split("\n").pop().replace(/^mien: /, "") || "it failed";

async function plan() {
  const {job} = await post("/api/start/plan", values());
  const found = await follow(job, "plan");
  if (found.state === "failed") throw new Error(lastLine(found.lines));
}

async function start() {
  $("start").disabled = true;
  try {
    const {job} = await post("/api/start", values());
    const found = await follow(job, "start", one => one.run);
    if (found.state === "failed") throw new Error(lastLine(found.lines));
    for (let tries = 0; found.run && tries < 20; tries++) {
      try { await getJson(runPath(found.run)); location.href = `/run/${encodeURIComponent(found.run)}`; return; } catch { await new Promise(done => setTimeout(done, 500)); }
    }
  } finally { $("start").disabled = false; }
}

async function send(files, group) {
  if (!token) throw new Error("To upload, open the link that the terminal printed.");
  $("upload").hidden = false;
  let last = "", done = 0;
  const total = files.reduce((sum, file) => sum + file.size, 0) || 1;
  for (const file of files) {
    const found = await post(`/api/upload?group=${encodeURIComponent(group)}&name=${encodeURIComponent(file.name)}`, file);
    last = found.name;
    $("upload").value = (done += file.size) / total;
  }
  $("upload").hidden = true;
  await loadData(files.length === 1 && /\.(zip|tgz|tar|gz)$/i.test(last) ? last : group.replace(/[^\w.-]+/g, "-"));
  await showCommand();
  await check();
}

const images = files => [...files].filter(file => /\.(png|jpe?g|webp|bmp|gif|avif|heic|jxl|csv|jsonl?|txt)$/i.test(file.name));
const bind = (id, event, action) => $(id).addEventListener(event, tried(action));
bind("check", "click", check);
bind("plan", "click", plan);
$("form").addEventListener("submit", event => { event.preventDefault(); tried(start)(event); });
bind("zip", "change", async () => { const files = [...$("zip").files]; if (files.length) await send(files, ""); $("zip").value = ""; });
bind("folder", "change", async () => { const files = images($("folder").files); if (files.length) await send(files, files[0].webkitRelativePath.split("/")[0]); $("folder").value = ""; });
addEventListener("dragover", event => event.preventDefault());
addEventListener("drop", tried(async event => {
  event.preventDefault();
  const files = [...event.dataTransfer.files], archive = files.find(file => /\.(zip|tgz|tar|gz)$/i.test(file.name));
  if (archive) await send([archive], "");
  else if (images(files).length) await send(images(files), `dropped-${new Date().toISOString().slice(0, 16).replace(/\W/g, "-")}`);
}));
for (const button of document.querySelectorAll("[data-budget]")) button.addEventListener("click", () => { $("budget").value = button.dataset.budget; showCommand(); });
for (const id of FIELDS) $(id).addEventListener("change", showCommand);
$("recipe").addEventListener("change", () => { $("about").textContent = recipes.find(one => one.name === $("recipe").value)?.about || "mien chooses by your images and your machine, and says why."; });

async function begin() {
  for (const id of ["start", "plan", "check", "zip", "folder"]) $(id).disabled = !token;
  const [{cards}] = await Promise.all([getJson("/api/runs?since=0"), loadData()]);
  $("init").append(...cards.map(card => el("option", {value: card.id}, `networks of ${card.id}`)));
  const alive = cards.filter(card => card.alive);
  $("one-runs").hidden = !alive.length;
  $("one-runs").textContent = `${alive.map(card => card.id).join(", ")} trains now. Two trainings on one machine are slower than one after the other.`;
  await showCommand();
  recipes = await getJson("/api/recipes");
  $("recipe").append(...recipes.map(one => el("option", {}, one.name)));
}

begin().catch(error => trouble(error.message));
