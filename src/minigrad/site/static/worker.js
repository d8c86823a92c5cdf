// Python in the page: Pyodide with NumPy and minigrad, answering as the local server does.

let answer, python;

self.onmessage = async ({ data }) => {
  if (data.start) return start(data.start, data.files).then(
    () => self.postMessage({ ready: true }),
    (error) => self.postMessage({ failed: String(error.message ?? error) }),
  );
  try {
    const tell = (event) => self.postMessage({ id: data.id, event: JSON.parse(event) });
    self.postMessage({ id: data.id, result: JSON.parse(answer(data.name, JSON.stringify(data.args), tell)) });
  } catch (error) {
    const said = String(error.message ?? error).trim();
    if (error.name !== "PythonError") return self.postMessage({ id: data.id, fatal: true, error: said.split("\n")[0] });
    // the last line is the error's own; the face's errors are for the reader
    const last = said.split("\n").at(-1);
    self.postMessage({ id: data.id, error: last.replace(/^minigrad\.[\w.]+: /, "") });
  }
};

async function start(root, files) {
  const { loadPyodide } = await import(`${root}pyodide/pyodide.mjs`);
  python = await loadPyodide({ indexURL: `${root}pyodide/` });
  const [packed] = await Promise.all([fetch(`${root}minigrad.zip`), python.loadPackage("numpy")]);
  if (!packed.ok) throw new Error(`minigrad.zip: ${packed.status}`);
  python.unpackArchive(await packed.arrayBuffer(), "zip", { extractDir: "/minigrad" });
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
