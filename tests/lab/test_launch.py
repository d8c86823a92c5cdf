import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad
from minigrad.errors import ArgumentError
from minigrad.lab import catalog
from minigrad.lab.launch import exit_codes, run_labs
from minigrad.lab.records import read_json


def run_lab(*arguments):
    run_labs([catalog.find("07", catalog.labs())], arguments)


def one_run(workspace):
    (folder,) = (workspace / "runs" / "07_counting").iterdir()
    return folder


def test_a_run_leaves_manifest_records_figures_and_report(workspace, capsys):
    run_lab("--quick", "--seeds", "2", "--svg")
    folder = one_run(workspace)
    names = {p.name for p in folder.iterdir()}
    assert names == {"manifest.json", "counts.json", "counts.png", "counts.svg", "report.md"}
    assert read_json(folder / "counts.json") == {"runs": [[0, 2, 4, 6], [1, 3, 5, 7]]}

    manifest = read_json(folder / "manifest.json")
    assert manifest["status"] == "complete"
    assert manifest["command"] == "minigrad run 07 --quick --seeds 2 --svg"
    assert manifest["settings"] == {"seeds": 2, "steps": 4, "norm": "all"}
    assert manifest["seeds"] == [0, 1]
    assert manifest["implementation"] == {"double": "minigrad"}
    assert manifest["blas"][0]["threads"] == 1
    for key in ("minigrad", "revision", "numpy", "python", "cpu", "started", "ended", "data"):
        assert key in manifest

    report = (folder / "report.md").read_text(encoding="utf-8")
    assert report.startswith("# Lab 07 · counting")
    assert "- **doubled**: 2 runs" in report
    assert "| doubled | last 6 | even | ✓ |" in report
    assert "![counts](counts.png)" in report

    shown = capsys.readouterr()
    assert "doubled" in shown.out and "counts.png" in shown.out
    assert shown.err == ""  # no bar where there is no terminal


def test_an_option_of_the_lab_and_one_it_has_no_use_for(workspace, capsys):
    run_lab("--norm", "rmsnorm", "--lr", "0.5")
    assert read_json(one_run(workspace) / "manifest.json")["settings"]["norm"] == "rmsnorm"
    assert "--lr has no meaning here" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "-5"], "--steps"),
        (["--steps", "0"], "--steps"),
        (["--steps", "many"], "--steps"),
        (["--seeds", "0"], "--seeds"),
        (["--lr", "-1"], "--lr must be a positive number, got -1"),
        (["--lr", "nan"], "--lr must be a positive number, got nan"),
        (["--threads", "0"], "--threads"),
        (["--nonsense"], "--nonsense"),
        (["--out", "labs"], "labs exists, and nothing is overwritten"),
        (["--compare"], "07_counting has no reference run"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(workspace, capsys, arguments, message):
    with pytest.raises(SystemExit) as stopped, exit_codes():
        run_lab(*arguments)
    assert stopped.value.code == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ") and message in shown.err
    assert shown.err.count("\n") == 1
    assert shown.out == ""
    assert not (workspace / "runs").exists()


def test_an_out_folder_that_cannot_be_made(workspace):
    (workspace / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(ArgumentError, match="cannot create file"):
        run_lab("--out", "file/inside")


def test_ctrl_c_keeps_what_was_recorded_and_says_where(workspace, stop_at, capsys):
    stop_at(2)
    with pytest.raises(SystemExit) as stopped, exit_codes():
        run_lab("--out", "kept")
    assert stopped.value.code == 130
    assert "what was recorded so far is in kept" in capsys.readouterr().err
    assert read_json(Path("kept/counts.json")) == {"runs": [[0, 2, 4]]}
    assert read_json(Path("kept/manifest.json"))["status"] == "interrupted"


def test_a_failure_keeps_what_was_recorded(workspace, stop_at):
    stop_at(1, "ZeroDivisionError")
    with pytest.raises(ZeroDivisionError) as raised:
        run_lab("--out", "kept")
    assert raised.value.__notes__ == ["what was recorded so far is in kept"]
    assert read_json(Path("kept/counts.json")) == {"runs": [[0, 2]]}
    assert read_json(Path("kept/manifest.json"))["status"] == "failed"


def test_compare_sets_the_reference_beside(workspace, capsys):
    run_lab("--seeds", "1", "--out", "labs/07_counting/reference")
    capsys.readouterr()
    run_lab("--quick", "--compare", "--out", "new")
    report = Path("new/report.md").read_text(encoding="utf-8")
    assert "| doubled | last 6 | last 18 | even | ✓ |" in report
    shown = capsys.readouterr().out
    assert "reference" in shown and "last 18" in shown


def test_settings_that_are_not_the_labs_own_are_told(workspace):
    run_lab("--steps", "10", "--norm", "rmsnorm", "--out", "x")
    assert read_json(Path("x/manifest.json"))["changed"] == ["norm"]


def test_help_of_a_lab_shows_its_own_options(workspace, capsys):
    with pytest.raises(SystemExit) as stopped:
        run_lab("--help")
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "--norm" in shown and "--quick" in shown and "run 07" in shown


def test_the_lab_as_a_program_is_the_same_thing(workspace):
    script = workspace / "labs" / "07_counting" / "run.py"
    source = {**os.environ, "PYTHONPATH": str(Path(minigrad.__file__).parents[1])}

    def program(*arguments):
        command = [sys.executable, script, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=source)

    done = program("--seeds", "1", "--out", "x")
    assert done.returncode == 0, done.stderr
    assert read_json(Path("x/counts.json"))["runs"] == [[2 * i for i in range(10)]]
    manifest = read_json(Path("x/manifest.json"))
    assert manifest["command"] == "minigrad run 07 --seeds 1"
    again = program("--out", "x")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)


def test_several_labs_go_to_folders_of_their_own(workspace):
    lab, other = catalog.labs()
    other.path.mkdir()
    for name in ("run.py", "README.md"):
        (other.path / name).write_text((lab.path / name).read_text(encoding="utf-8"), "utf-8")
    run_labs([lab, other], ["--quick", "--out=both"])
    assert {p.name for p in Path("both").iterdir()} == {"07_counting", "08_again"}


def test_in_a_narrow_terminal_no_cell_is_squeezed(workspace, capsys, monkeypatch):
    from rich.console import Console

    from minigrad.lab import launch

    monkeypatch.setattr(launch, "Console", lambda **k: Console(width=80, force_terminal=True))
    run_labs([catalog.find("07", catalog.labs())], ["--quick"])
    said = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert "│" not in said and "a [b, c]: median" in said
