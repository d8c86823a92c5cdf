"""A workspace: made, found, brought up to date, and never overwritten."""

import json
import shutil
import subprocess
import sys

import pytest

from minigrad.course.progress import Progress
from minigrad.course.result import Result
from minigrad.course.table import CourseError, load
from minigrad.course.teacher import export_workspace
from minigrad.course.workspace import LEARNERS, find, resources, start
from minigrad.errors import ArgumentError
from minigrad.lab import clinic


def test_a_new_workspace_has_the_stubs_the_theory_and_no_solutions(workspace):
    text = workspace.course.lab("00").file.read_text(encoding="utf-8")
    assert "raise NotImplementedError" in text
    assert (workspace.root / "theory" / "00-motivation.md").is_file()
    assert not (workspace.root / "solutions").exists()
    assert "minigrad list" in (workspace.root / "README.md").read_text(encoding="utf-8")
    assert find(workspace.root / "labs").root == workspace.root


def test_starting_again_renews_texts_and_keeps_what_was_written(workspace):
    file = workspace.course.lab("00").file
    lines = file.read_text(encoding="utf-8").split("def predicted_walk")[0] + "# mine\n"
    clinic.load(workspace.course.lab("08").path, "deep")
    treated = workspace.course.lab("08").path / "patients" / "deep.py"
    experiment = workspace.course.lab("01").path / "run.py"
    page = workspace.root / "theory" / "00-motivation.md"
    for written, text in ((file, lines), (treated, "# m"), (experiment, "# m"), (page, "old")):
        written.write_text(text, encoding="utf-8")
    _, new = start(workspace.root)
    assert not new
    after = file.read_text(encoding="utf-8")
    assert after.startswith(lines.rstrip("\n")) and "def predicted_walk" in after
    assert "def measured_walk" in after and treated.read_text() == "# m"
    assert experiment.read_text(encoding="utf-8") != "# m" and page.read_text("utf-8") != "old"
    (kept,) = (workspace.root / "backups").rglob("run-*.py")
    assert kept.read_text() == "# m"


def test_a_checkout_is_a_workspace_and_git_does_not_see_what_is_written_in_it(
    tmp_path, monkeypatch
):
    """Its exercises are written when it is used, and ignored, as is all that a learner makes."""
    for part in ("labs", "solutions", ".gitignore"):
        source = resources() / part
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        ours = {"ignore": shutil.ignore_patterns(*LEARNERS)} if source.is_dir() else {}
        copy(source, tmp_path / part, **ours)
    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "as cloned")):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr("minigrad.course.workspace.resources", lambda: tmp_path)
    workspace = find(tmp_path / "labs")
    written = [lab.file for lab in workspace.course.labs if lab.exercises]
    assert all(file.is_file() for file in written)
    written[0].write_text("mine", encoding="utf-8")
    find(tmp_path)
    assert written[0].read_text(encoding="utf-8") == "mine"
    clinic.load(workspace.course.lab("08").path, "deep")
    Progress(workspace).record([Result("relu_moment", "passed")])
    workspace.reset("relu_moment")
    export_workspace(workspace, None)
    (tmp_path / "challenge.jsonl").write_text("{}", encoding="utf-8")
    status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True)
    assert status.stdout == ""


def test_bytes_that_are_not_utf8_are_kept(workspace):
    file = workspace.course.lab("00").file
    text = file.read_bytes().replace(b"raise NotImplementedError", b"return 0  # caf\xe9", 1)
    file.write_bytes(text.split(b"def measured_walk")[0])
    assert start(workspace.root) and b"caf\xe9" in file.read_bytes()
    assert b"def measured_walk" in file.read_bytes()
    workspace.reset("linear_moment")
    assert b"caf\xe9" not in file.read_bytes()


def test_reset_brings_back_a_file_that_is_gone(workspace, minigrad):
    file = workspace.course.lab("00").file
    file.unlink()
    assert "`minigrad reset relu_moment` brings it back" in minigrad("check", "relu_moment").output
    assert "no file to keep" in minigrad("reset", "relu_moment").output
    assert "not written yet" in minigrad("check", "relu_moment").output


def test_start_refuses_a_folder_with_other_things_and_a_file(tmp_path, minigrad):
    (tmp_path / "photo.jpg").write_text("", encoding="utf-8")
    result = minigrad("start", str(tmp_path))
    assert result.exit_code == 2 and "not empty and not a workspace" in result.output
    result = minigrad("start", str(tmp_path / "photo.jpg"))
    assert result.exit_code == 2 and "is a file" in result.output
    assert [p.name for p in tmp_path.iterdir()] == ["photo.jpg"]


def test_outside_a_workspace_each_command_says_how_to_make_one(tmp_path, monkeypatch, minigrad):
    monkeypatch.chdir(tmp_path)
    for command in (["check"], ["list"], ["hint"], ["read", "00"], []):
        result = minigrad(*command)
        assert result.exit_code == 2
        assert "`minigrad start my-course` makes one" in result.output


def test_reset_keeps_a_dated_copy_each_time_and_touches_one_exercise(workspace, solve):
    file = solve("00")
    mine = file.read_text(encoding="utf-8")
    first, second = workspace.reset("relu_moment"), workspace.reset("relu_moment")
    assert first != second and first.read_text(encoding="utf-8") == mine
    after = file.read_text(encoding="utf-8")
    assert after.count("raise NotImplementedError") == 1 and "return fan_in * var_w * q" in after


