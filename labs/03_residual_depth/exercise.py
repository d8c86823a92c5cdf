"""Lab 03: the residual connection, where its norm goes, and what its absence does.

All inputs are Tensors of shape (batch, d), and f keeps the shape.
"""

import math

from minigrad import nn


class Residual(nn.Module):
    """x + scale · f(x) (He et al. 2015)."""

    def __init__(self, f, scale=1.0):
        super().__init__()
        self.f, self.scale = f, scale

    def forward(self, x):
        # TODO: the input goes through untouched, and f adds to it.
        raise NotImplementedError


class PreNormBlock(nn.Module):
    """The norm stands before f, inside the branch (Xiong et al. 2020)."""

    def __init__(self, norm, f):
        super().__init__()
        self.norm, self.f = norm, f

    def forward(self, x):
        # TODO: f sees the normalized x; the skip does not.
        raise NotImplementedError


class PostNormBlock(nn.Module):
    """The norm stands after the addition (Vaswani et al. 2017)."""

    def __init__(self, norm, f):
        super().__init__()
        self.norm, self.f = norm, f

    def forward(self, x):
        # TODO: the norm comes last.
        raise NotImplementedError


def pre_norm_stack(x, blocks, final_norm):
    """A pre-norm network's body: every block in turn, then what pre-norm needs at the end.

    blocks: a list of functions of a Tensor. Returns a Tensor of x's shape.
    """
    # TODO: each block adds to the stream, so its size grows with depth. The head should not see it.
    raise NotImplementedError


def grad_norm(parameters):
    """The length √(Σ g²) of all the gradients of some parameters taken together.

    parameters: a list of Tensors; one whose grad is None counts as 0. Returns a Python number. Call
    it after backward, before clipping and before zero_grad: then it is what the update will see.
    """
    # TODO: squares of all entries of all gradients, one sum, one root. p.grad.data is an array.
    raise NotImplementedError


def remove_skip(block):
    """Break it: what a PreNormBlock computes when its skip connection is taken out.

    block: a PreNormBlock, with block.norm and block.f. Returns a function of a Tensor x.
    """
    # TODO: the same branch, and nothing added to it.
    raise NotImplementedError


def symptoms_without_skip():
    """Predict: fifty pre-norm blocks, their skips removed, are trained with Adam. What happens?

    Returns a dict:
        "gradient before": layer 1's gradient before the first update, "healthy" or "vanished"
        "gradient after": the same after 10 updates, "healthy" or "vanished" (below 1 % of before)
        "loss": what becomes of the run, "trained", "stalled" or "diverged"
    Predict first, check, and then see it happen: `minigrad run 03`.
    """
    # TODO: think of what the norms do to the size of the signal, and what the updates do to it.
    raise NotImplementedError
