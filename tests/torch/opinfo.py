"""PyTorch's own sample inputs (OpInfo), given to minigrad: `python tests/torch/opinfo.py`.

Of every op that minigrad has under PyTorch's name: each sample's value, in float32, agrees, is
wrong, or is refused with an error. Needs torch and expecttest.
"""

import sys
import warnings
from collections import Counter

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

import minigrad.torch as mt
from minigrad.core.tensor import Tensor

RANDOM = (
    "rand",
    "normal",
    "dropout",
    "multinomial",
    "bernoulli",
    "empty",
    "new_empty",
    "exponential",
)
MOST = 40  # samples of one op

# where an OpInfo gives arguments in another order than the function takes them
ORDER = {
    "einsum": lambda operands, equation: (equation, *operands),
    "nn.functional.embedding": lambda weight, indices: (indices, weight),
    "where": lambda x, condition, other: (condition, x, other),
}


def function_of(name):
    """minigrad's function of PyTorch's name, or None."""
    found = mt
    for part in name.split("."):
        found = getattr(found, part, None)
    method = getattr(Tensor, name, None) if "." not in name else None
    if isinstance(method, property):
        return method.fget
    return method if method is not None and not hasattr(found, "__code__") else found


def ours(x):
    """A sample's argument as minigrad takes it."""
    if isinstance(x, torch.Tensor):
        if x.is_complex():
            return mt.view_as_complex(ours(torch.view_as_real(x)))
        return mt.from_numpy(x.detach().numpy().copy())
    if isinstance(x, torch.dtype):
        return getattr(mt, str(x).removeprefix("torch."))
    if isinstance(x, torch.device):
        return "cpu"
    if isinstance(x, torch.Size):
        return tuple(x)
    if isinstance(x, list | tuple):
        return type(x)(map(ours, x))
    if isinstance(x, dict):
        return {k: ours(v) for k, v in x.items()}
    return x


def equal(a, b):
    """Whether a result of minigrad is PyTorch's: values to float32's rounding, shapes, dtypes; all
    integers of minigrad are int64."""
    if isinstance(b, torch.Tensor) and b.is_complex():
        parts = torch.view_as_real(b)
        return equal(a.real, parts[..., 0]) and equal(a.imag, parts[..., 1])
    if isinstance(b, torch.Tensor):
        if not isinstance(a, Tensor) or a.shape != tuple(b.shape):
            return False
        close = np.allclose(a.numpy(), b.detach().numpy(), rtol=1e-3, atol=1e-4, equal_nan=True)
        whole = a.dtype.kind == "i" and not (b.is_floating_point() or b.dtype == torch.bool)
        return close and (whole or a.dtype.name == str(b.dtype).removeprefix("torch."))
    if isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(equal, a, b))
    return a == b or (a != a and b != b)


def measure(info, refused):
    """Counts of agree, wrong and refused over an op's samples."""
    counts, run = Counter(), function_of(info.name)
    for i, sample in enumerate(info.sample_inputs("cpu", torch.float32)):
        if i == MOST:
            break
        if sample.kwargs.get("dropout_p") or "memory_format" in sample.kwargs:
            continue  # drawn anew; of no meaning here
        args = (sample.input, *sample.args)
        try:
            expected = info.op(*args, **sample.kwargs)
        except Exception:
            continue
        args = ORDER.get(info.name, lambda *given: given)(*args)
        try:
            got = run(*map(ours, args), **ours(sample.kwargs))
        except Exception as error:
            counts["refused"] += 1
            refused[f"{info.name}: {type(error).__name__}: {str(error)[:110]}"] += 1
            continue
        right = equal(got, expected)
        counts["agree" if right else "wrong"] += 1
        if not right:
            shapes = [tuple(a.shape) if isinstance(a, torch.Tensor) else a for a in args]
            refused[f"WRONG {info.name} {shapes} {sample.kwargs}"] += 1
    return counts


def main(names):
    """Every op of minigrad's, or those named."""
    warnings.simplefilter("ignore")
    total, refused, missing = Counter(), Counter(), []
    for info in op_db:
        if any(word in info.name for word in RANDOM) or (names and info.name not in names):
            continue
        if function_of(info.name) is None or info.variant_test_name:
            missing.append(info.name)
            continue
        try:
            total += measure(info, refused)
        except Exception as error:  # a sample that PyTorch itself cannot make here
            refused[f"SAMPLES {info.name}: {error}"] += 1
    return total, refused, missing


if __name__ == "__main__":
    total, refused, missing = main(sys.argv[1:])
    for text, count in refused.most_common():
        print(f"{count:5d}  {text}")
    samples = sum(total.values())
    print(f"{samples} samples: {dict(total)}, {total['agree'] / samples:.1%} agree")
