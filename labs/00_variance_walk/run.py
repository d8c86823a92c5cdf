"""Lab 00: how large is the signal after 20 layers, and its gradient on the way back?"""

import numpy as np

import minigrad
from minigrad import Generator, lab, nn, probe
from minigrad.lab import Finding, plot
from minigrad.nn import functional as F
from minigrad.nn import init

Options = lab.Options

FULL = {"seeds": 5, "depth": 20, "width": 256, "batch": 64}
QUICK = FULL

# Var W of each init, for a square layer of width n
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


# What a learner's own functions may replace, with --mine.
PIECES = {
    "predicted_variance": predicted_variance,
    "walk": walk,
    "xavier_normal_": init.xavier_normal_,
    "kaiming_normal_": init.kaiming_normal_,
}

MINE = {
    "predicted_variance": ("linear_moment", lambda moment: moment),
    "walk": (
        "measured_walk",
        lambda measured: lambda x, ws: measured(x.array, [w.array for w in ws], lambda h: h),
    ),
}


def data(s):
    return {"source": "synthetic: x ~ N(0, I), drawn by seed", "sha256": None}


def inits(pieces):
    return {
        "uniform ±0.5": lambda w, generator: init.uniform_(w, -0.5, 0.5, generator=generator),
        "Xavier": pieces.xavier_normal_,
        "Kaiming": pieces.kaiming_normal_,
    }


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


def draw(s, fill_, seed):
    """Input (B, n), weights [(n, n)] and a random gradient (B, n) for the way back."""
    generator = Generator(seed)
    x = minigrad.randn(s.batch, s.width, generator=generator)
    weights = [minigrad.empty(s.width, s.width) for _ in range(s.depth)]
    for weight in weights:
        fill_(weight, generator=generator)
    return x, weights, minigrad.randn(s.batch, s.width, generator=generator)


def measure(s, fill_, norm, activation, seed):
    """Forward: std and rms after each layer. Backward: rms of the loss's gradient there."""
    x, weights, upstream = draw(s, fill_, seed)
    x.requires_grad_()
    model = Stack(weights, norm, activation)
    with probe.Probe({str(i): m for i, m in enumerate(model.outputs)}) as seen:
        model(x).backward(upstream)
    forward = [seen.activations[str(i)][0] for i in range(s.depth)]
    gradients = [seen.gradients[str(i)][0].rms for i in range(s.depth)]
    return {
        "seed": seed,
        "forward_std": [stats.std for stats in forward],
        "forward_rms": [stats.rms for stats in forward],
        "gradient_rms": gradients,
    }


def experiment(s, run, pieces):
    linear, cases = {}, []
    run.record("results.json", {"linear": linear, "activations": cases})
    grid = [(a, n, i) for a in ACTIVATIONS for n in NORMS for i in inits(pieces)]
    with run.progress((len(grid) + 3) * s.seeds) as advance:
        for name, fill_ in inits(pieces).items():
            theory, var_x = [], 1.0
            for _ in range(s.depth):
                var_x = pieces.predicted_variance(var_x, s.width, WEIGHT_VARIANCE[name](s.width))
                theory.append(var_x)
            linear[name] = {"predicted": theory, "measured": []}
            for seed in range(s.seeds):
                x, weights, _ = draw(s, fill_, seed)
                linear[name]["measured"].append(pieces.walk(x, weights))
                advance()
            run.save()
        for activation, norm, name in grid:
            case = {"activation": activation, "norm": norm, "init": name, "runs": []}
            cases.append(case)
            for seed in range(s.seeds):
                fill_, norm_ = inits(pieces)[name], NORMS[norm]
                case["runs"].append(measure(s, fill_, norm_, ACTIVATIONS[activation], seed))
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


def over_depth(case, what):
    """`what` at layer 1 divided by the same at the last layer, median over seeds."""
    return float(np.median([run[what][0] / run[what][-1] for run in case["runs"]]))


