"""Each listed mistake gets its own name, correct solutions get silence, others get the numbers."""

import importlib
import types
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.course.check import run_check
from minigrad.course.child import load_file
from minigrad.course.table import load
from minigrad.course.workspace import resources
from minigrad.scalar.gpt import softmax

COURSE = load(resources() / "labs" / "labs.toml")
LABS = {
    lab.module: (
        importlib.import_module(f"minigrad.course.checks.{lab.module}").CHECKS,
        load_file(Path(__file__).parent / "mistakes" / f"{lab.module}.py"),
    )
    for lab in COURSE.labs
    if lab.exercises
}


def judge(lab, exercise, function):
    """The result of the exercise's check on a function, as if it stood in exercise.py."""
    module = types.ModuleType("exercise")
    module.__file__ = __file__
    setattr(module, exercise, function)
    return run_check(exercise, LABS[lab][0][exercise], module, "page.md#section")


WRONG = [
    pytest.param(lab, exercise, name, function, id=f"{exercise}-{name}")
    for lab, (_, cases) in LABS.items()
    for exercise, listed in cases.MISTAKES.items()
    for name, function in listed
]
RIGHT = [
    pytest.param(lab, exercise, function, id=f"{exercise}-{i}")
    for lab, (_, cases) in LABS.items()
    for exercise, listed in cases.RIGHT.items()
    for i, function in enumerate(listed)
]


@pytest.mark.parametrize(("lab", "exercise", "name", "function"), WRONG)
def test_a_listed_mistake_gets_its_own_name(lab, exercise, name, function):
    result = judge(lab, exercise, function)
    assert result.status == "failed"
    assert name in result.mistake, str(result)
    assert result.question.endswith("?") or "?" in result.question
    assert result.received and result.expected and result.what


@pytest.mark.parametrize(("lab", "exercise", "function"), RIGHT)
def test_a_correct_solution_written_another_way_is_not_accused(lab, exercise, function):
    assert str(judge(lab, exercise, function)) == f"{exercise}: passed"


@pytest.mark.parametrize("lab", LABS)
def test_every_exercise_has_two_other_correct_solutions(lab):
    checks, cases = LABS[lab]
    assert {name: len(cases.RIGHT.get(name, [])) >= 2 for name in checks} == dict.fromkeys(
        checks, True
    )


@pytest.mark.parametrize("lab", LABS)
def test_every_name_a_check_can_give_is_given_by_a_case(lab):
    checks, cases = LABS[lab]
    for exercise, probes in checks.items():
        names = {mistake.name for probe in probes for _, mistake in probe.mistakes}
        tried = [name for name, _ in cases.MISTAKES.get(exercise, [])]
        untried = {name for name in names if not any(part in name for part in tried)}
        assert not untried, f"{exercise}: no case for {untried}"


@pytest.mark.parametrize("lab", LABS)
def test_every_mistake_links_to_a_section_that_exists(lab):
    from minigrad.course.reader import section, slug

    for probes in LABS[lab][0].values():
        for _, mistake in (pair for probe in probes for pair in probe.mistakes):
            page, anchor = mistake.see.split("#")
            text = (resources() / "theory" / page).read_text(encoding="utf-8")
            first = section(text, anchor).lstrip("#").split("\n")[0]
            assert slug(first) == anchor, f"{mistake.name}: {mistake.see}"


def spoiled(value):
    """Seven percent off: nobody's mistake."""
    if isinstance(value, tuple | list):
        return type(value)(spoiled(v) for v in value)
    return (lambda *given: spoiled(value(*given))) if callable(value) else value * 1.07


def slightly_wrong(right):
    if isinstance(right, type):
        forward = {"forward": lambda self, x: spoiled(right.forward(self, x))}
        return type(right.__name__, (right,), forward)
    return lambda *args, **options: spoiled(right(*args, **options))


