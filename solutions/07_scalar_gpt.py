"""Lab 07: the parts of a GPT, in plain numbers.

A `Value` (from minigrad.scalar) knows + − * / ** and .exp() .log(); its number is `.data`. Work
with Values, not with their .data, or no gradient can flow. Lists in, lists out.
"""


def scalar_rms_norm(x, eps=1e-5):
    """xᵢ / √(mean of x² + ε) for a list of Values; returns a list of Values."""
    # TODO: one mean, one power, one product per number.
    mean_square = sum(v * v for v in x) / len(x)
    scale = (mean_square + eps) ** -0.5
    return [v * scale for v in x]


def scalar_softmax(x):
    """exp(xᵢ) / Σ exp(xⱼ) for a list of Values; returns a list of Values.

    It must work for numbers like 1000, whose exp no float holds.
    """
    # TODO: which number can be taken off every x without changing the result?
    largest = max(v.data for v in x)  # a constant: its gradient cancels
    exps = [(v - largest).exp() for v in x]
    total = sum(exps)
    return [e / total for e in exps]


def scalar_cross_entropy(logits, target):
    """−ln softmax(logits)[target], a Value, for a list of Values and an int.

    It must be right where the probability is too small for a float: [1000, 0] and 1 give 1000.
    """
    # TODO: ln of a quotient is a difference. Which of the two logarithms needs no exp at all?
    largest = max(v.data for v in logits)
    total = sum((v - largest).exp() for v in logits)
    return total.log() + largest - logits[target]
