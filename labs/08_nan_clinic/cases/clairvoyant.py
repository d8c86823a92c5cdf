"""Too good to be true.

A small GPT whose loss falls to nearly zero within 80 steps: far below what any model of this text
can reach. What it writes is one character, over and over.
"""

import minigrad.nn.functional as F
from minigrad import Generator, optim, tensor
from minigrad.data.text import load_text
from minigrad.models import CharGPT

CAUSE = ""  # your diagnosis: one of the names in the statement


def train(seed=0, steps=80):
    text = load_text()
    vocab = len(text.characters)
    model = CharGPT(vocab, context=32, dim=32, layers=2, generator=Generator(seed))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    losses = []
    for _, (x, y) in zip(range(steps), text.batches(8, 32, seed), strict=False):
        logits = model(tensor(x[:, 1:]))
        target = tensor(y[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, vocab), target.reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
