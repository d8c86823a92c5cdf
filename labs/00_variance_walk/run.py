"""Lab 00: how large is the signal after 20 layers, and its gradient on the way back?"""

from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np

from minigrad import lab, probe
from minigrad.lab import Finding, curves, foretold, plot
from minigrad.lab.cells import Cells, claim
from minigrad.lab.walk import ACTIVATIONS, INITS, NORMS, bands, draw, watched
from minigrad.nn import functional as F


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Signal and gradient over 20 layers of width 256, under three inits, with and without norm."""

    seeds: int = 5
    depth: int = 20
    width: int = 256
    batch: int = 64


QUICK = {}

# Var W of each, times the width n of a square layer
SHARE = {"uniform ±0.5": lambda n: n / 12, "Xavier": lambda n: 1, "Kaiming": lambda n: 2}

# What is drawn as histograms: outputs of tanh as they are, gradients by size
SPREADS = {f"{name}, no norm": (name, "none") for name in INITS}
SPREADS["uniform ±0.5, RMSNorm"] = ("uniform ±0.5", "RMSNorm")
SAID = "Tanh: how the outputs are spread says little about the gradients below them"
EDGES = {"activations": np.linspace(-1, 1, 41), "gradients": np.logspace(-4, 6, 51)}


def predicted_variance(var_x, fan_in, var_w):
    """Var(y) of y = W x: each output is a sum of fan_in products, of variance Var W · Var(x)."""
    return fan_in * var_w * var_x


def walk(x, weights):
    """x (B, n) and weights [(n, n)] -> the variance of the signal after each linear layer."""
    variances = []
    for weight in weights:
        x = F.linear(x, weight)
        variances.append(float(x.array.var(dtype=np.float64)))
    return variances


PIECES = {"predicted_variance": predicted_variance, "walk": walk}
MINE = {"walk": lambda own: lambda x, ws: own(x.array, [w.array for w in ws], lambda h: h)}


def data(s):
    return {"source": "synthetic: x ~ N(0, I), drawn by seed", "sha256": None}


def measure(*which):
    """Forward: std and rms after each layer. Backward: rms of the loss's gradient there."""
    seen = watched(*which, lambda outputs: probe.Probe(dict(enumerate(outputs))))
    forward, back = ([of[i][0] for i in of] for of in (seen.activations, seen.gradients))
    rms = {"forward_rms": [x.rms for x in forward], "gradient_rms": [x.rms for x in back]}
    return {"seed": which[-1], "forward_std": [x.std for x in forward], **rms}


