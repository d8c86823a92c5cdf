"""Lab 02: LayerNorm against RMSNorm against no norm: what they do, and what they cost."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

import numpy as np
import typer

import minigrad
from minigrad import Generator, from_numpy, lab, nn, no_grad, optim, probe
from minigrad.data import toy
from minigrad.lab import Finding, outcome, plot, timing
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.training import Record, final_loss, train, train_step


class Norm(StrEnum):
    """Which norms to train with."""

    ALL = "all"
    NONE = "none"
    LAYERNORM = "layernorm"
    RMSNORM = "rmsnorm"


@dataclass(frozen=True, kw_only=True)
class Options(lab.Options):
    """No norm, LayerNorm and RMSNorm before each ReLU of a 12-layer net; what each costs."""

    norm: Annotated[Norm | None, typer.Option(help="Train with this norm only.")] = None


FULL = {
    "seeds": 3,
    "steps": 1000,
    "lr": 1e-3,
    "norm": "all",
    "depth": 12,
    "width": 256,
    "batch": 64,
    "momentum": 0.9,
    "moments": [0, 10, 100, 1000],  # steps at which the activations are measured
    "timing_rows": 1024,
    "timing_width": 512,
    "timing_repeats": 300,
    "step_repeats": 100,
}
QUICK = FULL | {
    "steps": 200,
    "moments": [0, 10, 100, 200],
    "timing_repeats": 100,
    "step_repeats": 30,
}

# What a learner's own may replace, with --mine.
PIECES = {"RMSNorm": nn.RMSNorm, "LayerNorm": nn.LayerNorm}
MINE = {name: (name, lambda norm: norm) for name in PIECES}


def variants(s, pieces):
    """Names and layers; nn.Identity is no norm."""
    every = {"none": nn.Identity, "layernorm": pieces.LayerNorm, "rmsnorm": pieces.RMSNorm}
    return {NAMES[key]: norm for key, norm in every.items() if s.norm in ("all", key)}


NAMES = {"none": "no norm", "layernorm": "LayerNorm", "rmsnorm": "RMSNorm"}


def data(s):
    return toy.describe(range(s.seeds))


def network(depth, width, norm, generator):
    """(B, 256) -> (B, 2): `depth` times Linear → norm → ReLU, then a linear head; Kaiming."""
    layers = []
    for n_in, n_out in pairwise([256, *[width] * depth]):
        between = nn.Identity() if norm is nn.Identity else norm(n_out, eps=1e-5)
        layers += [nn.Linear(n_in, n_out), between, nn.ReLU()]
    model = nn.Sequential(*layers, nn.Linear(width, 2))
    for module in model.modules():
        if isinstance(module, nn.Linear):
            init.kaiming_normal_(module.weight, generator=generator)
            init.zeros_(module.bias)
    return model


def activation_std(model, x):
    """Std of each ReLU's output, layer by layer, on one batch."""
    with probe.Probe.of(model, nn.ReLU) as seen, no_grad(), np.errstate(all="ignore"):
        model(from_numpy(x))
    return [stats[0].std for stats in seen.activations.values()]


def experiment(s, run, pieces):
    steps = s.seeds * s.steps * len(variants(s, pieces))
    losses = run.record("losses.json", {"lr": s.lr, "steps": s.steps, "variants": {}})
    stds = run.record("activation_std.json", {"variants": {}})
    timings = run.record("timings.json", {})
    with run.progress(steps + 3 * s.timing_repeats + s.step_repeats) as advance:
        for variant, norm in variants(s, pieces).items():
            losses["variants"][variant], stds["variants"][variant] = [], []
            for seed in range(s.seeds):
                result, moments = train_one(s, norm, seed, lambda v=variant: advance(1, v))
                losses["variants"][variant].append(result)
                stds["variants"][variant].append(moments)
                run.save()
        timings.update(measure_costs(s, pieces, advance))


