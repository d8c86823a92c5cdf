"""minigrad: a small autograd engine on NumPy, with PyTorch's names and semantics.

import minigrad
from minigrad import nn, optim
import minigrad.nn.functional as F
"""

import importlib
import warnings
from typing import Any

# NumPy warns where PyTorch is silent (log of 0, overflow in a diverging run). Only warnings that
# arise in minigrad's own lines are silenced; detect_anomaly() finds the op behind a NaN.
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minigrad\.")

from minigrad import autograd, errors
from minigrad.autograd.anomaly import detect_anomaly
from minigrad.autograd.autocast import autocast
from minigrad.core import dtype as _dtypes
from minigrad.core import memory as _memory
from minigrad.core.dtype import boolean as bool
from minigrad.core.dtype import (
    float16,
    float32,
    float64,
    get_default_dtype,
    int64,
    set_default_dtype,
)
from minigrad.core.dtype import float16 as half
from minigrad.core.dtype import float32 as float
from minigrad.core.dtype import float64 as double
from minigrad.core.dtype import int64 as long
from minigrad.core.mode import (
    enable_grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigrad.core.random import (
    Generator,
    default_generator,
    get_rng_state,
    manual_seed,
    set_rng_state,
)
from minigrad.core.tensor import Tensor
from minigrad.diagnose import diagnose
from minigrad.functional import operators as _operators  # binds the methods
from minigrad.functional.activation import relu, sigmoid, tanh
from minigrad.functional.compare import (
    eq,
    ge,
    gt,
    isfinite,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    lt,
    ne,
)
from minigrad.functional.creation import (
    arange,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from minigrad.functional.elementwise import (
    abs,
    add,
    clamp,
    cos,
    div,
    exp,
    log,
    log1p,
    maximum,
    minimum,
    mul,
    neg,
    pow,
    reciprocal,
    rsqrt,
    sign,
    sin,
    sqrt,
    sub,
    where,
)
from minigrad.functional.extreme import amax, amin, argmax, argmin, max, min
from minigrad.functional.index import gather, index_select, masked_fill
from minigrad.functional.join import cat, chunk, split, stack
from minigrad.functional.linalg import einsum, matmul, outer
from minigrad.functional.reduce import (
    all,
    any,
    cumsum,
    mean,
    norm,
    prod,
    std,
    sum,
    var,
)
from minigrad.functional.shape import (
    broadcast_to,
    clone,
    flatten,
    flip,
    permute,
    reshape,
    squeeze,
    t,
    transpose,
    tril,
    triu,
    unsqueeze,
)
from minigrad.functional.softmax import log_softmax, logsumexp, softmax

__version__ = "0.1.0"
from math import inf, nan, pi

_memory.prepare_process()

_LAZY = {  # imported at first use: name -> module, or module:attribute
    "nn": "minigrad.nn",
    "optim": "minigrad.optim",
    "save": "minigrad.nn.files:save",
    "load": "minigrad.nn.files:load",
    "predict": "minigrad.signal.predict:predict",
    "predict_transformer": "minigrad.signal.transformer.predict:predict_transformer",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module, _, attribute = _LAZY[name].partition(":")
        found = importlib.import_module(module)
        return getattr(found, attribute) if attribute else found
    if name == "bfloat16":  # of a package that not everyone has
        return _dtypes.bfloat16()
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
