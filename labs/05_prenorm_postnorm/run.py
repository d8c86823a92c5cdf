"""Lab 05: pre-norm against post-norm, over depth and learning rate, with and without warmup."""

import math
from statistics import median

import numpy as np

from minigrad import Generator, from_numpy, lab
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
from minigrad.training.language import language_loss

VARIANTS = {
    "pre-norm": {"placement": "pre"},
    "post-norm": {"placement": "post"},
    "post-norm, warmup": {"placement": "post", "warmup": 100},
}
STYLES = dict(zip(VARIANTS, (plot.STYLES[2], plot.STYLES[0], plot.STYLES[1]), strict=True))
SHOWN = {"layers": 4, "lr": 1e-2}  # the cell whose curves are drawn

Options = TextOptions
FULL = {
    "seeds": 3,
    "steps": 200,
    "lr": None,
    "depths": [4, 8, 12],
    "rates": [2e-3, 5e-3, 1e-2],
    "text": "python",
    "gradient_depths": [2, 4, 8, 16, 32],
    "gradient_seeds": 10,
}
QUICK = FULL | {
    "seeds": 1,
    "steps": 160,
    "depths": [4, 8],
    "rates": [5e-3, 1e-2],
    "gradient_depths": [2, 8, 32],
    "gradient_seeds": 4,
}
PIECES = {}

# Where Xiong et al.'s law is derived, and where it is weak.
SETTINGS = {
    "Xavier, embeddings 0.3": {"law": "xavier", "embedding_std": 0.3},
    "default init, embeddings 1": {"law": "default", "embedding_std": 1.0},
}


def data(s):
    return about(corpus(s.text))


def experiment(s, run, pieces):
    text = corpus(s.text)
    rates = [s.lr] if s.lr else s.rates
    runs, gradients = [], []
    run.record("losses.json", {"text": about(text), "steps": s.steps, "runs": runs})
    run.record("gradients.json", {"runs": gradients})
    cells = len(VARIANTS) * len(s.depths) * len(rates)
    with run.progress(cells * s.seeds * s.steps) as advance:
        for setting, init in SETTINGS.items():
            for placement in ("pre", "post"):
                for layers in s.gradient_depths:
                    norms = [
                        last_gradient(text, seed, layers, placement, **init)
                        for seed in range(s.gradient_seeds)
                    ]
                    gradients.append(
                        {"setting": setting, "placement": placement, "layers": layers}
                        | {"norms": norms}
                    )
        for seed in range(s.seeds):
            for layers in s.depths:
                for lr in rates:
                    for name, options in VARIANTS.items():
                        model = {"placement": options["placement"], "norm": "layernorm"}
                        training = {"lr": lr, "warmup": options.get("warmup", 0)}
                        runs.append(
                            language_run(
                                text,
                                small_gpt(text, seed, layers=layers, dim=32, heads=4, **model),
                                advance,
                                seed=seed,
                                training={"steps": s.steps, "evaluate_every": 20} | training,
                                variant=name,
                                layers=layers,
                                lr=lr,
                            )
                        )
                    run.save()


def last_gradient(text, seed, layers, placement, law, embedding_std):
    """‖∂loss/∂W₂‖ of the last block's FFN at initialization, d = 64, head N(0, 1/d)."""
    model = small_gpt(text, seed, layers=layers, dim=64, norm="layernorm", placement=placement)
    model.init_weights(
        law, embedding_std=embedding_std, head_std=64**-0.5, generator=Generator(seed)
    )
    x, y = next(text.batches(4, 32, seed))
    language_loss(model, from_numpy(x), from_numpy(y)).backward()
    gradient = model.blocks[layers - 1].ffn.down.weight.grad.array
    return float(np.linalg.norm(gradient))


def relative(records, setting, placement):
    """{depth: median gradient norm over its value at the smallest depth}."""
    cells = {
        r["layers"]: median(r["norms"])
        for r in records["gradients.json"]["runs"]
        if (r["setting"], r["placement"]) == (setting, placement)
    }
    first = cells[min(cells)]
    return {layers: norm / first for layers, norm in cells.items()}


