import pytest

import minigrad
from minigrad.nn import Parameter
from minigrad.optim import SGD


def steps(grads: list[float], **options: float | bool) -> list[float]:
    """Where a parameter that starts at 1 stands after each of these gradients."""
    p = Parameter(minigrad.tensor([1.0], dtype=minigrad.float64))
    optimizer, seen = SGD([p], **options), []  # type: ignore[arg-type]
    for g in grads:
        p.grad = minigrad.tensor([g], dtype=minigrad.float64)
        optimizer.step()
        seen.append(p.item())
    return seen


def test_the_updates_by_hand() -> None:
    assert steps([1, 2], lr=0.1) == pytest.approx([0.9, 0.7])
    assert steps([1, 2], lr=0.1, weight_decay=0.5) == pytest.approx([0.85, 0.85 - 0.1 * 2.425])
    # v = 1, 0.9 + 2
    assert steps([1, 2], lr=0.1, momentum=0.9) == pytest.approx([0.9, 0.9 - 0.29])
    # g + 0.9 v
    assert steps([1, 2], lr=0.1, momentum=0.9, nesterov=True) == pytest.approx(
        [1 - 0.19, 1 - 0.19 - 0.1 * (2 + 0.9 * 2.9)]
    )


def test_momentum_sums_to_a_rate_ten_times_as_large() -> None:
    seen = steps([1.0] * 200, lr=0.1, momentum=0.9)
    assert seen[-2] - seen[-1] == pytest.approx(0.1 / (1 - 0.9), rel=1e-6)


def test_the_gradient_is_not_changed() -> None:
    p = Parameter(minigrad.tensor([1.0]))
    p.grad = minigrad.tensor([2.0])
    for nesterov in (False, True):
        SGD([p], lr=0.1, momentum=0.9, weight_decay=0.5, nesterov=nesterov).step()
    SGD([p], lr=0.1, weight_decay=0.5).step()
    assert p.grad.tolist() == [2.0]
