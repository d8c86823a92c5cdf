"""`--mine` puts what the learner wrote in the library's place, and says so."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from minigrad import Generator, zeros
from minigrad.course.workspace import solution_file, start
from minigrad.errors import ArgumentError
from minigrad.lab import catalog, mine
from minigrad.lab.catalog import Exercise, Lab
from tests.labs.test_labs import SMALL, Run

WRITTEN = "def twofold(x):\n    return x + x\n\n\ndef square(x):\n    raise NotImplementedError\n"


@pytest.fixture
def module():
    return SimpleNamespace(
        PIECES={"double": lambda x: 2 * x, "square": lambda x: x * x},
        MINE={"double": lambda f: lambda x: ("mine", f(x))},
    )


def lab_at(root, *exercises):
    """A lab whose exercise.py stands in `root`/labs."""
    (root / "labs").mkdir()
    written = tuple(Exercise(name, "", 1, "", (), mine=piece) for name, piece in exercises)
    return Lab("07", "", "", written, root=root)


@pytest.fixture
def lab(tmp_path):
    return lab_at(tmp_path, ("twofold", "double"), ("square", "square"))


def test_what_is_written_is_used_and_the_rest_is_the_librarys(lab, module):
    (lab.path / "exercise.py").write_text(WRITTEN, encoding="utf-8")
    pieces, whose = mine.pieces(lab, module, True)
    assert pieces.double(3) == ("mine", 6) and pieces.square(3) == 9
    assert whose == {"double": "exercise.py: twofold", "square": "minigrad"}
    pieces, whose = mine.pieces(lab, module, False)
    assert pieces.double(3) == 6 and set(whose.values()) == {"minigrad"}


def test_a_line_that_was_commented_out_is_no_longer_unwritten(lab, module):
    text = "def twofold(x):\n    # raise NotImplementedError\n    return x + x\n"
    (lab.path / "exercise.py").write_text(text, encoding="utf-8")
    assert mine.pieces(lab, module, True)[1]["double"] == "exercise.py: twofold"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "there is no"),
        ("def twofold(x):\n    raise NotImplementedError\n", "none of twofold, square is written"),
        ("def twofold(x:\n", "cannot be imported: SyntaxError"),
    ],
)
def test_where_there_is_nothing_to_use_it_says_so(lab, module, text, says):
    if text is not None:
        (lab.path / "exercise.py").write_text(text, encoding="utf-8")
    with pytest.raises(ArgumentError, match=says):
        mine.pieces(lab, module, True)


def test_a_lab_without_places_says_so(tmp_path):
    with pytest.raises(ArgumentError, match="no place for functions of your own"):
        mine.pieces(lab_at(tmp_path), SimpleNamespace(PIECES={}, MINE={}), True)


def test_an_init_on_arrays_becomes_one_on_tensors():
    fill_ = mine.fill(lambda shape, rng: rng.normal(0, 2, shape))
    tensor = zeros(300, 200)
    assert fill_(tensor, generator=Generator(0)) is tensor
    assert abs(tensor.array.std() - 2) < 0.02 and tensor.array.dtype == np.float32
    again = fill_(zeros(300, 200), generator=Generator(0))
    assert (again.array == tensor.array).all()


def written(number, tmp_path):
    """A lab whose solution is what the learner wrote, in a workspace."""
    workspace, _ = start(tmp_path / "course")
    lab = workspace.course.lab(number)
    solution = solution_file(lab).read_text(encoding="utf-8")
    lab.file.write_text(solution, encoding="utf-8")
    return lab


def counted(piece, calls, name):
    def wrapper(*args, **kwargs):
        calls.add(name)
        return piece(*args, **kwargs)

    return wrapper


@pytest.mark.parametrize("number", SMALL)
def test_every_piece_of_the_learners_is_called_in_the_labs_experiment(tmp_path, number):
    lab, calls = written(number, tmp_path), set()
    module = catalog.load(lab)
    pieces, whose = mine.pieces(lab, module, True)
    assert "minigrad" not in whose.values()
    for name, piece in vars(pieces).items():
        setattr(pieces, name, counted(piece, calls, name))
    small = SMALL[number] | ({"four_steps": 0} if number == "03" else {})  # no piece is in those
    s, run = module.Settings(**small), Run()
    module.experiment(s, run, pieces)
    assert calls == set(module.PIECES)
    if number in ("02", "03"):  # the draws of 01 are the learner's own
        usual = Run()
        module.experiment(s, usual, SimpleNamespace(**module.PIECES))
        for one, other in zip(losses(run), losses(usual), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3)


def losses(run):
    runs = run.records["losses.json"]["variants"].values()
    return [record.losses for records in runs for record in records]


def test_a_run_from_the_command_line_says_whose_functions_ran(tmp_path, monkeypatch, capsys):
    root = written("01", tmp_path).root
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
        ("window = int(np.prod(shape[2:]))", "raise NotImplementedError", "needs fans in"),
        ("loss.backward()", "loss.backwards()", "train_step in"),
    ],
)
def test_what_fails_in_the_learners_file_is_one_sentence(
    tmp_path, monkeypatch, capsys, old, new, says
):
    lab = written("01", tmp_path)
    text = (lab.path / "exercise.py").read_text(encoding="utf-8")
    (lab.path / "exercise.py").write_text(text.replace(old, new), encoding="utf-8")
    monkeypatch.chdir(lab.root)
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


@pytest.mark.parametrize("lab", [x for x in catalog.labs() if x.runs], ids=lambda lab: lab.folder)
def test_an_exercise_replaces_a_piece_that_there_is(lab):
    module = catalog.load(lab)
    places = {e.mine for e in lab.exercises if e.mine}
    assert places == set(module.PIECES) >= set(module.MINE)
