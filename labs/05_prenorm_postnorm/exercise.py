"""Lab 05: the two places of a norm, and a rate that begins small."""


def block(x, attention, ffn, norm1, norm2, placement):
    """One transformer block: attention, then FFN, each beside a residual path.

    x: (T, d). attention, ffn, norm1, norm2: functions of an array, norm1 goes with attention.
    placement: "pre": x + f(N(x)); "post": N(x + f(x)).
    """
    # TODO: two branches, one after the other; what the second reads is what the first left.
    raise NotImplementedError


def warmup_lr(step, lr, warmup):
    """The learning rate at `step` (counted from 0): linear up to lr over `warmup` steps, then lr.

    The first step takes lr / warmup, step number warmup − 1 the whole of lr. warmup = 0: always lr.
    """
    # TODO: which share of the way is behind us once this step is taken? Never more than all of it.
    raise NotImplementedError


def stream_walk(norm, branches, gain):
    """The mean square of the stream after each of `branches` branches; it starts at 1.

    A branch is linear and independent of what it is added to: reading mean square q, it gives
    gain · q. norm: "none": x + f(x); "pre": x + f(N(x)); "post": N(x + f(x)), where N makes the
    mean square 1. Returns a list.
    """
    # TODO: what does the branch read, what does it add, and what is done to the sum?
    raise NotImplementedError
