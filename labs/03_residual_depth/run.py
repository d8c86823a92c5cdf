"""Lab 03: fifty blocks, with and without the residual connection."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import typer

from minigrad import Generator, lab, nn, optim
from minigrad.data import toy
from minigrad.lab import Finding, outcome, plot
from minigrad.nn import init
from minigrad.probe import gradient_norm
from minigrad.training import Record, final_loss, train


@dataclass(frozen=True, kw_only=True)
class Options(lab.Options):
    """Fifty blocks, with and without the residual connection, under three optimizers."""

    use_residual: Annotated[
        bool | None, typer.Option(help="Only with, or only without, the residual connection.")
    ] = None


FULL = {
    "seeds": 3,
    "steps": 100,
    "optimizers": [["sgd", 1e-3], ["adam", 1e-3]],
    "lr": None,  # of both optimizers, instead of those
    "use_residual": None,
    "depth": 50,
    "width": 256,
    "batch": 64,
    "momentum": 0.9,
}
QUICK = FULL | {
    "width": 128,
    "steps": 70,
    "optimizers": [["sgd", 1e-3]],
}  # a sixth of the time per step

# What a learner's own may replace, with --mine.
PIECES = {"PreNorm": nn.PreNorm, "gradient_norm": gradient_norm}
MINE = {
    "PreNorm": ("PreNormBlock", lambda block: block),
    "gradient_norm": ("grad_norm", lambda norm: lambda parameters: norm(list(parameters))),
}


def data(s):
    return toy.describe(range(s.seeds), dim=s.width)


class WithoutSkip(nn.Module):
    """f(norm(x)): nn.PreNorm without its x + …"""

    def __init__(self, norm, f):
        super().__init__()
        self.norm, self.f = norm, f

    def forward(self, x):
        return self.f(self.norm(x))


def network(depth, width, block, generator):
    """(B, width) -> (B, 2): `depth` blocks RMSNorm → Linear → GELU → Linear, then a head."""
    blocks = []
    for _ in range(depth):
        up, down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        blocks.append(block(nn.RMSNorm(width, eps=1e-5), nn.Sequential(up, nn.GELU(), down)))
    model = nn.Sequential(*blocks, nn.Linear(width, 2))
    for module in model.modules():
        if isinstance(module, nn.Linear):
            init.kaiming_normal_(module.weight, nonlinearity="gelu", generator=generator)
            init.zeros_(module.bias)
    return model


OPTIMIZERS = {
    "sgd": lambda parameters, lr, s: optim.SGD(parameters, lr=lr, momentum=s.momentum),
    "adam": lambda parameters, lr, s: optim.Adam(parameters, lr=lr),
}


def variants(s, pieces):
    """(name, block, optimizer, lr) of all that is to run."""
    rates = s.optimizers if s.lr is None else [["sgd", s.lr], ["adam", s.lr]]
    for use_residual, block in ((True, pieces.PreNorm), (False, WithoutSkip)):
        if s.use_residual in (None, use_residual):
            for optimizer, lr in rates:
                name = f"{KIND[use_residual]}, {LABEL[optimizer]} {lr:g}"
                yield name, block, OPTIMIZERS[optimizer], lr


KIND = {True: "residual", False: "no residual"}
LABEL = {"sgd": "SGD", "adam": "Adam"}


def experiment(s, run, pieces):
    losses = run.record("losses.json", {"steps": s.steps, "lr": s.lr, "variants": {}})["variants"]
    norms = run.record("grad_norms.json", {"of": "block 1's first weight", "variants": {}})
    todo = list(variants(s, pieces))
    with run.progress(len(todo) * s.seeds * s.steps) as advance:
        for name, block, optimizer, lr in todo:
            losses[name], norms["variants"][name] = [], []
            for seed in range(s.seeds):
                task, result, grad_norms = toy.toy(seed, dim=s.width), Record(seed), []
                losses[name].append(result)
                norms["variants"][name].append({"seed": seed, "grad_norms": grad_norms})
                model = network(s.depth, s.width, block, Generator(seed))
                first = next(m.weight for m in model.modules() if isinstance(m, nn.Linear))
                train(
                    model,
                    optimizer(list(model.parameters()), lr, s),
                    toy.batches(task.x, task.y, s.batch, seed),
                    s.steps,
                    result,
                    watch=[(lambda first=first: pieces.gradient_norm([first]), grad_norms)],
                    on_step=lambda _, name=name: advance(1, name),
                )
                advance(s.steps - len(result.losses))
                run.save()


def findings(records):
    record, norms = records["losses.json"], records["grad_norms.json"]["variants"]
    trained = ("trained", outcome.is_verdict("trained"))
    if record["steps"] >= 100:
        trained = ("trained: below 0.1", lambda run: final_loss(run["losses"]) < 0.1)
    claims = {"residual": trained, "no residual": ("stalled", outcome.is_verdict("stalled"))}
    found = []
    for variant, runs in record["variants"].items():
        claim = claims[variant.partition(",")[0]] if record["lr"] is None else ()
        found.append(outcome.finding(variant, runs, *claim))
    for variant, runs in norms.items():
        found.append(gradient_finding(variant, [run["grad_norms"] for run in runs]))
    return found


def gradient_finding(variant, runs):
    """The gradient of layer 1 at the first step, at the twentieth, and at the last."""
    runs = [[np.nan if value is None else value for value in run] for run in runs if run]
    first, early, last = ([run[min(step, len(run) - 1)] for run in runs] for step in (0, 20, 10**9))
    shares = np.divide(early, first)
    sentence = (
        f"{outcome.spread(first)} at step 0, {outcome.spread(early)} at step 20, "
        f"{outcome.spread(last)} at the end"
    )
    if variant.startswith("no "):
        fell = all(min(run) < 1e-7 for run in runs)
        claim = ("below 1e-7 within 100 steps", fell if len(runs[0]) >= 100 else None)
    else:
        claim = ("above 1 % of its first at step 20", bool((shares > 0.01).all()))
    share = f"× {np.median(shares):.1g} by step 20"
    return Finding(f"layer-1 gradient, {variant}", share, sentence, *claim)


def styles(variants):
    """One style per optimizer, the same with and without the residual."""
    optimizers = list(dict.fromkeys(name.partition(", ")[2] for name in variants))
    return dict(zip(optimizers, (*plot.STYLES[2::-1], *plot.STYLES[3:]), strict=False))


def panels(variants):
    """Title and optimizer -> runs, with the residual and without it, where they ran."""
    for kind in KIND.values():
        runs = {n.partition(", ")[2]: r for n, r in variants.items() if n.startswith(f"{kind},")}
        if runs:
            yield ("with" if kind == "residual" else "without") + " the residual", runs


def figures(records):
    losses, norms = (records[name]["variants"] for name in ("losses.json", "grad_norms.json"))
    shown = list(panels(losses))
    trained = ", ".join(
        f"{sum(outcome.is_verdict('trained')(run) for runs in of.values() for run in runs)} of "
        f"{sum(map(len, of.values()))} runs train {title}"
        for title, of in shown
    )
    size = (5.5 * len(shown) + 1, 4.3)
    curves, axes = plot.new_figure(trained, 1, len(shown), size=size, sharey=True)
    panel_runs = [of for _, of in shown]
    plot.loss_curves(axes[0], panel_runs, styles(losses), outcome.LN2, window=5, top=200)
    shares = ", ".join(f"{early_share(of):.1g} {title}" for title, of in panels(norms))
    title = f"Layer 1's gradient at step 20, as a share of its first: {shares}"
    gradient, below = plot.new_figure(title, 1, len(shown), size=size, sharey=True)
    draw_norms(below[0], [of for _, of in panels(norms)], styles(norms))
    for row in (axes[0], below[0]):
        for ax, (title, _) in zip(row, shown, strict=True):
            ax.set_title(title)
    return {"loss_curves.png": curves, "grad_norm.png": gradient}


def early_share(variants):
    """Gradient norm at step 20 over that at step 0, median over all runs."""
    runs = [run["grad_norms"] for runs in variants.values() for run in runs]
    return float(np.nanmedian([(run[min(20, len(run) - 1)] or np.nan) / run[0] for run in runs]))


def draw_norms(axes, shown, styles):
    lines = []
    for ax, variants in zip(axes, shown, strict=True):
        ax.set(yscale="log", xlabel="step")
        ends = []
        for name, runs in variants.items():
            values = plot.over_seeds([run["grad_norms"] for run in runs])
            plot.band(ax, np.arange(values.shape[1]), values, styles[name])
            if np.isfinite(values[:, -1]).all():
                ends.append((float(np.median(values[:, -1])), name, styles[name].color))
        lines.append(ends)
    axes[0].set_ylabel("norm of the gradient of block 1's first weight")
    for ax, ends in zip(axes, lines, strict=True):
        plot.label_ends(ax, ends)


if __name__ == "__main__":
    lab.main(__file__)
