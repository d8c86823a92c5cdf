"""The quiz: every wrong choice explained, the computed numbers right, the score kept."""

import math
import re
from random import Random

import pytest

from minigrad.course.progress import Progress
from minigrad.course.questions import COMPUTED, every_question, rms_row, xavier_std

QUESTIONS, OPEN = every_question(Random(0))


def test_there_are_at_least_25_questions_on_every_page():
    assert len(QUESTIONS) >= 25 and len(COMPUTED) >= 5 and len(OPEN) >= 2
    assert {q.topic for q in QUESTIONS} >= {"autograd", *(f"{n:02}" for n in range(11))}
    assert len({q.id for q in QUESTIONS}) == len(QUESTIONS)
    for words in (
        *("main cause of vanishing gradients", "RMSNorm leave out, compared with LayerNorm"),
        *("pre-norm more stable than post-norm", "norms does a pre-norm transformer block hold"),
        "compute in float32 when the input is float16",
    ):
        assert any(words in q.ask for q in QUESTIONS)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.id)
def test_every_wrong_choice_has_its_own_explanation(question):
    explanations = [why for _, why in question.wrong]
    assert len(explanations) >= 3 and len(set(explanations)) == len(explanations)
    assert all(len(why) > 15 for why in (*explanations, question.why))


def test_the_length_of_a_choice_tells_nothing():
    """Who always takes the longest choice, or the shortest, is right about one time in four."""
    shares = [0.0] * 4
    fixed = [q for q in QUESTIONS if not q.id.startswith("computed-")]
    for question in fixed:
        length = len(question.right)
        others = [len(text) for text, _ in question.wrong]
        longer, same = sum(n > length for n in others), others.count(length)
        for rank in range(longer, longer + same + 1):
            shares[rank] += 1 / (same + 1) / len(fixed)
    assert all(0.15 <= share <= 0.35 for share in shares), shares


@pytest.mark.parametrize("make", COMPUTED, ids=lambda f: f.__name__)
def test_computed_questions_have_four_different_choices_at_every_draw(make):
    asked = set()
    for seed in range(300):
        question = make(Random(seed))
        asked.add(question.ask)
        choices = [question.right, *(text for text, _ in question.wrong)]
        assert len(set(choices)) == 4, (question.ask, choices)
        assert not any("e+" in choice for choice in choices), choices
    assert len(asked) >= 3


def test_the_computed_answers_are_right():
    for seed in range(20):
        xavier = xavier_std(Random(seed))
        fan_out, fan_in = map(int, re.search(r"\((\d+), (\d+)\)", xavier.ask).groups())
        assert float(xavier.right) == pytest.approx(math.sqrt(2 / (fan_in + fan_out)), rel=0.01)
        row = rms_row(Random(seed))
        a, b = map(int, re.search(r"\[(\d+), -(\d+), 0\]", row.ask).groups())
        assert float(row.right) == pytest.approx(a / math.sqrt((a * a + b * b) / 3), rel=0.01)


def test_a_session_explains_each_answer_and_keeps_the_score(workspace, minigrad):
    result = minigrad("quiz", "01", "--questions", "4", "--seed", "1", input="a\nx\nb\na\nc\n\n2\n")
    assert result.exit_code == 0, result.output
    assert result.output.count("Right. ") + result.output.count("No. ") == 4
    assert "one of a, b, c, d, or q to stop" in result.output and "of 4 right." in result.output
    kept = Progress(workspace).data["quiz"]
    assert len(kept["01"]) == 4
    assert sum(kept["01"].values()) == result.output.count("Right. ")
    assert next(iter(kept["open"].values()))["points"] == 2


def test_an_open_question_comes_again_after_the_others_only(workspace, minigrad):
    asked = []
    for _ in range(3):
        said = minigrad("quiz", "03", "--questions", "1", "--seed", "2", input="a\nmy answer\n1\n")
        asked.append(next(q.id for q in OPEN if q.ask in said.output))
    wanted = {q.id for q in OPEN if q.topic == "03"}
    assert len(wanted) == 2 == len(set(asked[:2])) and set(asked) == wanted
    asked_first = "a\n" * sum(q.topic == "03" for q in QUESTIONS)
    said = minigrad("quiz", "03", "--questions", "0", input=asked_first + "\n1\n" * 2).output
    assert all(q.ask in said for q in OPEN if q.topic == "03")
    assert all(point in said for q in OPEN if q.topic == "03" for point in q.rubric)


def test_stopping_keeps_what_was_answered_and_the_same_seed_asks_the_same(workspace, minigrad):
    one, two = (minigrad("quiz", "--seed", "7", input="q\n").output for _ in range(2))
    assert one == two
    result = minigrad("quiz", input="a\nq\n")
    assert result.exit_code == 0 and "Stopped" in result.output and "of 1 right." in result.output
    assert minigrad("quiz", input="").exit_code == 0
    assert minigrad("quiz", "--questions", "-1").exit_code == 2


def test_the_score_counts_what_was_right_and_an_end_at_the_open_question_none_less(minigrad):
    said = minigrad("quiz", "01", "--questions", "2", "--seed", "1", input="a\nb\n").output
    right = said.count("Right. ")
    assert f"{right} of 2 right." in said and right < 2


def test_the_theory_is_done_when_most_of_the_quiz_was_right(workspace, minigrad):
    progress = Progress(workspace)
    ids = [q.id for q in QUESTIONS if q.topic == "01"]
    assert f"· theory (quiz 0 of {len(ids)})" in minigrad("list").output
    progress.update(lambda data: data["quiz"].update({"01": dict.fromkeys(ids, True)}))
    assert f"✓ theory (quiz {len(ids)} of {len(ids)})" in minigrad("list").output
