"""Did a run diverge, stall or train? The one definition that everything else uses."""

import math
from collections.abc import Sequence
from typing import Literal

Verdict = Literal["diverged", "stalled", "trained"]

WINDOW = 16
"""Steps whose mean loss is judged: one epoch of the labs' task (1,000 examples, batch 64)."""


def final_loss(losses: Sequence[float | None]) -> float:
    """Mean of the last `WINDOW` losses (of all, if fewer); NaN if a loss anywhere is not finite.

    None stands for a non-finite loss, as in a run's records. Raises ValueError for no losses.
    """
    if not losses:
        raise ValueError("a verdict needs at least one loss, got none: run at least one step")
    if any(loss is None or not math.isfinite(loss) for loss in losses):
        return math.nan
    tail = [loss for loss in losses[-WINDOW:] if loss is not None]
    return math.fsum(tail) / len(tail)


def verdict(losses: Sequence[float | None], entropy: float = math.log(2)) -> Verdict:
    """Judge a run by its loss at every step, where guessing costs `entropy` nats.

    "diverged": a loss that is not finite anywhere, or a final loss above 2·entropy;
    "stalled": a final loss in [0.9·entropy, 2·entropy]; "trained": below 0.9·entropy.
    Raises ValueError for no losses, or an entropy that is not positive.
    """
    if not entropy > 0:
        raise ValueError(f"entropy must be positive, got {entropy}: ln 2 for two balanced classes")
    return judge(final_loss(losses), entropy)


def judge(final: float, entropy: float) -> Verdict:
    """The verdict of a final loss, NaN for a run that broke."""
    if not final <= 2 * entropy:  # NaN fails every comparison
        return "diverged"
    return "stalled" if final >= 0.9 * entropy else "trained"
