"""Cases of the ops that rearrange, pick and replace elements."""

from __future__ import annotations

import numpy as np

from tests.functional.inputs import call, ints, mask, rng, unary, x

SHAPES: dict[str, list] = {
    "reshape": [
        *(call(x(2, 3), new) for new in ((3, 2), (6,), (-1,), (1, -1, 2), (2, 3))),
        call(x(), (1,)),
        call(x(1), ()),
        call(x(0, 3), (3, 0)),
        call(x(0, 3), (-1,)),
    ],
    "view": [call(x(2, 3), (3, 2)), call(x(2, 3), (-1,)), call(x(), (1, 1)), call(x(0, 3), (0,))],
    "flatten": [
        call(x(2, 3, 2)),
        call(x(2, 3, 2), 1),
        call(x(2, 3, 2), 0, 1),
        call(x(2, 3), -2),
        call(x()),
        call(x(3)),
        call(x(2, 0, 3), 1),
    ],
    "transpose": [
        call(x(2, 3), 0, 1),
        call(x(2, 3, 4), -1, 0),
        call(x(3), 0, 0),
        call(x(), 0, -1),
        call(x(2, 0), 0, 1),
    ],
    "permute": [
        call(x(2, 3, 4), (2, 0, 1)),
        call(x(2, 3), (-1, 0)),
        call(x(3), (0,)),
        call(x(), ()),
    ],
    "t": [call(x(2, 3)), call(x(3)), call(x())],
    "mT": [call(x(2, 3)), call(x(2, 3, 4)), call(x(2, 0))],
    "squeeze": [
        call(x(1, 3, 1)),
        call(x(1, 3, 1), 0),
        call(x(1, 3, 1), (0, -1)),
        call(x(2, 3), 1),
        call(x(1, 2), ()),
        call(x()),
        call(x(1, 0)),
    ],
    "unsqueeze": [call(x(2, 3), dim) for dim in (0, 1, 2, -1, -3)] + [call(x(), 0), call(x(0), 1)],
    "expand": [
        call(x(3), (2, 3)),
        call(x(1, 3), (2, -1)),
        call(x(2, 1), (4, 2, 3)),
        call(x(), (2, 2)),
        call(x(2, 3), (2, 3)),
        call(x(1), (0,)),
        call(x(0, 1), (-1, 3)),
    ],
    "broadcast_to": [call(x(3), (2, 3)), call(x(2, 1), (2, 4)), call(x(), ())],
    "cat": [
        call([x(2, 3), x(1, 3)]),
        call([x(2, 3), x(2, 1), x(2, 2)], 1),
        call((x(2, 3), x(2, 3)), -1),
        call([x(3)]),
        call([x(2, 3), x(0, 3)], 0),
        call([x(0), x(0)]),
    ],
    "stack": [
        call([x(2, 3), x(2, 3)]),
        call([x(2), x(2), x(2)], 1),
        call((x(2, 3), x(2, 3)), -1),
        call([x(), x()]),
        call([x(0)]),
    ],
    "split": [
        call(x(5, 2), 2),
        call(x(5, 2), 5),
        call(x(2, 5), 3, 1),
        call(x(2, 5), [1, 0, 4], -1),
        call(x(0, 2), 3),
        call(x(3), 7),
    ],
    "chunk": [call(x(5, 2), 2), call(x(2, 5), 3, -1), call(x(2), 4), call(x(0, 2), 3)],
    "flip": [
        call(x(2, 3), (0,)),
        call(x(2, 3), (0, -1)),
        call(x(3), (0,)),
        call(x(0, 2), (1,)),
        call(x(2), ()),
    ],
    "repeat": [
        call(x(2, 3), (2, 1)),
        call(x(3), (2, 2)),
        call(x(2, 1), (3, 1, 2)),
        call(x(), (3,)),
        call(x(2), (0,)),
        call(x(0, 2), (2, 2)),
        call(x(), ()),
    ],
    "tril": [call(x(3, 3)), call(x(2, 3), 1), call(x(2, 3, 2), -1), call(x(0, 2))],
    "triu": [call(x(3, 3)), call(x(2, 3), 1), call(x(2, 3, 2), -1), call(x(2, 0))],
    "clone": unary(),
    "contiguous": unary(),
}

