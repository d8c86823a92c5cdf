// Python in the page: Pyodide with NumPy and minigrad, answering as the local server does.

let answer, python;

self.onmessage = async ({ data }) => {
  if (data.start) return start(data.start, data.files).then(
    () => self.postMessage({ ready: true }),
    (error) => self.postMessage({ failed: reason(error) }),
  );
  try {
    const tell = (event) => self.postMessage({ id: data.id, event: JSON.parse(event) });
    self.postMessage({ id: data.id, result: JSON.parse(answer(data.name, JSON.stringify(data.args), tell)) });
  } catch (error) {
    if (error.name !== "PythonError") return self.postMessage({ id: data.id, fatal: true, error: String(error.message ?? error).trim().split("\n")[0] });
    // the face's errors are for the reader
    self.postMessage({ id: data.id, error: reason(error).replace(/^minigrad\.[\w.]+: /, "") });
  }
};

/** Of a traceback what went wrong: from the line that begins with the error's name. */
function reason(error) {
  const lines = String(error.message ?? error).trim().split("\n");
  const at = lines.findLastIndex((line) => /^[\w.]+(Error|Exception|Interrupt)\b/.test(line));
  return lines.slice(at).join(" ");
}

async function start(root, files) {
  const { loadPyodide } = await import(`${root}pyodide/pyodide.mjs`);
  python = await loadPyodide({ indexURL: `${root}pyodide/` });
  const [packed] = await Promise.all([fetch(`${root}minigrad.tar.bz2`), python.loadPackage("numpy")]);
  if (!packed.ok) throw new Error(`minigrad.tar.bz2: ${packed.status}`);
  python.unpackArchive(await packed.arrayBuffer(), "bztar", { extractDir: "/minigrad" });
  python.globals.set("files", python.toPy(files));
  answer = python.runPython(`
import json, sys
from pathlib import Path
sys.path.insert(0, "/minigrad")
from minigrad.site.absent import stand_in
stand_in()
from minigrad.course.workspace import start
from minigrad.site.face import answer
workspace, _ = start(Path("/work"))
answer("restore", {"texts": files}, workspace)

def ask(name, args, tell):
    return json.dumps(answer(name, json.loads(args), workspace, lambda event: tell(json.dumps(event))))

ask`);
}
