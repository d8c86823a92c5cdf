"""The learner's commands, line by line as they come back without a terminal."""

import json
import os
import subprocess
import sys
import threading

import pytest

from minigrad.course.progress import Progress
from minigrad.course.result import Result
from tests.labs.small import make_small


def test_check_answers_with_the_mistake_and_exit_code_one(write, minigrad):
    write("00", "return var_w * q")
    result = minigrad("check", "linear_moment")
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        "✗ linear_moment: E[y²] for q = 3, fan_in = 256, var_w = 1/12 (uniform on ±0.5)",
        "  received 0.2500, expected 64.00",
        "  → fan_in is missing: one term of the sum, not all of them",
        "  y is a sum of fan_in independent terms. What happens to their variances?",
        "  theory/00-motivation.md#one-linear-layer",
    ]


def pytest_here(*arguments):
    command = [sys.executable, "-m", "pytest", *arguments, "-p", "no:cacheprovider"]
    plain = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # loading them takes time
    return subprocess.run(command, env=plain, capture_output=True, encoding="utf-8", check=False)


def test_pytest_skips_what_is_not_written_and_is_content_with_nothing_less_than_all(
    workspace, solve, write
):
    first, second = (workspace.course.lab(name) for name in ("00", "autograd"))
    write("00", "return fan_in * var_w * q")
    done = pytest_here(f"labs/{first.folder}", f"labs/{second.folder}")
    left = len(first.exercises) + len(second.exercises) - 1
    assert done.returncode == 1 and f"1 passed, {left} skipped" in done.stdout
    assert f"not written yet: {left} exercises." in done.stdout and "FAILED" not in done.stdout
    assert f"1 of {len(workspace.course.exercises)}" in done.stdout
    solve("00")
    assert pytest_here(f"labs/{first.folder}").returncode == 0


def test_pytest_says_what_check_says(minigrad, solve, write):
    solve("00")
    write("00", "return v", "return v / 2")
    ours = minigrad("check", "relu_moment").output.removeprefix("✗ ")
    theirs = pytest_here("labs/00_variance_walk").stdout
    assert ours.strip() in theirs
    assert "1 failed, 4 passed" in theirs and "4 of " in theirs and "Next: mul_backward" in theirs


def test_check_of_a_lab_and_of_everything(short_course, minigrad, solve):
    solve("00")
    result = minigrad("check", "0")
    assert result.exit_code == 0 and "5 of 5 passed" in result.output
    result = minigrad("check", "--all", "--json")
    found = {r["exercise"]: r["status"] for r in json.loads(result.output)}
    assert found.keys() == {e.name for e in short_course.course.exercises}
    assert found["relu_moment"] == "passed" and found["mul_backward"] == "not written"
    for arguments in (["check"], ["check", "--once"]):  # without a target: the current one
        assert "mul_backward: not written yet" in minigrad(*arguments).output


def test_an_unknown_target_is_one_line_and_exit_code_two(workspace, minigrad):
    for command in ("check", "hint", "reset", "solution", "read", "guess"):
        result = minigrad(command, "nonsense")
        assert result.exit_code == 2, command
        assert "nonsense" in result.output and "Traceback" not in result.output
        assert len(result.output.strip().splitlines()) == 1


def test_hints_open_one_after_the_other(workspace, minigrad):
    outputs = [minigrad("hint", "relu_moment").output for _ in range(4)]
    assert [o.count("Hint ") for o in outputs] == [1, 2, 3, 3]
    assert "a question" in outputs[0] and "Ask again for pseudocode." in outputs[1]
    assert "That was the last" in outputs[2] == outputs[3]


