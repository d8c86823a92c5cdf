"""The patients are sick, their solutions are cured, and the command says which is which."""

import math
from pathlib import Path

import pytest

from minigrad.cli import app
from minigrad.errors import ArgumentError
from minigrad.lab import catalog, clinic
from minigrad.lab.cells import Cells
from minigrad.lab.language import corpus
from minigrad.lab.records import read_json

ROOT = Path(__file__).parents[2]
LAB = ROOT / "labs" / "08_nan_clinic"
CASES = clinic.patients(LAB)
QUICK = ["restless", "ceiling", "empty_row", "half", "certain", "clairvoyant"]
TRANSFORMERS = ["deep", "sudden", "quiet", "heavy"]


def folder(tmp_path: Path, name: str) -> Path:
    made = tmp_path / name
    made.mkdir()
    (made / "cases.toml").write_bytes((LAB / "cases.toml").read_bytes())
    (made / "cases").symlink_to(LAB / "cases")
    return made


@pytest.fixture
def sick(tmp_path: Path) -> Path:
    """A lab's folder that nobody has touched."""
    return folder(tmp_path, "sick")


@pytest.fixture
def cured(tmp_path: Path) -> Path:
    """A lab's folder in which every patient has had its cure and its diagnosis."""
    made = folder(tmp_path, "cured")
    (made / "patients").mkdir()
    for name, case in CASES.items():
        text = (LAB / "cases" / f"{name}.py").read_text(encoding="utf-8")
        text = text.replace(*case["cure"]).replace('CAUSE = ""', f'CAUSE = "{case["causes"][0]}"')
        (made / "patients" / f"{name}.py").write_text(text, encoding="utf-8")
    return made


def test_every_case_has_a_script_and_a_cure_of_a_few_lines() -> None:
    assert set(QUICK + TRANSFORMERS) == set(CASES)
    assert {p.stem for p in (LAB / "cases").glob("*.py")} == set(CASES)
    for name, case in CASES.items():
        old, new = case["cure"]
        text = (LAB / "cases" / f"{name}.py").read_text(encoding="utf-8")
        assert text.count(old) == 1 and new.count("\n") < 3
        assert clinic.load_case(LAB, name).CAUSE == ""


def test_the_healthy_range_of_a_transformer_tells_the_stuck_from_the_cured() -> None:
    low, high = CASES["quiet"]["healthy"]
    assert all(CASES[name]["healthy"] == [low, high] for name in TRANSFORMERS)
    runs = Cells(read_json(LAB / "reference" / "treatments.json")["runs"]).of(patient="quiet")
    healthy = {
        treatment: [clinic.is_healthy(run["losses"], low, high) for run in mine.runs]
        for treatment, mine in runs.by("treatment").items()
    }
    assert healthy["as found"] == [False] * 3 and healthy["pre RMSNorm"] == [True] * 3


def test_a_look_makes_the_learners_copy_and_never_a_second_one(sick: Path) -> None:
    assert clinic.load(sick, "half").CAUSE == ""
    copy = sick / "patients" / "half.py"
    copy.write_text(copy.read_text("utf-8").replace('CAUSE = ""', 'CAUSE = "log of zero"'), "utf-8")
    assert clinic.load(sick, "half").CAUSE == "log of zero"
    assert clinic.load_case(sick, "half").CAUSE == ""


@pytest.mark.parametrize("name", QUICK)
def test_the_sick_are_sick_and_the_cured_are_cured_in_every_seed(
    name: str, sick: Path, cured: Path
) -> None:
    ill, well = clinic.examine(sick, name, 3), clinic.examine(cured, name, 3)
    low, high = CASES[name]["healthy"]
    assert not any(clinic.is_healthy(losses, low, high) for losses in ill.losses)
    assert well.cured and well.right