def spread(s, name, norm, seed):
    """How a tanh network's outputs and gradients are spread, in five of its layers."""

    def watch(outputs):
        layers = range(0, s.depth, max(s.depth // 5, 1))
        return probe.Histograms({f"layer {i + 1}": outputs[i] for i in layers}, **EDGES)

    return watched(s, name, norm, "tanh", seed, watch).record()


def experiment(s, run, pieces):
    linear, cases, spreads = {}, [], {}
    run.record("results.json", {"linear": linear, "activations": cases})
    run.record("histograms.json", {"activation": "tanh", "variants": spreads})
    grid = list(product(ACTIVATIONS, NORMS, INITS))
    for name, (init_name, norm) in SPREADS.items():
        spreads[name] = [spread(s, init_name, norm, seed) for seed in range(s.seeds)]
    with run.progress((len(grid) + len(INITS)) * s.seeds) as advance:
        for name in INITS:
            predicted, var_x = [], 1.0
            for _ in range(s.depth):
                var_w = SHARE[name](s.width) / s.width
                var_x = pieces.predicted_variance(var_x, s.width, var_w)
                predicted.append(var_x)
            linear[name] = {"predicted": predicted, "bands": bands(s, name), "measured": []}
            for seed in range(s.seeds):
                x, weights, _ = draw(s, name, seed)
                linear[name]["measured"].append(pieces.walk(x, weights))
                advance()
        for activation, norm, name in grid:
            case = {"activation": activation, "norm": norm, "init": name, "runs": []}
            cases.append(case | {"bands": bands(s, name, activation, norm)})
            for seed in range(s.seeds):
                case["runs"].append(measure(s, name, norm, activation, seed))
                advance()
            run.save()


def factor(linear):
    """What one layer multiplies the variance by, measured from the first layer to the last."""
    measured = np.mean(linear["measured"], axis=0)
    return float((measured[-1] / measured[0]) ** (1 / (len(measured) - 1)))


def findings(records):
    results = records["results.json"]
    cells, linear = Cells.of_cases(results["activations"]), results["linear"]
    found = [in_line(name, one) for name, one in linear.items()]
    found += [across(cells, *choice) for choice in product(ACTIVATIONS, (False, True))]
    if cells.runs[0]["bands"]:
        layers = {name: (one["bands"]["variance"], one["measured"]) for name, one in linear.items()}
        found.append(foretold.by_layer("linear", layers))
        of = {what: banded(cells, what) for what in ROWS}
        found += [foretold.by_layer(what.partition("_")[0], of[what]) for what in ROWS]
    return found


def banded(cells, what):
    """{network: (its band, (seeds, layers) measured)}"""
    return {
        f"{activation} {norm} {name}": (one.runs[0]["bands"][what], [run[what] for run in one.runs])
        for (activation, norm, name), one in cells.by("activation", "norm", "init").items()
    }


def in_line(name, linear):
    """Theory and measurement of the linear layers."""
    measured, theory = np.mean(linear["measured"], axis=0), linear["predicted"]
    gap = np.abs(np.log10(measured / theory)).max()
    sentence = (
        f"each layer multiplies by {factor(linear):.3g}; after {len(theory)} theory says "
        f"{theory[-1]:.2g}, never more than {gap:.2g} decades off"
    )
    claimed = claim("n·Var(W)·Var(x), within 0.2 decades", gap <= 0.2)
    return Finding(f"linear, {name}", f"variance {measured[-1]:.2g}", sentence, **claimed)


def across(cells, activation, normed):
    """Gradient at the first layer over that at the last, under each init: are they alike?"""
    mine = cells.of(activation=activation, norm=lambda norm: (norm != "none") == normed)
    layers = len(mine.runs[0]["gradient_rms"])
    ratios = {
        name: median(run["gradient_rms"][0] / run["gradient_rms"][-1] for run in one.runs)
        for name, one in mine.by("init").items()
    }
    apart = max(ratios.values()) / min(ratios.values())
    words = ("init decides", "any init will do")
    word, norm = words[apart < 2], ("no norm", "either norm")[normed]
    listed = ", ".join(f"{name} {ratio:.2g}" for name, ratio in ratios.items())
    return Finding(
        f"{activation}, {norm}",
        word,
        f"gradient at layer 1 over layer {layers}: {listed}",
        **claim(words[normed], word == words[normed]),
        key=f"{activation} {norm}".lower().replace(" ", "_"),
        word=word,
    )


def variance_figure(linear):
    factors = ", ".join(f"{name} by {factor(one):.2g}" for name, one in linear.items())
    figure, axes = plot.new_figure(f"Each linear layer multiplies the variance:\n{factors}")
    ax, ends = axes[0, 0], []
    for name, one in linear.items():
        measured, style = np.array(one["measured"]), plot.INITS[name]
        layers = plot.by_layer(ax, measured, style._replace(linestyle="-"), 1)
        if one["bands"]:
            foretold.shade(ax, layers, *one["bands"]["variance"], style)
        ax.plot(layers, one["predicted"], **plot.THEORY)
        ends.append((one["predicted"][-1], name, style.color))
    ax.plot([], [], label="theory", **plot.THEORY)
    ax.legend(loc="upper left", frameon=False)
    ax.set(yscale="log", xlabel="layer", ylabel="variance of the layer's output")
    ax.xaxis.get_major_locator().set_params(integer=True)
    plot.label_ends(ax, ends)
    return figure


# each init alone, and each norm over all inits
CURVES = {
    **{f"{n}, no norm": ({"norm": "none", "init": n}, plot.INITS[n]) for n in INITS},
    "LayerNorm, all three inits": ({"norm": "LayerNorm"}, plot.NORMS["layernorm"]),
    "RMSNorm, all three inits": ({"norm": "RMSNorm"}, plot.NORMS["rmsnorm"]),
}
ROWS = {"forward_rms": "RMS of the output", "gradient_rms": "RMS of the gradient (last layer: 1)"}


def gradient_figure(cells):
    title = (
        "Without a norm the init decides what the gradient does; with one all inits are alike\n"
        "(between thin lines: 80 % of networks without norm, in theory)"
    )
    shape = {"size": (11, 6.2), "sharex": True, "sharey": "row"}
    figure, axes = plot.new_figure(title, len(ROWS), len(ACTIVATIONS), **shape)
    for (row, what), (column, activation) in product(enumerate(ROWS), enumerate(ACTIVATIONS)):
        ax = axes[row, column]
        for label, (of, style) in CURVES.items():
            chosen = cells.of(activation=activation, **of)
            values = np.array([run[what] for run in chosen.runs])
            layers = plot.by_layer(ax, values, style, label=label)
            if "no norm" in label and chosen.runs[0]["bands"]:
                foretold.shade(ax, layers, *chosen.runs[0]["bands"][what], style)
            if label.startswith("LayerNorm"):  # RMSNorm lies upon it
                ax.lines[-1].set(linewidth=5, alpha=0.5)
        ax.set(yscale="log", title=activation if row == 0 else "")
        ax.set(ylabel=ROWS[what] if column == 0 else "", xlabel="layer" if row else "")
    plot.legend_below(figure, axes[0, 0])
    return figure


def figures(records):
    results, spreads = records["results.json"], records["histograms.json"]["variants"]
    return {
        "variance.png": variance_figure(results["linear"]),
        "gradient_vanishing.png": gradient_figure(Cells.of_cases(results["activations"])),
        "histograms.png": curves.histograms(SAID, spreads, EDGES, "a layer's"),
    }


if __name__ == "__main__":
    lab.main(__file__)
