"""Lab 01: three inits of one network, three fates."""

from dataclasses import dataclass
from itertools import pairwise, product

from minigrad import Generator, lab, nn, optim
from minigrad.data import toy
from minigrad.lab import foretold, mine, plot
from minigrad.lab.cells import Cells, claim
from minigrad.lab.curves import loss_curves
from minigrad.lab.walk import FAMILY
from minigrad.nn import init
from minigrad.signal.predict import predict
from minigrad.training import Record, final_loss, train, train_step


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Twelve ReLU layers of width 256, SGD; only the init differs."""

    seeds: int = 3
    steps: int = 1000
    lr: float = 1e-3  # the headline's rate
    other_lr: float = 1e-2  # the axis the headline hides
    depth: int = 12
    width: int = 256
    batch: int = 64
    momentum: float = 0.9


QUICK = {"steps": 300}

PIECES = {
    "xavier_normal_": init.xavier_normal_,
    "kaiming_normal_": init.kaiming_normal_,
    "train_step": train_step,
}
MINE = {"xavier_normal_": mine.fill, "kaiming_normal_": mine.fill}


def uniform_(weight, generator=None):
    """U(-0.5, 0.5), whatever the width: each layer multiplies the mean square by n/12."""
    return init.uniform_(weight, -0.5, 0.5, generator=generator)


def network(depth, width, fill_, generator):
    """(B, 256) -> (B, 2): `depth` ReLU layers, filled by `fill_`, and a linear head.

    The head keeps Linear's own init in every variant: the init of the layers is all that differs.
    """
    layers = []
    for n_in, n_out in pairwise([256, *[width] * depth]):
        layer = nn.Linear(n_in, n_out)
        fill_(layer.weight, generator=generator)
        init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width, 2, generator=generator))


def experiment(s, run, pieces):
    inits = {
        "uniform ±0.5": uniform_,
        "Xavier": pieces.xavier_normal_,
        "Kaiming": pieces.kaiming_normal_,
    }
    records = [
        run.record(name, {"lr": lr, "steps": s.steps, "variants": {name: [] for name in inits}})
        for name, lr in (("losses.json", s.lr), ("losses_other_lr.json", s.other_lr))
    ]
    with run.progress(len(records) * len(inits) * s.seeds * s.steps) as advance:
        for record, name, seed in product(records, inits, range(s.seeds)):
            result = Record(seed)
            record["variants"][name].append(result)
            how = {"step": pieces.train_step, "on_step": lambda _, n=name: advance(1, n)}
            cell(s, inits[name], record["lr"], result, **how)
            advance(s.steps - len(result.losses))
            run.save()


def cell(s, fill_, lr, result, step, on_step):
    """One network: an init, a rate, a seed; its losses go into `result`."""
    task = toy.toy(result.seed)
    model = network(s.depth, s.width, fill_, Generator(result.seed))
    optimizer = optim.SGD(model.parameters(), lr=lr, momentum=s.momentum)
    batches = toy.batches(task.x, task.y, s.batch, result.seed)
    train(model, optimizer, batches, s.steps, result, step=step, on_step=on_step)


# At lr 1e-3: the fate after a few hundred steps, and what is claimed of 1,000.
PREDICTED = {
    "uniform ±0.5": ("diverged", "within 20 steps", lambda run: run["diverged_at"] in range(20)),
    "Xavier": ("stalled", "above 0.6 at step 1,000", lambda run: final_loss(run["losses"]) > 0.6),
    "Kaiming": (
        "trained",
        "below 0.01 at step 1,000",
        lambda run: final_loss(run["losses"]) < 0.01,
    ),
}


def findings(records):
    headline, other = records["losses.json"], records["losses_other_lr.json"]
    found = []
    for name, cells in Cells.of_variants(headline["variants"]).by("variant").items():
        word, later, holds = PREDICTED[name]
        claimed = claim(word, cells.all(cells.is_(word)))
        if headline["steps"] >= 1000:
            claimed = claim(f"{word}: {later}", cells.all(holds))
        claimed = claimed if headline["lr"] == 1e-3 else {}
        found.append(cells.finding(name, key=name.split()[0].lower(), **claimed))
    for name, cells in Cells.of_variants(other["variants"]).by("variant").items():
        found.append(cells.finding(f"{name}, lr {other['lr']:g}"))
    for lr, (name, runs) in (
        (r["lr"], one) for r in (headline, other) for one in r["variants"].items()
    ):
        found.append(foretold.finding(f"{name}, lr {lr:g}", [(said(name, lr), runs)]))
    return found


def said(name, lr):
    """The prediction for 300 steps; theory's head has the layers' init, not Linear's own."""
    return predict(depth=Settings.depth, width=Settings.width, init=FAMILY[name], lr=lr)


def bands(ax, lr):
    foretold.bands(ax, {name: said(name, lr) for name in plot.INITS}, plot.INITS)


def figures(records):
    headline, other = records["losses.json"], records["losses_other_lr.json"]
    here, there = (Cells.of_variants(r["variants"]).by("variant") for r in (headline, other))
    fates = ", ".join(f"{name} {cells.word}" for name, cells in here.items())
    curves, axes = plot.new_figure(f"lr {headline['lr']:g}: {fates}")
    loss_curves(axes[0], [here], plot.INITS)
    bands(axes[0, 0], headline["lr"])
    rates = [f"lr {record['lr']:g}" for record in (headline, other)]
    title = f"Xavier {here['Xavier'].word} at {rates[0]}, {there['Xavier'].word} at {rates[1][3:]}"
    ablation, axes = plot.new_figure(title, 1, 2, size=(11, 4.3), sharey=True)
    loss_curves(axes[0], [here, there], plot.INITS)
    for ax, record in zip(axes[0], (headline, other), strict=True):
        bands(ax, record["lr"])
        ax.set_title(f"lr {record['lr']:g}")
    return {"loss_curves.png": curves, "lr_ablation.png": ablation}


if __name__ == "__main__":
    lab.main(__file__)
