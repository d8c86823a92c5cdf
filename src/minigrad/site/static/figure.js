// A lab's records as curves, its seeds on and off; and the lab run here, with the learner's pieces.

import { ask, local, root } from "./engine.js";
import { draw, near, STYLES } from "./plot.js";
import { fail, make, wait } from "./widgets.js";

export async function mount(box, { lab, mine, records = true }) {
  const recorded = box.appendChild(make("div"));
  if (records) {
    try {
      const found = await fetch(`${root}charts/${lab}.json`);
      if (found.ok) charts(recorded, await found.json());
    } catch (error) { recorded.append(fail(error)); }
  }
  if (mine.length) box.append(runner(lab, mine));
}

const HIGHEST = 100; // of a loss that is drawn: what is above has left it
const look = (chart, name) => chart.looks[name.replace(", theory", "")];

/** Charts, one at a time, chosen by name. */
export function charts(box, all) {
  if (!all.length) return;
  const name = (c) => [c.y, c.title].filter(Boolean).join(" · ");
  const pick = make("select", { "aria-label": "Which chart", onchange: () => show(all[pick.value]) }, ...all.map((c, i) => make("option", { value: i }, name(c))));
  const off = new Set();
  let seeds = true;
  const every = make("input", { type: "checkbox", onchange: () => { seeds = every.checked; show(all[pick.value]); } });
  every.checked = true;
  const keys = make("div.row"), place = make("div");
  box.replaceChildren(make("div.row", {}, ...(all.length > 1 ? [pick] : [make("b", {}, name(all[0]))]), make("label", {}, every, " every seed")), place, keys);
  let plot;

  function show(chart) {
    const names = [...new Set(chart.series.map((s) => s.name))];
    keys.replaceChildren(...names.map((n) => {
      const key = make("i.key");
      key.style.background = STYLES[look(chart, n)][0];
      const broke = chart.series.filter((s) => s.name === n && s.broke !== null).length;
      return make("button", { "aria-pressed": String(!off.has(n)), onclick: () => { off.has(n) ? off.delete(n) : off.add(n); show(chart); } }, key, n + (broke ? ` ✕ (${broke} not finite)` : ""));
    }));
    const shown = chart.series.filter((s) => !off.has(s.name) && (seeds || s.seed === 0 || s.seed === "theory"));
    const places = chart.places, x = [...new Set(shown.flatMap((s) => places[s.x]))].sort((a, b) => a - b);
    const series = shown.map((s) => {
      const [color, dash] = STYLES[look(chart, s.name)], at = new Map(places[s.x].map((v, i) => [v, s.data[i]]));
      return { label: s.name, data: x.map((v) => at.get(v) ?? null), color, dash: s.seed === "theory" ? [2, 4] : dash, width: s.seed === 0 ? 2 : 1.2, gaps: true };
    });
    place.replaceChildren();
    if (series.length) plot = draw(place.appendChild(make("div")), { x, series, log: true, xlabel: chart.x, ylabel: chart.y, height: 280, range: (u, low, high) => near(u, low, chart.kind === "losses" ? Math.min(high, HIGHEST) : high), about: `${chart.y} by ${chart.x}: ${names.join(", ")}` });
  }
  show(all[0]);
}

function runner(lab, mine) {
  const own = make("input", { type: "checkbox" }), out = make("div"), bar = make("i");
  own.checked = true;
  const go = make("button.primary", { onclick: run }, "Run it here, smaller");
  let ended;
  async function run(event) {
    if (event.detail > 1) return; // a double click means one
    if (ended) return ended.abort();
    ended = new AbortController();
    go.textContent = "Stop";
    const said = wait(local ? "starting" : "starting Python in this page"), live = make("div");
    out.replaceChildren(make("div.meter", { "aria-hidden": "true" }, bar), said, live);
    bar.style.width = "0";
    try {
      let drawn = 0;
      const found = await ask("run", { lab, mine: own.checked }, {
        signal: ended.signal, limit: 60,
        event: (e) => {
          if (e.of) { bar.style.width = `${100 * e.done / e.of}%`; said.textContent = `${e.done} of ${e.of} ${e.what}`; }
          if (e.charts?.length && Date.now() - drawn > 1500) { drawn = Date.now(); charts(live, e.charts); }
        },
      });
      charts(live, found.charts);
      const pieces = Object.values(found.whose).filter((w) => w !== "minigrad");
      said.className = "done";
      said.textContent = pieces.length ? `It ran with your own code in the library's place: ${pieces.map((p) => p.split(": ")[1]).join(", ")}.` : "It ran with minigrad's own functions.";
      out.append(make("ul", {}, ...found.findings.map(([variant, outcome, sentence]) => make("li", {}, make("b", {}, `${variant}: ${outcome}. `), sentence))));
    } catch (error) {
      said.replaceWith(ended.signal.aborted ? make("p", {}, "Stopped.") : fail(error));
    } finally {
      ended = undefined;
      go.textContent = "Run it here, smaller";
    }
  }
  return make("div", {}, make("div.row", {}, go, make("label", {}, own, ` with my own ${mine.join(", ")}`)), out);
}
