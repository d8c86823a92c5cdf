import math
from typing import Any

import pytest

import minigrad
from minigrad import nn
from minigrad.errors import ArgumentError, IndexRangeError, ShapeError


def test_the_losses_by_hand() -> None:
    x, y = minigrad.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 5.0]]), minigrad.tensor([0, 2])
    at_0, at_1 = math.log(math.exp(2) + 2) - 2, math.log(math.exp(5) + 2) - 5
    assert nn.CrossEntropyLoss()(x, y).item() == pytest.approx((at_0 + at_1) / 2, rel=1e-5)
    assert nn.CrossEntropyLoss()(x, y).item() == pytest.approx(0.1265, abs=5e-5)
    assert nn.CrossEntropyLoss(reduction="sum")(x, y).item() == pytest.approx(at_0 + at_1, rel=1e-5)
    each = nn.CrossEntropyLoss(reduction="none")(x, y)
    assert each.tolist() == pytest.approx([at_0, at_1], rel=1e-4)
    assert nn.CrossEntropyLoss(ignore_index=2)(x, y).item() == pytest.approx(at_0, rel=1e-5)
    zeros = minigrad.zeros(2, 10)
    assert nn.CrossEntropyLoss()(zeros, y).item() == pytest.approx(math.log(10), rel=1e-6)
    big = nn.CrossEntropyLoss()(minigrad.tensor([[100.0, 0.0]]), minigrad.tensor([1]))
    assert big.item() == 100.0  # nothing is clipped

    logp = minigrad.log_softmax(x, 1)
    assert nn.NLLLoss()(logp, y).item() == pytest.approx(nn.CrossEntropyLoss()(x, y).item())
    assert nn.NLLLoss(ignore_index=0)(logp, y).item() == pytest.approx(at_1, rel=1e-4)

    a, b = minigrad.tensor([1.0, 4.0]), minigrad.tensor([0.0, 1.0])
    assert nn.MSELoss()(a, b).item() == 5.0 and nn.MSELoss(reduction="sum")(a, b).item() == 10.0
    assert nn.MSELoss(reduction="none")(a, b).tolist() == [1.0, 9.0]
    by_hand = (math.log(1 + math.exp(1)) + math.log(1 + math.exp(-4))) / 2
    assert nn.BCEWithLogitsLoss()(a, b).item() == pytest.approx(by_hand)


def test_label_smoothing_mixes_the_label_with_all_classes() -> None:
    x, y = minigrad.tensor([[2.0, 0.0, 0.0]]), minigrad.tensor([0])
    logp = minigrad.log_softmax(x, 1).array[0]
    smooth = -0.7 * logp[0] - 0.3 * logp.mean()
    assert nn.CrossEntropyLoss(label_smoothing=0.3)(x, y).item() == pytest.approx(smooth)


@pytest.mark.parametrize(
    "kind", [nn.MSELoss, nn.BCEWithLogitsLoss, nn.NLLLoss, nn.CrossEntropyLoss]
)
def test_an_unknown_reduction_is_refused_when_the_loss_is_made(kind: Any) -> None:
    with pytest.raises(ArgumentError, match=f"{kind.__name__}: reduction must be 'mean', 'sum' or"):
        kind(reduction="average")


def test_what_does_not_fit() -> None:
    with pytest.raises(ShapeError, match="input and target must have one shape"):
        nn.MSELoss()(minigrad.ones(3, 1), minigrad.ones(3))
    with pytest.raises(ShapeError, match="input and target must have one shape"):
        nn.BCEWithLogitsLoss()(minigrad.ones(3, 1), minigrad.ones(3))
    with pytest.raises(IndexRangeError, match=r"class labels must lie in \[0, 1\] for 2 classes"):
        nn.CrossEntropyLoss()(minigrad.ones(1, 2), minigrad.tensor([2]))
    with pytest.raises(ArgumentError, match=r"label_smoothing must lie in \[0, 1\], got 2"):
        nn.CrossEntropyLoss(label_smoothing=2)(minigrad.ones(1, 2), minigrad.tensor([1]))
