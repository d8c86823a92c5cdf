"""Lab 05: pre-norm against post-norm, over depth and learning rate, with and without warmup."""

import math
from dataclasses import dataclass
from itertools import product
from statistics import median

import numpy as np

from minigrad import Generator, from_numpy, lab
from minigrad.lab import Finding, plot
from minigrad.lab.cells import Cells, claim
from minigrad.lab.curves import text_curves, trainability
from minigrad.lab.language import Text, about, corpus, language_run, small_gpt
from minigrad.training.language import language_loss

# where the norm stands, and the steps of warmup
VARIANTS = {"pre-norm": ("pre", 0), "post-norm": ("post", 0), "post-norm, warmup": ("post", 100)}
STYLES = dict(
    zip(VARIANTS, (plot.PLACEMENTS["pre"], plot.PLACEMENTS["post"], plot.STYLES[5]), strict=True)
)
SHOWN = {"layers": 8, "lr": 5e-3}  # the cell whose curves are drawn


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Pre-norm, post-norm, and post-norm with warmup, over depth and learning rate."""

    seeds: int = 3
    steps: int = 200
    lr: float | None = None  # in place of the rates
    depths: tuple[int, ...] = (4, 8, 12)
    rates: tuple[float, ...] = (2e-3, 5e-3, 1e-2)
    text: Text = "alice"
    gradient_depths: tuple[int, ...] = (2, 4, 8, 16, 32)
    gradient_seeds: int = 10


QUICK = {
    **{"seeds": 1, "steps": 160, "depths": (4, 8), "rates": (5e-3, 1e-2)},
    **{"gradient_depths": (2, 8, 32), "gradient_seeds": 4},
}

# Where Xiong et al.'s law is derived, and where it is weak.
SETTINGS = {
    "Xavier, embeddings 0.3": {"law": "xavier", "std": 0.3},
    "default init, embeddings 1": {"law": "default", "std": 1.0},
}


def experiment(s, run, pieces):
    text = corpus(s.text)
    runs, gradients, rates = [], [], [s.lr] if s.lr else s.rates
    run.record("losses.json", {"text": about(text), "steps": s.steps, "runs": runs})
    run.record("gradients.json", {"runs": gradients})
    for setting, placement, layers in product(SETTINGS, ("pre", "post"), s.gradient_depths):
        seeds = range(s.gradient_seeds)
        norms = [last_gradient(text, i, layers, placement, **SETTINGS[setting]) for i in seeds]
        label = {"setting": setting, "placement": placement, "layers": layers}
        gradients.append(label | {"norms": norms})
    cells = list(product(range(s.seeds), s.depths, rates, VARIANTS))
    with run.progress(len(cells) * s.steps) as advance:
        for seed, layers, lr, name in cells:
            runs.append(cell(text, s, advance, seed, layers, lr, name))
            run.save()


def cell(text, s, advance, seed, layers, lr, name):
    """One run: a variant at a depth and a rate."""
    placement, warmup = VARIANTS[name]
    shape = {"dim": 32, "heads": 4, "norm": "layernorm", "placement": placement}
    training = {"steps": s.steps, "evaluate_every": 20, "lr": lr, "warmup": warmup}
    model = small_gpt(text, seed, layers=layers, **shape)
    labels = {"variant": name, "layers": layers, "lr": lr}
    return language_run(text, model, advance, seed=seed, training=training, **labels)


def last_gradient(text, seed, layers, placement, law, std):
    """‖∂loss/∂W₂‖ of the last block's FFN at initialization, d = 64, head N(0, 1/d)."""
    model = small_gpt(text, seed, layers=layers, dim=64, norm="layernorm", placement=placement)
    model.init_weights(law, embedding_std=std, head_std=64**-0.5, generator=Generator(seed))
    x, y = next(text.batches(4, 32, seed))
    language_loss(model, from_numpy(x), from_numpy(y)).backward()
    gradient = model.blocks[layers - 1].ffn.down.weight.grad.array
    return float(np.linalg.norm(gradient))


def relative(records, setting, placement):
    """{depth: median gradient norm over its value at the smallest depth}."""
    runs = Cells(records["gradients.json"]["runs"]).of(setting=setting, placement=placement).runs
    norms = {run["layers"]: median(run["norms"]) for run in runs}
    return {layers: norm / norms[min(norms)] for layers, norm in norms.items()}


def findings(records):
    cells = Cells.of_text(records["losses.json"])
    stalled, trained = map(cells.is_, ("stalled", "trained"))
    pre, post, warm = (cells.of(variant=name) for name in VARIANTS)
    hard = post.of(layers=lambda n: n >= 8, lr=lambda lr: lr >= 5e-3)
    before, saved = (c.of(**SHOWN) for c in (post, warm))
    claims = {
        "pre-norm": claim("learns in every cell", pre.all(trained)),
        "post-norm": claim(
            "stalled, never diverged, at 8 layers or more with lr 0.005 or more",
            hard.all(stalled),
        ),
        "post-norm, warmup": claim(
            "learns at 8 layers and lr 0.005, where no warmup is stalled; not at lr 0.01",
            before.all(stalled),
            saved.all(trained),
            warm.of(layers=8, lr=1e-2).all(stalled),
        ),
    }
    found = [outcome(cells, name, claims[name]) for name in VARIANTS]
    return found + [law(records, setting) for setting in SETTINGS]


