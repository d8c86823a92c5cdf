"""The challenge: a network, a fate said with a confidence, the truth, and the score."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from minigrad.course import challenge
from minigrad.course.history import BINS, remember
from minigrad.course.history import history as rounds_of
from minigrad.course.which import draw_four
from minigrad.course.workspace import Workspace
from minigrad.errors import ArgumentError
from minigrad.lab.trainability import train
from minigrad.site.face.prediction import loss_
from minigrad.training.verdict import verdict


def draw(seed: int, level: int = 1) -> dict[str, Any]:
    """The network of one round, without what theory says of it."""
    _known(seed, level)
    if level == challenge.CURVES:
        four = draw_four(seed, "mlp")
        curves = {letter: [loss_(x) for x in curve] for letter, curve in four.curves.items()}
        shown = {"windows": four.theory.curve.windows, "curves": curves}
        return {"seed": seed, "level": level, "config": four.theory.config.as_dict(), **shown}
    config = challenge.draw(seed, level).config
    return {"seed": seed, "level": level, "config": config.as_dict()}


def play(
    seed: int,
    level: int,
    fate: str,
    confidence: float,
    workspace: Workspace,
    tell: Callable[[dict[str, Any]], None],
) -> dict[str, Any]:
    """Train the round's network, telling its losses; then who was right, and theory's reason.

    Of the fourth level nothing is trained: the curves are there.
    """
    _known(seed, level)
    if level == challenge.CURVES:
        text = f"{fate} {float(confidence):g}"
        return _told(challenge.play_curves(seed, "mlp", lambda: text, lambda line: None), workspace)
    said = challenge.parse(f"{fate} {float(confidence):g}")
    theory = challenge.draw(seed, level)
    losses = train(
        theory.config, seed, on_step=lambda step, loss: tell({"step": step, "loss": loss_(loss)})
    )
    odds = theory.probabilities
    played = challenge.Round(seed, level, said, verdict(losses), theory, odds, [])
    return _told(played, workspace) | {"losses": losses, "reason": theory.reason}


def _told(played: challenge.Round, workspace: Workspace) -> dict[str, Any]:
    """A round as the page tells it; it is kept."""
    remember(workspace.root / "challenge.jsonl", played.record())
    return {
        **played.record(),
        "right": played.answer.verdict == played.truth,
        "brier": played.brier,
        "theory_brier": challenge.brier(played.odds, played.truth),
        "theory_verdict": played.said,
        "after": played.after,
    }


def history(workspace: Workspace) -> dict[str, Any]:
    """All rounds: the score of the learner, of theory and of chance, and right by how sure."""
    rounds = [r for r in rounds_of(workspace.root / "challenge.jsonl") if _whole(r)]
    bins = []
    for low, high in itertools.pairwise(BINS):
        inside = [r for r in rounds if low - 1e-9 <= r["confidence"] < high]
        if inside:
            count = len(inside)
            sure = sum(r["confidence"] for r in inside) / count
            right = sum(r["answer"] == r["truth"] for r in inside) / count
            bins.append({"sure": sure, "right": right, "count": count})
    mine = [
        challenge.Answer(r["answer"], r["confidence"]).brier(r["truth"], list(r["theory"]))
        for r in rounds
    ]
    chance = [1 - 1 / len(r["theory"]) for r in rounds]
    its = [challenge.brier(r["theory"], r["truth"]) for r in rounds]
    return {
        "rounds": len(rounds),
        "right": sum(r["answer"] == r["truth"] for r in rounds),
        "theory_right": sum(max(r["theory"], key=r["theory"].get) == r["truth"] for r in rounds),
        "brier": sum(mine) / len(mine) if mine else None,
        "theory_brier": sum(its) / len(its) if its else None,
        "chance": sum(1 - x for x in chance),
        "chance_brier": sum(chance) / len(chance) if chance else None,
        "bins": bins,
    }


def _whole(record: Any) -> bool:
    return isinstance(record, dict) and {"answer", "truth", "confidence", "theory"} <= set(record)


def _known(seed: Any, level: Any) -> None:
    if level not in (*challenge.SURE, challenge.CURVES):
        raise ArgumentError(f"level must be 1, 2, 3 or 4, got {level!r}")
    if not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ArgumentError(f"seed must be a whole number from 0 to 2³¹ − 1, got {seed!r}")
