"""Networks that minigrad and PyTorch both build, with the same weights and batches."""

import numpy as np


def engines(name):
    """(engine, nn, F, optim) of "minigrad" or "torch"."""
    if name == "torch":
        import torch

        return torch, torch.nn, torch.nn.functional, torch.optim
    import minigrad
    import minigrad.nn.functional as F
    from minigrad import nn, optim

    return minigrad, nn, F, optim


def stack(
    engine="minigrad",
    optimizer="SGD",
    lr=0.02,
    gain=2**0.5,
    depth=6,
    act="ReLU",
    softmax=False,
    seed=0,
    **options,
):
    """(model, loss, optimizer, two batches) of an MLP on a task of four classes."""
    rng = np.random.default_rng(seed)
    lib, nn, F, optim = engines(engine)
    width, inputs = 48, 20
    parts = []
    for fan_in in [inputs, *[width] * (depth - 1)]:
        parts += [nn.Linear(fan_in, width), getattr(nn, act)()]
    model = nn.Sequential(*parts, nn.Linear(width, 4))
    with lib.no_grad():
        for p in model.parameters():
            scale = gain / p.shape[-1] ** 0.5 if p.ndim == 2 else 0.0
            p.copy_(lib.tensor((scale * rng.standard_normal(tuple(p.shape))).astype(np.float32)))
    teacher = rng.standard_normal((inputs, 4))

    def batch():
        x = rng.standard_normal((64, inputs)).astype(np.float32)
        return lib.from_numpy(x), lib.from_numpy((x @ teacher).argmax(axis=1))

    def loss(model, batch):
        logits = model(batch[0])
        return F.cross_entropy(logits.softmax(-1) if softmax else logits, batch[1])

    opt = getattr(optim, optimizer)(model.parameters(), lr=lr, **options)
    return model, loss, opt, [batch(), batch()]
