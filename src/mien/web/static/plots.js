// Charts by uPlot that share one kimg axis and one mark. Rows come as columns; new rows are appended.
import uPlot from "./uplot/uPlot.esm.js";
import {el, number} from "./common.js";

const LONG = 20000; // appended rows after which a page asks for a thinned overview again

export class Plots {
  // place: the element for the charts. clicked: called with the kimg of a click.
  constructor(place, clicked) {
    this.place = place;
    this.clicked = clicked;
    this.groups = new Map(); // group -> charts
    this.at = null;
    this.added = 0;
    this.frame = 0;
    this.sync = uPlot.sync("kimg");
    this.watch = new IntersectionObserver(entries => this.shown(entries), {rootMargin: "200px"});
    addEventListener("resize", () => this.each(chart => chart.plot.setSize(chart.size())));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  get count() { return [...this.groups.values()].reduce((sum, charts) => sum + charts.length, 0); }
  get tooLong() { return this.added > LONG; }

  each(action) { for (const charts of this.groups.values()) charts.forEach(action); }

  replace(group, charts) {
    for (const old of this.groups.get(group) || []) { this.watch.unobserve(old.box); old.plot.destroy(); old.box.remove(); }
    this.groups.set(group, charts.map(chart => this.build(chart)));
    if (group === "stats") this.added = 0;
  }

  redraw() { for (const [group, charts] of this.groups) this.replace(group, charts.map(chart => chart.of)); }

  append(rows) {
    const x = rows.kimg || [];
    if (!x.length) return;
    this.added += x.length;
    for (const chart of this.groups.get("stats") || []) {
      chart.of.x.push(...x);
      for (const name of chart.of.names) chart.of.columns[name].push(...(rows[name] || x.map(() => null)));
      chart.late = "data";
    }
    this.later();
  }

  mark(kimg) {
    this.at = kimg;
    this.each(chart => { chart.late ||= "mark"; });
    this.later();
  }

  // All changes of one moment are drawn together.
  later() {
    this.frame ||= requestAnimationFrame(() => { this.frame = 0; this.each(draw); });
  }

  // A chart outside of the window is drawn when it comes into view: a page costs a training on the same machine less.
  shown(entries) {
    const inView = new Map(entries.map(entry => [entry.target, entry.isIntersecting]));
    this.each(chart => { if (inView.has(chart.box)) { chart.inView = inView.get(chart.box); draw(chart); } });
  }

  build(chart) {
    const style = getComputedStyle(document.documentElement), colour = name => style.getPropertyValue(name).trim();
    const box = el("figure", {class: "chart"}, el("figcaption", {}, el("h3", {}, chart.title)), chart.note ? el("p", {class: "note"}, chart.note) : null);
    this.place.append(box);
    const size = () => ({width: Math.max(220, box.clientWidth - 40), height: 210});
    const axis = {stroke: colour("--faint"), grid: {stroke: colour("--grid"), width: 1}, ticks: {stroke: colour("--grid"), width: 1}, font: "12px system-ui, sans-serif"};
    const values = (plot, ticks) => ticks.map(tick => tick === null ? "" : number(tick));
    const plot = new uPlot({
      ...size(),
      cursor: {sync: {key: this.sync.key}, points: {size: 6}, drag: {x: true, y: false}},
      scales: {x: {time: false}, y: chart.log ? {distr: 3} : {range: (_, low, high) => low === null ? [0, 1] : padded(low, high)}},
      series: [{label: "kimg", value: (_, value) => number(value)}, ...chart.names.map((name, index) => ({
        label: shortName(name), stroke: colour(`--c${(chart.colours ? chart.colours[index] : index) % 10}`), width: 1.6, dash: name.endsWith("after") ? [4, 4] : undefined,
        value: (_, value) => number(value), points: {show: chart.x.length < 40, size: 5}, spanGaps: true,
      }))],
      axes: [{...axis, values}, {...axis, values: chart.log ? undefined : values, size: 58}],
      legend: {live: true},
      hooks: {draw: [plot => this.drawMarks(plot, chart, colour)], ready: [plot => {
        let down = null;
        plot.over.addEventListener("mousedown", event => { down = event.clientX; });
        plot.over.addEventListener("click", event => { if (Math.abs(event.clientX - down) < 4) this.clicked(plot.posToVal(event.offsetX, "x")); });
      }]},
    }, dataOf(chart), box);
    plot.root.setAttribute("role", "img");
    plot.root.setAttribute("aria-label", spoken(chart));
    this.watch.observe(box);
    return {of: chart, plot, box, size, inView: false, late: ""};
  }

  drawMarks(plot, chart, colour) {
    const {ctx} = plot, {top, height} = plot.bbox;
    const line = (kimg, stroke, dash) => {
      const x = plot.valToPos(kimg, "x", true);
      if (!(x >= plot.bbox.left && x <= plot.bbox.left + plot.bbox.width)) return;
      ctx.save();
      ctx.strokeStyle = stroke;
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.setLineDash(dash);
      ctx.beginPath();
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      ctx.restore();
    };
    if (this.at !== null) line(this.at, colour("--accent"), []);
    if (chart.best) line(chart.best[0], colour("--good"), [6, 5]);
  }
}

// {title, lines: [{name, colour, x, y}]} -> a chart whose lines share one x.
export function joined({title, note, log, lines}) {
  const data = uPlot.join(lines.map(line => [line.x, line.y]));
  const names = lines.map(line => line.name);
  return {title, note, log, names, colours: lines.map(line => line.colour), x: data[0], columns: Object.fromEntries(names.map((name, index) => [name, data[index + 1]]))};
}

function draw(chart) {
  if (!chart.inView || !chart.late) return;
  if (chart.late === "data") chart.plot.setData(dataOf(chart.of)); else chart.plot.redraw(false);
  chart.late = "";
}

const dataOf = chart => [chart.x, ...chart.names.map(name => chart.columns[name])];
const padded = (low, high) => { const room = (high - low || Math.abs(high) || 1) * 0.06; return [low - room, high + room]; };

function shortName(name) {
  const short = name.replace(/^\w+\/gradient\/\w+\./, "").replace("discriminator/", "D ").replace("generator/", "G ").replace(/\.weight$/, "");
  return short.length > 34 ? `…${short.slice(-33)}` : short;
}

function spoken(chart) {
  const last = chart.names.map(name => {
    const values = chart.columns[name].filter(value => value !== null);
    return values.length ? `${shortName(name)} ${number(values[values.length - 1])}` : "";
  });
  return `Chart of ${chart.title}. Last values: ${last.filter(Boolean).join(", ") || "none"}.`;
}
