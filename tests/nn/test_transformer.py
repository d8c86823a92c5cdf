import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad.nn import FeedForward, TransformerBlock


@pytest.mark.parametrize("norm", ["rmsnorm", "layernorm", None])
@pytest.mark.parametrize("placement", ["pre", "post"])
def test_a_block_is_its_two_formulas(norm: str | None, placement: str) -> None:
    minigrad.manual_seed(0)
    block = TransformerBlock(12, 3, norm=norm, placement=placement, residual_scale=0.5)  # type: ignore[arg-type]
    for parameter in (block.norm1, block.norm2):
        for p in parameter.parameters():
            p.array[:] = np.random.default_rng(1).uniform(0.5, 2, p.shape)
    x = minigrad.randn(2, 5, 12)
    f, g, n1, n2 = block.attention, block.ffn, block.norm1, block.norm2
    if placement == "pre":
        h = x + 0.5 * f(n1(x))
        expected = h + 0.5 * g(n2(h))
    else:
        h = n1(x + 0.5 * f(x))
        expected = n2(h + 0.5 * g(h))
    np.testing.assert_allclose(block(x).array, expected.array, atol=1e-6)


def test_the_three_feed_forwards() -> None:
    x = minigrad.randn(2, 12)
    for kind, phi in (("relu", F.relu), ("gelu", F.gelu)):
        ffn = FeedForward(12, kind)  # type: ignore[arg-type]
        np.testing.assert_allclose(ffn(x).array, ffn.down(phi(ffn.up(x))).array, atol=1e-6)
        assert ffn.up.weight.shape == (48, 12)
    gated = FeedForward(12, "swiglu")
    expected = gated.down(F.silu(gated.gate(x)) * gated.up(x))
    np.testing.assert_allclose(gated(x).array, expected.array, atol=1e-6)

    def weights(ffn: FeedForward) -> int:
        return sum(p.numel() for p in ffn.parameters())

    plain, gated = FeedForward(12, bias=False), FeedForward(12, "swiglu", bias=False)
    assert weights(plain) == weights(gated) == 2 * 4 * 12 * 12
