"""Where a tensor is: on the CPU."""

from __future__ import annotations

from typing import Any

from minigrad.errors import ArgumentError


class device(str):
    """Where tensors are: `device("cpu")`, a text. Raises ArgumentError for any other place."""

    type = "cpu"
    index = None  # type: ignore[assignment]  # not text's: the number of a GPU

    def __new__(cls, type: Any = "cpu", index: int | None = None) -> device:
        if str(type).partition(":")[0] != "cpu":
            raise ArgumentError(f"minigrad computes on the CPU alone, got device {str(type)!r}")
        return super().__new__(cls, "cpu")

    @classmethod
    def check(cls, wanted: Any) -> None:
        """Raises ArgumentError where `wanted` is neither None nor the CPU."""
        if wanted is not None:
            cls(wanted)

    def __repr__(self) -> str:
        return "device(type='cpu')"
