"""Some inputs are empty.

A norm written by hand: "the formula from the lecture". It passed its test on random numbers. On
this data, where a few rows are padding (all zeros), the first loss is NaN.
"""

import minigrad.nn.functional as F
from minigrad import Generator, nn, optim, tensor
from minigrad.data.toy import batches, toy

CAUSE = ""  # your diagnosis: one of the names in the statement


def rms_norm(x):
    return x / (x * x).mean(dim=-1, keepdim=True).sqrt()


def train(seed=0, steps=100):
    data = toy(seed)
    data.x[::50] = 0  # padding
    g = Generator(seed)
    first, second = nn.Linear(256, 64, bias=False, generator=g), nn.Linear(64, 2, generator=g)
    optimizer = optim.Adam([*first.parameters(), *second.parameters()], lr=0.003)
    losses = []
    for _, (x, y) in zip(range(steps), batches(data.x, data.y, 64, seed), strict=False):
        hidden = F.relu(rms_norm(first(tensor(x))))
        loss = F.cross_entropy(second(hidden), tensor(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
