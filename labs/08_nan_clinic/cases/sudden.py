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

MODEL = {"layers": 16, "norm": None}
INIT = "default"
OPTIMIZER = optim.SGD
TRAINING = {"lr": 0.3, "steps": 120}


def train(seed=0, steps=TRAINING["steps"]):
    text = load_text()
    vocab = len(text.characters)
    model = CharGPT(vocab, context=32, dim=32, ffn="relu", **MODEL)
    model.init_weights(INIT, generator=Generator(seed))
    optimizer = OPTIMIZER(model.parameters(), lr=TRAINING["lr"])
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
