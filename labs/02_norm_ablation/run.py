"""Lab 02: LayerNorm against RMSNorm against no norm: what they do, and what they cost."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, product
from typing import Annotated

import numpy as np

from minigrad import Generator, from_numpy, lab, nn, no_grad, optim, probe
from minigrad.data import toy
from minigrad.lab import Finding, foretold, norm_costs, plot, timing
from minigrad.lab.cells import Cells, claim
from minigrad.lab.curves import loss_curves
from minigrad.nn import init
from minigrad.signal.predict import predict
from minigrad.training import Record, final_loss, train

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
BOTH = tuple(PIECES)


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


def experiment(s, run, pieces):
    norms = {"no norm": nn.Identity, **vars(pieces)}
    chosen = {name: norms[name] for key, name in NAMES.items() if s.norm in ("all", key)}
    losses, stds = ({name: [] for name in chosen} for _ in range(2))
    run.record("losses.json", {"lr": s.lr, "steps": s.steps, "variants": losses})
    run.record("activation_std.json", {"variants": stds})
    timings = run.record("timings.json", {})
    work = s.seeds * s.steps * len(chosen) + 3 * s.timing_repeats + s.step_repeats
    with run.progress(work) as advance:
        for name, seed in product(chosen, range(s.seeds)):
            result, moments = cell(s, chosen[name], seed, lambda n=name: advance(1, n))
            losses[name].append(result)
            stds[name].append(moments)
            advance(s.steps - len(result.losses))
            run.save()
        timings.update(norm_costs.measure(s, vars(pieces), network, advance))


def cell(s, norm, seed, advance):
    """One seed of one norm: its record, and the activations' std at some moments."""
    task, result, moments = toy.toy(seed), Record(seed), {}
    model = network(s.depth, s.width, norm, Generator(seed))
    optimizer = optim.SGD(model.parameters(), lr=s.lr, momentum=s.momentum)
    batches = toy.batches(task.x, task.y, s.batch, seed)

    def on_step(taken):
        if taken in s.moments:
            with probe.Probe.of(model, nn.ReLU) as seen, no_grad(), np.errstate(all="ignore"):
                model(from_numpy(task.x_val))
            moments[taken] = [stats[0].std for stats in seen.activations.values()]  # by layer
        if taken:
            advance()

    on_step(0)
    train(model, optimizer, batches, s.steps, result, on_step=on_step)
    return result, moments


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
    for name, runs in losses["variants"].items():
        found.append(foretold.finding(name, [(said(name, losses["lr"]), runs)]))
    return [*found, *(time_taken(costs, part) for part in PARTS), memory(costs), rsqrt(costs)]


def said(name, lr):
    """The prediction for 300 steps; theory has no norm in the first layer."""
    norm = next(key for key, label in NAMES.items() if label == name)
    shape = {"depth": Settings.depth, "width": Settings.width, "placement": "mid"}
    return predict(**shape, norm=norm, lr=lr)


PARTS = {"forward": "{} × {}", "backward": "{} × {}", "step": "12 layers"}


def time_taken(costs, part):
    """RMSNorm's time over LayerNorm's."""
    layer, rms = (costs["milliseconds"][part][name] for name in BOTH)
    ratio, of = timing.ratio(rms, layer), PARTS[part].format(*costs["shape"])
    times = f"{np.median(rms):.2f} ms against {np.median(layer):.2f} ms ({of})"
    sentence = f"{times}, ratio {ratio} over {len(rms)} pairs"
    name, outcome = f"RMSNorm / LayerNorm, {part}", f"{ratio.middle:.2f} of the time"
    return Finding(name, outcome, sentence, **claim("RMSNorm costs less", ratio.high < 1))


def memory(costs):
    kept, numbers = costs["bytes_kept"], costs["parameters"]
    size = "{}: {:,} parameters, {:,.0f} KB kept for backward"
    sentence = "; ".join(size.format(name, numbers[name], kept[name] / 1024) for name in BOTH)
    less = kept["RMSNorm"] <= kept["LayerNorm"] and numbers["RMSNorm"] < numbers["LayerNorm"]
    claimed = claim("RMSNorm keeps no more", less)
    return Finding("memory", "d against 2d parameters", sentence, **claimed)


def rsqrt(costs):
    times, width = costs["milliseconds"]["root"], costs["shape"][1]
    ratio = timing.ratio(times["multiply by rsqrt"], times["divide by sqrt"])
    against = f"one reciprocal per row and {width} products against {width} divisions"
    name, outcome = "x · rsqrt / (x ÷ sqrt)", f"{ratio.middle:.2f} of the time"
    return Finding(name, outcome, f"{against}: ratio {ratio}")


