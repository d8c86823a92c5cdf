"""The computing ops where numbers are small and large. The table's own inputs lie between 0.3 and
1.5, where an overflow, an underflow or a lost digit on the way does not show.

The truth is PyTorch's float64 on the same rounded inputs. Wherever PyTorch itself comes within a
few units of the last place of it, so must minigrad; where PyTorch does not (it overflows, say),
nothing is asked.
"""

import numpy as np
import pytest

import minigrad as mg
from tests.each import each
from tests.functional.cases import FIXED, SHAPES_AND_INDICES
from tests.functional.inputs import apply, convert, leaves

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:.*degrees of freedom:UserWarning"),
]

SCALES = [("float16", scale) for scale in (1e-3, 30, 300, 5_000)]
SCALES += [("float32", float(f"1e{n}")) for n in (-30, -25, -20, 20, 25, 30)]
# moving elements loses no digits
COMPUTING = {name: case for name, case in FIXED.items() if case.op not in SHAPES_AND_INDICES}


def scaled(value, factor, dtype):
    """The arguments of a case, every floating-point array times `factor` and rounded to dtype."""
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        largest = float(np.finfo(dtype).max)
        return np.asarray(np.clip(value * factor, -largest, largest), dtype).astype(np.float64)
    if isinstance(value, dict):
        return {key: scaled(item, factor, dtype) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(scaled(item, factor, dtype) for item in value)
    return value


def results(lib, op, args, kwargs, dtype, rounded_to):
    """The values, and the gradients of their sum with fixed weights, as arrays."""
    args, kwargs = convert(lib, args, dtype), convert(lib, kwargs, dtype)
    outs = [o for o in apply(lib, op, args, kwargs) if o.requires_grad]
    weights = [np.cos(np.arange(o.numel())).reshape(tuple(o.shape)) for o in outs]
    weights = [lib.tensor(w.astype(rounded_to), dtype=getattr(lib, dtype)) for w in weights]
    inputs = leaves((args, kwargs))
    grads = lib.autograd.grad(outs, inputs, weights, allow_unused=True)
    grads = [lib.zeros_like(x) if g is None else g for x, g in zip(inputs, grads, strict=True)]
    return [o.detach().numpy() for o in (*outs, *grads)]


def right(found, truth):
    """Where `found` is the truth in its own dtype, up to 8 units in the last place of the largest
    element (what cancels in a sum)."""
    limits = np.finfo(found.dtype)
    with np.errstate(over="ignore"):
        truth, found = truth.astype(found.dtype).astype(float), found.astype(float)
    largest = np.abs(truth, where=np.isfinite(truth), out=np.zeros_like(truth)).max(initial=0)
    near = 8 * float(limits.eps) * largest + 4 * float(limits.smallest_subnormal)
    return np.isclose(found, truth, 0, near, equal_nan=True)


@each(case=COMPUTING, scale=SCALES)
def test_values_and_gradients_are_right_wherever_pytorchs_are(case, scale):
    op, (dtype, factor) = case.op, scale
    args, kwargs = (scaled(part, factor, dtype) for part in (case.args, case.kwargs))
    ours = results(mg, op, args, kwargs, dtype, dtype)
    theirs = results(torch, op, args, kwargs, dtype, dtype)
    truth = results(torch, op, args, kwargs, "float64", dtype)
    for mine, other, wanted in zip(ours, theirs, truth, strict=True):
        assert mine.dtype == other.dtype
        wrong = right(other, wanted) & ~right(mine, wanted)
        assert not wrong.any(), f"{args}: {mine} where {wanted} is right"
