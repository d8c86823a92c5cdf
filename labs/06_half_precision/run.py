"""Lab 06: a norm in half precision, over the input's scale, ε, and where the statistics live."""

from dataclasses import dataclass
from itertools import groupby, product

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from minigrad import float16, lab, tensor
from minigrad.errors import ArgumentError
from minigrad.lab import Finding, plot
from minigrad.lab.cells import claim
from minigrad.lab.report import markdown_table
from minigrad.nn import functional as F


@dataclass(frozen=True, kw_only=True)
class Settings:
    """RMSNorm in float16 and bfloat16, with and without float32 inside, for inputs of any scale."""

    dim: int = 512
    scales: tuple[float, ...] = (
        0,
        1e-5,
        1e-4,
        1.7e-4,
        1e-3,
        0.1,
        1,
        8,
        12,
        255.875,
        256,
        1000,
        60000,
    )
    points: int = 400


QUICK = {"points": 120}
EPS = {1e-5: "1e-5", 1e-8: "1e-8"}


def rms_norm_naive(x, eps):
    """RMSNorm in x's own type, but for the sum's accumulator: what a quick port does."""
    mean_square = np.mean(x * x, axis=-1, keepdims=True, dtype=np.float32).astype(x.dtype)
    return x * (1 / np.sqrt(mean_square + np.asarray(eps, x.dtype))).astype(x.dtype)


def rms_norm_summed(x, eps):
    """The same, and the sum of squares is taken in x's own type as well."""
    total = np.zeros(x.shape[:-1], x.dtype)
    for square in np.moveaxis(x * x, -1, 0):
        total = (total + square).astype(x.dtype)
    mean_square = (total / x.dtype.type(x.shape[-1]))[..., None]
    return x * (1 / np.sqrt(mean_square + np.asarray(eps, x.dtype))).astype(x.dtype)


def layer_norm_naive(x, eps):
    """LayerNorm in x's own type, but for the sums' accumulators."""
    mean = np.mean(x, axis=-1, keepdims=True, dtype=np.float32).astype(x.dtype)
    return rms_norm_naive(x - mean, eps)


def rms_norm_upcast(x, eps):
    """To float32, normalize, and back to the input's type."""
    wide = x.astype(np.float32)
    mean_square = np.mean(wide * wide, axis=-1, keepdims=True)
    return (wide / np.sqrt(mean_square + np.float32(eps))).astype(x.dtype)


def rms_norm_library(x, eps):
    """minigrad's own, on a float16 tensor."""
    return F.rms_norm(tensor(x, dtype=float16), x.shape[-1:], eps=eps).numpy()


PIECES = {"rms_norm_half": rms_norm_upcast}
MINE = {}


def data(s):
    return {"source": "rows of +s, -s, +s, …, and normal rows of std s"}


def formats():
    """float16, and bfloat16 where ml_dtypes is installed (extra `bf16`)."""
    found = {"float16": np.dtype(np.float16)}
    try:
        import ml_dtypes
    except ImportError:
        return found
    return found | {"bfloat16": np.dtype(ml_dtypes.bfloat16)}


# what becomes of a row, and its colour
KINDS = {"right": "#F0F0F0", "wrong by > 5 %": "#E69F00", "zero": "#0072B2", "inf": "#D55E00"}
KINDS["NaN"] = "#000000"


def classify(y, x, eps):
    """Which of KINDS a normalized row is, judged by float64 on the same input."""
    exact = x.astype(np.float64)
    exact = exact / np.sqrt(np.mean(exact**2) + eps)
    y = y.astype(np.float64)
    if not np.isfinite(y).all():
        return "NaN" if np.isnan(y).any() else "inf"
    size = np.sqrt(np.mean(exact**2))
    if not y.any():
        return "right" if size < 1e-7 else "zero"
    return "wrong by > 5 %" if np.sqrt(np.mean((y - exact) ** 2)) > 0.05 * size else "right"


