// The explorer's own page: one or two configurations, kept in the address.

import { mount } from "./explorer.js";
import { make, parse, permalink } from "./widgets.js";

const box = document.getElementById("pair");
const asked = new URLSearchParams(location.search);
const START = { depth: 20, width: 64, activation: "relu", init: "kaiming_normal", norm: "none", placement: "pre", residual: "none", optimizer: "sgd", lr: 0.01 };
const shown = [];

function add(config) {
  const body = make("div.body"), part = make("section.widget.explorer", { "aria-label": `Network ${shown.length + 1}` }, body);
  const one = { config };
  shown.push(one);
  box.append(part);
  box.classList.toggle("two", shown.length > 1);
  mount(body, { config, changed: (values) => { one.config = values; keep(); } });
}

let later;
function keep() {
  clearTimeout(later);
  later = setTimeout(() => history.replaceState(null, "", permalink("", ...shown.map((s) => s.config))), 250);
}

const second = make("button", { onclick: () => { add({ ...shown[0].config }); second.remove(); } }, "Set a second one beside it");
box.before(make("div.row", {}, second));
add({ ...START, ...parse(asked.get("a") ?? "") });
if (asked.has("b")) { add({ ...START, ...parse(asked.get("b")) }); second.remove(); }
