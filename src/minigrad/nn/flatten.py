"""Flatten."""

from minigrad.core.tensor import Tensor
from minigrad.functional.shape import flatten
from minigrad.nn.module import Module


class Flatten(Module):
    """(N, a, b, …) -> (N, a·b·…): the dims from start_dim to end_dim as one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
