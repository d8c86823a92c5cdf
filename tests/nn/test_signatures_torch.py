"""What PyTorch has too takes its parameters under PyTorch's names, in its order, with its defaults.

Our own additions, and what stands elsewhere in PyTorch's order, are keyword-only: a positional call
means the same in both, or is an error.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import minigrad
from tests.each import each

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

OWN = {"generator"}  # PyTorch's layers and functions draw from the global generator alone


def shared_names(ours: Any, theirs: Any) -> list[str]:
    """The functions, classes and methods under one name in both."""
    unlike = {
        "to",  # of a module: dtype alone, for there are no devices
        "named_modules",  # without PyTorch's internal memo
        "forward",  # each layer's own
        "Tensor",
        "Any",
    }
    return [
        name
        for name, value in vars(ours).items()
        if callable(value) and name[0] != "_" and hasattr(theirs, name) and name not in unlike
    ]


def cases() -> dict[str, tuple[Any, Any]]:
    nn, optim = minigrad.nn, minigrad.optim
    return {
        f"{ours.__name__.removeprefix('minigrad.')}.{n}": (getattr(ours, n), getattr(theirs, n))
        for ours, theirs in (
            (nn, torch.nn),
            (nn.functional, torch.nn.functional),
            (nn.init, torch.nn.init),
            (nn.utils, torch.nn.utils),
            (optim, torch.optim),
            (optim.lr_scheduler, torch.optim.lr_scheduler),
            (nn.Module, torch.nn.Module),
            (optim.Optimizer, torch.optim.Optimizer),
        )
        for n in shared_names(ours, theirs)
    }


def parameters(function: Callable) -> dict[str, inspect.Parameter]:
    """Its parameters; of a function written in C from the first line of its docstring."""
    try:
        found = dict(inspect.signature(function).parameters)
    except ValueError:
        line = re.match(r"\s*\w+\((.*?)\)\s*->", function.__doc__ or "", re.DOTALL)
        assert line is not None, function
        parts = re.sub(r"\s+", " ", line[1]).split(", ")
        found = {}
        keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
        for part in parts:
            name, _, default = part.strip().partition("=")
            value = eval(default) if default else inspect.Parameter.empty
            found[name.strip()] = inspect.Parameter(name.strip(), keyword, default=value)
    return {
        name: p
        for name, p in found.items()
        if name != "self" and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    }


CASES = cases()


@each(lambda name: name.rpartition(".")[0], pair=CASES)
def test_signature(pair: tuple[Any, Any]) -> None:
    mine, known = map(parameters, pair)
    assert [name for name in mine if name in known] == [name for name in known if name in mine]
    for name in mine.keys() - known.keys():
        assert name in OWN and mine[name].kind is inspect.Parameter.KEYWORD_ONLY, name
    positional = [n for n, p in mine.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional == list(known)[: len(positional)]
    for name in mine.keys() & known.keys():
        default = mine[name].default
        if callable(default) and default is not inspect.Parameter.empty:  # each engine's own
            default = known[name].default if default.__name__ == known[name].default.__name__ else 0
        assert default in (known[name].default, inspect.Parameter.empty, ()), name


def test_the_list_of_cases_is_whole() -> None:
    names = {name.rsplit(".", 1)[1] for name in CASES}
    expected = (
        "Linear Embedding LayerNorm RMSNorm Dropout GELU Sequential ModuleList CrossEntropyLoss "
        "cross_entropy gelu linear kaiming_normal_ trunc_normal_ calculate_gain clip_grad_norm_ "
        "SGD Adam AdamW LambdaLR load_state_dict register_buffer register_forward_hook zero_grad"
    )
    assert set(expected.split()) <= names
