import numpy as np

from minigrad.lab.edge import edge, units
from minigrad.nn import Parameter
from minigrad.optim import SGD, Adam


def test_a_step_below_the_limit_goes_down_and_one_far_above_it_does_not() -> None:
    slow = edge("squared error", SGD, {"lr": 0.05}, seed=0, steps=40, every=20)
    losses, found = slow["losses"], slow["sharpness"]
    assert len(losses) == 41 and len(found) == 3
    assert all(value < 2 / 0.05 for value in found) and (np.diff(losses) < 0).all()
    with np.errstate(all="ignore"):
        fast = edge("squared error", SGD, {"lr": 6 / found[0]}, seed=0, steps=6, every=3)
    assert max(fast["losses"]) > losses[0]


def test_adams_units_are_its_own_divisor() -> None:
    p = Parameter(np.zeros(3, np.float32))
    p.grad = Parameter(np.array([1e-3, 1.0, 10.0], np.float32)).detach()
    adam = Adam([p])
    adam.step()
    np.testing.assert_allclose(units(adam, [p], 1) ** 2, [1e-3, 1.0, 10.0], rtol=1e-4)
    assert units(SGD([p]), [p], 1) == 1.0
    assert edge("cross-entropy", Adam, {"lr": 1e-3}, 0, 1, 1)["sharpness"][0] is None
