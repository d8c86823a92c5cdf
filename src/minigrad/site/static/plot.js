// Curves by uPlot: colours from the style sheet, log axes over decades, bands, live data.

import uPlot from "./vendor/uplot.js";

const sheet = document.head.appendChild(document.createElement("link"));
sheet.rel = "stylesheet";
sheet.href = new URL("vendor/uplot.css", import.meta.url);

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
// told apart in grey, and by eyes that see fewer colours: colour, dash and order
export const STYLES = [["#0072b2", []], ["#d55e00", [7, 4]], ["#009e73", [2, 3]], ["#cc79a7", [9, 3, 2, 3]], ["#8a6d00", [12, 4]], ["#56b4e9", [4, 2]]];

const plots = new Set();
addEventListener("themechange", () => plots.forEach((p) => p.again()));

export function short(v) {
  if (v === null || v === undefined) return "";
  const size = Math.abs(v);
  if (v !== 0 && (size < 1e-3 || size >= 1e5)) return v.toExponential(size > 0 && Math.log10(size) % 1 ? 1 : 0).replace("e+", "e");
  return String(+v.toPrecision(3));
}

/** Draw `series` [{label, data, color, dash, width, low, high}] over `x` into `box`.
 * Returns {set(x, series)} to draw others in its place. */
export function draw(box, { x, series, log = false, xlabel = "", ylabel = "", height = 190, about = "", range, lines = [] }) {
  const self = { box };
  let plot, now = { x, series };
  box.classList.add("plot");
  box.setAttribute("role", "img");
  box.setAttribute("aria-label", about || `${ylabel} by ${xlabel}`);

  const columns = () => [now.x, ...now.series.flatMap((s) => (s.low ? [s.high, s.low, s.data] : [s.data]))];
  const shape = () => now.series.map((s) => s.label + (s.low ? "±" : "")).join();
  let built;

  function build() {
    plot?.destroy();
    built = shape();
    const soft = colour("soft"), rule = colour("rule"), shown = [{}], bands = [];
    for (const s of now.series) {
      const color = s.color.startsWith("#") ? s.color : colour(s.color);
      if (s.low) {
        shown.push({ stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } });
        bands.push({ series: [shown.length - 2, shown.length - 1], fill: color + "33" });
      }
      shown.push({ label: s.label, stroke: color, width: s.width ?? 2, dash: s.dash, spanGaps: false, points: { show: s.points ?? false, size: 5, fill: color } });
    }
    const font = `11px ${getComputedStyle(document.body).getPropertyValue("--sans")}`;
    const axis = { stroke: soft, font, labelFont: font, labelSize: 16, grid: { stroke: rule, width: 0.6 }, ticks: { stroke: rule, width: 0.6, size: 4 } };
    plot = new uPlot({
      width: Math.max(box.clientWidth, 120), height, series: shown, bands,
      cursor: { show: false }, legend: { show: false }, padding: [8, 10, 0, 0],
      scales: { x: { time: false }, y: { distr: log ? 3 : 1, range: range ?? (log ? decades : undefined) } },
      axes: [
        { ...axis, label: xlabel, size: 26, values: (_, ticks) => ticks.map(short) },
        { ...axis, size: 48, ...(log ? { splits: powers, filter: (_, ticks) => ticks } : {}), values: (_, ticks) => ticks.map(short) },
      ],
      hooks: { draw: [(u) => lines.forEach((l) => level(u, l, soft))] },
    }, columns(), box);
  }

  self.again = build;
  self.set = (nx, ns) => {
    now = { x: nx, series: ns };
    if (shape() === built) plot.setData(columns());
    else if (box.isConnected) build();
  };
  build();
  plots.add(self);
  new ResizeObserver(() => {
    if (!box.isConnected) return plots.delete(self);
    const width = box.clientWidth;
    if (width && Math.abs(width - plot.width) > 2) plot.setSize({ width, height });
  }).observe(box);
  return self;
}

/** At least two decades, so that a level curve looks level. */
function decades(_, low, high) {
  if (low === null || !(low > 0)) [low, high] = [1e-2, 1e1];
  let a = Math.floor(Math.log10(low) - 0.05), b = Math.ceil(Math.log10(high) + 0.05);
  if (b - a < 2) { a -= 1; b = Math.max(b, a + 2); }
  return [10 ** a, 10 ** b];
}

/** The powers of ten of an axis, at most seven of them. */
function powers(_, axis, low, high) {
  const [a, b] = [Math.ceil(Math.log10(low) - 1e-6), Math.floor(Math.log10(high) + 1e-6)], every = Math.max(1, Math.ceil((b - a) / 6));
  const out = [];
  for (let e = Math.ceil(a / every) * every; e <= b; e += every) out.push(+`1e${e}`);
  return out;
}

/** A dotted line at a height, with its name. */
function level(u, { y, label }, color) {
  const at = u.valToPos(y, "y", true), { left, width, top, height } = u.bbox;
  if (!(at > top && at < top + height)) return;
  const c = u.ctx, scale = devicePixelRatio;
  c.save();
  c.strokeStyle = c.fillStyle = color;
  c.setLineDash([2 * scale, 3 * scale]);
  c.beginPath(); c.moveTo(left, at); c.lineTo(left + width, at); c.stroke();
  c.font = `${11 * scale}px sans-serif`;
  c.textAlign = "right";
  c.fillText(label, left + width - 4 * scale, at - 4 * scale);
  c.restore();
}
