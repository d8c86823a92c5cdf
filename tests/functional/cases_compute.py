"""Cases of the ops that compute: elementwise, activations, reductions, products, losses."""

from __future__ import annotations

import numpy as np

from tests.functional.inputs import Seed, binary, call, dims, ints, mask, pos, unary, x

NORMALIZATIONS: dict[str, list] = {
    "layer_norm": [
        call(x(2, 3), (3,)),
        call(x(2, 3), (3,), x(3)),
        call(x(2, 3), (3,), x(3), x(3)),
        call(x(2, 3, 4), (4,), x(4), x(4), 0.1),
        call(x(2, 3, 4), (3, 4), x(3, 4), x(3, 4)),
        call(x(4), [4], x(4), x(4)),
        call(x(2, 1), (1,), x(1), x(1)),
        call(x(2, 3), (3,), bias=x(3)),
        call(x(0, 3), (3,), x(3), x(3)),
        call(x(2, 0), (0,)),
    ],
    "rms_norm": [
        call(x(2, 3), (3,)),
        call(x(2, 3), (3,), x(3)),
        call(x(2, 3, 4), (4,), x(4), 0.1),
        call(x(2, 3, 4), (3, 4), x(3, 4)),
        call(x(4), [4], x(4)),
        call(x(2, 1), (1,), x(1)),
        call(np.zeros((2, 3)), (3,), x(3), 1e-2),
        call(x(0, 3), (3,), x(3)),
        call(x(2, 0), (0,)),
    ],
}

ELEMENTWISE: dict[str, list] = {
    "add": [
        *binary(),
        call(x(2, 3), 2),
        call(x(2, 3), 2, alpha=3),
        call(2.5, x(3)),
        call(x(2, 3), x(3), alpha=0.5),
    ],
    "sub": [
        *binary(),
        call(x(2, 3), 2),
        call(x(2, 3), 2, alpha=3),
        call(2.5, x(3)),
        call(x(2, 3), x(3), alpha=-2),
    ],
    "mul": [*binary(), call(x(2, 3), 2), call(2.5, x(3)), call(x(2, 2), True)],
    "div": [*binary(), call(x(2, 3), 2), call(2.5, x(3)), call(x(3), -0.5)],
    "pow": [
        *binary(pos, x),
        *(call(x(2, 3), p) for p in (2, 3, 1, 0, -1, -2)),
        *(call(pos(4), p) for p in (0.5, -1.5, 2.5)),
        call(2.0, x(3)),
        call(x(3), np.array([2, 0, 3])),
    ],
    "neg": unary(),
    "exp": unary(),
    "log": unary(pos),
    "log1p": unary(pos),
    "sqrt": unary(pos),
    "rsqrt": unary(pos),
    "reciprocal": unary(),
    "abs": unary(),
    "sign": unary(),
    "sin": unary(),
    "cos": unary(),
    "clamp": [
        call(x(2, 3), -0.7, 0.9),
        call(x(3), min=0.5),
        call(x(3), max=0),
        call(x(), -1, 1),
        call(x(0, 2), 0.5),
        call(x(2, 3), x(3), None),
        call(x(2, 3), None, x(2, 1)),
        call(x(2, 3), -pos(3), pos(3)),
    ],
    "maximum": binary(),
    "minimum": binary(),
    "where": [
        call(mask(2, 3), x(2, 3), x(2, 3)),
        call(mask(3), x(2, 1), x(3)),
        call(mask(2, 3), x(), 0.5),
        call(mask(2, 3), 1.5, x(3)),
        call(mask(), x(2), x(2)),
        call(mask(0, 3), x(3), x(0, 1)),
    ],
}

ACTIVATIONS: dict[str, list] = {
    "relu": unary(),
    "tanh": unary(),
    "sigmoid": unary(),
    "silu": unary(),
    "leaky_relu": [*unary(), call(x(2, 3), 0.2)],
    "elu": [*unary(), call(x(2, 3), 0.5)],
    "softplus": [*unary(), call(x(5), 2.0), call(25 * x(5), 1.0, 10.0), call(x(4), -1.5)],
    "gelu": [
        *unary(),
        call(3 * x(6)),
        call(x(2, 3), approximate="tanh"),
        call(x(), approximate="tanh"),
    ],
    "dropout": [
        call(x(4, 5), 0.4, generator=Seed(0)),
        call(x(2, 3), 0.5, False),
        call(x(3), 0.0),
        call(x(3), 1.0),
    ],
}

