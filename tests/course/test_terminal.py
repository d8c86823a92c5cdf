"""Watch mode on a real terminal: keys without Enter, colour unless it is unwanted."""

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX's")


class Terminal:
    """`minigrad` in a pseudo-terminal."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        import pty

        self.master, slave = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-m", "minigrad", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment},
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # as in a shell
        )
        os.close(slave)
        self.seen = self.unread = ""

    def until(self, text: str, key: str = "") -> str:
        """Read until this appears after what was read before, then type; returns what came."""
        begun = time.monotonic()
        while text not in (came := re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.unread)):
            assert time.monotonic() - begun < 30, f"{text!r} did not come; got {came!r}"
            if select.select([self.master], [], [], 0.1)[0]:
                new = os.read(self.master, 65536).decode(errors="replace")
                self.seen, self.unread = self.seen + new, self.unread + new
        found, _, self.unread = came.partition(text)
        self.type(key)
        return found + text

    def type(self, key: str) -> None:
        os.write(self.master, key.encode())

    def close(self) -> None:
        self.child.kill()
        self.child.wait()
        os.close(self.master)


@pytest.fixture
def terminal(workspace, request):
    with contextlib.closing(Terminal("--poll", "0.05", **getattr(request, "param", {}))) as made:
        yield made


def test_one_key_is_enough_and_a_save_is_noticed(write, terminal):
    terminal.until("Waiting for a save")
    assert "\x1b[" in terminal.seen
    terminal.type("h")
    terminal.until("Hint 1 of 3")
    write("autograd", "return g * x, g * y")
    terminal.until("the factors are swapped")
    write("autograd", "return g * y, g * x", "return g * x, g * y")
    terminal.until("mul_backward: passed", "n")
    terminal.until("pow_backward: not written yet", "q")
    terminal.until("Your work is on disk")
    assert terminal.child.wait(10) == 0


def test_a_key_of_several_characters_is_none(workspace, terminal):
    terminal.until("Waiting for a save")
    for key in ("\x1b[H", "\x1bOP", "\x1bOQ", "h"):  # Home, F1, F2
        terminal.type(key)
        time.sleep(0.2)
    shown = terminal.until("Hint 1 of 3")
    assert "Your work is on disk" not in shown and "minigrad run" not in shown
    assert "Hint 2" not in shown


def test_an_editor_that_replaces_the_file_costs_no_attempt(workspace, solve, terminal):
    terminal.until("Waiting for a save")
    workspace.course.lab("autograd").file.unlink()
    time.sleep(0.15)
    solve("autograd")
    assert "is missing" not in terminal.until("mul_backward: passed")


def test_ctrl_c_leaves_in_peace(terminal):
    terminal.until("Waiting for a save", "\x03")
    os.killpg(terminal.child.pid, 2)  # the pseudo-terminal is not the child's controlling one
    terminal.until("Your work is on disk")
    assert terminal.child.wait(10) == 0


@pytest.mark.parametrize("terminal", [{"NO_COLOR": "1"}], indirect=True)
def test_no_color_is_respected(terminal):
    terminal.until("Waiting for a save")
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", terminal.seen)


SMALL = {"COLUMNS": "80", "LINES": "24"}


@pytest.mark.parametrize("terminal", [SMALL], indirect=True)
def test_another_exercise_is_picked_from_a_list_that_fits_the_screen(terminal):
    shown = terminal.until("q quit")
    assert all(len(line) <= 80 for line in shown.splitlines())
    terminal.type("n")
    terminal.until("Skipped mul_backward")
    terminal.until("q quit", "l")
    shown = terminal.until("q back")
    rows = shown.strip().splitlines()
    assert len(rows) <= 24 and all(len(row) <= 80 for row in rows)
    assert "! passed once, and no longer" in shown
    terminal.type("\x1b[A")
    terminal.until("q back", "\r")
    terminal.until("You picked mul_backward")
    terminal.until("q quit", "l")
    terminal.until("q back", "q")  # leaves the list, not the course
    terminal.until("Waiting for a save")


def test_a_reset_asks_and_is_undone(write, terminal):
    terminal.until("q quit")
    file = write("autograd", "return g, g")
    mine = file.read_text(encoding="utf-8")
    terminal.until("received")
    terminal.until("q quit", "x")
    terminal.until("y for yes", "n")
    terminal.until("It stays as it is")
    terminal.until("q quit")
    assert file.read_text(encoding="utf-8") == mine
    terminal.type("x")
    terminal.until("y for yes", "y")
    terminal.until("u undoes it")
    terminal.until("q quit")
    assert file.read_text(encoding="utf-8") != mine
    terminal.type("u")
    terminal.until("mul_backward is as it was")
    terminal.until("q quit")
    assert file.read_text(encoding="utf-8") == mine


def test_what_is_typed_while_a_check_runs_is_dropped(write, terminal):
    terminal.until("q quit")
    write("autograd", "import time; time.sleep(1); return g * y, g * x")
    terminal.until("checking …", "n")
    terminal.until("mul_backward: passed")
    assert re.search(r"\b1 of \d+ exercises", terminal.until("q quit"))  # counted where it stands
    time.sleep(0.5)
    terminal.type("h")
    assert "pow_backward" not in terminal.until("Hint 1 of 3")


def test_a_lab_is_guessed_and_run_from_here(workspace, terminal):
    terminal.until("q quit")
    for _ in range(8):
        terminal.type("n")
        terminal.until("q quit")
    terminal.type("g")
    terminal.until("$ minigrad guess 00")
    terminal.until(">", "a\n")
    terminal.until(">", "\x04")
    terminal.until("q quit", "q")
    terminal.until("Your work is on disk")


@pytest.mark.parametrize("line", ["check 99", "read nothing", "run 99"])
def test_an_error_is_broken_between_words(workspace, line):
    with contextlib.closing(Terminal(*line.split(), **SMALL)) as terminal:
        assert terminal.until("error: ") and terminal.child.wait(30) == 2
        with contextlib.suppress(OSError):  # Linux's way to say that this was all
            while new := os.read(terminal.master, 65536):
                terminal.unread += new.decode()
    rows = ("error: " + terminal.unread).splitlines()
    assert len(rows) > 1 and all(len(row) <= 80 for row in rows)
