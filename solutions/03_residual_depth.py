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
        return x + self.scale * self.f(x)  # a new Tensor: x itself belongs to the caller


class PreNormBlock(nn.Module):
    """The norm stands before f, inside the branch (Xiong et al. 2020)."""

    def __init__(self, norm, f):
        super().__init__()
        self.norm, self.f = norm, f

    def forward(self, x):
        # TODO: f sees the normalized x; the skip does not.
        return x + self.f(self.norm(x))


class PostNormBlock(nn.Module):
    """The norm stands after the addition (Vaswani et al. 2017)."""

    def __init__(self, norm, f):
        super().__init__()
        self.norm, self.f = norm, f

    def forward(self, x):
        # TODO: the norm comes last.
        return self.norm(x + self.f(x))


def pre_norm_stack(x, blocks, final_norm):
    """A pre-norm network's body: every block in turn, then what pre-norm needs at the end.

    blocks: a list of functions of a Tensor. Returns a Tensor of x's shape.
    """
    # TODO: each block adds to the stream, so its size grows with depth. The head should not see it.
    for block in blocks:
        x = block(x)
    return final_norm(x)


def grad_norm(parameters):
    """The length √(Σ g²) of all the gradients of some parameters taken together.

    parameters: a list of Tensors; one whose grad is None counts as 0. Returns a Python number. Call
    it after backward, before clipping and before zero_grad: then it is what the update will see.
    """
    # TODO: squares of all entries of all gradients, one sum, one root. p.grad is a Tensor.
    return math.sqrt(sum(float((p.grad.data**2).sum()) for p in parameters if p.grad is not None))


def remove_skip(block):
    """Break it: what a PreNormBlock computes when its skip connection is taken out.

    block: a PreNormBlock, with block.norm and block.f. Returns a function of a Tensor x.
    """
    # TODO: the same branch, and nothing added to it.
    return lambda x: block.f(block.norm(x))


def symptoms_without_skip():
    """Predict: fifty pre-norm blocks, their skips removed, are trained with Adam. What happens?

    Returns a dict:
        "gradient before": layer 1's gradient before the first update, "healthy" or "vanished"
        "gradient after": the same after 10 updates, "healthy" or "vanished" (below 1 % of before)
        "loss": what becomes of the run, "trained", "stalled" or "diverged"
    Predict first, check, and then see it happen: `minigrad run 03`.
    """
    # TODO: think of what the norms do to the size of the signal, and what the updates do to it.
    return {
        "gradient before": "healthy",  # every block starts by putting the size right
        "gradient after": "vanished",  # the first updates break the chain of fifty products
        "loss": "stalled",  # nothing reaches the early layers any more
    }
