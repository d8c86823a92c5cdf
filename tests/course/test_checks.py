"""Every mistake gets its own name, and every mutant of a solution is noticed."""

import ast
import importlib
import inspect
import types

import pytest

from minigrad.course.check import Trial, implementations
from minigrad.course.naming import recognise
from minigrad.course.reader import section, slug
from minigrad.course.table import load
from minigrad.course.verdict import first_failure, run_check
from minigrad.course.workspace import resources
from tests.course.right_ways import CASES

COURSE = load()
LAB = {e.name: lab for lab in COURSE.labs for e in lab.exercises}
CHECKS = {
    name: importlib.import_module(f"minigrad.course.checks.{lab.module}").CHECKS
    for name, lab in LAB.items()
}
EXERCISES = list(LAB)


def judge(exercise, function, seed=0):
    """The result of the exercise's check on a function, as if it stood in exercise.py."""
    module = types.ModuleType("exercise")
    module.__file__ = __file__
    setattr(module, exercise, function)
    return run_check(exercise, CHECKS[exercise], module, seed)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_each_mistake_gets_its_own_name(exercise):
    check = CHECKS[exercise][exercise]
    trial = Trial(check, seed=1)
    assert all(trial.label(i) for i in range(len(check.probes)))
    for mistake in check.mistakes:
        for number, wrong in enumerate(implementations(check.right, mistake)):
            failure = first_failure(trial, wrong)
            assert failure, f"{mistake.name}, number {number}, passes"
            named = recognise(trial, wrong, failure[0])
            assert named and named.name == mistake.name, f"number {number}: {named}"


@pytest.mark.parametrize("exercise", EXERCISES)
def test_each_mistake_has_a_name_of_its_own_asks_a_question_and_links_to_a_section(exercise):
    mistakes = CHECKS[exercise][exercise].mistakes
    assert len({m.name for m in mistakes}) == len(mistakes)
    assert all("?" in m.question for m in mistakes)
    for see in {m.see for m in mistakes if m.see} | {COURSE.exercise(exercise).theory}:
        page, anchor = see.split("#")
        text = (resources() / "theory" / page).read_text(encoding="utf-8")
        assert slug(section(text, anchor).lstrip("#").split("\n")[0]) == anchor, see


# -- mutants -------------------------------------------------------------------------------------

OTHER = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult, ast.MatMult: ast.Mult,
}  # fmt: skip


def changes(node):
    """What to change of a node of a solution: (an attribute, another value)."""
    value = getattr(node, "value", None)
    if isinstance(node, ast.Constant) and type(value) in (int, float):
        return [("value", v) for v in (value + 1, value * 1.1 + (value == 0) * 0.1)
                if type(value) is float or v == int(v)]  # fmt: skip
    if isinstance(node, ast.Constant) and type(value) is bool:
        return [("value", not value)]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in OTHER:
        return [("ops", [OTHER[type(node.ops[0])](), *node.ops[1:]])]
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in OTHER:
        return [("op", OTHER[type(node.op)]())]
    return []


def mutants(right):
    """(what was changed, the changed function) for each number, comparison, and operation."""
    tree = ast.parse(inspect.getsource(right))
    for node in ast.walk(tree):
        for name, other in changes(node):
            before, own = ast.unparse(node), getattr(node, name)
            setattr(node, name, other)
            namespace = dict(vars(inspect.getmodule(right)))
            exec(compile(ast.fix_missing_locations(tree), "mutant", "exec"), namespace)
            yield f"{before} → {ast.unparse(node)}", namespace[right.__name__]
            setattr(node, name, own)


# mutants that no probe can tell from the solution, and why
FINER = "a grid that is finer or wider by so little gives the same integral"
ON_THE_LINE = "nobody's loss is the limit to the last digit"
SAME = {
    "tanh_moment": dict.fromkeys(["4001 → 4002", "10 → 11", "10 → 11.0"], FINER),
    "initial_loss": dict.fromkeys(["2001 → 2002", "8 → 9"], FINER),
    "forecast": {
        "60 → 61": "an interval of 1e-18 has no middle to halve",
        "middle + np.exp(middle) < 1 + time → middle + np.exp(middle) <= 1 + time": ON_THE_LINE,
    },
    "multi_head": {"True → False": "strict=True guards against a caller's mistake"},
    "update_ratio": {"True → False": "strict=True guards against a caller's mistake"},
    "loss_scale": {"65504.0 → 65505.0": "no gradient lies between the two"},
    "diagnose": {
        "losses[0] > 2 * math.log(classes) → losses[0] >= 2 * math.log(classes)": ON_THE_LINE,
        "end > 0.93 * unigram → end >= 0.93 * unigram": ON_THE_LINE,
        "end < 0.3 → end <= 0.3": ON_THE_LINE,
    },
    "power_iteration": dict.fromkeys(["0.0 → 0.1", "0.0 → 1.0"], "every round sets the value"),
    "clip_gradients": {
        "norm > 0 → norm >= 0": "1 / 0.0 is inf for NumPy, and min(1, inf) is 1",
        "1.0 → 2.0": "what zeros are multiplied by does not matter",
        "1.0 → 1.1": "what zeros are multiplied by does not matter",
    },
}


