"""Lab 00: how large is the signal after 20 layers, and its gradient on the way back?"""

from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np

import minigrad
from minigrad import Generator, lab, nn, probe
from minigrad.lab import Finding, curves, plot
from minigrad.lab.cells import Cells, claim
from minigrad.nn import functional as F
from minigrad.nn import init


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Signal and gradient over 20 layers of width 256, under three inits, with and without norm."""

    seeds: int = 5
    depth: int = 20
    width: int = 256
    batch: int = 64


QUICK = {}

INITS = {
    "uniform ±0.5": lambda w, generator: init.uniform_(w, -0.5, 0.5, generator=generator),
    "Xavier": init.xavier_normal_,
    "Kaiming": init.kaiming_normal_,
}
# Var W of each, times the width n of a square layer
SHARE = {"uniform ±0.5": lambda n: n / 12, "Xavier": lambda n: 1, "Kaiming": lambda n: 2}
ACTIVATIONS = {"ReLU": F.relu, "tanh": minigrad.tanh, "GELU": F.gelu}
NORMS = {"none": None, "LayerNorm": nn.LayerNorm, "RMSNorm": nn.RMSNorm}

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


class Stack(nn.Module):
    """`depth` layers, each Linear → norm → activation. (B, n) -> (B, n)."""

    def __init__(self, weights, norm, activation):
        super().__init__()
        self.weights, self.activation = weights, activation
        n = weights[0].shape[0]
        self.norms = nn.ModuleList([norm(n) if norm else nn.Identity() for _ in weights])
        self.outputs = nn.ModuleList([nn.Identity() for _ in weights])  # where the probe looks

    def forward(self, x):
        for weight, norm, output in zip(self.weights, self.norms, self.outputs, strict=True):
            x = output(self.activation(norm(F.linear(x, weight))))
        return x


def draw(s, name, seed):
    """Input (B, n), weights [(n, n)] and a random gradient (B, n) for the way back."""
    generator = Generator(seed)
    x = minigrad.randn(s.batch, s.width, generator=generator)
    weights = [minigrad.empty(s.width, s.width) for _ in range(s.depth)]
    for weight in weights:
        INITS[name](weight, generator=generator)
    return x, weights, minigrad.randn(s.batch, s.width, generator=generator)


def measure(s, name, norm, activation, seed):
    """Forward: std and rms after each layer. Backward: rms of the loss's gradient there."""
    x, weights, upstream = draw(s, name, seed)
    x.requires_grad_()
    model = Stack(weights, NORMS[norm], ACTIVATIONS[activation])
    with probe.Probe({str(i): m for i, m in enumerate(model.outputs)}) as seen:
        model(x).backward(upstream)
    layers = list(map(str, range(s.depth)))
    forward, back = ([of[i][0] for i in layers] for of in (seen.activations, seen.gradients))
    rms = {"forward_rms": [x.rms for x in forward], "gradient_rms": [x.rms for x in back]}
    return {"seed": seed, "forward_std": [x.std for x in forward], **rms}


def spread(s, name, norm, seed):
    """How a tanh network's outputs and gradients are spread, in five of its layers."""
    x, weights, upstream = draw(s, name, seed)
    x.requires_grad_()
    model = Stack(weights, NORMS[norm], ACTIVATIONS["tanh"])
    shown = {f"layer {i + 1}": model.outputs[i] for i in range(0, s.depth, max(s.depth // 5, 1))}
    with probe.Histograms(shown, **EDGES) as seen:
        model(x).backward(upstream)
    return seen.record()


def experiment(s, run, pieces):
    linear, cases, spreads = {}, [], {}
    run.record("results.json", {"linear": linear, "activations": cases})
    run.record("histograms.json", {"activation": "tanh", "variants": spreads})
    grid = list(product(ACTIVATIONS, NORMS, INITS))
    for name, (init_name, norm) in SPREADS.items():
        spreads[name] = [spread(s, init_name, norm, seed) for seed in range(s.seeds)]
    with run.progress((len(grid) + len(INITS)) * s.seeds) as advance:
        for name in INITS:
            theory, var_x = [], 1.0
            for _ in range(s.depth):
                var_w = SHARE[name](s.width) / s.width
                var_x = pieces.predicted_variance(var_x, s.width, var_w)
                theory.append(var_x)
            linear[name] = {"predicted": theory, "measured": []}
            for seed in range(s.seeds):
                x, weights, _ = draw(s, name, seed)
                linear[name]["measured"].append(pieces.walk(x, weights))
                advance()
        for activation, norm, name in grid:
            case = {"activation": activation, "norm": norm, "init": name, "runs": []}
            cases.append(case)
            for seed in range(s.seeds):
                case["runs"].append(measure(s, name, norm, activation, seed))
                advance()
            run.save()


def decades(linear):
    """The largest gap between prediction and measurement (mean over seeds), in factors of ten."""
    measured = np.mean(linear["measured"], axis=0)
    return float(np.abs(np.log10(measured / linear["predicted"])).max())


def factor(linear):
    """What one layer multiplies the variance by, measured from the first layer to the last."""
    measured = np.mean(linear["measured"], axis=0)
    return float((measured[-1] / measured[0]) ** (1 / (len(measured) - 1)))


def findings(records):
    results = records["results.json"]
    cells = Cells.of_cases(results["activations"])
    found = [in_line(name, one) for name, one in results["linear"].items()]
    return found + [across(cells, *choice) for choice in product(ACTIVATIONS, (False, True))]


def in_line(name, linear):
    """Theory and measurement of the linear layers."""
    measured, theory = np.mean(linear["measured"], axis=0), linear["predicted"]
    gap = decades(linear)
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
    figure, axes = plot.new_figure(f"Each linear layer multiplies the variance, {factors}")
    ax, ends = axes[0, 0], []
    theory = {"color": "black", "linestyle": "--", "linewidth": 1.1}
    for name, one in linear.items():
        layers, style = np.arange(1, len(one["predicted"]) + 1), plot.INITS[name]
        plot.band(ax, layers, np.array(one["measured"]), style._replace(linestyle="-"), 1)
        ax.plot(layers, one["predicted"], **theory)
        ends.append((one["predicted"][-1], name, style.color))
    ax.plot([], [], label="theory", **theory)
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
ROWS = {"forward_std": "std of activations", "gradient_rms": "RMS of the gradient (last layer: 1)"}


def gradient_figure(cells):
    title = "The init decides how signal and gradient grow; a norm makes every init alike"
    shape = {"size": (11, 6.2), "sharex": True, "sharey": "row"}
    figure, axes = plot.new_figure(title, len(ROWS), len(ACTIVATIONS), **shape)
    for (row, what), (column, activation) in product(enumerate(ROWS), enumerate(ACTIVATIONS)):
        ax = axes[row, column]
        for label, (of, style) in CURVES.items():
            chosen = cells.of(activation=activation, **of)
            values = np.array([run[what] for run in chosen.runs])
            plot.band(ax, np.arange(1, values.shape[1] + 1), values, style, label=label)
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
