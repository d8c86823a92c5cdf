"""Lab 10: how far one update goes, where sharpness ends, and which rate a wider network wants."""

from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np

from minigrad import lab, optim
from minigrad.lab import Finding, plot
from minigrad.lab.cells import claim
from minigrad.lab.edge import edge
from minigrad.lab.records import rounded
from minigrad.lab.width import PARAMETRIZATIONS, SMALL, UPDATES, adam_run, best_rates, first_update


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One update of four optimizers by width; sharpness over training; the best rate by width."""

    seeds: int = 3
    steps: int = 100
    lr: float | None = None  # in place of the rates
    widths: tuple[int, ...] = (32, 64, 128, 256, 512)
    rates: tuple[float, ...] = tuple(2e-4 * 2**k for k in range(8))
    depth: int = 6
    update_seeds: int = 10
    edge_steps: int = 600
    edge_every: int = 20


QUICK = {"seeds": 1, "widths": (32, 128, 256), "update_seeds": 4, "edge_steps": 300}

STYLES = dict(zip(UPDATES, plot.STYLES, strict=False))

# Full-batch runs whose sharpness is followed: loss, optimizer, its options, the limit times the
# rate, and where the sharpness is to end.
EDGES = {
    "gradient descent, 0.1": ("squared error", optim.SGD, {"lr": 0.1}, 2.0, "at the limit"),
    "gradient descent, 0.3": ("squared error", optim.SGD, {"lr": 0.3}, 2.0, "at the limit"),
    "Adam, 0.003": ("squared error", optim.Adam, {"lr": 0.003}, 38.0, "at the limit"),
    "momentum 0.9, 0.1": (
        *("squared error", optim.SGD, {"lr": 0.1, "momentum": 0.9}, 3.8, "below it"),
    ),
    "cross-entropy, 0.3": ("cross-entropy", optim.SGD, {"lr": 0.3}, 2.0, "below it"),
}


def experiment(s, run, pieces):
    rates = [s.lr] if s.lr else s.rates
    updates, edges, sweep = [], [], []
    run.record("updates.json", {"lr": SMALL, "runs": updates})
    run.record("edges.json", {"every": s.edge_every, "runs": edges})
    run.record("sweep.json", {"steps": s.steps, "runs": sweep})
    first = list(product(s.widths, UPDATES, range(s.update_seeds)))
    cells = list(product(range(s.seeds), s.widths, PARAMETRIZATIONS, rates))
    with run.progress(len(first) + len(EDGES) * s.seeds + len(cells)) as advance:
        for width, name, seed in first:
            updates.append(first_update(name, s.depth, width, seed))
            advance()
        run.save()
        for name, seed in product(EDGES, range(s.seeds)):
            edges.append(followed(s, name, seed))
            advance(1, name)
            run.save()
        for seed, width, kind, lr in cells:
            sweep.append(adam_run(kind, lr, s.depth, width, seed, s.steps))
            advance(1, f"width {width}, {kind}, lr {lr:.3g}, seed {seed}")
        run.save()


def followed(s, name, seed):
    """Sharpness over training, as a share of its limit, and the losses."""
    loss, kind, options, limit, _ = EDGES[name]
    run = edge(loss, kind, options, seed, s.edge_steps, s.edge_every)
    shares = [v if v is None else v * options["lr"] / limit for v in run["sharpness"]]
    found = {"sharpness": rounded(shares, 4), "losses": rounded(run["losses"], 5)}
    return {"name": name, "seed": seed} | found


def findings(records):
    found = [per_width(records["updates.json"]["runs"], name) for name in UPDATES]
    found += [at_the_edge(records["edges.json"]["runs"], name) for name in EDGES]
    return found + [transfer(records["sweep.json"]["runs"], kind) for kind in PARAMETRIZATIONS]


def by_width(runs, name, key):
    """{width: per seed, the mean over the hidden matrices} of one optimizer's first update."""
    found = {}
    for run in runs:
        if run["optimizer"] == name:
            found.setdefault(run["width"], []).append(float(np.mean(run[key])))
    return found


def per_width(runs, name):
    """What a first update does to a layer's output, at the narrowest and the widest network."""
    moved, norm, own = (
        {n: median(v) for n, v in by_width(runs, name, key).items()}
        for key in ("moved", "update", "weight")
    )
    low, high = min(moved), max(moved)
    grown, wider = moved[high] / moved[low], high / low
    power = np.log(grown) / np.log(wider)
    ranges = {"SGD": (0.0, 0.6), "Adam": (0.8, 1.2), "Adam, µP": (-0.2, 0.2), "Muon": (-0.1, 0.1)}
    least, most = ranges[name]
    sentence = (
        f"Per unit of rate a layer's output changes by {moved[low]:.3g} of itself at width {low} "
        f"and {moved[high]:.3g} at {high}, and the update's spectral norm is {norm[low]:.3g} and "
        f"{norm[high]:.3g} (the matrix's: {own[low]:.2g} and {own[high]:.2g})."
    )
    claimed = claim(f"as n to a power of {least} to {most}", bool(least <= power <= most))
    return Finding(f"first update, {name}", f"as n^{power:.2f}", sentence, **claimed)


