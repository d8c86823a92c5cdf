"""The labs' synthetic task: is the sum of the first ten inputs positive?"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


class Toy(NamedTuple):
    """Training and validation examples: inputs (N, dim) float32, labels (N,) int64 in {0, 1}."""

    x: Floats
    y: Ints
    x_val: Floats
    y_val: Ints


def toy(seed: int, n_train: int = 1000, n_val: int = 200, dim: int = 256) -> Toy:
    """Two balanced classes, so that guessing costs ln 2; the same seed gives the same examples.

    A deep net fits all 1,000 training examples and still validates at 0.6-0.8, as there are far
    fewer of them than it takes to find ten directions among 256: the training loss is what the
    labs measure.
    """
    rng = np.random.default_rng([seed, 0])
    x = rng.standard_normal((n_train + n_val, dim), dtype=np.float32)
    y = (x[:, :10].sum(axis=1) > 0).astype(np.int64)
    return Toy(x[:n_train], y[:n_train], x[n_train:], y[n_train:])


def batches(x: Floats, y: Ints, size: int, seed: int) -> Iterator[tuple[Floats, Ints]]:
    """Batches without end, (size, dim) and (size,): each epoch a fresh permutation of all rows.

    The last batch of an epoch holds what is left over (40 of 1,000 rows at size 64).
    """
    rng = np.random.default_rng([seed, 1])
    while True:
        order = rng.permutation(len(x))
        for start in range(0, len(x), size):
            rows = order[start : start + size]
            yield x[rows], y[rows]


def describe(seeds: Iterable[int], dim: int = 256) -> dict[str, Any]:
    """For a run's manifest: what the task is, and the SHA-256 of each seed's arrays."""
    digests = {}
    for seed in seeds:
        digest = hashlib.sha256()
        for array in toy(seed, dim=dim):
            digest.update(array.tobytes())
        digests[f"seed {seed}"] = digest.hexdigest()
    source = f"synthetic: x ~ N(0, I) in {dim} dimensions, label 1 where x[:10] sums to more than 0"
    return {"source": source, "sha256": digests}
