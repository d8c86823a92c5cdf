"""What PyTorch scripts name beside the engine: `import minigrad.torch as torch`.

All of minigrad's own names, and besides: devices, of which there is one; `cuda`, which is not
available; constructors by type; what speeds PyTorch up and does nothing here; and `utils.data`.
"""

import builtins
import importlib
import sys
from collections.abc import Callable
from functools import wraps
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

import minigrad
from minigrad.core.tensor import Tensor, device
from minigrad.torch import alone, arrange, distributions, linalg, ops, order, places, tensors, utils

__all__ = ["cuda", "device", "distributions", "linalg", "load", "utils"]


_nothing = alone.nothing
cuda = SimpleNamespace(
    is_available=lambda: False,
    device_count=lambda: 0,
    is_bf16_supported=lambda: False,
    manual_seed=_nothing,
    manual_seed_all=_nothing,
    empty_cache=_nothing,
    max_memory_allocated=lambda *device: 0,
    synchronize=_nothing,
)
backends = SimpleNamespace(
    mps=SimpleNamespace(is_available=lambda: False, is_built=lambda: False),
    cudnn=SimpleNamespace(deterministic=True, benchmark=False),
    cuda=SimpleNamespace(matmul=SimpleNamespace(allow_tf32=False)),
)
set_float32_matmul_precision = _nothing
amp = SimpleNamespace(autocast=minigrad.autocast, GradScaler=minigrad.autograd.GradScaler)
inference_mode = minigrad.no_grad
dtype, Size, _device = np.dtype, tuple, device
finfo, iinfo = np.finfo, np.iinfo


def compile(model: Any = None, **options: Any) -> Any:
    """The model itself; `@compile` and `@compile(...)` leave a function as it is."""
    return model if model is not None else lambda function: function


def is_tensor(obj: Any) -> bool:
    return isinstance(obj, Tensor)


def load(path: Any, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """minigrad.load: tensors are on the CPU, and nothing but data is ever read."""
    return minigrad.load(path)


def _typed(name: str, dtype: Any) -> Callable[..., Tensor]:
    def make(*data: Any) -> Tensor:
        return Tensor(*data).to(dtype) if len(data) != 1 else _of(data[0], dtype)

    make.__name__ = name  # x.type(torch.FloatTensor) reads it
    make.__doc__ = f"torch.{name}: a tensor of {dtype} of values, or of sizes to be filled."
    return make


def _of(data: Any, dtype: Any) -> Tensor:
    return (
        Tensor(data).to(dtype)
        if isinstance(data, builtins.int)
        else minigrad.tensor(data, dtype=dtype)
    )


FloatTensor = _typed("FloatTensor", minigrad.float32)
DoubleTensor = _typed("DoubleTensor", minigrad.float64)
HalfTensor = _typed("HalfTensor", minigrad.float16)
LongTensor = _typed("LongTensor", minigrad.int64)
BoolTensor = _typed("BoolTensor", minigrad.bool)


def _on_a_device(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`make` with PyTorch's `device` and `pin_memory`."""

    @wraps(make)
    def made(*args: Any, device: Any = None, pin_memory: bool = False, **options: Any) -> Tensor:
        if device is not None:
            _device(device)  # raises for any but "cpu"
        if "size" in options and make.__name__ in ("empty", "ones", "rand", "randn", "zeros"):
            args = (options.pop("size"),)
        return make(*args, **options)

    return made


for _name in (
    *("arange", "empty", "empty_like", "eye", "full", "full_like", "linspace", "ones"),
    *("ones_like", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like"),
    *("randperm", "tensor", "zeros", "zeros_like"),
):
    globals()[_name] = _on_a_device(getattr(minigrad, _name))

# so that `import minigrad.torch.nn as nn` finds minigrad.nn itself, and no second copy
for _name in ("nn", "nn.functional", "nn.init", "nn.utils", "optim", "optim.lr_scheduler"):
    sys.modules[f"{__name__}.{_name}"] = importlib.import_module(f"minigrad.{_name}")


for _room in (ops, arrange, order, places, tensors):
    for _name, _op in vars(_room).items():
        new = _name in ("from_numpy", "where") or not hasattr(minigrad, _name)
        if not _name.startswith("_") and _name not in globals() and new:
            globals()[_name] = _op
for _name, _op in ops.METHODS.items():
    if not hasattr(Tensor, _name):
        setattr(Tensor, _name, _op)
int32 = int16 = int8 = uint8 = int = short = minigrad.int64  # the one kind of integers there is


def _module(name: str, **names: Any) -> Any:
    """A module of PyTorch's that minigrad has under another: `from torch.nn.parameter import …`."""
    made = sys.modules[f"{__name__}.{name}"] = ModuleType(f"{__name__}.{name}")
    vars(made).update(names)
    return made


version = _module("version", cuda=None)
__version__ = "2.0.0"  # scripts compare it
autograd = _module(
    "autograd",
    **{n: v for n, v in vars(minigrad.autograd).items() if not n.startswith("__")},
    Variable=lambda data, requires_grad=False, **_: (
        data.detach().requires_grad_(requires_grad) if requires_grad else data
    ),
    set_detect_anomaly=_nothing,
)
Variable = autograd.Variable
_module("autograd.variable", Variable=Variable)
_module("nn.parameter", Parameter=minigrad.nn.Parameter)
_module("nn.modules", **{n: getattr(minigrad.nn, n) for n in minigrad.nn.__all__})
_module("optim.optimizer", Optimizer=minigrad.optim.Optimizer)
_module("amp", **vars(amp))
_module("cuda", **vars(cuda))
cuda.amp = _module("cuda.amp", **vars(amp))
_module("random", manual_seed=minigrad.manual_seed)
distributed = _module("distributed", **vars(alone))
_module("distributed.optim", ZeroRedundancyOptimizer=alone.ZeroRedundancyOptimizer)
_module("multiprocessing", spawn=alone.spawn)
_module("nn.parallel", DistributedDataParallel=alone.DistributedDataParallel)
_module("utils.tensorboard", SummaryWriter=alone.SummaryWriter)
_module("utils.data.dataloader", **vars(utils.data))
_module("utils.data.distributed", DistributedSampler=utils.data.DistributedSampler)
_inductor = _module("_inductor", config=_module("_inductor.config"))
_dynamo = _module("_dynamo", config=_module("_dynamo.config"))
jit = SimpleNamespace(script=compile, trace=compile)
set_printoptions = set_num_threads = use_deterministic_algorithms = _nothing


def __getattr__(name: str) -> Any:
    return getattr(minigrad, name)