def at_the_edge(runs, name):
    """Where the sharpness was in the second half, as a share of its limit."""
    mine = [run for run in runs if run["name"] == name]
    shares = [median(run["sharpness"][len(run["sharpness"]) // 2 :]) for run in mine]
    peak = max(value for run in mine for value in run["sharpness"][1:] if value is not None)
    there = all(abs(share - 1) < 0.15 for share in shares)
    word = "at the limit" if there else "below it" if max(shares) < 0.9 else "mixed"
    loss = median(run["losses"][-1] for run in mine)
    sentence = (
        f"Sharpness over its limit: {mine[0]['sharpness'][1]:.2f} at first, {peak:.2f} at most, "
        f"{median(shares):.2f} in the second half; loss {loss:.1g}."
    )
    key = {"gradient descent, 0.1": "edge", "cross-entropy, 0.3": "edge_entropy"}.get(name, "")
    claimed = claim(EDGES[name][-1], word == EDGES[name][-1])
    return Finding(f"sharpness, {name}", word, sentence, **claimed, key=key, word=word)


def transfer(runs, kind):
    at = best_rates(runs, kind)
    low, high = min(at), max(at)
    factor = at[low][0] / at[high][0]
    word = "the same" if factor <= 2 else "a few times smaller" if factor <= 6 else "far smaller"
    sentence = "The best rate by width: " + ", ".join(f"{n}: {lr:.2g}" for n, (lr, _) in at.items())
    sentence += f"; mean loss {at[low][1]:.2f} at {low} and {at[high][1]:.2f} at {high}."
    expected = {"standard": "far smaller", "µP": "the same"}[kind]
    claimed = claim(
        f"{expected} at the largest width", word == expected if high / low >= 8 else None
    )
    key = {"standard": "width_standard", "µP": "width_mup"}[kind]
    outcome = f"best rate × {1 / factor:.2g} at width {high}"
    return Finding(f"width, {kind}", outcome, sentence, **claimed, key=key, word=word)


def figures(records):
    return {
        "first_update.png": update_figure(records["updates.json"]["runs"]),
        "sharpness.png": edge_figure(records["edges.json"]),
        "width_transfer.png": transfer_figure(records["sweep.json"]["runs"]),
    }


def update_figure(runs):
    title = "A wider layer is moved further by Adam at the same rate; not under µP, nor by Muon"
    figure, axes = plot.new_figure(title, columns=2, size=(10.5, 4.2))
    labels = {"update": "spectral norm of ΔW, over η", "moved": "change of the output, over η"}
    for ax, (key, label) in zip(axes[0], labels.items(), strict=True):
        ends = []
        for name, style in STYLES.items():
            at = by_width(runs, name, key)
            plot.band(ax, list(at), np.array(list(at.values())).T, style, 1)
            ends.append((median(at[max(at)]), name, style.color))
        ax.set(xscale="log", yscale="log", xlabel="width n", ylabel=label)
        ax.set_xticks(list(at), list(at))
        ax.minorticks_off()
        plot.label_ends(ax, ends)
    return figure


def edge_figure(record):
    names = list(EDGES)
    title = (
        "Sharpness rises to what the rate allows (dotted) and stays there"
        "\nunless the examples are fitted before (momentum), or fitting ends it (cross-entropy)"
    )
    figure, axes = plot.new_figure(title, 2, len(names), size=(14, 5.6), sharex=True, sharey="row")
    for (above, below), name in zip(axes.T, names, strict=True):
        runs = [run for run in record["runs"] if run["name"] == name]
        style = plot.STYLES[2 if EDGES[name][-1] == "at the limit" else 0]
        shares = plot.over_seeds([run["sharpness"] for run in runs])
        steps = record["every"] * np.arange(shares.shape[1])
        known = np.isfinite(shares).all(axis=0)
        plot.band(above, steps[known], shares[:, known], style)
        above.axhline(1, color=plot.REFERENCE, ls=":", lw=1.2)
        losses = plot.over_seeds([run["losses"] for run in runs])
        plot.band(below, np.arange(losses.shape[1]), losses, style)
        above.set_title(name, fontsize=10)
        below.set(yscale="log", xlabel="step")
    axes[0, 0].set_ylabel("sharpness, over its limit")
    axes[1, 0].set_ylabel("loss")
    return figure


def transfer_figure(runs):
    ends = {kind: best_rates(runs, kind) for kind in PARAMETRIZATIONS}
    low, high = (f(ends["standard"]) for f in (min, max))
    said = [f"{kind} {at[low][0]:.2g} → {at[high][0]:.2g}" for kind, at in ends.items()]
    title = f"Best rate from width {low} to {high}: " + ", ".join(said)
    figure, axes = plot.new_figure(title, columns=2, size=(10.5, 4.3), sharey=True)
    for ax, kind in zip(axes[0], PARAMETRIZATIONS, strict=True):
        for (width, (lr, loss)), style in zip(
            ends[kind].items(), plot.ordered(len(ends[kind])), strict=True
        ):
            mine = [run for run in runs if run["kind"] == kind and run["width"] == width]
            rates = sorted({run["lr"] for run in mine})
            seeds = sorted({run["seed"] for run in mine})
            losses = [[r["mean_loss"] for r in mine if r["seed"] == seed] for seed in seeds]
            values = np.clip(plot.over_seeds(losses), None, 1.2)
            plot.band(ax, rates, values, style, 1, label=f"width {width}")
            ax.plot([lr], [loss], "*", color=style.color, markersize=15, markeredgecolor="black")
        ax.set(xscale="log", ylim=(0.1, 1.0), xlabel="learning rate of Adam", title=kind)
    axes[0, 0].set_ylabel("training loss, mean of the run (nats)")
    plot.legend_below(figure, axes[0, 0])
    return figure


if __name__ == "__main__":
    lab.main(__file__)
