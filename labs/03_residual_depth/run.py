"""Lab 03: fifty blocks, with and without the residual connection, and with and without a norm."""

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Annotated

import numpy as np

from minigrad import Generator, lab, nn, optim
from minigrad.data import toy
from minigrad.lab import Finding, foretold, plot
from minigrad.lab.blocks import (
    FOUR,
    KINDS,
    RELU,
    SKIPS,
    WithoutSkip,
    configuration,
    four_cells,
    network,
)
from minigrad.lab.cells import Cells, claim, spread
from minigrad.lab.curves import log_curves, loss_curves, table
from minigrad.probe import gradient_norm
from minigrad.signal.predict import predict
from minigrad.training import Record, final_loss, train

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Fifty blocks, with and without the residual connection, under two optimizers."""

    seeds: int = 3
    steps: int = 100
    optimizers: tuple[tuple[str, float], ...] = (("sgd", 1e-3), ("adam", 1e-3))
    lr: float | None = None  # of both optimizers, instead of those
    use_residual: Annotated[bool | None, "Only with, or only without, the residual."] = None
    depth: int = 50
    width: int = 256
    batch: int = 64
    momentum: float = 0.9
    gentle: Annotated[bool, "Adam at 1e-4 as well."] = False
    four_steps: Annotated[int, "Of norm × skip, the four cells; 0 leaves them out."] = 300


# a sixth of the time per step
QUICK = {"width": 128, "steps": 70, "optimizers": (("sgd", 1e-3),), "four_steps": 0}

PIECES = {"PreNorm": nn.PreNorm, "gradient_norm": gradient_norm}
MINE = {"gradient_norm": lambda own: lambda parameters: own(list(parameters))}


def data(s):
    return toy.describe(range(s.seeds), dim=s.width)


def experiment(s, run, pieces):
    blocks = {"residual": pieces.PreNorm, "no residual": WithoutSkip}
    if s.use_residual is not None:
        del blocks["no residual" if s.use_residual else "residual"]
    gentle = (("adam", 1e-4),) if s.gentle else ()
    rates = s.optimizers + gentle if s.lr is None else [(name, s.lr) for name in OPTIMIZERS]
    cells = {
        f"{k}, {OPTIMIZERS[o]} {lr:g}": (blocks[k], o, lr) for k, (o, lr) in product(blocks, rates)
    }
    losses, norms = ({name: [] for name in cells} for _ in range(2))
    run.record("losses.json", {"steps": s.steps, "lr": s.lr, "variants": losses})
    run.record("grad_norms.json", {"of": "block 1's first weight", "variants": norms})
    whole = s.use_residual is None and s.lr is None
    four = list(product(KINDS, FOUR, SKIPS, range(s.seeds))) if whole and s.four_steps else []
    found = run.record("four_cells.json", {"steps": s.four_steps, "runs": []})["runs"]
    with run.progress(len(cells) * s.seeds * s.steps + len(four) * s.four_steps) as advance:
        for name, seed in product(cells, range(s.seeds)):
            result, watched = Record(seed), {"seed": seed, "grad_norms": []}
            losses[name].append(result)
            norms[name].append(watched)
            watch = (pieces.gradient_norm, watched["grad_norms"])
            cell(s, *cells[name], result, watch, lambda _, n=name: advance(1, n))
            advance(s.steps - len(result.losses))
            run.save()
        for which in four:
            found.append(four_cells(s, *which))
            advance(s.four_steps, ", ".join(which[1:3]))
            run.save()


def cell(s, block, optimizer, lr, result, watch, on_step):
    """One network: its losses, and the gradient's norm at its first weight, step by step."""
    task, (norm, norms) = toy.toy(result.seed, dim=s.width), watch
    model = network(s.depth, s.width, block, Generator(result.seed))
    first = next(m.weight for m in model.modules() if isinstance(m, nn.Linear))
    kind = {"sgd": partial(optim.SGD, momentum=s.momentum), "adam": optim.Adam}[optimizer]
    updates = kind(list(model.parameters()), lr=lr)
    batches = toy.batches(task.x, task.y, s.batch, result.seed)
    watch = [(lambda: norm([first]), norms)]
    train(model, updates, batches, s.steps, result, watch=watch, on_step=on_step)


def findings(records):
    record, norms = records["losses.json"], records["grad_norms.json"]["variants"]
    every = Cells.of_variants(record["variants"]).by("variant")
    found = [fate(name, cells, record) for name, cells in every.items()]
    found += [gradient(name, [run["grad_norms"] for run in runs]) for name, runs in norms.items()]
    runs = Cells(records["four_cells.json"]["runs"])
    found += [of_four(cells, *key) for key, cells in runs.by("kind", "norm", "skip").items()]
    plain = runs.of(kind=RELU).by("norm", "skip").items()
    said = {key: [(predict(configuration(*key)), cells.runs)] for key, cells in plain}
    return found + [foretold.finding(", ".join(key), pair) for key, pair in said.items()]


def of_four(cells, kind, norm, skip):
    """How one of the four cells ended, in plain ReLU layers as page 03 says."""
    words = {"no norm": ("trained", "diverged"), "LayerNorm": ("stalled", "trained")}
    word = words[norm][skip == "skip"]
    claimed = claim(word, cells.all(cells.is_(word))) if kind == RELU else {}
    return cells.finding(f"{kind}: {norm}, {skip}", **claimed)


