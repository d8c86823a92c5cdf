"""Make the records beside this file, which the pages' numbers are computed from.

python theory/records/record.py finite_width     # one of them; without a name, all
"""

import inspect
import json
import sys
from itertools import product
from pathlib import Path

import numpy as np

import minigrad.nn.functional as F
from minigrad import Generator, from_numpy, optim
from minigrad.autograd import grad
from minigrad.course.challenge import draw
from minigrad.data.toy import batches, toy
from minigrad.lab import catalog
from minigrad.lab.language import corpus, language_run, small_gpt
from minigrad.lab.trainability import Net, train
from minigrad.lab.transformer_trainability import network
from minigrad.nn import init
from minigrad.probe import LayerHistory
from minigrad.signal.configuration import Configuration
from minigrad.signal.transformer.configuration import TransformerConfiguration
from minigrad.signal.transformer.dynamics import after, dynamics, networks, training
from minigrad.signal.transformer.recurrence import propagate
from minigrad.signal.windows import window_means
from minigrad.training import Record
from minigrad.training import train as train_model
from minigrad.training.language import language_loss
from minigrad.training.verdict import final_loss, verdict

HERE = Path(__file__).parent


def finite_width():
    """ln q after `depth` ReLU layers under Kaiming, one network each: where do they lie?"""
    rng = np.random.default_rng(0)
    found = []
    for depth, width in ((50, 64), (50, 256), (12, 256)):
        logs = []
        for _ in range(600):
            h = rng.normal(size=(1, width))
            h /= np.sqrt((h**2).mean())
            for _ in range(depth):
                h = np.maximum(h @ rng.normal(0, (2 / width) ** 0.5, (width, width)), 0)
            logs.append(round(float(np.log((h**2).mean())), 4))
        found.append({"depth": depth, "width": width, "ln_q": logs})
    return {"stacks": found}


def fourth_cell(done):
    """Norm × skip at depth 50, ReLU, Kaiming, SGD: 300 steps on the labs' task."""
    cells = product(
        (128, 64), (1e-3, 3e-3, 1e-2), ("none", "rmsnorm", "layernorm"), ("none", "plain")
    )
    for (width, lr, norm, skip), seed in product(cells, range(3)):
        config = Configuration(depth=50, width=width, norm=norm, residual=skip, lr=lr)
        key = {"width": width, "lr": lr, "norm": norm, "residual": skip, "seed": seed}
        if not done(key):
            losses = train(config, seed)
            yield key | {
                "verdict": verdict(losses),
                "first": losses[0],
                "final": number(final_loss(losses)),
            }


LAYERS = 12
SHARES = {"1": 1.0, "1/√2L": (2 * LAYERS) ** -0.5, "1/2L": 1 / (2 * LAYERS)}


def shared(text, seed, placement, share):
    """A transformer of LAYERS layers whose branches are scaled by a share."""
    model = small_gpt(
        text, seed, layers=LAYERS, dim=32, heads=4, norm="layernorm", placement=placement
    )
    for block in model.blocks:
        block.residual_scale = SHARES[share]
    return model


def first_update(done):
    """1 − cos between positions at the last block, before and after one update of Adam."""
    text = corpus("alice")
    dials = [("post", share) for share in SHARES] + [("pre", "1")]
    for lr, seed, (placement, share) in product((2e-2, 5e-3), range(3), dials):
        key = {"placement": placement, "share": share, "lr": lr, "seed": seed}
        if not done(key):
            model = shared(text, seed, placement, share)
            with LayerHistory({"last": model.blocks[-1]}) as seen:
                training = {"steps": 2, "lr": lr, "evaluate_every": 2}
                language_run(
                    text, model, lambda *_: None, seed=seed, training=training, watch=seen.step
                )
            yield key | {"apart": seen.apart["last"]}


def branch_share(done):
    """Post-norm N(x + s·f(x)) trained for 200 steps: the share s decides."""
    text = corpus("alice")
    for seed, lr, share in product(range(3), (2e-2, 5e-3), ("1/2L", "1", "1/√2L")):
        key = {"placement": "post", "share": share, "lr": lr, "seed": seed}
        if not done(key):
            training = {"steps": 200, "lr": lr, "evaluate_every": 20}
            model = shared(text, seed, "post", share)
            run = language_run(text, model, lambda *_: None, seed=seed, training=training)
            yield key | {"diverged_at": run["diverged_at"], "validation": run["validation"]}


def challenge(done):
    """What the challenge's level 2 draws, what theory says of it, and what it did."""
    for seed in range(60):
        if not done({"seed": seed}):
            theory = draw(seed, 2)
            yield {
                "seed": seed,
                "configuration": theory.config.as_dict(),
                "theory": theory.verdict,
                "verdict": verdict(train(theory.config, seed)),
            }