def test_a_solution_opens_after_a_pass_or_by_giving_up(workspace, minigrad, solve):
    result = minigrad("solution", "relu_moment")
    assert result.exit_code == 2 and "return" not in result.output
    assert "return v / 2" in minigrad("solution", "relu_moment", "--give-up").output
    assert "gave up" in minigrad("list").output
    solve("00")
    minigrad("check", "linear_moment")
    result = minigrad("solution", "linear_moment")
    assert result.exit_code == 0 and "return fan_in * var_w * q" in result.output
    assert "gave_up" not in Progress(workspace).data["exercises"]["linear_moment"]


def test_list_shows_what_is_done_and_what_broke_again(workspace, minigrad, solve):
    file = solve("00")
    minigrad("check", "00")
    file.write_text("", encoding="utf-8")
    minigrad("check", "relu_moment")
    lines = minigrad("list").output.splitlines()
    assert any(line.startswith("✓") and "linear_moment" in line for line in lines)
    assert any(line.startswith("!") and "relu_moment" in line for line in lines)
    assert any(line.startswith("→") and "mul_backward" in line for line in lines)


def test_watch_without_a_terminal_takes_a_line_per_key(workspace, minigrad, solve):
    solve("autograd")
    result = minigrad("--poll", "0.01", input="n\nh\nx\ny\nn\nl\nt\nq\n")
    assert result.exit_code == 0
    assert "✓ mul_backward: passed" in result.output
    assert "Hint 1 of 3" in result.output and "Reset pow_backward" in result.output
    assert "· pow_backward: not written yet" in result.output
    assert "Skipped pow_backward" in result.output and "Matrix product" in result.output
    assert "\x1b" not in result.output