def train_one(s, norm, seed, advance):
    """One seed of one variant: its record, and the activations' std at some moments."""
    task, result, moments = toy.toy(seed), Record(seed), {}
    model = network(s.depth, s.width, norm, Generator(seed))
    optimizer = optim.SGD(model.parameters(), lr=s.lr, momentum=s.momentum)

    def look(taken):
        if taken in s.moments:
            moments[taken] = activation_std(model, task.x_val)

    def on_step(taken):
        look(taken)
        advance()

    look(0)
    train(
        model,
        optimizer,
        toy.batches(task.x, task.y, s.batch, seed),
        s.steps,
        result,
        on_step=on_step,
    )
    return result, moments


def measure_costs(s, pieces, advance):
    """Times of both norms, in turn: forward and backward alone, and a whole training step."""
    generator = Generator(0)
    shape = (s.timing_rows, s.timing_width)
    x = minigrad.randn(*shape, generator=generator).requires_grad_()
    upstream = minigrad.randn(*shape, generator=generator)
    norms = {name: getattr(pieces, name)(shape[1], eps=1e-5) for name in ("LayerNorm", "RMSNorm")}

    def backward(norm):
        def prepare():
            x.grad = None
            norm.zero_grad()
            out = norm(x)
            return lambda: out.backward(upstream)

        return prepare

    def whole_step(name):
        model = network(s.depth, s.width, getattr(pieces, name), Generator(0))
        optimizer = optim.SGD(model.parameters(), lr=s.lr, momentum=s.momentum)
        task = toy.toy(0)
        x, y = from_numpy(task.x[: s.batch]), from_numpy(task.y[: s.batch])
        return lambda: train_step(model, F.cross_entropy, optimizer, x, y)

    mean_square = np.square(x.array).mean(axis=1, keepdims=True)  # (rows, 1)
    roots = {
        "multiply by rsqrt": lambda: x.array * (1 / np.sqrt(mean_square)),
        "divide by sqrt": lambda: x.array / np.sqrt(mean_square),
    }

    def compare(functions, repeats=s.timing_repeats):
        return timing.interleaved(functions, repeats, advance)

    return {
        "shape": list(shape),
        "parameters": {n: sum(p.numel() for p in m.parameters()) for n, m in norms.items()},
        "bytes_kept": {n: timing.bytes_kept(lambda m=m: m(x)) for n, m in norms.items()},
        "milliseconds": {
            "forward": compare({n: lambda m=m: m(x) for n, m in norms.items()}),
            "backward": compare({n: backward(m) for n, m in norms.items()}),
            "step": compare({n: whole_step(n) for n in norms}, s.step_repeats),
            "root": compare(roots),
        },
    }


def findings(records):
    losses, costs = records["losses.json"], records["timings.json"]
    found = []
    for variant, runs in losses["variants"].items():
        if losses["lr"] != FULL["lr"]:
            found.append(outcome.finding(variant, runs))
        elif losses["steps"] < 1000:
            found.append(outcome.finding(variant, runs, "trained", outcome.is_verdict("trained")))
        else:
            claim = "trained: below 0.01 at step 1,000"
            found.append(outcome.finding(variant, runs, claim, below(0.01)))
    rows, width = costs["shape"]
    where = {"forward": f"{rows} × {width}", "backward": f"{rows} × {width}", "step": "12 layers"}
    for part, of in where.items():
        times = costs["milliseconds"][part]
        middle, low, high = timing.ratio(times["RMSNorm"], times["LayerNorm"])
        medians = [np.median(times[name]) for name in ("RMSNorm", "LayerNorm")]
        found.append(
            Finding(
                f"RMSNorm / LayerNorm, {part}",
                f"{middle:.2f} of the time",
                f"{medians[0]:.2f} ms against {medians[1]:.2f} ms ({of}), ratio {middle:.2f} "
                f"[{low:.2f}, {high:.2f}] over {len(times['RMSNorm'])} pairs",
                "RMSNorm costs less",
                high < 1,
            )
        )
    return [*found, memory(costs), rsqrt(costs)]


def below(level):
    return lambda run: final_loss(run["losses"]) < level


