"""Seeded randomness: one default generator, and `generator=` wherever numbers are drawn."""

from __future__ import annotations

from typing import Any

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

    def get_state(self) -> dict[str, Any]:
        """Where the stream stands: ints and texts, which minigrad.save keeps."""
        return {"seed": self._seed, **self.numpy.bit_generator.state}

    def set_state(self, new_state: dict[str, Any]) -> Generator:
        """Go on from what get_state() gave; returns the generator."""
        if not isinstance(new_state, dict) or "seed" not in new_state:
            raise DtypeError("set_state: needs what get_state() gave")
        self._seed = new_state["seed"]
        self.numpy.bit_generator.state = {k: v for k, v in new_state.items() if k != "seed"}
        return self


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


def get_rng_state() -> dict[str, Any]:
    """Where the default generator's stream stands."""
    return default_generator().get_state()


def set_rng_state(new_state: dict[str, Any]) -> None:
    """Let the default generator go on from what get_rng_state() gave."""
    default_generator().set_state(new_state)


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