SPREAD = [
    *dims()[:1],
    *dims()[3:5],
    call(x(3, 4), (0, 1)),
    call(x(3, 4), 1, correction=0),
    call(x(3, 4), 1, unbiased=False),
    call(x(3, 4), 1, unbiased=True),
    call(x(3, 4, 2), (0, -1), correction=2, keepdim=True),
    call(x(0, 3), 1),
]

REDUCTIONS: dict[str, list] = {
    "sum": [*dims(), call(x(0, 3)), call(x(0, 3), 0), call(x(2, 3), 1, True), call(x(2, 3), ())],
    "mean": [*dims(), call(x(0, 3), 1), call(x(2, 3), 1, True)],
    "var": SPREAD,
    "std": SPREAD,
    "prod": [
        *dims(several=False),
        call(x(0, 3), 0),
        call(x(0, 3)),
        call(np.array([[1.5, 0.0, -2.0], [0.5, 0.0, 0.0], [0.7, 2.0, 0.3]]), 1),
        call(np.array([[1.5, 0.0, -2.0], [0.5, 3.0, 0.4]])),
    ],
    "amax": [*dims(), call(x(0, 3), 1)],
    "amin": [*dims(), call(x(0, 3), 1)],
    "max": [*dims(several=False), call(x(2, 3), x(3)), call(x(0, 3), 1)],
    "min": [*dims(several=False), call(x(2, 3), x(3)), call(x(0, 3), 1)],
    "logsumexp": [*dims()[3:], call(x(0, 3), 0), call(1e3 * x(2, 3), 1, True)],
    "softmax": [*dims(several=False)[3:9], call(x(0, 3), 0), call(x(0, 3), 1)],
    "log_softmax": [*dims(several=False)[3:9], call(x(0, 3), 0), call(x(0, 3), 1)],
    "cumsum": [*dims(several=False)[3:9], call(x(0, 3), 0), call(x(0, 3), 1)],
    "norm": [
        *(case for p in (2, 1, 3, 0.5, 2.5, float("inf"), "fro") for case in dims(p)[:1]),
        *dims(2)[3:],
        *dims(3)[3:7],
        *dims(float("inf"))[3:7],
        call(np.array([[0.0, 0.0], [0.0, 1.5]]), 2, 1),
        call(np.array([[0.0, -2.0], [0.5, 1.5]]), 1, 1),
        call(x(0, 3), 2, 0),
    ],
}

PRODUCTS: dict[str, list] = {
    "matmul": [
        call(x(*a), x(*b))
        for a, b in [
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 2)),
            ((2, 3), (3,)),
            ((2, 2, 3), (3, 4)),
            ((2, 2, 3), (2, 3, 1)),
            ((2, 1, 2, 3), (3, 3, 2)),
            ((2, 3), (2, 3, 2)),
            ((3,), (2, 3, 2)),
            ((2, 2, 3), (3,)),
            ((2, 0), (0, 3)),
            ((2, 3, 0), (0, 4)),
            ((0, 3), (3, 2)),
            ((2, 0, 3), (3, 0)),
            ((1, 1), (1, 1)),
        ]
    ],
    "linear": [
        call(x(2, 3), x(4, 3), x(4)),
        call(x(2, 3), x(4, 3)),
        call(x(3), x(2, 3), x(2)),
        call(x(2, 2, 3), x(1, 3), x(1)),
        call(x(0, 3), x(2, 3), x(2)),
        call(x(2, 0), x(2, 0), x(2)),
        call(x(2, 3), x(0, 3), x(0)),
    ],
    "outer": [call(x(2), x(3)), call(x(0), x(3)), call(x(1), x(1))],
    "einsum": [
        call("ij,jk->ik", x(2, 3), x(3, 2)),
        call("bij,bjk->bik", x(2, 2, 3), x(2, 3, 2)),
        call("ij,jk", x(2, 3), x(3, 2)),
        call("ij->ji", x(2, 3)),
        call("ij->", x(2, 3)),
        call("ij->j", x(2, 3)),
        call("ii->", x(3, 3)),
        call("ii->i", x(3, 3)),
        call("iij->j", x(2, 2, 3)),
        call("i,j->ij", x(2), x(3)),
        call("i,i->", x(3), x(3)),
        call("i,i", x(3), x(3)),
        call("ij,ij->ij", x(2, 3), x(2, 3)),
        call("i,ij,j->", x(2), x(2, 3), x(3)),
        call("...ij,...jk->...ik", x(2, 2, 3), x(3, 2)),
        call("...i,...i->...", x(2, 1, 3), x(4, 3)),
        call("b...,b...->...", x(2, 3), x(2, 3)),
        call("...", x(2, 3)),
        call("bhtd,bhsd->bhts", x(1, 2, 3, 2), x(1, 2, 2, 2)),
        call(" i j , j -> i ", x(2, 3), x(3)),
        call("ij,jk->ik", x(2, 1), x(3, 2)),
        call("BA,Ab->Bb", x(2, 3), x(3, 2)),
        call("ba", x(2, 3)),
        call("ij,jk->ik", x(2, 0), x(0, 3)),
        call(",i->i", x(), x(3)),
        call("->", x()),
        call("ij,kl->", x(2, 2), x(2, 3)),
    ],
}

