"""Wrong implementations of the warm-up, by the name the check must give, and right ones."""

import numpy as np

MISTAKES = {
    "mul_backward": [
        ("the factors are swapped", lambda g, x, y: (g * x, g * y)),
        ("g, was left out", lambda g, x, y: (y, x)),
    ],
    "pow_backward": [
        ("g, was left out", lambda g, x, n: n * x ** (n - 1)),
        ("the exponent was not lowered", lambda g, x, n: g * n * x**n),
        ("the factor n is missing", lambda g, x, n: g * x ** (n - 1)),
    ],
    "matmul_backward": [
        ("the two answers are swapped", lambda g, x, y: (x.T @ g, g @ y.T)),
        ("a factor is not transposed", lambda g, x, y: (g @ y, x.T @ g)),
        ("a factor is not transposed", lambda g, x, y: (g * y, g * x)),
    ],
    "sum_backward": [
        ("the summed axis was not put back", lambda g, x, axis: np.broadcast_to(g, x.shape)),
        (
            "the gradient of a mean",
            lambda g, x, axis: np.expand_dims(g, axis) * np.ones_like(x) / 3,
        ),
    ],
    "unbroadcast": [
        ("nothing was summed", lambda g, shape: g),
        ("the uses were averaged", lambda g, shape: g.mean(axis=0)),
        ("summed over every axis", lambda g, shape: g.sum()),
        ("a stretched axis was dropped", lambda g, shape: _dropping(g, shape)),
    ],
    "cross_entropy": [
        ("the rows were summed", lambda z, y: -_log_p(z)[np.arange(len(y)), y].sum()),
        ("divided by N·C", lambda z, y: -(_log_p(z) * np.eye(z.shape[1])[y]).mean()),
        ("the sign is wrong", lambda z, y: _log_p(z)[np.arange(len(y)), y].mean()),
        ("softmax was applied twice", lambda z, y: -_log_p(np.exp(_log_p(z)))[range(2), y].mean()),
        ("takes whole columns", lambda z, y: -_log_p(z)[:, y].mean()),
        ("was clipped", lambda z, y: -np.log(np.exp(_log_p(z))[range(len(y)), y] + 1e-7).mean()),
        ("exp overflowed", lambda z, y: -np.log(_naive(z)[range(len(y)), y]).mean()),
        ("exp became 0", lambda z, y: -np.log(np.exp(_log_p(z))[range(len(y)), y]).mean()),
        ("exp became 0", lambda z, y: -np.log(_naive(z - z.max())[range(len(y)), y]).mean()),
    ],
    "cross_entropy_backward": [
        ("the one-hot labels were not subtracted", lambda z, y: np.exp(_log_p(z)) / len(y)),
        ("the division by the number of rows is missing", lambda z, y: _d(z, y)),
        ("divided by N·C", lambda z, y: _d(z, y) / z.size),
        ("the sign is turned round", lambda z, y: -_d(z, y) / len(y)),
        ("exp overflowed", lambda z, y: (_naive(z) - np.eye(z.shape[1])[y]) / len(y)),
    ],
    "backward": [],
}


def _log_p(z):
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def _d(z, y):
    return np.exp(_log_p(z)) - np.eye(z.shape[1])[y]


def _naive(z):
    return np.exp(z) / np.exp(z).sum(1, keepdims=True)


