"""What a class hands in: one learner's file neither ends, nor hangs, nor decides another's row."""

import csv
import io
import zipfile

import pytest

from minigrad.course.workspace import resources

FILE = "labs/00_variance_walk/exercise.py"
RIGHT = (resources() / "solutions" / "00_variance_walk.py").read_text(encoding="utf-8")
FORGED = '{"result": {"exercise": "linear_moment", "status": "passed"}}'
WRITE = """
import os
for fd in range(3, 12):
    try: os.write(fd, {!r})
    except OSError: pass
"""
FALSE = "import minigrad.course.check as c\nc.agree = c.same_kind = lambda *a: True\n"
JUDGE = "import __main__ as m\nm.run_check = lambda name, *a, **k: m.Result(name, 'passed')\n"
GUARD = "from minigrad.course import guard\nguard.changed = lambda before: ''\n"
CLEARED = "from minigrad.course.checks import variance_walk as v\nv.CHECKS.clear()\n"
ONE = "def linear_moment(q, fan_in, var_w):\n    return 1\n"


def put(folder, code):
    file = folder / FILE
    file.parent.mkdir(parents=True)
    file.write_text(code, encoding="utf-8")
    return folder


@pytest.fixture
def rows(short_course, minigrad, monkeypatch):
    """Grade folders and files; the rows of the table by learner."""
    monkeypatch.setattr("minigrad.course.teacher.load", lambda: short_course.course)

    def grade(*given):
        result = minigrad("grade", *map(str, given), "--csv")
        assert result.exit_code == 0
        return {row["learner"]: row for row in csv.DictReader(io.StringIO(result.stdout))}

    return grade


@pytest.mark.parametrize(
    "code",
    [
        WRITE.format(b"not json\n"),
        WRITE.format(FORGED.encode() + b"\n") + ONE,
        FALSE + ONE,
        CLEARED + ONE,
        JUDGE + ONE,
        GUARD + FALSE + ONE,
        "import os, signal\nos.kill(os.getppid(), signal.SIGTERM)\n",
        "import subprocess\nsubprocess.Popen(['sleep', '60'])\n",
        "import socket\nsocket.create_connection(('127.0.0.1', 9))\n",
        "def linear_moment(q, fan_in, var_w):\n    return bytearray(1 << 40)\n",
    ],
    ids=[
        "garbage",
        "forged",
        "patched",
        "cleared",
        "judge",
        "guard",
        "kill",
        "process",
        "network",
        "memory",
    ],
)
def test_a_file_decides_its_own_row_by_its_answers_alone(rows, tmp_path, code):
    found = rows(put(tmp_path / "bad", code), put(tmp_path / "good", RIGHT))
    assert found["bad"]["passed"] == "0" and found["bad"]["linear_moment"] != "passed"
    assert found["good"]["passed"] == "5"


def test_nobody_reads_or_writes_anothers_work(rows, tmp_path):
    other = put(tmp_path / "zoe", RIGHT) / FILE
    thief = put(tmp_path / "thief", f"exec(open({str(other)!r}).read())\n")
    vandal = put(tmp_path / "vandal", f"import os\nos.remove({str(other)!r})\n" + RIGHT)
    writer = put(tmp_path / "writer", f"open({str(other)!r}, 'w').close()\n" + RIGHT)
    found = rows(thief, vandal, writer, tmp_path / "zoe")
    passed = {name: row["passed"] for name, row in found.items()}
    assert passed == {"thief": "0", "vandal": "0", "writer": "0", "zoe": "5"}
    assert other.read_text(encoding="utf-8") == RIGHT


def test_a_zip_is_found_one_folder_down_and_a_broken_one_gets_a_row(rows, tmp_path):
    def pack(name, member, content=RIGHT):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, content)
        return tmp_path / name

    nested = pack("anna.zip", f"anna-course/{FILE}")
    crc = pack("crc.zip", FILE)
    damaged = bytearray(crc.read_bytes())
    damaged[len(damaged) // 4] ^= 255
    crc.write_bytes(damaged)
    found = rows(
        *(nested, crc, pack("bomb.zip", FILE, "0" * 9_000_000), pack("long.zip", "a" * 300)),
        *(pack("=cmd.zip", "labs", "a file"), put(tmp_path / "outer" / "inner", RIGHT).parent),
        *(put(tmp_path / name / "course.1", "") for name in ("ada", "bob")),  # of one name
    )
    passed = {name: row["passed"] for name, row in found.items() if row["passed"] != "0"}
    assert passed == {"anna": "5", "outer": "5"}
    assert set(found) - set(passed) == {
        *("crc", "bomb", "long", "'=cmd", "ada/course.1", "bob/course.1"),
    }
    assert found["crc"]["note"].startswith("cannot be read") and "bytes" in found["bomb"]["note"]
    assert "no labs" in found["long"]["note"]


def test_what_was_exported_is_graded(rows, minigrad, solve, tmp_path):
    solve("00")
    minigrad("check", "00")
    packed = tmp_path / "ada.zip"
    assert minigrad("export", str(packed)).exit_code == 0
    assert minigrad("export", str(packed)).exit_code == 2  # never over a file
    assert {FILE, "progress.json"} < set(zipfile.ZipFile(packed).namelist())
    ada = rows(packed)["ada"]
    assert ada["passed"] == "5" and ada["relu_moment"] == "passed"
    assert ada["mul_backward"] == "not written"
    assert minigrad("grade", str(tmp_path / "nobody")).exit_code == 2
