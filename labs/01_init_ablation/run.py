"""Lab 01: three inits of one network, three fates."""

from itertools import pairwise

from minigrad import Generator, lab, nn, optim
from minigrad.data import toy
from minigrad.lab import mine, outcome, plot
from minigrad.nn import init
from minigrad.training import Record, final_loss, train, train_step

Options = lab.Options

FULL = {
    "seeds": 3,
    "steps": 1000,
    "lr": 1e-3,  # the headline's rate
    "other_lr": 1e-2,  # the axis the headline hides
    "depth": 12,
    "width": 256,
    "batch": 64,
    "momentum": 0.9,
}
QUICK = FULL | {"seeds": 3, "steps": 300}


def uniform_(weight, generator=None):
    """U(-0.5, 0.5), whatever the width: each layer multiplies the mean square by n/12."""
    return init.uniform_(weight, -0.5, 0.5, generator=generator)


# What a learner's own functions may replace, with --mine.
PIECES = {
    "xavier_normal_": init.xavier_normal_,
    "kaiming_normal_": init.kaiming_normal_,
    "train_step": train_step,
}

MINE = {
    "xavier_normal_": ("xavier_normal", mine.fill),
    "kaiming_normal_": ("kaiming_normal", mine.fill),
    "train_step": ("train_step", lambda step: step),
}


def inits(pieces):
    return {
        "uniform ±0.5": uniform_,
        "Xavier": pieces.xavier_normal_,
        "Kaiming": pieces.kaiming_normal_,
    }


def data(s):
    return toy.describe(range(s.seeds))


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
    records = {
        name: run.record(name, {"lr": lr, "steps": s.steps, "variants": {}})
        for name, lr in (("losses.json", s.lr), ("losses_other_lr.json", s.other_lr))
    }
    with run.progress(len(records) * 3 * s.seeds * s.steps) as advance:
        for record in records.values():
            for variant, fill_ in inits(pieces).items():
                runs = record["variants"][variant] = []
                for seed in range(s.seeds):
                    task = toy.toy(seed)
                    model = network(s.depth, s.width, fill_, Generator(seed))
                    optimizer = optim.SGD(model.parameters(), lr=record["lr"], momentum=s.momentum)
                    result = Record(seed)
                    runs.append(result)
                    train(
                        model,
                        optimizer,
                        toy.batches(task.x, task.y, s.batch, seed),
                        s.steps,
                        result,
                        step=pieces.train_step,
                        on_step=lambda _, name=f"{variant}, lr {record['lr']:g}": advance(1, name),
                    )
                    advance(s.steps - len(result.losses))
                    run.save()


# At lr 1e-3: the verdict after a few hundred steps, and what is claimed of 1,000.
PREDICTED = {
    "uniform ±0.5": ("diverged", "within 20 steps", lambda run: run["diverged_at"] < 20),
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
    for variant, runs in headline["variants"].items():
        verdict, claim, holds = PREDICTED[variant]
        if headline["lr"] != 1e-3:
            found.append(outcome.finding(variant, runs))
        elif headline["steps"] < 1000:
            found.append(outcome.finding(variant, runs, verdict, outcome.is_verdict(verdict)))
        else:
            found.append(outcome.finding(variant, runs, f"{verdict}: {claim}", holds))
    for variant, runs in other["variants"].items():
        found.append(outcome.finding(f"{variant}, lr {other['lr']:g}", runs))
    return found


STYLES = dict(zip(PREDICTED, plot.STYLES, strict=False))


def figures(records):
    headline, other = records["losses.json"], records["losses_other_lr.json"]
    fates = ", ".join(f"{v} {outcome.word(runs)}" for v, runs in headline["variants"].items())
    curves, axes = plot.new_figure(f"lr {headline['lr']:g}: {fates}")
    plot.loss_curves(axes[0], [headline["variants"]], STYLES, chance=outcome.LN2)

    xavier = [outcome.word(r["variants"]["Xavier"]) for r in (headline, other)]
    title = f"Xavier {xavier[0]} at lr {headline['lr']:g}, {xavier[1]} at {other['lr']:g}"
    ablation, axes = plot.new_figure(title, 1, 2, size=(11, 4.3), sharey=True)
    panels = [headline["variants"], other["variants"]]
    plot.loss_curves(axes[0], panels, STYLES, chance=outcome.LN2)
    for ax, record in zip(axes[0], (headline, other), strict=True):
        ax.set_title(f"lr {record['lr']:g}")
    return {"loss_curves.png": curves, "lr_ablation.png": ablation}


if __name__ == "__main__":
    lab.main(__file__)
