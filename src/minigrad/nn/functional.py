"""The functional names, under the path PyTorch users expect."""

from minigrad.functional.activation import (
    dropout,
    elu,
    gelu,
    leaky_relu,
    relu,
    sigmoid,
    silu,
    softplus,
    tanh,
)
from minigrad.functional.attention import scaled_dot_product_attention
from minigrad.functional.index import embedding, one_hot
from minigrad.functional.linalg import linear
from minigrad.functional.loss import mse_loss
from minigrad.functional.norm import layer_norm, rms_norm
from minigrad.functional.softmax import log_softmax, softmax
from minigrad.nn.composed import (
    batch_norm,
    binary_cross_entropy,
    kl_div,
    l1_loss,
    normalize,
    smooth_l1_loss,
)
from minigrad.nn.more import *  # noqa: F403
from minigrad.nn.more import __all__ as more
from minigrad.nn.weighted import binary_cross_entropy_with_logits, cross_entropy, nll_loss

__all__ = [
    *more,
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "relu",
    "rms_norm",
    "scaled_dot_product_attention",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
]
