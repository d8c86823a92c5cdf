"""The verdict on a transformer in one sentence: which of the theory's numbers decided it."""

from __future__ import annotations

import math

from minigrad.signal.optimizers import MOMENTUM
from minigrad.signal.reasons import Candidate, power
from minigrad.signal.transformer.configuration import STEPS, TransformerConfiguration
from minigrad.signal.transformer.features import HESSIAN
from minigrad.signal.transformer.recurrence import Signal

STABLE = 2 * (1 + MOMENTUM)  # lr · curvature that SGD survives
ENOUGH = 3.0  # e-folds: of what there is to learn, one part in twenty is left
HARD = 30.0  # variance of scores beyond which one key in a few takes all


def explain(
    config: TransformerConfiguration, signal: Signal, features: dict[str, float], verdict: str
) -> str:
    """One sentence: the strongest cause, in the theory's numbers, of the verdict."""
    f = {name: 10**value for name, value in features.items()}
    if verdict == "trained":
        return _trains(config, signal, f)
    causes = _explosion(config, signal, f) if verdict == "diverged" else _stuck(config, f)
    causes += _unstable(config, f, verdict)
    return max(causes)[1]


def _explosion(
    config: TransformerConfiguration, signal: Signal, f: dict[str, float]
) -> list[Candidate]:
    grown = float(signal.q[-1] / signal.q[0])
    start = f["init_logit"] / 2
    return [
        (
            _log(f["init_logit"]),
            f"the branches multiply the stream's mean square by {power(grown)} over "
            f"{config.layers} blocks: the loss starts near {power(start)}",
        ),
        (
            _log(f["kicked_logit"]) - 0.5,
            f"ten updates of lr {config.lr:g} let the logits' variance grow "
            f"{'without bound' if f['kicked_logit'] > 1e30 else 'to ' + power(f['kicked_logit'])}: "
            "nothing in the stack holds it",
        ),
    ]


def _unstable(
    config: TransformerConfiguration, f: dict[str, float], verdict: str
) -> list[Candidate]:
    if config.optimizer == "adam":
        return []
    curvature = HESSIAN * f["head_curvature"]
    ends = "it runs away" if verdict == "diverged" else "it cannot settle"
    return [
        (
            min(_log(curvature / STABLE), 3.0),
            f"once the characters' frequencies are known, lr × curvature is {power(curvature)} "
            f"where SGD with momentum {MOMENTUM} survives {STABLE:.1f}: {ends}",
        )
    ]


def _stuck(config: TransformerConfiguration, f: dict[str, float]) -> list[Candidate]:
    learned = f["learned"] / ENOUGH
    place = "post-norm" if config.placement == "post" and config.norm != "none" else "the stack"
    when = "one update" if f["first_alike"] < 1e-2 else "the first updates"
    alike = f["first_alike"] if f["first_alike"] < 1e-2 else f["pushed_alike"]
    return [
        (
            min(-_log(learned), 2.0),
            f"lr {config.lr:g} is too slow: {STEPS} steps cover {power(min(learned, 1.0))} of "
            "what there is to learn",
        ),
        (
            min(-_log(alike) / 2 - 1, 3.0),
            f"{when} push{'es' if when == 'one update' else ''} all positions one way, and "
            f"{place} leaves 1 − cos = {power(alike)} between them: the head cannot tell "
            "characters apart",
        ),
        (
            min(_log(f["scramble"]) - 0.5, 2.5),
            f"one update changes the {2 * config.layers} branches {power(f['scramble'])}-fold: "
            "it scrambles itself",
        ),
        (
            min(_log(f["init_scatter"] / HARD) / 2, 2.0),
            f"the scores scatter with variance {power(f['init_scatter'])}: attention listens to "
            "one key, and its gradient says little",
        ),
    ]


def _trains(config: TransformerConfiguration, signal: Signal, f: dict[str, float]) -> str:
    alike, pushed = float(signal.alike[-1]), f["pushed_alike"]
    ways = f["learned"] / ENOUGH
    stays = (
        f"positions start with 1 − cos = {power(alike)} and have {power(pushed)} when the "
        "characters' frequencies are learned"
    )
    return (
        f"{stays}, and {STEPS} steps of lr {config.lr:g} go {power(ways)} times as far as there is "
        "to learn"
    )


def _log(x: float) -> float:
    return math.log10(min(max(x, 1e-40), 1e40))
