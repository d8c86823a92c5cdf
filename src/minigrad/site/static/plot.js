// Curves by uPlot: colours from the style sheet, log axes over decades, bands, live data.

import uPlot from "./vendor/uplot.js";

const sheet = document.head.appendChild(document.createElement("link"));
sheet.rel = "stylesheet";
sheet.href = new URL("vendor/uplot.css", import.meta.url);

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
// lab.plot's, told apart in grey and by eyes that see fewer colours: colour and dash
export const STYLES = [["#D55E00", [2, 3]], ["#0072B2", [7, 3]], ["#009E73", []], ["#CC79A7", [9, 3, 2, 3]], ["#E69F00", [4, 2, 2, 2]], ["#56B4E9", [12, 4]]];
/** A colour as it is drawn: by its name in the style sheet, and lighter on a dark ground. */
function tone(name) {
  const color = name.startsWith("#") ? name : colour(name);
  return name.startsWith("#") && colour("dark") ? `color-mix(in srgb, ${color} 70%, white)` : color;
}

const plots = new Set();
addEventListener("themechange", () => plots.forEach((p) => p.again()));

export function short(v) {
  if (v === null || v === undefined) return "";
  const size = Math.abs(v);
  if (v !== 0 && (size < 1e-3 || size >= 1e5)) return v.toExponential(size > 0 && Math.log10(size) % 1 ? 1 : 0).replace("e+", "e");
  return String(+v.toPrecision(3));
}

/** Draw `series` [{label, data, color, dash, width, low, high, gaps}] over `x` into `box`.
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
      const color = tone(s.color);
      if (s.low) {
        shown.push({ stroke: "transparent", points: { show: false } }, { stroke: "transparent", points: { show: false } });
        bands.push({ series: [shown.length - 2, shown.length - 1], fill: `color-mix(in srgb, ${color} 22%, transparent)` });
      }
      shown.push({ label: s.label, stroke: color, width: s.width ?? 2, dash: s.dash, spanGaps: s.gaps ?? false, points: { show: s.points ?? false, size: 5, fill: color } });
    }
    const font = `11px ${getComputedStyle(document.body).getPropertyValue("--sans")}`;
    const axis = { stroke: soft, font, labelFont: font, labelSize: 16, grid: { stroke: rule, width: 0.6 }, ticks: { stroke: rule, width: 0.6, size: 4 } };
    plot = new uPlot({
      width: Math.max(box.clientWidth, 120), height, series: shown, bands,
      cursor: { show: false }, legend: { show: false }, padding: [8, 10, 0, 0],
      scales: { x: { time: false }, y: { distr: log ? 3 : 1, range: range ?? (log ? decades : undefined) } },
      axes: [
        { ...axis, label: xlabel, size: 26, ...(x.every(Number.isInteger) ? { incrs: WHOLE } : {}), values: (_, ticks) => ticks.map(short) },
        { ...axis, size: 48, ...(log ? { splits: powers, filter: (_, ticks) => ticks, incrs: DECADES } : {}), values: (_, ticks) => ticks.map(short) },
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
export function decades(_, low, high) {
  if (low === null || !(low > 0)) [low, high] = [1e-2, 1e1];
  let a = Math.floor(Math.log10(low) - 0.05), b = Math.ceil(Math.log10(high) + 0.05);
  if (b - a < 2) { a -= 1; b = Math.max(b, a + 2); }
  return [10 ** a, 10 ** b];
}

/** As much of a log axis as the values need: whole decades from two on. */
export function near(u, low, high) {
  if (!(low > 0) || high / low >= 100) return decades(u, low, high);
  const room = Math.max(1.08, Math.sqrt(2 * low / high)); // at least a factor of 2 in all
  return [low / room, high * room];
}

const DECADES = Array.from({ length: 601 }, (_, i) => 10 ** (i - 300));
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((k) => [1, 2, 5].map((n) => n * 10 ** k)); // no block 2.5

/** The ticks of a log axis: powers of ten, at most seven of them; below two decades others between. */
function powers(_, axis, low, high) {
  const [a, b] = [Math.ceil(Math.log10(low) - 1e-6), Math.floor(Math.log10(high) + 1e-6)], every = Math.max(1, Math.ceil((b - a) / 6));
  const between = high / low < 8 ? [1, 1.5, 2, 3, 4, 5, 7] : high / low < 99 ? [1, 2, 5] : [1];
  const out = [];
  for (let e = between.length > 1 ? a - 1 : Math.ceil(a / every) * every; e <= b; e += between.length > 1 ? 1 : every) {
    out.push(...between.map((k) => +`${k}e${e}`).filter((v) => v >= low * (1 - 1e-6) && v <= high * (1 + 1e-6)));
  }
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
  c.textBaseline = "bottom";
  c.fillText(label, left + width - 4 * scale, at - 3 * scale);
  c.restore();
}
