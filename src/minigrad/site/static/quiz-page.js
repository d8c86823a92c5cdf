import { mount } from "./quiz.js";
import { make } from "./widgets.js";

const box = document.getElementById("quiz"), row = document.getElementById("topics");
const topics = ["", ...row.dataset.topics.split(" ")];
const name = (topic) => ({ "": "All", autograd: "Gradients" })[topic] ?? String(Number(topic));

function choose(topic) {
  row.replaceChildren("Chapter", ...topics.map((id) => make("button", { "aria-pressed": String(id === topic), onclick: () => choose(id) }, name(id))));
  mount(box, { topic, number: 10 });
}
choose(new URLSearchParams(location.search).get("topic") ?? "");
