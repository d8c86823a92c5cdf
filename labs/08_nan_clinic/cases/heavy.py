"""Above fifty.

Somebody read that weights should be drawn by Xavier's law. The first loss printed is above
fifty, more than ten times the loss of guessing, and the run does not get over it. It has a warmup,
and a low learning rate.
"""

import math

import minigrad.nn.functional as F
from minigrad import Generator, optim, tensor
from minigrad.data.text import load_text
from minigrad.models import CharGPT

CAUSE = ""  # your diagnosis: one of the names in the statement

MODEL = {"layers": 16, "norm": None}
INIT = "xavier"
OPTIMIZER = optim.Adam
TRAINING = {"lr": 0.002, "warmup": 100, "steps": 160}


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
