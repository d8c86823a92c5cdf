"""Lab 06: a norm in half precision, over the input's scale, ε, and where the statistics live."""

import numpy as np
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from minigrad import float16, lab, tensor
from minigrad.errors import ArgumentError
from minigrad.lab import Finding, plot
from minigrad.lab.report import markdown_table
from minigrad.nn import functional as F

Options = lab.Options
FULL = {
    "dim": 512,
    "scales": [0, 1e-5, 1e-4, 1.7e-4, 1e-3, 0.1, 1, 8, 12, 255.875, 256, 1000, 60000],
    "points": 400,
}
QUICK = FULL | {"points": 120}


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
MINE = {"rms_norm_half": ("rms_norm_half", lambda norm: norm)}


def formats():
    """float16, and bfloat16 where ml_dtypes is installed (extra `bf16`)."""
    found = {"float16": np.dtype(np.float16)}
    try:
        import ml_dtypes
    except ImportError:
        return found
    return found | {"bfloat16": np.dtype(ml_dtypes.bfloat16)}


def variants(pieces):
    return {
        "float16, no upcast": ("float16", rms_norm_naive),
        "float16, sum in float16 too": ("float16", rms_norm_summed),
        "float16, float32 upcast": ("float16", pieces.rms_norm_half),
        "float16, minigrad's rms_norm": ("float16", rms_norm_library),
        "bfloat16, no upcast": ("bfloat16", rms_norm_naive),
    }


KINDS = ("right", "wrong by > 5 %", "zero", "inf", "NaN")


def classify(y, x, eps):
    """Which of KINDS a normalized row is, judged by float64 on the same input."""
    exact = x.astype(np.float64)
    exact = exact / np.sqrt(np.mean(exact**2) + eps)
    y = y.astype(np.float64)
    if np.isnan(y).any():
        return 4
    if np.isinf(y).any():
        return 3
    size = np.sqrt(np.mean(exact**2))
    if not y.any():
        return 0 if size < 1e-7 else 2
    return int(np.sqrt(np.mean((y - exact) ** 2)) > 0.05 * size)


