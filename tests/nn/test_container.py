from typing import Any

import pytest

import minigrad
from minigrad.errors import ArgumentError, DtypeError, IndexRangeError, ShapeError
from minigrad.nn import (
    Linear,
    Module,
    ModuleDict,
    ModuleList,
    Parameter,
    ParameterList,
    ReLU,
    Sequential,
    Tanh,
)


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


def names(module: Module) -> list[str]:
    return [name for name, _ in module.named_children()]


def test_a_slice_of_sequential_keeps_its_keys_and_one_of_a_list_does_not() -> None:
    a, b, c = Linear(1, 1), ReLU(), Linear(1, 1)
    rest = Sequential(a, b, c)[1:]
    assert list(rest.state_dict()) == ["2.weight", "2.bias"]
    assert names(rest.append(Tanh())) == ["1", "2", "3"] and rest[2] is not c
    assert names(ModuleList([a, b, c])[1:]) == ["0", "1"]


@pytest.mark.parametrize("kind", [lambda *m: Sequential(*m), lambda *m: ModuleList(m)])
def test_a_container_is_changed_as_a_list(kind: Any) -> None:
    a, b, c, d = Linear(1, 1), ReLU(), Tanh(), Linear(1, 1)
    held = kind(a, b)
    held[-1] = c
    assert list(held) == [a, c]
    held += [d]
    assert held.insert(1, b) is held
    assert list(held) == [a, b, c, d] and names(held) == ["0", "1", "2", "3"]
    assert list(held.state_dict())[-1] == "3.bias"
    del held[1:3]
    assert list(held) == [a, d] and names(held) == ["0", "1"]
    del held[-1]
    assert list(held) == [a] and list(held.state_dict()) == ["0.weight", "0.bias"]
    with pytest.raises(IndexRangeError):
        del held[1]
    with pytest.raises(IndexRangeError):
        held[1] = b
    with pytest.raises(DtypeError, match="holds Modules, got function"):
        held[0] = minigrad.relu
    assert list(held) == [a]


def test_a_shape_that_does_not_fit_names_the_layer() -> None:
    inner = Sequential({"first": Linear(4, 8), "second": Linear(4, 2)})
    with pytest.raises(ShapeError) as error:
        Sequential(ReLU(), inner)(minigrad.randn(3, 4))
    reason, *path = str(error.value).split("\n  in layer ")
    assert reason.startswith("linear: input (..., in) must end in")
    assert path == ["second, Linear", "1, Sequential"]


def test_a_sequential_of_names() -> None:
    net = Sequential({"first": Linear(1, 2), "act": ReLU()})
    assert net[0] is net.first and names(net) == ["first", "act"]
    assert list(net.state_dict()) == ["first.weight", "first.bias"]
    assert names(net[1:]) == ["act"] and net(minigrad.ones(1)).shape == (2,)
    with pytest.raises(ArgumentError, match="'forward' is an attribute already"):
        Sequential({"forward": ReLU()})


def test_a_module_dict() -> None:
    act, layer = ReLU(), Linear(1, 1)
    held = ModuleDict({"act": act})
    held["layer"] = layer
    assert list(held) == list(held.keys()) == ["act", "layer"] and len(held) == 2
    assert held["layer"] is held.layer is layer and list(held.values()) == [act, layer]
    assert dict(held.items()) == {"act": act, "layer": layer}
    assert "act" in held and "training" not in held
    assert list(held.state_dict()) == ["layer.weight", "layer.bias"]
    held.update({"act": Tanh()})
    assert list(held) == ["act", "layer"] and isinstance(held.act, Tanh)
    del held["layer"]
    assert list(held) == ["act"] and not list(held.parameters())
    for absent in ("layer", "training"):
        with pytest.raises(KeyError):
            held[absent]
        with pytest.raises(KeyError):
            del held[absent]
    with pytest.raises(DtypeError, match="ModuleDict holds Modules, got function"):
        held["relu"] = minigrad.relu  # type: ignore[assignment]
    with pytest.raises(ArgumentError, match="'keys' is an attribute already"):
        held["keys"] = ReLU()


def test_a_parameter_list() -> None:
    first = Parameter(minigrad.ones(2))
    held = ParameterList([first, minigrad.zeros(3)])
    assert len(held) == 2 and held[0] is first and isinstance(held[-1], Parameter)
    assert list(held) == list(held.parameters()) and list(held.state_dict()) == ["0", "1"]
    assert held.append(first)[2] is first and len(held) == 3 and len(list(held.parameters())) == 2
    assert (
        repr(ParameterList([first])) == "ParameterList(\n  (0): Parameter float32 of size (2,)\n)"
    )