@pytest.mark.parametrize("exercise", EXERCISES)
def test_each_change_of_a_number_or_an_operation_in_a_solution_is_noticed(exercise):
    check = CHECKS[exercise][exercise]
    passed = [
        what
        for what, mutant in mutants(check.right)
        if first_failure(Trial(check, seed=2), mutant) is None
    ]
    assert set(passed) == set(SAME.get(exercise, {}))


@pytest.mark.parametrize("seed", [3, 4, 5])
@pytest.mark.parametrize(("exercise", "function"), CASES, ids=[name for name, _ in CASES])
def test_right_code_written_another_way_is_not_accused(exercise, function, seed):
    assert str(judge(exercise, function, seed)) == f"{exercise}: passed"


def unlisted(right):
    """Seven percent off, and no two answers by the same: nobody's mistake."""

    def spoiled(value, k=1.07):
        if isinstance(value, tuple | list):
            return type(value)(spoiled(v, k + 0.01 * i) for i, v in enumerate(value))
        return value * k

    return lambda *args, **options: spoiled(right(*args, **options))


@pytest.mark.parametrize(
    "exercise", ["mul_backward", "rms_norm_backward", "stream_walk", "predicted_walk"]
)
def test_an_unlisted_mistake_gets_expected_received_and_the_page(exercise):
    result = judge(exercise, unlisted(CHECKS[exercise][exercise].right))
    assert (result.status, result.mistake) == ("failed", "")
    assert result.received and result.expected and result.what
    assert str(result.pointing_to("page.md#section")).endswith("theory/page.md#section")


@pytest.mark.parametrize(
    ("exercise", "function", "words"),
    [
        ("mul_backward", lambda g, x, y: g * y, "returned an array, where a tuple is meant"),
        ("mul_backward", lambda g, x, y: (g * y, (g * x).sum()), "gy is a number, where an array"),
        ("matmul_backward", lambda g, x, y: (g @ y.T, x.T @ g, 0), "3 answers, where 2 are meant"),
        ("mul_backward", lambda g, x, y: (g * y, g * x + x**3), "gy"),
        ("clip_gradients", lambda gs, most: None, "returned None, where a list is meant"),
        ("pre_norm_stack", lambda x, blocks, n: n(blocks.pop()(x)), "changes its input (blocks)"),
        ("linear_moment", lambda q, n, s: exit(), "called exit()"),
    ],
    ids=["one-of-two", "a-number", "three", "second", "none", "pops", "exit"],
)
def test_what_no_mistake_names_is_said_in_plain_words(exercise, function, words):
    result = judge(exercise, function)
    assert (result.status, result.mistake) == ("failed", ""), str(result)
    assert words in str(result)


CAUSAL = CHECKS["causal_attention"]["causal_attention"].right
SCALE = CHECKS["loss_scale"]["loss_scale"].right
NOT_USED = "the argument limit is not used: it is always 65504.0"
OTHER_DEFAULT = "the default of limit is 1000.0, where 65504.0 is meant"


@pytest.mark.parametrize(
    ("exercise", "function", "words"),
    [
        ("causal_attention", lambda *a: 2 * CAUSAL(*a), "every number is 2 times"),
        ("causal_attention", lambda *a: -CAUSAL(*a), "the sign is turned round"),
        ("loss_scale", lambda gradients, limit=65504.0: SCALE(gradients), NOT_USED),
        ("loss_scale", lambda gradients, limit=1000.0: SCALE(gradients, limit), OTHER_DEFAULT),
    ],
    ids=["doubled", "turned", "not used", "another default"],
)
def test_what_the_numbers_or_a_default_show_is_named(exercise, function, words):
    assert words in judge(exercise, function).mistake
