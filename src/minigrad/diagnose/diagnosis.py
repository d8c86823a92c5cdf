"""The diagnosis: verdict, odds, reason, window of rates, and what would help."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.diagnose.findings import Finding, findings, trains
from minigrad.diagnose.layers import Layer
from minigrad.diagnose.measure import Measured, measure
from minigrad.diagnose.odds import by_rate, odds
from minigrad.diagnose.session import Loss, Session
from minigrad.errors import ArgumentError
from minigrad.signal.fate import LIKELY, nearest, stretch


@dataclass(frozen=True)
class Diagnosis:
    """What was measured of one network, and what it means for training it."""

    verdict: str  # "diverged", "stalled" or "trained"
    probabilities: dict[str, float]
    reason: str
    findings: list[Finding]  # what is unusual, the gravest first
    measured: Measured
    steps: int

    @property
    def confidence(self) -> float:
        """The probability of its verdict."""
        return self.probabilities[self.verdict]

    @property
    def layers(self) -> list[Layer]:
        """What was measured at each layer, in the order of the forward pass."""
        return self.measured.layers

    @cached_property
    def _by_rate(self) -> tuple[list[float], list[float]]:
        return by_rate(self.measured, self.steps)

    @cached_property
    def window(self) -> tuple[float, float] | None:
        """The lowest and highest learning rate that would train, four to a decade and within four
        decades; the stretch nearest to the optimizer's own rate. None if none would."""
        return stretch(*self._by_rate, self.measured.rate)

    @cached_property
    def nearest_change(self) -> str | None:
        """The smallest change that would make it train: of the rate if one is likely to, else what
        mends the gravest finding. None if it trains, or nothing was found."""
        if self.verdict == "trained":
            return None
        wired = [f for f in self.findings if f.name in ("softmax twice", "zeroed")]
        for least in (LIKELY, 0.0):
            rate = nearest(*self._by_rate, self.measured.rate, least)
            if rate is not None and not wired:
                return f"lr {float(f'{rate:.2g}'):g}"
        return next((f.change for f in [*wired, *self.findings]), None)

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values, for JSON; a number that is not finite is None."""
        m = self.measured
        numbers = {k: v for k, v in vars(m).items() if isinstance(v, bool | float | str)}
        return _plain(
            {
                "verdict": self.verdict,
                "probabilities": self.probabilities,
                "reason": self.reason,
                "learning_rates": None if self.window is None else list(self.window),
                "nearest_change": self.nearest_change,
                "steps": self.steps,
                "findings": [vars(found) for found in self.findings],
                "measured": numbers,
                "trial": {"losses": m.losses, "gradients": m.slopes},
                "leaps": [vars(leap) for leap in m.leaps],
                "layers": [vars(layer) for layer in self.layers],
            }
        )

    def __str__(self) -> str:
        from minigrad.diagnose.report import lines

        return "\n".join(lines(self))

    def save(self, folder: Path | str) -> Path:
        """Write report.md, diagnosis.json and layers.png into `folder`; returns report.md."""
        from minigrad.diagnose.report import save

        return save(self, Path(folder))

    def _repr_html_(self) -> str:
        from minigrad.diagnose.report import html

        return html(self)


def run(model: Any, loss: Loss, optimizer: Any, batches: Sequence[Any], steps: int) -> Diagnosis:
    """`minigrad.diagnose`: see there."""
    if not isinstance(batches, list | tuple) or not 1 <= len(batches) <= 2:
        got = f"{len(batches)}" if isinstance(batches, list | tuple) else type(batches).__name__
        raise ArgumentError(
            f"diagnose: batches must be a list of one batch or two, got {got}. Of a loader, take "
            "[next(iter(loader))]"
        )
    if steps < 1:
        raise ArgumentError(f"diagnose: steps must be ≥ 1, got {steps}")
    session = Session(model, loss, optimizer, batches)
    with session.borrowed(), np.errstate(all="ignore"):
        measured = measure(session, steps)
    chances = odds(measured, steps)
    verdict = max(chances, key=lambda name: chances[name])
    found = findings(measured, steps)
    return Diagnosis(verdict, chances, _reason(verdict, found, measured), found, measured, steps)


# which findings speak for a fate; what is wired wrong speaks for any
CAUSES = {
    "diverged": {"unstable", "scrambled", "residual scale", "missing scale", "wrong start"},
    "stalled": {
        *("slow", "alike", "vanishing signal", "vanishing gradient", "dead", "saturated"),
        *("scrambled", "unstable", "attention scale", "missing scale", "wrong start"),
        *("residual scale", "frozen", "zeroed", "softmax twice"),
    },
}


def _reason(verdict: str, found: list[Finding], m: Measured) -> str:
    """One sentence: the gravest cause of the verdict."""
    if not math.isfinite(m.start):
        return "the loss is not finite before any update"
    if not math.isfinite(m.gradient):
        return "the gradient is not finite before any update"
    if verdict == "trained":
        return trains(m, [f for f in found if f.grave >= 1])
    causes = [f for f in found if f.name in CAUSES[verdict]]
    if causes:
        return causes[0].sentence
    last = m.losses[-1] if m.losses else m.start
    return f"its loss goes from {m.start:.3g} to {last:.3g} in {len(m.losses)} updates"


def _plain(value: Any) -> Any:
    """Numbers as JSON has them: one that is not finite becomes None."""
    if isinstance(value, dict):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
