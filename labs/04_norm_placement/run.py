"""Lab 04: the same transformer with no norm, post-norm and pre-norm, over learning rates."""

from statistics import median

import numpy as np

from minigrad import from_numpy, lab, optim
from minigrad.lab import Finding, plot
from minigrad.lab.language import (
    TextOptions,
    about,
    corpus,
    fate,
    final,
    group,
    is_stuck,
    language_run,
    learned,
    small_gpt,
    word,
)
from minigrad.lab.report import markdown_table
from minigrad.lab.timing import interleaved, ratio
from minigrad.probe import LayerHistory
from minigrad.training.language import language_loss

VARIANTS = {
    "no norm": {"norm": None},
    "post LayerNorm": {"norm": "layernorm", "placement": "post"},
    "pre LayerNorm": {"norm": "layernorm", "placement": "pre"},
    "pre RMSNorm": {"norm": "rmsnorm", "placement": "pre"},
}
STYLES = dict(zip(VARIANTS, plot.STYLES, strict=False))
MODEL = {"layers": 16, "dim": 32, "heads": 4}

# What is looked into: three variants at one rate, in four of the sixteen blocks, every fifth step.
INSIDE = ("no norm", "post LayerNorm", "pre RMSNorm")
BLOCKS = (1, 6, 11, 16)
EVERY = 5
FIGURES = {
    "activation_std": "std of the block's output",
    "gradient_norm": "gradient norm of its weights",
    "update_ratio": "update / weight, per step",
}

Options = TextOptions
FULL = {
    "seeds": 3,
    "steps": 200,
    "lr": None,
    "rates": [1e-3, 5e-3, 2e-2],
    "inside_lr": 2e-2,
    "text": "python",
    "timing_repeats": 25,
}
QUICK = FULL | {"seeds": 1, "steps": 120, "rates": [5e-3, 2e-2], "timing_repeats": 8}
PIECES = {}


def data(s):
    return about(corpus(s.text))


def experiment(s, run, pieces):
    text = corpus(s.text)
    rates, inside_lr = ([s.lr], s.lr) if s.lr else (s.rates, s.inside_lr)
    runs, inside = [], []
    run.record("losses.json", {"text": about(text), "steps": s.steps, "runs": runs})
    run.record("inside.json", {"lr": inside_lr, "every": EVERY, "runs": inside})
    run.record("timings.json", {"step_ms": step_times(text, s.timing_repeats)})
    with run.progress(len(VARIANTS) * len(rates) * s.seeds * s.steps) as advance:
        for seed in range(s.seeds):
            for lr in rates:
                for name, norm in VARIANTS.items():
                    model = small_gpt(text, seed, **MODEL, **norm)
                    looked_into = name in INSIDE and lr == inside_lr
                    blocks = {str(i): model.blocks[i - 1] for i in BLOCKS} if looked_into else {}
                    with LayerHistory(blocks) as seen:
                        runs.append(
                            language_run(
                                text,
                                model,
                                advance,
                                seed=seed,
                                training={"steps": s.steps, "lr": lr, "evaluate_every": 20},
                                watch=seen.step,
                                variant=name,
                                lr=lr,
                            )
                        )
                    if looked_into:
                        inside.append({"variant": name, "seed": seed} | thinned(seen))
                run.save()
    run.write("table.md", table(run.records))


def thinned(seen):
    """What FIGURES names, per block, every fifth step."""
    return {
        key: {block: values[::EVERY] for block, values in getattr(seen, key).items()}
        for key in FIGURES
    }


def step_times(text, repeats):
    """Milliseconds of a training step of each variant, side by side."""
    x, y = map(from_numpy, next(text.batches(8, 32, 0)))

    def step_of(norm):
        model = small_gpt(text, 0, **MODEL, **norm)
        updates = optim.Adam(model.parameters(), lr=1e-3)

        def step():
            updates.zero_grad()
            language_loss(model, x, y).backward()
            updates.step()

        return step

    return interleaved({name: step_of(norm) for name, norm in VARIANTS.items()}, repeats)


