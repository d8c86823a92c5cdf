"""Lab 08: ten sick training scripts, and six treatments for the four that need one."""

import math
from pathlib import Path

import numpy as np
from matplotlib.colors import ListedColormap

from minigrad import lab
from minigrad.lab import Finding, clinic, plot
from minigrad.lab.language import (
    STUCK,
    TextOptions,
    about,
    corpus,
    final,
    group,
    language_run,
    small_gpt,
)
from minigrad.lab.report import markdown_table

HERE = Path(__file__).parent

# The four transformers of patients/, as settings: one change at a time is a treatment.
PATIENTS = {
    "deep": {
        "model": {"layers": 16, "norm": None},
        "training": {"lr": 0.03, "warmup": 100, "steps": 200},
    },
    "sudden": {
        "model": {"layers": 16, "norm": None},
        "training": {"lr": 0.3, "optimizer": "sgd", "steps": 120},
    },
    "quiet": {
        "model": {"layers": 12, "norm": "layernorm", "placement": "post"},
        "training": {"lr": 0.003, "steps": 150},
    },
    "heavy": {
        "model": {"layers": 16, "norm": None, "init": "xavier"},
        "training": {"lr": 0.002, "warmup": 100, "steps": 160},
    },
}
TREATMENTS = {
    "as found": lambda model, training: None,
    "pre RMSNorm": lambda model, training: model.update(norm="rmsnorm", placement="pre"),
    "a fifth of the rate": lambda model, training: training.update(lr=training["lr"] / 5),
    "clipping at 1": lambda model, training: training.update(clip=1.0),
    "default init": lambda model, training: model.update(init="default"),
    "warmup 100": lambda model, training: training.update(warmup=100),
    "float64": lambda model, training: model.update(dtype="float64"),
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
FATES = ("cured", "useless", "stuck", "NaN")

Options = TextOptions
FULL = {"seeds": 3, "text": "python", "treatments": list(TREATMENTS), "patients": list(PATIENTS)}
QUICK = FULL | {
    "seeds": 1,
    "treatments": ["as found", "pre RMSNorm", "clipping at 1"],
}
PIECES = {}


SCRIPTS = ("restless", "ceiling", "empty_row", "half", "certain", "clairvoyant")


def data(s):
    return about(corpus(s.text))


def experiment(s, run, pieces):
    text = corpus(s.text)
    runs, scripts = [], []
    run.record("treatments.json", {"text": about(text), "runs": runs})
    run.record("scripts.json", {"runs": scripts})
    steps = sum(PATIENTS[name]["training"]["steps"] for name in s.patients)
    with run.progress(s.seeds * len(s.treatments) * steps) as advance:
        for name in SCRIPTS:
            train = clinic.load(HERE, name).train
            for seed in range(s.seeds):
                scripts.append({"patient": name, "seed": seed, "losses": train(seed)})
        for seed in range(s.seeds):
            for name in s.patients:
                for treatment in s.treatments:
                    model = {"dim": 32, **PATIENTS[name]["model"]}
                    training = dict(PATIENTS[name]["training"])
                    if unchanged(treatment, model, training):
                        advance(training["steps"])
                        continue
                    dtype = model.pop("dtype", "float32")
                    made = small_gpt(text, seed, **model)
                    for parameter in made.parameters():
                        parameter.array = parameter.array.astype(dtype)
                    record = language_run(
                        text,
                        made,
                        advance,
                        seed=seed,
                        training=training,
                        patient=name,
                        treatment=treatment,
                    )
                    runs.append(record)
            run.save()
    run.write("table.md", table(run.records["treatments.json"]))


def unchanged(treatment, model, training):
    """Apply the treatment; whether it is what the patient has already."""
    before = (model.get("init", "default"), dict(model), dict(training))
    TREATMENTS[treatment](model, training)
    same = (model.get("init", "default"), training) == (before[0], before[2])
    rest = {k: v for k, v in model.items() if k != "init"}
    old = {k: v for k, v in before[1].items() if k != "init"}
    return treatment != "as found" and same and rest == old


def fate(run, unigram):
    """One of FATES: useless is finite and worse than guessing by frequency."""
    if run["diverged_at"] is not None:
        return "NaN"
    loss = final(run)
    if loss > 1.25 * unigram or not math.isfinite(loss):
        return "useless"
    return "stuck" if loss > STUCK * unigram else "cured"


def told(runs, unigram):
    """What most seeds came to, and that with the median loss: ("cured", "cured 2.74")."""
    fates = [fate(r, unigram) for r in runs]
    word = max(FATES, key=fates.count)
    losses = [final(r) for r in runs if r["diverged_at"] is None]
    text = word if word == "NaN" else f"{word} {np.median(losses):.3g}"
    return word, text + (f" {fates.count(word)}/{len(fates)}" if len(set(fates)) > 1 else "")


def table(treatments):
    """Patients by treatments, and the steps of death."""
    unigram = treatments["text"]["unigram_loss"]
    cells = group(treatments["runs"], "patient", "treatment")
    columns = [t for t in TREATMENTS if any(t == treatment for _, treatment in cells)]
    rows = []
    for name in dict.fromkeys(patient for patient, _ in cells):
        row = [name]
        for treatment in columns:
            runs = cells.get((name, treatment))
            dead = [str(r["diverged_at"]) for r in runs or () if r["diverged_at"] is not None]
            row.append((told(runs, unigram)[1] if runs else "has it") + " " * bool(dead))
            row[-1] += f"(step {', '.join(dead)})" if dead else ""
        rows.append(row)
    return "\n".join(markdown_table(["patient", *columns], rows)) + "\n"


def findings(records):
    treatments = records["treatments.json"]
    unigram = treatments["text"]["unigram_loss"]
    found = []
    for name, runs in group(treatments["runs"], "patient").items():
        by = {k: [fate(r, unigram) for r in v] for k, v in group(runs, "treatment").items()}
        cured = {k for k, v in by.items() if set(v) == {"cured"}}
        never = {k for k, v in by.items() if "cured" not in v}
        first = group(runs, "treatment")["as found"]
        dead = [r["diverged_at"] for r in first if r["diverged_at"] is not None]
        how = {
            "NaN": f"NaN at step {', '.join(map(str, dead))}",
            "stuck": "stuck at the unigram loss",
            "useless": "far above the unigram loss",
        }.get(by["as found"][0], by["as found"][0])
        right = CURES[name] & by.keys()
        found.append(
            Finding(
                name,
                by["as found"][0] if len(set(by["as found"])) == 1 else "mixed",
                f"As found: {how}. Cured in every seed by {', '.join(sorted(cured)) or 'nothing'}; "
                f"in none by {', '.join(sorted(never - {'as found'})) or '–'}.",
                f"cured by {', '.join(sorted(CURES[name]))}, by nothing else"
                + "".join(f"; {t} may help or not" for t in UNSURE.get(name, ())),
                right <= cured and by.keys() - CURES[name] - UNSURE.get(name, set()) <= never,
            )
        )
    for (name, treatment), runs in group(treatments["runs"], "patient", "treatment").items():
        if treatment == "clipping at 1" and name in ("deep", "sudden"):
            cured = all(fate(r, unigram) == "cured" for r in runs)
            found.append(
                Finding(
                    f"clipping, {name}",
                    "cured" if cured else "not cured",
                    f"With gradients clipped at 1: {', '.join(fate(r, unigram) for r in runs)}.",
                    "cured" if name == "sudden" else "not cured",
                    cured == (name == "sudden"),
                )
            )
    sick = group(records["scripts.json"]["runs"], "patient")
    for name, runs in sick.items():
        symptom, predicted, test = SYMPTOMS[name]
        every = [[math.nan if v is None else v for v in r["losses"]] for r in runs]
        found.append(
            Finding(name, symptom, tell(every), predicted, all(test(losses) for losses in every))
        )
    return found


def tell(every):
    first = np.median([losses[0] for losses in every])
    last = np.median([np.mean(losses[-10:]) for losses in every])
    bad = [next((i for i, v in enumerate(x) if not math.isfinite(v)), None) for x in every]
    if None not in bad:
        return f"First loss not finite at step {', '.join(map(str, bad))}."
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
    treatments = records["treatments.json"]
    unigram = treatments["text"]["unigram_loss"]
    cells = group(treatments["runs"], "patient", "treatment")
    patients = list(dict.fromkeys(p for p, _ in cells))
    columns = [t for t in TREATMENTS if any((p, t) in cells for p in patients)]
    figure, axes = plot.new_figure(
        "The right cure depends on the cause (numbers: validation loss, median over seeds)",
        size=(3.2 + 1.25 * len(columns), 1.3 + 0.85 * len(patients)),
    )
    ax = axes[0, 0]
    image = np.full((len(patients), len(columns)), np.nan)
    for row, name in enumerate(patients):
        for column, treatment in enumerate(columns):
            runs = cells.get((name, treatment))
            if not runs:
                ax.text(column, row, "has it", ha="center", va="center", fontsize=8, color="#777")
                continue
            fates = [fate(r, unigram) for r in runs]
            cured = fates.count("cured")
            image[row, column] = cured / len(fates)
            word, text = told(runs, unigram)
            ax.text(
                column,
                row,
                text.replace(" ", "\n"),
                ha="center",
                va="center",
                fontsize=9,
                fontweight="bold" if word == "cured" else "normal",
            )
    ax.imshow(
        image, aspect="auto", vmin=0, vmax=1, cmap=ListedColormap(["#F7E3D0", "#DDDDDD", "#5AA9D6"])
    )
    ax.set_xticks(range(len(columns)), [c.replace(" ", "\n", 1) for c in columns], fontsize=9)
    ax.set_yticks(range(len(patients)), patients)
    ax.xaxis.tick_top()
    ax.grid(False)
    return {"treatments.png": figure, "last_steps.png": last_steps(records)}


def last_steps(records):
    """Loss and gradient norm of the patients as found, up to their end."""
    runs = group(records["treatments.json"]["runs"], "patient", "treatment")
    names = [p for p, t in runs if t == "as found"]
    figure, axes = plot.new_figure(
        "How they fail, as found, seed 0: "
        + ", ".join(f"{name} {COURSES[name]}" for name in names if name in COURSES),
        1,
        len(names),
        size=(2.9 * len(names) + 1, 3.6),
    )
    axes[0, 0].set_ylabel("loss (nats), gradient norm")
    for ax, name in zip(axes[0], names, strict=True):
        run = runs[name, "as found"][0]
        ends = []
        for key, label, style in (
            ("losses", "loss", plot.STYLES[1]),
            ("grad_norms", "gradient", plot.STYLES[0]),
        ):
            values = plot.over_seeds([run[key]])
            values[~np.isfinite(values)] = np.nan
            plot.band(
                ax, np.arange(values.shape[1]), values, style, marker_every=len(run[key]) // 8 + 1
            )
            alive = values[0][np.isfinite(values[0])]
            ends.append((float(alive[-1]), label, style.color))
        ax.set_yscale("log")
        ax.set_title(name, fontsize=10)
        ax.set_xlabel("step")
        if run["diverged_at"] is not None:
            step = run["diverged_at"]
            ax.axvline(step, color=plot.REFERENCE, lw=1, ls=":")
            ax.annotate(
                f"NaN at {step}",
                (step, 0.6),
                (-14, 0),
                ax.get_xaxis_transform(),
                "offset points",
                ha="right",
                fontsize=8,
                color=plot.REFERENCE,
            )
        plot.label_ends(ax, ends)
    return figure


if __name__ == "__main__":
    lab.main(__file__)