def memory(costs):
    kept, numbers = costs["bytes_kept"], costs["parameters"]
    sentence = "; ".join(
        f"{name}: {numbers[name]:,} parameters, {kept[name] / 1024:,.0f} KB kept for backward"
        for name in kept
    )
    less = kept["RMSNorm"] <= kept["LayerNorm"] and numbers["RMSNorm"] < numbers["LayerNorm"]
    return Finding("memory", "d against 2d parameters", sentence, "RMSNorm keeps no more", less)


def rsqrt(costs):
    times = costs["milliseconds"]["root"]
    middle, low, high = timing.ratio(times["multiply by rsqrt"], times["divide by sqrt"])
    return Finding(
        "x · rsqrt / (x ÷ sqrt)",
        f"{middle:.2f} of the time",
        f"one reciprocal per row and {costs['shape'][1]} products against "
        f"{costs['shape'][1]} divisions: ratio {middle:.2f} [{low:.2f}, {high:.2f}]",
    )


STYLES = dict(zip(NAMES.values(), plot.STYLES, strict=False))


def figures(records):
    losses = records["losses.json"]
    fates = ", ".join(f"{v} {outcome.word(runs)}" for v, runs in losses["variants"].items())
    curves, axes = plot.new_figure(f"Kaiming, lr {losses['lr']:g}: {fates}")
    plot.loss_curves(axes[0], [losses["variants"]], STYLES, chance=outcome.LN2)
    return {
        "loss_curves.png": curves,
        "timing_bar.png": timing_figure(records["timings.json"]),
        "activation_std.png": std_figure(records["activation_std.json"]["variants"]),
    }


def timing_figure(costs):
    parts = {name: costs["milliseconds"][name] for name in ("forward", "backward", "step")}
    ratios = {part: timing.ratio(t["RMSNorm"], t["LayerNorm"]) for part, t in parts.items()}
    shares = [f"{ratio[0]:.2f}" for ratio in ratios.values()]
    title = f"RMSNorm takes {shares[0]}, {shares[1]} and {shares[2]} of LayerNorm's time"
    figure, axes = plot.new_figure(title, 1, 3)
    rows, width = costs["shape"]
    for ax, (part, times) in zip(axes[0], parts.items(), strict=True):
        for at, (name, hatch) in enumerate((("LayerNorm", "//"), ("RMSNorm", ""))):
            low, middle, high = np.percentile(times[name], [25, 50, 75])
            error = [[middle - low], [high - middle]]
            color = STYLES[name].color
            ax.bar(at, middle, 0.7, yerr=error, capsize=5, color=color, hatch=hatch, ec="white")
            label = ax.text(at, 0.04 * middle, f"{middle:.2f}", ha="center", weight="bold")
            label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 2})
        what = "step of the 12 layers" if part == "step" else f"{part}, {rows} × {width}"
        _, low, high = ratios[part]
        ax.set_title(f"{what}\nratio in [{low:.2f}, {high:.2f}]", fontsize=10)
        ax.set_xticks([0, 1], ["LayerNorm", "RMSNorm"])
        ax.grid(False, axis="x")
    axes[0, 0].set_ylabel("milliseconds (median, quartiles)")
    return figure


def std_figure(variants):
    apart = []
    for name, runs in variants.items():
        stds = np.array([std for run in runs for std in run.values()], dtype=float)
        apart.append(f"{name} × {np.nanmax(stds) / np.nanmin(stds):.2g}")
    title = f"From smallest to largest std of any layer at any step: {', '.join(apart)}"
    size = (3.7 * max(len(variants), 2), 3.9)
    figure, axes = plot.new_figure(title, 1, len(variants), size=size, sharey=True)
    for ax, (variant, runs) in zip(axes[0], variants.items(), strict=True):
        shared = [m for m in runs[0] if all(m in run for run in runs)]  # seeds may diverge apart
        for moment, style in zip(shared, plot.STYLES, strict=False):
            values = np.array([run[moment] for run in runs], dtype=float)  # (seeds, layers)
            layers = np.arange(1, values.shape[1] + 1)
            plot.band(ax, layers, values, style, 1, label=f"step {moment}")
        ax.set(xlabel="layer", title=variant)
        ax.set_xticks(layers[1::2])
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].set_ylabel("std of the ReLU's output")
    handles = axes[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


if __name__ == "__main__":
    lab.main(__file__)
