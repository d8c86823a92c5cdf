"""Python in the page: the real worker and the page's half of it, in a Chromium.

Pyodide's core, which npm has, runs a face of its own here, without NumPy: how questions, events,
errors, endless loops and a fatal error go. Where MINIGRAD_PYODIDE names a folder with Pyodide and
NumPy, the course itself runs in it.
"""

import functools
import hashlib
import http.server
import io
import json
import os
import shutil
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from minigrad.course.workspace import resources
from minigrad.site import build as building
from minigrad.site.pages import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CORE = Path(__file__).parents[2] / "vendor" / "node_modules" / "pyodide"
WHEEL = "numpy-0-py3-none-any.whl"
NUMPY = {"numpy/__init__.py": "ndarray = type(None)\n"}
FACE = {
    "minigrad/__init__.py": "",
    "minigrad/core/__init__.py": "",
    "minigrad/kernels/__init__.py": "def twin(room, least): return lambda form: form\n",
    "minigrad/site/__init__.py": "",
    "minigrad/course/__init__.py": "",
    "minigrad/site/absent.py": "def stand_in(): pass\n",
    "minigrad/course/workspace.py": "def start(root): return {}, None\n",
    "minigrad/site/face.py": """
class CourseError(Exception):
    __module__ = "minigrad.course.table"

def answer(name, args, workspace, tell=None):
    if name == "restore":
        return workspace.update(args["texts"])
    if name == "files":
        return workspace
    if name == "course":
        tell({"done": 1}), tell({"done": 2})
        return {"kept": workspace, **args}
    if name == "hint":
        raise CourseError("there is no such exercise")
    if name == "check":  # runs what a learner wrote
        exec(args["code"], {"workspace": workspace})
        return "passed"
""",
}


def archive(files):
    """A wheel."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return out.getvalue()


def tarball(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:bz2") as packed:
        for name, text in files.items():
            entry, content = tarfile.TarInfo(name), text.encode()
            entry.size = len(content)
            packed.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def written(folder):
    """Of the static site what is needed here."""
    for path, make in Site("worker").files.items():
        if path in ("course.html", "explorer.html") or path.startswith("static/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(make())
    return folder


@pytest.fixture(scope="session")
def static(tmp_path_factory):
    """The static site, with the face above in minigrad's place."""
    if not (CORE / "pyodide.asm.wasm").is_file():
        assert not (os.environ.get("CI") and sys.platform == "linux"), "`make chromium` installs it"
        pytest.skip("`make chromium` installs Pyodide's core")
    folder = written(tmp_path_factory.mktemp("pyodide"))
    shutil.copytree(CORE, folder / "pyodide", ignore=shutil.ignore_patterns("*.map", "*.html"))
    wasm = (Path(building.PACKAGE) / "core" / "wasm.py").read_text(encoding="utf-8")
    (folder / building.PACKED).write_bytes(tarball({**FACE, "minigrad/core/wasm.py": wasm}))
    wheel = archive({**NUMPY, "numpy-0.dist-info/METADATA": "Name: numpy\nVersion: 0\n"})
    (folder / "pyodide" / WHEEL).write_bytes(wheel)
    lock = folder / "pyodide" / "pyodide-lock.json"
    table = json.loads(lock.read_text(encoding="utf-8"))
    sha256 = hashlib.sha256(wheel).hexdigest()
    table["packages"]["numpy"] |= {"file_name": WHEEL, "sha256": sha256, "depends": []}
    lock.write_text(json.dumps(table), encoding="utf-8")
    return folder


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def host(static):
    yield from hosted(static)


