"""Lab 07: a GPT of plain numbers learns names; the same model in arrays learns a text."""

import math
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Annotated

import numpy as np
import typer

from minigrad import Generator, from_numpy, lab, tensor
from minigrad.errors import ArgumentError
from minigrad.lab import Finding, plot
from minigrad.lab.language import TextOptions, about, corpus, final, language_run
from minigrad.models import CharGPT
from minigrad.nn import functional as F
from minigrad.scalar import GPT, Alphabet, Value, cities, read_names, sample, train
from minigrad.scalar.gpt import rms_norm
from minigrad.scalar.training import bigram_loss, evaluate


@dataclass(frozen=True, kw_only=True)
class Options(TextOptions):
    """Train the scalar GPT on names, then CharGPT on a text."""

    names: Annotated[
        str | None, typer.Option(help="A file of names, one a line, in place of the cities.")
    ] = None


FULL = {
    "seeds": 3,
    "steps": 1200,  # of the scalar GPT, one name each
    "lr": 1e-2,
    "names": None,
    "text": "python",
    "array_steps": 1500,  # of CharGPT, 16 stretches of 64 characters each
    "array_lr": 3e-3,
}
QUICK = FULL | {"seeds": 1, "steps": 300, "array_steps": 250}
PIECES = {"rms_norm": rms_norm}
MINE = {"rms_norm": ("scalar_rms_norm", lambda norm: norm)}
ARRAY_MODEL = {"context": 64, "dim": 64, "heads": 4, "layers": 4}


def data(s):
    names_of(s)  # a list that cannot be read is told before anything runs
    return {"names": s.names or "cities", "text": about(corpus(s.text))}


