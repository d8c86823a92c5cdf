"""Wrong implementations of lab 08, by the name the check must give, and right ones."""

import itertools
import math

import numpy as np


def words(losses, classes, unigram, died=None, birth=True, end=None, leak=True, order="dbsl"):
    died = not all(map(math.isfinite, losses)) if died is None else died(losses)
    tail = np.mean(losses[-10:]) if end is None else end(losses)
    answers = {
        "d": (died, "died"),
        "b": (birth and losses[0] > 2 * math.log(classes), "sick at birth"),
        "s": (tail > 0.93 * unigram, "stuck"),
        "l": (leak and tail < 0.3, "leak"),
    }
    return next((answers[o][1] for o in order if answers[o][0]), "healthy")


def clip(gradients, most, norm=None, cap=1.0, zero=True):
    n = math.sqrt(sum(float((g**2).sum()) for g in gradients)) if norm is None else norm(gradients)
    if zero and n == 0:
        return gradients
    factor = np.float64(most) / n
    return [g * min(cap, factor) for g in gradients]


def sort(words_):
    return lambda losses, c, u: words(losses, c, u, **words_)


def grows(rms, add=1, common=True, least=10.0, size=False):
    factors = [b / a for a, b in itertools.pairwise(rms)]
    if common and min(factors) > 1.5:
        return "every layer"
    k = max(range(len(factors)), key=lambda i: rms[i + 1] if size else factors[i])
    return k + add if factors[k] > least or size else "nowhere"


def ends(rms):
    return "every layer" if rms[-1] / rms[0] > 10 else "nowhere"


MISTAKES = {
    "where_it_grows": [
        ("the layer with the largest output", lambda r: grows(r, size=True)),
        ("off by one", lambda r: grows(r, add=0)),
        ("off by one", lambda r: grows(r, add=2)),
        ("blamed on one", lambda r: grows(r, common=False)),
        ("a healthy signal was accused", lambda r: grows(r, least=0)),
        ("first and last were compared", ends),
    ],
    "diagnose": [
        ("inf passed", sort({"died": lambda x: False})),
        ("only the last loss", sort({"died": lambda x: not math.isfinite(x[-1])})),
        ("another order", sort({"order": "bdsl"})),
        ("another order", sort({"order": "dsbl"})),
        ("ten times ln C", sort({"birth": False, "end": lambda x: min(np.mean(x[-10:]), 3)})),
        ("one lucky batch", sort({"end": lambda x: x[-1]})),
        ("the mean of all losses", sort({"end": np.mean})),
        ("no model of real text", sort({"leak": False})),
    ],
    "clip_gradients": [
        ("by its own norm", lambda gs, m: [clip([g], m)[0] for g in gs]),
        ("each entry was clipped", lambda gs, m: [np.clip(g, -m, m) for g in gs]),
        ("the root is missing", lambda gs, m: clip(gs, m, lambda x: sum((g**2).sum() for g in x))),
        ("the norms were added", lambda gs, m: clip(gs, m, lambda x: sum(map(np.linalg.norm, x)))),
        ("scaled up", lambda gs, m: clip(gs, m, cap=math.inf)),
        (
            "all gradients zero",
            lambda gs, m: (
                clip(gs, m, zero=False, cap=math.inf)
                if not any(g.any() for g in gs)
                else clip(gs, m)
            ),
        ),
    ],
}

RIGHT = {
    "where_it_grows": [
        grows,
        lambda r: (
            lambda f: (
                "every layer"
                if (f > 1.5).all()
                else int(f.argmax()) + 1
                if f.max() > 10
                else "nowhere"
            )
        )(np.array(r[1:]) / np.array(r[:-1])),
    ],
    "diagnose": [
        words,
        lambda x, c, u: (
            "died"
            if not np.isfinite(x).all()
            else "sick at birth"
            if x[0] > 2 * np.log(c)
            else (
                "stuck"
                if sum(x[-10:]) > 9.3 * u
                else "leak"
                if np.mean(x[-10:]) < 0.3
                else "healthy"
            )
        ),
    ],
    "clip_gradients": [
        clip,
        lambda gs, m: (lambda n: [g.copy() if n <= m else m * g / n for g in gs])(
            np.linalg.norm(np.concatenate([g.ravel() for g in gs]))
        ),
    ],
}
