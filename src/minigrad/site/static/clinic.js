// The NaN clinic: a patient's script, run, traced, diagnosed and cured in the page.

import { ask, local } from "./engine.js";
import { run } from "./training.js";
import { fail, make, wait } from "./widgets.js";

const box = document.getElementById("clinic"), list = make("div.row", { role: "group", "aria-label": "Patients" }), stage = make("div");
box.append(list, stage);
let view;

async function start() {
  stage.replaceChildren(wait(local ? "one moment" : "starting Python in this page; the first time takes some seconds"));
  try {
    const [{ editor }, { patients, causes }] = await Promise.all([import("./vendor/codemirror.js"), ask("patients")]);
    const open = (p) => {
      list.replaceChildren(...patients.map((q) => make("button", { "aria-pressed": String(q === p), onclick: () => open(q) }, q.name.replace("_", " "))));
      const place = make("div.editor"), out = make("div", { role: "status" });
      const go = (trace) => examine(p, trace, out);
      stage.replaceChildren(place, make("div.row", {}, make("button.primary", { onclick: () => go(false) }, "Run it"), make("button", { onclick: () => go(true) }, "Trace it")),
        make("details", {}, make("summary", {}, "What CAUSE may be"), make("p", {}, causes.join(" · "))), out);
      p.now ??= p.code;
      view = editor(place, p.now, { label: `The script of ${p.name}`, change: (text) => { p.now = text; }, run: () => go(false), save: () => go(false) });
    };
    open(patients[0]);
  } catch (error) { stage.replaceChildren(fail(error)); }
}

async function examine(p, trace, out) {
  out.replaceChildren(wait(trace ? "looking at every operation" : "training; a transformer takes half a minute"));
  try {
    const found = await ask("examine", { patient: p.name, code: p.now, base: p.digest, trace }, { limit: 120 });
    p.digest = found.digest;
    if (trace) return out.replaceChildren(make("pre.code", { tabindex: "0" }, found.trace));
    const place = make("div");
    out.replaceChildren(place, make("h3", {}, found.cured ? "It is cured." : found.losses.some((v) => v !== null) ? "It is sick." : "It is sick: not one loss was finite."),
      make("p", {}, !found.cause ? "Write your diagnosis into CAUSE." : found.right ? `The diagnosis “${found.cause}” is right.` : `“${found.cause}” is not the cause.`));
    run(place).all(found.losses);
  } catch (error) { out.replaceChildren(fail(error)); }
}
start();