def told(y):
    """The output's root mean square, or what became of it."""
    y = y.astype(np.float64)
    if not np.isfinite(y).all():
        return "NaN" if np.isnan(y).any() else "inf"
    return f"{np.sqrt(np.mean(y**2)):.3g}"


def experiment(s, run, pieces):
    if s.dim % 2:
        raise ArgumentError(f"the row needs an even length, got {s.dim}")
    known = formats()
    variants = {
        "float16, no upcast": rms_norm_naive,
        "float16, sum in float16 too": rms_norm_summed,
        "float16, float32 upcast": pieces.rms_norm_half,
        "float16, minigrad's rms_norm": rms_norm_library,
        "bfloat16, no upcast": rms_norm_naive,
    }
    grid = np.geomspace(1e-6, 6e4, s.points)
    table, sweep, places = [], [], list(KINDS)
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
            outputs = [norm(x, eps) for x in rows]
            kinds = [classify(y, x, eps) for y, x in zip(outputs, rows, strict=True)]
            label = {"variant": name, "eps": eps}
            table.append(label | {"output": list(map(told, outputs)), "kind": kinds})
            limit = 65504 if dtype == np.float16 else np.inf  # clipped to what the type holds
            rows = [np.clip(scale * noise, -limit, limit).astype(dtype)[None] for scale in grid]
            sweep.append(
                label | {"kind": [places.index(classify(norm(x, eps), x, eps)) for x in rows]}
            )
            advance(1, name)


def special_cases():
    """A constant row and one with a large mean: each norm loses one of them, with ε = 1e-8."""
    noise = np.random.default_rng(0).standard_normal((1, 512))
    rows = {
        "a constant row of 3": np.full((1, 512), 3.0),
        "mean 1000, std 1": 1000 + noise,
        "mean 0, std 1": noise,
    }
    norms = {
        "RMSNorm, no upcast": rms_norm_naive,
        "LayerNorm, no upcast": layer_norm_naive,
        "RMSNorm, upcast": rms_norm_library,
        "LayerNorm, upcast": lambda x, eps: F.layer_norm(tensor(x), (512,), eps=eps).numpy(),
    }
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


# variant: what is predicted, and of which (ε, scale) which kind; none: right at every scale
EVERYWHERE = ("right at every scale, both ε", {})
PREDICTED = {
    "float16, no upcast": (
        "ε 1e-8: NaN at 0; both: zero from 256",
        {(1e-8, 0): "NaN", (1e-5, 0): "right"}
        | {(eps, scale): "zero" for eps in EPS for scale in (256, 60000)}
        | {(eps, scale): "right" for eps in EPS for scale in (1, 255.875)},
    ),
    "float16, sum in float16 too": ("rows are lost from 12 on", {(1e-5, 8): "right"}),
    "float16, float32 upcast": EVERYWHERE,
    "float16, minigrad's rms_norm": EVERYWHERE,
    "bfloat16, no upcast": ("neither overflow nor underflow", {}),
}


def findings(records):
    table = records["table.json"]
    scales = table["scales"]
    kinds = {
        (row["variant"], row["eps"]): dict(zip(scales, row["kind"], strict=True))
        for row in table["rows"]
    }
    found = []
    for name in dict.fromkeys(name for name, _ in kinds):
        of = {eps: kinds[name, eps] for eps in EPS}
        lost = sum(kind != "right" for eps in EPS for kind in of[eps].values())
        text, exact = PREDICTED[name]
        held = all(of[eps].get(scale) == kind for (eps, scale), kind in exact.items())
        if name == "float16, sum in float16 too":
            held = held and of[1e-5].get(12) != "right"
        found.append(
            Finding(
                name,
                f"{lost} of {2 * len(scales)} lost" if lost else "all right",
                "; ".join(f"ε = {EPS[eps]}: {spans(of[eps])}" for eps in EPS) + ".",
                **claim(text, held if exact else lost == 0),
            )
        )
    for name, key, eps, scale, wanted in (
        ("a row of 1,000", "large_row", 1e-5, 1000, "zero"),
        ("a row of zeros", "zero_row", 1e-8, 0, "NaN"),
    ):
        kind = kinds["float16, no upcast", eps][scale]
        upcast = kinds["float16, float32 upcast", eps][scale]
        word, said = (k.replace("zero", "zeros") for k in (kind, wanted))
        sentence = f"computed in float16 with ε = {eps:g}: {kind}; with the upcast: {upcast}."
        found.append(
            Finding(name, word, sentence, **claim(said, kind == wanted), key=key, word=word)
        )
    return [*found, layer_norm(records["layer_norm.json"])]