def findings(records):
    found = []
    for name, linear in records["results.json"]["linear"].items():
        measured, theory = np.mean(linear["measured"], axis=0), linear["predicted"]
        gap = decades(linear)
        found.append(
            Finding(
                f"linear, {name}",
                f"variance {measured[-1]:.2g}",
                f"each layer multiplies by {factor(linear):.3g}; after {len(theory)} theory says "
                f"{theory[-1]:.2g}, never more than {gap:.2g} decades off",
                "n·Var(W)·Var(x), within 0.2 decades",
                gap <= 0.2,
            )
        )
    for activation in ACTIVATIONS:
        for normed in (False, True):
            cases = [
                case
                for case in records["results.json"]["activations"]
                if case["activation"] == activation and (case["norm"] != "none") == normed
            ]
            ratios = {case["init"]: over_depth(case, "gradient_rms") for case in cases}
            apart = max(ratios.values()) / min(ratios.values())
            listed = ", ".join(f"{name} {ratio:.2g}" for name, ratio in ratios.items())
            found.append(
                Finding(
                    f"{activation}, {'either norm' if normed else 'no norm'}",
                    "any init will do" if apart < 2 else "init decides",
                    f"gradient at layer 1 over layer {len(theory)}: {listed}",
                    "any init will do" if normed else "init decides",
                    (apart < 2) == normed,
                )
            )
    return found


STYLES = dict(zip(WEIGHT_VARIANCE, plot.STYLES, strict=False))


def variance_figure(linear):
    factors = ", ".join(f"{name} {factor(one):.2g}" for name, one in linear.items())
    figure, axes = plot.new_figure(f"Each linear layer multiplies the variance: {factors}")
    ax, ends = axes[0, 0], []
    for name, one in linear.items():
        layers = np.arange(1, len(one["predicted"]) + 1)
        plot.band(ax, layers, np.array(one["measured"]), STYLES[name]._replace(linestyle="-"), 1)
        ax.plot(layers, one["predicted"], color="black", linestyle="--", linewidth=1.1)
        ends.append((one["predicted"][-1], name, STYLES[name].color))
    ax.plot([], [], color="black", linestyle="--", linewidth=1.1, label="theory")
    ax.legend(loc="upper left", frameon=False)
    ax.set(yscale="log", xlabel="layer", ylabel="variance of the layer's output")
    ax.xaxis.get_major_locator().set_params(integer=True)
    plot.label_ends(ax, ends)
    return figure


def gradient_figure(cases):
    figure, axes = plot.new_figure(
        "The init decides how signal and gradient grow; a norm makes every init alike",
        2,
        len(ACTIVATIONS),
        size=(11, 6.2),
        sharex=True,
        sharey="row",
    )
    rows = (("forward_std", "std of activations"), ("gradient_rms", "RMS of the gradient there"))
    for row, (what, label) in zip(axes, rows, strict=True):
        for ax, activation in zip(row, ACTIVATIONS, strict=True):
            for name, style, selected in curves(
                [c for c in cases if c["activation"] == activation]
            ):
                values = np.array([run[what] for case in selected for run in case["runs"]])
                plot.band(ax, np.arange(1, values.shape[1] + 1), values, style, label=name)
            ax.set(yscale="log")
        row[0].set_ylabel(label)
    for activation, top, bottom in zip(ACTIVATIONS, *axes, strict=True):
        top.set_title(activation)
        bottom.set_xlabel("layer")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=5, frameon=False)
    return figure


def curves(cases):
    """(label, style, cases): each init without norm, and each norm over all inits together."""
    for name, style in STYLES.items():
        alone = [c for c in cases if c["init"] == name and c["norm"] == "none"]
        yield f"{name}, no norm", style, alone
    for norm, linestyle in (("LayerNorm", ":"), ("RMSNorm", "--")):
        style = plot.Style("black", linestyle, "")
        yield f"{norm}, all three inits", style, [c for c in cases if c["norm"] == norm]


def figures(records):
    results = records["results.json"]
    return {
        "variance.png": variance_figure(results["linear"]),
        "gradient_vanishing.png": gradient_figure(results["activations"]),
    }


if __name__ == "__main__":
    lab.main(__file__)
