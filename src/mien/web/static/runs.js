// All runs as cards. The server sends only the cards that changed; cards outside of the window cost no layout.
import {$, duration, el, getJson, kimgText, number, poll, runPath, stateBadge} from "./common.js";

const cards = new Map(); // id -> what the server said
const shown = new Map(); // id -> the element
let boot = "", turn = 0;

async function look() {
  const found = await getJson(`/api/runs?since=${turn}&boot=${boot}`);
  ({boot, turn} = found);
  const ids = new Set(found.ids);
  for (const id of [...cards.keys()]) if (!ids.has(id)) { cards.delete(id); shown.get(id)?.remove(); shown.delete(id); }
  for (const card of found.cards) {
    cards.set(card.id, card);
    const made = cardElement(card), old = shown.get(card.id);
    if (old) {
      made.querySelector("input").checked = old.querySelector("input").checked;
      const focused = old.contains(document.activeElement) && document.activeElement.dataset.part;
      old.replaceWith(made);
      if (focused) made.querySelector(`[data-part=${focused}]`)?.focus();
    }
    shown.set(card.id, made);
  }
  if (found.cards.length || ids.size !== $("cards").childElementCount) arrange();
}

function cardElement(card) {
  const link = `/run/${encodeURIComponent(card.id)}`;
  const facts = [kimgText(card.kimg)];
  if (card.alive && card.left !== null) facts.push(`${duration(card.left)} left`);
  else if (card.seconds) facts.push(duration(card.seconds));
  if (card.metric) facts.push(`${card.metric.name} ${number(card.metric.value)}`);
  const image = card.grid
    ? el("img", {src: `${runPath(card.id)}/thumbnail/${card.grid.id}?v=${card.grid.version}`, alt: "", loading: "lazy", decoding: "async"})
    : el("span", {class: "none"}, "no images yet");
  return el("li", {class: "card"},
    el("a", {class: "view", href: link, tabindex: "-1", "aria-hidden": "true"}, image),
    el("div", {class: "text"},
      el("div", {class: "row spread"}, el("h2", {}, el("a", {href: link, "data-part": "name"}, card.id)), stateBadge(card.state)),
      el("p", {class: "note"}, card.recipe),
      card.doctor.length ? el("p", {class: "word"}, `Doctor: ${card.doctor.join(", ")}`) : null,
      card.share === null ? null : el("progress", {max: "1", value: String(card.share), "aria-label": "share of the budget"}),
      el("div", {class: "row spread"}, el("p", {class: "note"}, facts.join(" · ")),
        el("label", {class: "note pick"}, el("input", {type: "checkbox", "data-part": "pick", "data-id": card.id, change: picked}), "compare"))));
}

const orders = {
  updated: card => -card.updated,
  id: card => card.id,
  kimg: card => -card.kimg,
  metric: card => card.metric ? card.metric.value : Infinity,
  left: card => card.alive && card.left !== null ? card.left : Infinity,
};

function arrange() {
  const words = $("search").value.trim().toLowerCase(), state = $("state").value, order = orders[$("sort").value];
  const fits = card => (!words || `${card.id} ${card.recipe}`.toLowerCase().includes(words))
    && (!state || (state === "alive" ? card.alive : card.state === state));
  const chosen = [...cards.values()].filter(fits).sort((a, b) => {
    const one = order(a), other = order(b);
    return one < other ? -1 : one > other ? 1 : b.id.localeCompare(a.id);
  });
  const now = [...$("cards").children], wanted = chosen.map(card => shown.get(card.id));
  if (now.length !== wanted.length || now.some((element, index) => element !== wanted[index])) $("cards").replaceChildren(...wanted);
  $("count").textContent = chosen.length === cards.size ? `${cards.size} ${cards.size === 1 ? "run" : "runs"}` : `${chosen.length} of ${cards.size} runs`;
  $("empty").hidden = chosen.length > 0;
  $("empty").textContent = cards.size ? "No run fits." : "There is no run here yet. Start one: mien train --data FOLDER";
}

function picked() {
  const bar = $("compare");
  if (!bar) return;
  const ids = [...document.querySelectorAll("input[data-part=pick]:checked")].map(box => box.dataset.id);
  bar.hidden = ids.length < 2;
  bar.href = `/compare?${ids.map(id => `run=${encodeURIComponent(id)}`).join("&")}`;
  bar.textContent = `Compare ${ids.length} runs`;
}

for (const id of ["search", "state", "sort"]) $(id).addEventListener("input", arrange);
$("filters").addEventListener("submit", event => event.preventDefault());
poll(look, 3);
