// What every page does: light or dark, the menu, the search, and the parts that come alive in view.

import { ask, local, root, work } from "./engine.js";

const page = document.documentElement;
const $ = (selector) => document.querySelector(selector);

$(".theme").addEventListener("click", () => {
  const dark = page.dataset.theme ? page.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  page.dataset.theme = dark ? "light" : "dark";
  try { localStorage.setItem("theme", page.dataset.theme); } catch { /* not kept */ }
  dispatchEvent(new Event("themechange"));
});

const menu = $(".menu");
menu.addEventListener("click", () => {
  const open = $("#places").classList.toggle("open");
  menu.setAttribute("aria-expanded", open);
});

// ---- search

let dialog, entries;
async function search() {
  if (!dialog) {
    dialog = document.body.appendChild(document.createElement("dialog"));
    dialog.className = "search";
    const label = $(".find").getAttribute("aria-label");
    dialog.setAttribute("aria-label", label);
    dialog.innerHTML = '<input type="search" autocomplete="off" spellcheck="false"><ul></ul>';
    dialog.firstChild.placeholder = label;
    dialog.firstChild.setAttribute("aria-label", label);
    dialog.firstChild.addEventListener("input", show);
    dialog.addEventListener("keydown", move);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }
  dialog.showModal();
  dialog.firstChild.select();
  try {
    entries ??= await (await fetch(`${root}search.json`)).json();
    show();
  } catch {
    dialog.lastChild.innerHTML = "<li class=\"fail\">The index could not be had. Is the site's server still running?</li>";
  }
}
const clean = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function show() {
  if (!entries) return; // what is typed before the index is here is looked for once it is
  const words = dialog.firstChild.value.toLowerCase().split(/\s+/).filter(Boolean);
  const score = ([, title, section, text]) => words.reduce((sum, word) => {
    const where = [[section, 8], [title, 4], [text, 1]].reduce((s, [t, w]) => s + (t.toLowerCase().includes(word) ? w : 0), 0);
    return where ? sum + where : -Infinity;
  }, 0);
  const found = words.length ? entries.map((e) => [score(e), e]).filter(([s]) => s > 0).sort((a, b) => b[0] - a[0]).slice(0, 12) : [];
  const mark = (text) => words.reduce((t, w) => t.replace(new RegExp(`(${w.replace(/\W/g, "\\$&")})(?![^<]*>)`, "gi"), "<mark>$1</mark>"), clean(text));
  dialog.lastChild.innerHTML = words.length && !found.length ? "<li>Nothing found.</li>" : found.map(([, [path, title, section, text]]) => {
    const at = Math.max(0, text.toLowerCase().indexOf(words[0]) - 40);
    return `<li><a href="${root}${path}">${mark(section || title)}<small>${clean(section ? title : "")} ${mark(text.slice(at, at + 140))}</small></a></li>`;
  }).join("");
  dialog.lastChild.querySelector("a")?.classList.add("here");
}

function move(event) {
  const links = [...dialog.querySelectorAll("a")], at = links.findIndex((a) => a.classList.contains("here"));
  if (event.key === "Enter") return links[at]?.click();
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !links.length) return;
  event.preventDefault();
  links[at].classList.remove("here");
  const to = links[(at + step + links.length) % links.length];
  to.classList.add("here");
  to.scrollIntoView({ block: "nearest" });
}

$(".find").addEventListener("click", search);
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search(); }
});

// ---- where the reader is

const toc = new Map([...document.querySelectorAll(".toc a")].map((a) => [a.hash.slice(1), a]));
if (toc.size) {
  const heads = [...document.querySelectorAll("main :is(h2, h3)[id]")];
  const mark = () => {
    const here = heads.filter((h) => h.getBoundingClientRect().top < 140).at(-1);
    for (const [id, a] of toc) a.classList.toggle("here", id === here?.id);
  };
  addEventListener("scroll", mark, { passive: true });
  mark();
}

// a page that is not there in the reader's language
const wanted = new URLSearchParams(location.search).get("lang");
document.querySelectorAll("p.note[lang]").forEach((note) => { note.hidden = note.lang !== wanted; });

// ---- parts that come alive when they come into view

const modules = { explorer: "explorer.js", quiz: "quiz.js", figure: "figure.js" };
const seen = new IntersectionObserver((found) => {
  for (const { target, isIntersecting } of found) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    import(`./${modules[target.dataset.widget]}`).then((m) => m.mount(target.querySelector(".body"), JSON.parse(target.dataset.options)));
  }
}, { rootMargin: "300px" });
document.querySelectorAll("[data-widget]").forEach((part) => seen.observe(part));

// ---- what is done: on cards, and the page that was read to its end

/** The learner's progress: {name: "passed" | "tried" | "next"} by exercise. */
export async function progress() {
  if (local) {
    const found = await ask("course");
    const states = Object.fromEntries(found.labs.flatMap((lab) => lab.exercises).map((e) => [e.name, e.passed ? "passed" : e.tried ? "tried" : ""]));
    if (found.next && !states[found.next]) states[found.next] = "next";
    return { states, root: found.root };
  }
  const data = JSON.parse(work()["progress.json"] ?? "{}").exercises ?? {}; // without starting Python
  return { states: Object.fromEntries(Object.entries(data).map(([name, e]) => [name, e.passed && !e.broken ? "passed" : e.attempts ? "tried" : ""])) };
}

const cards = document.querySelectorAll("[data-exercise]");
if (cards.length) progress().then(({ states }) => cards.forEach((card) => { card.dataset.state = states[card.dataset.exercise] ?? ""; }), () => {});

const turn = $("article[data-page] ~ .turn");
if (turn && local) {
  new IntersectionObserver((found, self) => {
    if (!found.some((f) => f.isIntersecting)) return;
    self.disconnect();
    ask("read", { page: $("article[data-page]").dataset.page }).catch(() => {});
  }).observe(turn);
}
