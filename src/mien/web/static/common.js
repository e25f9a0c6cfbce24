// What every page uses: requests to the server, elements without HTML, words for numbers.

export const token = document.querySelector("meta[name=mien-token]").content;
export const $ = id => document.getElementById(id);

// An element. Attributes that are functions are listeners; children are nodes or text, and never HTML.
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter(child => child !== null && child !== undefined && child !== ""));
  return made;
}

export class Refused extends Error {}

async function answered(response) {
  if (response.ok) return response;
  let text = `the server answered ${response.status}`;
  try { text = (await response.json()).error || text; } catch { /* no JSON */ }
  throw new Refused(text);
}

export async function getJson(path) {
  return (await answered(await fetch(path))).json();
}

export async function getBlob(path, signal) {
  return (await answered(await fetch(path, {signal}))).blob();
}

export async function post(path, body) {
  const headers = {"x-mien-token": token};
  if (body !== undefined && !(body instanceof Blob)) { body = JSON.stringify(body); headers["content-type"] = "application/json"; }
  return (await answered(await fetch(path, {method: "POST", headers, body}))).json();
}

export const runPath = id => `/api/run/${encodeURIComponent(id)}`;

const FREE = 6; // visible pages of one browser that look as often as one page does

// Calls `look` every `seconds`, only while the page is visible. Says so when the server is gone, and goes on when it is back.
// Each visible page shares one lock, so that every page can count them. Many pages look less often: a training on the same
// machine keeps its speed.
export function poll(look, seconds) {
  let timer = 0, gone = 0, leave = null, looking = false;
  const stay = () => navigator.locks?.request("mien-look", {mode: "shared"}, () => new Promise(done => { leave = done; }));
  async function pages() {
    const all = await navigator.locks?.query().catch(() => null); // browsers have no locks on pages from another machine without https
    return all ? all.held.filter(lock => lock.name === "mien-look").length : 1;
  }
  async function turn() {
    if (document.hidden || looking) return;
    clearTimeout(timer);
    looking = true;
    try {
      await look();
      if (gone) trouble("");
      gone = 0;
    } catch (error) {
      gone += 1;
      if (!(error instanceof Refused)) trouble("The studio does not answer. Trainings go on without it. Start it again: mien studio");
      else trouble(error.message);
    }
    const rest = seconds * Math.max(1, await pages() / FREE);
    looking = false;
    timer = setTimeout(turn, Math.min(30, rest * 1.6 ** Math.min(gone, 6)) * 1000);
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave?.(); else stay();
    turn();
  });
  if (!document.hidden) stay();
  turn();
  return turn;
}

export function trouble(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
}

// Runs an action of a button, and says in words what went wrong.
export function tried(action) {
  return async event => {
    try { await action(event); trouble(""); } catch (error) { trouble(error.message); }
  };
}

export function duration(seconds) {
  if (seconds === null || !isFinite(seconds)) return "";
  const minutes = Math.floor(seconds / 60), hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  if (hours) return `${hours}h ${String(minutes % 60).padStart(2, "0")}m`;
  return minutes ? `${minutes}m ${String(Math.round(seconds) % 60).padStart(2, "0")}s` : `${Math.round(seconds)}s`;
}

export function number(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (value === 0) return "0";
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

export const kimgText = kimg => `${number(kimg)} kimg`;

export function stateBadge(state) {
  return el("span", {class: `state ${state}`}, state);
}

// The kimg in a file's name, as people write it: "000200.064" -> 200.064
export const plainKimg = name => String(Number(name));

export async function copy(text, button) {
  try { await navigator.clipboard.writeText(text); } catch { fallbackCopy(text); }
  const before = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = before; }, 1500);
}

function fallbackCopy(text) {
  const area = el("textarea", {class: "offscreen"});
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
