"""Sixteen layers.

A character GPT under Adam, with 100 steps of warmup. For a hundred steps the loss falls nicely, to
about 3. Then it is NaN. Its owner has tried other seeds: it happens every time, some steps sooner
or later.
"""

import math

import minigrad.nn.functional as F
from minigrad import Generator, optim, tensor
from minigrad.data.text import load_text
from minigrad.models import CharGPT

CAUSE = ""  # your diagnosis: one of the names in the statement

MODEL = {"layers": 16, "norm": None}
INIT = "default"
OPTIMIZER = optim.Adam
TRAINING = {"lr": 0.03, "warmup": 100, "steps": 200}


def train(seed=0, steps=TRAINING["steps"]):
    text = load_text()
    vocab = len(text.characters)
    model = CharGPT(vocab, context=32, dim=32, ffn="relu", **MODEL)
    model.init_weights(INIT, generator=Generator(seed))
    optimizer = OPTIMIZER(model.parameters(), lr=TRAINING["lr"])
    warmup = optim.lr_scheduler.LambdaLR(optimizer, lambda i: min(1, (i + 1) / TRAINING["warmup"]))
    losses = []
    for _, (x, y) in zip(range(steps), text.batches(8, 32, seed), strict=False):
        logits = model(tensor(x))
        loss = F.cross_entropy(logits.reshape(-1, vocab), tensor(y.reshape(-1)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        warmup.step()
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            break
    return losses
