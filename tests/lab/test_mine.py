"""`--mine` puts what the learner wrote in the library's place, and says so."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad import Generator, zeros
from minigrad.errors import ArgumentError
from minigrad.lab import mine

WRITTEN = "def twofold(x):\n    return x + x\n\n\ndef square(x):\n    raise NotImplementedError\n"


@pytest.fixture
def module():
    return SimpleNamespace(
        PIECES={"double": lambda x: 2 * x, "square": lambda x: x * x},
        MINE={"double": ("twofold", lambda f: lambda x: ("mine", f(x))), "square": ("square", id)},
    )


def test_what_is_written_is_used_and_the_rest_is_the_librarys(tmp_path, module):
    (tmp_path / "exercise.py").write_text(WRITTEN, encoding="utf-8")
    pieces, whose = mine.pieces(tmp_path, module, True)
    assert pieces.double(3) == ("mine", 6) and pieces.square(3) == 9
    assert whose == {"double": "exercise.py: twofold", "square": "minigrad"}
    pieces, whose = mine.pieces(tmp_path, module, False)
    assert pieces.double(3) == 6 and set(whose.values()) == {"minigrad"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no"),
        ("def twofold(x):\n    raise NotImplementedError\n", "none of twofold, square is written"),
        ("def twofold(x:\n", "cannot be imported: SyntaxError"),
    ],
)
def test_where_there_is_nothing_to_use_it_says_so(tmp_path, module, text, says):
    if text is not None:
        (tmp_path / "exercise.py").write_text(text, encoding="utf-8")
    with pytest.raises(ArgumentError, match=says):
        mine.pieces(tmp_path, module, True)


def test_a_lab_without_places_says_so(tmp_path):
    with pytest.raises(ArgumentError, match="no place for functions of your own"):
        mine.pieces(tmp_path, SimpleNamespace(PIECES={}), True)


def test_an_init_on_arrays_becomes_one_on_tensors():
    fill_ = mine.fill(lambda shape, rng: rng.normal(0, 2, shape))
    tensor = zeros(300, 200)
    assert fill_(tensor, generator=Generator(0)) is tensor
    assert abs(tensor.data.std() - 2) < 0.02 and tensor.data.dtype == np.float32
    again = fill_(zeros(300, 200), generator=Generator(0))
    assert (again.data == tensor.data).all()


@pytest.mark.parametrize("lab", ["00", "01"])
def test_the_labs_run_with_the_solutions_in_the_learners_place(tmp_path, monkeypatch, lab):
    from minigrad.cli import main
    from minigrad.course.workspace import solution_file, start

    workspace, _ = start(tmp_path / "course")
    chosen = workspace.course.lab(lab)
    solution = solution_file(chosen).read_text(encoding="utf-8")
    workspace.exercise_file(chosen).write_text(solution, encoding="utf-8")
    monkeypatch.chdir(workspace.root)
    arguments = ["run", lab, "--mine", "--quick", "--seeds", "1", "--out", "out"]
    arguments += ["--steps", "3"] if lab != "00" else []
    monkeypatch.setattr("sys.argv", ["minigrad", *arguments])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 0
    manifest = json.loads((workspace.root / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert any(name.startswith("exercise.py") for name in manifest["implementation"].values())