def spans(kinds):
    """Which scales are lost, and to what: "NaN at 0, inf from 1e-05 to 0.00017"."""
    parts = []
    for kind, group in groupby(kinds.items(), key=lambda item: item[1]):
        scales = [f"{scale:g}" for scale, _ in group]
        if kind != "right":
            at = f"at {scales[0]}" if len(scales) == 1 else f"from {scales[0]} to {scales[-1]}"
            parts.append(f"{kind} {at}")
    return ", ".join(parts) or "right at every scale"


def layer_norm(cases):
    """Which special row each norm loses."""
    constant, shifted = cases["a constant row of 3"], cases["mean 1000, std 1"]

    def pair(case, how):
        return " and ".join(case[f"{norm}, {how}"] for norm in ("LayerNorm", "RMSNorm"))

    sentence = (
        "output RMS for LayerNorm and RMSNorm, ε = 1e-8: a constant row "
        f"{pair(constant, 'no upcast')}, with the upcast {pair(constant, 'upcast')}; a row of mean "
        f"1000 and std 1 {pair(shifted, 'no upcast')}, with the upcast {pair(shifted, 'upcast')}."
    )
    claimed = claim(
        "LayerNorm loses the constant row, RMSNorm the shifted one; the upcast saves both",
        (constant["LayerNorm, no upcast"], constant["LayerNorm, upcast"]) == ("NaN", "0"),
        (shifted["RMSNorm, no upcast"], shifted["RMSNorm, upcast"]) == ("0", "1"),
    )
    return Finding("LayerNorm or RMSNorm", "each loses one", sentence, **claimed)


def figures(records):
    sweep = records["sweep.json"]
    scales, rows = np.array(sweep["scales"]), sweep["rows"]
    figure, axes = plot.new_figure(
        "Without the upcast float16 loses large rows to zero; ε = 1e-8 loses small ones to inf",
        size=(9.5, 4.6),
    )
    ax = axes[0, 0]
    edges = np.geomspace(scales[0], scales[-1], len(scales) + 1)
    image, colors = [row["kind"] for row in rows], ListedColormap(list(KINDS.values()))
    norm = BoundaryNorm(np.arange(6) - 0.5, 5)
    ax.pcolormesh(edges, np.arange(len(rows) + 1), image, cmap=colors, norm=norm, rasterized=True)
    labels = [f"{row['variant']}, ε {EPS[row['eps']]}" for row in rows]
    ax.set_yticks(np.arange(len(rows)) + 0.5, labels, fontsize=9)
    for y, row in enumerate(rows):
        ax.axhline(y, color="white", lw=2)
        start = 0
        for k, same in groupby(row["kind"]):  # the word itself, for a print in grey
            stop = start + len(list(same))
            if k and stop - start > 0.06 * len(scales):
                middle = np.sqrt(scales[start] * scales[stop - 1])
                look = {"ha": "center", "va": "center", "color": "black" if k == 1 else "white"}
                ax.text(middle, y + 0.5, list(KINDS)[k], fontsize=8, **look)
            start = stop
    ax.invert_yaxis()
    ax.grid(False)
    ax.set(xscale="log", xlabel="scale of the input (std of a normal row of 512 numbers)")
    patches = [Patch(facecolor=c, edgecolor="#888888", label=k) for k, c in KINDS.items()]
    where = {"loc": "upper center", "bbox_to_anchor": (0.4, -0.14)}
    ax.legend(handles=patches, ncols=5, frameon=False, fontsize=9, **where)
    return {"half_precision_map.png": figure}


if __name__ == "__main__":
    lab.main(__file__)
