import { mount } from "./quiz.js";
import { make } from "./widgets.js";

const TOPICS = { "": "All", autograd: "Gradients", "00": "0", "01": "1", "02": "2", "03": "3", "04": "4", "05": "5", "06": "6", "07": "7", "08": "8", "09": "9", "10": "10" };
const box = document.getElementById("quiz"), row = document.getElementById("topics");

function choose(topic) {
  row.replaceChildren("Chapter", ...Object.entries(TOPICS).map(([id, name]) => make("button", { "aria-pressed": String(id === topic), onclick: () => choose(id) }, name)));
  mount(box, { topic, number: 10 });
}
choose(new URLSearchParams(location.search).get("topic") ?? "");
