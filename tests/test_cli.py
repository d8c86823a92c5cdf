import json
import subprocess
import sys
import time
from pathlib import Path

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
        (["run", "99"], "unknown lab '99'. The labs are 00, 01"),
        (["run", "init_ablaton"], "Did you mean init_ablation?"),
        (["profile", "lab33"], "Did you mean lab03?"),
        (["clinic", "dep"], "Did you mean deep?"),
        (["predict", "--depth", "5", "--activation", "rlu"], "Did you mean relu?"),
        (["predict", "--family", "transformr"], "Did you mean transformer?"),
        (
            ["predict", "--family", "transformer", "--layers", "4", "--norm", "layernom"],
            "Did you mean layernorm?",
        ),
        (["read", "autogrd"], "Did you mean autograd?"),
        (["check", "mul_back"], "Did you mean mul_backward?"),
        (["map", "--x", "dpth"], "Did you mean depth?"),
        (["hnt"], "Did you mean 'hint'?"),
        (["run", "01", "--qick"], "--quick"),
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


LONG = "a" * 300


@pytest.mark.parametrize(
    "arguments",
    [
        ["start", LONG],
        ["grade", LONG],
        ["map", LONG],
        ["map", "--out", f"{LONG}.png"],
        ["run", "01", "--out", LONG, "--quick"],
        ["run", "01", "--threads", "9" * 20, "--quick"],
        ["run", "01", "--seeds", "9" * 30, "--quick"],
        ["profile", "lab01", "--threads", "9" * 20],
        ["--poll", "1e10"],
        ["where", "__class__"],
        ["quiz", "--questions", "-1"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_one_line(monkeypatch, capsys, tmp_path, arguments):
    monkeypatch.chdir(tmp_path)
    assert minigrad(monkeypatch, *arguments) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: ") and shown.count("\n") == 1


def test_a_figure_that_cannot_be_written_is_refused_before_any_work(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert minigrad(monkeypatch, "map", "none.sqlite", "--out", f"{LONG}.png") == 2
    assert "none.sqlite" not in capsys.readouterr().err


def test_a_page_in_another_encoding_is_one_line(monkeypatch, capsys, tmp_path):
    minigrad(monkeypatch, "start", str(tmp_path / "course"))
    monkeypatch.chdir(tmp_path / "course")
    for name in ("theory/01-initialization.md", "labs/01_init_ablation/README.md"):
        (tmp_path / "course" / name).write_bytes("# é".encode("utf-16"))
    (tmp_path / "course/labs/08_nan_clinic/cases.toml").write_bytes(b"\xff")
    for arguments in (["read", "01"], ["labs"], ["run", "01", "--quick"], ["clinic"]):
        capsys.readouterr()
        assert minigrad(monkeypatch, *arguments) == 2
        assert "UTF-8" in capsys.readouterr().err


def shell(command, **options):
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, **options)


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's redirections")
@pytest.mark.parametrize("to", [">&-", "<&-", ">&- 2>&- <&-"])
def test_streams_may_be_closed(to):
    done = shell(f"{sys.executable} -m minigrad labs {to}")
    assert done.returncode == 0 and "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's")
def test_a_full_disk_is_one_line():
    done = shell(f"{sys.executable} -m minigrad labs >/dev/full")
    assert (done.returncode, done.stderr) == (2, "error: No space left on device\n")


@pytest.mark.parametrize("flag", ["--version", "-h"])
def test_what_every_command_answers(monkeypatch, capsys, flag):
    assert minigrad(monkeypatch, flag) == 0
    assert "minigrad" in capsys.readouterr().out


def test_a_name_that_is_nearly_right_is_guessed(monkeypatch, capsys):
    assert minigrad(monkeypatch, "chek") == 2
    assert "Did you mean 'check'" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_run_that_is_terminated_says_that_it_was(tmp_path):
    command = [sys.executable, "-m", "minigrad", "run", "01", "--out", "r", "--no-ask"]
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    manifest = tmp_path / "r" / "manifest.json"
    while not manifest.exists():
        assert run.poll() is None
        time.sleep(0.05)
    run.terminate()
    assert "what was recorded so far is in r" in run.communicate()[1] and run.returncode == 130
    assert json.loads(manifest.read_text())["status"] == "interrupted"


@pytest.mark.parametrize("module", ["minigrad.cli", "minigrad.lab.launch"])
def test_ctrl_c_while_the_command_is_still_being_imported_is_no_traceback(monkeypatch, module):
    from minigrad import __main__

    class Interrupt:
        def find_spec(self, name, path=None, target=None):
            if name == module:
                raise KeyboardInterrupt

    monkeypatch.setattr(sys, "meta_path", [Interrupt(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, module, raising=False)
    monkeypatch.delattr(module, raising=False)
    with pytest.raises(SystemExit) as left:
        __main__.main()
    assert left.value.code == 130
