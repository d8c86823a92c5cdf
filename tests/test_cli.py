import subprocess
import sys

import pytest

from minigrad import cli


def minigrad(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["minigrad", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return stopped.value.code


def test_the_labs_are_listed_in_order(monkeypatch, capsys):
    assert minigrad(monkeypatch, "labs") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Lab 00") and lines == sorted(lines) and len(lines) >= 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "99"], "unknown lab '99': the labs are 00, 01"),
        (["run", "--quick", "01"], "name the labs first"),
        (["run", "01", "--steps", "-1"], "--steps"),
        (["predict", "--depth", "5", "--plot", "x.pdf"], "ends in .png"),
        (["predict", "--depth", "5", "--plot", "none/x.png"], "no folder none"),
        (["predict", "--depth", "5", "--gain", "1e200"], "gain must be a finite number"),
        (["predict", "--depth", "5", "--seed", "-3"], "--seed"),
        (["map", "--out", "none/x.png"], "no folder none"),
        (["challenge", "--plot", "none/x.png"], "no folder none"),
        (["challenge", "--seed", "-3"], "--seed"),
        (["nonsense"], "nonsense"),
        (["run"], "LAB"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(monkeypatch, capsys, arguments, message):
    assert minigrad(monkeypatch, *arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ") and message in shown and shown.count("\n") == 1


def test_it_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "minigrad", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0 and "run" in done.stdout
