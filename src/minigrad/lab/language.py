"""What the labs on text share: which text it was, a model, and one run's record."""

from collections.abc import Callable
from typing import Annotated, Any

from minigrad.core.random import Generator
from minigrad.data import toy
from minigrad.data.download import DownloadError
from minigrad.data.text import Corpus, load_text
from minigrad.errors import ArgumentError
from minigrad.functional.creation import from_numpy
from minigrad.models.char_gpt import CharGPT, InitLaw
from minigrad.optim import Adam
from minigrad.training.language import language_loss, train_language_model

Text = Annotated[str, '"alice": Alice in Wonderland; "shakespeare": downloads 1.1 MB; or a path.']
"""The type of a lab's setting that names its text."""


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


def trained_on(settings: Any) -> dict[str, Any]:
    """What a lab trains on where its run.py does not say: the text that its settings name, or the
    toy task of each seed."""
    if hasattr(settings, "text"):
        return about(corpus(settings.text))
    return toy.describe(range(settings.seeds))


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


def step_of(text: Corpus, model: CharGPT) -> Callable[[], None]:
    """One training step, of Adam on 8 × 32 characters that are the same each time, to be timed."""
    x, y = map(from_numpy, next(text.batches(8, 32, 0)))
    updates = Adam(model.parameters(), lr=1e-3)

    def step() -> None:
        updates.zero_grad()
        language_loss(model, x, y).backward()
        updates.step()

    return step
