"""Lab 06: a norm in half precision, over the input's scale, ε, and where the statistics live."""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np

from minigrad import float16, lab, tensor
from minigrad.lab import Finding, plot
from minigrad.lab.cells import claim
from minigrad.lab.curves import stripes
from minigrad.lab.report import markdown_table, spans
from minigrad.nn import functional as F

SCALES = (0, 1e-5, 1e-4, 1.7e-4, 1e-3, 0.1, 1, 8, 12, 255.875, 256, 1000, 60000)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """RMSNorm in float16 and bfloat16, with and without float32 inside, for inputs of any scale."""

    dim: int = 512
    scales: tuple[float, ...] = SCALES
    points: int = 400


QUICK = {"points": 120}
EPS = {1e-5: "1e-5", 1e-8: "1e-8"}


def mean_in_float32(x):
    """The mean over each row, its accumulator in float32, the result in x's own type."""
    return np.mean(x, axis=-1, keepdims=True, dtype=np.float32).astype(x.dtype)


def mean_in_own_type(x):
    """The mean over each row, summed in x's own type as well."""
    total = np.add.accumulate(x, axis=-1, dtype=x.dtype)[..., -1:]  # one after the other
    return total / x.dtype.type(x.shape[-1])


def rms_norm_naive(x, eps, mean=mean_in_float32):
    """RMSNorm in x's own type: what a quick port does."""
    return x * (1 / np.sqrt(mean(x * x) + np.asarray(eps, x.dtype))).astype(x.dtype)


def rms_norm_upcast(x, eps):
    """To float32, normalize, and back to the input's type."""
    wide = x.astype(np.float32)
    root = np.sqrt(np.mean(wide * wide, axis=-1, keepdims=True) + np.float32(eps))
    return (wide / root).astype(x.dtype)


def rms_norm_library(x, eps):
    """minigrad's own, on a float16 tensor."""
    return F.rms_norm(tensor(x, dtype=float16), x.shape[-1:], eps=eps).numpy()


PIECES = {"rms_norm_half": rms_norm_upcast}


def data(s):
    return {"source": "rows of +s, -s, +s, …, and normal rows of std s"}


# what becomes of a row, and its colour
KINDS = {"right": "#F0F0F0", "wrong by > 5 %": "#E69F00", "zero": "#0072B2", "inf": "#D55E00"}
KINDS["NaN"] = "#000000"


def broken(y):
    """ "NaN" or "inf" if a number of y is; else ""."""
    return "NaN" if np.isnan(y).any() else "inf" if np.isinf(y).any() else ""


def classify(y, x, eps):
    """Which of KINDS a normalized row is, judged by float64 on the same input."""
    exact, y = x.astype(np.float64), y.astype(np.float64)
    exact = exact / np.sqrt(np.mean(exact**2) + eps)
    size, off = (np.sqrt(np.mean(z**2)) for z in (exact, np.nan_to_num(y) - exact))
    if broken(y) or not y.any():
        return broken(y) or ("right" if size < 1e-7 else "zero")
    return "wrong by > 5 %" if off > 0.05 * size else "right"


def told(y):
    """The output's root mean square, or what became of it."""
    return broken(y) or f"{np.sqrt(np.mean(y.astype(np.float64) ** 2)):.3g}"


