"""Lab 08: reading a run's record, and the treatment that is prescribed too often."""

import math

import numpy as np


def diagnose(losses, classes, unigram):
    """What a run's losses say: one word, the first that applies.

    "died": a loss is not finite. "sick at birth": the first loss is above 2·ln(classes).
    "stuck": the mean of the last 10 losses is above 0.93·unigram, what guessing by frequency costs.
    "leak": that mean is below 0.3, which no model of real text reaches. Else "healthy".
    """
    # TODO: four questions, in this order.
    if not all(math.isfinite(loss) for loss in losses):
        return "died"
    if losses[0] > 2 * math.log(classes):
        return "sick at birth"
    end = sum(losses[-10:]) / len(losses[-10:])
    if end > 0.93 * unigram:
        return "stuck"
    return "leak" if end < 0.3 else "healthy"


def clip_gradients(gradients, max_norm):
    """The gradients scaled by one common factor so that their joint norm is at most max_norm.

    gradients: a list of arrays, one per parameter. Returns a new list; smaller ones stay as they
    are (Pascanu et al. 2013).
    """
    # TODO: one norm for all of them as if they were one vector; one factor, never above 1.
    norm = np.sqrt(sum((g * g).sum() for g in gradients))
    factor = min(1.0, max_norm / norm) if norm > 0 else 1.0
    return [g * factor for g in gradients]


def where_it_grows(rms):
    """Where a signal that became too large was made large: its rms after each layer tells.

    rms: a list of numbers, the input's first, then one after each layer; layer k's factor is
    rms[k] / rms[k − 1]. "every layer" if all factors are above 1.5; else the number k of the layer
    with the largest factor, if that is above 10; else "nowhere".
    """
    # TODO: one factor per layer; first what they have in common, then who stands out.
    factors = np.array(rms[1:]) / np.array(rms[:-1])
    if min(factors) > 1.5:
        return "every layer"  # no layer is to blame: the init, or what is missing in each of them
    k = int(np.argmax(factors))
    return k + 1 if factors[k] > 10 else "nowhere"
