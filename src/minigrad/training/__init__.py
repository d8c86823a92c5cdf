"""From steps to records, and from records to a verdict."""

from minigrad.training.loop import Record, train, training_step
from minigrad.training.verdict import final_loss, verdict

__all__ = ["Record", "final_loss", "train", "training_step", "verdict"]