def escape(done):
    """When ReLU stacks under Xavier leave the plateau: by depth, and by rate."""
    for (depth, lr), seed in product(
        ((6, 1e-2), (8, 1e-2), (10, 1e-2), (6, 3e-3), (8, 3e-3)), range(3)
    ):
        key = {"depth": depth, "lr": lr, "seed": seed}
        if not done(key):
            config = Configuration(depth=depth, width=128, init="xavier_normal", lr=lr)
            losses = np.convolve(train(config, seed), np.ones(16) / 16, "valid")
            out = np.flatnonzero(losses < 0.9 * np.log(2))
            yield key | {"steps": int(out[0]) + 16 if len(out) else None}


def examples(done):
    """The three worked examples of putting-it-together.md."""
    for number, seed in product(range(3), range(3)):
        config = Configuration(width=64, **EXAMPLES[number])
        if not done({"example": number, "seed": seed}):
            yield {"example": number, "seed": seed, "verdict": verdict(train(config, seed))}


EXAMPLES = (
    {"depth": 15, "residual": "plain", "lr": 0.01},
    {"depth": 20, "activation": "tanh", "norm": "layernorm", "optimizer": "adam", "lr": 0.01},
    {
        **{"depth": 24, "activation": "gelu", "init": "xavier_normal", "norm": "rmsnorm"},
        **{"residual": "plain", "optimizer": "adam", "lr": 0.003},
    },
)


def apart(done):
    """1 − cos between positions in four blocks of lab 04's stack, from the first update on."""
    lab = catalog.load(catalog.find("04", catalog.labs()))
    text, settings = corpus("alice"), lab.Settings()
    for seed, variant in product(range(2), ("post LayerNorm", "pre RMSNorm")):
        key = {"variant": variant, "seed": seed}
        if not done(key):
            model = small_gpt(text, seed, **lab.MODEL, **lab.VARIANTS[variant])
            training = {"steps": settings.steps, "lr": 2e-2, "evaluate_every": 20}
            with LayerHistory({str(i): model.blocks[i - 1] for i in lab.BLOCKS}) as seen:
                language_run(
                    text, model, lambda *_: None, seed=seed, training=training, watch=seen.step
                )
            rows = {block: [significant(x) for x in v] for block, v in seen.apart.items()}
            early = {block: values[:12] for block, values in rows.items()}
            yield key | {"early": early, "last": {block: v[-1] for block, v in rows.items()}}


def positions(done):
    """Attention and FFN 16 times, Adam 0.02: stream and likeness by block, before and after one
    update, and what theory says of them."""
    for placement, seed in product(("post", "pre"), range(3)):
        key = {"placement": placement, "seed": seed}
        if done(key):
            continue
        config = TransformerConfiguration(
            layers=16, dim=32, placement=placement, ffn="relu", lr=0.02
        )
        n, how = networks([config]), training([config])
        start = propagate(n)
        theory = start, after(n, dynamics(n, how, start), how.moved[0])
        model = network(config, Generator().manual_seed(seed))
        updates = optim.Adam(model.parameters(), lr=config.lr)
        looks = []
        for said, (x, y) in zip(theory, corpus("shakespeare").batches(8, 32, seed), strict=False):
            h = model.token_embedding(from_numpy(x)) + model.position_embedding.weight
            stream = [h.array]
            for block in model.blocks:
                h = block(h)
                stream.append(h.array)
            looks.append(
                {
                    "q": [significant(np.square(x).mean()) for x in stream],
                    "alike": [significant(unlike(x)) for x in stream],
                    "theory_q": [significant(x) for x in said.q[::2, 0]],
                    "theory_alike": [significant(x) for x in said.alike[::2, 0]],
                }
            )
            updates.zero_grad()
            language_loss(model, from_numpy(x), from_numpy(y)).backward()
            updates.step()
        yield key | {"looks": looks}


def unlike(x):
    """1 − cos of two positions of one sequence: half their mean squared difference, over q."""
    x = x.astype(np.float64)
    return x.var(axis=1, ddof=1).mean() / np.square(x).mean()


def significant(x):
    return float(f"{x:.4g}")


