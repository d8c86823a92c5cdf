"""Lab 11: how much of a loss curve can be said before the run: its start, its plateau, its tail?"""

from dataclasses import dataclass
from functools import partial
from itertools import product
from statistics import fmean, median

import numpy as np

from minigrad import Generator, from_numpy, lab
from minigrad.data import toy
from minigrad.lab import Finding, five, foretold, plot
from minigrad.lab.cells import LN2, Cells, claim, spread
from minigrad.lab.trainability import Net, train
from minigrad.nn import functional as F
from minigrad.signal.configuration import BATCH, INPUTS, Configuration
from minigrad.signal.optimizers import MOMENTUM
from minigrad.signal.predict import predict
from minigrad.signal.theory_curve import initial_loss, margins
from minigrad.signal.windows import WINDOWS, step_below, window_means


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Four networks at five rates, each curve said beforehand; the start alone by init scale."""

    seeds: int = 3
    steps: int = 300
    lr: float | None = None  # in place of the rates
    rates: tuple[float, ...] = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
    slow: int = 4  # times as many steps at rates below 0.01, to see the plateau end
    scales: tuple[float, ...] = (0.03, 0.06, 0.12, 0.25, 0.5)  # std of every weight
    draws: int = 20  # of each scale


QUICK = {"seeds": 1, "rates": (1e-3, 1e-2, 1e-1), "slow": 1}

TANH, RELU = "12 tanh layers", "4 ReLU layers"
NETWORKS = {
    RELU: {"depth": 4},
    TANH: {"depth": 12, "activation": "tanh", "init": "xavier_normal"},
    "30 blocks, norm and skip": {"depth": 30, "norm": "rmsnorm", "residual": "scaled"},
    "20 ReLU layers, Xavier": {"depth": 20, "init": "xavier_normal"},
}
SMALL = {"depth": 4, "width": 128, "init": "normal"}  # whose start is measured
FAST = 1e-2  # rates from here up; at this one the tanh layers' curve is guessed
LONG = (*WINDOWS, (300, 420), (420, 600), (600, 850), (850, 1200))
MIDDLES = np.array([(first + stop - 1) / 2 for first, stop in LONG])
TAIL = slice(7, 10)  # the windows from step 64 to 283
half = partial(step_below, level=LN2 / 2, windows=LONG)  # its step; inf, recorded as None: never


def forecast(variance, rate, steps, momentum):
    """The loss at each of the steps had the tangent kernel stayed: theory/curve.md."""
    time = steps - momentum * (1 - momentum**steps) / (1 - momentum)
    m = margins(np.zeros_like(time), rate * time)
    return np.where(steps == 0, initial_loss(variance), np.log1p(np.exp(-m)))


def tail_slope(steps, losses):
    """The slope of the straight line through the points, both in logarithms."""
    return float(np.polyfit(np.log(steps), np.log(losses), 1)[0])


PIECES = {"forecast": forecast, "tail_slope": tail_slope}


def experiment(s, run, pieces):
    starts, theory, runs = [], [], []
    run.record("starts.json", {"draws": starts})
    run.record("losses.json", {"steps": s.steps, "theory": theory, "runs": runs})
    rates = s.rates if s.lr is None else (s.lr,)
    steps = {lr: s.steps * (1 if lr >= FAST else s.slow) for lr in rates}
    starts += [start(*which) for which in product(s.scales, range(s.draws))]
    for name, lr in product(NETWORKS, rates):
        known = predict(configuration(name, lr)).features
        rate, variance = 4 * 10 ** known["progress"] / INPUTS, 10 ** known["logit"]
        said = pieces.forecast(variance, rate, MIDDLES, MOMENTUM)
        labels = {"network": name, "lr": lr, "variance": variance, "rate": rate}
        theory.append(labels | {"losses": said[: len(WINDOWS)], "half": half(said)})
    with run.progress(len(NETWORKS) * s.seeds * sum(steps.values())) as advance:
        for name, lr, seed in product(NETWORKS, rates, range(s.seeds)):
            runs.append(cell(name, lr, seed, steps[lr], pieces.tail_slope, lambda *_: advance()))
            run.save()


def configuration(name, lr):
    return Configuration(**{"width": 64, "init": "kaiming_normal"} | NETWORKS[name], lr=lr)


def start(scale, draw):
    """The first loss of one small network with this std in every weight."""
    config, task = Configuration(**SMALL, init_scale=scale), toy.toy(draw)
    logits = Net(config, Generator(draw))(from_numpy(task.x[:BATCH]))
    loss = F.cross_entropy(logits, from_numpy(task.y[:BATCH])).item()
    return {"scale": scale, "draw": draw, "loss": loss}


def cell(name, lr, seed, steps, slope, on_step):
    """One run: its losses to step 300, when it had learned and, if early, its tail's slope."""
    losses = train(configuration(name, lr), seed, steps, on_step)
    means = np.array(window_means(losses, LONG))
    early = means[TAIL][0] < LN2 / 2 and means[TAIL].min() > 0  # False for NaN
    kept = [None if x is None else float(f"{x:.5g}") for x in losses[: WINDOWS[-1][1]]]
    run = {"network": name, "lr": lr, "seed": seed, "half": half(means)}
    run["slope"] = float(slope(MIDDLES[TAIL], means[TAIL])) if early else None
    broke = len(losses) - 1 if losses[-1] is None else None
    return run | {"losses": kept, "diverged_at": broke}


