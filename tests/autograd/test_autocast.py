"""autocast and GradScaler, beside PyTorch's."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.autograd import GradScaler, autocast
from minigrad.core.mode import settings
from minigrad.errors import ArgumentError, DtypeError


def step(lib, dtype):
    """(dtypes of a layer's output and of the loss; loss, gradients) of a small network."""
    rng = np.random.default_rng(0)
    weights = [
        lib.tensor(0.5 * rng.standard_normal(s), dtype=lib.float32, requires_grad=True)
        for s in ((8, 4), (3, 8))
    ]
    x = lib.tensor(rng.standard_normal((16, 4)), dtype=lib.float32)
    labels = lib.tensor(rng.integers(0, 3, 16))
    f = lib.nn.functional
    with lib.autocast("cpu", dtype=getattr(lib, dtype)):
        hidden = f.linear(x, weights[0])
        loss = f.cross_entropy(f.linear(lib.tanh(hidden), weights[1]), labels)
    loss.backward()
    names = [str(t.dtype).removeprefix("torch.") for t in (hidden, loss, weights[0].grad)]
    return names, [loss.detach().numpy(), *(w.grad.numpy() for w in weights)]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_step_as_in_pytorch(dtype):
    torch = pytest.importorskip("torch")
    pytest.importorskip("ml_dtypes")
    names, ours = step(mg, dtype)
    assert names == step(torch, dtype)[0] == [dtype, "float32", "float32"]
    for a, b in zip(ours, step(torch, dtype)[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_products_are_cast_and_nothing_else():
    x = mg.ones(2, 2)
    with autocast(dtype="float16"):
        assert (x @ x).dtype == mg.einsum("ij,jk", x, x).dtype == mg.float16
        assert nn.functional.scaled_dot_product_attention(x, x, x).dtype == mg.float16
        assert (x * x).dtype == x.exp().dtype == mg.float32
        half = x @ x
        assert nn.functional.mse_loss(half, half).dtype == mg.float32
        with autocast(enabled=False):
            assert (x @ x).dtype == mg.float32
        assert (x @ x).dtype == mg.float16
    assert (x @ x).dtype == mg.float32 and settings.changed == 0


def test_autocast_as_a_decorator():
    @autocast(dtype="float16")
    def product(x):
        return x @ x

    assert product(mg.ones(2, 2)).dtype == mg.float16


def test_what_autocast_refuses():
    with pytest.raises(ArgumentError, match="computes on the CPU alone"):
        autocast("cuda", dtype="float16")
    with pytest.raises(DtypeError, match="must be float16 or bfloat16, got float64"):
        autocast(dtype="float64")


def one_parameter(value=1.0):
    p = nn.Parameter(mg.tensor([value]))
    return p, optim.SGD([p], lr=1.0)


def test_the_scale_cancels_and_small_gradients_live():
    """1e-7 · 1e-3 is 0 in float16, and is not where the loss was scaled."""
    p, optimizer = one_parameter()
    scaler = GradScaler(init_scale=2.0**16)
    small = mg.tensor([1e-3]).half()
    for scale in (lambda loss: loss, scaler.scale):
        p.grad = None
        scale((p.half() * small).float().sum() * 1e-5).backward()
        if scale != scaler.scale:
            assert p.grad.item() == 0
    assert p.grad.item() / 2.0**16 == pytest.approx(1e-8, rel=2e-3)
    scaler.unscale_(optimizer)
    assert p.grad.item() == pytest.approx(1e-8, rel=2e-3)


def test_a_step_that_overflows_is_skipped_and_the_scale_falls():
    p, optimizer = one_parameter()
    scaler = GradScaler(init_scale=4.0, growth_interval=2)
    scales = []
    for gradient in (1.0, np.inf, 1.0, np.nan, 0.5, 0.5, 0.5):
        p.grad = mg.tensor([gradient]) * scaler.get_scale()
        scaler.step(optimizer)
        scaler.update()
        scales.append(scaler.get_scale())
    assert scales == [4, 2, 2, 1, 1, 2, 2]
    assert p.item() == 1 - 1 - 1 - 1.5


def test_unscaled_once_for_clipping_and_resumed():
    p, optimizer = one_parameter()
    scaler = GradScaler(init_scale=8.0)
    p.grad = mg.tensor([8.0])
    scaler.unscale_(optimizer)
    assert p.grad.item() == 1
    with pytest.raises(ArgumentError, match="already"):
        scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert p.item() == 0
    twin = GradScaler()
    twin.load_state_dict(scaler.state_dict())
    assert twin.state_dict() == scaler.state_dict() and twin.get_scale() == 8


def test_a_disabled_scaler_does_nothing():
    p, optimizer = one_parameter()
    scaler = GradScaler(enabled=False)
    scaler.scale((p * 2).sum()).backward()
    scaler.step(optimizer)
    scaler.update()
    assert p.item() == -1 and scaler.get_scale() == 1 and not scaler.is_enabled()
    with pytest.raises(ArgumentError, match="growth_factor > 1"):
        GradScaler(growth_factor=0.5)
