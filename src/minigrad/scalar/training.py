"""Training the scalar GPT, and letting it write."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random

from minigrad.scalar.gpt import GPT
from minigrad.scalar.names import Alphabet
from minigrad.scalar.value import Value


class Adam:
    """Adam (Kingma & Ba 2015) over a list of Values."""

    def __init__(
        self,
        parameters: list[Value],
        lr: float = 1e-2,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.m = [0.0] * len(parameters)
        self.v = [0.0] * len(parameters)
        self.steps = 0

    def step(self) -> None:
        """One update of every parameter from its gradient, which is set back to zero."""
        self.steps += 1
        b1, b2 = self.betas
        m, v = self.m, self.v
        size = self.lr / (1 - b1**self.steps)
        correction = 1 / (1 - b2**self.steps)
        for i, p in enumerate(self.parameters):
            g = p.grad
            m[i] = b1 * m[i] + (1 - b1) * g
            v[i] = b2 * v[i] + (1 - b2) * g * g
            p.data -= size * m[i] / (math.sqrt(v[i] * correction) + self.eps)
            p.grad = 0.0


def windows(
    names: list[str], alphabet: Alphabet, context: int, random: Random
) -> Iterator[list[int]]:
    """For ever: a random name's ids; of a name longer than the context, a random stretch."""
    while True:
        ids = alphabet.encode(random.choice(names))
        start = random.randrange(max(1, len(ids) - context))
        yield ids[start : start + context + 1]


def train(
    model: GPT,
    names: list[str],
    alphabet: Alphabet,
    steps: int,
    *,
    lr: float = 1e-2,
    seed: int = 0,
    on_step: Callable[[int, float], None] = lambda step, loss: None,
) -> list[float]:
    """Adam for `steps` names, the rate falling linearly to zero; the loss of every step.

    `on_step(step, loss)` is called after each.
    """
    batches = windows(names, alphabet, model.context, Random(seed))
    optimizer = Adam(model.parameters(), lr)
    losses = []
    for step in range(steps):
        optimizer.lr = lr * (1 - step / steps)
        loss = model.loss(next(batches))
        loss.backward()
        optimizer.step()
        losses.append(loss.data)
        on_step(step, loss.data)
    return losses


def evaluate(model: GPT, names: list[str], alphabet: Alphabet) -> float:
    """Mean cross-entropy per character over whole names, each seen through the last characters."""
    losses = []
    for name in names:
        ids = alphabet.encode(name)
        rows = model(ids[:-1][: model.context])  # attention is causal: one pass for all of them
        for end in range(model.context + 1, len(ids)):
            rows.append(model(ids[end - model.context : end])[-1])
        for row, target in zip(rows, ids[1:], strict=True):
            logits = [v.data for v in row]
            top = max(logits)
            losses.append(math.log(sum(math.exp(x - top) for x in logits)) + top - logits[target])
    return sum(losses) / len(losses)


def bigram_loss(train_names: list[str], held_out: list[str], alphabet: Alphabet) -> float:
    """The same figure for counting which character follows which (add-one): the bar to pass."""
    counts = [[1] * len(alphabet) for _ in range(len(alphabet))]
    for name in train_names:
        for a, b in pairwise(alphabet.encode(name)):
            counts[a][b] += 1
    losses = [
        -math.log(counts[a][b] / sum(counts[a]))
        for name in held_out
        for a, b in pairwise(alphabet.encode(name))
    ]
    return sum(losses) / len(losses)


def sample(
    model: GPT, alphabet: Alphabet, *, temperature: float = 0.7, longest: int = 20, seed: int = 0
) -> str:
    """A name the model makes up, one character after the other, from its last `context` ids."""
    if temperature <= 0:
        raise ValueError(f"temperature must be positive, got {temperature}.")
    random = Random(seed)
    ids = [0]
    while len(ids) <= longest:
        logits = [v.data / temperature for v in model(ids[-model.context :])[-1]]
        top = max(logits)
        ids += random.choices(range(len(logits)), [math.exp(x - top) for x in logits])
        if not ids[-1]:
            break
    return alphabet.decode(ids)