def table(records):
    """One line per variant and rate."""
    times = records["timings.json"]["step_ms"]
    head = ["variant", "lr", "validation", "range over seeds", "step of divergence"]
    rows = []
    for (name, lr), runs in group(records["losses.json"]["runs"], "variant", "lr").items():
        alive = [final(r) for r in runs if r["diverged_at"] is None]
        rows.append(
            [
                name,
                f"{lr:g}",
                fate(runs, records["losses.json"]["text"]["unigram_loss"]),
                f"{min(alive):.2f} – {max(alive):.2f}" if alive else "–",
                ", ".join(str(r["diverged_at"]) for r in runs if r["diverged_at"] is not None)
                or "–",
                f"{median(times[name]):.1f}",
                f"{ratio(times[name], times['no norm'])[0]:.2f}",
                f"{runs[0]['parameters']:,}",
            ]
        )
    costs = ["step, ms", "its ratio to no norm", "parameters"]
    rows.sort(key=lambda row: list(VARIANTS).index(row[0]))
    return "\n".join(markdown_table([*head, *costs], rows)) + "\n"


def findings(records):
    losses = records["losses.json"]
    unigram = losses["text"]["unigram_loss"]
    cells = group(losses["runs"], "variant", "lr")
    rates = sorted({lr for _, lr in cells})
    low, high = rates[0], rates[-1]
    swept = len(rates) > 1

    def said(name):
        return " / ".join(fate(cells[name, lr], unigram) for lr in rates)

    def all_of(name, lr, test):
        return all(test(r) for r in cells[name, lr])

    def dies(r):
        return r["diverged_at"] is not None

    def learns(r):
        return learned(r, unigram)

    where = "validation at lr " + " / ".join(f"{lr:g}" for lr in rates)
    ends = all_of("no norm", high, dies) and all_of("no norm", low, learns)
    quiet = all(
        is_stuck(r, unigram) for lr in rates if lr >= 5e-3 for r in cells["post LayerNorm", lr]
    )
    found = [
        Finding(
            "no norm",
            f"{word(cells['no norm', high], unigram)} at lr {high:g}",
            f"{where}: {said('no norm')}."
            + (" A low rate suits it, a high one kills it." if ends else ""),
            "learns at the lowest rate, NaN at the highest, every seed",
            ends if swept else None,
        ),
        Finding(
            "post LayerNorm",
            f"{word(cells['post LayerNorm', high], unigram)} at lr {high:g}",
            f"{where}: {said('post LayerNorm')}. Stuck means: no better than knowing how frequent "
            f"each character is ({unigram:.2f}), finite and quiet.",
            "stuck from lr 0.005 upward, every seed, and never NaN",
            quiet and not any(dies(r) for lr in rates for r in cells["post LayerNorm", lr]),
        ),
    ]
    for name in ("pre LayerNorm", "pre RMSNorm"):
        every = all(all_of(name, lr, learns) for lr in rates)
        found.append(
            Finding(
                name,
                f"{word(cells[name, high], unigram)} at lr {high:g}",
                f"{where}: {said(name)}." + (" It learns at every rate." if every else ""),
                "learns at every rate, every seed",
                every,
            )
        )
    gap = median(
        abs(final(a) - final(b))
        for lr in rates
        for a, b in zip(cells["pre LayerNorm", lr], cells["pre RMSNorm", lr], strict=True)
    )
    found.append(
        Finding(
            "LayerNorm or RMSNorm",
            f"{gap:.3f} apart",
            f"With the same seed and rate the two pre-norms end {gap:.3f} apart in the median.",
            "less than 0.05 apart after 200 steps",
            gap < 0.05 if losses["steps"] >= 200 else None,
        )
    )
    if records["inside.json"]["runs"]:
        found.append(fates_inside(records["inside.json"]))
    return found


def fates_inside(inside):
    """How large the signal gets without a norm, and how much of the gradient reaches block 1."""
    lr, low, top = inside["lr"], str(BLOCKS[0]), str(BLOCKS[-1])
    runs = group(inside["runs"], "variant")

    def share(run):
        first, last = run["gradient_norm"][low], run["gradient_norm"][top]
        half = len(first) // 2
        return median(a / b for a, b in zip(first[half:], last[half:], strict=True))

    grown = [run["activation_std"][top][-1] for run in runs["no norm"]]
    post, pre = ([share(r) for r in runs[n]] for n in ("post LayerNorm", "pre RMSNorm"))
    return Finding(
        "inside the blocks",
        f"{median(post):.0e} of the gradient",
        f"lr {lr:g}: without a norm block {top}'s output ends with a std of {median(grown):.0e}. "
        f"The gradient norm of block {low} over that of block {top}, second half of the run: "
        f"{median(post):.0e} with post-norm, {median(pre):.2g} with pre-norm.",
        "without a norm above 1e3; post-norm below 1e-3, pre-norm above 0.1; every seed",
        min(grown) > 1e3 and max(post) < 1e-3 and min(pre) > 0.1 if lr >= 2e-2 else None,
    )


