// Rounds: a network, a fate said with a confidence, the truth; then the score and its calibration.

import { ask, local, root, wake } from "./engine.js";
import { draw, STYLES } from "./plot.js";
import { run } from "./training.js";
import { describe, FATES, fail, make, odds, percent, permalink, SAID, wait } from "./widgets.js";

const box = document.getElementById("game"), asked = new URLSearchParams(location.search);
let level = +(asked.get("level") ?? 1), seed = +(asked.get("seed") ?? Math.floor(Math.random() * 1e6));

const stage = make("div.stage"), score = make("aside", { "aria-label": "Score" });
const levels = make("div.row");
box.append(levels, make("div.side-by-side", {}, stage, score));

function choose(to) {
  level = to;
  levels.replaceChildren("Level", ...[[1, "clear cases"], [2, "mixed"], [3, "close calls"], [4, "curves"]].map(([n, name]) => make("button", { "aria-pressed": String(n === level), onclick: () => { choose(n); round(); } }, `${n} · ${name}`)));
}

async function round() {
  stage.replaceChildren(wait(local ? "drawing a network" : "starting Python in this page; the first time takes some seconds"));
  history.replaceState(null, "", `challenge.html?level=${level}&seed=${seed}`);
  let drawn;
  try {
    await wake();
    drawn = await ask("draw", { seed, level });
  } catch (error) { return stage.replaceChildren(fail(error)); }
  const { head, rest } = describe(drawn.config), out = make("output", {}, "70 %"), { curves } = drawn;
  const sure = make("input", { type: "range", min: curves ? 25 : 34, max: 100, value: "70", "aria-label": "How sure you are", oninput: () => { out.textContent = `${sure.value} %`; } });
  const fates = curves ? Object.keys(curves).map((name, i) => make("button.fate", { "data-fate": name, onclick: () => play(name) }, sample(i), make("b", {}, `It is ${name}`))) : FATES.map((fate) => make(`button.fate.${fate}`, { "data-fate": fate, onclick: () => play(fate) }, make("span.sign", { "aria-hidden": "true" }), make("b", {}, `It ${SAID[fate]}`)));
  const after = make("div"), four = make("div");
  stage.replaceChildren(make("p.meta", {}, `Round ${seed}, level ${level}`), make("div.net", {}, make("div.spec", {}, head, make("small", {}, rest))), four,
    make("div.fates", { role: "group", "aria-label": "Your answer" }, ...fates), make("label.sure", {}, make("span", {}, "How sure are you? ", out), sure), after);
  if (curves) chart(four, drawn);

  async function play(fate) {
    fates.forEach((b) => { b.disabled = true; b.setAttribute("aria-pressed", String(b.dataset.fate === fate)); });
    const place = make("div"), said = wait(curves ? "looking" : "training");
    after.replaceChildren(place, said);
    const line = curves ? null : run(place);
    try {
      const r = await ask("play", { seed, level, fate, confidence: sure.value / 100 }, { event: ({ step, loss }) => line.add(step, loss) });
      line?.all(r.losses);
      stage.dataset.truth = r.truth;
      const next = make("button.primary", { onclick: () => { seed += 1; round(); } }, "Next round");
      said.replaceWith(
        make(curves ? "h2" : `h2.${r.truth}`, { role: "status" }, make("span.fatename", {}, curves ? `It is ${r.truth}.` : `It ${r.truth}.`)),
        make("p", {}, `You were ${r.right ? "right" : "wrong"}: Brier score ${r.brier.toFixed(2)}. Theory: ${r.theory_brier.toFixed(2)}.`), ...(curves ? r.after.map((text) => make("p.meta", {}, text)) : [odds(r.theory)]),
        make("p.because", {}, `Theory said ${r.theory_verdict} (${percent(r.theory[r.theory_verdict])})${r.reason ? `: ${r.reason}` : ""}.`),
        make("div.row", {}, next, make("button", { onclick: copy }, "Challenge a friend to this round"), make("a.button", { href: permalink(root, r.configuration) }, "Turn its knobs")));
      next.focus({ preventScroll: true });
      history_();
    } catch (error) { said.replaceWith(fail(error)); }
  }
}