def test_watch_ends_with_its_input_where_that_leaves_a_question_open(workspace):
    command = [sys.executable, "-m", "minigrad", "--poll", "0.05"]
    done = subprocess.run(command, input="x\n", capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0 and "It stays as it is." in done.stdout


def test_watch_checks_again_when_the_file_is_saved(write):
    command = [sys.executable, "-um", "minigrad", "--poll", "0.05"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "encoding": "utf-8"}
    child = subprocess.Popen(command, **pipes)
    guard = threading.Timer(30, child.kill)
    guard.start()
    for line in child.stdout:
        if "Waiting for a save" in line:
            write("autograd", "return g * y, g * x")
        if "✓ mul_backward: passed" in line:
            break
    out, _ = child.communicate("q\n", timeout=30)
    guard.cancel()
    assert "Your work is on disk" in out and child.returncode == 0


def test_p_names_the_command_that_runs_the_lab(workspace, minigrad, solve):
    assert "This lab has no experiment" in minigrad("--poll", "0.01", input="p\nq\n").output
    solve("autograd")
    minigrad("check", "autograd")
    said = minigrad("--poll", "0.01", input="p\nq\n").output
    assert "None of linear_moment, measured_walk has passed" in said
    assert said.count("minigrad run 00\n") == 1
    progress = Progress(workspace)
    progress.record([Result("linear_moment", "passed")])
    assert "minigrad run 00 --mine\n" in minigrad("--poll", "0.01", input="p\nq\n").output
    for lab in ("00", "01", "02", "03"):  # the lab after these has no place for the learner's
        exercises = workspace.course.lab(lab).exercises
        progress.record([Result(e.name, "passed") for e in exercises])
    assert "minigrad run 04\n" in minigrad("--poll", "0.01", input="p\nq\n").output


@pytest.mark.parametrize(
    ("page", "begins"),
    [
        ("00", "# Why depth"),
        ("0", "# Why depth"),
        ("00-motivation.md", "# Why depth"),
        ("theory/00-motivation.md", "# Why depth"),
        ("autograd", "# "),
        ("04", "# Where the norm stands"),
        ("05", "# Pre-norm against post-norm"),
        ("putting-it-together", "# Putting it together"),
        ("norm_placement", "# Where the norm stands"),
        ("theory/autograd.md#sum", "## Sum"),
        ("kaiming_normal", "## Kaiming"),
    ],
)
def test_read_shows_a_page(workspace, minigrad, page, begins):
    result = minigrad("read", page)
    assert result.exit_code == 0 and result.output.startswith(begins)
    assert "assert " not in result.output  # what only the tests run


def test_a_pass_leads_to_the_next_exercise_and_the_last_one_to_the_lab(workspace, minigrad, solve):
    solve("00")
    said = minigrad("check", "relu_moment").output
    assert "Next: mul_backward, the gradient of a product, in labs/autograd/exercise.py:11" in said
    said = minigrad("check", "00").output
    assert "All of lab 00 is written: `minigrad guess 00`, then `minigrad run 00 --mine`" in said
    solve("autograd")
    said = minigrad("check", "autograd").output
    assert "All of autograd is written: `minigrad engine` trains a network on it;" in said
    assert "Next: calculate_gain" in said and "`minigrad read calculate_gain` shows" in said
    assert "calculate_gain" in minigrad("check").output
    assert "Next" not in minigrad("check", "--json", "relu_moment").output


def test_a_terminal_without_the_characters_gets_the_rest(workspace):
    command = [sys.executable, "-m", "minigrad", "check", "00"]
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    said = subprocess.run(command, env=plain, capture_output=True, encoding="ascii", check=False)
    assert said.stdout.startswith("? linear_moment: not written yet")


def test_no_color_holds_for_the_command_that_follows(workspace, minigrad, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert minigrad("--no-color", "list").exit_code == 0
    assert os.environ.pop("NO_COLOR") == "1"


def test_a_section_comes_with_what_its_letters_mean_or_says_where_that_is(workspace, minigrad):
    first = minigrad("read", "mul_backward").output
    assert first.startswith("# Gradients by hand") and "multiplies entry by entry" in first
    assert "## Product and power" in first and "## Matrix product" not in first
    assert "01-initialization" in minigrad("read").output  # alone, it lists the pages
    later = minigrad("read", "sum_backward").output
    assert "multiplies entry by entry" not in later and "`minigrad read autograd`" in later


def test_a_reset_is_undone_for_one_exercise_alone(minigrad, solve, write):
    file = solve("00")
    mine = file.read_text(encoding="utf-8")
    minigrad("check", "00")
    assert "--undo` brings it back" in minigrad("reset", "relu_moment").output
    assert "!  relu_moment" in minigrad("list").output
    write("00", "import sys\nimport", "import")
    assert "is as it was" in minigrad("reset", "relu_moment", "--undo").output
    assert file.read_text(encoding="utf-8") == mine.replace("import", "import sys\nimport", 1)
    assert minigrad("check", "relu_moment").exit_code == 0
    assert minigrad("reset", "tanh_moment", "--undo").exit_code == 2


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("hint mul_backwrd", "Did you mean mul_backward"),
        ("where adam", "Did you mean Adam"),
        ("where kaiming_norml_", "Did you mean kaiming_normal_"),
        ("check relu_momnt", "Did you mean relu_moment"),
        ("check relu_moment --all", "either relu_moment or --all"),
        ("read 01-initialization.md#nonsense", "no section 'nonsense'"),
        ("read 01-initialization.md#nonsense", "xavier"),
    ],
)
def test_a_mistake_in_a_command_is_answered(workspace, minigrad, command, says):
    result = minigrad(*command.split())
    assert result.exit_code == 2 and says in result.output


def test_mine_says_whose_code_runs_and_what_its_check_has_against_it(workspace, minigrad, write):
    make_small(workspace, "00")
    write("00", "return var_w * q")
    result = minigrad("run", "00", "--quick", "--mine", "--no-ask", "--out", "r")
    own = "linear_moment (fails its check: fan_in is missing"
    assert f"your own code runs here: {own}" in result.output
    assert f"lab 00 ran with your own {own}" in result.output.replace("\n", " ")
    assert "`minigrad check 00` says what of this lab is yours" in result.output
    assert own in (workspace.root / "r" / "report.md").read_text(encoding="utf-8")
    assert "✗ it did not" in result.output