LAB = "[[lab]]\nid='x'\nfolder='x'\ntheory='a.md'\n"
ROW = "[[lab.exercise]]\nname='{}'\ntitle='t'\nminutes=1\ntheory='a.md#b'\nhints=[]\nneeds={}\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lab = 3", "cannot be read"),
        ("[[lab]]\nid = 'x'\n", "cannot be read"),
        ("[[lab]", "cannot be read"),
        (LAB + ROW.format("a", ["b"]) + ROW.format("b", []), "a needs b, which must come before"),
    ],
)
def test_a_broken_table_is_one_line(tmp_path, text, says):
    path = tmp_path / "labs.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArgumentError, match=says):
        load(path)


DAMAGED = ["", "{", "[1]", '{"exercises": 3}', '{"exercises": {"a": 1}}']
DAMAGED += ['{"quiz": {"00": true}}', "[" * 100_000]
DAMAGED += [f'{{"exercises": {{"mul_backward": {{"hints": {n}}}}}}}' for n in (10**12, -5, "true")]
DAMAGED += ['{"read": {"\\ud800": true}}', '{"read": {"00": NaN}}', '{"guesses": []}']


@pytest.mark.parametrize("damage", DAMAGED, ids=range(len(DAMAGED)))
def test_a_progress_file_that_is_damaged_meanwhile_is_set_aside_and_begun_anew(workspace, damage):
    said = []
    progress = Progress(workspace, say=said.append)
    workspace.progress_file.write_text(damage, encoding="utf-8")
    progress.record([Result("relu_moment", "passed")])
    (aside,) = workspace.root.glob("progress.damaged-*.json")
    assert aside.read_text(encoding="utf-8") == damage
    assert aside.name in said[0] and "minigrad check --all" in said[1]
    assert Progress(workspace).passed == ["relu_moment"]
    assert json.loads(workspace.progress_file.read_text(encoding="utf-8")) == progress.data


NOTES = """
import sys
from pathlib import Path
from minigrad.course.progress import Progress
from minigrad.course.workspace import Workspace
progress = Progress(Workspace(Path(sys.argv[1])))
for i in range(40):
    progress.note("read", f"{sys.argv[2]}{i}", True)
"""


def test_two_processes_that_write_at_once_lose_nothing(workspace):
    both = [
        subprocess.Popen([sys.executable, "-c", NOTES, str(workspace.root), name])
        for name in ("a", "b")
    ]
    assert [one.wait(60) for one in both] == [0, 0]
    assert len(Progress(workspace).data["read"]) == 80


def test_a_progress_file_that_cannot_be_read_is_one_line(workspace, minigrad):
    workspace.progress_file.mkdir()
    result = minigrad("list")
    assert result.exit_code == 2 and "progress.json cannot be read" in result.output


def test_an_exercise_that_was_removed_from_the_course_does_no_harm(workspace):
    text = '{"exercises": {"gone": {"passed": "2026-01-01T00:00:00Z"}}}'
    workspace.progress_file.write_text(text, encoding="utf-8")
    progress = Progress(workspace)
    assert progress.passed == []
    progress.record([Result("relu_moment", "failed", mistake="the half is missing")])
    kept = Progress(workspace).data["exercises"]
    assert "gone" in kept and kept["relu_moment"]["attempts"] == 1
    assert "the half is missing" in kept["relu_moment"]["mistakes"]


def test_a_start_cut_short_can_be_repeated(tmp_path, monkeypatch):
    from minigrad.course import workspace

    def full(source, target):
        if "00_variance_walk" in str(target):
            target.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        target.write_bytes(source.read_bytes())

    with monkeypatch.context() as patched:
        patched.setattr(workspace.shutil, "copyfile", full)
        with pytest.raises(CourseError, match="No space left"):
            start(tmp_path / "course")
    made, new = start(tmp_path / "course")
    assert new and made.course.lab("01").file.is_file()
    assert not (made.root / "backups").exists() and not list(made.root.glob(".minigrad*"))
    assert (made.root / "labs/00_variance_walk/README.md").read_bytes() != b"half"


def test_starting_again_writes_through_no_link_and_progress_may_be_one(workspace, tmp_path):
    other = tmp_path / "elsewhere.md"
    other.write_text("mine")
    page = workspace.root / "labs" / "01_init_ablation" / "README.md"
    page.unlink()
    page.symlink_to(other)
    start(workspace.root)
    assert other.read_text() == "mine" and not page.is_symlink()
    kept = tmp_path / "kept.json"
    workspace.progress_file.symlink_to(kept)
    Progress(workspace).note("read", "00", True)
    assert workspace.progress_file.is_symlink() and '"00": true' in kept.read_text()


def test_an_export_that_fails_leaves_the_one_that_is_there(workspace, minigrad, monkeypatch):
    from minigrad.course.teacher import zipfile

    assert minigrad("export").exit_code == 0
    packed = workspace.root / f"{workspace.root.name}.zip"
    good = packed.read_bytes()

    def full(self, *args, **kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(zipfile.ZipFile, "write", full)
        assert minigrad("export").exit_code == 2
    assert packed.read_bytes() == good and minigrad("export").exit_code == 0
