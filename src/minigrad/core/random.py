"""Seeded randomness: one default generator, and `generator=` wherever numbers are drawn."""

from __future__ import annotations

import numpy as np

from minigrad.errors import ArgumentError, DtypeError


class Generator:
    """A stream of random numbers. `numpy` is the NumPy generator that draws them."""

    __slots__ = ("_seed", "numpy")

    def __init__(self, seed: int | None = None) -> None:
        self.manual_seed(np.random.SeedSequence().entropy if seed is None else seed)  # type: ignore[arg-type]

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream anew from `seed`, an int ≥ 0; returns the generator."""
        if not isinstance(seed, int | np.integer) or seed < 0:
            raise ArgumentError(f"a seed must be an int ≥ 0, got {seed!r}")
        self._seed = seed
        self.numpy = np.random.Generator(np.random.PCG64(seed))
        return self

    def initial_seed(self) -> int:
        """The seed the stream was last started from."""
        return self._seed


_default: Generator | None = None  # made at first use: importing numpy.random takes time


def default_generator() -> Generator:
    """The generator used where none is given."""
    global _default
    if _default is None:
        _default = Generator()
    return _default


def manual_seed(seed: int) -> Generator:
    """Seed the default generator; returns it."""
    return default_generator().manual_seed(seed)


def rng(generator: Generator | None) -> np.random.Generator:
    """The NumPy generator behind `generator`, or behind the default one."""
    if generator is None:
        generator = default_generator()
    if not isinstance(generator, Generator):
        raise DtypeError(
            f"generator must be a minigrad.Generator, got {type(generator).__name__}: make one "
            "with minigrad.Generator(seed)"
        )
    return generator.numpy
