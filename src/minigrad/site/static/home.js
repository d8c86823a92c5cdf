// One network, three buttons, a confidence: it trains before your eyes, and theory gives its reason.

import { ask, local, root, wake } from "./engine.js";
import { run } from "./training.js";
import { describe, FATES, fail, make, odds, percent, permalink, wait } from "./widgets.js";

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent), first = JSON.parse($("first").textContent);
const buttons = [...document.querySelectorAll(".fate")];
let network = { config: first.config, first: true }, next;

function show() {
  const { head, rest } = describe(network.config, words);
  $("net").replaceChildren(make("div.spec", {}, head, make("small", {}, rest)), stack(network.config));
  $("outcome").hidden = true;
  buttons.forEach((b) => { b.disabled = false; b.setAttribute("aria-pressed", "false"); });
}

/** The network as a row of layers; an arc over each is its skip. */
function stack({ depth, norm, residual }) {
  const n = Math.min(depth, 40), w = 320, gap = w / (n + 2);
  const bar = (i, tall, fill) => `<rect x="${(i * gap + gap * 0.2).toFixed(1)}" y="${60 - tall}" width="${(gap * 0.55).toFixed(1)}" height="${tall}" rx="1.5" fill="${fill}"/>`;
  let parts = bar(0, 50, "var(--rule-strong)") + bar(n + 1, 12, "var(--rule-strong)");
  for (let i = 1; i <= n; i++) {
    parts += bar(i, 34, "var(--accent)");
    if (norm !== "none") parts += `<rect x="${(i * gap + gap * 0.02).toFixed(1)}" y="26" width="1.6" height="34" fill="var(--trained-fill)"/>`;
    if (residual !== "none" && i > 1) parts += `<path d="M${(i * gap - gap * 0.5).toFixed(1)} 24 q${(gap / 2).toFixed(1)} -14 ${gap.toFixed(1)} 0" fill="none" stroke="var(--diverged-fill)" stroke-width="1.4"/>`;
  }
  const box = make("div", { "aria-hidden": "true" });
  box.innerHTML = `<svg viewBox="0 0 ${w} 64" preserveAspectRatio="none">${parts}</svg>`;
  return box;
}

$("confidence").addEventListener("input", () => { $("percent").textContent = `${$("confidence").value} %`; });

async function play(fate) {
  buttons.forEach((b) => { b.disabled = true; b.setAttribute("aria-pressed", b.dataset.fate === fate); });
  const sure = $("confidence").value / 100, config = network.config;
  $("outcome").hidden = false;
  const verdict = $("verdict"), box = make("div");
  $("curve").replaceChildren(box);
  verdict.replaceChildren(wait(local || !network.first ? words.training : words.recorded));
  const curve = run(box, { words });
  try {
    let theory, told;
    if (first.run && network.first) { // Python is not here yet: the run as it was recorded
      [theory, told] = [first.prediction, first.run];
      for (let i = 0; i < told.losses.length; i += 3) {
        curve.add(i, told.losses[i]);
        if (i % 6 === 0) await new Promise(requestAnimationFrame);
      }
      wake();
    } else {
      if (!local) { verdict.replaceChildren(wait(words.waking)); await wake(); verdict.replaceChildren(wait(words.training)); }
      theory = await ask("predict", { config });
      told = await ask("train", { config, seed: network.seed ?? 0 }, { event: ({ step, loss }) => curve.add(step, loss) });
    }
    curve.all(told.losses);
    tell(fate, sure, told.verdict, theory);
  } catch (error) {
    verdict.replaceChildren(fail(error), again());
  }
  next = ask("draw", { seed: Math.floor(Math.random() * 2 ** 31), level: 1 });
  next.catch(() => {});
}

function tell(fate, sure, truth, theory) {
  const rest = (1 - sure) / 2;
  const brier = FATES.reduce((sum, f) => sum + ((f === fate ? sure : rest) - (f === truth)) ** 2, 0);
  const said = theory.verdict;
  $("verdict").replaceChildren(
    make(`h2.${truth}`, {}, make("span.fatename", {}, words[`it_${truth}`])),
    make("p", {}, fate === truth ? words.right : words.wrong.replace("{fate}", words[fate]), " ", make("small", {}, words.score.replace("{mine}", brier.toFixed(2)))),
    make("h3.label", {}, words.theory_said),
    odds(theory.odds),
    make("p.because", {}, make(`span.${said}`, {}, make("b.fatename", {}, `${words[said]} (${percent(theory.odds[said])})`)), ` ${words.because} `, make("span", { lang: "en" }, `${theory.reason}.`)),
    again(),
  );
}

function again() {
  return make("div.row", {},
    make("button.primary", { onclick: another }, words.another),
    make("a.button", { href: permalink(root, network.config) }, words.open_explorer));
}

async function another() {
  const found = $("verdict");
  try {
    network = await (next ?? ask("draw", { seed: Math.floor(Math.random() * 2 ** 31), level: 1 }));
    show();
    $("head").scrollIntoView({ block: "start", behavior: "smooth" });
  } catch (error) {
    found.append(fail(error));
  }
}

buttons.forEach((b) => b.addEventListener("click", () => play(b.dataset.fate)));
show();
