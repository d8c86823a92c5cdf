"""Backward over a small graph, one step at a time, as `scalar.Value` does it."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.scalar import Value

MOST = 24  # nodes that a page can show
BINARY: dict[type, tuple[str, Callable[..., Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("−", operator.sub),
    ast.Mult: ("×", operator.mul),
    ast.Div: ("÷", operator.truediv),
    ast.Pow: ("^", operator.pow),
}
CALLS: dict[str, Callable[[Value], Value]] = {
    "exp": Value.exp,
    "log": Value.log,
    "relu": Value.relu,
}


def graph(expression: str, values: dict[str, float]) -> dict[str, Any]:
    """The graph of an expression: its nodes, oldest first, and backward's steps, newest first.

    A name that stands twice is one node with two uses, whose gradients add.

    Raises:
        ArgumentError: it holds more than names, numbers, + - * / ** and exp, log, relu, or it
        cannot be computed with these values.
    """
    try:
        tree = ast.parse(str(expression)[:200], mode="eval").body
    except (SyntaxError, ValueError):
        raise ArgumentError("this is not a whole expression yet") from None
    leaves: dict[str, Value] = {}
    labels: dict[Value, str] = {}
    try:
        out = _value(tree, values, leaves, labels)
    except (ZeroDivisionError, OverflowError, ValueError, TypeError) as error:
        raise ArgumentError(f"it cannot be computed with these values: {error}") from None
    if not isinstance(out, Value):
        raise ArgumentError("it needs a name, such as x: numbers alone have no gradient")
    nodes = _nodes(out)
    if len(nodes) > MOST:
        raise ArgumentError(f"it has {len(nodes)} nodes; a page shows up to {MOST}")
    at = {node: i for i, node in enumerate(nodes)}
    shown: list[dict[str, Any]] = [
        {
            "label": labels.get(node, "×" if len(node.inputs) > 1 else "·"),
            "value": node.data,
            "inputs": [at[x] for x in node.inputs],
            "local": list(node.local),
        }
        for node in nodes
    ]
    if not all(math.isfinite(node["value"]) for node in shown):
        raise ArgumentError("a value on the way is not finite")
    return {"nodes": shown, "steps": _steps(shown), "names": list(leaves)}


def _value(
    tree: ast.AST, values: dict[str, float], leaves: dict[str, Value], labels: dict[Value, str]
) -> Any:
    """The Value of an expression, or a plain number; new Values are given their labels."""
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int | float):
        return float(tree.value)
    if isinstance(tree, ast.Name):
        if tree.id not in leaves:
            leaves[tree.id] = Value(float(values.get(tree.id, 1.0)))
            labels[leaves[tree.id]] = tree.id
        return leaves[tree.id]
    inside = [
        x for x in ast.iter_child_nodes(tree) if not isinstance(x, ast.operator | ast.unaryop)
    ]
    if isinstance(tree, ast.BinOp) and type(tree.op) in BINARY:
        sign, op = BINARY[type(tree.op)]
    elif isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        sign, op = "−", operator.neg
    elif isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id in CALLS:
        sign, op, inside = tree.func.id, CALLS[tree.func.id], list(tree.args)
    else:
        raise ArgumentError("it may hold names, numbers, + - * / ** and exp, log, relu")
    given = [_value(part, values, leaves, labels) for part in inside]
    if sign in CALLS and (len(given) != 1 or not isinstance(given[0], Value)):
        raise ArgumentError(f"{sign} takes one value that depends on a name")
    out = op(*given)
    if isinstance(out, complex):
        raise ValueError("it is not a real number")
    if isinstance(out, Value):
        number = [f"{x:g}" for x in given if not isinstance(x, Value)]
        labels[out] = " ".join([sign, *number]) if out.inputs else sign
        if len(given) == 2 and isinstance(given[0], Value) and sign in "−÷":
            for x in out.inputs:  # a − b is a + (b · −1), a ÷ b is a · b⁻¹
                labels.setdefault(x, "· −1" if sign == "−" else "^ −1")
            if all(isinstance(x, Value) for x in given):
                labels[out] = "+" if sign == "−" else "×"
    return out


def _nodes(out: Value) -> list[Value]:
    """All that ``out`` was computed from, oldest first."""
    reached = [out]
    for node in reached:
        reached += [x for x in dict.fromkeys(node.inputs) if x not in reached]
    return sorted(reached, key=lambda node: node.index)


def _steps(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """From the newest node to the oldest: what each sends to its inputs, and their sums so far."""
    grads = [0.0] * len(nodes)
    grads[-1] = 1.0
    steps: list[dict[str, Any]] = []
    for at in range(len(nodes) - 1, -1, -1):
        sends = []
        for to, local in zip(nodes[at]["inputs"], nodes[at]["local"], strict=True):
            grads[to] += local * grads[at]
            sends.append({"to": to, "local": local, "adds": local * grads[at], "sum": grads[to]})
        if sends:
            steps.append({"node": at, "grad": grads[at], "sends": sends})
    return steps
