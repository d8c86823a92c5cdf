"""What the labs on text share: which text it was, one run's record, and the fate of several."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Any

import typer

from minigrad.core.random import Generator
from minigrad.data.download import DownloadError
from minigrad.data.text import Corpus, load_text
from minigrad.errors import ArgumentError
from minigrad.lab.options import Options
from minigrad.models.char_gpt import CharGPT, InitLaw
from minigrad.training.language import train_language_model

STUCK = 0.93
"""A run that ends above this share of the unigram loss is stalled (3.11 of Shakespeare's 3.35)."""


@dataclass(frozen=True, kw_only=True)
class TextOptions(Options):
    """Set up an experiment on a text."""

    text: Annotated[
        str | None,
        typer.Option(help='"python": its help texts; "shakespeare": downloads 1.1 MB; or a path.'),
    ] = None


def corpus(name: str) -> Corpus:
    """The text of that name; ArgumentError says why it cannot be had."""
    try:
        return load_text(name)
    except DownloadError as error:
        raise ArgumentError(str(error)) from error


def about(text: Corpus) -> dict[str, Any]:
    """What records and manifest say of a text."""
    return {
        "source": text.source,
        "sha256": text.sha256,
        "characters": len(text),
        "alphabet": len(text.characters),
        "unigram_loss": text.unigram_loss(),
        "bigram_loss": text.bigram_loss(),
    }


def small_gpt(text: Corpus, seed: int, *, init: InitLaw = "default", **model: Any) -> CharGPT:
    """A CharGPT with ReLU and zero biases, its weights drawn from `seed` by the given law."""
    made = CharGPT(len(text.characters), **{"context": 32, "ffn": "relu", **model})
    made.init_weights(init, generator=Generator(seed))
    return made


def language_run(
    text: Corpus,
    model: CharGPT,
    advance: Callable[..., None],
    *,
    seed: int,
    training: dict[str, Any],
    watch: Callable[[], None] = lambda: None,
    **labels: Any,
) -> dict[str, Any]:
    """Train a model; the run's record: `labels`, and everything it left behind.

    `watch` is called after each step, while its gradients are still there.
    """
    what = ", ".join([*map(str, labels.values()), f"seed {seed}"])

    def after(taken: int) -> None:
        watch()
        advance(1, what)

    done = train_language_model(
        model,
        text,
        context=model.context,
        seed=seed,
        on_step=after,
        **training,
    )
    if done.diverged_at is not None:
        advance(training["steps"] - done.diverged_at, what)
    return {**labels, **vars(done)}


def group(runs: Sequence[dict[str, Any]], *keys: str) -> dict[Any, list[dict[str, Any]]]:
    """Runs by the values under `keys` (by the value alone, for one key), in order of appearance."""
    found: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        values = tuple(run[key] for key in keys)
        found[values if len(keys) > 1 else values[0]].append(run)
    return dict(found)


def final(run: dict[str, Any]) -> float:
    """A record's last held-out loss; NaN where the run diverged."""
    return math.nan if run["diverged_at"] is not None else run["validation"][-1][1]


def is_stuck(run: dict[str, Any], unigram: float) -> bool:
    """Finite to the end, and no better than the frequencies of single characters."""
    return run["diverged_at"] is None and final(run) > STUCK * unigram


def learned(run: dict[str, Any], unigram: float) -> bool:
    """Neither diverged nor stuck."""
    return run["diverged_at"] is None and not is_stuck(run, unigram)


def word(runs: Sequence[dict[str, Any]], unigram: float) -> str:
    """What every run of one kind did: "diverged", "stalled" or "trained"; else "mixed"."""
    if all(run["diverged_at"] is not None for run in runs):
        return "diverged"
    if all(is_stuck(run, unigram) for run in runs):
        return "stalled"
    return "trained" if all(learned(run, unigram) for run in runs) else "mixed"


def fate(runs: Sequence[dict[str, Any]], unigram: float) -> str:
    """How runs of one kind ended: "2.61", "stalled 3.41", "diverged", or a mixture of these."""
    alive = [final(run) for run in runs if run["diverged_at"] is None]
    dead, n = len(runs) - len(alive), len(runs)
    if not alive:
        return "diverged"
    stuck = sum(is_stuck(run, unigram) for run in runs)
    word = f"{median(alive):.2f}"
    if stuck == n:
        return f"stalled {word}"
    counted = {"stalled": stuck, "diverged": dead}
    notes = [f"{count}/{n} {name}" for name, count in counted.items() if count]
    return word + (f" ({', '.join(notes)})" if notes else "")