def figures(records):
    losses = records["losses.json"]
    cells = Cells.of_variants(losses["variants"]).by("variant")
    fates = ", ".join(f"{name} {mine.word}" for name, mine in cells.items())
    title = f"Kaiming, lr {losses['lr']:g}: {fates}"
    if losses["steps"] >= 1000 and set(STYLES) == set(cells):
        early, late = ({n: at(c, step) for n, c in cells.items()} for step in (300, 1000))
        if early["no norm"] == max(early.values()) and late["no norm"] == min(late.values()):
            title = "All three train: the norms lead at step 300, and trail a little at 1,000"
    curves, axes = plot.new_figure(title)
    loss_curves(axes[0], [cells], STYLES)
    foretold.bands(axes[0, 0], {name: said(name, losses["lr"]) for name in cells}, STYLES)
    stds = std_figure(records["activation_std.json"]["variants"])
    times = timing_figure(records["timings.json"])
    return {"loss_curves.png": curves, "timing_bar.png": times, "activation_std.png": stds}


def at(cells, step):
    """The loss around a step, median over seeds."""
    return float(np.median([np.mean(run["losses"][step - 16 : step]) for run in cells.runs]))


def timing_figure(costs):
    """RMSNorm's time over LayerNorm's, from pairs that took turns: median and 95 % interval."""
    figure, axes = plot.new_figure("", size=(7.5, 3.0))
    ax, shares = axes[0, 0], []
    for row, part in enumerate(PARTS):
        of = costs["milliseconds"][part]
        found = timing.ratio(of["RMSNorm"], of["LayerNorm"])
        low, high = found.middle - found.low, found.high - found.middle
        look = {"color": plot.NORMS["rmsnorm"].color, "capsize": 5, "markersize": 9}
        ax.errorbar([found.middle], [row], xerr=[[low], [high]], fmt="v", **look)
        rms, layer = (float(np.median(of[name])) for name in ("RMSNorm", "LayerNorm"))
        text = f"{found.middle:.2f}: {rms:.2f} ms, LayerNorm {layer:.2f} ms"
        look = {"textcoords": "offset points", "ha": "center", "backgroundcolor": "white"}
        ax.annotate(text, (found.middle, row), (0, 11), **look)
        shares.append(f"{found.middle:.2f}")
    figure.suptitle(
        f"RMSNorm takes {', '.join(shares[:-1])} and {shares[-1]} of LayerNorm's time",
        **{"x": 0.01, "ha": "left", "fontsize": 11.5, "fontweight": "bold"},
    )
    ax.axvline(1, color=plot.REFERENCE, ls=":", lw=1.2)
    names = {part: PARTS[part].format(*costs["shape"]) for part in PARTS}
    labels = [f"step of\n{n}" if part == "step" else f"{part},\n{n}" for part, n in names.items()]
    ax.set_yticks(range(len(PARTS)), labels)
    ax.set(xlim=(0.4, 1.1), ylim=(len(PARTS) - 0.5, -0.7), xlabel="time / LayerNorm's (dotted: 1)")
    return figure


def std_figure(variants):
    apart = []
    for name, runs in variants.items():
        stds = np.array([std for run in runs for std in run.values()], dtype=float)
        apart.append(f"{name} × {np.nanmax(stds) / np.nanmin(stds):.2g}")
    title = f"How far the spread of a layer varies, over layers and steps: {', '.join(apart)}"
    size = (3.7 * max(len(variants), 2), 3.9)
    figure, axes = plot.new_figure(title, columns=len(variants), size=size, sharey=True)
    for ax, (variant, runs) in zip(axes[0], variants.items(), strict=True):
        shared = [m for m in runs[0] if all(m in run for run in runs)]  # seeds may diverge apart
        for moment, style in zip(shared, plot.ordered(len(shared)), strict=True):
            values = np.array([run[moment] for run in runs], dtype=float)  # (seeds, layers)
            layers = plot.by_layer(ax, values, style, 1, f"step {moment}")
        ax.set(xlabel="layer", title=variant, xticks=layers[1::2])
    for ax in axes[0]:  # a unit normal behind a ReLU
        ax.axhline((1 / 2 - 1 / (2 * np.pi)) ** 0.5, color=plot.REFERENCE, ls=":", lw=1)
    axes[0, 0].set(ylim=(0, None), ylabel="std of the ReLU's output (dotted: 0.58)")
    plot.legend_below(figure, axes[0, 0])
    return figure


if __name__ == "__main__":
    lab.main(__file__)
