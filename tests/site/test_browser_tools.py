"""What a learner does in a real Chromium: exercises, questions, rounds, runs."""

import json
import re

import pytest

from tests.site.browsing import expect, solution, write

# one browser and one server for all of them, so with pytest-xdist all of them run in one process
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_an_exercise_fails_with_its_mistake_named_and_then_passes(page, server):
    _, _, workspace = server
    page.goto(page.root + "exercises/pow_backward.html")
    page.wait_for_selector(".cm-content")
    page.click("#hint")
    page.wait_for_selector("#hints li")
    write(page, "def pow_backward(g, x, n):\n    return g * x ** (n - 1)\n")
    page.click("#check")
    page.wait_for_selector("#result.failed h3")
    assert "expected" in page.inner_text("#result")
    write(page, solution(workspace, "pow_backward"))
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#result.passed")
    page.wait_for_selector("text=Our solution")
    file = workspace.root / "labs" / "autograd" / "exercise.py"
    assert solution(workspace, "pow_backward").strip() in file.read_text(encoding="utf-8")
    assert "pow_backward" in json.loads(workspace.progress_file.read_text())["exercises"]
    # what the editor on the other side writes comes into the page
    text = file.read_text(encoding="utf-8").replace("def pow_backward", "# seen\ndef pow_backward")
    file.write_text(text, encoding="utf-8")
    page.wait_for_selector(".cm-content >> text=# seen")
    page.goto(page.root + "course.html")
    page.wait_for_selector(".exercises [data-exercise=pow_backward][data-state=passed]")


def test_a_loop_without_end_is_stopped(page):
    page.goto(page.root + "exercises/mul_backward.html")
    page.wait_for_selector(".cm-content")
    write(page, "def mul_backward(g, x, y):\n    while True:\n        pass\n")
    page.click("#check")
    page.wait_for_selector("#result.stopped")
    assert "was stopped" in page.inner_text("#result")


def test_the_quiz_brings_back_what_was_wrong(page):
    page.goto(page.root + "quiz.html?topic=00")
    wrong = set()
    for _ in range(60):  # always the first choice: it cannot be right each time
        page.wait_for_selector(".question")
        name = page.get_attribute(".question", "data-id")
        if name in wrong:
            break
        page.click(".choices button >> nth=0")
        page.wait_for_selector(".why b")
        if page.locator(".why b.wrong").count():
            wrong.add(name)
        page.click(".question .row button.primary")
    assert name in wrong and "once more" in page.inner_text(".question .meta")


def test_a_round_of_the_challenge_is_scored(page):
    page.goto(page.root + "challenge.html?level=1&seed=4")
    page.wait_for_selector(".stage .fate")
    spec = page.inner_text(".spec")
    page.click(".stage .fate.stalled")
    page.wait_for_selector(".stage[data-truth] .because")
    page.wait_for_selector("aside table")
    assert "1 of 1" in page.inner_text("aside") or "0 of 1" in page.inner_text("aside")
    page.click("button.primary >> text=Next round")
    page.wait_for_url(re.compile("seed=5"))
    page.goto(page.root + "challenge.html?level=1&seed=4")
    page.wait_for_selector(".stage .fate")
    assert page.inner_text(".spec") == spec


def test_a_lab_runs_with_the_learners_function(page, server):
    _, _, workspace = server
    page.goto(page.root + "exercises/linear_moment.html")
    page.wait_for_selector(".cm-content")
    write(page, solution(workspace, "linear_moment"))
    page.click("#check")
    page.wait_for_selector("#result.passed")
    page.click("text=Run it here, smaller")
    page.wait_for_selector("#mine .done")
    assert "linear_moment" in page.inner_text("#mine .done")
    assert page.locator("#mine .u-wrap").count() >= 1


def test_the_map_opens_a_run(page):
    page.goto(page.root + "map.html")
    page.wait_for_selector("canvas.map[aria-label]")
    page.focus("canvas.map")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector(".mapgrid h2")
    page.wait_for_selector("text=Theory says")
    page.click("text=Train it again")
    page.wait_for_selector(".mapgrid .u-wrap")


def test_backward_goes_step_by_step(page):
    page.goto(page.root + "backward.html")
    page.wait_for_selector(".graph .node")
    page.click("text=one name, three uses")
    expect(page.locator("#graph input").first).to_have_value("x**2 * (x**2 + x)")
    page.wait_for_selector(".graph .node >> text=24")
    page.click("text=To the end")
    page.wait_for_selector(".node.done >> text=grad 44")


def test_a_patient_is_traced(page):
    page.goto(page.root + "clinic.html")
    page.click("#clinic button >> text=certain")
    page.click("#clinic button >> text=Trace it")
    page.locator("#clinic pre", has_text="'log'").wait_for()