def findings(records):
    losses = records["losses.json"]
    unigram = losses["text"]["unigram_loss"]
    cells = group(losses["runs"], "variant", "layers", "lr")
    found = []
    for name in VARIANTS:
        mine = {key[1:]: runs for key, runs in cells.items() if key[0] == name}
        n = len(mine)
        trained = sum(all(learned(r, unigram) for r in runs) for runs in mine.values())
        sentence = f"every seed learns in {trained} of the {n} cells (depth × learning rate)"
        if name == "pre-norm":
            predicted, held = "learns in every cell", trained == n
        elif name == "post-norm":
            hard = [runs for (layers, lr), runs in mine.items() if layers >= 8 and lr >= 5e-3]
            predicted = "stuck, never NaN, at 8 layers or more with lr 0.005 or more"
            held = all(is_stuck(r, unigram) for runs in hard for r in runs) if hard else None
        else:
            predicted = "learns at 4 layers and lr 0.01, where no warmup is stuck; not at 8 layers"
            saved, lost = mine.get((4, 1e-2)), mine.get((8, 1e-2))
            held = None
            if saved and lost:
                before = cells["post-norm", 4, 1e-2]
                held = all(is_stuck(r, unigram) for r in before + lost) and all(
                    learned(r, unigram) for r in saved
                )
            rescued = [
                f"{layers} layers, lr {lr:g}: {fate(cells['post-norm', layers, lr], unigram)} to "
                f"{fate(runs, unigram)}"
                for (layers, lr), runs in mine.items()
                if not all(learned(r, unigram) for r in cells["post-norm", layers, lr])
                and any(learned(r, unigram) for r in runs)
            ]
            sentence += "; it saves " + "; ".join(rescued) if rescued else ""
        shown = mine.get((SHOWN["layers"], SHOWN["lr"]))
        at = f" at {SHOWN['layers']} layers, lr {SHOWN['lr']:g}"
        ended = word(shown, unigram) + at if shown else f"{trained} of {n} cells"
        found.append(Finding(name, ended, sentence + ".", predicted, held))
    strict = next(iter(SETTINGS))
    for setting in SETTINGS:
        pre = relative(records, setting, "pre")
        post = relative(records, setting, "post")
        low, high = min(pre), max(pre)
        law = math.sqrt(low / high)
        sentence = (
            f"From {low} to {high} layers the last layer's gradient falls to "
            f"{pre[high]:.2f} with pre-norm (1/√L: {law:.2f}) and goes to {post[high]:.2f} with "
            "post-norm."
        )
        if setting == strict:
            predicted = "pre-norm within 25 % of 1/√L, post-norm not below 0.9"
            held = abs(pre[high] / law - 1) < 0.25 and post[high] > 0.9
        else:
            predicted = "the law is weak: pre-norm stays above 0.5"
            held = pre[high] > 0.5
        found.append(
            Finding(f"gradient at init: {setting}", f"{pre[high]:.2f}", sentence, predicted, held)
        )
    return found


def figures(records):
    drawn = {"trainability.png": trainability(records), "gradient_at_init.png": gradients(records)}
    curves = convergence(records)
    return ({"prenorm_vs_postnorm.png": curves} if curves else {}) | drawn


def convergence(records):
    losses = records["losses.json"]
    cells = group(losses["runs"], "variant", "layers", "lr")
    unigram, bigram = losses["text"]["unigram_loss"], losses["text"]["bigram_loss"]
    layers, lr = SHOWN["layers"], SHOWN["lr"]
    if ("pre-norm", layers, lr) not in cells:
        return None
    figure, axes = plot.new_figure(
        f"{layers} layers, lr {lr:g}: post-norm "
        f"{fate(cells['post-norm', layers, lr], unigram)}, with warmup "
        f"{fate(cells['post-norm, warmup', layers, lr], unigram)}, pre-norm "
        f"{fate(cells['pre-norm', layers, lr], unigram)}",
        1,
        2,
        size=(10.5, 4.2),
        sharey=True,
    )
    train, held_out = axes[0]
    ends = []
    for name, style in STYLES.items():
        runs = cells[name, layers, lr]
        curve = plot.smooth(plot.over_seeds([r["losses"] for r in runs]), 10)
        plot.band(train, np.arange(curve.shape[1]), curve, style)
        alive = [r["validation"] for r in runs if r["diverged_at"] is None]
        if alive:
            values = np.array([[v for _, v in line] for line in alive])
            plot.band(held_out, [step for step, _ in alive[0]], values, style)
            ends.append((float(np.median(values[:, -1])), name, style.color))
    known = [(unigram, "unigram", plot.REFERENCE), (bigram, "bigram", plot.REFERENCE)]
    for ax, title in ((train, "training (mean of 10 steps)"), (held_out, "validation")):
        for value, _, color in known:
            ax.axhline(value, color=color, lw=0.8, ls=":")
        ax.set_title(title, fontsize=10)
        ax.set_xlabel("step")
        ax.set_ylim(2.3, 4.7)
    train.set_ylabel("loss (nats)")
    plot.label_ends(held_out, [*ends, *known])
    return figure


