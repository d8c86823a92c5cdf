"""It was going so well.

A network of two layers. The loss falls for some steps, then it swings up, and down, and up, wider
each time. A lower learning rate only makes the swings slower.
"""

import minigrad.nn.functional as F
from minigrad import Generator, nn, optim, tensor
from minigrad.data.toy import batches, toy

CAUSE = ""  # your diagnosis: one of the names in the statement


def train(seed=0, steps=300):
    data = toy(seed)
    g = Generator(seed)
    model = nn.Sequential(nn.Linear(256, 64, generator=g), nn.ReLU(), nn.Linear(64, 2, generator=g))
    optimizer = optim.SGD(model.parameters(), lr=0.05)
    losses = []
    for _, (x, y) in zip(range(steps), batches(data.x, data.y, 64, seed), strict=False):
        loss = F.cross_entropy(model(tensor(x)), tensor(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