def fate(name, cells, record):
    kind, _, how = name.partition(", ")
    word = {"residual": "trained", "no residual": "stalled"}[kind]
    claimed = claim(word, cells.all(cells.is_(word)))
    if kind == "residual" and record["steps"] >= 100:
        low = cells.all(lambda run: final_loss(run["losses"]) < 0.1)
        claimed = claim("trained: below 0.1", low)
    claimed = claimed if record["lr"] is None else {}
    key = kind.replace(" ", "_") if how == "SGD 0.001" else ""  # the guess is about SGD
    return cells.finding(name, key, **claimed)


def gradient(name, runs):
    """The gradient of layer 1 at the first step, at the twentieth, and at the last."""
    runs = [[np.nan if value is None else value for value in run] for run in runs if run]
    first, early, last = ([run[min(step, len(run) - 1)] for run in runs] for step in (0, 20, 10**9))
    shares = np.divide(early, first)
    at = zip((first, early, last), ("step 0", "step 20", "the end"), strict=True)
    sentence = ", ".join(f"{spread(values)} at {when}" for values, when in at)
    claimed = claim("above 1 % of its first at step 20", bool((shares > 0.01).all()))
    if name.startswith("no "):
        fell = all(min(run) < 1e-7 for run in runs)
        claimed = claim("below 1e-7 within 100 steps", fell if len(runs[0]) >= 100 else None)
    share = f"× {np.median(shares):.1g} by step 20"
    return Finding(f"layer-1 gradient, {name}", share, sentence, **claimed)


def panels(variants):
    """Title and {optimizer: runs}, with the residual and without it, where they ran."""
    found = {}
    for name, runs in variants.items():
        kind, _, optimizer = name.partition(", ")
        title = "with the residual" if kind == "residual" else "without the residual"
        found.setdefault(title, {})[optimizer] = runs
    return found


def figures(records):
    losses, norms = (panels(records[f]["variants"]) for f in ("losses.json", "grad_norms.json"))
    shown = {title: Cells.of_variants(of) for title, of in losses.items()}
    optimizers = dict.fromkeys(name for of in losses.values() for name in of)
    styles = dict(zip(optimizers, (*plot.STYLES[2::-1], *plot.STYLES[3:]), strict=False))
    parts = (
        f"{c.fates.get('trained', 0)} of {len(c.runs)} runs train {k}" for k, c in shown.items()
    )
    shape = {"columns": len(losses), "size": (5.5 * len(losses) + 1, 4.3), "sharey": True}
    curves, above = plot.new_figure(", ".join(parts), **shape)
    loss_curves(above[0], [c.by("variant") for c in shown.values()], styles, window=5, top=200)
    shares = {title: sorted(set(early_shares(of).values())) for title, of in norms.items()}
    said = ", ".join(
        f"{' to '.join(f'{x:.1g}' for x in (v[0], v[-1])[-len(v) :])} {k}"
        for k, v in shares.items()
    )
    title = f"Layer 1's gradient at step 20, as a share of its first:\n{said}"
    gradient, below = plot.new_figure(title, **shape)
    values = [
        {k: [run["grad_norms"] for run in runs] for k, runs in of.items()} for of in norms.values()
    ]
    log_curves(below[0], values, styles, "norm of the gradient of block 1's first weight")
    for ax, title in (*zip(above[0], losses, strict=True), *zip(below[0], losses, strict=True)):
        ax.set_title(title)
    drawn, four = {"loss_curves.png": curves, "grad_norm.png": gradient}, records["four_cells.json"]
    if four["runs"]:
        cells = Cells(four["runs"])
        drawn |= {"norm_and_skip.png": four_figure(cells), "four_curves.png": four_curves(cells)}
    return drawn


def four_figure(cells):
    """Norm × skip: a table of fates for each kind of network."""
    title = "Fifty layers, each trick alone and both: how they end"
    if all(of_four(c, *k).held is not False for k, c in cells.by("kind", "norm", "skip").items()):
        title = "Norm without skip kills ReLU layers, skip without norm too; our blocks need both"
    figure, axes = plot.new_figure(title, columns=len(KINDS), size=(10.5, 3.2))
    for ax, kind in zip(axes[0], KINDS, strict=True):

        def cell(row, column, kind=kind):
            mine = cells.of(kind=kind, norm=row, skip=column)
            first = np.median([run["losses"][0] for run in mine.runs])
            text = f"{mine.counts}\nfirst loss {first:.2g}"
            return text, plot.FATES.get(mine.word, "#FFFFFF"), False

        table(ax, list(FOUR), list(SKIPS), cell)
        ax.set_xlabel(kind)
    return figure


def four_curves(cells):
    """The plain ReLU layers' curves over what was predicted of them."""
    four = cells.of(kind=RELU).by("norm", "skip")
    said = {key: predict(configuration(*key)) for key in four}
    right = sum(said[key].verdict == mine.word for key, mine in four.items())
    title = f"{right} of the {len(four)} fates of fifty plain ReLU layers are foretold"
    shown = {", ".join(key): (said[key], mine.runs, None) for key, mine in four.items()}
    return foretold.panels(title, shown, 2)


def early_shares(variants):
    """{optimizer: gradient norm at step 20 over that at step 0, median over seeds}."""
    return {
        name: float(np.nanmedian([(r[min(20, len(r) - 1)] or np.nan) / r[0] for r in norms]))
        for name, runs in variants.items()
        for norms in [[run["grad_norms"] for run in runs]]
    }


if __name__ == "__main__":
    lab.main(__file__)
