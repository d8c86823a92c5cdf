"""The moments of attention's weights, against draws."""

import numpy as np
import pytest

from minigrad.signal.transformer.attention import averages, softmax


@pytest.mark.parametrize("v", [1e-4, 0.3, 2.0, 15.0, 150.0, 1000.0])
@pytest.mark.parametrize("keys", [1, 2, 9, 65])
def test_how_few_keys_and_what_reaches_the_scores(v, keys):
    rng = np.random.default_rng(keys)
    s = rng.normal(0, v**0.5, (20_000, keys))
    a = np.exp(s - s.max(1, keepdims=True))
    a /= a.sum(1, keepdims=True)
    w = rng.standard_normal(a.shape)
    force = (a**2 * (w - (a * w).sum(1, keepdims=True)) ** 2).sum(1)
    few, moved = (float(x[0]) for x in softmax(np.array([v]), keys))
    assert few == pytest.approx((a**2).sum(1).mean(), rel=0.03)
    spread = force.std() / len(force) ** 0.5
    assert moved == pytest.approx(force.mean(), rel=0.06, abs=4 * spread + 1e-12)


def test_averages_over_positions():
    """Means of the causal pattern, from drawn weights."""
    v, T = 2.0, 12
    rng = np.random.default_rng(0)
    found = []
    for _ in range(3000):
        s = np.where(np.tri(T) > 0, rng.normal(0, v**0.5, (T, T)), -np.inf)
        a = np.exp(s - s.max(1, keepdims=True))
        a /= a.sum(1, keepdims=True)
        queries, keys = a @ a.T, a.T @ a
        pairs = T * (T - 1)
        received = a.sum(0)
        found.append(
            [
                np.trace(queries) / T,
                (queries.sum() - np.trace(queries)) / pairs,
                (received @ received - np.trace(queries)) / T,
                (keys.sum() - np.trace(keys)) / pairs,
                (received.sum() ** 2 - received @ received - keys.sum() + np.trace(keys)) / pairs,
            ]
        )
    a = averages(np.array([v]), T)
    theory = [a.alone, a.both, a.shared, a.own_pair, a.shared_pair]
    np.testing.assert_allclose(
        [float(np.ravel(x)[0]) for x in theory], np.mean(found, 0), rtol=0.04
    )
