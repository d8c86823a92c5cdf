"""The face where a static page runs it: in one process, without the terminal's libraries."""

import subprocess
import sys
import textwrap

import pytest

# what is not in a page: found nowhere, as an import says it
WITHOUT = """
    import json, sys
    from pathlib import Path

    GONE = {
        *("typer", "rich", "click", "threadpoolctl", "filelock", "platformdirs", "pytest"),
        *("starlette", "uvicorn", "anyio", "markdown_it", "mdit_py_plugins", "pygments"),
        *("latex2mathml", "matplotlib"),
    }

    class Gone:
        def find_spec(self, name, path=None, target=None):
            if name.partition(".")[0] in GONE:
                raise ModuleNotFoundError(f"No module named {name!r}")

    for name in GONE & set(sys.modules):
        del sys.modules[name]
    sys.meta_path.insert(0, Gone())
    sys.platform = "emscripten"
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


def run(tmp_path, code):
    program = textwrap.dedent(WITHOUT) + textwrap.dedent(code)
    command = [sys.executable, "-c", program, str(tmp_path / "course")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "code",
    [
        'print(answer("predict", {"config": {"depth": 3}}, workspace)["verdict"])',
        'print(answer("rates", {"config": {"depth": 3}}, workspace)["rates"])',
        'print(answer("questions", {"topic": "01"}, workspace)[0]["ask"])',
        'print(answer("draw", {"seed": 1}, workspace)["config"])',
        'print(len(answer("export", {}, workspace)["zip"]))',
        'assert solve("fans")["passed"]; print(answer("course", {}, workspace)["next"])',
        'print(answer("examine", {"patient": "certain", "trace": True}, workspace)["trace"])',
        'solve("linear_moment"); print(answer("run", {"lab": "00"}, workspace)["whose"])',
    ],
    ids=lambda code: code.split("(")[1 if code.startswith("print") else 0][:12],
)
def test_the_face_answers_without_the_terminals_libraries(tmp_path, code):
    assert run(tmp_path, code).strip()


def test_every_solution_passes_in_one_process(tmp_path):
    code = """
        names = [e.name for e in workspace.course.exercises]
        failed = [n for n in names if not solve(n)["passed"]]
        print(json.dumps(failed))
    """
    assert run(tmp_path, code).strip() == "[]"
