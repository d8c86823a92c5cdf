// The explorer's own page: one or two configurations, each of either family, kept in the address.

import { mount } from "./explorer.js";
import { make, parse, permalink, START } from "./widgets.js";

const box = document.getElementById("pair");
const asked = new URLSearchParams(location.search);
const FAMILIES = { mlp: "MLP on a toy task", transformer: "transformer on characters" };
const shown = [];

function add(config) {
  const one = { config }, place = make("div");
  const family = make("select", { onchange: () => put({ ...START[family.value] }) }, ...Object.entries(FAMILIES).map(([value, name]) => make("option", { value }, name)));
  family.value = config.family ?? "mlp";
  const put = (start) => {
    const body = make("div.body");
    place.replaceChildren(body);
    mount(body, { config: start, changed: (values) => { if (place.contains(body)) { one.config = values; keep(); } } });
  };
  shown.push(one);
  box.append(make("section.widget.explorer", { "aria-label": `Network ${shown.length}` }, make("label.family", {}, "family ", family), place));
  box.classList.toggle("two", shown.length > 1);
  put(config);
}

let later;
function keep() {
  clearTimeout(later);
  later = setTimeout(() => history.replaceState(null, "", permalink("", ...shown.map((s) => s.config))), 250);
}

const second = make("button", { onclick: () => { add({ ...shown[0].config }); second.remove(); } }, "Set a second one beside it");
const started = (text) => { const own = parse(text ?? ""); return { ...START[own.family in START ? own.family : "mlp"], ...own }; };
box.before(make("div.row", {}, second));
add(started(asked.get("a")));
if (asked.has("b")) { add(started(asked.get("b"))); second.remove(); }
