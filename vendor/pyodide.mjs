// node pyodide.mjs FOLDER: Pyodide and its NumPy in a folder, as `minigrad site --build` takes it.
import { copyFileSync, mkdirSync } from "node:fs";
import { loadPyodide } from "pyodide";

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const python = await loadPyodide({ packageCacheDir: folder });
await python.loadPackage("numpy", { messageCallback: () => {} });
for (const name of ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide-lock.json", "python_stdlib.zip"]) {
  copyFileSync(new URL(`node_modules/pyodide/${name}`, import.meta.url), `${folder}/${name}`);
}
