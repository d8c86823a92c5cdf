// Python for the page: the local server where there is one, else a worker that runs it in the page.
// `ask(name, args)` calls a function of minigrad.site.face and resolves to what it returns.

const page = document.documentElement.dataset;
export const root = page.root;
export const local = page.engine === "server";

// the key that `minigrad site` printed comes behind the address's #, which no server is told
const key = "minigrad-token";
const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (local && given) {
  localStorage.setItem(key, given);
  history.replaceState(null, "", location.pathname + location.search);
}

/** Ask the face. `event(value)` gets what it tells on the way; `signal` ends it; `limit` is how many
 * seconds it may be silent where it runs in the page. Rejects with an Error for the reader. */
export function ask(name, args = {}, { event = () => {}, signal, limit } = {}) {
  return local ? overHttp(name, args, event, signal) : inWorker(name, args, event, signal, limit);
}

async function overHttp(name, args, event, signal) {
  let answer;
  try {
    answer = await fetch(`${root}api/${name}`, {
      method: "POST", signal, body: JSON.stringify(args),
      headers: { "Content-Type": "application/json", "X-Token": localStorage.getItem(key) ?? "" },
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error("The course's server does not answer. Is `minigrad site` still running?");
  }
  if (!answer.ok) throw new Error((await answer.json()).error);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const said = JSON.parse(line);
        if ("event" in said) event(said.event);
        else if ("error" in said) throw new Error(said.error);
        else return said.result;
      }
    }
  } catch (error) {
    if (error instanceof TypeError && !signal?.aborted) throw new Error("The course's server ended in the middle of its answer. Start `minigrad site` again.");
    throw error;
  }
  throw new Error("The course's server ended in the middle of its answer. Start `minigrad site` again.");
}

// ---- in the page

const kept = "minigrad-work"; // the learner's files, by path
const changes = new Set(["check", "hint", "solution", "reset", "answered", "play", "read", "import", "examine"]);
let worker, ready, waiting = new Map(), number = 0;

export const work = () => JSON.parse(localStorage.getItem(kept) ?? "{}");

/** Starts Python if it has not been; resolves once it answers. */
export function wake() {
  if (local || ready) return ready ?? Promise.resolve();
  worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  ready = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => {
      if (data.ready) return resolve();
      if (data.failed) return reject(new Error(`Python could not be started: ${data.failed}`));
      const call = waiting.get(data.id);
      if (!call) return;
      if ("event" in data) return call.event(data.event);
      waiting.delete(data.id);
      if (data.fatal) return ended(call, `Python ended: ${data.error}. It has been started again; your code is kept.`);
      "error" in data ? call.reject(new Error(data.error)) : call.resolve(data.result);
    };
    worker.onerror = (error) => reject(new Error(`Python could not be started: ${error.message}`));
  });
  ready.catch(() => { ready = undefined; });
  worker.postMessage({ start: new URL(root || "./", location.href).href, files: work() });
  return ready;
}

/** The worker is gone, with all that it was asked: a new one takes its place. */
function ended(call, why) {
  worker.terminate();
  for (const other of waiting.values()) other.reject(new Error(why));
  waiting.clear();
  ready = undefined;
  wake();
  call.reject(new Error(why));
}

async function inWorker(name, args, event, signal, limit = 10) {
  await wake();
  const id = ++number;
  let timer;
  const learners = name === "check" || name === "run" || name === "examine"; // these run the learner's code
  try {
    const result = await new Promise((resolve, reject) => {
      const call = { resolve, reject, event };
      const watch = () => {
        clearTimeout(timer);
        if (learners) timer = setTimeout(() => {
          waiting.delete(id);
          ended(call, `It ran for ${limit} s without an end, and was stopped; Python has been started again. Does a loop's condition ever become false?`);
        }, limit * 1000);
      };
      call.event = (value) => { watch(); if (!signal?.aborted) event(value); };
      watch();
      waiting.set(id, call);
      signal?.addEventListener("abort", () => { waiting.delete(id); ended(call, "Stopped."); });
      worker.postMessage({ id, name, args });
    });
    if (changes.has(name)) localStorage.setItem(kept, JSON.stringify(await inWorker("files", {}, () => {})));
    return result;
  } finally {
    clearTimeout(timer);
  }
}