/** How the curve of this number is drawn. */
function sample(i) {
  const out = make("span", { "aria-hidden": "true" });
  out.innerHTML = `<svg width="44" height="8"><line x1="0" y1="4" x2="44" y2="4" stroke="${STYLES[i][0]}" stroke-width="3" stroke-dasharray="${STYLES[i][1].join(" ")}"/></svg>`;
  return out;
}

/** The four curves, window by window. */
function chart(box, { windows, curves }) {
  const series = Object.entries(curves).map(([label, data], i) => ({ label, data: data.map((v) => (v === null ? null : Math.min(Math.max(v, 1e-6), 1e6))), color: STYLES[i][0], dash: STYLES[i][1], width: 2.2 }));
  const last = windows.at(-1);
  draw(box, { x: windows.map((_, i) => i + 1), series, log: true, height: 260, xlabel: `window of steps: 0, 1, 2–3, … ${last[0]}–${last[1] - 1}`, ylabel: "training loss", about: "Four curves, one of them this network's", lines: [{ y: Math.LN2, label: "guessing: 0.69" }] });
}

async function copy({ target }) {
  const link = new URL(`challenge.html?level=${level}&seed=${seed}`, location.href).href;
  try { await navigator.clipboard.writeText(link); target.textContent = "The link is copied"; } catch { target.replaceWith(make("code", {}, link)); }
}

async function history_() {
  let h;
  try { h = await ask("history"); } catch (error) { return score.replaceChildren(fail(error)); }
  if (!h.rounds) return score.replaceChildren(make("p.meta", {}, "Your score stands here after the first round. Chance has 0.67, whoever knows everything 0."));
  const row = (name, right, brier) => make("tr", {}, make("td", {}, name), make("td", {}, right === null ? `${h.chance.toFixed(1)} of ${h.rounds}` : `${right} of ${h.rounds}`), make("td", {}, brier.toFixed(2)));
  score.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, make("th", {}, ""), make("th", {}, "right"), make("th", {}, "Brier"))),
    make("tbody", {}, row("you", h.right, h.brier), row("theory", h.theory_right, h.theory_brier), row("chance", null, h.chance_brier))), calibration(h.bins));
}

/** How often right, by how sure; on the diagonal one is as right as sure. */
function calibration(bins) {
  const at = (v) => 30 + 200 * v, up = (v) => 210 - 200 * v;
  const points = bins.map((b) => `<circle cx="${at(b.sure)}" cy="${up(b.right)}" r="${4 + Math.sqrt(b.count)}" fill="var(--accent)" fill-opacity="0.85"/><text x="${at(b.sure)}" y="${up(b.right) - 12}" text-anchor="middle">${b.count}</text>`).join("");
  const line = bins.length > 1 ? `<polyline points="${bins.map((b) => `${at(b.sure)},${up(b.right)}`).join(" ")}" fill="none" stroke="var(--accent)"/>` : "";
  const out = make("figure", {}, make("figcaption", {}, "How often you were right, by how sure you were"));
  const said = bins.map((b) => `${percent(b.sure)} sure: right ${percent(b.right)} of ${b.count}`).join("; ");
  const box_ = make("div", { role: "img", "aria-label": said });
  box_.innerHTML = `<svg class="graph" viewBox="0 0 250 245" style="max-width:20rem"><line x1="${at(1 / 3)}" y1="${up(1 / 3)}" x2="${at(1)}" y2="${up(1)}" stroke="var(--rule-strong)" stroke-dasharray="3 3"/><line x1="30" y1="210" x2="235" y2="210" stroke="var(--rule)"/><line x1="30" y1="210" x2="30" y2="8" stroke="var(--rule)"/>${[0, 0.5, 1].map((v) => `<text x="26" y="${up(v) + 4}" text-anchor="end">${v}</text><text x="${at(v)}" y="226" text-anchor="middle">${v}</text>`).join("")}<text x="130" y="242" text-anchor="middle">your confidence</text>${line}${points}</svg>`;
  out.prepend(box_);
  return out;
}

choose(level);
round();
if (local) history_();