def hosted(folder):
    """The address at which an ordinary host of files serves `folder`."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def page(chromium, host):
    """One page for all: to start Python takes seconds."""
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{host}course.html")
        yield page


LOADED = "performance.getEntriesByType('resource').map((r) => r.name)"
ASK = """async ([name, args, options]) => {
  const { ask } = await import("./static/engine.js"), told = [];
  const event = (value) => told.push(value);
  try { return { result: await ask(name, args, { event, ...options }), told }; }
  catch (error) { return { error: error.message, told }; }
}"""


def ask(page, name, args=None, **options):
    return page.evaluate(ASK, [name, args or {}, options])


def test_a_question_is_answered_with_its_events(page):
    assert not any("pyodide" in r for r in page.evaluate(LOADED))  # until somebody asks
    said = ask(page, "course", {"a": [1.5, None]})
    assert said == {"result": {"kept": {}, "a": [1.5, None]}, "told": [{"done": 1}, {"done": 2}]}
    assert ask(page, "hint")["error"] == "there is no such exercise"
    assert "ZeroDivisionError" in ask(page, "check", {"code": "1 / 0"})["error"]


def test_a_loop_without_end_is_stopped_and_work_is_kept(page):
    code = "workspace['labs/a/exercise.py'] = 'mine'"
    assert ask(page, "check", {"code": code})["result"] == "passed"
    said = ask(page, "check", {"code": "while True: pass"}, limit=1)
    assert "was stopped" in said["error"] and "started again" in said["error"]
    assert ask(page, "course")["result"]["kept"] == {"labs/a/exercise.py": "mine"}


CHAIN = """
class Link:
    def __init__(self, next): self.next = next
{prepared}
last = None
for _ in range(100_000): last = Link(last)
del last
"""


def test_a_long_chain_that_is_freed_in_turn_does_not_end_it(page):
    free = "from minigrad.core.wasm import free_in_turn; free_in_turn(Link, 'next')"
    assert ask(page, "check", {"code": CHAIN.format(prepared=free)})["result"] == "passed"


def test_what_ends_python_is_said_and_python_is_there_again(page):
    said = ask(page, "check", {"code": CHAIN.format(prepared="")})
    assert said["error"].startswith("Python ended:") and "started again" in said["error"]
    assert ask(page, "course")["result"]


def test_a_site_without_python_says_so(chromium, tmp_path):
    for host in hosted(written(tmp_path)):
        with chromium.new_context() as context:
            page = context.new_page()
            page.goto(f"{host}course.html", timeout=120_000)
            assert "Python could not be started" in ask(page, "course")["error"]


# ---- the course itself


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    if not (given := os.environ.get("MINIGRAD_PYODIDE")):
        pytest.skip("MINIGRAD_PYODIDE names no folder with Pyodide and NumPy")
    folder = written(tmp_path_factory.mktemp("course"))
    (folder / building.PACKED).write_bytes(building.package())
    for name in building.checked(Path(given)):
        (folder / "pyodide").mkdir(exist_ok=True)
        shutil.copyfile(Path(given) / name, folder / "pyodide" / name)
    yield from hosted(folder)


def test_the_course_runs_in_the_page(chromium, course):
    with chromium.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(300_000)
        page.goto(f"{course}explorer.html?a=depth:3,width:32")
        page.wait_for_selector(".explorer .body[data-verdict=trained]")
        page.click("button >> text=Train it")
        page.wait_for_selector(".explorer .body[data-ran=trained]")
        stub = ask(page, "exercise", {"name": "fans"})["result"]
        text = (resources() / "solutions" / "01_init_ablation.py").read_text(encoding="utf-8")
        code = text[text.index("def fans") :].split("\n\n\n")[0]
        args = {"name": "fans", "code": code, "base": stub["digest"]}
        assert ask(page, "check", args)["result"]["passed"]
        args = {"patient": "sudden", "trace": True}  # trains on the text
        assert "finite" in ask(page, "examine", args, limit=200)["result"]["trace"]
        chain = "x = minigrad.ones(2, requires_grad=True)\nfor _ in range(20_000): x = x + 1\ndel x"
        args = {"name": "fans", "code": f"import minigrad\n{chain}\n{code}", "base": ""}
        args["base"] = ask(page, "exercise", {"name": "fans"})["result"]["digest"]
        assert ask(page, "check", args)["result"]["passed"]
