"""Not a number to be seen.

To save memory the activations are kept in float16. Nothing overflows, says the owner: every loss is
finite. But the loss is ln 2 at step 0, and ln 2 at step 100. The inputs are raw sensor readings, of
size 1,000.
"""

import minigrad.nn.functional as F
from minigrad import Generator, nn, optim, tensor
from minigrad.data.toy import batches, toy

CAUSE = ""  # your diagnosis: one of the names in the statement


def rms_norm(x, eps=1e-5):
    mean_square = (x * x).mean(dim=-1, keepdim=True)
    return x * (mean_square + eps).rsqrt()


def train(seed=0, steps=100):
    data = toy(seed)
    data.x[:] *= 1000
    g = Generator(seed)
    first, second = nn.Linear(256, 64, bias=False, generator=g), nn.Linear(64, 2, generator=g)
    optimizer = optim.Adam([*first.parameters(), *second.parameters()], lr=0.003)
    losses = []
    for _, (x, y) in zip(range(steps), batches(data.x, data.y, 64, seed), strict=False):
        hidden = F.relu(rms_norm(first(tensor(x)).half()))
        loss = F.cross_entropy(second(hidden.float()), tensor(y))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
