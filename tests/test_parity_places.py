"""Indexing, writing in place and sharing memory beside PyTorch's."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.errors import MinigradError
from tests.each import each

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

T = "int tensor"  # (T, [0, 2]) stands for a tensor of these ints or booleans
INDICES = [
    0,
    -1,
    (0, -1),
    slice(None),
    slice(1, 10),
    slice(5, 2),
    (slice(None), slice(None, None, 2)),
    (Ellipsis, 0),
    (0, Ellipsis, 0),
    None,
    (None, 0, None),
    (slice(None), None, 1),
    (T, 1),
    (T, [0, 1, 0]),
    (T, [[0], [1]]),
    ((T, [0, 1]), (T, [2, 0])),
    ((T, [0, 1]), slice(None), (T, [2, 0])),
    ((T, [[0], [1]]), (T, [2, 0])),
    (slice(None), (T, [2, 0]), slice(1, None)),
    (0, (T, [2, 0])),
    (0, slice(None), (T, [2, 0])),
    ((T, [1]), 0),
    (slice(None), 1, (T, [2, 0])),
    ((T, 1), slice(None), (T, [0, 3])),
    (Ellipsis, (T, [-1, 0])),
    ((T, [1, 0]), Ellipsis),
    (None, (T, [1, 0])),
    ((T, [1, 0]), None, (T, [2, 2])),
    (T, [True, False]),
    (slice(None), (T, [True, False, True])),
    (T, [[True, False, True], [False, False, True]]),
    ((T, [[True, False, True], [False, False, True]]), (T, [0, 1, 3])),
    ((T, [True, False]), 1),
    (0, (T, [False, True, False]), slice(None, 2)),
    (T, [False, False]),
    ([0, 1], slice(None), 0),
    [],
    True,
    False,
    (T, True),
]


def built(lib, index):
    """The index with tensors in place of (T, values)."""
    if isinstance(index, tuple) and len(index) == 2 and index[0] is T:
        return lib.tensor(index[1])
    if isinstance(index, tuple):
        return tuple(built(lib, part) for part in index)
    return index


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_reading(index):
    x = np.arange(24.0).reshape(2, 3, 4)
    ours = mg.tensor(x, requires_grad=True)
    theirs = torch.tensor(x, requires_grad=True)
    for lib, tensor in ((mg, ours), (torch, theirs)):
        picked = tensor[built(lib, index)]
        (picked * picked).sum().backward()
    assert ours[built(mg, index)].shape == tuple(theirs[built(torch, index)].shape)
    np.testing.assert_array_equal(
        ours[built(mg, index)].tolist(), theirs[built(torch, index)].tolist()
    )
    np.testing.assert_array_equal(ours.grad.numpy(), theirs.grad.numpy())


@each(str, index=INDICES, value=[7.5, "one", "same", "row"])
def test_writing(index, value):
    """As plain data, and with gradients to what is kept and to what is put in."""
    x = np.arange(24.0).reshape(2, 3, 4)
    shape = mg.tensor(x)[built(mg, index)].shape
    made = {"one": np.array(-1.0), "same": -np.ones(shape), "row": -np.ones(shape[-1:])}
    put = made.get(value, value)
    repeated = "0, 1, 0" in str(index) or "2, 2" in str(index)  # the last write wins: undefined
    for requires_grad in (False, True):
        if repeated and (requires_grad or value == "same"):
            continue
        results = []
        for lib in (mg, torch):
            leaf = lib.tensor(x, requires_grad=requires_grad)
            source = put
            if isinstance(put, np.ndarray):
                source = lib.tensor(put, requires_grad=requires_grad)
            changed = leaf * 1
            changed[built(lib, index)] = source
            found = [changed.tolist()]
            if requires_grad:
                (changed * changed).sum().backward()
                found.append(leaf.grad.tolist())
                if isinstance(put, np.ndarray):
                    found.append(None if source.grad is None else source.grad.tolist())
            results.append(found)
        for a, b in zip(*results, strict=True):
            np.testing.assert_array_equal(
                np.array(0.0 if a is None else a), np.array(0.0 if b is None else b)
            )


WRONG = [
    (0, 0, 0, 0),
    5,
    -3,
    (0, 3),
    (T, [0, 2]),
    (T, [True, False, True]),
    (T, [[True, False]]),
    ((T, [0, 1]), (T, [0, 1, 2])),
    1.5,
    "a",
    (T, [0.5]),
    slice(0.5),
    slice(None, None, 0),
    slice(None, None, -1),
    {0},
]


@pytest.mark.parametrize("index", WRONG, ids=str)
def test_an_index_that_does_not_fit_is_refused_for_reading_and_writing(index):
    with pytest.raises((IndexError, TypeError, ValueError, RuntimeError)):
        torch.zeros(2, 3, 4)[built(torch, index)]
    with pytest.raises(MinigradError):
        mg.zeros(2, 3, 4)[built(mg, index)]
    with pytest.raises(MinigradError):
        mg.zeros(2, 3, 4)[built(mg, index)] = 0.0


def same_after(change):
    """Both engines hold the same values in every alias after `change(lib, x)`."""
    results = []
    for lib in (mg, torch):
        x = lib.arange(12.0).reshape(3, 4)
        results.append([alias.tolist() for alias in (*change(lib, x), x)])
    assert results[0] == results[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda lib, x: (v := x.view(-1), v.add_(1)),
        lambda lib, x: (v := x[1], v.mul_(2)),
        lambda lib, x: (v := x[1, 2], v.fill_(9)),
        lambda lib, x: (v := x[:, ::2], v.zero_()),
        lambda lib, x: (v := x.t(), v.sub_(lib.ones(4, 3))),
        lambda lib, x: (v := x.detach(), v.div_(2)),
        lambda lib, x: (v := x.clone(), v.zero_()),
        lambda lib, x: (v := x[lib.tensor([0, 1])], v.zero_()),
        lambda lib, x: (v := x.unsqueeze(0), v.clamp_(2, 5)),
        lambda lib, x: (v := x.permute(1, 0), v.copy_(lib.zeros(3))),
        lambda lib, x: (v := x.flatten(), v.zero_()),
        lambda lib, x: (v := x.split(2)[1], v.zero_()),
        lambda lib, x: (x.expand(2, 3, 4), x.add_(1)),
        lambda lib, x: (v := x.squeeze(), v.add_(lib.tensor(2.0), alpha=3)),
        lambda lib, x: (v := x, v.uniform_(2.0, 2.0)),
        lambda lib, x: (v := x, v.normal_(3.0, 0.0)),
    ],
)
def test_a_view_shares_memory_and_a_copy_does_not(change):
    same_after(change)


def strided(lib):
    x = lib.arange(24.0).reshape(2, 3, 4)
    return {
        "as made": x,
        "transposed": x.transpose(0, 1),
        "every second": x[:, :, ::2],
        "a slice": x[:, 1:],
        "expanded": x[:, :1].expand(2, 3, 4),
        "with size 1": x[:, :1].transpose(0, 1),
        "empty": x[:0],
    }


SHAPES = [(-1,), (6, -1), (2, 12), (3, 8), (4, 6), (2, 3, 2, -1), (1, 8, 1), (0, 5), (2, 4)]


@each(str, kind=list(strided(mg)), shape=SHAPES)
def test_view_is_given_where_memory_allows_and_reshape_wherever_sizes_do(kind, shape):
    for name in ("view", "reshape"):
        outcomes = []
        for lib in (mg, torch):
            try:
                outcomes.append(getattr(strided(lib)[kind], name)(*shape).tolist())
            except RuntimeError:
                outcomes.append("refused")
        assert outcomes[0] == outcomes[1]


STARTS = [(2, 3), (1, 3), (2, 1), (3,), (1,), ()]


@each(str, start=STARTS, shape=[(2, 3), (-1, 3), (4, 2, 3), (4, -1, -1), (2, -1), (0, 2, 3)])
def test_expand(start, shape):
    outcomes = []
    for lib in (mg, torch):
        try:
            outcomes.append(tuple(lib.ones(start).expand(*shape).shape))
        except RuntimeError:
            outcomes.append("refused")
    assert outcomes[0] == outcomes[1]


def test_contiguous_copies_only_what_lies_out_of_order():
    for lib in (mg, torch):
        x = lib.arange(6.0).view(2, 3).requires_grad_()
        flat = x.t().contiguous().view(-1)
        assert flat.tolist() == [0, 3, 1, 4, 2, 5]
        (flat * lib.arange(6.0)).sum().backward()
        assert x.grad.tolist() == [[0, 2, 4], [1, 3, 5]]
        assert x.contiguous() is x and x.detach()[0].contiguous().add_(1).sum() == 6
        assert x.tolist() == [[1, 2, 3], [3, 4, 5]]
