"""Lab 04: the same transformer with no norm, post-norm and pre-norm, over learning rates."""

from dataclasses import dataclass
from itertools import count, product
from statistics import median

import numpy as np

from minigrad import lab
from minigrad.lab import Finding, plot
from minigrad.lab.cells import Cells, claim, held_out
from minigrad.lab.curves import histograms, layer_curves, text_curves
from minigrad.lab.language import Text, about, corpus, language_run, small_gpt, step_of
from minigrad.lab.timing import interleaved, runs_table
from minigrad.probe import Histograms, LayerHistory

VARIANTS = {
    "no norm": {"norm": None},
    "post LayerNorm": {"norm": "layernorm", "placement": "post"},
    "pre LayerNorm": {"norm": "layernorm", "placement": "pre"},
    "pre RMSNorm": {"norm": "rmsnorm", "placement": "pre"},
}
STYLES = dict(zip(VARIANTS, (*plot.PLACEMENTS.values(), plot.NORMS["rmsnorm"]), strict=True))
MODEL = {"layers": 16, "dim": 32, "heads": 4}

# What is looked into: three variants at one rate, in four of the sixteen blocks, every fifth step.
INSIDE = ("no norm", "post LayerNorm", "pre RMSNorm")
BLOCKS = (1, 6, 11, 16)
EVERY = 5
FIGURES = {
    "activation_std": "std of the block's output",
    "apart": "1 − cos between positions",
    "gradient_norm": "gradient norm of its weights",
    "update_ratio": "update / weight, per step",
}

# How large the entries of a block's output and of its gradient are, once the fates have parted.
AT = 20  # steps taken
SIZES = {"activations": np.logspace(-3, 5, 65), "gradients": np.logspace(-26, 0, 53)}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """A transformer of 16 layers, four times; only the norm differs. At three rates."""

    seeds: int = 3
    steps: int = 200
    lr: float | None = None  # in place of the rates
    rates: tuple[float, ...] = (1e-3, 5e-3, 2e-2)
    inside_lr: float = 2e-2
    text: Text = "alice"
    timing_repeats: int = 25


QUICK = {"seeds": 1, "steps": 120, "rates": (5e-3, 2e-2), "timing_repeats": 8}


def experiment(s, run, pieces):
    text = corpus(s.text)
    rates, inside_lr = ([s.lr], s.lr) if s.lr else (s.rates, s.inside_lr)
    runs, inside = [], []
    run.record("losses.json", {"text": about(text), "steps": s.steps, "runs": runs})
    run.record("inside.json", {"lr": inside_lr, "every": EVERY, "runs": inside})
    steps = {k: step_of(text, small_gpt(text, 0, **MODEL, **v)) for k, v in VARIANTS.items()}
    run.record("timings.json", {"step_ms": interleaved(steps, s.timing_repeats)})
    cells = list(product(range(s.seeds), rates, VARIANTS))
    with run.progress(len(cells) * s.steps) as advance:
        for seed, lr, name in cells:
            look = name in INSIDE and lr == inside_lr
            record, seen = cell(text, s, advance, seed, lr, name, look)
            runs.append(record)
            inside += [seen] * look
            run.save()


def cell(text, s, advance, seed, lr, name, look_inside):
    """One run of a variant at a rate, and what FIGURES names of its blocks, every fifth step."""
    model = small_gpt(text, seed, **MODEL, **VARIANTS[name])
    blocks = {str(i): model.blocks[i - 1] for i in BLOCKS} if look_inside else {}
    how = {"seed": seed, "training": {"steps": s.steps, "lr": lr, "evaluate_every": 20}}
    spread, taken = {}, count(1)
    named = {f"block {i}": block for i, block in blocks.items()}
    with LayerHistory(blocks) as seen, Histograms(named, **SIZES) as sizes:

        def watch():
            seen.step()
            if next(taken) == min(AT, s.steps):
                spread.update(sizes.record())

        record = language_run(text, model, advance, **how, watch=watch, variant=name, lr=lr)
    every = {k: {b: v[::EVERY] for b, v in getattr(seen, k).items()} for k in FIGURES}
    return record, {"variant": name, "seed": seed} | every | {"sizes": spread}


def texts(records):
    cells, times = Cells.of_text(records["losses.json"]), records["timings.json"]["step_ms"]
    return {"table.md": runs_table(cells, list(VARIANTS), times)}


