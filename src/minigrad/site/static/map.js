// The recorded sweep: depth by rate, each run's fate; behind it, where theory draws the border.

import { ask, root } from "./engine.js";
import { colour } from "./plot.js";
import { run } from "./training.js";
import { describe, FATES, fail, legend, make, permalink, wait } from "./widgets.js";

const box = document.getElementById("map");
const FACETS = ["activation", "init", "norm", "placement", "residual", "optimizer"];
const start = { residual: "none", norm: "none", optimizer: "sgd" };
const DEPTHS = [2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 32, 40, 50, 64, 80, 100], RATES = Array.from({ length: 25 }, (_, i) => 10 ** (-4 + i / 6));
let asked, fates, data, chosen = { ...start }, shown = [], picked;

const knobs = make("div.row"), canvas = make("canvas.map", { role: "img", tabindex: "0" }), detail = make("div"), said = make("p.meta", { role: "status" });

async function load() {
  box.replaceChildren(wait("reading the sweep"));
  try { data = await (await fetch(`${root}map.json`)).json(); } catch (error) { return box.replaceChildren(fail(error)); }
  for (const name of FACETS) {
    const pick = make("select", { "aria-label": name, onchange: () => { chosen[name] = pick.value; show(); } }, make("option", { value: "" }, "all"), ...data[name].values.map((v) => make("option", { value: v }, v)));
    pick.value = chosen[name] ?? "";
    knobs.append(make("label", {}, `${name} `, pick));
  }
  box.replaceChildren(knobs, make("div.mapgrid", {}, make("div", {}, canvas, legend(), said), detail));
  detail.append(make("p.meta", {}, "Choose a point: its network is shown here, and can be trained again with its own seed."));
  new ResizeObserver(show).observe(canvas);
  addEventListener("themechange", show);
  show();
}

const choice = (name, i) => data[name].at.charCodeAt(i) - 48; // a run's, by its place
const value = (name, i) => data[name].values[choice(name, i)];
const config = (i) => Object.fromEntries(["depth", "width", ...FACETS, "init_scale", "gain", "lr"].map((name) => [name, value(name, i)]));

function show() {
  const width = canvas.clientWidth, height = Math.min(460, width * 0.72), scale = devicePixelRatio;
  if (!width) return;
  canvas.style.height = `${height}px`;
  canvas.width = width * scale; canvas.height = height * scale;
  const c = canvas.getContext("2d");
  c.scale(scale, scale);
  const rows = data.seed.map((_, i) => i).filter((i) => FACETS.every((f) => !chosen[f] || value(f, i) === chosen[f]));
  const [left, top, right, bottom] = [52, 14, 14, 40];
  const span = (name) => { const v = data[name].values; return [Math.log10(v[0]), Math.log10(v.at(-1))]; };
  const [x0, x1] = span("depth").map((v, i) => v + (i ? 0.06 : -0.06)), [y0, y1] = [-4.1, 0.1];
  const X = (d) => left + (width - left - right) * (Math.log10(d) - x0) / (x1 - x0), Y = (r) => height - bottom - (height - top - bottom) * (Math.log10(r) - y0) / (y1 - y0);
  c.font = "11px sans-serif"; c.fillStyle = colour("soft"); c.strokeStyle = colour("rule"); c.lineWidth = 0.6;
  for (const d of [2, 5, 10, 20, 50, 100]) { c.beginPath(); c.moveTo(X(d), top); c.lineTo(X(d), height - bottom); c.stroke(); c.textAlign = "center"; c.fillText(d, X(d), height - bottom + 15); }
  for (let e = -4; e <= 0; e++) { c.beginPath(); c.moveTo(left, Y(10 ** e)); c.lineTo(width - right, Y(10 ** e)); c.stroke(); c.textAlign = "right"; c.fillText(10 ** e, left - 6, Y(10 ** e) + 4); }
  c.textAlign = "center"; c.fillText("depth", (left + width - right) / 2, height - 8);
  c.save(); c.translate(12, height / 2); c.rotate(-Math.PI / 2); c.fillText("learning rate", 0, 0); c.restore();
  shade(c, X, Y, [left, top, width - left - right, height - top - bottom]);
  // neighbours on the grid are set apart a little, always the same way
  shown = rows.map((i) => { const j = (i * 2654435761 % 1000) / 1000 - 0.5, k = (i * 40503 % 1000) / 1000 - 0.5; return { i, x: X(value("depth", i)) + 9 * j, y: Y(value("lr", i)) + 9 * k, fate: choice("verdict", i) }; });
  for (const p of shown) mark(c, p, p.i === picked);
  const rest = FACETS.filter((f) => !chosen[f]).map((f) => `${f} ${{ activation: "relu", init: "kaiming_normal", norm: "none", placement: "pre", residual: "none", optimizer: "sgd" }[f]}`);
  const counts = FATES.map((f, k) => `${shown.filter((p) => p.fate === k).length} ${f}`).join(", ");
  said.textContent = `${rows.length} runs: ${counts}. The shade is theory's fate for width 64${rest.length ? `, ${rest.join(", ")}` : ""}.`;
  canvas.setAttribute("aria-label", `Runs by depth and learning rate: ${said.textContent}`);
}

