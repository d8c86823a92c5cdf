"""Your network, before you train it: the evidence of `predict`, measured, and the same verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minigrad.diagnose.diagnosis import Diagnosis


def diagnose(
    model: Any,
    loss: Callable[[Any, Any], Any],
    optimizer: Any,
    batches: Sequence[Any],
    *,
    steps: int = 300,
) -> Diagnosis:
    """Say whether a network will diverge, stall or train within `steps`, and why.

    ``loss(model, batch)`` returns the scalar to minimize, ``batches`` is a list of one or two.
    Model and optimizer are minigrad's or PyTorch's; both, and every random generator, are left
    exactly as they were. Takes the passes of 8 to 9 training steps. Raises ArgumentError for
    what cannot be measured. ``steps`` matters to what is too slow; the odds were fitted on runs of
    100 to 600.
    """
    from minigrad.diagnose.diagnosis import run

    return run(model, loss, optimizer, batches, steps)
