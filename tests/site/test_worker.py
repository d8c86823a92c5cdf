"""The face where a static page runs it: in one process, of the files that are sent there, without
the terminal's libraries and what Pyodide leaves out of Python's."""

import json
import subprocess
import sys
import tarfile
import textwrap

import pytest

from minigrad.site import build as building

# what is not in a page: found nowhere, as an import says it
WITHOUT = """
    import json, sys
    from pathlib import Path

    GONE = {
        *("typer", "rich", "click", "threadpoolctl", "filelock", "platformdirs", "pytest"),
        *("starlette", "uvicorn", "anyio", "markdown_it", "mdit_py_plugins", "pygments"),
        *("latex2mathml", "matplotlib", "sqlite3", "ssl", "lzma"),
    }

    class Gone:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in GONE:
                raise ModuleNotFoundError(f"No module named {name!r}")

    sys.path.insert(0, sys.argv[2])
    for name in GONE & set(sys.modules):
        del sys.modules[name]
    sys.meta_path.insert(0, Gone())
    sys.platform = "emscripten"
    import minigrad
    assert Path(minigrad.__file__).is_relative_to(sys.argv[2])
    from minigrad.site.absent import stand_in
    stand_in()
    from minigrad.course.stub import restore
    from minigrad.course.workspace import solution_file, start
    from minigrad.site.face import answer

    workspace, _ = start(Path(sys.argv[1]))

    def solve(name):
        text = solution_file(workspace.course.lab(name)).read_text(encoding="utf-8")
        shown = answer("exercise", {"name": name}, workspace)
        args = {"name": name, "code": restore(shown["code"], text, name), "base": shown["digest"]}
        return answer("check", args, workspace)
"""


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    file = tmp_path_factory.mktemp("packed") / building.PACKED
    file.write_bytes(building.package())
    return file


@pytest.fixture(scope="session")
def run(tmp_path_factory, packed):
    """Run a program in a process with no more than a page has; its words."""

    def ran(code):
        folder = tmp_path_factory.mktemp("worker")
        with tarfile.open(packed) as archive:
            archive.extractall(folder / "minigrad", filter="data")
        program = textwrap.dedent(WITHOUT) + textwrap.dedent(code)
        command = [sys.executable, "-c", program, folder / "course", folder / "minigrad"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return ran


ANSWERS = {
    "predict": 'answer("predict", {"config": {"depth": 3}}, workspace)["verdict"]',
    "rates": 'answer("rates", {"config": {"depth": 3}}, workspace)["rates"]',
    "questions": 'answer("questions", {"topic": "01"}, workspace)[0]["ask"]',
    "draw": 'answer("draw", {"seed": 1}, workspace)["config"]',
    "export": 'len(answer("export", {}, workspace)["zip"])',
    "solve": 'solve("fans")["passed"] and answer("course", {}, workspace)["next"]',
    "examine": 'answer("examine", {"patient": "certain", "trace": True}, workspace)["trace"]',
    "run": 'solve("linear_moment") and answer("run", {"lab": "00"}, workspace)["whose"]',
}


@pytest.fixture(scope="session")
def answers(run):
    """What is said to each of ANSWERS, one after the other, as a page's worker answers them."""
    code = """
        import traceback
        from contextlib import redirect_stdout

        said = {}
        with redirect_stdout(sys.stderr):
            for name, code in ANSWERS.items():
                try:
                    said[name] = [str(eval(code)), ""]
                except Exception:
                    said[name] = ["", traceback.format_exc()]
        print(json.dumps(said))
    """
    return json.loads(run(f"ANSWERS = {ANSWERS!r}\n" + textwrap.dedent(code)))


@pytest.mark.parametrize("name", ANSWERS)
def test_the_face_answers_without_the_terminals_libraries(answers, name):
    said, error = answers[name]
    assert not error and said not in ("", "False", "None", "[]", "{}"), error


def test_every_solution_passes_in_one_process(run):
    code = """
        names = [e.name for e in workspace.course.exercises]
        failed = [n for n in names if not solve(n)["passed"]]
        print(json.dumps(failed))
    """
    assert run(code).strip() == "[]"
