"""The verdict in one sentence: which of the theory's numbers decided it."""

from __future__ import annotations

import math

import numpy as np

from minigrad.signal.configuration import INPUTS, STEPS, Configuration
from minigrad.signal.optimizers import MOMENTUM, OPTIMIZERS
from minigrad.signal.recurrence import Signal

Candidate = tuple[float, str]  # how far beyond what is harmless (log₁₀), and the sentence


def explain(config: Configuration, signal: Signal, features: dict[str, float], verdict: str) -> str:
    """One sentence: the strongest cause, in the theory's numbers, of the verdict."""
    if config.init == "zeros":
        return "every weight is 0: no input and no gradient gets past the first layer"
    if verdict == "trained":
        return _trains(config, signal, features)
    causes = _explosion(config, signal, features) if verdict == "diverged" else []
    causes += _instability(config, features, verdict)
    if verdict == "stalled":
        causes += _vanishing(config, signal, features)
    return max(causes)[1]


def _per_layer(curve: np.ndarray) -> float:
    """Geometric mean factor of a curve from one layer to the next."""
    if len(curve) < 2 or curve[0] <= 0 or curve[-1] <= 0:
        return 1.0
    return float(np.exp((np.log(curve[-1]) - np.log(curve[0])) / (len(curve) - 1)))


def _explosion(config: Configuration, signal: Signal, f: dict[str, float]) -> list[Candidate]:
    factor, depth = _per_layer(signal.forward.q), config.depth
    start = 0.8 * math.sqrt(min(10 ** f["logit"], 1e60) / 2)  # E|t|/2: wrong half of the time
    if factor > 1.05:
        text = (
            f"each layer multiplies the mean square by {factor:.3g}: after {depth} it is "
            f"{power(signal.forward.q[-1])}, and the loss starts near {power(start)}"
        )
    else:
        text = f"the logits start with a variance of {power(10 ** f['logit'])}"
    return [(f["logit"] - 1, text)]


def _instability(config: Configuration, f: dict[str, float], verdict: str) -> list[Candidate]:
    out: list[Candidate] = []
    stable = OPTIMIZERS[config.optimizer].limit
    if stable is not None:
        limit = math.log10(stable / (1 - MOMENTUM))
        over = f["curvature"] - limit
        text = (
            f"lr × curvature is {power(10 ** f['curvature'] * (1 - MOMENTUM))}, SGD with "
            f"momentum {MOMENTUM} survives {stable:.0f}"
        )
        out.append((min(over, 3.0), text))
        grown = f["grown_curvature"] - limit
        if grown > over:
            text = (
                f"the tiny weights must grow to train, and then lr × curvature is "
                f"{power(10 ** f['grown_curvature'] * (1 - MOMENTUM))}, where SGD survives "
                f"{stable:.0f}"
            )
            out.append((min(grown, 1.0) - 0.5, text))
    fold = 10 ** f["scramble"]
    ends = "it runs away" if verdict == "diverged" else "it scrambles itself and forgets its inputs"
    out.append(
        (
            min(f["scramble"] - (0.5 if config.skip else 0.0), 3.0),
            f"one update changes the {config.depth}-block stack {power(fold)}-fold: {ends}",
        )
    )
    return out


def _vanishing(config: Configuration, signal: Signal, f: dict[str, float]) -> list[Candidate]:
    depth, fwd, bwd = config.depth, signal.forward, signal.backward
    out: list[Candidate] = []
    apart = fwd.head_diff / fwd.head_q if fwd.head_q > 0 else 0.0
    down = _per_layer(fwd.q)
    out.append(
        (
            -f["q_head"] / 2 - 1,
            f"each layer multiplies the mean square by {down:.2g}: {power(fwd.q[-1])} of it is "
            f"left after {depth}",
        )
    )
    back = _per_layer(bwd.G[::-1])
    reaches = bwd.G[0] / bwd.G[-1] if bwd.G[-1] > 0 else 0.0
    keeps = f"{config.activation} keeps the signal (× {down:.3g}) but " if 0.9 < down < 1.1 else ""
    verb = "multiplies" if keeps else "each layer multiplies"
    per = " per layer" if keeps else ""
    out.append(
        (
            -f["gradient_ratio"] / 2 - 1,
            f"{keeps}{verb} the squared gradient by {back:.2g}{per}: {power(reaches)} of it "
            "reaches layer 1",
        )
    )
    out.append(
        (
            -f["alike"] / 2 - 1,
            f"two inputs end up with 1 − cos = {power(apart)}: the head cannot tell them apart",
        )
    )
    learned = 10 ** f["progress"] * STEPS / INPUTS
    out.append(
        (
            min(-math.log10(max(learned, 1e-40)), 2.0),
            f"lr {config.lr:g} is too slow: {STEPS} steps cover {power(min(learned, 1))} of what "
            "there is to learn",
        )
    )
    return out


def _trains(config: Configuration, signal: Signal, f: dict[str, float]) -> str:
    q = signal.forward.q
    low, high = power(q.min()), power(q.max())
    spread = f"the mean square stays {f'between {low} and {high}' if low != high else f'at {low}'}"
    if config.norm != "none" and config.placement != "mid":
        spread = f"{config.norm} holds the signal"
    share = 10 ** f["gradient_ratio"]
    part = power(share)
    ratio = f"{'all' if part == '1' else part} of the squared gradient reaches layer 1"
    if share > 1.005:
        ratio = f"the squared gradient grows {power(share)}-fold on its way to layer 1"
    stable = OPTIMIZERS[config.optimizer].limit
    if stable is not None:
        room = 10 ** (math.log10(stable / (1 - MOMENTUM)) - f["curvature"])
        edge = (
            f"lr × curvature is {power(1 / room)} of what SGD survives"
            if room > 1
            else "the first steps overshoot and settle"
        )
    else:
        edge = f"one update changes the stack {power(10 ** f['scramble'])}-fold"
    return f"{spread}, {ratio}, and {edge}"


def power(x: float) -> str:
    """A number for a sentence: 0.056, 3.2, 26, 2e-15."""
    if x == 0 or 1e-2 <= abs(x) < 1e4:
        return f"{x:.2g}" if abs(x) < 100 else f"{x:.0f}"
    return f"{x:.0e}".replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")