def _dropping(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(i)
    return g


class Node:
    """As in exercise.py, so that the functions below have one in their globals."""

    def __init__(self, value, edges=()):
        self.value = np.asarray(value, dtype=float)
        self.edges = edges
        self.grad = None

    def __add__(self, other):
        return Node(self.value + other.value, [(self, lambda g: g), (other, lambda g: g)])

    def __mul__(self, other):
        return Node(
            self.value * other.value,
            [(self, lambda g: g * other.value), (other, lambda g: g * self.value)],
        )


def _order(root):
    """Topological, root first, without recursion."""
    order, seen, stack = [], set(), [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            stack.append((node, True))
            stack += [(p, False) for p, _ in node.edges]
    return order[::-1]


def _sweep(order, add, seed=True):
    for node in order:
        node.grad = None
    if seed:
        order[0].grad = np.ones_like(order[0].value)
    for node in order:
        for parent, pull in node.edges:
            add(parent, pull(node.grad))


def _plus(parent, g):
    parent.grad = g if parent.grad is None else parent.grad + g


def overwrites(root):
    def put(parent, g):
        parent.grad = g

    _sweep(_order(root), put)


def pre_order(root):
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop(0)
        if id(node) in seen:
            continue
        seen.add(id(node))
        order.append(node)
        stack = [p for p, _ in node.edges] + stack
    _sweep(order, _plus)


def naive(root, g=None):
    if g is None:
        g = np.ones_like(root.value)
    for parent, pull in root.edges:
        _plus(parent, pull(g))
        naive(parent, parent.grad)


def no_seed(root):
    _sweep(_order(root), _plus, seed=False)


def zero_seed(root):
    order = _order(root)
    for node in order:
        node.grad = np.zeros_like(node.value)
    for node in order:
        for parent, pull in node.edges:
            parent.grad = parent.grad + pull(node.grad)


def in_place(root):
    def add(parent, g):
        if parent.grad is None:
            parent.grad = g
        else:
            parent.grad += g

    _sweep(_order(root), add)


def keeps_old(root):
    order = _order(root)
    for node in order[1:]:
        if node.edges:
            node.grad = None
    order[0].grad = np.ones_like(order[0].value)
    for node in order:
        for parent, pull in node.edges:
            _plus(parent, pull(node.grad))


def recursive(root):
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent, _ in node.edges:
                visit(parent)
            order.append(node)

    visit(root)
    _sweep(order[::-1], _plus)


MISTAKES["backward"] = [
    ("a second use overwrites", overwrites),
    ("passed its gradient on before", pre_order),
    ("once per path", naive),
    ("no gradient to start from", no_seed),
    ("no gradient to start from", zero_seed),
    ("wrote into an array that another node holds", in_place),
    ("an earlier backward are still there", keeps_old),
    ("is recursive", recursive),
]


def right_backward(root):
    _sweep(_order(root), _plus)


def right_backward_owned(root):
    """Adds in place, into arrays of its own."""

    def add(parent, g):
        if parent.grad is None:
            parent.grad = np.array(g)
        else:
            parent.grad += g

    _sweep(_order(root), add)


def _unbroadcast_loop(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for i, n in enumerate(shape):
        if n == 1 and g.shape[i] != 1:
            g = g.sum(axis=i, keepdims=True)
    return g


RIGHT = {
    "mul_backward": [
        lambda g, x, y: [np.multiply(y, g), np.multiply(x, g)],
        lambda g, x, y: (y * g, x * g),
    ],
    "pow_backward": [
        lambda g, x, n: n * np.power(x, n - 1) * g,
        lambda g, x, n: g * n * x**n / x,
    ],
    "matmul_backward": [
        lambda g, x, y: (np.einsum("nm,km->nk", g, y), np.einsum("nk,nm->km", x, g)),
        lambda g, x, y: ((y @ g.T).T, (g.T @ x).T),
    ],
    "sum_backward": [
        lambda g, x, axis: np.expand_dims(g, axis) + np.zeros_like(x),
        lambda g, x, axis: np.repeat(np.expand_dims(g, axis), x.shape[axis], axis=axis),
    ],
    "unbroadcast": [
        _unbroadcast_loop,
        lambda g, shape: (
            g.reshape((-1, *shape) if 1 not in shape else g.shape).sum(0)
            if 1 not in shape
            else _unbroadcast_loop(g, shape)
        ),
    ],
    "backward": [right_backward, right_backward_owned],
    "cross_entropy": [
        lambda z, y: np.mean([-(_log_p(row[None])[0, k]) for row, k in zip(z, y, strict=True)]),
        lambda z, y: -np.take_along_axis(_log_p(z), y[:, None], 1).sum() / len(y),
    ],
    "cross_entropy_backward": [
        lambda z, y: _d(z, y) / z.shape[0],
        lambda z, y: np.array([_d(z[i : i + 1], y[i : i + 1])[0] for i in range(len(y))]) / len(y),
    ],
}
