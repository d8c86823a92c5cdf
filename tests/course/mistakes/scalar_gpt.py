"""Wrong implementations of lab 07, by the name the check must give, and right ones."""

from minigrad.scalar import Value, dot, total


def rms(x, power=-0.5, eps=1e-5, mean=True, detach=False):
    ms = sum(v * v for v in x) * (1 / len(x) if mean else 1.0)
    if detach:
        ms = Value(ms.data)
    return [v * (ms + eps) ** power for v in x]


def over(x, size):
    return [v / size for v in x]


def centred_square(x):
    mean = sum(x) / len(x)
    return sum((v - mean) ** 2 for v in x) / len(x)


def centred(x):
    mean = sum(x) / len(x)
    return rms([v - mean for v in x])


def soft(x, shift=True, detach=False, divide=True):
    top = max(v.data for v in x) if shift else 0.0
    e = [(v - top).exp() for v in x]
    s = sum(e)
    if detach:
        s = s.data
    return [v / s for v in e] if divide else e


def detached_loss(x, t):
    top = max(v.data for v in x)
    return total((v - top).exp() for v in x).data ** 0 * (
        -(x[t] - top) + total((v - top).exp() for v in [Value(v.data) for v in x]).log()
    )


MISTAKES = {
    "scalar_rms_norm": [
        ("this is LayerNorm", centred),
        ("the sum of squares", lambda x: rms(x, mean=False)),
        ("the root is missing", lambda x: rms(x, power=-1)),
        ("multiplied by the RMS", lambda x: rms(x, power=0.5)),
        ("the standard deviation", lambda x: over(x, centred_square(x) ** 0.5)),
        ("divided by d − 1", lambda x: over(x, (dot(x, x) / (len(x) - 1)) ** 0.5)),
        ("the mean of |x|", lambda x: over(x, sum(v if v.data > 0 else -v for v in x) / len(x))),
        ("the square of the mean", lambda x: over(x, ((sum(x) / len(x)) ** 2) ** 0.5)),
        ("ε stands outside", lambda x: over(x, (dot(x, x) / len(x)) ** 0.5 + 1e-5)),
        ("there is no ε", lambda x: rms(x, eps=0)),
        ("a Value was replaced by its number", lambda x: rms(x, detach=True)),
        ("numbers came back", lambda x: [v.data for v in rms(x)]),
    ],
    "scalar_softmax": [
        ("beyond every float", lambda x: soft(x, shift=False)),
        ("do not sum to 1", lambda x: soft(x, divide=False)),
        ("a Value was replaced by its number", lambda x: soft(x, detach=True)),
        ("numbers came back", lambda x: [v.data for v in soft(x)]),
    ],
    "scalar_cross_entropy": [
        ("the sign is missing", lambda x, t: soft(x)[t].log()),
        ("this is the probability", lambda x, t: soft(x)[t]),
        ("softmax was applied twice", lambda x, t: -soft(soft(x))[t].log()),
        ("over all classes", lambda x, t: sum(-p.log() for p in soft(x))),
        ("rounded to zero", lambda x, t: -soft(x)[t].log()),
        ("beyond every float", lambda x, t: sum(v.exp() for v in x).log() - x[t]),
        ("a Value was replaced by its number", detached_loss),
        ("numbers came back", lambda x, t: -soft(x)[t].log().data),
    ],
}

RIGHT = {
    "scalar_rms_norm": [
        rms,
        lambda x, eps=1e-5: [v / (dot(x, x) / len(x) + eps) ** 0.5 for v in x],
    ],
    "scalar_softmax": [
        soft,
        lambda x: [1 / total((w - v).exp() for w in x) for v in x],
    ],
    "scalar_cross_entropy": [
        lambda x, t: (
            total((v - 1000.0).exp() for v in x).log() + 1000.0 - x[t]
            if max(v.data for v in x) > 700
            else total(v.exp() for v in x).log() - x[t]
        ),
        lambda x, t: (lambda m: sum((v - m).exp() for v in x).log() - (x[t] - m))(
            max(v.data for v in x)
        ),
    ],
}