def trainability(records):
    losses = records["losses.json"]
    unigram, bigram = losses["text"]["unigram_loss"], losses["text"]["bigram_loss"]
    cells = group(losses["runs"], "variant", "layers", "lr")
    depths, rates = sorted({k[1] for k in cells}), sorted({k[2] for k in cells})
    learning = {
        name: sum(
            all(learned(r, unigram) for r in runs) for key, runs in cells.items() if key[0] == name
        )
        for name in VARIANTS
    }
    figure, axes = plot.new_figure(
        f"Of {len(depths) * len(rates)} combinations "
        + ", ".join(f"{name.replace(',', ' with')} trains in {n}" for name, n in learning.items())
        + "\n(a combination counts if every seed learns; numbers: validation loss, dark is stuck)",
        1,
        len(VARIANTS),
        size=(10.5, 3.9),
        sharey=True,
    )
    for ax, name in zip(axes[0], VARIANTS, strict=True):
        values = np.array(
            [[median(map(final, cells[name, layers, lr])) for lr in rates] for layers in depths]
        )
        image = ax.imshow(
            values, origin="lower", aspect="auto", cmap="cividis_r", vmin=bigram, vmax=unigram
        )
        for row, layers in enumerate(depths):
            for column, lr in enumerate(rates):
                runs = cells[name, layers, lr]
                stuck = sum(is_stuck(r, unigram) for r in runs)
                text = f"{values[row, column]:.2f}"
                text += f"\nstuck {stuck}/{len(runs)}" if stuck else ""
                dark = values[row, column] > (unigram + bigram) / 2
                ax.text(
                    column,
                    row,
                    text,
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if dark else "black",
                )
        ax.grid(False)
        ax.set_title(name, fontsize=10)
        ax.set_xticks(range(len(rates)), [f"{lr:g}" for lr in rates])
        ax.set_yticks(range(len(depths)), depths)
        ax.set_xlabel("learning rate")
    axes[0, 0].set_ylabel("layers")
    figure.colorbar(image, ax=axes[0].tolist(), label="validation loss (nats)")
    return figure


def gradients(records):
    strict = next(iter(SETTINGS))
    figure, axes = plot.new_figure(
        "Pre-norm's last-layer gradient at init falls as 1/√L, post-norm's does not",
        1,
        len(SETTINGS),
        size=(10.5, 4.0),
        sharey=True,
    )
    for ax, setting in zip(axes[0], SETTINGS, strict=True):
        ends = []
        for placement, style in (("pre", STYLES["pre-norm"]), ("post", STYLES["post-norm"])):
            runs = [
                r
                for r in records["gradients.json"]["runs"]
                if (r["setting"], r["placement"]) == (setting, placement)
            ]
            depths = [r["layers"] for r in runs]
            norms = np.array([r["norms"] for r in runs]).T
            norms = norms / np.median(norms[:, 0])
            plot.band(ax, depths, norms, style, marker_every=1)
            ends.append((float(np.median(norms[:, -1])), f"{placement}-norm", style.color))
        law = np.sqrt(depths[0] / np.array(depths))
        ax.plot(depths, law, color=plot.REFERENCE, ls="--", lw=1)
        if setting == strict:
            middle = len(depths) // 2
            ax.annotate(
                "1/√L",
                (depths[middle], law[middle]),
                (-6, -10),
                textcoords="offset points",
                color=plot.REFERENCE,
                ha="right",
                va="top",
            )
        ax.set_xscale("log", base=2)
        ax.set_yscale("log", base=2)
        ax.set_xticks(depths, depths)
        ax.yaxis.set_major_formatter("{x:g}")
        ax.set_title(setting, fontsize=10)
        ax.set_xlabel("layers L")
        plot.label_ends(ax, ends)
    axes[0, 0].set_ylabel(f"‖∂loss/∂W₂‖ of the last block, over L = {depths[0]}")
    return figure


if __name__ == "__main__":
    lab.main(__file__)
