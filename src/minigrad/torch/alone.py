"""What PyTorch has for many processes and GPUs, where there is one process and a CPU."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from minigrad.core.tensor import Tensor
from minigrad.nn.module import Module


def nothing(*args: Any, **kwargs: Any) -> None:
    """Accepted, for scripts; there is nothing to do."""


def all_gather(tensor_list: list[Tensor], tensor: Tensor, *args: Any, **kwargs: Any) -> None:
    """What each process has, in a list: of one process, its tensor."""
    tensor_list[0].copy_(tensor)


def get_rank(group: Any = None) -> int:
    return 0


def get_world_size(group: Any = None) -> int:
    return 1


def is_available() -> bool:
    return False


is_initialized = is_available
init_process_group = destroy_process_group = barrier = nothing
all_reduce = broadcast = reduce = nothing  # a sum over one process is its own
ReduceOp = SimpleNamespace(SUM="sum", AVG="avg", MAX="max", MIN="min", PRODUCT="product")


class DistributedDataParallel(Module):
    """The module itself, as `module`, called."""

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)


def spawn(fn: Any, args: tuple = (), nprocs: int = 1, join: bool = True) -> None:
    """The function called here, as process 0."""
    fn(0, *args)


def ZeroRedundancyOptimizer(params: Any, optimizer_class: Any, **defaults: Any) -> Any:
    """The optimizer itself: one process holds all of its state."""
    return optimizer_class(params, **defaults)


class SummaryWriter:
    """TensorBoard's writer, which writes nothing here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __enter__(self) -> SummaryWriter:
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    add_scalar = add_scalars = add_histogram = add_text = add_graph = add_image = nothing
    add_figure = add_hparams = flush = close = nothing
