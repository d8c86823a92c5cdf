"""Networks beside the recorded MLPs, drawn at random, for what a diagnosis is fitted on.

"language": small transformers on Tiny Shakespeare. "classes": MLPs as people write them, on made-up
tasks of 2 to 20 classes. Rates reach from far too low to far too high.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import minigrad
import minigrad.nn.functional as F
from minigrad import nn, optim
from minigrad.data.text import Corpus, corpus_of, load_text
from minigrad.models import CharGPT
from minigrad.training.language import language_loss

FAMILIES = ("language", "classes")
SHARED = Path(__file__).parents[1] / "../shared/data/tinyshakespeare.txt"


class Task(NamedTuple):
    """A network to be trained: `batches()` starts the same stream anew."""

    model: nn.Module
    loss: Callable[[Any, Any], Any]
    optimizer: optim.Optimizer
    batches: Callable[[], Iterator[Any]]
    entropy: float
    steps: int


@lru_cache
def text() -> Corpus:
    """Tiny Shakespeare where it lies beside the repository, else as `minigrad` downloads it."""
    if SHARED.is_file():
        return corpus_of(SHARED.read_text(encoding="utf-8"), "Tiny Shakespeare")
    return load_text("shakespeare")


def task(family: str, seed: int) -> Task:
    """Draw number `seed` of a family."""
    rng = np.random.default_rng([FAMILIES.index(family), seed])
    return (_language if family == "language" else _classes)(rng, seed)


def _pick(rng: np.random.Generator, *choices: Any) -> Any:
    return choices[rng.integers(len(choices))]


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def _optimizer(rng: np.random.Generator, model: nn.Module) -> optim.Optimizer:
    kind = rng.random()
    if kind < 0.4:
        return optim.SGD(model.parameters(), lr=_between(rng, 1e-5, 10), momentum=0.9)
    if kind < 0.55:
        return optim.SGD(model.parameters(), lr=_between(rng, 1e-4, 30))
    kind_of = _pick(rng, optim.Adam, optim.AdamW)
    return kind_of(model.parameters(), lr=_between(rng, 3e-7, 0.3))


def _language(rng: np.random.Generator, seed: int) -> Task:
    corpus, generator = text(), minigrad.Generator().manual_seed(seed)
    layers = round(_between(rng, 1, 8))
    model = CharGPT(
        len(corpus.characters),
        context=32,
        dim=int(_pick(rng, 32, 48)),
        heads=4,
        layers=layers,
        norm=_pick(rng, None, "layernorm", "rmsnorm", "layernorm"),
        placement=_pick(rng, "pre", "pre", "post"),
        ffn=_pick(rng, "relu", "gelu", "swiglu"),
        residual_scale=_pick(rng, 1.0, 1.0, (2 * layers) ** -0.5),
        generator=generator,
    )
    model.init_weights(_pick(rng, "default", "xavier", "gpt2", "kaiming"), generator=generator)

    def batches() -> Iterator[Any]:
        for pair in corpus.batches(8, 32, seed):
            yield tuple(map(minigrad.from_numpy, pair))

    def loss(model: Any, batch: Any) -> Any:
        return language_loss(model, *batch)

    return Task(model, loss, _optimizer(rng, model), batches, corpus.unigram_loss(), 150)


def _classes(rng: np.random.Generator, seed: int) -> Task:
    minigrad.manual_seed(seed)
    inputs, classes, batch = (
        int(_pick(rng, *c)) for c in ((16, 64, 256), (2, 5, 10, 20), (16, 32, 64))
    )
    width, depth = int(_pick(rng, 32, 64, 128)), round(_between(rng, 1, 12))
    norm = _pick(rng, None, None, nn.LayerNorm, nn.RMSNorm)
    act, drop = _pick(rng, nn.ReLU, nn.GELU, nn.Tanh, nn.SiLU), _pick(rng, 0.0, 0.0, 0.1)
    skip, law = (
        _pick(rng, False, True),
        _pick(rng, "default", "default", "kaiming", "xavier", "0.02"),
    )

    def block(a: int, b: int) -> nn.Module:
        parts = [] if norm is None or a != b else [norm(a)]
        return nn.Sequential(*parts, nn.Linear(a, b), act(), nn.Dropout(drop))

    hidden = [block(width, width) for _ in range(depth - 1)]
    model = nn.Sequential(
        block(inputs, width),
        *(nn.Residual(f) if skip else f for f in hidden),
        nn.Linear(width, classes),
    )
    for module in model.modules():
        if isinstance(module, nn.Linear) and law != "default":
            if law == "0.02":
                nn.init.normal_(module.weight, 0.0, 0.02)
            else:
                getattr(nn.init, f"{law}_normal_")(module.weight)
    teacher = rng.standard_normal((inputs, classes)) / math.sqrt(inputs)
    x = rng.standard_normal((1000, inputs)).astype(np.float32)
    noise = _pick(rng, 0.0, 0.5) * rng.standard_normal((1000, classes))
    y = (x @ teacher + noise).argmax(axis=1)
    share = np.bincount(y, minlength=classes) / len(y)
    entropy = float(-(share[share > 0] * np.log(share[share > 0])).sum())

    def batches() -> Iterator[Any]:
        order = np.random.default_rng([seed, 1])
        for _ in itertools.count():
            rows = order.integers(len(x), size=batch)
            yield minigrad.from_numpy(x[rows]), minigrad.from_numpy(y[rows])

    def loss(model: Any, batch: Any) -> Any:
        return F.cross_entropy(model(batch[0]), batch[1])

    steps = int(_pick(rng, 100, 300, 600))
    return Task(model, loss, _optimizer(rng, model), batches, entropy, steps)


def losses(task: Task) -> list[float | None]:
    """Train it: the loss at each step; None, and the end, where it is not finite."""
    found: list[float | None] = []
    for batch in itertools.islice(task.batches(), task.steps):
        loss = task.loss(task.model, batch)
        found.append(loss.item() if math.isfinite(loss.item()) else None)
        if found[-1] is None:
            break
        task.optimizer.zero_grad()
        loss.backward()
        task.optimizer.step()
    return found