def outcome(cells, name, claimed):
    mine, trained = cells.of(variant=name).by("layers", "lr"), cells.is_("trained")
    n, learning = len(mine), cells.of(variant=name).learned("layers", "lr")
    sentence = f"every seed learns in {learning} of the {n} cells (depth × learning rate)"
    if name == "post-norm, warmup":
        without = cells.of(variant="post-norm").by("layers", "lr")
        rescued = [
            f"{layers} layers, lr {lr:g}: {without[layers, lr].end} to {c.end}"
            for (layers, lr), c in mine.items()
            if not without[layers, lr].all(trained) and c.any(trained)
        ]
        sentence += "; it saves " + "; ".join(rescued) if rescued else ""
    shown, word, ended = mine.get(tuple(SHOWN.values())), "", f"{learning} of {n} cells"
    if shown:
        word = shown.word
        ended = f"{word} at {SHOWN['layers']} layers, lr {SHOWN['lr']:g}"
    key = name.replace(", ", "_").replace("-", "_")
    return Finding(name, ended, sentence + ".", **claimed, key=key, word=word)


def law(records, setting):
    """How the last layer's gradient at init goes with depth, against 1/√L."""
    pre, post = (relative(records, setting, placement) for placement in ("pre", "post"))
    low, high = min(pre), max(pre)
    expected = math.sqrt(low / high)
    claimed = claim("the law is weak: pre-norm stays above 0.5", pre[high] > 0.5)
    if setting == next(iter(SETTINGS)):
        claimed = claim(
            "pre-norm within 25 % of 1/√L, post-norm not below 0.9",
            abs(pre[high] / expected - 1) < 0.25 and post[high] > 0.9,
        )
    sentence = (
        f"From {low} to {high} layers the last layer's gradient falls to {pre[high]:.2f} with "
        f"pre-norm (1/√L: {expected:.2f}) and goes to {post[high]:.2f} with post-norm."
    )
    return Finding(f"gradient at init: {setting}", f"{pre[high]:.2f}", sentence, **claimed)


def figures(records):
    cells = Cells.of_text(records["losses.json"])
    drawn = {"trainability.png": border(cells), "gradient_at_init.png": gradients(records)}
    shown = cells.of(**SHOWN).by("variant")
    return ({"prenorm_vs_postnorm.png": convergence(shown)} if shown else {}) | drawn


def convergence(shown):
    post, warm, pre = (shown[name].end for name in ("post-norm", "post-norm, warmup", "pre-norm"))
    where = f"{SHOWN['layers']} layers, lr {SHOWN['lr']:g}"
    title = f"{where}: post-norm {post}, with warmup {warm}, pre-norm {pre}"
    figure, axes = plot.new_figure(title, columns=2, size=(10.5, 4.2), sharey=True)
    axes[0, 0].set(title="training (mean of 10 steps)", xlabel="step", ylabel="loss (nats)")
    axes[0, 1].set(title="validation", xlabel="step", ylim=(2.3, 4.7))
    text_curves(axes[0], shown, STYLES)
    return figure


def border(cells):
    learned = {name: mine.learned("layers", "lr") for name, mine in cells.by("variant").items()}
    counts = [f"{k.replace(',', ' with')} trains in {n}" for k, n in learned.items()]
    title = (
        f"Of {len(cells.by('layers', 'lr'))} combinations {', '.join(counts)}\n(a combination "
        "counts if every seed learns; numbers: validation loss, dark: stalled)"
    )
    rows = {f"{n}": {"layers": n} for n in sorted(cells.by("layers"))}
    columns = {f"{lr:g}": {"lr": lr} for lr in sorted(cells.by("lr"))}
    look = {"size": (10.5, 3.9), "xlabel": "learning rate", "loss": "validation loss"}
    figure = trainability(title, cells, VARIANTS, rows, columns, **look)
    figure.axes[0].set_ylabel("layers")
    return figure


def gradients(records):
    title = (
        "Pre-norm's last-layer gradient falls as 1/√L where branches are large, hardly where small"
    )
    figure, axes = plot.new_figure(title, columns=len(SETTINGS), size=(10.5, 4.0), sharey=True)
    runs = Cells(records["gradients.json"]["runs"])
    for ax, setting in zip(axes[0], SETTINGS, strict=True):
        ends = []
        for placement, style in (("pre", STYLES["pre-norm"]), ("post", STYLES["post-norm"])):
            mine = runs.of(setting=setting, placement=placement).runs
            depths, norms = [r["layers"] for r in mine], np.array([r["norms"] for r in mine]).T
            norms = norms / np.median(norms[:, 0])
            plot.band(ax, depths, norms, style, marker_every=1)
            ends.append((float(np.median(norms[:, -1])), f"{placement}-norm", style.color))
        law = np.sqrt(depths[0] / np.array(depths))
        ax.plot(depths, law, color=plot.REFERENCE, ls="--", lw=1)
        if setting == next(iter(SETTINGS)):
            at = (depths[len(depths) // 2], law[len(depths) // 2])
            look = {"color": plot.REFERENCE, "ha": "right", "va": "top"}
            ax.annotate("1/√L", at, (-6, -10), textcoords="offset points", **look)
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
