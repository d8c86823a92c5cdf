"""The challenge: say what a random network will do, then watch it being trained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.course.history import remember
from minigrad.course.which import LETTERS, bar, draw_four, shown, unlike
from minigrad.errors import ArgumentError
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.configuration import Configuration
from minigrad.signal.draw import log_uniform, network
from minigrad.signal.fate import Fate
from minigrad.signal.predict import Prediction, predict_many
from minigrad.signal.transformer.configuration import TransformerConfiguration, draw_transformers
from minigrad.signal.transformer.predict import TransformerPrediction, predict_transformers
from minigrad.sweep.families import Config, family_of
from minigrad.training.verdict import verdict

DEPTHS, WIDTH = (2, 24), 64  # small enough for a round to take a second or two
SURE = {1: (0.95, 1.0), 2: (0.75, 1.0), 3: (0.4, 0.9)}  # theory's confidence at each level
PASS_LEVEL, PASS_RIGHT, PASS_ROUNDS = 2, 8, 10
CURVES = 4  # the level that asks which curve it is
DEFAULT_CONFIDENCE = 0.7
TRIES, PATIENCE = 400, 40  # networks tried in search of a fate; from one start
KNOBS = (
    *(("depth",), ("activation",), ("init", "init_scale", "gain"), ("norm",), ("placement",)),
    ("optimizer", "lr"),
)
TURNED, MOST_LAYERS = 0.4, 8  # of them at each try; of a transformer, to take some seconds


@dataclass(frozen=True)
class Answer:
    """What the learner says, and how surely."""

    verdict: str
    confidence: float

    def brier(self, truth: str, names: Sequence[str] = VERDICTS) -> float:
        """Squared error over the names; what confidence leaves is shared by the others."""
        rest = (1 - self.confidence) / (len(names) - 1)
        odds = {name: self.confidence if name == self.verdict else rest for name in names}
        return brier(odds, truth)


@dataclass(frozen=True)
class Round:
    """One round, played."""

    seed: int
    level: int
    answer: Answer
    truth: str
    theory: Fate
    odds: dict[str, float]  # theory's, of every answer there is
    after: list[str]  # what is told when the answer is given

    @property
    def said(self) -> str:
        """Theory's answer."""
        return max(self.odds, key=lambda name: self.odds[name])

    @property
    def brier(self) -> float:
        """The answer's."""
        return self.answer.brier(self.truth, list(self.odds))

    def record(self) -> dict[str, Any]:
        """For the history."""
        return {
            "seed": self.seed,
            "level": self.level,
            "configuration": self.theory.config.as_dict(),
            "answer": self.answer.verdict,
            "confidence": self.answer.confidence,
            "truth": self.truth,
            "theory": self.odds,
        }


def brier(odds: dict[str, float], truth: str) -> float:
    """Σ (odds − outcome)² over what can be: 0 is perfect, 1 − 1/n is chance, 2 is surely wrong."""
    return sum((share - (name == truth)) ** 2 for name, share in odds.items())


