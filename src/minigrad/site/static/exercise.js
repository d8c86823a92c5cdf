// An exercise: the learner's code, the check that names the mistake, hints, the solution.

import { ask, local, root } from "./engine.js";
import { fail, make, toast, wait } from "./widgets.js";
import { mount as labHere } from "./figure.js";

const $ = (id) => document.getElementById(id);
const name = document.querySelector(".bench").dataset.name;
const lab = JSON.parse($("lab").textContent), draft = `minigrad-draft-${name}`;
let view, exercise, code = "", saved = "";

async function start() {
  $("editor").replaceChildren(wait(local ? "one moment" : "starting Python in this page; the first time takes some seconds"));
  try {
    const [{ editor }, found] = await Promise.all([import("./vendor/codemirror.js"), ask("exercise", { name })]);
    exercise = found;
    saved = code = found.code;
    $("editor").replaceChildren();
    view = editor($("editor"), saved, { label: `Your code of ${name}`, change, run: check, save: check, first: () => exercise.line });
    const kept = localStorage.getItem(draft);
    if (kept && kept !== saved) {
      write(kept);
      toast("Your unsaved code from last time is back.");
    }
    about(found);
  } catch (error) {
    $("editor").replaceChildren(fail(error));
  }
}

function about(found) {
  $("file").textContent = found.file;
  $("above").textContent = found.head;
  document.querySelector("details.head").hidden = !found.head.trim();
  hints(found.opened, found.hints);
  $("solution").hidden = !found.state.passed && found.opened.length < found.hints;
  $("solution").textContent = found.state.passed ? "Our solution" : "Give up: our solution";
  const waiting = found.needs.filter((n) => !n.passed);
  $("state").replaceChildren(...(found.state.passed ? ["passed"] : waiting.length ? ["needs ", ...waiting.map((n) => make("a", { href: `${n.name}.html` }, n.name))] : []));
  if (found.state.passed && lab.mine.length) mine();
}

function write(text) {
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
}

function change(text) {
  code = text;
  text === saved ? localStorage.removeItem(draft) : localStorage.setItem(draft, text);
}

async function check() {
  if (!exercise || $("check").disabled) return;
  $("check").disabled = true;
  const box = $("result");
  box.className = "result";
  box.replaceChildren(wait("checking"));
  try {
    const sent = code, found = await ask("check", { name, code: sent, base: exercise.digest });
    saved = sent;
    if (code === sent) localStorage.removeItem(draft);
    exercise.digest = found.digest;
    show(box, found);
    if (found.passed) about(await ask("exercise", { name }));
  } catch (error) {
    box.replaceChildren(fail(error));
    if (error.message.startsWith("changed elsewhere")) conflict(box);
  }
  $("check").disabled = false;
}

function show(box, r) {
  box.className = `result ${r.status.replace(" ", "-")}`;
  const at = r.where ? ` at ${r.where}` : "";
  const parts = [];
  if (r.passed) parts.push(make("h3", {}, "Passed."), r.next ? make("a.go", { href: `${r.next}.html` }, `Go on with ${r.next}`) : "Every exercise is passed.");
  else if (r.status === "not written") parts.push(make("h3", {}, "Not written yet."), make("p", {}, "Write it under the TODO, in place of the line that raises NotImplementedError."));
  else if (r.sentence) parts.push(make("h3", {}, r.sentence), ...(r.where ? [make("p", {}, `in ${r.where}`)] : []), ...(r.what ? [make("p", {}, `while computing ${r.what}`)] : []));
  else parts.push(make("h3", {}, r.what + at), make("dl", {}, make("dt", {}, "received"), make("dd", {}, r.received), make("dt", {}, "expected"), make("dd", {}, r.expected)));
  if (r.mistake) parts.push(make("p.mistake", {}, r.mistake), make("p", {}, r.question));
  if (r.see && !r.passed) parts.push(make("p", {}, make("a", { href: `../theory/${r.see.replace(".md", ".html")}` }, "The section that derives it")));
  if (r.printed) parts.push(make("details", {}, make("summary", {}, "What your code printed"), make("pre.code", { tabindex: "0" }, r.printed)));
  box.replaceChildren(...parts);
}

function conflict(box) {
  box.append(make("div.row", {},
    make("button", { onclick: async () => { const f = await ask("exercise", { name }); exercise = f; saved = f.code; write(f.code); box.replaceChildren(); } }, "Take the file's"),
    make("button", { onclick: async () => { exercise.digest = (await ask("exercise", { name })).digest; check(); } }, "Keep mine")));
}

function hints(opened, all) {
  $("hint").hidden = opened.length >= all;
  $("hint").textContent = opened.length ? "Next hint" : "Hint";
  $("hints").replaceChildren(...(opened.length ? [make("ol", {}, ...opened.map((h) => make("li", {}, h)))] : []));
}

$("check").addEventListener("click", check);
$("hint").addEventListener("click", async () => {
  try {
    const found = await ask("hint", { name });
    hints(found.opened, found.hints);
    if (found.opened.length >= found.hints) $("solution").hidden = false;
  } catch (error) { $("hints").append(fail(error)); }
});
$("solution").addEventListener("click", async () => {
  try {
    const { code: ours } = await ask("solution", { name, give_up: !exercise.state.passed });
    $("hints").append(make("h3", {}, "Our solution"), make("pre.code", { tabindex: "0" }, ours));
    $("solution").hidden = true;
  } catch (error) { $("hints").append(fail(error)); }
});
$("reset").addEventListener("click", async () => {
  if (!confirm("Put this exercise back to its beginning? A copy of the file is kept under backups/.")) return;
  exercise = await ask("reset", { name });
  saved = exercise.code;
  write(saved);
  $("result").replaceChildren();
  localStorage.removeItem(draft);
});

/** What the lab does with the learner's own pieces. */
function mine() {
  const box = $("mine");
  if (!box.hidden) return;
  box.hidden = false;
  const body = make("div.body");
  box.append(make("aside.widget", {}, make("header", {}, make("span.label", {}, "Run the lab with mine")), body));
  labHere(body, { lab: lab.id, mine: lab.mine, records: false });
}

// the file may be written in an editor meanwhile: take it over where nothing is unsaved here
if (local) setInterval(async () => {
  if (!exercise || document.hidden || $("check").disabled) return;
  try {
    const found = await ask("exercise", { name });
    if (found.digest !== exercise.digest && code === saved) {
      exercise = found;
      saved = found.code;
      write(found.code);
      about(found);
      toast(`Taken over from ${found.file}.`);
    }
  } catch { /* the server is gone: the next check says so */ }
}, 2500);

start();
