"""The challenge's fourth level: which of four real curves belongs to this network?

The others are real runs of near networks, all from the recorded sweep. Theory answers by how likely
its predicted curve makes each of the four.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from minigrad.signal.calibration import VERDICTS
from minigrad.signal.curve import HIGHEST, LOWEST, SHOWN
from minigrad.signal.fate import Fate
from minigrad.sweep.families import FAMILIES, Config
from minigrad.sweep.recorded import Row, rows

LETTERS = ("a", "b", "c", "d")
APART = 0.1  # decades, in the mean over windows, by which two shown curves differ at least
BLUNT = 0.05  # decades of pinball loss: of a tenth to twice it, the best Brier on 300 rounds
MARKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Four:
    """A network and four curves by letter, of which one is its own."""

    theory: Fate
    curves: Mapping[str, NDArray[np.float64]]  # (W,) nats, NaN where not finite
    configs: Mapping[str, Config]
    truth: str

    @property
    def odds(self) -> dict[str, float]:
        """Theory's, of each letter."""
        curve = self.theory.curve
        said = np.clip(np.log10([curve.quantile(q) for q in SHOWN]), LOWEST, HIGHEST)  # (Q, W)
        off = np.array([pinball(said, decades(c)) for c in self.curves.values()])
        likely = np.exp(-(off - off.min()) / BLUNT)
        return dict(zip(self.curves, (likely / likely.sum()).tolist(), strict=True))


def decades(curve: Any) -> NDArray[np.float64]:
    """log₁₀ of losses in nats, within LOWEST and HIGHEST."""
    losses = np.array(curve, float)
    finite = np.where(np.isfinite(losses), np.maximum(losses, 10**LOWEST), 10**HIGHEST)
    return np.minimum(np.log10(finite), HIGHEST)


def pinball(said: NDArray[np.float64], seen: NDArray[np.float64]) -> float:
    """Mean over windows and quantiles SHOWN of the loss that a true quantile has least of: of what
    was said (..., Q, W) and seen (..., W)."""
    off = seen[..., None, :] - said
    q = np.array(SHOWN)[:, None]
    return float(np.maximum(q * off, (q - 1) * off).mean())


def draw_four(seed: int, family: str) -> Four:
    """A network whose fate is each of the three one time in three, by a run that theory's fits have
    not seen, and its near ones."""
    of, rng, found = FAMILIES[family], np.random.default_rng([seed, 4]), recorded(family)
    fate = VERDICTS[int(rng.integers(3))]
    right = [row for row in found if row.group in of.judging and row.verdict == fate]
    own = right[int(rng.integers(len(right)))]
    near = sorted(found, key=lambda row: distance(row.config, own.config))
    four = (own, *chosen(own, near))
    places = [int(i) for i in rng.permutation(len(LETTERS))]
    shown = {letter: four[i] for letter, i in zip(LETTERS, places, strict=True)}
    return Four(
        of.foretell([own.config])[0],
        {letter: np.array(row.windows) for letter, row in shown.items()},
        {letter: row.config for letter, row in shown.items()},
        LETTERS[places.index(0)],
    )


@lru_cache
def recorded(family: str) -> list[Row]:
    """The runs of the sweep that ships."""
    return rows(FAMILIES[family].recorded)


def chosen(own: Row, near: Sequence[Row]) -> list[Row]:
    """The first three whose curves are apart from the own one, and from each other; where too few
    are, the nearest of the rest."""
    taken, most = [own], len(LETTERS)
    for row in near:
        apart = (np.abs(decades(row.windows) - decades(x.windows)).mean() for x in taken)
        if row.config not in [x.config for x in taken] and min(apart) >= APART:
            taken.append(row)
        if len(taken) == most:
            break
    rest = (row for row in near if row not in taken and row.config != own.config)
    return [*taken, *rest][1:most]


def distance(one: Config, other: Config) -> float:
    """How unlike two networks are: choices that differ, and sizes and rates by their ratio."""
    out = 0.0
    for f in fields(one):
        a, b = getattr(one, f.name), getattr(other, f.name)
        if isinstance(a, str) or a is None or b is None or 0 in (a, b):
            out += a != b
        else:
            out += abs(math.log2(a / b)) / 3
    return out


def shown(four: Four, windows: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The four curves, a row per window."""
    yield "  steps   " + "".join(f"   {letter:10s}" for letter in four.curves).rstrip()
    for w, (first, stop) in enumerate(windows):
        steps = f"{first}" if stop == first + 1 else f"{first}–{stop - 1}"
        losses = [
            (f"{c[w]:.3g}" if math.isfinite(c[w]) else "NaN", c[w]) for c in four.curves.values()
        ]
        cells = (f"{number:>7s} {bar(loss)}    " for number, loss in losses)
        yield f"  {steps:8s}{''.join(cells)}".rstrip()


def bar(loss: float) -> str:
    """A mark for a loss from 0.01 to 10, on a log scale; ✕ where it is not finite."""
    if not math.isfinite(loss):
        return "✕"
    return MARKS[min(int((math.log10(min(max(loss, 0.01), 10.0)) + 2) / 3 * 8), 7)]


def unlike(one: Config, other: Config) -> str:
    """In what another network differs, in its own values."""
    pairs = ((f.name, getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    told = [f"{n} {b:g}" if isinstance(b, float) else f"{n} {b}" for n, a, b in pairs if a != b]
    return ", ".join(told)
