import gc
import math
import subprocess
import sys
from collections.abc import Callable
from random import Random

import pytest

from minigrad.scalar.value import Value, dot, total

CASES: dict[str, Callable[[Value, Value], Value]] = {
    "add": lambda a, b: a + b,
    "add a number": lambda a, b: (2 + a) + (b + 3.0),
    "mul": lambda a, b: a * b,
    "mul a number": lambda a, b: (2 * a) * (b * 3.0),
    "sub": lambda a, b: (a - b) * (1 - a) * (b - 2),
    "div": lambda a, b: a / b + 1 / a + b / 2,
    "pow": lambda a, b: a**3 + b**-0.5 + a**0 + b**1,
    "neg": lambda a, b: -a * b,
    "exp": lambda a, b: (a * b).exp(),
    "log": lambda a, b: (a * b).log(),
    "relu": lambda a, b: (a * b).relu() + (a - b).relu() + (b - a).relu(),
    "dot": lambda a, b: dot([a, b, a], [b, b, Value(2.0)]),
    "total": lambda a, b: total([a, b * b, a]),
    "shared": lambda a, b: (a * a) * (a * a + b),
}


@pytest.mark.parametrize("name", CASES)
def test_gradients_agree_with_central_differences(name: str) -> None:
    f, random = CASES[name], Random(name)
    for _ in range(5):
        x, y = random.uniform(0.5, 2), random.uniform(0.5, 2)
        a, b = Value(x), Value(y)
        f(a, b).backward()
        h = 1e-6

        def value(x: float, y: float) -> float:
            return f(Value(x), Value(y)).data

        assert a.grad == pytest.approx((value(x + h, y) - value(x - h, y)) / (2 * h), abs=1e-6)
        assert b.grad == pytest.approx((value(x, y + h) - value(x, y - h)) / (2 * h), abs=1e-6)


def test_a_value_used_twice_gets_both_contributions() -> None:
    x = Value(2.0)
    (x**2 * (x**2 + x)).backward()
    assert x.grad == 44.0  # 4x³ + 3x²


def test_leaves_accumulate_and_inner_values_do_not() -> None:
    x = Value(3.0)
    inner = x * x
    y = inner * 2
    y.backward()
    y.backward()
    assert (x.grad, inner.grad, y.grad) == (24.0, 2.0, 1.0)


def test_backward_on_a_leaf_is_one() -> None:
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0


def test_relu_passes_no_gradient_at_or_below_zero() -> None:
    for at, expected in [(-1.0, 0.0), (0.0, 0.0), (1.0, 1.0)]:
        x = Value(at)
        x.relu().backward()
        assert x.grad == expected


def test_a_chain_of_200_000_operations_differentiates_and_is_freed() -> None:
    x = Value(0.0)
    y = x
    for _ in range(200_000):
        y = y + 1e-5
    y.backward()
    assert (x.grad, y.data) == (1.0, pytest.approx(2.0))
    del y


def test_a_graph_is_freed_without_the_collector() -> None:
    def values() -> int:
        return sum(type(o) is Value for o in gc.get_objects())

    while gc.collect():  # what earlier tests left behind may take several rounds
        pass
    before = values()
    gc.disable()
    try:
        x = Value(2.0)
        ((x * x).exp() + x).backward()
        assert values() == before + 1
    finally:
        gc.enable()


def test_errors_say_what_to_do() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"write \(b \* a\.log\(\)\)\.exp\(\)"):
        x ** Value(2.0)  # type: ignore[operator]
    with pytest.raises(ValueError, match=r"log needs a positive value, got -1\.0"):
        Value(-1.0).log()
    with pytest.raises(ValueError, match="two lists of one length, got 1 and 2"):
        dot([x], [x, x])


def test_repr_and_zero_power() -> None:
    x = Value(0.0)
    y = x**0
    y.backward()
    assert (y.data, x.grad) == (1.0, 0.0)
    assert repr(Value(1 / 3)) == "Value(0.333333, grad=0)"
    assert math.isclose((Value(1.0) / 3).data, 1 / 3)


def test_nothing_outside_the_standard_library_is_loaded() -> None:
    code = (
        "import sys, importlib.util, types;"
        "sys.modules['minigrad'] = package = types.ModuleType('minigrad');"
        "package.__path__ = [sys.argv[1]];"
        "import minigrad.scalar;"
        "outside = {m.partition('.')[0] for m in sys.modules} - set(sys.stdlib_module_names);"
        "print(sorted(m for m in outside if not m.startswith('_')))"
    )
    folder = str(__import__("minigrad").__path__[0])
    out = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, folder], check=True, capture_output=True, text=True
    )
    assert out.stdout.strip() == "['minigrad']"
