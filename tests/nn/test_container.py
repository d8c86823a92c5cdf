from typing import Any

import pytest

import minigrad
from minigrad.errors import ArgumentError, DtypeError, IndexRangeError
from minigrad.nn import Linear, ModuleList, ReLU, Sequential, Tanh


def test_sequential_applies_in_order() -> None:
    net = Sequential(Linear(1, 1), ReLU(), Linear(1, 1))
    for layer, weight in ((net[0], -2.0), (net[2], 3.0)):
        layer.weight.array[...] = weight
        layer.bias.array[...] = 1.0
    assert net(minigrad.tensor([[-1.0], [1.0]])).tolist() == [[10.0], [1.0]]
    x = minigrad.ones(1)
    assert Sequential()(x) is x


@pytest.mark.parametrize("kind", [lambda *m: Sequential(*m), lambda *m: ModuleList(m)])
def test_a_container_is_read_as_a_list(kind: Any) -> None:
    a, b, c = Linear(1, 1), ReLU(), Tanh()
    held = kind(a, b)
    assert held.append(c) is held
    assert len(held) == 3 and list(held) == [a, b, c]
    assert held[0] is a and held[-1] is c and held[1] is b
    assert type(held[1:]) is type(held) and list(held[1:]) == [b, c]
    assert [name for name, _ in held[1:].named_children()] == ["0", "1"]
    for index in (3, -4):
        with pytest.raises(IndexRangeError, match=rf"index {index} is out of range for 3 modules"):
            held[index]


def test_a_module_list_takes_any_iterable_and_has_no_forward() -> None:
    layers = ModuleList(Linear(1, 1) for _ in range(3))
    assert len(layers) == 3 and len(list(layers.parameters())) == 6
    assert len(ModuleList()) == 0
    with pytest.raises(ArgumentError, match=r"ModuleList has no forward\(\)"):
        layers(minigrad.ones(1))


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (ReLU, r"got type: call the class to make a layer, ReLU\(\.\.\.\)"),
        (minigrad.relu, r"got function: for a function use its module, as ReLU\(\) for relu"),
        ([ReLU()], r"got list: pass the modules one by one, Sequential\(\*modules\)"),
        (None, "got NoneType$"),
        (minigrad.ones(1), "got Tensor$"),
    ],
)
def test_what_is_no_module_is_refused_with_a_way_out(wrong: Any, hint: str) -> None:
    with pytest.raises(DtypeError, match=f"Sequential holds Modules, {hint}"):
        Sequential(Linear(1, 1), wrong)
    with pytest.raises(TypeError, match=f"ModuleList holds Modules, {hint}"):
        ModuleList([wrong])
    with pytest.raises(DtypeError, match=f"ModuleList holds Modules, {hint}"):
        ModuleList().append(wrong)


def test_a_module_list_of_one_bare_module() -> None:
    with pytest.raises(DtypeError, match="ModuleList takes a list of Modules, got Linear"):
        ModuleList(Linear(1, 1))  # type: ignore[arg-type]
