"""Lab 08: ten sick training scripts, and six treatments for the four that need one."""

import math
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

import numpy as np

from minigrad import lab
from minigrad.lab import Finding, clinic, plot
from minigrad.lab.cells import Cells, claim, held_out
from minigrad.lab.clinic import end, losses_told
from minigrad.lab.curves import log_curves, table
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
OF_MODEL = {"norm", "placement", "init", "dtype"}
# From the theory page: which treatments cure whom, which may (near post-norm's border the seed
# decides: lab 05), and how the untreated go on. No other treatment must cure.
CURES = {
    "deep": ({"pre RMSNorm", "a fifth of the rate"}, set(), "blows up in its last ten steps"),
    "sudden": ({"pre RMSNorm", "clipping at 1"}, set(), "within three"),
    "quiet": ({"pre RMSNorm"}, {"warmup 100"}, "lies flat"),
    "heavy": ({"pre RMSNorm", "default init"}, set(), "is born ill"),
}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every treatment for four sick transformers, and six scripts that are ill otherwise."""

    seeds: int = 3
    text: Text = "alice"
    treatments: tuple[str, ...] = tuple(TREATMENTS)
    patients: tuple[str, ...] = tuple(CURES)


QUICK = {"seeds": 1, "treatments": ("as found", "pre RMSNorm", "clipping at 1")}


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
    text, runs, scripts = corpus(s.text), [], []
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
            if change and change.items() <= (model | training).items():
                advance(training["steps"])
                continue
            for key, value in change.items():
                (model if key in OF_MODEL else training)[key] = value
            labels = {"patient": name, "treatment": treatment}
            runs.append(treat(text, seed, model, training, advance, **labels))
            run.save()


def told(cells):
    """What most seeds came to, with the median loss of those that stayed finite."""
    if cells is None:
        return "has it"
    finite = [loss for loss in map(held_out, cells.runs) if math.isfinite(loss)]
    text = cells.word + (f" {median(finite):.3g}" if finite else "")
    most = max(cells.fates.values())
    return text + (f" {most}/{len(cells.runs)}" if most < len(cells.runs) else "")


def texts(records):
    """table.md: patients by treatments, and the steps of death."""
    cells = Cells.of_text(records["treatments.json"])
    every = cells.by("patient", "treatment")
    columns, rows = [t for t in TREATMENTS if t in cells.by("treatment")], []
    for name in cells.by("patient"):
        mine = [every.get((name, treatment)) for treatment in columns]
        died = [f" (step {one.broke})" if one and one.broke else "" for one in mine]
        rows.append([name, *(told(one) + step for one, step in zip(mine, died, strict=True))])
    return {"table.md": "\n".join(markdown_table(["patient", *columns], rows)) + "\n"}


def findings(records):
    cells = Cells.of_text(records["treatments.json"])
    found = [treated(name, mine) for name, mine in cells.by("patient").items()]
    found += [clipped(cells, *expected) for expected in CLIPPED.items()]
    for name, mine in Cells(records["scripts.json"]["runs"]).by("patient").items():
        symptom, predicted, test = SYMPTOMS[name]
        every = [[math.nan if v is None else v for v in r["losses"]] for r in mine.runs]
        claimed = claim(predicted, all(map(test, every)))
        found.append(Finding(name, symptom, losses_told(every), **claimed))
    return [finding for finding in found if finding]


CLIPPED = {"deep": "not cured", "sudden": "cured"}


def clipped(cells, name, wanted):
    """Whether clipping has cured a patient; None where it was not tried."""
    mine = cells.of(patient=name, treatment="clipping at 1")
    if mine.runs:
        word = "cured" if mine.all(mine.is_("trained")) else "not cured"
        sentence = f"With gradients clipped at 1: {', '.join(map(mine.fate, mine.runs))}."
        known = claim(wanted, word == wanted) | {"key": f"clipping_{name}", "word": word}
        return Finding(f"clipping, {name}", word, sentence, **known)


def treated(name, cells):
    """How a patient was found, and what cures it."""
    trained, by = cells.is_("trained"), cells.by("treatment")
    cured = {treatment for treatment, mine in by.items() if mine.all(trained)}
    never = {treatment for treatment, mine in by.items() if not mine.any(trained)}
    first = by["as found"]
    how = f"{first.word} at the unigram loss"
    if first.word == "diverged":
        how = f"not finite at step {first.broke}" if first.broke else "far above the unigram loss"
    cures, maybe, _ = CURES[name]
    sentence = (
        f"As found: {how}. Cured in every seed by {', '.join(sorted(cured)) or 'nothing'}; "
        f"in none by {', '.join(sorted(never - {'as found'})) or '–'}."
    )
    said = f"cured by {', '.join(sorted(cures))}, by nothing else"
    said += "".join(f"; {treatment} may help or not" for treatment in maybe)
    claimed = claim(said, cures & by.keys() <= cured, by.keys() - cures - maybe <= never)
    return Finding(name, first.word, sentence, **claimed)


# script: what it shows, what is predicted, and the test
SYMPTOMS = {
    "restless": ("swings and grows", "ends above its first loss, after having been below 0.1",
                 lambda x: min(x) < 0.1 and max(x[-50:]) > 5),
    "ceiling": ("stops at 0.31", "never below ln(1 + 1/e) = 0.313",
                lambda x: min(x) > 0.31 and end(x) < 0.35),
    "empty_row": ("NaN at once", "NaN within 5 steps", lambda x: not np.isfinite(x[:5]).all()),
    "half": ("ln 2 for ever", "finite, and within 0.05 of ln 2 at the end",
             lambda x: abs(end(x) - math.log(2)) < 0.05),
    "certain": ("inf, then NaN", "not finite within 10 steps",
                lambda x: not np.isfinite(x[:10]).all()),
    "clairvoyant": ("too good", "below 0.2, where the bigram loss is 2.4", lambda x: end(x) < 0.2),
}  # fmt: skip


def figures(records):
    cells = Cells.of_text(records["treatments.json"])
    every, patients = cells.by("patient", "treatment"), list(cells.by("patient"))
    columns = [t for t in TREATMENTS if t in cells.by("treatment")]

    def cell(name, treatment):
        mine = every.get((name, treatment))
        color = plot.FATES.get(mine.word, "white") if mine else "white"
        text = told(mine).replace(" ", "\n" if mine else " ")
        return text, color, mine is not None and mine.word == "trained"

    title = "The right cure depends on the cause (numbers: validation loss, median over seeds)"
    size = (3.2 + 1.25 * len(columns), 1.5 + 0.85 * len(patients))
    figure, axes = plot.new_figure(title, size=size)
    table(axes[0, 0], patients, columns, cell)
    return {"treatments.png": figure, "last_steps.png": last_steps(cells.of(treatment="as found"))}


def last_steps(cells):
    """Loss and gradient norm of the patients as found, up to their end."""
    found = {name: mine.runs[0] for name, mine in cells.by("patient").items()}
    courses = ", ".join(f"{name} {CURES[name][2]}" for name in found)
    title, size = f"How they fail, as found, seed 0: {courses}", (2.9 * len(found) + 1, 3.6)
    figure, axes = plot.new_figure(title, columns=len(found), size=size)
    panels = [{"loss": [r["losses"]], "gradient": [r["grad_norms"]]} for r in found.values()]
    styles = {"loss": plot.STYLES[1], "gradient": plot.STYLES[0]}
    log_curves(axes[0], panels, styles, "loss (nats), gradient norm")
    for ax, (name, run) in zip(axes[0], found.items(), strict=True):
        ax.set_title(name, fontsize=10)
        if CURES[name][2] == "lies flat":
            for text in list(ax.texts):
                text.remove()
            ax.set(yscale="linear", ylim=(0, 5))
            ax.axhline(cells.entropy, color=plot.REFERENCE, lw=1, ls=":")
            last = {"loss": run["losses"][-1], "gradient": run["grad_norms"][-1]}
            ends = [(value, key, styles[key].color) for key, value in last.items()]
            plot.label_ends(ax, [*ends, (cells.entropy, "unigram", plot.REFERENCE)])
        if (step := run["diverged_at"]) is not None:
            ax.set_xlim(max(-0.2, step - 25), step + 1)
            ax.axvline(step, color=plot.REFERENCE, lw=1, ls=":")
            place = ax.get_xaxis_transform()
            text = ax.annotate(f"NaN at {step}", (step, 0.6), (-14, 0), place, "offset points")
            text.set(ha="right", fontsize=8, color=plot.REFERENCE)
    return figure


if __name__ == "__main__":
    lab.main(__file__)
