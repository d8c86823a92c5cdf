"""Exercises, progress and a learner's work, as the pages ask for them."""

import base64
import io
import json
import zipfile

import pytest

from minigrad.course.workspace import solution_file
from minigrad.errors import ArgumentError
from minigrad.site.face import answer
from minigrad.site.face.exercises import save

SMALL = {"depth": 3, "width": 16}


def solution(workspace, name):
    from minigrad.course.stub import definition

    text = solution_file(workspace.course.lab(name)).read_text(encoding="utf-8")
    first, last = definition(text, name)
    return "\n".join(text.splitlines()[first:last]) + "\n"


def test_an_exercise_is_the_file_that_the_editor_sees(workspace):
    shown = answer("exercise", {"name": "fans"}, workspace)
    assert shown["code"].startswith("def fans") and "import math" in shown["head"]
    file = workspace.root / shown["file"]
    before = file.read_text(encoding="utf-8")
    code = (
        "import os\n\n\ndef helper():\n    return 2\n\n\ndef fans(shape):\n    return 1, helper()\n"
    )
    failed = answer("check", {"name": "fans", "code": code, "base": shown["digest"]}, workspace)
    assert failed["status"] == "failed" and "200" in failed["expected"]
    after = file.read_text(encoding="utf-8")
    assert code in after and after.replace(code, "") == before.replace(shown["code"], "")
    # what the learner put above it is theirs to change again
    again = answer("exercise", {"name": "fans"}, workspace)
    assert again["code"] == code and again["digest"] == failed["digest"]


def test_the_lines_of_an_exercise_are_numbered_as_in_its_file(workspace):
    lab = workspace.course.lab("pow_backward")
    shown = answer("exercise", {"name": "pow_backward"}, workspace)
    lines = lab.file.read_text(encoding="utf-8").splitlines()
    part = shown["code"].splitlines()
    assert lines[shown["line"] - 1 :][: len(part)] == part
    code = "def pow_backward(g, x, n):\n    return missing\n"
    args = {"name": "pow_backward", "code": code, "base": shown["digest"]}
    assert f"line {shown['line'] + 1}" in answer("check", args, workspace)["where"]


def test_every_part_of_a_file_put_back_is_the_file(workspace):
    for lab in workspace.course.labs:
        for e in lab.exercises:
            shown = answer("exercise", {"name": e.name}, workspace)
            before = lab.file.read_bytes()
            save(lab, e.name, "# mine\n" + shown["code"], shown["digest"])
            now = answer("exercise", {"name": e.name}, workspace)
            assert now["code"] == "# mine\n" + shown["code"]
            save(lab, e.name, shown["code"], now["digest"])
            assert lab.file.read_bytes() == before


def test_a_file_changed_elsewhere_is_not_overwritten(workspace):
    shown = answer("exercise", {"name": "fans"}, workspace)
    file = workspace.root / shown["file"]
    theirs = file.read_text(encoding="utf-8").replace("def fans(shape):", "def fans(form):")
    file.write_text(theirs, encoding="utf-8")
    args = {"name": "fans", "code": "def fans(x): return 1", "base": shown["digest"]}
    with pytest.raises(ArgumentError, match="changed elsewhere"):
        answer("check", args, workspace)
    assert file.read_text(encoding="utf-8") == theirs


def test_a_definition_that_was_deleted_goes_to_the_end(workspace):
    shown = answer("exercise", {"name": "fans"}, workspace)
    file = workspace.root / shown["file"]
    file.write_text(file.read_text("utf-8").replace(shown["code"], ""), encoding="utf-8")
    empty = answer("exercise", {"name": "fans"}, workspace)
    assert empty["code"] == ""
    args = {"name": "fans", "code": solution(workspace, "fans"), "base": empty["digest"]}
    assert answer("check", args, workspace)["passed"]


def test_progress_is_the_terminals(workspace):
    shown = answer("exercise", {"name": "mul_backward"}, workspace)
    hint = answer("hint", {"name": "mul_backward"}, workspace)
    assert len(hint["opened"]) == 1
    with pytest.raises(ArgumentError, match="opens when yours has passed"):
        answer("solution", {"name": "mul_backward"}, workspace)
    code = solution(workspace, "mul_backward")
    passed = answer(
        "check", {"name": "mul_backward", "code": code, "base": shown["digest"]}, workspace
    )
    assert passed["passed"] and passed["next"] == "pow_backward"
    kept = json.loads(workspace.progress_file.read_text(encoding="utf-8"))
    assert kept["exercises"]["mul_backward"]["passed"]
    assert answer("solution", {"name": "mul_backward"}, workspace)["code"] == code
    found = answer("course", {}, workspace)
    assert found["labs"][0]["exercises"][0]["passed"] and found["next"] == "pow_backward"
    back = answer("reset", {"name": "mul_backward"}, workspace)
    assert "NotImplementedError" in back["code"] and (workspace.root / back["kept"]).is_file()


def test_work_goes_out_and_comes_back(workspace, tmp_path):
    from minigrad.course.workspace import start

    other = start(tmp_path / "other")[0]
    shown = answer("exercise", {"name": "fans"}, workspace)
    code = solution(workspace, "fans")
    answer("check", {"name": "fans", "code": code, "base": shown["digest"]}, workspace)
    packed = answer("export", {}, workspace)["zip"]
    taken = answer("import", {"data": packed}, other)
    assert "progress.json" in taken["files"]
    assert answer("exercise", {"name": "fans"}, other)["code"] == code
    assert answer("exercise", {"name": "fans"}, other)["state"]["passed"]
    assert list((other.root / "backups").rglob("exercise-*.py"))
    # and what a page keeps itself
    third = start(tmp_path / "third")[0]
    answer("restore", {"texts": answer("files", {}, workspace)}, third)
    assert answer("files", {}, third) == answer("files", {}, workspace)


def test_a_file_taken_over_writes_nowhere_else(workspace):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../evil.py", "x")
        archive.writestr("labs/01_init_ablation/run.py", "x")
        archive.writestr("progress.json", "{}")
    data = base64.b64encode(out.getvalue()).decode()
    assert answer("import", {"data": data}, workspace)["files"] == ["progress.json"]
    assert not (workspace.root.parent / "evil.py").exists()