def findings(records):
    cells, theory = (Cells(records["losses.json"][key]) for key in ("runs", "theory"))
    found = [of_starts(Cells(records["starts.json"]["draws"]).by("scale"))]
    for name, mine in cells.by("network").items():
        found += [of_plateau(name, mine, theory.of(network=name)), of_tail(name, mine)]
    for name, mine in cells.by("network").items():
        by_rate = [(predict(configuration(name, lr)), c.runs) for lr, c in mine.by("lr").items()]
        found.append(foretold.finding(name, by_rate))
    guessed, shown = predict(configuration(TANH, FAST)), cells.of(network=TANH, lr=FAST).runs
    return [*found, five.finding(f"{TANH}, lr {FAST:g}", "five", guessed, shown)]


def of_starts(draws):
    """The loss before any update, against what theory makes of the logits' variance."""
    ratios = {x: fmean(run["loss"] for run in of.runs) / starts(x)[1] for x, of in draws.items()}
    worst = max(ratios.values(), key=lambda ratio: abs(np.log(ratio)))
    said = ", ".join(f"× {ratio:.2f} at std {scale:g}" for scale, ratio in ratios.items())
    outcome, sentence = f"at most × {worst:.2f}", f"mean of draws over theory: {said}"
    claimed = claim("within a fifth of theory", max(worst, 1 / worst) < 1.2)
    return Finding("start", outcome, sentence, **claimed)


def starts(scale):
    """The variance of a logit, and the loss that theory gives it."""
    variance = 10 ** predict(**SMALL, init_scale=scale).features["logit"]
    return variance, float(initial_loss(variance))


def halves(cells):
    """By rate the steps at half of guessing, where every run came that far."""
    by_rate = {lr: [run["half"] for run in of.runs] for lr, of in cells.by("lr").items()}
    return {lr: steps for lr, steps in by_rate.items() if None not in steps}


def power(steps):
    """a of a step at half of guessing that goes as lr^a; None for fewer than two rates."""
    middles = [median(x) for x in steps.values()]
    return np.polyfit(np.log(list(steps)), np.log(middles), 1)[0] if len(steps) > 1 else None


def of_plateau(name, mine, theory):
    """Is it over as 1/rate, and when theory says?"""
    steps, alone = halves(mine), halves(theory)
    if not steps:
        return Finding(f"plateau, {name}", "no end in sight", "half of guessing at no rate")
    slow = power({lr: x for lr, x in steps.items() if lr <= FAST})
    fast = power({lr: x for lr, x in steps.items() if lr >= FAST})
    both = ((slow, "up to"), (fast, "from"))
    said = ", ".join(f"lr^{a:.2f} {side} {FAST:g}" for a, side in both if a is not None)
    held = None if slow is None else abs(slow + 1) < 0.25
    claimed = claim("as 1/rate (± a quarter) up to 0.01", held)
    listed = (f"lr {lr:g}: {median(x):.0f} ({alone[lr][0]:.0f})" for lr, x in steps.items())
    sentence = f"half of guessing at step (theory alone) {', '.join(listed)}"
    return Finding(f"plateau, {name}", f"as {said}" if said else "one rate", sentence, **claimed)


