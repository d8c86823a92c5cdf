"""It learns, but not all the way.

A network that could fit its 1,000 examples. The loss falls from 0.69 to about 0.4 and no further:
it never comes below 0.31, with any learning rate, in any number of steps.
"""

import minigrad.nn.functional as F
from minigrad import Generator, nn, optim, tensor
from minigrad.data.toy import batches, toy

CAUSE = ""  # your diagnosis: one of the names in the statement


def train(seed=0, steps=300):
    data = toy(seed)
    g = Generator(seed)
    model = nn.Sequential(nn.Linear(256, 64, generator=g), nn.ReLU(), nn.Linear(64, 2, generator=g))
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    losses = []
    for _, (x, y) in zip(range(steps), batches(data.x, data.y, 64, seed), strict=False):
        probabilities = F.softmax(model(tensor(x)), dim=-1)
        loss = F.cross_entropy(probabilities, tensor(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
