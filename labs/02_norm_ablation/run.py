"""Lab 02: LayerNorm against RMSNorm against no norm: what they do, and what they cost."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, product
from typing import Annotated

import numpy as np

import minigrad
from minigrad import Generator, from_numpy, lab, nn, no_grad, optim, probe
from minigrad.data import toy
from minigrad.lab import Finding, plot, timing
from minigrad.lab.cells import Cells, claim
from minigrad.lab.curves import loss_curves
from minigrad.nn import functional as F
from minigrad.nn import init
from minigrad.training import Record, final_loss, train, train_step

NAMES = {"none": "no norm", "layernorm": "LayerNorm", "rmsnorm": "RMSNorm"}
STYLES = {name: plot.NORMS[norm] for norm, name in NAMES.items()}
Norm = StrEnum("Norm", ["all", *NAMES])


@dataclass(frozen=True, kw_only=True)
class Settings:
    """No norm, LayerNorm and RMSNorm before each ReLU of a 12-layer net; what each costs."""

    seeds: int = 3
    steps: int = 1000
    lr: float = 1e-3
    norm: Annotated[Norm, "Train with this norm only."] = Norm.all
    depth: int = 12
    width: int = 256
    batch: int = 64
    momentum: float = 0.9
    moments: tuple[int, ...] = (0, 10, 100, 1000)  # steps at which activations are measured
    timing_rows: int = 1024
    timing_width: int = 512
    timing_repeats: int = 300
    step_repeats: int = 100


QUICK = {"steps": 200, "moments": (0, 10, 100, 200), "timing_repeats": 100, "step_repeats": 30}

PIECES = {"LayerNorm": nn.LayerNorm, "RMSNorm": nn.RMSNorm}
MINE = {}


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
    norms = {"none": nn.Identity, "layernorm": pieces.LayerNorm, "rmsnorm": pieces.RMSNorm}
    chosen = {NAMES[n]: norm for n, norm in norms.items() if s.norm in ("all", n)}
    empty = [{name: [] for name in chosen} for _ in range(2)]
    losses = run.record("losses.json", {"lr": s.lr, "steps": s.steps, "variants": empty[0]})
    stds = run.record("activation_std.json", {"variants": empty[1]})
    timings = run.record("timings.json", {})
    work = s.seeds * s.steps * len(chosen) + 3 * s.timing_repeats + s.step_repeats
    with run.progress(work) as advance:
        for name, seed in product(chosen, range(s.seeds)):
            result, moments = cell(s, chosen[name], seed, lambda n=name: advance(1, n))
            losses["variants"][name].append(result)
            stds["variants"][name].append(moments)
            advance(s.steps - len(result.losses))
            run.save()
        timings.update(measure_costs(s, pieces, advance))


def cell(s, norm, seed, advance):
    """One seed of one norm: its record, and the activations' std at some moments."""
    task, result, moments = toy.toy(seed), Record(seed), {}
    model = network(s.depth, s.width, norm, Generator(seed))
    optimizer = optim.SGD(model.parameters(), lr=s.lr, momentum=s.momentum)
    batches = toy.batches(task.x, task.y, s.batch, seed)

    def look(taken):
        if taken in s.moments:
            moments[taken] = activation_std(model, task.x_val)

    def on_step(taken):
        look(taken)
        advance()

    look(0)
    train(model, optimizer, batches, s.steps, result, on_step=on_step)
    return result, moments


def measure_costs(s, pieces, advance):
    """Times of both norms, in turn: forward and backward alone, and a whole training step."""
    generator = Generator(0)
    shape = (s.timing_rows, s.timing_width)
    x = minigrad.randn(*shape, generator=generator).requires_grad_()
    upstream = minigrad.randn(*shape, generator=generator)
    norms = {name: norm(shape[1], eps=1e-5) for name, norm in vars(pieces).items()}

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
    for name, cells in Cells.of_variants(losses["variants"]).by("variant").items():
        claimed = claim("trained", cells.all(cells.is_("trained")))
        if losses["steps"] >= 1000:
            low = cells.all(lambda run: final_loss(run["losses"]) < 0.01)
            claimed = claim("trained: below 0.01 at step 1,000", low)
        claimed = claimed if losses["lr"] == Settings.lr else {}
        found.append(cells.finding(name, name.lower().replace(" ", "_"), **claimed))
    return [*found, *(time_taken(costs, part) for part in PARTS), memory(costs), rsqrt(costs)]


