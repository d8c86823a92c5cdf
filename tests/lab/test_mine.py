"""`--mine` puts what the learner wrote in the library's place, and says so."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad import Generator, zeros
from minigrad.course.workspace import solution_file, start
from minigrad.errors import ArgumentError
from minigrad.lab import catalog, mine
from tests.labs.test_labs import SMALL, Run

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


def test_a_line_that_was_commented_out_is_no_longer_unwritten(tmp_path, module):
    text = "def twofold(x):\n    # raise NotImplementedError\n    return x + x\n"
    (tmp_path / "exercise.py").write_text(text, encoding="utf-8")
    assert mine.pieces(tmp_path, module, True)[1]["double"] == "exercise.py: twofold"


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
    assert abs(tensor.array.std() - 2) < 0.02 and tensor.array.dtype == np.float32
    again = fill_(zeros(300, 200), generator=Generator(0))
    assert (again.array == tensor.array).all()


def written(lab, tmp_path):
    """A workspace in which this lab's solution is what the learner wrote; its folder of the lab."""
    workspace, _ = start(tmp_path / "course")
    chosen = workspace.course.lab(lab)
    solution = solution_file(chosen).read_text(encoding="utf-8")
    workspace.exercise_file(chosen).write_text(solution, encoding="utf-8")
    return workspace.root / "labs" / chosen.folder


def counted(piece, calls, name):
    def wrapper(*args, **kwargs):
        calls.add(name)
        return piece(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize("lab", SMALL)
def test_every_piece_of_the_learners_is_called_in_the_labs_experiment(tmp_path, lab):
    folder, calls = written(lab, tmp_path), set()
    module = catalog.load(folder)
    pieces, whose = mine.pieces(folder, module, True)
    assert {name for name, owner in whose.items() if owner != "minigrad"} == set(module.MINE)
    for name, piece in vars(pieces).items():
        setattr(pieces, name, counted(piece, calls, name))
    s, run = SimpleNamespace(**module.FULL | SMALL[lab]), Run()
    module.experiment(s, run, pieces)
    assert calls == set(module.PIECES)
    if lab in ("02", "03"):  # the draws of 00 and 01 are the learner's own
        usual = Run()
        module.experiment(s, usual, SimpleNamespace(**module.PIECES))
        for one, other in zip(losses(run), losses(usual), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3)


def losses(run):
    runs = run.records["losses.json"]["variants"].values()
    return [record.losses for records in runs for record in records]


def test_a_run_from_the_command_line_says_whose_functions_ran(tmp_path, monkeypatch, capsys):
    root = written("01", tmp_path).parents[1]
    monkeypatch.chdir(root)
    minigrad("run", "01", "--mine", "--quick", "--seeds", "1", "--steps", "3", "--out", "out")
    manifest = json.loads((root / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["implementation"] == {
        name: f"exercise.py: {name.removesuffix('_')}"
        for name in ("xavier_normal_", "kaiming_normal_", "train_step")
    }


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("window = math.prod(shape[2:])", "raise NotImplementedError", "needs fans in"),
        ("loss.backward()", "loss.backwards()", "train_step in"),
    ],
)
def test_what_fails_in_the_learners_file_is_one_sentence(
    tmp_path, monkeypatch, capsys, old, new, says
):
    folder = written("01", tmp_path)
    text = (folder / "exercise.py").read_text(encoding="utf-8")
    (folder / "exercise.py").write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.chdir(folder.parents[1])
    minigrad("run", "01", "--mine", "--quick", "--seeds", "1", "--steps", "2", code=2)
    said = capsys.readouterr().err
    assert says in said and "exercise.py, line" in said and "Traceback" not in said
    assert "what was recorded so far is in runs" in said


def minigrad(*arguments, code=0):
    from minigrad.cli import main

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr("sys.argv", ["minigrad", *arguments])
        main()
    assert end.value.code == code


def test_with_nothing_written_every_lab_says_so_or_that_it_has_no_place(tmp_path):
    workspace, _ = start(tmp_path / "course")
    for number, folder in catalog.labs(workspace.root).items():
        module = catalog.load(folder)
        places = getattr(module, "MINE", {})
        says = "is written yet in" if places else "has no place for functions of your own"
        with pytest.raises(ArgumentError, match=says):
            mine.pieces(folder, module, True)
        table = {e.mine: e.name for e in workspace.course.lab(number).exercises if e.mine}
        assert table == {piece: wanted for piece, (wanted, _) in places.items()}, number