def xavier_head(done):
    """Lab 01's Xavier network at its lower rate with the head under Xavier, too."""
    lab = catalog.load(catalog.find("01", catalog.labs()))
    for seed in range(3):
        if not done({"seed": seed}):
            generator, s = Generator(seed), lab.Settings()
            model = lab.network(s.depth, s.width, init.xavier_normal_, generator)
            init.xavier_normal_(model[-1].weight, generator=generator)
            task, updates = toy(seed), optim.SGD(model.parameters(), lr=1e-3, momentum=s.momentum)
            run = Record(seed)
            train_model(model, updates, batches(task.x, task.y, s.batch, seed), s.steps, run)
            yield {"seed": seed, "verdict": verdict(run.losses), "final": final_loss(run.losses)}


RELU = {"depth": 50, "width": 128, "lr": 0.05}
SIGMOID = RELU | {"activation": "sigmoid", "init": "xavier_normal", "optimizer": "adam", "lr": 1e-3}
LAB_01 = {"depth": 12, "width": 256, "lr": 1e-3}
DEMONSTRATIONS = {
    "lab 01, uniform ±0.5": LAB_01 | {"init": "uniform"},
    "lab 01, Xavier": LAB_01 | {"init": "xavier_normal"},
    "lab 01, Kaiming": LAB_01,
    "ReLU, Xavier": RELU | {"init": "xavier_normal"},
    "ReLU, Kaiming": RELU,
    "ReLU, uniform ±0.5": RELU | {"init": "uniform"},
    "ReLU, x + f": RELU | {"residual": "plain"},
    "ReLU, x + f, RMSNorm": RELU | {"residual": "plain", "norm": "rmsnorm"},
    "ReLU, N(0, 0.01²), Adam": RELU | {"init": "normal", "optimizer": "adam", "lr": 1e-3},
    "sigmoid, Adam": SIGMOID,
    "sigmoid, LayerNorm, Adam": SIGMOID | {"norm": "layernorm"},
}


def demonstrations(done):
    """The textbooks' fifty layers and lab 01's three inits: the loss in windows."""
    for seed, (name, choices) in product(range(3), DEMONSTRATIONS.items()):
        key = {"name": name, "seed": seed}
        if not done(key):
            losses = train(Configuration(**choices), seed)
            means = [number(x) for x in window_means(losses)]
            yield key | {"verdict": verdict(losses), "windows": means}


WORKED = {
    "Xavier": {"init": "xavier_normal"},
    "Kaiming": {"init": "kaiming_normal"},
    "Kaiming, skip, RMSNorm": {"init": "kaiming_normal", "residual": "plain", "norm": "rmsnorm"},
}


def worked(done):
    """The worked case of prediction.md: q and G of each output at init, and how runs end."""
    for seed, (name, choices) in product(range(5), WORKED.items()):
        key = {"name": name, "seed": seed}
        if done(key):
            continue
        config = Configuration(**RELU | choices)
        task, net = toy(seed), Net(config, Generator().manual_seed(seed))
        x = from_numpy(task.x[:256])
        hs = [net.linears[0](x).relu()]
        for layer, norm in zip(net.linears[1:-1], net.norms, strict=False):
            branch = layer(norm(hs[-1])).relu()
            hs.append(branch if config.residual == "none" else hs[-1] + branch)
        logits = net.linears[-1](net.norms[-1](hs[-1]))
        loss = F.cross_entropy(logits, from_numpy(task.y[:256]), reduction="sum")
        slopes = grad(loss, hs)
        yield key | {
            "q": [significant(np.square(h.array, dtype=np.float64).mean()) for h in hs],
            "G": [significant(np.square(g.array, dtype=np.float64).mean()) for g in slopes],
            "verdict": verdict(train(config, seed)),
        }


def number(x):
    return float(x) if np.isfinite(x) else None


def save(name, record):
    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    (HERE / f"{name}.json").write_text(text.replace("}, {", "},\n{") + "\n", encoding="utf-8")


def main(names):
    for name in names:
        make = RECORDS[name]
        if not inspect.isgeneratorfunction(make):
            save(name, make())
            continue
        file = HERE / f"{name}.json"  # a run at a time, so that what was stopped goes on
        runs = json.loads(file.read_text(encoding="utf-8"))["runs"] if file.exists() else []
        for run in make(lambda key, known=runs: any(key.items() <= run.items() for run in known)):
            runs.append(run)
            save(name, {"runs": runs})
            print(name, len(runs), {k: v for k, v in run.items() if k != "validation"}, flush=True)


EVERY = (
    *(
        finite_width,
        fourth_cell,
        first_update,
        branch_share,
        challenge,
        escape,
        examples,
        apart,
        positions,
    ),
    demonstrations,
    worked,
    xavier_head,
)
RECORDS = {f.__name__: f for f in EVERY}

if __name__ == "__main__":
    main(sys.argv[1:] or RECORDS)