PARTS = {"forward": "{} × {}", "backward": "{} × {}", "step": "12 layers"}


def time_taken(costs, part):
    """RMSNorm's time over LayerNorm's."""
    times = costs["milliseconds"][part]
    middle, low, high = timing.ratio(times["RMSNorm"], times["LayerNorm"])
    rms, layer = (np.median(times[name]) for name in ("RMSNorm", "LayerNorm"))
    sentence = (
        f"{rms:.2f} ms against {layer:.2f} ms ({PARTS[part].format(*costs['shape'])}), ratio "
        f"{middle:.2f} [{low:.2f}, {high:.2f}] over {len(times['RMSNorm'])} pairs"
    )
    claimed = claim("RMSNorm costs less", high < 1)
    return Finding(f"RMSNorm / LayerNorm, {part}", f"{middle:.2f} of the time", sentence, **claimed)


def memory(costs):
    kept, numbers = costs["bytes_kept"], costs["parameters"]
    sentence = "; ".join(
        f"{name}: {numbers[name]:,} parameters, {kept[name] / 1024:,.0f} KB kept for backward"
        for name in ("LayerNorm", "RMSNorm")
    )
    less = kept["RMSNorm"] <= kept["LayerNorm"] and numbers["RMSNorm"] < numbers["LayerNorm"]
    claimed = claim("RMSNorm keeps no more", less)
    return Finding("memory", "d against 2d parameters", sentence, **claimed)


def rsqrt(costs):
    times = costs["milliseconds"]["root"]
    middle, low, high = timing.ratio(times["multiply by rsqrt"], times["divide by sqrt"])
    sentence = (
        f"one reciprocal per row and {costs['shape'][1]} products against {costs['shape'][1]} "
        f"divisions: ratio {middle:.2f} [{low:.2f}, {high:.2f}]"
    )
    return Finding("x · rsqrt / (x ÷ sqrt)", f"{middle:.2f} of the time", sentence)


def figures(records):
    losses = records["losses.json"]
    cells = Cells.of_variants(losses["variants"]).by("variant")
    fates = ", ".join(f"{name} {mine.word}" for name, mine in cells.items())
    curves, axes = plot.new_figure(f"Kaiming, lr {losses['lr']:g}: {fates}")
    loss_curves(axes[0], [cells], STYLES)
    return {
        "loss_curves.png": curves,
        "timing_bar.png": timing_figure(records["timings.json"]),
        "activation_std.png": std_figure(records["activation_std.json"]["variants"]),
    }


def timing_figure(costs):
    parts = {part: costs["milliseconds"][part] for part in PARTS}
    ratios = {part: timing.ratio(t["RMSNorm"], t["LayerNorm"]) for part, t in parts.items()}
    shares = [f"{ratio[0]:.2f}" for ratio in ratios.values()]
    title = f"RMSNorm takes {shares[0]}, {shares[1]} and {shares[2]} of LayerNorm's time"
    figure, axes = plot.new_figure(title, 1, 3)
    for ax, (part, times) in zip(axes[0], parts.items(), strict=True):
        for at, (name, hatch) in enumerate((("LayerNorm", "//"), ("RMSNorm", ""))):
            low, middle, high = np.percentile(times[name], [25, 50, 75])
            error, color = [[middle - low], [high - middle]], STYLES[name].color
            ax.bar(at, middle, 0.7, yerr=error, capsize=5, color=color, hatch=hatch, ec="white")
            label = ax.text(at, 0.04 * middle, f"{middle:.2f}", ha="center", weight="bold")
            label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 2})
        of = PARTS[part].format(*costs["shape"])
        what = f"step of the {of}" if part == "step" else f"{part}, {of}"
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
        for moment, style in zip(shared, plot.ordered(len(shared)), strict=True):
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
