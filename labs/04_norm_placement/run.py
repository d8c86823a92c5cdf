"""Lab 04: the same transformer with no norm, post-norm and pre-norm, over learning rates."""

from statistics import median

import numpy as np

from minigrad import lab
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

VARIANTS = {
    "no norm": {"norm": None},
    "post LayerNorm": {"norm": "layernorm", "placement": "post"},
    "pre LayerNorm": {"norm": "layernorm", "placement": "pre"},
    "pre RMSNorm": {"norm": "rmsnorm", "placement": "pre"},
}
STYLES = dict(zip(VARIANTS, plot.STYLES, strict=False))
MODEL = {"layers": 16, "dim": 32, "heads": 4}

Options = TextOptions
FULL = {"seeds": 3, "steps": 200, "lr": None, "rates": [1e-3, 5e-3, 2e-2], "text": "python"}
QUICK = FULL | {"seeds": 1, "steps": 120, "rates": [5e-3, 2e-2]}
PIECES = {}


def data(s):
    return about(corpus(s.text))


def experiment(s, run, pieces):
    text = corpus(s.text)
    rates = [s.lr] if s.lr else s.rates
    runs = []
    run.record("losses.json", {"text": about(text), "steps": s.steps, "runs": runs})
    with run.progress(len(VARIANTS) * len(rates) * s.seeds * s.steps) as advance:
        for seed in range(s.seeds):
            for lr in rates:
                for name, norm in VARIANTS.items():
                    runs.append(
                        language_run(
                            text,
                            small_gpt(text, seed, **MODEL, **norm),
                            advance,
                            seed=seed,
                            training={"steps": s.steps, "lr": lr, "evaluate_every": 20},
                            variant=name,
                            lr=lr,
                        )
                    )
                run.save()
    run.write("table.md", table(run.records["losses.json"]))


def table(records):
    """One line per variant and rate."""
    head = ["variant", "lr", "validation", "range over seeds", "step of divergence"]
    rows = []
    for (name, lr), runs in group(records["runs"], "variant", "lr").items():
        alive = [final(r) for r in runs if r["diverged_at"] is None]
        rows.append(
            [
                name,
                f"{lr:g}",
                fate(runs, records["text"]["unigram_loss"]),
                f"{min(alive):.2f} – {max(alive):.2f}" if alive else "–",
                ", ".join(str(r["diverged_at"]) for r in runs if r["diverged_at"] is not None)
                or "–",
                f"{median(r['step_ms'] for r in runs):.1f}",
                f"{runs[0]['parameters']:,}",
            ]
        )
    rows.sort(key=lambda row: list(VARIANTS).index(row[0]))
    return "\n".join(markdown_table([*head, "step, ms", "parameters"], rows)) + "\n"


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
    return found


def figures(records):
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
            for value, text in ((unigram, "unigram"), (bigram, "bigram")):
                ax.axhline(value, color=plot.REFERENCE, lw=0.8, ls=":")
                if column == 0:
                    ax.annotate(text, (1, value), fontsize=8, color=plot.REFERENCE, va="bottom")
            ax.set_ylim(2.1, 4.7)
        train.set_title(f"learning rate {lr:g}", fontsize=10)
        held_out.set_xlabel("step")
        plot.label_ends(held_out, ends)
    axes[0, 0].set_ylabel("training loss (nats)")
    axes[1, 0].set_ylabel("validation loss (nats)")
    return {"norm_comparison.png": figure}


if __name__ == "__main__":
    lab.main(__file__)