def findings(records):
    steps, cells = records["losses.json"]["steps"], Cells.of_text(records["losses.json"])
    rates = sorted(cells.by("lr"))
    bare, post, *pre = (cells.of(variant=name) for name in VARIANTS)
    diverged, stalled, trained = map(cells.is_, ("diverged", "stalled", "trained"))
    ends = bare.of(lr=rates[-1]).all(diverged) and bare.of(lr=rates[0]).all(trained)
    claims = {
        "no norm": claim(
            "learns at the lowest rate, diverges at the highest, every seed",
            ends if len(rates) > 1 else None,
        ),
        "post LayerNorm": claim(
            "stalled from lr 0.005 upward, every seed, and never diverged",
            post.of(lr=lambda lr: lr >= 5e-3).all(stalled),
            not post.any(diverged),
        ),
    }
    for name, mine in zip(list(VARIANTS)[2:], pre, strict=True):
        claims[name] = claim("learns at every rate, every seed", mine.all(trained))
    said = {
        "no norm": " A low rate suits it, a high one kills it." if ends else "",
        "post LayerNorm": " Stalled means: no better than knowing how frequent each character is "
        f"({cells.entropy:.2f}), finite and quiet.",
    } | {name: " It learns at every rate." for name in list(VARIANTS)[2:] if claims[name]["held"]}
    found = []
    for name, mine in cells.by("variant").items():
        at = mine.by("lr")
        came = f"{' / '.join(at[lr].end for lr in rates)}.{said.get(name, '')}"
        sentence = f"validation at lr {' / '.join(f'{lr:g}' for lr in rates)}: {came}"
        word, key = at[rates[-1]].word, name.lower().replace(" ", "_")
        outcome = f"{word} at lr {rates[-1]:g}"
        found.append(Finding(name, outcome, sentence, **claims[name], key=key, word=word))
    pairs = zip(*(c.runs for c in pre), strict=True)
    gap = median(abs(held_out(a) - held_out(b)) for a, b in pairs)
    sentence = f"With the same seed and rate the two pre-norms end {gap:.3f} apart in the median."
    near = claim("less than 0.05 apart after 200 steps", gap < 0.05 if steps >= 200 else None)
    found.append(Finding("LayerNorm or RMSNorm", f"{gap:.3f} apart", sentence, **near))
    if records["inside.json"]["runs"]:
        found.append(fates_inside(records["inside.json"]))
    return found


def fates_inside(inside):
    """How large the signal gets without a norm, and how much of the gradient reaches block 1."""
    lr, low, top = inside["lr"], str(BLOCKS[0]), str(BLOCKS[-1])
    runs = Cells(inside["runs"]).by("variant")

    def share(run):
        pairs = list(zip(*(run["gradient_norm"][block] for block in (low, top)), strict=True))
        return median(a / b for a, b in pairs[len(pairs) // 2 :])

    grown = [run["activation_std"][top][-1] for run in runs["no norm"].runs]
    post, pre = ([share(r) for r in runs[n].runs] for n in ("post LayerNorm", "pre RMSNorm"))
    said = "without a norm above 1e3; post-norm below 1e-3, pre-norm above 0.1; every seed"
    held = min(grown) > 1e3 and max(post) < 1e-3 and min(pre) > 0.1 if lr >= 2e-2 else None
    return Finding(
        "inside the blocks",
        f"{median(post):.0e} of the gradient",
        f"lr {lr:g}: without a norm block {top}'s output ends with a std of {median(grown):.0e}. "
        f"The gradient norm of block {low} over that of block {top}, second half of the run: "
        f"{median(post):.0e} with post-norm, {median(pre):.2g} with pre-norm.",
        **claim(said, held),
    )


def figures(records):
    drawn = {"norm_comparison.png": comparison(records)}
    if records["inside.json"]["runs"]:
        drawn |= {"inside.png": inside(records), "sizes.png": sizes(records["inside.json"])}
    return drawn


def inside(records):
    record, lr = records["inside.json"], records["inside.json"]["lr"]
    title = f"Inside the blocks, lr {lr:g}"
    if fates_inside(record).held:
        title = (
            f"Three fates at lr {lr:g}: without a norm the signal explodes; with post-norm no "
            "gradient reaches\nthe lower blocks; with pre-norm every block gets one and moves"
        )
    shape = {"size": (11, 10), "sharex": True, "sharey": "row"}
    figure, axes = plot.new_figure(title, len(FIGURES), len(INSIDE), **shape)
    cells, runs = Cells(records["losses.json"]["runs"]), Cells(record["runs"]).by("variant")
    layer_curves(axes, {name: runs[name].runs for name in INSIDE}, FIGURES, record["every"])
    for column, name in enumerate(INSIDE):
        died = [r["diverged_at"] for r in cells.of(variant=name, lr=lr).runs]
        if None not in died:
            plot.divergence(axes[0, column], median(died), STYLES[name], "diverged")
    plot.legend_below(figure, axes[0, -1])
    return figure


def sizes(record):
    """How large single entries of output and gradient are after AT steps, block by block."""
    title = f"After {AT} steps, lr {record['lr']:g}: how large single entries are"
    if fates_inside(record).held:
        title = "post-norm's outputs look healthy; its gradients die on the way down"
        title = f"After {AT} steps {title}"
    runs = Cells(record["runs"]).by("variant")
    panels = {name: [run["sizes"] for run in runs[name].runs] for name in INSIDE}
    return histograms(title, panels, SIZES, "a block's")


def comparison(records):
    cells = Cells.of_text(records["losses.json"])
    rates = sorted(cells.by("lr"))
    title = "Where the norm stands, at each learning rate"
    if all(finding.held for finding in findings(records)[:4]):
        title = (
            "No norm is ahead at the lowest rate and dies at the highest; "
            "post-norm stalls from 0.005 up, pre-norm learns at all"
        )
    shape = {"size": (1.2 + 3.9 * len(rates), 6.4), "sharex": True, "sharey": True}
    figure, axes = plot.new_figure(title, 2, len(rates), **shape)
    for (train, unseen), lr in zip(axes.T, rates, strict=True):
        train.set_title(f"learning rate {lr:g}", fontsize=10)
        unseen.set(xlabel="step", ylim=(2.1, 4.7))
        text_curves((train, unseen), cells.of(lr=lr).by("variant"), STYLES)
    axes[0, 0].set_ylabel("training loss (nats)")
    axes[1, 0].set_ylabel("validation loss (nats)")
    return figure


if __name__ == "__main__":
    lab.main(__file__)
