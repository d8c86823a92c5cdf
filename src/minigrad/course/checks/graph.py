"""Checks of the warm-up's backward over a graph."""

import sys
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, growing, instead, solutions

lab = solutions("autograd")


def node_of(backward: Any) -> Any:
    """The Node that stands in the file where this backward does."""
    file = sys.modules.get(getattr(backward, "__module__", ""))
    return getattr(file, "Node", lab.Node)


def graph(what: str, draw: Any, graphs: int = 1, times: int = 1, **nodes: str) -> Any:
    """A probe: build these nodes on leaves x, y, z with the values drawn, and call backward on
    ``root``; every node's gradient. ``graphs``: are built one after the other on the same leaves;
    ``times``: that backward is called from each root."""

    def run(backward: Any, *values: Any) -> Any:
        made = dict(zip("xyz", map(node_of(backward), values), strict=False))
        for _ in range(graphs):
            for name, text in nodes.items():
                made[name] = eval(text, {}, made)
            for _ in range(times):
                backward(made["root"])
        return {f"{k}.grad": None if n.grad is None else np.array(n.grad) for k, n in made.items()}

    return drawn(what, draw, run)


def numbers(count: int, shape: tuple[int, ...] = ()) -> Any:
    return lambda rng: [np.asarray(rng.uniform(1, 3, shape)) for _ in range(count)]


def additions(backward: Any, n: int, doubling: bool) -> Any:
    """x's gradient through n additions: of the sum to itself, or of a constant."""
    x = total = node_of(backward)(1.0)
    zero = node_of(backward)(0.0)
    for _ in range(n):
        total = total + (total if doubling else zero)
    backward(total)
    return {"x.grad": x.grad}


# -- wrong ones, which are not the solution with a piece replaced ------------------------------


def sweep(order: list[Any]) -> None:
    """Pass gradients on in this order of the nodes."""
    for node in order:
        node.grad = None if node.edges else node.grad
    order[0].grad = np.ones_like(order[0].value)
    for node in order:
        for parent, pull in node.edges:
            plus(parent, pull(node.grad))


def plus(parent: Any, g: Any) -> None:
    parent.grad = g if parent.grad is None else parent.grad + g


def in_sight(root: Any, first: int = 0, left: bool = False) -> list[Any]:
    """Nodes as one comes upon them: the stack's last (first = −1) or the queue's first (0);
    ``left``: the left parent is pushed last."""
    order, seen, waiting = [], {id(root)}, [root]
    while waiting:
        node = waiting.pop(first)
        order.append(node)
        for parent, _ in node.edges[::-1] if left else node.edges:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append(parent)
    return order


def clear(root: Any) -> None:
    for node in in_sight(root):
        node.grad = None if node.edges else node.grad


def per_path(root: Any, g: Any = None) -> None:
    """Recursive, once per path, and with all that has arrived, also what was passed on before."""
    if g is None:
        clear(root)
        root.grad = np.ones_like(root.value)
    for parent, pull in root.edges:
        plus(parent, pull(root.grad))
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
    sweep(order[::-1])


def freed(root: Any) -> None:
    lab.backward(root)
    clear(root)


def kept(root_too: bool) -> Callable[[Any], None]:
    """Adds to the gradients of an earlier backward in the nodes between, too."""

    def backward(root: Any) -> None:
        nodes = [n for n in in_sight(root) if n.edges and (root_too or n is not root)]
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
        graph("the gradients of x²(x² + x) at x = 2", lambda rng: [2.0],
              a="x * x", root="a * (a + x)"),
        graph("the gradients of (x² + x)x² at x = {:.4g}", numbers(1),
              a="x * x", root="(a + x) * a"),
        graph("the gradients of (x + y) + x, for arrays", numbers(2, (2,)),
              a="x + y", root="a + x"),
        graph("the gradients of x · 8x²: x is used near the root and far from it",
              numbers(1, (2, 3)), a="x * x", b="a + a", c="b + b", d="c + c", root="x * d"),
        graph("the gradients of (yz + xyz)(xyz + z)", numbers(3),
              b="y * z", a="x * b", root="(b + a) * (a + z)"),
        graph("the gradient of a root that depends on nothing",
              lambda rng: [np.array([2.0, 5.0])], root="x"),
        graph("the gradients of x² at x = 3, after backward through two graphs on one x",
              lambda rng: [3.0], graphs=2, root="x * x"),
        graph("the gradients of x³ at x = 3, after a second backward from the same root",
              lambda rng: [3.0], times=2, a="x * x", root="a * x"),
        growing("x.grad after doublings of x = 1", (8, 12, 16, 60),
                lambda backward, n: additions(backward, n, doubling=True)),
        growing("x.grad through additions in a row", (1100, 2200, 10_000),
                lambda backward, n: additions(backward, n, doubling=False),
                expected={"x.grad": 1.0}),
    ], [
        (edit(f"g {EARLIER}", "g"),
         "a second use overwrites the gradient of the first",
         "x is used three times in x²(x² + x). How do the paths' contributions combine?"),
        ([lambda root, how=how: sweep(in_sight(root, *how))
          for how in product((-1, 0), (False, True))],
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
        (lambda root: sweep([root]),
         "only the nodes that root is made of directly got a gradient",
         "What does a parent of root do with its gradient when it has it?"),
        (freed,
         "only the leaves have a grad at the end; every node that root depends on is meant",
         "Which nodes does the docstring promise a grad to?"),
    ]),
}
