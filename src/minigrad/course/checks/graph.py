"""Checks of the warm-up's backward over a graph."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, growing, instead, probe, solutions

lab = solutions("autograd")


def node_of(backward: Any) -> Any:
    """The Node that stands in the file where this backward does."""
    file = sys.modules.get(getattr(backward, "__module__", ""))
    return getattr(file, "Node", lab.Node)


def gradients(backward: Any, build: Callable[..., Any], *values: Any, times: int = 1) -> Any:
    """Build a graph on leaves of these values, call backward, return every node's gradient."""
    node = node_of(backward)
    nodes = dict(zip("xyz", map(node, values), strict=False))
    for _ in range(times):
        nodes |= (
            build(*nodes.values()) if times == 1 else build(*list(nodes.values())[: len(values)])
        )
        backward(nodes["root"])
    return {f"{k}.grad": None if n.grad is None else np.array(n.grad) for k, n in nodes.items()}


def graph(what: str, build: Callable[..., Any], draw: Any, times: int = 1) -> Any:
    def run(backward: Any, *values: Any) -> Any:
        return gradients(backward, build, *values, times=times)

    return drawn(what, draw, run)


def numbers(count: int, shape: tuple[int, ...] = ()) -> Any:
    return lambda rng: [np.asarray(rng.uniform(1, 3, shape)) for _ in range(count)]


def polynomial(x: Any) -> Any:
    a = x * x
    return {"a": a, "root": a * (a + x)}


def mirrored(x: Any) -> Any:
    a = x * x
    return {"a": a, "root": (a + x) * a}


def doubled(x: Any) -> Any:
    return {"root": x * x}


def shared(x: Any, y: Any) -> Any:
    a = x + y
    return {"a": a, "root": a + x}


def uneven(x: Any) -> Any:
    """A leaf used near the root and, through a longer path, far from it."""
    long = x * x
    for _ in range(3):
        long = long + long
    return {"root": x * long}


def product(x: Any, y: Any, z: Any) -> Any:
    b = y * z
    a = x * b
    return {"b": b, "a": a, "root": (b + a) * (a + z)}


def doublings(backward: Any, n: int) -> Any:
    x = total = node_of(backward)(1.0)
    for _ in range(n):
        total = total + total
    backward(total)
    return {"x.grad": x.grad}


def chain(backward: Any, n: int) -> Any:
    node = node_of(backward)
    x = total = node(1.0)
    one = node(0.0)
    for _ in range(n):
        total = total + one
    backward(total)
    return {"x.grad": x.grad}


def twice_from_one_root(backward: Any) -> Any:
    """backward twice from the very same root."""
    node = node_of(backward)
    x = node(3.0)
    a = x * x
    root = a * x
    backward(root)
    backward(root)
    return {"x.grad": x.grad, "a.grad": a.grad, "root.grad": root.grad}


def single(backward: Any) -> Any:
    root = node_of(backward)(np.array([2.0, 5.0]))
    backward(root)
    return {"root.grad": root.grad}


# -- wrong ones, which are not the solution with a piece replaced ------------------------------


def sweep(order: list[Any], add: Callable[[Any, Any], None]) -> None:
    for node in order:
        node.grad = None if node.edges else node.grad
    order[0].grad = np.ones_like(order[0].value)
    for node in order:
        for parent, pull in node.edges:
            add(parent, pull(node.grad))


def plus(parent: Any, g: Any) -> None:
    parent.grad = g if parent.grad is None else parent.grad + g


def in_sight(root: Any, first: int, left: bool = False, late: bool = False) -> list[Any]:
    """Nodes as one comes upon them: the stack's last (first = −1) or the queue's first (0);
    ``left``: the left parent is pushed last; ``late``: seen is what was taken, not pushed."""
    order, seen, waiting = [], {id(root)}, [root]
    taken: set[int] = set()
    while waiting:
        node = waiting.pop(first)
        if late and id(node) in taken:
            continue
        taken.add(id(node))
        order.append(node)
        for parent, _ in node.edges[::-1] if left else node.edges:
            if late or id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)
    return order


def on_sight(first: int, left: bool = False, late: bool = False) -> Callable[[Any], None]:
    return lambda root: sweep(in_sight(root, first, left, late), plus)


def per_path(root: Any, g: Any = None) -> None:
    """Recursive, once per path, and with all that has arrived, also what was passed on before."""
    if g is None:
        for node in in_sight(root, 0):
            node.grad = None if node.edges else node.grad
        g = root.grad = np.ones_like(root.value)
    for parent, pull in root.edges:
        plus(parent, pull(g))
        per_path(parent, parent.grad)


