"""From steps to records, and from records to a verdict."""

from minigrad.training.loop import Record, train, train_step
from minigrad.training.verdict import final_loss, verdict

__all__ = ["Record", "final_loss", "train", "train_step", "verdict"]
