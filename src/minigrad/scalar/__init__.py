"""The engine's idea for Python floats, with no dependency at all, and a character GPT on it."""

from minigrad.scalar.gpt import GPT
from minigrad.scalar.names import Alphabet, cities, read_names
from minigrad.scalar.training import Adam, sample, train
from minigrad.scalar.value import Value, dot, total

__all__ = [
    "GPT",
    "Adam",
    "Alphabet",
    "Value",
    "cities",
    "dot",
    "read_names",
    "sample",
    "total",
    "train",
]
