// The course's page: how far the learner is, and their work as a file.

import { ask, local } from "./engine.js";
import { progress } from "./site.js";
import { fail, make, toast } from "./widgets.js";

const $ = (id) => document.getElementById(id);

async function show() {
  try {
    const { states, root } = await progress();
    const all = [...document.querySelectorAll(".exercises [data-exercise]")];
    const passed = all.filter((e) => states[e.dataset.exercise] === "passed").length;
    const next = all.find((e) => states[e.dataset.exercise] !== "passed");
    const bar = make("i");
    bar.style.width = `${100 * passed / all.length}%`;
    $("progress").replaceChildren(`${passed} of ${all.length} passed`, make("div.meter", { "aria-hidden": "true" }, bar),
      next ? make("a.go", { href: next.querySelector("a").href }, passed ? `Go on with ${next.dataset.exercise}` : `Begin with ${next.dataset.exercise}`) : "");
    $("where").textContent = local ? `It is in ${root}: the same files that your editor, minigrad and pytest see.` : "It is kept in this browser. Save it as a file to take it elsewhere; `minigrad site` and `minigrad grade` read it too.";
  } catch (error) {
    $("progress").replaceChildren(fail(error));
  }
}

$("export").addEventListener("click", async () => {
  try {
    const { zip } = await ask("export");
    const bytes = Uint8Array.from(atob(zip), (c) => c.charCodeAt(0));
    const link = make("a", { href: URL.createObjectURL(new Blob([bytes], { type: "application/zip" })), download: "minigrad-course.zip" });
    link.click();
    URL.revokeObjectURL(link.href);
  } catch (error) { $("kept").replaceChildren(fail(error)); }
});

$("import").addEventListener("change", async ({ target }) => {
  if (!target.files.length) return;
  $("kept").replaceChildren();
  try {
    const bytes = new Uint8Array(await target.files[0].arrayBuffer());
    const { files } = await ask("import", { data: btoa(bytes.reduce((s, b) => s + String.fromCharCode(b), "")) });
    toast(`Taken over: ${files.length} files. What they replaced is under backups/.`);
    show();
  } catch (error) { $("kept").replaceChildren(fail(error)); }
  target.value = "";
});

show();