/** Theory's fate in each cell, behind the runs; asked for anew when a facet changes. */
function shade(c, X, Y, [left, top, w, h]) {
  const of = JSON.stringify(chosen);
  if (asked !== of) {
    asked = of;
    fates = undefined;
    const fixed = Object.fromEntries(FACETS.filter((f) => chosen[f]).map((f) => [f, chosen[f]]));
    ask("border", { config: { depth: 2, width: 64, ...fixed }, depths: DEPTHS, rates: RATES }).then((found) => { if (asked === of) { fates = found; show(); } }, () => {});
  }
  if (!fates) return;
  c.save();
  c.beginPath(); c.rect(left, top, w, h); c.clip();
  c.globalAlpha = 0.22;
  fates.forEach((row, j) => row.forEach((fate, i) => {
    const edge = (list, k, side) => Math.sqrt(list[k] * (list[k + side] ?? list[k] ** 2 / list[k - side]));
    const [x0, x1, y0, y1] = [X(edge(DEPTHS, i, -1)), X(edge(DEPTHS, i, 1)), Y(edge(RATES, j, 1)), Y(edge(RATES, j, -1))];
    c.fillStyle = colour(`${FATES[fate]}-fill`);
    c.fillRect(x0, y0, x1 - x0 + 0.5, y1 - y0 + 0.5);
  }));
  c.restore();
}

/** A fate has a form beside its colour. */
function mark(c, { x, y, fate }, here) {
  c.strokeStyle = c.fillStyle = colour(`${FATES[fate]}-fill`);
  c.lineWidth = 1.8;
  c.beginPath();
  if (fate === 0) { c.moveTo(x - 3.4, y - 3.4); c.lineTo(x + 3.4, y + 3.4); c.moveTo(x + 3.4, y - 3.4); c.lineTo(x - 3.4, y + 3.4); c.stroke(); }
  else if (fate === 1) { c.strokeRect(x - 2.8, y - 2.8, 5.6, 5.6); }
  else { c.arc(x, y, 3.2, 0, 7); c.fill(); }
  if (here) { c.strokeStyle = colour("ink"); c.beginPath(); c.arc(x, y, 9, 0, 7); c.stroke(); }
}

function pick(i) {
  picked = i;
  show();
  const c = config(i), { head, rest } = describe(c), place = make("div"), note = make("p", { role: "status" });
  const fate = FATES[choice("verdict", i)];
  detail.replaceChildren(make(`h2.${fate}`, {}, make("span.fatename", {}, `It ${fate}.`)), make("p", {}, make("b", {}, head), make("br"), rest),
    make("p.meta", {}, data.final[i] === null ? "Its loss left all bounds." : `Its loss ended at ${data.final[i]}.`),
    make("div.row", {}, make("button.primary", { onclick: again }, "Train it again"), make("a.button", { href: permalink(root, c) }, "Explorer")), place, note);
  ask("predict", { config: c }).then((p) => { note.textContent = `Theory says ${p.verdict}: ${p.reason}.`; }, (error) => note.replaceWith(fail(error)));
  async function again({ target }) {
    target.disabled = true;
    const line = run(place);
    try {
      const found = await ask("train", { config: c, seed: data.seed[i] }, { event: ({ step, loss }) => line.add(step, loss) });
      line.all(found.losses);
    } catch (error) { place.replaceWith(fail(error)); }
    target.disabled = false;
  }
}

canvas.addEventListener("click", (event) => {
  const { left, top } = canvas.getBoundingClientRect(), x = event.clientX - left, y = event.clientY - top;
  const near = shown.reduce((best, p) => { const d = Math.hypot(p.x - x, p.y - y); return d < best.d ? { d, p } : best; }, { d: 14 });
  if (near.p) pick(near.p.i);
});
canvas.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step || !shown.length) return;
  event.preventDefault();
  const at = shown.findIndex((p) => p.i === picked);
  pick(shown[(at + step + shown.length) % shown.length].i);
});
load();