INDICES: dict[str, list] = {
    "getitem": [
        call(x(3, 4), index)
        for index in [
            0,
            -1,
            (1, 2),
            slice(1, None),
            (slice(None, None, 2), 1),
            None,
            (Ellipsis, 0),
            (0, None, slice(-2, None)),
            (),
            Ellipsis,
            np.array([2, 0, 2]),
            np.array([[0, 1], [2, 2]]),
            np.array(1),
            (slice(None), np.array([3, 3, 0])),
            (np.array([0, 2]), np.array([1, 1])),
            (np.array([[0], [2]]), np.array([1, 1, 3])),
            (np.array([-1, 0]), slice(1, 3)),
            (0, np.array([1, -1])),
            (np.array([0, 1]), None),
            [0, 2],
            [],
            True,
            np.array([True, False, True]),
            (slice(None), np.array([True, False, True, True])),
            np.array(rng.random((3, 4)) < 0.5),
            np.zeros((3, 4), bool),
            (np.array([True, False, True]), np.array([1, 0])),
        ]
    ]
    + [
        call(x(2, 3, 4), index)
        for index in [
            (0, slice(None), np.array([1, 2])),
            (slice(None), 0, np.array([1, 2, 1])),
            (np.array([0, 1]), slice(None), np.array([1, 2])),
            (np.array([0, 1]), 1, np.array([1, 2])),
            (Ellipsis, np.array([0, 0])),
            (1, Ellipsis, None, np.array([2])),
            (np.array([[True, False, True], [False, True, False]]), slice(1, 3)),
            (0, np.array([True, False, True]), -1),
        ]
    ]
    + [call(x(), ()), call(x(), None), call(x(), Ellipsis), call(x(0, 3), 0 * ints(1, 0))],
    "gather": [
        call(x(3, 4), 0, ints(3, 2, 4)),
        call(x(3, 4), 1, ints(4, 3, 6)),
        call(x(3, 4), -1, ints(4, 1, 2)),
        call(x(2, 3, 2), 1, ints(3, 2, 1, 2)),
        call(x(3), 0, ints(3, 5)),
        call(x(3, 4), 0, ints(1, 0, 4)),
        call(x(), 0, ints(1)),
    ],
    "index_select": [
        call(x(3, 4), 0, np.array([2, 0, 2])),
        call(x(3, 4), -1, np.array([1])),
        call(x(3), 0, ints(1, 0)),
        call(x(3, 4), 0, np.array(1)),
    ],
    "masked_fill": [
        call(x(2, 3), mask(2, 3), 0.5),
        call(x(2, 3), mask(3), -1),
        call(x(3), mask(2, 1), 2.0),
        call(x(2, 3), mask(2, 3), x()),
        call(x(), mask(), 1),
    ],
    "embedding": [
        call(ints(4, 2, 3), x(4, 2)),
        call(np.array([0, 3, 0]), x(4, 3), 2),
        call(np.array([0, 1, 1]), x(4, 3), -1),
        call(ints(2, 0), x(2, 3)),
        call(ints(3), x(3, 2)),
        call(ints(3, 2), x(3, 0)),
    ],
}

IN_PLACE: dict[str, list] = {
    "add_": [call(x(2, 3), x(3)), call(x(2, 3), 2), call(x(3), x(3), alpha=0.5)],
    "sub_": [call(x(2, 3), x(3)), call(x(2, 3), 2), call(x(3), x(3), alpha=0.5)],
    "mul_": [call(x(2, 3), x(3)), call(x(2, 3), 2), call(x(), x())],
    "div_": [call(x(2, 3), x(3)), call(x(2, 3), 2)],
    "clamp_": [call(x(2, 3), -0.7, 0.9), call(x(3), min=0.5)],
    "copy_": [call(x(2, 3), x(3)), call(x(2), x(1))],
    "setitem": [
        call(x(3, 4), 0, x(4)),
        call(x(3, 4), (1, 2), x()),
        call(x(3, 4), slice(1, None), x(4)),
        call(x(3, 4), (slice(None), np.array([0, 2])), x(3, 2)),
        call(x(3, 4), np.array([True, False, True]), x(2, 1)),
        call(x(3, 4), (0, np.array([1, 3])), x(1, 2)),
        call(x(3, 4), Ellipsis, x(3, 1)),
        call(x(3, 4), 1, 2.5),
        call(x(0, 4), 0 * ints(1, 0), x(4)),
    ],
}