def recursive(root: Any) -> None:
    order, seen = [], set()

    def visit(node: Any) -> None:
        if id(node) not in seen:
            seen.add(id(node))
            for parent, _ in node.edges:
                visit(parent)
            order.append(node)

    visit(root)
    sweep(order[::-1], plus)


def freed(root: Any) -> None:
    lab.backward(root)
    for node in in_sight(root, 0):
        node.grad = None if node.edges else node.grad


def kept(root_too: bool) -> Callable[[Any], None]:
    """Adds to the gradients of an earlier backward in the nodes between, too."""

    def backward(root: Any) -> None:
        nodes = [n for n in in_sight(root, 0) if n.edges and (root_too or n is not root)]
        before = [n.grad for n in nodes]
        lab.backward(root)
        for node, old in zip(nodes, before, strict=True):
            if old is not None:
                node.grad = node.grad + old

    return backward


EARLIER = "if parent.grad is None else parent.grad + g"
ALIASED = (
    "if parent.grad is None:\n                parent.grad = g\n            else:\n"
    "                parent.grad += g"
)

# fmt: off
CHECKS = {
    "backward": check(lab.backward, [
        graph("the gradients of x²(x² + x) at x = 2", polynomial, lambda rng: [2.0]),
        graph("the gradients of (x² + x)x² at x = {:.4g}", mirrored, numbers(1)),
        graph("the gradients of (x + y) + x, for arrays", shared, numbers(2, (2,))),
        graph("the gradients of x · 8x²: x is used near the root and far from it", uneven,
            numbers(1, (2, 3))),
        graph("the gradients of (yz + xyz)(xyz + z)", product, numbers(3)),
        probe("the gradient of a root that depends on nothing", run=single),
        graph("the gradients of x² at x = 3, after backward through two graphs on one x",
            doubled, lambda rng: [3.0], times=2),
        probe("the gradients of x³ at x = 3, after a second backward from the same root",
            run=twice_from_one_root),
        growing("x.grad after doublings of x = 1", (8, 12, 16, 60), doublings),
        growing("x.grad through additions in a row", (1100, 2200, 10_000), chain,
            expected={"x.grad": 1.0}),
    ], [
        (edit(f"g {EARLIER}", "g"),
         "a second use overwrites the gradient of the first",
         "x is used three times in x²(x² + x). How do the paths' contributions combine?"),
        ([on_sight(first, left, late) for first in (-1, 0) for left in (False, True)
          for late in (False, True)],
         "a node passed its gradient on before all of it had arrived",
         "When is a node's gradient complete? Which nodes must have had their turn before it?"),
        (per_path,
         "a node's gradient was passed on once per path, the earlier part again each time",
         "A node that is reached by two paths: how often should it hand its gradient to its "
             "parents?"),
        (instead("root.grad = np.ones_like(root.value)", "pass",
                 "root.grad = np.zeros_like(root.value)"),
         "the root has no gradient to start from",
         "What is the derivative of root by root?"),
        (edit(f"g {EARLIER}", "g if parent.grad is None else parent.grad * g"),
         "the contributions of two uses are multiplied; they add",
         "x + x has slope 2 in x. What do two slopes of 1 give by your rule?"),
        (edit("np.ones_like(root.value)", "1.0"),
         "the root starts from one number, where each of its entries has a slope of its own",
         "Which shape has the gradient of a root of shape (2,)?"),
        (edit("np.ones_like(root.value)", "root.value.copy()"),
         "the root starts from its own value, not from ones",
         "What is the derivative of root by root?"),
        (edit(f"parent.grad = g {EARLIER}", ALIASED),
         "an in-place addition wrote into an array that another node holds too",
         "x + y hands the very same g to both. What happens to y.grad when you do x.grad += …?"),
        (recursive,
         "the walk through the graph is recursive, and Python's stack is about 1,000 calls deep",
         "How would a list that you push to and pop from replace the recursion?"),
        ([edit("if parent.edges:\n                    parent.grad = None\n", "pass\n"), kept(False),
          kept(True)],
         "a node between still held the gradient of an earlier backward; only a leaf collects",
         "Only a leaf collects over several calls. With which grad must the others begin?"),
        (edit("if parent.edges:", "if True:"),
         "a leaf lost what an earlier backward had left in its grad; PyTorch adds to it",
         "Why does a training step call zero_grad, if backward begins at 0 by itself?"),
        (lambda root: sweep([root], plus),
         "only the nodes that root is made of directly got a gradient",
         "What does a parent of root do with its gradient when it has it?"),
        (freed,
         "only the leaves have a grad at the end; every node that root depends on is meant",
         "Which nodes does the docstring promise a grad to?"),
    ]),
}
