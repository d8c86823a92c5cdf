"""From the theory's quantities to the odds of the three fates: small trees, fitted on a sweep.

The theory names what matters; how much of it a run survives (how far above the stability limit,
how scrambled by its first updates) was measured. `calibration.json` holds 36 boosted trees of at
most eight leaves, thresholds on 14 named quantities; sweeps/calibrate.py makes it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from minigrad.signal.quadrature import Array

VERDICTS = ("diverged", "stalled", "trained")


@dataclass(frozen=True)
class Trees:
    """Boosted trees as flat arrays; node i is a leaf where left[i] = i."""

    names: tuple[str, ...]  # of the features
    baseline: NDArray[np.float64]  # (O,) each output before any tree: log odds, or one number
    roots: NDArray[np.int64]  # (T,)
    output: NDArray[np.int64]  # (T,) which a tree adds to
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    depth: int
    temperature: float  # the log odds are divided by it, so that a confidence means what it says


@lru_cache
def calibration(family: str = "") -> Trees:
    """The trees that ship with minigrad: for MLPs, or for the family of that folder."""
    text = Path(__file__).parent.joinpath(family, "calibration.json").read_text(encoding="utf-8")
    return read(json.loads(text))


def read(stored: dict[str, object]) -> Trees:
    """Trees from their JSON form: one [output, tree] each, a tree a number or [name, at, ≤, >]."""
    names: list[str] = list(stored["features"])  # type: ignore[call-overload]
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []
    deepest = 0

    def add(tree: object, depth: int) -> int:
        nonlocal deepest
        deepest = max(deepest, depth)
        at = len(value)
        feature.append(0)
        threshold.append(0.0)
        left.append(at)
        right.append(at)
        value.append(0.0)
        if isinstance(tree, list):
            name, cut, low, high = tree
            feature[at], threshold[at] = names.index(name), float(cut)
            left[at], right[at] = add(low, depth + 1), add(high, depth + 1)
        else:
            value[at] = float(tree)  # type: ignore[arg-type]
        return at

    pairs: list[tuple[str, object]] = list(stored["trees"])  # type: ignore[call-overload]
    roots = [add(tree, 0) for _, tree in pairs]
    return Trees(
        names=tuple(names),
        baseline=np.array(stored["baseline"], float),
        roots=np.array(roots),
        output=np.array([VERDICTS.index(name) if name in VERDICTS else 0 for name, _ in pairs]),
        feature=np.array(feature),
        threshold=np.array(threshold),
        left=np.array(left),
        right=np.array(right),
        value=np.array(value),
        depth=deepest,
        temperature=float(stored.get("temperature", 1.0)),  # type: ignore[arg-type]
    )


def scores(features: Mapping[str, Array], trees: Trees) -> Array:
    """(R, O) what the trees add up to, for R rows of features."""
    x = np.stack([features[name] for name in trees.names])  # (F, R)
    row = np.arange(x.shape[1])[:, None]
    node = np.broadcast_to(trees.roots, (x.shape[1], len(trees.roots)))  # (R, T)
    for _ in range(trees.depth):
        low = x[trees.feature[node], row] <= trees.threshold[node]
        node = np.where(low, trees.left[node], trees.right[node])
    each: Array = trees.value[node] @ np.eye(len(trees.baseline))[trees.output]
    return trees.baseline + each


def odds(features: Mapping[str, Array], trees: Trees | None = None) -> Array:
    """(R, 3) the odds of each verdict, of R networks' features; each row sums to 1."""
    trees = trees or calibration()
    score = scores(features, trees)
    share = np.exp((score - score.max(1, keepdims=True)) / trees.temperature)
    return share / share.sum(1, keepdims=True)


def probabilities(features: Mapping[str, float], trees: Trees | None = None) -> dict[str, float]:
    """The odds of each verdict for one network; they sum to 1."""
    one = {name: np.array([x]) for name, x in features.items()}
    return dict(zip(VERDICTS, odds(one, trees)[0].tolist(), strict=True))