def figures(records):
    drawn = {"norm_comparison.png": comparison(records)}
    return drawn | ({"inside.png": inside(records)} if records["inside.json"]["runs"] else {})


def inside(records):
    record = records["inside.json"]
    lr = record["lr"]
    figure, axes = plot.new_figure(
        f"Three fates at lr {lr:g}: without a norm the signal explodes; with post-norm no gradient "
        "reaches\nthe lower blocks; with pre-norm every block gets one and moves"
        if fates_inside(record).held
        else f"Inside the blocks, lr {lr:g}",
        len(FIGURES),
        len(INSIDE),
        size=(11, 8),
        sharex=True,
        sharey="row",
    )
    runs, losses = group(record["runs"], "variant"), records["losses.json"]["runs"]
    for column, name in enumerate(INSIDE):
        for ax, (key, label) in zip(axes[:, column], FIGURES.items(), strict=True):
            for block, style in zip(BLOCKS, plot.STYLES, strict=False):
                values = plot.over_seeds([r[key][str(block)] for r in runs[name]])
                steps = record["every"] * np.arange(values.shape[1])
                plot.band(ax, steps, values, style, label=f"block {block}")
            ax.set_yscale("log")
            if column == 0:
                ax.set_ylabel(label)
        axes[0, column].set_title(name, fontsize=10)
        axes[-1, column].set_xlabel("step")
        died = [r["diverged_at"] for r in losses if (r["variant"], r["lr"]) == (name, lr)]
        if None not in died:
            plot.divergence(axes[0, column], median(died), plot.STYLES[0], "NaN")
    figure.legend(*axes[0, -1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def comparison(records):
    losses = records["losses.json"]
    cells = group(losses["runs"], "variant", "lr")
    rates = sorted({lr for _, lr in cells})
    unigram, bigram = losses["text"]["unigram_loss"], losses["text"]["bigram_loss"]
    held = all(finding.held is not False for finding in findings(records))
    figure, axes = plot.new_figure(
        "No norm dies at a high rate, post-norm gets stuck, pre-norm learns at every rate"
        if held
        else "Where the norm stands, at each learning rate",
        2,
        len(rates),
        size=(1.2 + 3.9 * len(rates), 6.4),
        sharey=True,
        sharex=True,
    )
    known = [(unigram, "unigram", plot.REFERENCE), (bigram, "bigram", plot.REFERENCE)]
    for column, lr in enumerate(rates):
        train, held_out = axes[:, column]
        ends = []
        for name, style in STYLES.items():
            runs = cells[name, lr]
            curve = plot.smooth(plot.over_seeds([r["losses"] for r in runs]), 10)
            plot.band(train, np.arange(curve.shape[1]), curve, style)
            alive = [r for r in runs if r["diverged_at"] is None]
            if alive:
                steps = [step for step, _ in alive[0]["validation"]]
                values = np.array([[v for _, v in r["validation"]] for r in alive])
                plot.band(held_out, steps, values, style)
                ends.append((float(np.median(values[:, -1])), name, style.color))
            dead = [r["diverged_at"] for r in runs if r["diverged_at"] is not None]
            if dead:
                text = f"{name}: NaN"
                for ax in (train, held_out):
                    plot.divergence(ax, median(dead), style, text)
        for ax in (train, held_out):
            for value, _, color in known:
                ax.axhline(value, color=color, lw=0.8, ls=":")
            ax.set_ylim(2.1, 4.7)
        train.set_title(f"learning rate {lr:g}", fontsize=10)
        held_out.set_xlabel("step")
        plot.label_ends(train, known)
        plot.label_ends(held_out, [*ends, *known])
    axes[0, 0].set_ylabel("training loss (nats)")
    axes[1, 0].set_ylabel("validation loss (nats)")
    return figure


if __name__ == "__main__":
    lab.main(__file__)
