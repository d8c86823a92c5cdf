"""Lab 08: ten sick training scripts, and six treatments for the four that need one."""

import math
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np
from matplotlib.colors import to_rgb

from minigrad import lab
from minigrad.lab import Finding, clinic, plot
from minigrad.lab.cells import Cells, claim, held_out
from minigrad.lab.language import Text, about, corpus, language_run, small_gpt
from minigrad.lab.report import markdown_table

HERE = Path(__file__).parent

# One change at a time, of the model or of its training.
TREATMENTS = {
    "as found": lambda model, training: {},
    "pre RMSNorm": lambda model, training: {"norm": "rmsnorm", "placement": "pre"},
    "a fifth of the rate": lambda model, training: {"lr": training["lr"] / 5},
    "clipping at 1": lambda model, training: {"clip": 1.0},
    "default init": lambda model, training: {"init": "default"},
    "warmup 100": lambda model, training: {"warmup": 100},
    "float64": lambda model, training: {"dtype": "float64"},
}
# What should happen, from the theory page: which treatments cure whom. Others must not.
CURES = {
    "deep": {"pre RMSNorm", "a fifth of the rate"},
    "sudden": {"pre RMSNorm", "clipping at 1"},
    "quiet": {"pre RMSNorm"},
    "heavy": {"pre RMSNorm", "default init"},
}
# Near post-norm's border the seed decides (lab 05): not predicted.
UNSURE = {"quiet": {"warmup 100"}}
COURSES = {
    "deep": "blows up in its last ten steps",
    "sudden": "within three",
    "quiet": "lies flat",
    "heavy": "is born ill",
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every treatment for four sick transformers, and six scripts that are ill otherwise."""

    seeds: int = 3
    text: Text = "python"
    treatments: tuple[str, ...] = tuple(TREATMENTS)
    patients: tuple[str, ...] = tuple(CURES)


QUICK = {"seeds": 1, "treatments": ("as found", "pre RMSNorm", "clipping at 1")}
PIECES, MINE = {}, {}


def data(s):
    return about(corpus(s.text))


def patient(name):
    """The settings of a sick script as it was found: its model's, its training's."""
    script = clinic.load_case(HERE, name)
    training = script.TRAINING | {"optimizer": script.OPTIMIZER.__name__.lower()}
    return script.MODEL | {"init": script.INIT, "dtype": "float32"}, training


def treat(text, seed, model, training, advance, **labels):
    """Train a patient, treated or not."""
    model = {"dim": 32, **model}
    dtype = model.pop("dtype")
    made = small_gpt(text, seed, **model)
    for parameter in made.parameters():
        parameter.array = parameter.array.astype(dtype)
    return language_run(text, made, advance, seed=seed, training=training, **labels)


def experiment(s, run, pieces):
    text = corpus(s.text)
    runs, scripts = [], []
    run.record("treatments.json", {"text": about(text), "runs": runs})
    run.record("scripts.json", {"runs": scripts})
    for name, seed in product(SYMPTOMS, range(s.seeds)):
        losses = clinic.load_case(HERE, name).train(seed)
        scripts.append({"patient": name, "seed": seed, "losses": losses})
    steps = sum(patient(name)[1]["steps"] for name in s.patients)
    with run.progress(s.seeds * len(s.treatments) * steps) as advance:
        for seed, name, treatment in product(range(s.seeds), s.patients, s.treatments):
            model, training = patient(name)
            change = TREATMENTS[treatment](model, training)
            has = model | training
            if change and all(has.get(key) == value for key, value in change.items()):
                advance(training["steps"])
                continue
            of_model = {"norm", "placement", "init", "dtype"}
            model |= {key: value for key, value in change.items() if key in of_model}
            training |= {key: value for key, value in change.items() if key not in of_model}
            labels = {"patient": name, "treatment": treatment}
            runs.append(treat(text, seed, model, training, advance, **labels))
            run.save()


def told(cells):
    """What most seeds came to, with the median loss of those that stayed finite."""
    finite = [loss for loss in map(held_out, cells.runs) if math.isfinite(loss)]
    text = cells.word + (f" {median(finite):.3g}" if finite else "")
    most = max(cells.fates.values())
    return text + (f" {most}/{len(cells.runs)}" if most < len(cells.runs) else "")


def broke(cells):
    """The steps at which runs stopped being finite, as text."""
    return ", ".join(str(r["diverged_at"]) for r in cells.runs if r["diverged_at"] is not None)


def texts(records):
    """table.md: patients by treatments, and the steps of death."""
    cells = Cells.of_text(records["treatments.json"])
    every = cells.by("patient", "treatment")
    columns = [t for t in TREATMENTS if t in cells.by("treatment")]
    rows = []
    for name in cells.by("patient"):
        row = [name]
        for mine in (every.get((name, treatment)) for treatment in columns):
            row.append("has it" if mine is None else told(mine))
            row[-1] += f" (step {broke(mine)})" if mine and broke(mine) else ""
        rows.append(row)
    return {"table.md": "\n".join(markdown_table(["patient", *columns], rows)) + "\n"}


def findings(records):
    cells = Cells.of_text(records["treatments.json"])
    found = [treated(name, mine) for name, mine in cells.by("patient").items()]
    for name, wanted in (("deep", "not cured"), ("sudden", "cured")):
        clipped = cells.of(patient=name, treatment="clipping at 1")
        if clipped.runs:
            word = "cured" if clipped.all(clipped.is_("trained")) else "not cured"
            fates = ", ".join(map(clipped.fate, clipped.runs))
            sentence = f"With gradients clipped at 1: {fates}."
            claimed = claim(wanted, word == wanted)
            key = f"clipping_{name}"
            found.append(
                Finding(f"clipping, {name}", word, sentence, **claimed, key=key, word=word)
            )
    for name, mine in Cells(records["scripts.json"]["runs"]).by("patient").items():
        symptom, predicted, test = SYMPTOMS[name]
        every = [[math.nan if v is None else v for v in r["losses"]] for r in mine.runs]
        found.append(Finding(name, symptom, tell(every), **claim(predicted, all(map(test, every)))))
    return found


def treated(name, cells):
    """How a patient was found, and what cures it."""
    trained, by = cells.is_("trained"), cells.by("treatment")
    cured = {treatment for treatment, mine in by.items() if mine.all(trained)}
    never = {treatment for treatment, mine in by.items() if not mine.any(trained)}
    first = by["as found"]
    how = {
        "diverged": f"not finite at step {broke(first)}"
        if broke(first)
        else "far above the unigram loss",
        "stalled": "stalled at the unigram loss",
    }.get(first.word, first.word)
    maybe = UNSURE.get(name, set())
    return Finding(
        name,
        first.word,
        f"As found: {how}. Cured in every seed by {', '.join(sorted(cured)) or 'nothing'}; "
        f"in none by {', '.join(sorted(never - {'as found'})) or '–'}.",
        **claim(
            f"cured by {', '.join(sorted(CURES[name]))}, by nothing else"
            + "".join(f"; {treatment} may help or not" for treatment in maybe),
            CURES[name] & by.keys() <= cured,
            by.keys() - CURES[name] - maybe <= never,
        ),
    )


def tell(every):
    bad = [next((i for i, v in enumerate(x) if not math.isfinite(v)), None) for x in every]
    if None not in bad:
        return f"First loss not finite at step {', '.join(map(str, bad))}."
    first = np.median([losses[0] for losses in every])
    last = np.median([np.mean(losses[-10:]) for losses in every])
    return f"Loss {first:.2f} at step 0, {last:.3g} at the end (median over seeds)."


SYMPTOMS = {
    "restless": (
        "swings and grows",
        "ends above its first loss, after having been below 0.1",
        lambda losses: min(losses) < 0.1 and max(losses[-50:]) > 5,
    ),
    "ceiling": (
        "stops at 0.31",
        "never below ln(1 + 1/e) = 0.313",
        lambda losses: min(losses) > 0.31 and np.mean(losses[-10:]) < 0.35,
    ),
    "empty_row": (
        "NaN at once",
        "NaN within 5 steps",
        lambda losses: not all(map(math.isfinite, losses[:5])),
    ),
    "half": (
        "ln 2 for ever",
        "finite, and within 0.05 of ln 2 at the end",
        lambda losses: abs(np.mean(losses[-10:]) - math.log(2)) < 0.05,
    ),
    "certain": (
        "inf, then NaN",
        "not finite within 10 steps",
        lambda losses: not all(map(math.isfinite, losses[:10])),
    ),
    "clairvoyant": (
        "too good",
        "below 0.2, where the bigram loss is 2.4",
        lambda losses: np.mean(losses[-10:]) < 0.2,
    ),
}


def figures(records):
    cells = Cells.of_text(records["treatments.json"])
    every = cells.by("patient", "treatment")
    patients, columns = (
        list(cells.by("patient")),
        [t for t in TREATMENTS if t in cells.by("treatment")],
    )
    figure, axes = plot.new_figure(
        "The right cure depends on the cause (numbers: validation loss, median over seeds)",
        size=(3.2 + 1.25 * len(columns), 1.5 + 0.85 * len(patients)),
    )
    ax, image = axes[0, 0], np.ones((len(patients), len(columns), 3))
    for (row, name), (column, treatment) in product(enumerate(patients), enumerate(columns)):
        mine = every.get((name, treatment))
        text = "has it" if mine is None else told(mine).replace(" ", "\n")
        image[row, column] = to_rgb(plot.FATES.get(mine.word, "white") if mine else "white")
        bold = "bold" if mine and mine.word == "trained" else "normal"
        ax.text(column, row, text, ha="center", va="center", fontsize=9, fontweight=bold)
    ax.imshow(image, aspect="auto")
    for at, line in ((len(columns), ax.axvline), (len(patients), ax.axhline)):
        for i in range(1, at):
            line(i - 0.5, color="white", lw=1.5)
    ax.set_xticks(range(len(columns)), [c.replace(" ", "\n", 1) for c in columns], fontsize=9)
    ax.set_yticks(range(len(patients)), patients)
    ax.xaxis.tick_top()
    ax.grid(False)
    return {"treatments.png": figure, "last_steps.png": last_steps(cells.of(treatment="as found"))}


def last_steps(cells):
    """Loss and gradient norm of the patients as found, up to their end."""
    found = {name: mine.runs[0] for name, mine in cells.by("patient").items()}
    courses = ", ".join(f"{name} {COURSES[name]}" for name in found)
    size = (2.9 * len(found) + 1, 3.6)
    title = f"How they fail, as found, seed 0: {courses}"
    figure, axes = plot.new_figure(title, columns=len(found), size=size)
    axes[0, 0].set_ylabel("loss (nats), gradient norm")
    for ax, (name, run) in zip(axes[0], found.items(), strict=True):
        ends = []
        for key, label, style in (
            ("losses", "loss", plot.STYLES[1]),
            ("grad_norms", "gradient", plot.STYLES[0]),
        ):
            values = plot.over_seeds([run[key]])
            values[~np.isfinite(values)] = np.nan
            every = len(run[key]) // 8 + 1
            plot.band(ax, np.arange(values.shape[1]), values, style, marker_every=every)
            ends.append((float(values[np.isfinite(values)][-1]), label, style.color))
        ax.set(yscale="log", xlabel="step")
        ax.set_title(name, fontsize=10)
        if (step := run["diverged_at"]) is not None:
            ax.axvline(step, color=plot.REFERENCE, lw=1, ls=":")
            place = ax.get_xaxis_transform()
            text = ax.annotate(f"NaN at {step}", (step, 0.6), (-14, 0), place, "offset points")
            text.set(ha="right", fontsize=8, color=plot.REFERENCE)
        plot.label_ends(ax, ends)
    return figure


if __name__ == "__main__":
    lab.main(__file__)
