// Questions one after the other; what was wrong comes again until it is right.

import { ask, local } from "./engine.js";
import { fail, make, wait } from "./widgets.js";

export async function mount(box, { topic = "", number = 10 }) {
  const start = async () => {
    box.replaceChildren(wait(local ? "one moment" : "starting Python in this page; the first time takes some seconds"));
    try {
      play(box, await ask("questions", { topic, number }), start);
    } catch (error) {
      box.replaceChildren(fail(error));
    }
  };
  // in a static page Python is started once somebody wants to be asked
  if (local) return start();
  box.replaceChildren(make("button", { onclick: start }, "Ask me"));
}

function play(box, questions, start) {
  const total = questions.length, left = [...questions];
  let firstTime = 0, asked = 0;
  const again = new Set();
  next();

  function next() {
    const q = left.shift();
    if (!q) {
      box.replaceChildren(make("p.ask", { role: "status" }, `All ${total} right${again.size ? `, ${firstTime} at the first try` : ", at the first try"}.`), make("div.row", {}, make("button", { onclick: start }, "More questions")));
      return;
    }
    const why = make("div.why", { role: "status" }), on = make("div.row");
    const choices = q.choices.map((c) => make("button", { onclick: () => answer(c) }, c.text));
    box.replaceChildren(make("div.question", { "data-id": q.id }, make("p.meta", {}, `${total - left.length - (again.has(q.id) ? 0 : 0)} of ${total}${again.has(q.id) ? " · once more" : ""}`), make("p.ask", {}, q.ask), make("div.choices", { role: "group", "aria-label": "Choices" }, ...choices), why, on));

    function answer(chosen) {
      asked += 1;
      choices.forEach((button, i) => {
        button.disabled = true;
        if (q.choices[i].right) button.classList.add("right");
        else if (q.choices[i] === chosen) button.classList.add("wrong");
      });
      why.replaceChildren(make(`b.${chosen.right ? "right" : "wrong"}`, {}, chosen.right ? "Right. " : "No. "), chosen.why);
      if (chosen.right) firstTime += again.has(q.id) ? 0 : 1;
      else {
        const right = q.choices.find((c) => c.right);
        why.append(make("p", {}, `Right is: ${right.text}. ${right.why}`));
        again.add(q.id);
        left.push({ ...q, choices: shuffled(q.choices) });
      }
      ask("answered", { topic: q.topic, id: q.id, right: chosen.right }).catch(() => {});
      const go = make("button.primary", { onclick: next }, left.length ? "Next" : "Done");
      on.append(go);
      go.focus({ preventScroll: true });
    }
  }
}

function shuffled(list) {
  return list.map((x) => [Math.random(), x]).sort((a, b) => a[0] - b[0]).map(([, x]) => x);
}
