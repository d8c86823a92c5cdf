// One run's loss, drawn as it happens.

import { draw } from "./plot.js";

const LN2 = Math.log(2);
export const TOP = 20; // of the axis: what is above has left it

/** The curve foretold at a step: straight between its windows' middles in the logarithm; null, which
 * is no finite loss, is above the axis. */
export function foretold(theory, key, step) {
  const { steps } = theory, values = theory[key].map((v) => Math.min(Math.max(v ?? TOP, 1e-6), TOP));
  const i = Math.min(Math.max(steps.findIndex((s) => s >= step), 1), steps.length - 1), [a, b] = [steps[i - 1], steps[i]];
  const part = step > steps.at(-1) ? 1 : Math.min(Math.max((step - a) / (b - a), 0), 1);
  return values[i - 1] ** (1 - part) * values[i] ** part;
}

/** A plot of a run under way: `add(step, loss)` as it comes, `all(losses)` at the end. `theory` is
 * the curve that was predicted: {steps, at, low, high}, where there is one. */
export function run(box, { words = {}, theory, height = 230 } = {}) {
  const xs = [], ys = [], smooth = [];
  let pending = false;
  const series = () => {
    const out = [{ label: "loss", data: ys, color: "stalled-fill", width: 1 }, { label: "mean of 16", data: smooth, color: "accent", width: 2.4 }];
    return out;
  };
  const plot = draw(box, {
    x: [0, 1], series: [{ label: "", data: [null, null], color: "accent" }], log: true, height,
    xlabel: words.step ?? "step", ylabel: words.loss ?? "training loss", about: words.about ?? "The loss by step",
    range: () => [(smooth.at(-1) ?? 1) < 1e-3 ? 1e-5 : 1e-3, TOP],
    lines: [{ y: LN2, label: words.guessing ?? "guessing: 0.69" }],
  });
  const show = () => {
    pending = false;
    if (!xs.length) return;
    const x = xs.slice(), list = series();
    if (theory) {
      const at = (key) => x.map((step) => foretold(theory, key, step));
      list.unshift({ label: "predicted", data: at("at"), low: at("low"), high: at("high"), color: "#009e73", dash: [4, 3], width: 1.6 });
    }
    plot.set(x, list);
  };
  const put = (step, loss) => {
    xs.push(step);
    ys.push(loss === null ? null : Math.min(Math.max(loss, 1e-6), TOP));
    const tail = ys.slice(-16).filter((v) => v !== null);
    smooth.push(loss === null || !tail.length ? null : tail.reduce((a, b) => a + b, 0) / tail.length);
  };
  return {
    add(step, loss) {
      put(step, loss);
      if (!pending) { pending = true; requestAnimationFrame(show); }
    },
    all(losses) {
      xs.length = ys.length = smooth.length = 0;
      losses.forEach((loss, step) => put(step, loss));
      show();
    },
  };
}
