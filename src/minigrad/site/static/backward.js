// Backward over a small graph: press Next, and one node sends its gradient on.

import { ask } from "./engine.js";
import { fail, make, wait } from "./widgets.js";

const EXAMPLES = { "a × b + c": ["a * b + c", { a: 2, b: -3, c: 10 }], "one name, three uses": ["x**2 * (x**2 + x)", { x: 2 }], "a neuron": ["relu(w1 * x1 + w2 * x2 + b)", { w1: 0.5, x1: 2, w2: -1, x2: 0.5, b: 0.25 }], "log of a sum of exp": ["log(exp(a) + exp(b)) - a", { a: 1, b: 2 }] };
const box = document.getElementById("graph"), n = (v) => String(+v.toPrecision(4));
const input = make("input", { type: "text", value: "a * b + c", "aria-label": "Expression", style: "flex:1 1 14rem;font-family:var(--mono)", onchange: () => load() });
const examples = make("div.row", {}, ...Object.entries(EXAMPLES).map(([name, [text, given]]) => make("button", { onclick: () => { input.value = text; values = { ...given }; load(); } }, name)));
const names = make("div.row"), stage = make("div"), said = make("p", { role: "status" });
const back = make("button", { onclick: () => go(-1) }, "Back"), next = make("button.primary", { onclick: () => go(1) }, "Next step"), all = make("button", { onclick: () => go(99) }, "To the end");
box.append(examples, make("div.row", {}, input), names, stage, make("div.row", {}, back, next, all), said);
let values = { a: 2, b: -3, c: 10 }, graph, at = 0;

async function load() {
  try {
    graph = await ask("graph", { expression: input.value, values });
  } catch (error) { return stage.replaceChildren(fail(error)); }
  names.replaceChildren(...graph.names.map((name) => {
    const field = make("input", { type: "number", step: "any", style: "width:5.5rem", value: String(values[name] ?? 1), onchange: () => { values[name] = +field.value; load(); } });
    return make("label", {}, `${name} = `, field);
  }));
  at = 0;
  show();
}

function go(by) { at = Math.min(Math.max(at + by, 0), graph.steps.length); show(); }

function show() {
  const { nodes, steps } = graph, level = [], place = [], grads = new Map([[nodes.length - 1, 1]]);
  nodes.forEach((node, i) => { level[i] = node.inputs.length ? 1 + Math.max(...node.inputs.map((j) => level[j])) : 0; });
  const rows = []; // of each column
  nodes.forEach((_, i) => { (rows[level[i]] ??= []).push(i); });
  const tall = Math.max(...rows.map((r) => r.length)), W = 150, H = 74;
  rows.forEach((r, column) => r.forEach((i, k) => { place[i] = [column * W + 10, (k + (tall - r.length) / 2) * H + 12]; }));
  const done = steps.slice(0, at), now = done.at(-1);
  done.forEach((s) => s.sends.forEach((x) => grads.set(x.to, x.sum)));
  const left = nodes.map((_, i) => steps.slice(at).some((s) => s.sends.some((x) => x.to === i)));
  const edges = nodes.map((node, i) => node.inputs.map((j) => {
    const [x1, y1] = place[j], [x2, y2] = place[i];
    return `<path class="${now?.node === i ? "now" : ""}" d="M${x1 + 104} ${y1 + 28} C${x1 + 130} ${y1 + 28} ${x2 - 26} ${y2 + 28} ${x2} ${y2 + 28}"/>`;
  }).join("")).join("");
  const boxes = nodes.map((node, i) => {
    const [x, y] = place[i], g = grads.get(i), state = now?.node === i ? "now" : g !== undefined && !left[i] ? "done" : "";
    return `<g class="node ${state}"><rect x="${x}" y="${y}" width="104" height="56" rx="6"/><text x="${x + 10}" y="${y + 19}">${node.label.replace(/[&<>]/g, "")}</text><text class="value" x="${x + 94}" y="${y + 19}" text-anchor="end">${n(node.value)}</text><text class="grad" x="${x + 10}" y="${y + 44}">${g === undefined ? "" : `grad ${n(g)}${left[i] ? " …" : ""}`}</text></g>`;
  }).join("");
  const svg = make("div", { role: "img", tabindex: "0", style: "overflow-x:auto", "aria-label": `A graph of ${nodes.length} nodes, after ${at} of ${steps.length} steps` });
  svg.innerHTML = `<svg class="graph" style="min-width:${rows.length * 104}px;max-width:${rows.length * W + 20}px" viewBox="0 0 ${rows.length * W - 26} ${tall * H + 14}">${edges}${boxes}</svg>`;
  stage.replaceChildren(svg);
  back.disabled = at === 0;
  next.disabled = all.disabled = at === steps.length;
  if (!now) said.textContent = "Every value is computed. The last one's gradient is 1: it moves as itself.";
  else said.textContent = `${nodes[now.node].label} has ${n(now.grad)}: ` + now.sends.map((s) => `it sends ${n(now.grad)} × ${n(s.local)} = ${n(s.adds)} to ${nodes[s.to].label}${s.sum !== s.adds ? `, which makes ${n(s.sum)} there` : ""}`).join("; ") + ".";
}

addEventListener("keydown", (event) => {
  if (event.target.closest("input, button")) return;
  if (event.key === "ArrowRight") go(1);
  if (event.key === "ArrowLeft") go(-1);
});
stage.append(wait("one moment"));
load();