Node = LABS["autograd"][1].Node  # where backward's check looks for it
UNLISTED = [
    ("autograd", "backward", lambda root: right_backward(root * Node(3.0))),
    ("norm_ablation", "RMSNorm", lambda dim: nn.LayerNorm(3 * dim)),
    ("norm_ablation", "LayerNorm", lambda dim: nn.LayerNorm(3 * dim)),
    ("scalar_gpt", "scalar_softmax", lambda x: softmax(x)[::-1]),  # else it does not sum to 1
]
# the answers of these are words, and each wrong word has its name
WORDS = {"symptoms_without_skip", "diagnose"}
NO_NUMBER = WORDS | {name for _, name, _ in UNLISTED}
UNLISTED += [
    (lab, exercise, slightly_wrong(listed[0]))
    for lab, (_, cases) in LABS.items()
    for exercise, listed in cases.RIGHT.items()
    if exercise not in NO_NUMBER
]


def right_backward(root):
    LABS["autograd"][1].right_backward(root)


@pytest.mark.parametrize(
    ("lab", "exercise", "function"), UNLISTED, ids=[exercise for _, exercise, _ in UNLISTED]
)
def test_an_unlisted_mistake_gets_expected_received_and_the_page(lab, exercise, function):
    result = judge(lab, exercise, function)
    assert (result.status, result.mistake) == ("failed", "")
    assert result.received and result.expected and result.what
    assert result.received != result.expected
    assert "received" in str(result) and "expected" in str(result)
    assert str(result).endswith("theory/page.md#section")


def test_the_tests_stand_where_the_project_does():
    assert (resources() / "labs").samefile(Path(__file__).parents[2] / "labs")


def pops(x, blocks, final_norm):
    while blocks:
        x = blocks.pop(0)(x)
    return final_norm(x)


def layer_of(**parameters):
    return type("Layer", (nn.Module,), {"__init__": lambda self, dim: made(self, dim, parameters)})


def made(self, dim, parameters):
    nn.Module.__init__(self)
    for name, shape in parameters.items():
        setattr(self, name, nn.Parameter(minigrad.ones(*shape(dim))))


@pytest.mark.parametrize(
    ("lab", "exercise", "function", "words"),
    [
        (
            "autograd",
            "mul_backward",
            lambda g, x, y: g * y,
            "returned an array, where a tuple is meant",
        ),
        (
            "autograd",
            "mul_backward",
            lambda g, x, y: (g * y, (g * x).sum()),
            "answer 2 is a number, where an array is meant",
        ),
        (
            "autograd",
            "matmul_backward",
            lambda g, x, y: (g @ y.T, x.T @ g, 0),
            "returned 3 answers, where 2 are meant",
        ),
        ("residual_depth", "pre_norm_stack", pops, "changes its input (blocks) in place"),
        (
            "norm_ablation",
            "LayerNorm",
            layer_of(weight=lambda d: (d,), beta=lambda d: (d,)),
            "no attribute 'bias'",
        ),
        (
            "norm_ablation",
            "RMSNorm",
            layer_of(weight=lambda d: (1, d)),
            "received shape (1, 4), expected shape (4,)",
        ),
        (
            "residual_depth",
            "symptoms_without_skip",
            lambda: {"gradient before": "Healthy", "gradient after": "vanished", "loss": "stalled"},
            "received 'Healthy', expected 'healthy'",
        ),
    ],
    ids=["one-of-two", "a-number", "three", "pops", "other-name", "other-shape", "other-word"],
)
def test_what_no_mistake_names_is_said_in_plain_words(lab, exercise, function, words):
    result = judge(lab, exercise, function)
    assert (result.status, result.mistake) == ("failed", ""), str(result)
    assert words in str(result)


def test_one_array_with_an_entry_per_answer_is_as_good_as_a_tuple():
    result = judge("autograd", "mul_backward", lambda g, x, y: np.stack([g * y, g * x]))
    assert result.passed, str(result)
