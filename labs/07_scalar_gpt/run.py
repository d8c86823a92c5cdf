"""Lab 07: a GPT of plain numbers learns names; the same model in arrays learns a text."""

import math
from dataclasses import dataclass
from random import Random
from statistics import median
from typing import Annotated

import numpy as np

from minigrad import Generator, from_numpy, lab, tensor
from minigrad.errors import ArgumentError
from minigrad.lab import Finding, plot
from minigrad.lab.cells import claim, held_out
from minigrad.lab.language import Text, about, corpus, language_run
from minigrad.models import CharGPT
from minigrad.nn import functional as F
from minigrad.scalar import GPT, Alphabet, Value, cities, read_names, sample, train
from minigrad.scalar.gpt import rms_norm
from minigrad.scalar.training import bigram_loss, evaluate


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Train the scalar GPT on names, then CharGPT on a text."""

    seeds: int = 3
    steps: int = 1200  # of the scalar GPT, one name each
    lr: float = 1e-2
    names: Annotated[str | None, "A file of names, one a line, in place of the cities."] = None
    text: Text = "alice"
    array_steps: int = 1500  # of CharGPT, 16 stretches of 64 characters each
    array_lr: float = 3e-3


QUICK = {"seeds": 1, "steps": 300, "array_steps": 250}
PIECES = {"rms_norm": rms_norm}
ARRAY_MODEL = {"context": 64, "dim": 64, "heads": 4, "layers": 4}
ARRAY_TRAINING = {"batch": 16, "warmup": 50, "optimizer": "adamw", "clip": 1.0}


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
    unseen, learned = names[: len(names) // 10 or 1], names[len(names) // 10 or 1 :]
    alphabet, norm = Alphabet(names), pieces.rms_norm
    known = {"source": s.names or "time-zone cities", "count": len(names)}
    scalar = {
        "names": known | {"alphabet": len(alphabet)},
        "bigram_loss": bigram_loss(learned, unseen, alphabet),
        "agreement": agreement(alphabet, norm),
        "rms_norm": [float(v.data) for v in norm([Value(3.0), Value(4.0), Value(0.0)])],
        "runs": [],
    }
    text = corpus(s.text)
    run.record("scalar.json", scalar)
    array = run.record("chargpt.json", {"text": about(text), "runs": []})
    with run.progress(s.seeds * (s.steps + s.array_steps)) as advance:
        for seed in range(s.seeds):
            scalar["runs"].append(scalar_cell(s, seed, learned, unseen, alphabet, norm, advance))
            run.save()
        for seed in range(s.seeds):
            array["runs"].append(array_cell(s, seed, text, advance))
            run.save()


def scalar_cell(s, seed, learned, unseen, alphabet, norm, advance):
    """One scalar GPT, trained on names: losses, loss on unseen ones, names it writes."""
    model = GPT(len(alphabet), seed=seed, norm=norm)
    before = evaluate(model, unseen, alphabet)
    how = {"lr": s.lr, "on_step": lambda *_: advance(1, f"scalar GPT, seed {seed}")}
    losses = train(model, learned, alphabet, s.steps, seed=seed, **how)
    after = evaluate(model, unseen, alphabet)
    written = [sample(model, alphabet, seed=i) for i in range(20)]
    return {"seed": seed, "losses": losses, "before": before, "held_out": after, "samples": written}


def array_cell(s, seed, text, advance):
    """One CharGPT, trained on a text: its record, and what it writes."""
    model = CharGPT(len(text.characters), **ARRAY_MODEL, generator=Generator(seed))
    training = ARRAY_TRAINING | {"steps": s.array_steps, "lr": s.array_lr, "evaluate_every": 50}
    record = language_run(text, model, advance, seed=seed, training=training, variant="CharGPT")
    start = from_numpy(text.validation[None, :16])
    ids = model.generate(start, 300, temperature=0.8, generator=Generator(seed))
    return record | {"sample": text.decode(ids.numpy()[0])}


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
    grads = {name: [[v.grad for v in row] for row in scalar.weights[name]] for name in weights}
    gradients = [np.abs(p.grad.array - grads[name]).max() for name, p in weights.items()]
    return {
        "parameters": sum(p.numel() for p in weights.values()),
        "logits": float(np.abs(logits.array - rows).max()),
        "gradients": float(max(gradients)),
    }


def texts(records):
    """samples.md: what the models wrote."""
    lines = ["# Samples", "", "## Names by the scalar GPT", ""]
    for run in records["scalar.json"]["runs"]:
        lines.append(f"- seed {run['seed']}: {', '.join(run['samples'])}")
    lines += ["", "## Text by CharGPT", "", "The first 16 characters were given.", ""]
    for run in records["chargpt.json"]["runs"]:
        lines += [f"Seed {run['seed']}:", "", "```", run["sample"], "```", ""]
    return {"samples.md": "\n".join(lines)}


def findings(records):
    scalar, array = records["scalar.json"], records["chargpt.json"]
    first = [the_same(scalar["agreement"]), one_norm(scalar["rms_norm"])]
    return [*first, on_names(scalar), on_text(array)]


def the_same(same):
    most = max(same["logits"], same["gradients"])
    sentence = (
        f"The same {same['parameters']:,} weights in the scalar GPT and in CharGPT give logits "
        f"within {same['logits']:.0e} and gradients within {same['gradients']:.0e}."
    )
    claimed = claim("within 1e-6", most < 1e-6)
    return Finding("the same numbers", f"{most:.0e} apart", sentence, **claimed)


def one_norm(norm):
    shown, what = ", ".join(f"{v:.3f}" for v in norm), "RMSNorm of [3, 4, 0]"
    claimed = claim("1.039, 1.386, 0", bool(np.allclose(norm, [1.0392, 1.3856, 0], atol=1e-3)))
    return Finding(what, shown, f"{what} is [{shown}].", **claimed)


def on_names(scalar):
    losses = [run["held_out"] for run in scalar["runs"]]
    steps, samples = len(scalar["runs"][0]["losses"]), scalar["runs"][0]["samples"]
    uniform, bigram = math.log(scalar["names"]["alphabet"]), scalar["bigram_loss"]
    word = "better" if median(losses) < bigram else "worse"
    outcome = f"{word} than counting pairs: {median(losses):.2f}, {bigram:.2f}"
    sentence = (
        f"After {steps} names the loss on names it has not seen is {median(losses):.2f} nats "
        f"per character (uniform {uniform:.2f}, counting pairs {bigram:.2f}). It writes: "
        f"{', '.join(samples[:4])}."
    )
    said = f"below uniform − 0.4, in 1,000 steps or more below counting pairs ({bigram:.2f})"
    claimed = claim(said, max(losses) < (bigram if steps >= 1000 else uniform - 0.4))
    return Finding("scalar GPT on names", outcome, sentence, **claimed, key="names", word=word)


def on_text(array):
    text, ends = array["text"], [held_out(run) for run in array["runs"]]
    sentence = (
        f"After {len(array['runs'][0]['losses'])} steps on {text['source']} the validation loss is "
        f"{median(ends):.2f} (unigram {text['unigram_loss']:.2f}, bigram "
        f"{text['bigram_loss']:.2f}), range over seeds {min(ends):.2f} to {max(ends):.2f}."
    )
    claimed = claim("below the bigram loss", max(ends) < text["bigram_loss"])
    return Finding("CharGPT on text", f"{median(ends):.2f}", sentence, **claimed)


def figures(records):
    scalar, array = records["scalar.json"], records["chargpt.json"]
    loss = median(run["held_out"] for run in scalar["runs"])
    there = median(held_out(run) for run in array["runs"])
    pairs, bigram = scalar["bigram_loss"], array["text"]["bigram_loss"]
    title = (
        f"Plain numbers, unseen names: {loss:.2f} nats, counting pairs {pairs:.2f} · "
        f"arrays, unseen text: {there:.2f} nats, counting pairs {bigram:.2f}"
    )
    figure, axes = plot.new_figure(title, columns=2, size=(11.5, 4.2))
    names, text = axes[0]
    for run in scalar["runs"]:  # measured before and after, not between
        ends = run["before"], run["held_out"]
        names.plot([0, len(run["losses"])], ends, HELD_OUT.marker, color=HELD_OUT.color)
    levels = {"uniform": math.log(scalar["names"]["alphabet"]), "counting pairs": pairs}
    curve(names, scalar["runs"], 50, levels, "unseen names", loss)
    names.set_title("scalar GPT (training: mean of 50 names)", fontsize=10)
    names.set(xlabel="step (one name each)", ylabel="loss per character (nats)")
    values = np.array([[v for _, v in run["validation"]] for run in array["runs"]])
    plot.band(text, [step for step, _ in array["runs"][0]["validation"]], values, HELD_OUT)
    levels = {"unigram": array["text"]["unigram_loss"], "counting pairs": bigram}
    curve(text, array["runs"], 20, levels, "unseen text", there)
    text.set_title("CharGPT, 4 layers, 64 channels, context 64", fontsize=10)
    text.set_xlabel("step (16 × 64 characters each)")
    return {"losses.png": figure}


TRAINING, HELD_OUT = plot.STYLES[:2]


def curve(ax, runs, window, levels, unseen, loss):
    """The training loss, a dotted line for each level, and a label at each end."""
    values = plot.smooth(plot.over_seeds([run["losses"] for run in runs]), window)
    plot.band(ax, np.arange(values.shape[1]), values, TRAINING)
    for value in levels.values():
        ax.axhline(value, color=plot.REFERENCE, lw=0.8, ls=":")
    ends = [(value, name, plot.REFERENCE) for name, value in levels.items()]
    ends.append((float(np.median(values[:, -1])), "training", TRAINING.color))
    plot.label_ends(ax, [*ends, (loss, unseen, HELD_OUT.color)])


if __name__ == "__main__":
    lab.main(__file__)