def names_of(s):
    try:
        return read_names(s.names) if s.names else cities()
    except OSError as error:
        raise ArgumentError(f"--names {s.names} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ArgumentError(str(error)) from error


def experiment(s, run, pieces):
    names = sorted(names_of(s))
    Random(0).shuffle(names)
    held_out, learned = names[: len(names) // 10 or 1], names[len(names) // 10 or 1 :]
    alphabet = Alphabet(names)
    source = s.names or "time-zone cities"
    scalar = run.record(
        "scalar.json",
        {"names": {"source": source, "count": len(names), "alphabet": len(alphabet)}}
        | {"bigram_loss": bigram_loss(learned, held_out, alphabet)}
        | {
            "agreement": agreement(alphabet, pieces.rms_norm),
            "rms_norm": rms_example(pieces.rms_norm),
            "runs": [],
        },
    )
    text = corpus(s.text)
    array = run.record("chargpt.json", {"text": about(text), "runs": []})
    with run.progress(s.seeds * (s.steps + s.array_steps)) as advance:
        for seed in range(s.seeds):
            model = GPT(len(alphabet), seed=seed, norm=pieces.rms_norm)
            before = evaluate(model, held_out, alphabet)
            losses = train(
                model,
                learned,
                alphabet,
                s.steps,
                lr=s.lr,
                seed=seed,
                on_step=lambda step, loss, seed=seed: advance(1, f"scalar GPT, seed {seed}"),
            )
            after = evaluate(model, held_out, alphabet)
            written = [sample(model, alphabet, seed=i) for i in range(20)]
            scalar["runs"].append(
                {"seed": seed, "losses": losses, "before": before, "held_out": after}
                | {"samples": written}
            )
            run.save()
        for seed in range(s.seeds):
            model = CharGPT(len(text.characters), **ARRAY_MODEL, generator=Generator(seed))
            training = {"steps": s.array_steps, "lr": s.array_lr, "batch": 16, "warmup": 50}
            record = language_run(
                text,
                model,
                advance,
                seed=seed,
                training=training | {"optimizer": "adamw", "clip": 1.0, "evaluate_every": 50},
                variant="CharGPT",
            )
            start = from_numpy(text.validation[None, :16])
            ids = model.generate(start, 300, temperature=0.8, generator=Generator(seed))
            array["runs"].append(record | {"sample": text.decode(ids.numpy()[0])})
            run.save()
    run.write("samples.md", samples(run.records))


def rms_example(norm):
    return [float(v.data) for v in norm([Value(3.0), Value(4.0), Value(0.0)])]


def agreement(alphabet, norm):
    """The largest difference, in logits and in gradients, between the two programs."""
    scalar = GPT(len(alphabet), std=0.4, norm=norm)
    model = CharGPT(len(alphabet), context=8, dim=16, heads=4, layers=1, ffn="relu", bias=False)
    weights = {}
    for name, parameter in model.named_parameters():
        parameter.array = parameter.array.astype(np.float64)
        if name in scalar.weights:  # the norms' weights stay 1
            parameter.array = np.array([[v.data for v in row] for row in scalar.weights[name]])
            weights[name] = parameter
    ids = alphabet.encode("".join(alphabet.characters[:7]))
    logits = model(tensor([ids[:-1]]))[0]
    F.cross_entropy(logits, tensor(ids[1:])).backward()
    scalar.loss(ids).backward()
    rows = [[v.data for v in row] for row in scalar(ids[:-1])]
    gradients = [
        np.abs(p.grad.array - [[v.grad for v in row] for row in scalar.weights[name]]).max()
        for name, p in weights.items()
    ]
    return {
        "parameters": sum(p.numel() for p in weights.values()),
        "logits": float(np.abs(logits.array - rows).max()),
        "gradients": float(max(gradients)),
    }


def samples(records):
    """What the models wrote, as Markdown."""
    lines = ["# Samples", "", "## Names by the scalar GPT", ""]
    for run in records["scalar.json"]["runs"]:
        lines.append(f"- seed {run['seed']}: {', '.join(run['samples'])}")
    lines += ["", "## Text by CharGPT", "", "The first 16 characters were given.", ""]
    for run in records["chargpt.json"]["runs"]:
        lines += [f"Seed {run['seed']}:", "", "```", run["sample"], "```", ""]
    return "\n".join(lines)


def findings(records):
    scalar, array = records["scalar.json"], records["chargpt.json"]
    same, text = scalar["agreement"], array["text"]
    most = max(same["logits"], same["gradients"])
    norm = scalar["rms_norm"]
    held_out = [run["held_out"] for run in scalar["runs"]]
    steps = len(scalar["runs"][0]["losses"])
    uniform, bigram = math.log(scalar["names"]["alphabet"]), scalar["bigram_loss"]
    finals = [final(run) for run in array["runs"]]
    array_steps = len(array["runs"][0]["losses"])
    names = scalar["runs"][0]["samples"][:4]
    return [
        Finding(
            "the same numbers",
            f"{most:.0e} apart",
            f"The same {same['parameters']:,} weights in the scalar GPT and in CharGPT give logits "
            f"within {same['logits']:.0e} and gradients within {same['gradients']:.0e}.",
            "within 1e-6",
            most < 1e-6,
        ),
        Finding(
            "RMSNorm of [3, 4, 0]",
            ", ".join(f"{v:.3f}" for v in norm),
            f"RMSNorm of [3, 4, 0] is [{', '.join(f'{v:.3f}' for v in norm)}].",
            "1.039, 1.386, 0",
            np.allclose(norm, [1.0392, 1.3856, 0], atol=1e-3),
        ),
        Finding(
            "scalar GPT on names",
            ("better" if median(held_out) < bigram else "worse")
            + f" than counting pairs: {median(held_out):.2f}, {bigram:.2f}",
            f"After {steps} names the loss on names it has not seen is {median(held_out):.2f} nats "
            f"per character (uniform {uniform:.2f}, counting pairs {bigram:.2f}). It writes: "
            f"{', '.join(names)}.",
            f"below uniform − 0.4, in 1,000 steps or more below counting pairs ({bigram:.2f})",
            max(held_out) < (bigram if steps >= 1000 else uniform - 0.4),
        ),
        Finding(
            "CharGPT on text",
            f"{median(finals):.2f}",
            f"After {array_steps} steps on {text['source']} the validation loss is "
            f"{median(finals):.2f} (unigram {text['unigram_loss']:.2f}, bigram "
            f"{text['bigram_loss']:.2f}), range over seeds {min(finals):.2f} to {max(finals):.2f}.",
            "below the bigram loss",
            max(finals) < text["bigram_loss"],
        ),
    ]


def figures(records):
    scalar, array = records["scalar.json"], records["chargpt.json"]
    held_out = median(run["held_out"] for run in scalar["runs"])
    loss = median(final(run) for run in array["runs"])
    bars = scalar["bigram_loss"], array["text"]["bigram_loss"]
    figure, axes = plot.new_figure(
        " · ".join(
            f"{what} {value:.2f} nats, counting pairs {bar:.2f}"
            for what, value, bar in (
                ("Plain numbers, unseen names:", held_out, bars[0]),
                ("arrays, unseen text:", loss, bars[1]),
            )
        ),
        1,
        2,
        size=(11.5, 4.2),
    )
    names, text = axes[0]
    curve = plot.smooth(plot.over_seeds([run["losses"] for run in scalar["runs"]]), 50)
    plot.band(names, np.arange(curve.shape[1]), curve, plot.STYLES[0])
    for run in scalar["runs"]:  # measured before and after, not between
        ends = run["before"], run["held_out"]
        names.plot([0, curve.shape[1]], ends, plot.STYLES[1].marker, color=plot.STYLES[1].color)
    levels = ((math.log(scalar["names"]["alphabet"]), "uniform"), (bars[0], "counting pairs"))
    ends = known(names, levels)
    ends.append((float(np.median(curve[:, -1])), "training", plot.STYLES[0].color))
    ends.append((held_out, "unseen names", plot.STYLES[1].color))
    names.set_title("scalar GPT (training: mean of 50 names)", fontsize=10)
    names.set_xlabel("step (one name each)")
    names.set_ylabel("loss per character (nats)")
    plot.label_ends(names, ends)
    train_curve = plot.smooth(plot.over_seeds([run["losses"] for run in array["runs"]]), 20)
    plot.band(text, np.arange(train_curve.shape[1]), train_curve, plot.STYLES[0])
    values = np.array([[v for _, v in run["validation"]] for run in array["runs"]])
    plot.band(text, [step for step, _ in array["runs"][0]["validation"]], values, plot.STYLES[1])
    ends = known(text, ((array["text"]["unigram_loss"], "unigram"), (bars[1], "counting pairs")))
    ends.append((float(np.median(train_curve[:, -1])), "training", plot.STYLES[0].color))
    ends.append((loss, "unseen text", plot.STYLES[1].color))
    text.set_title("CharGPT, 4 layers, 64 channels, context 64", fontsize=10)
    text.set_xlabel("step (16 × 64 characters each)")
    plot.label_ends(text, ends)
    return {"losses.png": figure}


def known(ax, levels):
    """A dotted line for each (value, label); the labels, for label_ends."""
    for value, _ in levels:
        ax.axhline(value, color=plot.REFERENCE, lw=0.8, ls=":")
    return [(value, label, plot.REFERENCE) for value, label in levels]


if __name__ == "__main__":
    lab.main(__file__)
