"""Lab 09: the share of a branch: one dial from x + f(x) to x, under each placement of the norm."""

from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np

from minigrad import lab
from minigrad.lab import Finding, plot
from minigrad.lab.branches import network
from minigrad.lab.cells import Cells, claim
from minigrad.lab.curves import table, trainability
from minigrad.lab.language import Text, about, corpus, language_run
from minigrad.lab.records import rounded
from minigrad.probe import LayerHistory

DIAL = ("no norm", "post-norm", "pre-norm")  # under these the share is varied
STYLES = dict(zip(DIAL, plot.PLACEMENTS.values(), strict=True))
SHARES = {  # for L layers, 2L branches; None: a number that is learned, and starts at 0
    "learned, from 0": lambda layers: None,
    "1/2L": lambda layers: 1 / (2 * layers),
    "1/√(2L)": lambda layers: (2 * layers) ** -0.5,
    "1": lambda layers: 1.0,
}
METHODS = {  # rule, and what else is changed
    "sandwich norm": ("sandwich norm", ""),
    "norm of the branch": ("norm of the branch", ""),
    "pre-norm, QK-norm": ("pre-norm", "qk"),
    "pre-norm, DyT": ("pre-norm", "dyt"),
    "DeepNorm": ("post-norm", "deepnorm"),
    "Fixup": ("no norm", "fixup"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Three placements with four shares each, and six methods of today, at depths and rates."""

    seeds: int = 3
    steps: int = 100
    lr: float | None = None  # in place of the cells' rates
    cells: tuple[tuple[int, float], ...] = ((4, 2e-2), (12, 5e-3), (12, 2e-2))  # layers, rate
    text: Text = "alice"


QUICK = {"seeds": 1, "steps": 100, "cells": ((6, 2e-2),)}


def experiment(s, run, pieces):
    text, runs = corpus(s.text), []
    run.record("losses.json", {"text": about(text), "steps": s.steps, "runs": runs})
    dial = [(rule, rule, share, "") for rule, share in product(DIAL, SHARES)]
    named = [(name, rule, "1", special) for name, (rule, special) in METHODS.items()]
    places = [(layers, s.lr or lr) for layers, lr in s.cells]
    cells = list(product(range(s.seeds), places, dial + named))
    with run.progress(len(cells) * s.steps) as advance:
        for seed, place, variant in cells:
            runs.append(cell(text, s, advance, seed, *place, *variant))
            run.save()


def cell(text, s, advance, seed, layers, lr, name, rule, share, special):
    """One run, and 1 − cos between positions at the top before and after the first update."""
    model = network(text, seed, layers, rule, SHARES[share](layers), special)
    training = {"steps": s.steps, "lr": lr, "evaluate_every": 20}
    labels = {"variant": name, "share": share, "layers": layers, "lr": lr}
    with LayerHistory({"top": model.blocks[-1]}) as seen:
        how = {"seed": seed, "training": training, "watch": seen.step}
        record = language_run(text, model, advance, **how, **labels)
    del record["grad_norms"]
    apart = rounded(seen.apart["top"][:2], 4)
    return record | {"losses": rounded(record["losses"], 5), "apart": apart}


def findings(records):
    cells = Cells.of_text(records["losses.json"])
    trained = cells.is_("trained")
    always = "learns in every cell, every seed"
    sure = (
        ("no norm", "1/2L"),
        ("no norm", "learned, from 0"),
        ("pre-norm", "1"),
        ("pre-norm", "1/2L"),
    )
    keys = {("post-norm", "1/2L"): "post_half", ("no norm", "learned, from 0"): "rezero"}
    found = []
    for rule, share in product(DIAL, SHARES):
        mine = cells.of(variant=rule, share=share)
        claimed = claim(always, mine.all(trained)) if (rule, share) in sure else {}
        whole = cells.of(variant="post-norm", share="1")
        if (rule, share) == ("post-norm", "1"):
            hard = mine.of(layers=lambda n: n >= 12)
            claimed = claim("stalled at 12 layers, every seed", hard.all(cells.is_("stalled")))
        if (rule, share) == ("post-norm", "1/2L"):
            ends = zip(*(of.by("layers", "lr").values() for of in (mine, whole)), strict=True)
            lower = all(median(a.ends) < median(b.ends) for a, b in ends)
            claimed = claim("ends below s = 1 in every cell", lower)
        found.append(told(f"{rule}, s = {share}", mine, keys.get((rule, share), ""), claimed))
    return found + [told(name, cells.of(variant=name), "", {}) for name in METHODS]


def left(cells):
    """What the first update leaves of 1 − cos between positions, median over seeds."""
    return median(run["apart"][1] / run["apart"][0] for run in cells.runs)


def told(name, mine, key, claimed):
    at = mine.by("layers", "lr")
    sentence = "; ".join(
        f"{layers} layers, lr {lr:g}: {c.end}, 1 − cos × {left(c):.2g} by one update"
        for (layers, lr), c in at.items()
    )
    word = list(at.values())[-1].word  # the hardest cell is the last
    learned = sum(c.word == "trained" for c in at.values())
    outcome = f"trained in {learned} of {len(at)} cells"
    return Finding(name, outcome, sentence + ".", **claimed, key=key, word=word)


def figures(records):
    cells = Cells.of_text(records["losses.json"])
    places = list(cells.by("layers", "lr"))
    return {
        "dial.png": dial_figure(cells, places),
        "apart.png": apart_figure(cells, places),
        "methods.png": methods_figure(cells, places),
    }


def dial_figure(cells, places):
    """The held-out loss by share, a panel per placement, a row per depth and rate."""
    learned = {rule: cells.of(variant=rule).learned("layers", "lr", "share") for rule in DIAL}
    count = len(places) * len(SHARES)
    said = ", ".join(f"{rule} {n}" for rule, n in learned.items())
    title = f"Of {count} combinations every seed learns in: {said}\n(held-out loss; dark: stalled)"
    rows = {f"{n} layers,\nlr {lr:g}": {"layers": n, "lr": lr} for n, lr in places}
    columns = {share.replace(", ", "\n"): {"share": share} for share in SHARES}
    look = {"size": (13.5, 1.8 + 0.8 * len(places)), "xlabel": "share of a branch"}
    return trainability(title, cells, DIAL, rows, columns, **look)


def apart_figure(cells, places):
    """What one update leaves of 1 − cos between positions, by share."""
    title = "The smaller a branch's share, the less one update makes all positions alike"
    figure, axes = plot.new_figure(title, columns=len(places), size=(12.5, 4), sharey=True)
    lines = []
    for ax, (layers, lr) in zip(axes[0], places, strict=True):
        ends = []
        for rule, style in STYLES.items():
            of = cells.of(variant=rule, layers=layers, lr=lr).by("share")
            kept = [[run["apart"][1] / run["apart"][0] for run in of[s].runs] for s in SHARES]
            plot.band(ax, range(len(SHARES)), np.array(kept).T, style, 1)
            ends.append((median(kept[-1]), rule, style.color))
        lines.append(ends)
        ax.set(yscale="log", title=f"{layers} layers, lr {lr:g}", xlabel="share of a branch")
        ax.set_xticks(range(len(SHARES)), [share.replace(", ", "\n") for share in SHARES])
    for ax, ends in zip(axes[0], lines, strict=True):
        plot.label_ends(ax, ends)
    axes[0, 0].set_ylabel("1 − cos after one update,\nover 1 − cos before it")
    return figure


def methods_figure(cells, places):
    """How each method ended, beside the two placements it starts from."""
    rows = ["post-norm", "pre-norm", *METHODS]
    of = cells.of(share="1").by("variant", "layers", "lr")
    columns = {f"{n}\u00a0layers, lr\u00a0{lr:g}": (n, lr) for n, lr in places}
    fates = {name: {of[name, *place].word for place in places} for name in rows}
    always = [name for name in rows if fates[name] == {"trained"}]
    said = f"With no warmup {len(always)} of these {len(rows)} train everywhere:"
    title = f"{said}\n{'; '.join(always)}"
    figure, axes = plot.new_figure(title, size=(8.5, 1.6 + 0.5 * len(rows)))

    def show(name, column):
        mine = of[name, *columns[column]]
        return mine.end, plot.FATES.get(mine.word, "#FFFFFF"), False

    table(axes[0, 0], rows, list(columns), show)
    return figure


if __name__ == "__main__":
    lab.main(__file__)
