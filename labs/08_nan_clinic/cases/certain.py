"""Certain, and wrong.

A loss written by hand, exactly as the definition says, behind a head that is sharp from the start.
It passed its test on small logits. Here the first loss is inf, and from then on everything is NaN.
"""

import minigrad.nn.functional as F
from minigrad import Generator, nn, optim, tensor
from minigrad.data.toy import batches, toy

CAUSE = ""  # your diagnosis: one of the names in the statement


def cross_entropy(logits, labels):
    p = F.softmax(logits, dim=-1)
    return -(p * F.one_hot(labels, 2)).sum(dim=-1).log().mean()


def train(seed=0, steps=120):
    data = toy(seed)
    g = Generator(seed)
    model = nn.Sequential(nn.Linear(256, 64, generator=g), nn.ReLU(), nn.Linear(64, 2, generator=g))
    optimizer = optim.SGD(model.parameters(), lr=1e-4)
    losses = []
    for _, (x, y) in zip(range(steps), batches(data.x, data.y, 64, seed), strict=False):
        loss = cross_entropy(500 * model(tensor(x)), tensor(y))  # a sharp head
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
