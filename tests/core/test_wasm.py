"""What is done otherwise in a web page, where there is no BLAS and no deep stack."""

import subprocess
import sys
import textwrap

import numpy as np

import minigrad
from minigrad.core.wasm import free_in_turn
from minigrad.functional import extreme

AS_WASM = """
    import sys
    import numpy as np
    sys.platform = "emscripten"
    import minigrad
    import minigrad.nn.functional as F
    from minigrad.core.graph import Node
    from minigrad.core.wasm import product, row_mean
"""


def run(code):
    program = textwrap.dedent(AS_WASM) + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_chain_is_freed_one_by_one():
    freed, deep = [], []

    class Link:
        def __init__(self, next=None, other=None):
            self.next, self.other = next, other

    free_in_turn(Link, "next", "other")
    let_go = Link.__del__

    def watched(link):
        deep.append(link)
        freed.append(len(deep))
        let_go(link)
        deep.pop()

    Link.__del__ = watched
    last = None
    for _ in range(500):
        last = Link(last, last)
    kept = last.next.next
    del last
    assert len(freed) == 2
    del kept
    assert len(freed) == 500
    assert max(freed) == 2  # the first of the chain, and within it each other alone


def test_the_engines_nodes_and_floats_free_each_other_so():
    run("""
        from minigrad.scalar import Value
        from minigrad.site.absent import stand_in
        stand_in()
        def frames():
            frame, depth = sys._getframe(), 0
            while frame := frame.f_back:
                depth += 1
            return depth
        deepest = 0
        def watch(kind):
            free = kind.__del__
            def watched(self):
                global deepest
                deepest = max(deepest, frames())
                free(self)
            kind.__del__ = watched
        watch(Node), watch(Value)
        x = minigrad.ones(2, requires_grad=True)
        for _ in range(3_000):
            x = x * 2 + x
        y = Value(1.0)
        for _ in range(3_000):
            y = y * 2.0 + y
        del x, y
        assert 0 < deepest < 10, deepest
    """)


def test_a_product_is_einsums_and_its_gradients_are_right():
    run("""
        rng = np.random.default_rng(0)
        a, b = rng.normal(size=(7, 5)), rng.normal(size=(5, 3))
        assert np.array_equal(product(a, b), np.einsum("ij,jk->ik", a, b))
        x, w = (minigrad.tensor(v, requires_grad=True) for v in (a, b.T))
        y = F.linear(x, w)
        assert np.allclose(y.array, a @ b)
        g = rng.normal(size=(7, 3))
        y.backward(minigrad.tensor(g))
        assert np.allclose(x.grad.array, g @ b.T) and np.allclose(w.grad.array, g.T @ a)
        minigrad.autograd.gradgradcheck(F.linear, (x, w))
    """)


def test_a_mean_is_added_in_pairs():
    run("""
        x = np.random.default_rng(0).normal(size=(64, 768)).astype(np.float32) + 1e3
        assert np.array_equal(row_mean(x), x.mean(1, keepdims=True))
        assert row_mean(np.ones((3, 0), np.float32)).shape == (3, 1)
    """)


def test_whole_numbers_have_64_bits_where_the_machines_have_32():
    assert minigrad.zeros(2, dtype=int).dtype == np.int64
    assert minigrad.tensor(np.array([1, 2], np.int32)).dtype == np.int64
    narrow = extreme._arg("argmax", lambda *a, **k: np.int32(1), minigrad.ones(2), None, False)
    assert narrow.dtype == np.int64