LOSSES: dict[str, list] = {
    "mse_loss": [
        *(call(x(2, 3), x(2, 3), reduction=r) for r in ("mean", "sum", "none")),
        call(x(3), x(3)),
        call(x(), x()),
        call(x(0, 2), x(0, 2), reduction="sum"),
    ],
    "binary_cross_entropy_with_logits": [
        *(call(3 * x(2, 3), 0.6 * pos(2, 3), reduction=r) for r in ("mean", "sum", "none")),
        call(x(), pos()),
        call(x(0, 2), pos(0, 2), reduction="sum"),
    ],
    "nll_loss": [
        *(call(x(4, 3), ints(3, 4), reduction=r) for r in ("mean", "sum", "none")),
        call(x(4, 3), np.array([0, 2, 2, 1]), ignore_index=2),
        call(x(4, 3), np.array([0, -100, 2, 1]), reduction="none"),
        call(x(2, 3, 2), ints(3, 2, 2)),
        call(x(2, 3, 2, 2), ints(3, 2, 2, 2), reduction="none"),
        call(x(3), np.array(1)),
        call(x(0, 3), ints(3, 0), reduction="sum"),
    ],
    "cross_entropy": [
        *(call(x(4, 3), ints(3, 4), reduction=r) for r in ("mean", "sum", "none")),
        *(
            call(x(4, 3), np.array([0, 2, 2, 1]), ignore_index=2, reduction=r, label_smoothing=0.2)
            for r in ("mean", "sum", "none")
        ),
        call(x(4, 3), np.array([0, -100, 2, 1])),
        call(x(2, 3, 2), ints(3, 2, 2), label_smoothing=0.1),
        call(x(2, 3, 2, 2), ints(3, 2, 2, 2), reduction="none", label_smoothing=1.0),
        call(x(3), np.array(1)),
        call(x(3), np.array(1), reduction="none", label_smoothing=0.3),
        call(x(0, 3), ints(3, 0), reduction="sum"),
        call(100 * x(3, 4), ints(4, 3)),
        call(x(2, 1), np.array([0, 0])),
    ],
}

ATTENTION: dict[str, list] = {
    "scaled_dot_product_attention": [
        call(x(2, 3), x(4, 3), x(4, 2)),
        call(x(2, 2, 3), x(2, 4, 3), x(2, 4, 3)),
        call(x(1, 2, 3, 2), x(1, 2, 3, 2), x(1, 2, 3, 2), is_causal=True),
        call(x(2, 3), x(4, 3), x(4, 2), is_causal=True),
        call(x(4, 3), x(2, 3), x(2, 2), is_causal=True),
        call(x(2, 3), x(3, 3), x(3, 2), np.array([[True, False, True], [False, True, True]])),
        call(x(2, 3), x(3, 3), x(3, 2), np.array([[True, False, True], [False, False, False]])),
        call(x(2, 2, 3), x(2, 3, 3), x(2, 3, 2), x(2, 3)),
        call(x(2, 2, 3), x(2, 3, 3), x(2, 3, 2), x(2, 1, 3), scale=0.7),
        call(x(1, 1), x(1, 1), x(1, 1)),
        call(x(2, 3), x(3, 3), x(3, 2), None, 0.4, generator=Seed(0)),
    ],
}
