"""Lab 07: the parts of a GPT, in plain numbers.

A `Value` (from minigrad.scalar) knows + − * / ** and .exp() .log(); its number is `.data`. Work
with Values, not with their .data, or no gradient can flow. Lists in, lists out.
"""


def scalar_rms_norm(x, eps=1e-5):
    """xᵢ / √(mean of x² + ε) for a list of Values; returns a list of Values."""
    # TODO: one mean, one power, one product per number.
    raise NotImplementedError


def scalar_softmax(x):
    """exp(xᵢ) / Σ exp(xⱼ) for a list of Values; returns a list of Values.

    It must work for numbers like 1000, whose exp no float holds.
    """
    # TODO: which number can be taken off every x without changing the result?
    raise NotImplementedError


def scalar_cross_entropy(logits, target):
    """−ln softmax(logits)[target], a Value, for a list of Values and an int.

    It must be right where the probability is too small for a float: [1000, 0] and 1 give 1000.
    """
    # TODO: ln of a quotient is a difference. Which of the two logarithms needs no exp at all?
    raise NotImplementedError
