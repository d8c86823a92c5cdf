"""Dead on arrival.

The same sixteen layers, trained with plain SGD, because "Adam was the problem". It does not live to
step 10. The owner says that the loss at step 0 is fine.
"""

import math

import minigrad.nn.functional as F
from minigrad import Generator, optim, tensor
from minigrad.data.text import load_text
from minigrad.models import CharGPT

CAUSE = ""  # your diagnosis: one of the names in the statement


def train(seed=0, steps=120):
    text = load_text()
    vocab = len(text.characters)
    model = CharGPT(vocab, context=32, dim=32, layers=16, norm=None, ffn="relu")
    model.init_weights("default", generator=Generator(seed))
    optimizer = optim.SGD(model.parameters(), lr=0.3)
    losses = []
    for _, (x, y) in zip(range(steps), text.batches(8, 32, seed), strict=False):
        logits = model(tensor(x))
        loss = F.cross_entropy(logits.reshape(-1, vocab), tensor(y.reshape(-1)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if not math.isfinite(losses[-1]):
            break
    return losses