def experiment(s, run, pieces):
    known = {"float16": np.dtype(np.float16)}
    with suppress(ImportError):  # extra `bf16`
        import ml_dtypes

        known["bfloat16"] = np.dtype(ml_dtypes.bfloat16)
    variants = {
        "float16, no upcast": rms_norm_naive,
        "float16, sum in float16 too": partial(rms_norm_naive, mean=mean_in_own_type),
        "float16, float32 upcast": pieces.rms_norm_half,
        "float16, minigrad's rms_norm": rms_norm_library,
        "bfloat16, no upcast": rms_norm_naive,
        "bfloat16, sum in bfloat16 too": partial(rms_norm_naive, mean=mean_in_own_type),
    }
    grid, table, sweep, places = np.geomspace(1e-6, 6e4, s.points), [], [], list(KINDS)
    run.record("table.json", {"scales": s.scales, "rows": table})
    run.record("sweep.json", {"scales": grid, "kinds": places, "rows": sweep})
    run.record("layer_norm.json", special_cases())
    chosen = {name: norm for name, norm in variants.items() if name.partition(",")[0] in known}
    alternating = np.tile([1.0, -1.0], s.dim // 2)  # mean 0 and mean square s², exactly
    noise = np.random.default_rng(0).standard_normal(s.dim)  # the same for every s
    noise /= np.sqrt(np.mean(noise**2))
    with run.progress(2 * len(chosen)) as advance, np.errstate(all="ignore"):
        for (name, norm), eps in product(chosen.items(), EPS):
            dtype = known[name.partition(",")[0]]
            rows = [(scale * alternating).astype(dtype)[None] for scale in s.scales]
            outputs, label = [norm(x, eps) for x in rows], {"variant": name, "eps": eps}
            kinds = [classify(y, x, eps) for y, x in zip(outputs, rows, strict=True)]
            table.append(label | {"output": list(map(told, outputs)), "kind": kinds})
            limit = 65504 if dtype == np.float16 else np.inf  # clipped to what the type holds
            rows = [np.clip(scale * noise, -limit, limit).astype(dtype)[None] for scale in grid]
            kinds = [classify(norm(x, eps), x, eps) for x in rows]
            sweep.append(label | {"kind": list(map(places.index, kinds))})
            advance(1, name)


def special_cases():
    """A constant row and one with a large mean: each norm loses one of them, with ε = 1e-8."""
    noise = np.random.default_rng(0).standard_normal((1, 512))
    rows = {"a constant row of 3": np.full((1, 512), 3.0), "mean 1000, std 1": 1000 + noise}
    rows["mean 0, std 1"] = noise
    norms = {"RMSNorm, no upcast": rms_norm_naive, "RMSNorm, upcast": rms_norm_library}
    norms["LayerNorm, no upcast"] = lambda x, e: rms_norm_naive(x - mean_in_float32(x), e)
    norms["LayerNorm, upcast"] = lambda x, e: F.layer_norm(tensor(x), (512,), eps=e).numpy()
    with np.errstate(all="ignore"):
        return {
            case: {name: told(norm(x.astype(np.float16), 1e-8)) for name, norm in norms.items()}
            for case, x in rows.items()
        }


def texts(records):
    table = records["table.json"]
    head = ["output RMS", "ε", *(f"{scale:g}" for scale in table["scales"])]
    rows = [[r["variant"], f"{r['eps']:g}", *r["output"]] for r in table["rows"]]
    return {"table.md": "\n".join(markdown_table(head, rows)) + "\n"}


RIGHT, ZERO, LOST = {"right"}, {"zero"}, set(KINDS) - {"right"}
NAIVE = {(eps, scale): ZERO for eps in EPS for scale in (256, 60000)}
NAIVE |= {(eps, scale): RIGHT for eps in EPS for scale in (1, 255.875)}
NAIVE |= {(1e-8, 0): {"NaN"}, (1e-5, 0): RIGHT}
SUMMED = {(1e-5, 8): RIGHT, (1e-5, 12): LOST}
# variant: what is predicted, and which kinds at (ε, scale); none: right at every scale
PREDICTED = {
    "float16, no upcast": ("ε 1e-8: NaN at 0; both: zero from 256", NAIVE),
    "float16, sum in float16 too": ("rows are lost from 12 on", SUMMED),
    "bfloat16, no upcast": ("neither overflow nor underflow", {}),
    "bfloat16, sum in bfloat16 too": (  # 256 + 1 = 256: half of the 512 squares are not counted
        "wrong from 0.1 up",
        {(eps, scale): {"wrong by > 5 %"} for eps in EPS for scale in (0.1, 1, 256, 60000)},
    ),
}


def findings(records):
    rows, scales = (records["table.json"][key] for key in ("rows", "scales"))
    kinds = {(r["variant"], r["eps"]): dict(zip(scales, r["kind"], strict=True)) for r in rows}
    found = []
    for name in dict.fromkeys(row["variant"] for row in rows):
        of = {eps: kinds[name, eps] for eps in EPS}
        lost = sum(kind != "right" for eps in EPS for kind in of[eps].values())
        text, exact = PREDICTED.get(name, ("right at every scale, both ε", {}))
        held = all(of[eps].get(scale) in allowed for (eps, scale), allowed in exact.items())
        outcome = f"{lost} of {2 * len(scales)} lost" if lost else "all right"
        sentence = "; ".join(f"ε = {EPS[eps]}: {spans(of[eps], 'right')}" for eps in EPS) + "."
        found.append(Finding(name, outcome, sentence, **claim(text, held if exact else lost == 0)))
    found.append(one_row(kinds, "a row of 1,000", "large_row", 1e-5, 1000, "zero"))
    found.append(one_row(kinds, "a row of zeros", "zero_row", 1e-8, 0, "NaN"))
    return [*found, layer_norm(records["layer_norm.json"])]


def one_row(kinds, name, key, eps, scale, wanted):
    """What becomes of one row, without the upcast and with it."""
    kind, upcast = (kinds[f"float16, {how}", eps][scale] for how in ("no upcast", "float32 upcast"))
    word, said = (k.replace("zero", "zeros") for k in (kind, wanted))
    sentence = f"computed in float16 with ε = {eps:g}: {kind}; with the upcast: {upcast}."
    return Finding(name, word, sentence, **claim(said, kind == wanted), key=key, word=word)


def layer_norm(cases):
    """Which special row each norm loses."""
    flat, shifted = cases["a constant row of 3"], cases["mean 1000, std 1"]
    said = [
        f"{case[f'LayerNorm, {how}']} and {case[f'RMSNorm, {how}']}"
        for case, how in product((flat, shifted), ("no upcast", "upcast"))
    ]
    sentence = (
        "output RMS for LayerNorm and RMSNorm, ε = 1e-8: a constant row {}, with the upcast {}; a "
        "row of mean 1000 and std 1 {}, with the upcast {}."
    )
    claimed = claim(
        "LayerNorm loses the constant row, RMSNorm the shifted one; the upcast saves both",
        (flat["LayerNorm, no upcast"], flat["LayerNorm, upcast"]) == ("NaN", "0"),
        (shifted["RMSNorm, no upcast"], shifted["RMSNorm, upcast"]) == ("0", "1"),
    )
    return Finding("LayerNorm or RMSNorm", "each loses one", sentence.format(*said), **claimed)


def figures(records):
    sweep = records["sweep.json"]
    title = (
        "Without the upcast float16 loses large rows to zero and small ones to inf;\n"
        "bfloat16 loses none, but adding up its own squares it gets ordinary rows wrong"
    )
    figure, axes = plot.new_figure(title, size=(9.5, 5.2))
    edges = np.geomspace(sweep["scales"][0], sweep["scales"][-1], len(sweep["scales"]) + 1)
    rows = {f"{row['variant']}, ε {EPS[row['eps']]}": row["kind"] for row in sweep["rows"]}
    stripes(axes[0, 0], edges, rows, KINDS)
    axes[0, 0].set_xlabel("scale of the input (std of a normal row of 512 numbers)")
    return {"half_precision_map.png": figure}


if __name__ == "__main__":
    lab.main(__file__)
