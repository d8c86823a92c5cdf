import pytest

import minigrad as mg
import minigrad.nn.functional as F
from minigrad import nn
from minigrad.errors import ArgumentError, ShapeError


@pytest.mark.parametrize("loss", [nn.L1Loss, nn.SmoothL1Loss, nn.BCELoss, nn.KLDivLoss])
def test_a_target_of_another_shape_and_an_unknown_reduction(loss):
    with pytest.raises(ShapeError, match=r"must have one shape, got \(2,\) and \(2, 1\): reshape"):
        loss()(mg.ones(2), mg.ones(2, 1))
    with pytest.raises(ArgumentError, match="reduction must be 'mean', 'sum' or 'none', got 'avg'"):
        loss(reduction="avg")


def test_errors():
    one = mg.ones(2)
    for call, error, message in (
        (lambda: F.smooth_l1_loss(one, one, beta=-1.0), ArgumentError, "beta must be ≥ 0, got -1"),
        (lambda: F.l1_loss(one, one, reduction="avg"), ArgumentError, "l1_loss: reduction must be"),
        (lambda: F.binary_cross_entropy(one * 2, one), ArgumentError, r"in \[0, 1\]: apply sigm"),
        (lambda: nn.BatchNorm1d(0), ArgumentError, "num_features must be positive, got 0"),
        (lambda: nn.BatchNorm1d(3)(mg.ones(2)), ShapeError, r"takes \(N, 3\) or .* shape \(2,\)"),
        (lambda: nn.BatchNorm1d(3)(mg.ones(1, 3)), ShapeError, "more than 1 value per feature"),
        (lambda: F.batch_norm(one, None, None), ShapeError, r"must be \(N, C\) or"),
    ):
        with pytest.raises(error, match=message):
            call()


@pytest.mark.parametrize("seed", range(3))
def test_batch_norm_keeps_each_features_mean_at_0_and_mean_square_at_1(seed):
    x = mg.randn(512, 4, generator=mg.Generator(seed)) * 7 + 3
    y = nn.BatchNorm1d(4)(x)
    assert abs(y.mean(0).array).max() < 1e-5
    assert (y * y).mean(0).tolist() == pytest.approx([1.0] * 4, rel=1e-4)


def test_in_eval_a_row_does_not_depend_on_the_others():
    norm = nn.BatchNorm1d(2)
    norm(mg.randn(64, 2, generator=mg.Generator(0)) * 3)
    assert norm.num_batches_tracked.item() == 1
    norm.eval()
    x = mg.randn(5, 2, generator=mg.Generator(1))
    assert abs(norm(x)[:1].array - norm(x[:1]).array).max() < 1e-6
    assert norm.num_batches_tracked.item() == 1
    norm.reset_parameters()
    assert norm.running_mean.tolist() == [0.0, 0.0] and norm.running_var.tolist() == [1.0, 1.0]
