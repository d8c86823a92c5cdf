"""The challenge: a network, a fate said with a confidence, the truth, and the score."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from minigrad.course import challenge
from minigrad.course.history import history as rounds_of
from minigrad.course.history import remember
from minigrad.course.workspace import Workspace
from minigrad.errors import ArgumentError
from minigrad.lab.trainability import train
from minigrad.site.face.prediction import loss_
from minigrad.training.verdict import verdict

BINS = (1 / 3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0001)  # of confidence


def draw(seed: int, level: int = 1) -> dict[str, Any]:
    """The network of one round, without what theory says of it."""
    _known(seed, level)
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
    """Train the round's network, telling its losses; then who was right, and theory's reason."""
    _known(seed, level)
    said = challenge.parse(f"{fate} {float(confidence):g}")
    theory = challenge.draw(seed, level)
    losses = train(
        theory.config, seed, on_step=lambda step, loss: tell({"step": step, "loss": loss_(loss)})
    )
    played = challenge.Round(seed, level, said, verdict(losses), theory, losses)
    remember(workspace.root / "challenge.jsonl", played.record())
    return {
        **played.record(),
        "right": said.verdict == played.truth,
        "losses": losses,
        "brier": said.brier(played.truth),
        "theory_brier": challenge.brier(theory.probabilities, played.truth),
        "theory_verdict": theory.verdict,
        "reason": theory.reason,
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
    mine = [challenge.Answer(r["answer"], r["confidence"]).brier(r["truth"]) for r in rounds]
    its = [challenge.brier(r["theory"], r["truth"]) for r in rounds]
    return {
        "rounds": len(rounds),
        "right": sum(r["answer"] == r["truth"] for r in rounds),
        "theory_right": sum(max(r["theory"], key=r["theory"].get) == r["truth"] for r in rounds),
        "brier": sum(mine) / len(mine) if mine else None,
        "theory_brier": sum(its) / len(its) if its else None,
        "chance_brier": challenge.CHANCE_BRIER,
        "bins": bins,
    }


def _whole(record: Any) -> bool:
    return isinstance(record, dict) and {"answer", "truth", "confidence", "theory"} <= set(record)


def _known(seed: Any, level: Any) -> None:
    if level not in challenge.SURE:
        raise ArgumentError(f"level must be 1, 2 or 3, got {level!r}")
    if not isinstance(seed, int) or not 0 <= seed < 2**31:
        raise ArgumentError(f"seed must be a whole number from 0 to 2³¹ − 1, got {seed!r}")