def of_tail(name, mine):
    """The slope in two logarithms where it has learned."""
    slopes = [run["slope"] for run in mine.runs if run["slope"] is not None]
    counted = f"{len(slopes)} of {len(mine.runs)} runs are below half of guessing by step 64"
    if not slopes:
        return Finding(f"tail, {name}", "no tail in 300 steps", counted)
    middle = median(slopes)
    word = "−1" if abs(middle + 1) < 0.25 else "steeper" if middle < -1 else "shallower"
    claimed = claim("slope −1 (± a quarter)", word == "−1")
    sentence, key = f"slope {spread(slopes)}; {counted}", "tail" if name == RELU else ""
    return Finding(f"tail, {name}", f"slope {middle:.2g}", sentence, **claimed, key=key, word=word)


def figures(records):
    cells, theory = (Cells(records["losses.json"][key]) for key in ("runs", "theory"))
    draws = Cells(records["starts.json"]["draws"]).by("scale")
    bands = [found.outcome for found in findings(records) if "band" in found.variant]
    inside, total = (sum(int(outcome.split()[k]) for outcome in bands) for k in (0, 2))
    rates = [lr for lr in cells.by("lr") if f"{lr:e}".startswith("1.0")] or list(cells.by("lr"))
    shown = {}
    for name, lr in product(NETWORKS, rates):
        (alone,) = theory.of(network=name, lr=lr).runs
        one = predict(configuration(name, lr)), cells.of(network=name, lr=lr).runs
        shown[f"{name}, lr {lr:g}"] = *one, alone["losses"]
    title = f"{inside} of {total} windows lie in the 80 % band, rates between these included"
    figure = foretold.panels(title, shown, len(rates))
    return {"curves.png": figure, "parts.png": parts_figure(draws, cells, theory)}


def parts_figure(draws, cells, theory):
    """Start, time to learn and tail, each against theory alone."""
    title = "Theory alone has the start and, at small rates, two plateaus; most tails are steeper"
    figure, ((start, plateau, tail),) = plot.new_figure(title, columns=3, size=(13.5, 4.2))
    known = [starts(scale) for scale in draws]
    losses = np.array([[run["loss"] for run in mine.runs] for mine in draws.values()]).T
    plot.band(start, [variance for variance, _ in known], losses, plot.STYLES[1], 1, "measured")
    start.plot(*zip(*known, strict=True), label="theory", **plot.THEORY)
    start.set(xscale="log", yscale="log", xlabel="variance of a logit", ylabel="first loss, nats")
    start.legend(frameon=False)
    for name, style in zip(NETWORKS, plot.STYLES, strict=False):
        mine, steps = cells.of(network=name), halves(cells.of(network=name))
        if steps:
            plot.band(plateau, list(steps), np.array(list(steps.values())).T, style, 1, name)
            said = [halves(theory.of(network=name))[lr][0] for lr in steps]
            hollow = {"color": style.color, "mfc": "white", "ms": 4}
            plateau.plot(list(steps), said, style.marker, **plot.THEORY | hollow)
        for run in mine.of(slope=lambda slope: slope is not None).runs:
            tail.plot(run["lr"], run["slope"], style.marker, color=style.color)
    plateau.set(xscale="log", yscale="log", xlabel="learning rate")
    plateau.set(ylabel="step at half of guessing (hollow: theory alone)")
    if plateau.lines:
        plateau.legend(frameon=False, fontsize=8)
    tail.axhline(-1, **plot.THEORY)
    tail.set(xscale="log", xlabel="learning rate", ylabel="slope of the tail, in two logarithms")
    return figure


if __name__ == "__main__":
    lab.main(__file__)
