"""Warm-up: gradients by hand, on NumPy arrays.

Each function below gets `g`, the gradient of the loss with respect to an op's output, and returns
the gradient with respect to the op's inputs. Write the code under each TODO, in order, and save;
`minigrad` tells you at once what it thinks of it.
"""

import numpy as np


def mul_backward(g, x, y):
    """Gradients of out = x * y.

    g, x, y: arrays of one shape. Returns (gx, gy), each of that shape.
    """
    # TODO: by how much does the loss change when x changes a little? And when y does?
    return g * y, g * x  # d(xy)/dx = y: the other factor, times what came from above


def pow_backward(g, x, n):
    """Gradient of out = x ** n for a fixed number n.

    g, x: arrays of one shape. Returns gx, of that shape.
    """
    # TODO: the derivative of the power, times what came from above.
    return g * n * x ** (n - 1)


def matmul_backward(g, x, y):
    """Gradients of out = x @ y.

    x: (n, k), y: (k, m), g: (n, m). Returns (gx, gy) with gx: (n, k) and gy: (k, m).
    """
    # TODO: two products; the shapes leave little choice.
    return g @ y.T, x.T @ g  # (n, m) @ (m, k); (k, n) @ (n, m)


def sum_backward(g, x, axis):
    """Gradient of out = x.sum(axis=axis): that axis is gone from out.

    x: array, axis: int, g: x's shape without that axis. Returns gx, of x's shape.
    """
    # TODO: each entry of x counts once in one sum, so it gets that sum's gradient.
    g = np.expand_dims(g, axis)  # put the axis back, so that it lines up with x
    return np.broadcast_to(g, x.shape).copy()


def unbroadcast(g, shape):
    """Undo broadcasting: an array of `shape` was broadcast to g's shape in the forward pass.

    g: the gradient of the broadcast array. Returns the gradient of the original, of `shape`.
    Broadcasting adds axes on the left, and stretches axes of length 1.
    """
    # TODO: an entry that was used many times gets the sum of the gradients of its uses.
    g = g.sum(axis=tuple(range(g.ndim - len(shape))))  # the axes added on the left
    stretched = tuple(i for i, n in enumerate(shape) if n == 1)
    return g.sum(axis=stretched, keepdims=True)


class Node:
    """One value in the graph, and how a gradient passes from it to each of its parents."""

    def __init__(self, value, edges=()):
        self.value = np.asarray(value, dtype=float)
        self.edges = edges  # pairs (parent, function: gradient of self -> gradient of parent)
        self.grad = None  # an array of value's shape, once backward has run

    def __add__(self, other):
        return Node(self.value + other.value, [(self, lambda g: g), (other, lambda g: g)])

    def __mul__(self, other):
        return Node(
            self.value * other.value,
            [(self, lambda g: g * other.value), (other, lambda g: g * self.value)],
        )


def backward(root):
    """Set `grad` on every node that root depends on: the derivative of root's sum by that node.

    A node may be used several times, and a graph may be 100,000 nodes deep: no recursion. As in
    PyTorch, a second call adds to the grad of a leaf (a node without edges), which starts from what
    an earlier one left there; every other node's grad is set anew.
    """
    # TODO: start from root with a gradient of ones. Pass each node's gradient on to its parents
    # only when it is complete, that is, when every node that uses it has had its turn.
    uses = {}  # id of a node -> how many edges lead to it that have not been passed yet
    seen, stack = {id(root)}, [root]
    while stack:
        node = stack.pop()
        for parent, _ in node.edges:
            uses[id(parent)] = uses.get(id(parent), 0) + 1
            if id(parent) not in seen:
                seen.add(id(parent))
                if parent.edges:
                    parent.grad = None  # a leaf keeps its own: what comes is added to it
                stack.append(parent)
    root.grad = np.ones_like(root.value)
    ready = [root]
    while ready:
        node = ready.pop()
        for parent, pull in node.edges:
            g = pull(node.grad)
            # a new array, never +=: two nodes may hold the very same g
            parent.grad = g if parent.grad is None else parent.grad + g
            uses[id(parent)] -= 1
            if uses[id(parent)] == 0:
                ready.append(parent)


def cross_entropy(logits, labels):
    """Mean over the rows of -log softmax(logits)[label].

    logits: (N, C), labels: (N,) of ints. Returns a number. Logits of 1,000 must not overflow.
    """
    # TODO: take each row's maximum off first; then log softmax needs no division.
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(labels)), labels].mean()  # one entry per row, not columns


def cross_entropy_backward(logits, labels):
    """Gradient of cross_entropy(logits, labels) with respect to logits.

    logits: (N, C), labels: (N,) of ints. Returns (N, C).
    """
    # TODO: it is short: the probabilities, less the one-hot labels, over something.
    z = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = z / z.sum(axis=1, keepdims=True)
    p[np.arange(len(labels)), labels] -= 1
    return p / len(labels)  # the loss is a mean over the rows