def draw(seed: int, level: int) -> Prediction:
    """A configuration whose fate, in theory, is each of the three one time in three.

    The fate is sought by turning a few knobs of a network drawn without regard to it (never its
    residual, the most telling one), so that no knob alone tells much.
    """
    rng = np.random.default_rng([seed, level])
    fate = VERDICTS[int(rng.integers(3))]
    found: list[Prediction] = []
    for _ in range(TRIES // PATIENCE):
        tried: list[Configuration] = []
        for _ in range(PATIENCE):
            config = network(rng, round(log_uniform(rng, *DEPTHS)), WIDTH, digits=2, gains=False)
            start = tried[0] if tried else config
            turned = [name for knob in KNOBS if rng.random() < TURNED for name in knob]
            tried.append(replace(start, **{k: getattr(config, k) for k in turned}))
        found += [p for p in predict_many(tried) if p.verdict == fate]
        if fitting := _as_sure(found, level):
            return fitting[0]
    return max(found, key=lambda p: p.confidence)  # every fate has a few per cent of all draws


def draw_transformer(seed: int, level: int) -> TransformerPrediction:
    """A transformer whose fate, in theory, is each of the three one time in three."""
    fate = VERDICTS[int(np.random.default_rng([seed, level]).integers(3))]
    tried = [c for c, _ in draw_transformers("wild", TRIES, seed) if c.layers <= MOST_LAYERS]
    found = [p for p in predict_transformers(tried) if p.verdict == fate]
    return next(iter(_as_sure(found, level)), max(found, key=lambda p: p.confidence))


def _as_sure(found: Sequence[Any], level: int) -> list[Any]:
    """Those that theory is as sure of as a level asks."""
    low, high = SURE[level]
    return [p for p in found if low <= p.confidence <= high]


def parse(text: str, names: Sequence[str] = VERDICTS) -> Answer:
    """ "d", "stalled 80", "t 0.9": one of the names, or its first letter, and a confidence."""
    words = text.lower().replace("%", "").split()
    found = [name for name in names if words and name.startswith(words[0])]
    if len(words) not in (1, 2) or len(found) != 1:
        said = [name if len(name) == 1 else f"{name[0]}({name[1:]})" for name in names]
        choice = f"{', '.join(said[:-1])} or {said[-1]}"
        raise ArgumentError(f"say {choice} and a %, got {text.strip()!r}")
    try:
        sure = float(words[1]) if len(words) == 2 else DEFAULT_CONFIDENCE
    except ValueError:
        raise ArgumentError(f"the confidence must be a number, got {words[1]!r}") from None
    sure = sure / 100 if sure > 1 else sure
    if not 1 / len(names) <= sure <= 1:
        least = math.ceil(100 / len(names))
        raise ArgumentError(f"the confidence must be from {least} to 100 %, got {words[1]}")
    return Answer(found[0], sure)


def read_answers(path: Path, rounds: int, level: int = PASS_LEVEL) -> Callable[[], str]:
    """Answers from a file, one a line; all are looked at before the first is used."""
    try:
        given = [x for x in path.read_text(encoding="utf-8").splitlines() if x.strip()]
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ArgumentError(f"cannot read {path}: {reason}") from None
    if len(given) < rounds:
        raise ArgumentError(f"{path} holds {len(given)} answers for {rounds} rounds")
    for number, line in enumerate(given[:rounds], start=1):
        try:
            parse(line, LETTERS if level == CURVES else VERDICTS)
        except ArgumentError as error:
            raise ArgumentError(f"{path}, answer {number}: {error}") from None
    return iter(given).__next__


def play(
    seed: int, level: int, family: str, ask: Callable[[], str], say: Callable[[str], None]
) -> Round:
    """One round: show, ask, train, tell."""
    if level == CURVES:
        return play_curves(seed, family, ask, say)
    theory = (draw_transformer if family == "transformer" else draw)(seed, level)
    for line in describe(theory.config):
        say(line)
    answer = asked(ask, say, VERDICTS)
    of = family_of(theory.config)
    losses = of.train(theory.config, seed, of.steps)
    truth = verdict(losses, of.entropy)
    after = [sparkline(losses)]
    return Round(seed, level, answer, truth, theory, theory.probabilities, after)


def play_curves(
    seed: int, family: str, ask: Callable[[], str], say: Callable[[str], None]
) -> Round:
    """One round of the fourth level: which of four curves is this network's?"""
    four = draw_four(seed, family)
    for line in (*describe(four.theory.config), *shown(four, four.theory.curve.windows)):
        say(line)
    answer = asked(ask, say, LETTERS)
    own = four.theory.config
    after = [f"{x}: {unlike(own, c) or 'this network'}" for x, c in four.configs.items()]
    return Round(seed, CURVES, answer, four.truth, four.theory, four.odds, after)


def asked(ask: Callable[[], str], say: Callable[[str], None], names: Sequence[str]) -> Answer:
    """An answer that is one."""
    while True:
        try:
            return parse(ask(), names)
        except ArgumentError as error:
            say(str(error))


def describe(c: Config) -> Iterator[str]:
    """The configuration as the learner sees it."""
    norm = "no norm" if c.norm == "none" else f"{c.norm} ({c.placement})"
    if isinstance(c, TransformerConfiguration):
        skip = {"plain": "x + f(x)", "scaled": "x + f(x)/√(2·layers)"}[c.residual]
        clip = "no clipping" if c.clip is None else f"clipped at {c.clip:g}"
        yield f"  transformer of {c.layers} × {c.dim}, FFN {c.ffn}, {norm}, {skip}"
        yield f"  init {c.init}, {c.optimizer} lr {c.lr:g}, warmup {c.warmup}, {clip}, 200 steps"
        return
    skip = {"none": "no residual", "plain": "x + f(x)", "scaled": "x + f(x)/√depth"}[c.residual]
    scale = {"uniform": f" ±{c.init_scale:g}", "normal": f" std {c.init_scale:g}"}.get(c.init, "")
    yield f"  {c.depth} × {c.width} {c.activation}, {norm}, {skip}"
    yield f"  init {c.init}{scale}, {c.optimizer} lr {c.lr:g}, 300 steps"


def explain(played: Round) -> Iterator[str]:
    """What happened, and what theory said."""
    right = "right" if played.answer.verdict == played.truth else "wrong"
    yield from (f"  {line}" for line in played.after)
    it = f"it is {played.truth}" if played.level == CURVES else f"it {played.truth}"
    yield f"  {it}: you were {right} (Brier {played.brier:.2f})"
    because = "" if played.level == CURVES else f": {played.theory.reason}"
    yield f"  theory: {played.said}, {played.odds[played.said]:.0%} sure{because}"


def sparkline(losses: Sequence[float | None], columns: int = 60) -> str:
    """The loss in one line, log scale from 0.01 to 10; ✕ where it stopped being finite."""
    finite = [x for x in losses if x is not None]
    parts = np.array_split(np.array(finite), min(columns, max(len(finite), 1)))
    curve = "".join(bar(float(np.mean(part))) for part in parts if len(part))
    first = "not finite" if losses[0] is None else f"{losses[0]:.3g}"
    last = "✕ not finite" if losses[-1] is None else f"{losses[-1]:.3g}"
    return f"loss {first} {curve} {last}"


def summary(rounds: Sequence[Round]) -> Iterator[str]:
    """Score against theory and chance."""
    n, choices = len(rounds), len(rounds[0].odds)
    right = sum(r.answer.verdict == r.truth for r in rounds)
    theory = sum(r.said == r.truth for r in rounds)
    mine = sum(r.brier for r in rounds) / n
    its = sum(brier(r.odds, r.truth) for r in rounds) / n
    yield f"you     {right} of {n} right, Brier {mine:.2f}"
    yield f"theory  {theory} of {n} right, Brier {its:.2f}"
    yield f"chance  {n / choices:.1f} of {n} right, Brier {1 - 1 / choices:.2f}"
    if rounds[0].level >= PASS_LEVEL and n >= PASS_ROUNDS:
        if right / n >= PASS_RIGHT / PASS_ROUNDS:
            yield "passed: the course is complete"
        else:
            yield f"not yet: {PASS_RIGHT} of {PASS_ROUNDS} at level {PASS_LEVEL} closes the course"


def run(
    rounds: int,
    level: int,
    seed: int,
    family: str,
    ask: Callable[[], str],
    say: Callable[[str], None],
    kept: Path | None,
) -> list[Round]:
    """All rounds; each is in the history as soon as it is played. Ctrl-C ends them early."""
    if level not in (*SURE, CURVES):
        raise ArgumentError(f"--level must be 1, 2, 3 or 4, got {level}")
    if rounds < 1:
        raise ArgumentError(f"--rounds must be ≥ 1, got {rounds}")
    played: list[Round] = []
    try:
        for i in range(rounds):
            again = f"--family {family} --level {level} --seed {seed + i}"
            say(f"round {i + 1} of {rounds} (again: {again} --rounds 1)")
            done = play(seed + i, level, family, ask, say)
            played.append(done)
            if kept is not None:
                remember(kept, done.record())
            for line in explain(done):
                say(line)
            say("")
    except (KeyboardInterrupt, EOFError):
        say("stopped")
    return played
