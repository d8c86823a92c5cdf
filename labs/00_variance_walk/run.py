"""Lab 00: how large is the signal after 20 layers, and its gradient on the way back?"""

from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np

import minigrad
from minigrad import Generator, lab, nn, probe
from minigrad.lab import Finding, plot
from minigrad.lab.cells import claim
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
# Var W of each, for a square layer of width n
WEIGHT_VARIANCE = {
    "uniform ±0.5": lambda n: 1 / 12,
    "Xavier": lambda n: 1 / n,
    "Kaiming": lambda n: 2 / n,
}
ACTIVATIONS = {"ReLU": F.relu, "tanh": minigrad.tanh, "GELU": F.gelu}
NORMS = {"none": None, "LayerNorm": nn.LayerNorm, "RMSNorm": nn.RMSNorm}


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
    layers = [str(i) for i in range(s.depth)]
    return {
        "seed": seed,
        "forward_std": [seen.activations[layer][0].std for layer in layers],
        "forward_rms": [seen.activations[layer][0].rms for layer in layers],
        "gradient_rms": [seen.gradients[layer][0].rms for layer in layers],
    }


def experiment(s, run, pieces):
    linear, cases = {}, []
    run.record("results.json", {"linear": linear, "activations": cases})
    grid = list(product(ACTIVATIONS, NORMS, INITS))
    with run.progress((len(grid) + len(INITS)) * s.seeds) as advance:
        for name in INITS:
            theory, var_x = [], 1.0
            for _ in range(s.depth):
                var_x = pieces.predicted_variance(var_x, s.width, WEIGHT_VARIANCE[name](s.width))
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
    linear = records["results.json"]["linear"]
    found = [in_line(name, one) for name, one in linear.items()]
    for activation, normed in product(ACTIVATIONS, (False, True)):
        cases = [
            case
            for case in records["results.json"]["activations"]
            if case["activation"] == activation and (case["norm"] != "none") == normed
        ]
        found.append(across(activation, normed, cases))
    return found


def in_line(name, linear):
    """Theory and measurement of the linear layers."""
    measured, theory, gap = (
        np.mean(linear["measured"], axis=0),
        linear["predicted"],
        decades(linear),
    )
    sentence = (
        f"each layer multiplies by {factor(linear):.3g}; after {len(theory)} theory says "
        f"{theory[-1]:.2g}, never more than {gap:.2g} decades off"
    )
    claimed = claim("n·Var(W)·Var(x), within 0.2 decades", gap <= 0.2)
    return Finding(f"linear, {name}", f"variance {measured[-1]:.2g}", sentence, **claimed)


def across(activation, normed, cases):
    """Gradient at the first layer over that at the last, under each init: are they alike?"""

    def ratio(case):
        return median(run["gradient_rms"][0] / run["gradient_rms"][-1] for run in case["runs"])

    ratios = {case["init"]: ratio(case) for case in cases}
    apart = max(ratios.values()) / min(ratios.values())
    words = ("init decides", "any init will do")
    word, norm = words[apart < 2], ("no norm", "either norm")[normed]
    listed = ", ".join(f"{name} {ratio:.2g}" for name, ratio in ratios.items())
    layers = len(cases[0]["runs"][0]["gradient_rms"])
    return Finding(
        f"{activation}, {norm}",
        word,
        f"gradient at layer 1 over layer {layers}: {listed}",
        **claim(words[normed], word == words[normed]),
        key=f"{activation} {norm}".lower().replace(" ", "_"),
        word=word,
    )


def variance_figure(linear):
    factors = ", ".join(f"{name} {factor(one):.2g}" for name, one in linear.items())
    figure, axes = plot.new_figure(f"Each linear layer multiplies the variance: {factors}")
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


# what is drawn, and over which of norm and init: each init alone, each norm over all inits
CURVES = {f"{name}, no norm": (("none", name), plot.INITS[name]) for name in INITS} | {
    f"{norm}, all three inits": ((norm, None), plot.NORMS[norm.lower()]) for norm in list(NORMS)[1:]
}
ROWS = {"forward_std": "std of activations", "gradient_rms": "RMS of the gradient there"}


def gradient_figure(cases):
    title = "The init decides how signal and gradient grow; a norm makes every init alike"
    shape = {"size": (11, 6.2), "sharex": True, "sharey": "row"}
    figure, axes = plot.new_figure(title, len(ROWS), len(ACTIVATIONS), **shape)
    for (row, what), (column, activation) in product(enumerate(ROWS), enumerate(ACTIVATIONS)):
        ax = axes[row, column]
        for label, ((norm, name), style) in CURVES.items():
            chosen = [
                case["runs"]
                for case in cases
                if case["activation"] == activation
                and case["norm"] == norm
                and name in (None, case["init"])
            ]
            values = np.array([run[what] for runs in chosen for run in runs])
            plot.band(ax, np.arange(1, values.shape[1] + 1), values, style, label=label)
        ax.set(yscale="log", title=activation if row == 0 else "")
        ax.set(ylabel=ROWS[what] if column == 0 else "", xlabel="layer" if row else "")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=5, frameon=False)
    return figure


def figures(records):
    results = records["results.json"]
    return {
        "variance.png": variance_figure(results["linear"]),
        "gradient_vanishing.png": gradient_figure(results["activations"]),
    }


if __name__ == "__main__":
    lab.main(__file__)
