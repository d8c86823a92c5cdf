// The explorer: knobs, what theory says at once, and the run that shows it.

import { ask, local, root, wake } from "./engine.js";
import { draw } from "./plot.js";
import { foretold, run, TOP } from "./training.js";
import { describe, FATES, fail, legend, make, odds, percent, permalink, SAID, START, wait } from "./widgets.js";

const NAMES = { depth: "depth", width: "width", activation: "activation", init: "init", init_scale: "its scale", gain: "gain", norm: "norm", placement: "placement", residual: "residual", optimizer: "optimizer", lr: "learning rate", layers: "blocks", dim: "width", ffn: "FFN", warmup: "warmup, steps", clip: "clipping" };
const WIDTHS = [16, 32, 64, 96, 128, 192, 256];
const DEPTHS = { depth: [2, 100], layers: [1, 24] }; // on a slider, log-uniform
let known;

/** Mount an explorer in `box`. Returns {config(), set(values)}. */
export async function mount(box, { config, guess = false, changed = () => {} }) {
  const self = { values: { ...config } };
  if (guess) await guessed(box, self);
  const wake_ = local ? null : box.appendChild(wait("starting Python in this page; the first time takes some seconds"));
  try {
    known ??= ask("choices");
    self.choices = await known;
  } catch (error) {
    known = undefined;
    box.append(fail(error));
    return self;
  }
  wake_?.remove();
  const { knobs, scaled, gained } = self.choices[config.family ?? "mlp"], trains = !config.family;
  const [layer, two] = trains ? ["layer", "inputs"] : ["block", "positions"];
  const parts = {
    knobs: make("div.knobs"), head: make("div.head", { role: "status" }), odds: make("div"), reason: make("p.reason"),
    plots: make("div.plots"), strip: make("div"), change: make("div.row"), run: make("div"), legend: legend(), fail: make("div"),
  };
  const trainer = make("button.primary", { onclick: train }, "Train it");
  const seed = make("input", { type: "number", min: "0", max: "999", value: "0", "aria-label": "seed", style: "width:4rem" });
  const link = make("a.button", {}, "Link");
  parts.row = make("div.row", {}, ...(trains ? [trainer, make("label", {}, "seed ", seed)] : [make("span.meta", {}, "No run here: the text it would learn, Tiny Shakespeare, is not part of the course.")]), link);
  box.append(parts.knobs, parts.fail, parts.head, parts.odds, parts.legend, parts.reason, parts.plots, parts.strip, parts.change, parts.row, parts.run);
  const curves = {};

  // ---- knobs

  const inputs = {};
  const set = (name, value) => {
    if (self.values[name] === value) return;
    self.values[name] = value;
    if (name === "init") delete self.values.gain, delete self.values.init_scale;
    if (name === "optimizer") self.values.lr = value === "adam" ? 1e-3 : 1e-2;
    sync();
    touched();
  };
  for (const [name, knob] of Object.entries(knobs)) {
    let input;
    const out = make("output"), choices = knob.choices ?? (name === "width" && WIDTHS);
    if (choices) {
      input = make("select", { onchange: () => set(name, choices[input.selectedIndex]) }, ...choices.map((c) => make("option", {}, String(c ?? "none"))));
    } else if (name in DEPTHS) {
      const [low, high] = DEPTHS[name];
      input = make("input", { type: "range", min: 0, max: 100, oninput: () => set(name, Math.round(low * (high / low) ** (input.value / 100))) });
    } else if (name === "lr") {
      input = make("input", { type: "range", min: 0, max: 80, oninput: () => set(name, rate(input.value)) });
    } else {
      input = make("input", { type: "number", step: "any", min: 0, onchange: () => input.value !== "" && set(name, +input.value) });
    }
    const label = make("label", { title: knob.help, "data-knob": name }, make("span", {}, NAMES[name], " ", out), input);
    inputs[name] = { input, out, label, choices };
    parts.knobs.append(label);
  }
  const span = () => { const [low, high] = knobs.lr.ranges[self.values.optimizer ?? knobs.optimizer.default]; return [Math.log10(low) - 1, Math.log10(high)]; };
  const rate = (at) => { const [a, b] = span(); return +(10 ** (a + (b - a) * at / 80)).toPrecision(2); };

  function sync() {
    const v = full();
    for (const [name, { input, out, label, choices }] of Object.entries(inputs)) {
      const value = v[name];
      if (choices) {
        if (!choices.includes(value)) { choices.push(value); input.append(make("option", {}, String(value))); }
        input.selectedIndex = choices.indexOf(value);
      } else if (name in DEPTHS) { const [low, high] = DEPTHS[name]; input.value = 100 * Math.log(value / low) / Math.log(high / low); out.textContent = value; }
      else if (name === "lr") { const [a, b] = span(); input.value = 80 * (Math.log10(value) - a) / (b - a); out.textContent = value; }
      else input.value = typeof value === "number" ? +value.toPrecision(4) : value ?? "";
      label.hidden = (name === "placement" && v.norm === "none") || (name === "init_scale" && !(v.init in scaled)) || (name === "gain" && !(v.init in gained));
    }
    link.href = permalink(root, v);
  }
  const full = () => {
    const v = Object.fromEntries(Object.entries(knobs).map(([name, knob]) => [name, self.values[name] ?? knob.default]));
    if (!trains) return { ...v, family: config.family };
    v.init_scale = self.values.init_scale ?? scaled[v.init] ?? null;
    v.gain = self.values.gain ?? gained[v.init] ?? null;
    return v;
  };

  // ---- what theory says: the newest question is answered, those between are passed over

  let busy = false, again = false, later;
  async function touched() {
    changed(full());
    clearTimeout(later);
    if (busy) { again = true; return; }
    busy = true;
    try {
      do {
        again = false;
        const config = full();
        show(await ask("predict", { config }));
      } while (again);
      parts.fail.replaceChildren();
      later = setTimeout(strip, 120);
    } catch (error) {
      parts.fail.replaceChildren(fail(error));
    } finally {
      busy = false;
    }
  }

  function show(p) {
    const { verdict } = p;
    self.prediction = p;
    box.dataset.verdict = verdict;
    box.dataset.asked = JSON.stringify(p.config);
    parts.head.replaceChildren(make(`h3.${verdict}`, {}, make("span.fatename", {}, `It ${SAID[verdict]}`)), make("span", {}, `${percent(p.odds[verdict])} sure`));
    parts.odds.replaceChildren(odds(p.odds));
    parts.reason.textContent = `${p.reason[0].toUpperCase()}${p.reason.slice(1)}.`;
    const x = p.forward.at.map((_, i) => i + 1), depth = x.length;
    const xs = depth > 1 ? x : [1, 2], pad = (a) => (depth > 1 ? a : [...a, ...a]);
    const curve = (key, color) => [{ label: key, data: pad(p[key].at), low: pad(p[key].low), high: pad(p[key].high), color }];
    plot("forward", `Signal: mean square by ${layer}`, xs, curve("forward", "#0072b2"), p.forward);
    plot("backward", `Gradient: mean square by ${layer}`, xs, curve("backward", "#d55e00"), p.backward);
    plot("likeness", `Likeness of two ${two}: cosine`, xs, [{ label: "cosine", data: pad(p.likeness), color: "#009e73" }], null);
    const steps = p.curve.steps, at = (key) => steps.map((s) => foretold(p.curve, key, s));
    plot("curve", "Loss foretold, with its band", steps, [{ label: "loss", data: at("at"), low: at("low"), high: at("high"), color: "#009e73" }], { at: at("at") }, { xlabel: "step", range: () => [p.least, TOP], lines: [{ y: p.guessing, label: "guessing" }] });
  }

  function plot(key, title, x, series, band, more = {}) {
    const last = (a) => a.at(-1).toPrecision(2);
    const about = band ? `${title}: ${band.at[0].toPrecision(2)} at the first, ${last(band.at)} at the last` : `${title}: ${last(series[0].data)} at the last ${layer}`;
    if (!curves[key]) {
      const place = make("div"), part = make("div", {}, make("h4", {}, title), place);
      parts.plots.append(part);
      curves[key] = draw(place, { x, series, log: Boolean(band), xlabel: layer, about, height: 165, range: band ? undefined : () => [Math.min(-0.05, ...self.prediction.likeness), 1.05], ...more });
    } else {
      curves[key].box.setAttribute("aria-label", about);
      curves[key].set(x, series);
    }
  }

  // ---- the odds by rate, and the change that would help

  async function strip() {
    const config = full();
    let found;
    try { found = await ask("rates", { config }); } catch { return; }
    if (JSON.stringify(config) !== JSON.stringify(full())) return;
    const near = found.rates.reduce((best, r, i) => (Math.abs(Math.log(r / config.lr)) < Math.abs(Math.log(found.rates[best] / config.lr)) ? i : best), 0);
    const bars = found.rates.map((r, i) => {
      const shares = found.odds[i], said = FATES.map((f, k) => `${f} ${percent(shares[k])}`).join(", ");
      return make("button", { title: `lr ${r}: ${said}`, "aria-label": `learning rate ${r}: ${said}`, "aria-pressed": String(i === near), onclick: () => set("lr", r) },
        ...FATES.map((f, k) => { const part = make(`i.${f}`); part.style.height = `${shares[k] * 100}%`; return part; }));
    });
    const window = found.window ? `trains from ${found.window[0]} to ${found.window[1]}` : "no rate would train it";
    parts.strip.replaceChildren(make("h4", {}, `Odds by learning rate: ${window}`), make("div.strip", {}, ...bars),
      make("div.scale", {}, make("span", {}, String(found.rates[0])), make("span", {}, String(found.rates.at(-1)))));
    parts.change.replaceChildren(...(found.change ? ["The nearest change that would make it train:", make("button", { onclick: () => apply(found.change.values) }, found.change.text)] : []));
  }
  function apply(values) {
    for (const [name, value] of Object.entries(values)) value === null ? delete self.values[name] : (self.values[name] = value);
    sync();
    touched();
  }
  self.set = apply;

  // ---- the run

  let ended;
  async function train(event) {
    if (event?.detail > 1) return; // a double click means one
    if (ended) return ended.abort();
    ended = new AbortController();
    trainer.textContent = "Stop";
    const said = make("p", { role: "status" }), place = make("div");
    parts.run.replaceChildren(place, said);
    const config = full(), line = run(place, { theory: self.prediction?.curve });
    try {
      const found = await ask("train", { config, seed: +seed.value }, { event: ({ step, loss }) => line.add(step, loss), signal: ended.signal });
      line.all(found.losses);
      box.dataset.ran = found.verdict;
      const said_ = self.prediction?.verdict === found.verdict ? "as theory said" : `theory had said it ${SAID[self.prediction?.verdict]}`;
      said.replaceChildren(make(`b.${found.verdict}`, {}, make("span.fatename", {}, `It ${found.verdict}`)), `: ${said_}.`);
    } catch (error) {
      if (!ended.signal.aborted) said.replaceWith(fail(error));
      else said.textContent = "Stopped.";
    } finally {
      ended = undefined;
      trainer.textContent = "Train it";
    }
  }

  sync();
  await touched();
  self.config = full;
  return self;
}

/** Three buttons before anything is shown. */
function guessed(box, self) {
  return new Promise((resolve) => {
    const { head, rest } = describe({ ...START[self.values.family ?? "mlp"], ...self.values });
    const part = make("div.ask", {}, make("p", {}, make("b", {}, head), make("br"), rest), make("div.fates", { role: "group", "aria-label": "Your guess" },
      ...FATES.map((fate) => make(`button.fate.${fate}`, { onclick: () => { part.replaceWith(make("p.meta", {}, `You said: it ${SAID[fate]}.`)); resolve(); } }, make("span.sign", { "aria-hidden": "true" }), make("b", {}, `It ${SAID[fate]}`)))));
    box.append(part);
    if (!local) part.addEventListener("pointerenter", () => wake().catch(() => {}), { once: true });
  });
}
