"""Fifty.

Somebody read that weights should be drawn by Xavier's law. The first loss printed is about
fifty, ten times the loss of guessing, and the run does not get over it. It has a warmup, and a low
learning rate.
"""

import math

import minigrad.nn.functional as F
from minigrad import Generator, optim, tensor
from minigrad.data.text import load_text
from minigrad.models import CharGPT

CAUSE = "bad init"


def train(seed=0, steps=160):
    text = load_text()
    vocab = len(text.characters)
    model = CharGPT(vocab, context=32, dim=32, layers=16, norm=None, ffn="relu")
    model.init_weights("default", generator=Generator(seed))
    optimizer = optim.Adam(model.parameters(), lr=0.002)
    warmup = optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (step + 1) / 100))
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