def row(scale, dim, dtype):
    """+s, −s, +s, …: its mean is 0 and its mean square s², exactly."""
    return (scale * np.tile([1.0, -1.0], dim // 2)).astype(dtype)[None]


def data(s):
    return {"source": "rows of +s, -s, +s, …, and normal rows of std s"}


def experiment(s, run, pieces):
    if s.dim % 2:
        raise ArgumentError(f"the row needs an even length, got {s.dim}")
    known = formats()
    grid = np.geomspace(1e-6, 6e4, s.points)
    table, sweep = [], []
    run.record("table.json", {"scales": s.scales, "rows": table})
    run.record("sweep.json", {"scales": grid, "kinds": KINDS, "rows": sweep})
    run.record("layer_norm.json", special_cases(known))
    chosen = {k: v for k, v in variants(pieces).items() if v[0] in known}
    with run.progress(2 * len(chosen)) as advance, np.errstate(all="ignore"):
        for name, (kind, norm) in chosen.items():
            for eps in (1e-5, 1e-8):
                dtype = known[kind]
                outputs, classes = [], []
                for scale in s.scales:
                    x = row(scale, s.dim, dtype)
                    y = norm(x, eps)
                    outputs.append(told(y))
                    classes.append(classify(y, x, eps))
                label = {"variant": name, "eps": eps}
                table.append(label | {"output": outputs, "kind": [KINDS[k] for k in classes]})
                kinds = [classify(norm(x, eps), x, eps) for x in rows(grid, s.dim, dtype)]
                sweep.append(label | {"kind": kinds})
                advance(1, name)
    run.write("table.md", markdown(run.records["table.json"]))


def rows(grid, dim, dtype):
    """Normal rows of std s, the same noise for every s; clipped to what the type holds."""
    noise = np.random.default_rng(0).standard_normal(dim)
    noise /= np.sqrt(np.mean(noise**2))
    limit = 65504 if dtype == np.float16 else np.inf
    return [np.clip(scale * noise, -limit, limit).astype(dtype)[None] for scale in grid]


def told(y):
    """The output's root mean square, or what became of it."""
    y = y.astype(np.float64)
    if np.isnan(y).any():
        return "NaN"
    if np.isinf(y).any():
        return "inf"
    return f"{np.sqrt(np.mean(y**2)):.3g}"


def special_cases(known):
    """A constant row and one with a large mean: each norm loses one of them, with ε = 1e-8."""
    noise = np.random.default_rng(0).standard_normal((1, 512))
    norms = {
        "RMSNorm, no upcast": rms_norm_naive,
        "LayerNorm, no upcast": layer_norm_naive,
        "RMSNorm, upcast": rms_norm_library,
        "LayerNorm, upcast": lambda x, eps: F.layer_norm(tensor(x), (512,), eps=eps).numpy(),
    }
    with np.errstate(all="ignore"):
        return {
            case: {
                name: told(norm(x.astype(known["float16"]), 1e-8)) for name, norm in norms.items()
            }
            for case, x in {
                "a constant row of 3": np.full((1, 512), 3.0),
                "mean 1000, std 1": 1000 + noise,
                "mean 0, std 1": noise,
            }.items()
        }


def markdown(table):
    head = ["output RMS", "ε", *(f"{scale:g}" for scale in table["scales"])]
    rows = [[r["variant"], f"{r['eps']:g}", *r["output"]] for r in table["rows"]]
    return "\n".join(markdown_table(head, rows)) + "\n"


def findings(records):
    table = records["table.json"]
    scales = table["scales"]
    by = {(r["variant"], r["eps"]): r for r in table["rows"]}

    def spans(kinds):
        """Which scales are lost, and to what: "NaN at 0, inf from 1e-05 to 0.00017"."""
        parts, i = [], 0
        while i < len(scales):
            j = i
            while j + 1 < len(scales) and kinds[j + 1] == kinds[i]:
                j += 1
            if kinds[i] != "right":
                at = f"at {scales[i]:g}" if i == j else f"from {scales[i]:g} to {scales[j]:g}"
                parts.append(f"{kinds[i]} {at}")
            i = j + 1
        return ", ".join(parts) or "right at every scale"

    def wrong(name, eps):
        return sum(kind != "right" for kind in by[name, eps]["kind"])

    def kind_at(name, eps, scale):
        return by[name, eps]["kind"][scales.index(scale)]

    predicted = {
        "float16, no upcast": (
            "ε 1e-8: NaN at 0; both: zero from 256",
            lambda n: (
                kind_at(n, 1e-8, 0) == "NaN"
                and kind_at(n, 1e-5, 0) == "right"
                and all(kind_at(n, e, x) == "zero" for e in (1e-5, 1e-8) for x in (256, 60000))
                and all(kind_at(n, e, x) == "right" for e in (1e-5, 1e-8) for x in (1, 255.875))
            ),
        ),
        "float16, sum in float16 too": (
            "rows are lost from 12 on",
            lambda n: kind_at(n, 1e-5, 8) == "right" and kind_at(n, 1e-5, 12) != "right",
        ),
        "float16, float32 upcast": (
            "right at every scale, both ε",
            lambda n: wrong(n, 1e-5) == wrong(n, 1e-8) == 0,
        ),
        "float16, minigrad's rms_norm": (
            "right at every scale, both ε",
            lambda n: wrong(n, 1e-5) == wrong(n, 1e-8) == 0,
        ),
        "bfloat16, no upcast": (
            "neither overflow nor underflow",
            lambda n: wrong(n, 1e-5) == wrong(n, 1e-8) == 0,
        ),
    }
    found = []
    for name in dict.fromkeys(name for name, _ in by):
        said, test = predicted[name]
        lost = wrong(name, 1e-5) + wrong(name, 1e-8)
        found.append(
            Finding(
                name,
                f"{lost} of {2 * len(scales)} lost" if lost else "all right",
                f"ε = 1e-5: {spans(by[name, 1e-5]['kind'])}; "
                f"ε = 1e-8: {spans(by[name, 1e-8]['kind'])}.",
                said,
                test(name),
            )
        )
    naive = "float16, no upcast"
    for variant, eps, scale in (("a row of 1,000", 1e-5, 1000), ("a row of zeros", 1e-8, 0)):
        kind = kind_at(naive, eps, scale)
        found.append(
            Finding(
                variant,
                "zeros" if kind == "zero" else kind,
                f"computed in float16 with ε = {eps:g}: {kind}; with the upcast: "
                f"{kind_at('float16, float32 upcast', eps, scale)}.",
                "zeros" if scale else "NaN",
                kind == ("zero" if scale else "NaN"),
            )
        )
    cases = records["layer_norm.json"]
    constant, shifted = cases["a constant row of 3"], cases["mean 1000, std 1"]
    norms = ("LayerNorm", "RMSNorm")
    found.append(
        Finding(
            "LayerNorm or RMSNorm",
            "each loses one",
            "output RMS for LayerNorm and RMSNorm, ε = 1e-8: a constant row "
            + " and ".join(constant[f"{norm}, no upcast"] for norm in norms)
            + ", with the upcast "
            + " and ".join(constant[f"{norm}, upcast"] for norm in norms)
            + "; a row of mean 1000 and std 1 "
            + " and ".join(shifted[f"{norm}, no upcast"] for norm in norms)
            + ", with the upcast "
            + " and ".join(shifted[f"{norm}, upcast"] for norm in norms)
            + ".",
            "LayerNorm loses the constant row, RMSNorm the shifted one; the upcast saves both",
            constant["LayerNorm, no upcast"] == "NaN"
            and shifted["RMSNorm, no upcast"] == "0"
            and constant["LayerNorm, upcast"] == "0"
            and shifted["RMSNorm, upcast"] == "1",
        )
    )
    return found


def figures(records):
    sweep = records["sweep.json"]
    scales = np.array(sweep["scales"])
    rows = sweep["rows"]
    colors = ["#F0F0F0", "#E69F00", "#0072B2", "#D55E00", "#000000"]
    figure, axes = plot.new_figure(
        "Without the upcast float16 loses large rows to zero; ε = 1e-8 loses small ones to inf",
        size=(9.5, 4.6),
    )
    ax = axes[0, 0]
    image = np.array([r["kind"] for r in rows])
    edges = np.geomspace(scales[0], scales[-1], len(scales) + 1)
    ax.pcolormesh(
        edges,
        np.arange(len(rows) + 1),
        image,
        cmap=ListedColormap(colors),
        norm=BoundaryNorm(np.arange(6) - 0.5, 5),
        rasterized=True,
    )
    ax.set_xscale("log")
    ax.set_yticks(
        np.arange(len(rows)) + 0.5, [f"{r['variant']}, ε {r['eps']:g}" for r in rows], fontsize=9
    )
    for y in range(1, len(rows)):
        ax.axhline(y, color="white", lw=2)
    ax.invert_yaxis()
    ax.grid(False)
    ax.set_xlabel("scale of the input (std of a normal row of 512 numbers)")
    for y, r in enumerate(rows):  # the word itself, for a print in grey
        kinds = np.array(r["kind"])
        for k in range(1, 5):
            at = np.flatnonzero(kinds == k)
            for part in np.split(at, np.flatnonzero(np.diff(at) > 1) + 1):
                if len(part) > 0.06 * len(scales):
                    middle = np.sqrt(scales[part[0]] * scales[part[-1]])
                    ax.text(
                        middle,
                        y + 0.5,
                        KINDS[k],
                        ha="center",
                        va="center",
                        fontsize=8,
                        color="white" if k != 1 else "black",
                    )
    ax.legend(
        handles=[
            Patch(facecolor=c, edgecolor="#888888", label=k)
            for c, k in zip(colors, KINDS, strict=True)
        ],
        loc="upper center",
        bbox_to_anchor=(0.4, -0.14),
        ncols=5,
        frameon=False,
        fontsize=9,
    )
    return {"half_precision_map.png": figure}


if __name__ == "__main__":
    lab.main(__file__)