def test_the_transformers_show_their_symptom_at_once_where_they_have_one() -> None:
    for seed in range(3):
        died = clinic.load_case(LAB, "sudden").train(seed)
        assert len(died) < 12 and not math.isfinite(died[-1])
        assert clinic.load_case(LAB, "heavy").train(seed, steps=1)[0] > 20
    text = clinic.load_case(LAB, "heavy").load_text()
    start = clinic.load_case(LAB, "deep").train(0, steps=1)[0]
    assert start == pytest.approx(math.log(len(text.characters)), abs=0.3)  # not its init


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_the_labs_run_trains_what_the_script_trains(name: str) -> None:
    lab = catalog.load(catalog.find("08", catalog.labs(ROOT)))
    text = corpus("alice")
    model, training = lab.patient(name)
    run = lab.treat(text, 0, model, training | {"steps": 3}, lambda *_: None)
    script = clinic.load_case(LAB, name).train(0, steps=3)
    assert run["losses"] == pytest.approx(script, rel=1e-5)


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_the_treated_transformers_begin_to_learn(name: str, cured: Path) -> None:
    losses = clinic.load(cured, name).train(0, steps=20)
    assert len(losses) == 20 and all(map(math.isfinite, losses))
    assert losses[-1] < losses[0] < 5


def test_the_tracer_names_the_operation_and_finds_nothing_in_the_healthy(
    sick: Path, cured: Path
) -> None:
    assert "the result of 'log' holds inf" in clinic.trace(sick, "certain")
    assert "'div'" in clinic.trace(sick, "empty_row")
    assert "finite from the first step to the last" in clinic.trace(cured, "ceiling")


def test_healthy_means_finite_and_within_the_range() -> None:
    assert clinic.is_healthy([9.0, *[1.0] * 10], 0.5, 1.5)
    assert not clinic.is_healthy([math.inf, *[1.0] * 10], 0.5, 1.5)
    assert not clinic.is_healthy([1.0] * 9 + [9.0], 0.5, 1.5)
    assert not clinic.is_healthy([0.1] * 10, 0.5, 1.5)
    assert not clinic.is_healthy([], 0.5, 1.5)


def test_the_report_weighs_diagnosis_and_cure() -> None:
    def said(cured: bool, cause: str, right: bool) -> str:
        found = clinic.Examination("Ill.", [[2.0, 1.0, math.nan]], cured, cause, right)
        return clinic.report(found, ["a", "b"])

    assert "not finite at step 2" in said(False, "", False)
    assert "CAUSE in .: one of a, b" in said(False, "", False)
    assert "not the cause" in said(False, "b", False)
    assert "right." in said(False, "a", True) and "change the script" in said(False, "a", True)
    assert "Which cause did your change remove?" in said(True, "b", False)


def test_the_command_lists_examines_and_traces(capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> str:
        app(["clinic", *arguments], standalone_mode=False)
        return capsys.readouterr().out

    assert all(name in run() for name in CASES)
    assert "It is sick." in run("certain")
    assert "'log'" in run("certain", "--trace")
    with pytest.raises(ArgumentError, match="There are deep"):
        run("hypochondriac")
    with pytest.raises(ArgumentError, match="Did you mean deep"):
        run("dep")


def test_a_diagnosis_that_is_none_is_said_before_anything_runs(sick: Path) -> None:
    file = sick / "patients" / "deep.py"
    clinic.load(sick, "deep")
    cause = clinic.patients(sick)["deep"]["causes"][0]
    file.write_text(file.read_text() + f"\nCAUSE = {cause[:-1]!r}\ndef train(seed): 1 / 0\n")
    with pytest.raises(ArgumentError, match=f"Did you mean {cause}[?]"):
        clinic.examine(sick, "deep", 1)


def test_a_script_that_cannot_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "cases.toml").write_text('[a]\ncauses = ["x"]\nhealthy = [0, 1]\n')
    (tmp_path / "patients").mkdir()
    (tmp_path / "patients" / "a.py").write_text("1 +")
    with pytest.raises(ArgumentError, match=r"a\.py cannot run: SyntaxError"):
        clinic.load(tmp_path, "a")


def test_an_error_in_the_learners_change_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "cases.toml").write_bytes((LAB / "cases.toml").read_bytes())
    (tmp_path / "patients").mkdir()
    file = tmp_path / "patients" / "half.py"
    file.write_text("def train(seed):\n    return lr\n", encoding="utf-8")
    for act in (
        lambda: clinic.examine(tmp_path, "half", 1),
        lambda: clinic.trace(tmp_path, "half"),
    ):
        with pytest.raises(ArgumentError, match=r"half\.py cannot run: NameError: name 'lr'"):
            act()
