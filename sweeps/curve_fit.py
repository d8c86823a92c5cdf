"""What a run's loss is foretold with, and how it is fitted: `Data` of runs, `arrays` a fit of them.

Needs scikit-learn for the rival's odds.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import calibrate
import numpy as np
import transformers
from calibrate import CALIBRATION, labels
from sklearn.ensemble import HistGradientBoostingClassifier

import minigrad
from minigrad import nn, optim, tensor
from minigrad.optim.lr_scheduler import OneCycleLR
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.curve import (
    HIGHEST,
    LEVELS,
    SHOWN,
    Curve,
    Nets,
    inputs,
    paths,
    squash,
    standard,
)
from minigrad.sweep.families import family_of, name_of
from minigrad.sweep.recorded import Row

WIDTH, HIDDEN, MEMBERS = 128, 3, 2  # of the networks that foretell
EPOCHS, BATCH, RATE, DECAY = 300, 64, 3e-3, 0.01


class Kind(NamedTuple):
    """What a family's fit may know."""

    raw: Callable[[Any], list[float]]  # the configuration itself, as the rival sees it
    rival: Callable[[], HistGradientBoostingClassifier]  # whose odds weigh the rival's curves
    dropout: float  # chosen by the bands' coverage of runs left out
    curve: Path
    table: str


KINDS = {
    "mlp": Kind(
        calibrate.raw, calibrate.rival, 0.05, CALIBRATION.with_name("curve.npz"), "curve_table"
    ),
    "transformer": Kind(
        transformers.raw,
        transformers.rival,
        0.0,
        transformers.CALIBRATION.with_name("curve.npz"),
        "transformer_curve",
    ),
}


class Data:
    """Runs with all that a model may know of them."""

    def __init__(self, runs: Sequence[Row], theory: bool = True) -> None:
        self.runs, self.truth = list(runs), labels(runs)
        self.kind, of = KINDS[name_of(runs[0].config)], family_of(runs[0].config)
        predicted = of.foretell([run.config for run in runs])
        self.task = predicted[0].together.task
        self.last = len(self.task.windows) - 1
        names = predicted[0].features
        self.known = {name: np.array([p.features[name] for p in predicted]) for name in names}
        alone = {id(p.together): p.together.theory() for p in predicted}
        self.theory = np.array([alone[id(p.together)][p.at] for p in predicted])
        self.odds = np.array([[*p.probabilities.values()] for p in predicted])
        with np.errstate(divide="ignore"):  # log₁₀; NaN: not finite
            self.loss = np.maximum(np.log10([run.windows for run in runs]), -12)
        if not theory:
            table = np.array([self.kind.raw(run.config) for run in runs]).T
            self.known = {f"raw {k}": column for k, column in enumerate(table)}
            self.theory = np.zeros_like(self.theory)

    def part(self, chosen: np.ndarray) -> "Data":
        """Some of them."""
        new = object.__new__(Data)
        new.runs = [run for run, one in zip(self.runs, chosen, strict=True) if one]
        new.known = {name: x[chosen] for name, x in self.known.items()}
        for name in ("kind", "task", "last"):
            setattr(new, name, getattr(self, name))
        for name in ("truth", "theory", "odds", "loss"):
            setattr(new, name, getattr(self, name)[chosen])
        return new

    def folds(self, count: int) -> np.ndarray:
        """(R,) a fold for each configuration: its seeds are left out together."""
        names = [str(run.config) for run in self.runs]
        known = {name: k for k, name in enumerate(dict.fromkeys(names))}
        drawn = np.random.default_rng(0).integers(0, count, len(known))
        return drawn[[known[name] for name in names]]


def fit(data: Data, hidden: int = HIDDEN) -> Nets:
    """Nets trained on those runs: from theory's numbers and the fate that a run had to the
    quantiles of each window, by their pinball loss."""
    names = tuple(data.known)
    x = inputs(data.known, data.theory, names)
    mean, scale = x.mean(0), x.std(0) + 1e-6
    x = np.column_stack([standard(x, mean, scale), np.eye(len(VERDICTS))[data.truth]])
    y = squash(data.loss)
    y[:, 0] = data.loss[:, 0] - data.theory[:, 0]
    known = np.isfinite(y)  # not a first loss that is not finite
    y = np.where(known, y, 0)
    arrays = [a.astype(np.float32) for a in (x, y[:, :, None], known[:, :, None])]
    members = [_trained(arrays, hidden, data.kind.dropout, seed) for seed in range(MEMBERS)]
    layers = [
        (
            np.stack([one.weight.detach().numpy().T for one in same]),
            np.stack([one.bias.detach().numpy()[None] for one in same]),
        )
        for same in zip(*members, strict=True)
    ]
    return Nets(names, mean, scale, layers)


def _trained(arrays: list[np.ndarray], hidden: int, dropout: float, seed: int) -> list[nn.Linear]:
    """The layers of one net."""
    minigrad.manual_seed(seed)
    rng = np.random.default_rng(seed)
    runs, windows, _ = arrays[1].shape
    sizes = [arrays[0].shape[1], *[WIDTH] * hidden, windows * len(LEVELS)]
    linear = [nn.Linear(a, b) for a, b in pairwise(sizes)]
    inside = [part for one in linear[:-1] for part in (one, nn.SiLU(), nn.Dropout(dropout))]
    net = nn.Sequential(*inside, linear[-1])
    optimizer = optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    steps = EPOCHS * runs // BATCH
    schedule = OneCycleLR(optimizer, RATE, total_steps=steps)
    order = np.concatenate([rng.permutation(runs) for _ in range(EPOCHS)])
    q = tensor(LEVELS.astype(np.float32))
    for step in range(steps):
        x, y, known = (tensor(a[order[step * BATCH : (step + 1) * BATCH]]) for a in arrays)
        off = y - net(x).view(len(y), windows, len(LEVELS))
        loss = (known * (q * off).maximum((q - 1) * off)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return linear


def write(nets: Nets, path: Path) -> None:
    """As `read_nets` reads them; in half precision."""
    layers = {
        f"{name}{k}": x.astype(np.float16)
        for k, layer in enumerate(nets.layers)
        for name, x in zip(("weight", "bias"), layer, strict=True)
    }
    np.savez_compressed(
        path, names=np.array(nets.names), mean=nets.mean, scale=nets.scale, **layers
    )


def foretold(data: Data, nets: Nets) -> np.ndarray:
    """(R, 5, W) log₁₀ of the quantiles."""
    weights = np.repeat(data.odds / len(LEVELS), len(LEVELS), axis=1)
    every = zip(paths(data.known, data.theory, nets, data.task), weights, strict=True)
    with np.errstate(divide="ignore"):
        return np.log10(
            [[Curve(p, w, p[0], data.task).quantile(q) for q in SHOWN] for p, w in every]
        )


def average(train: Data, test: Data) -> np.ndarray:
    """(R, 5, W) the quantiles, over the fitted runs, of the verdict that is predicted."""
    filled = np.where(np.isfinite(train.loss), train.loss, HIGHEST)
    of_fate = [np.quantile(filled[train.truth == k], SHOWN, axis=0) for k in range(len(VERDICTS))]
    return np.array(of_fate)[test.odds.argmax(1)]


def models(data: Data, plain: Data, test: Data, plain_test: Data) -> dict[str, np.ndarray]:
    """What each kind of model, fitted on one part, says of the other; `plain` knows no theory."""
    R, T = (np.array([data.kind.raw(run.config) for run in d.runs]) for d in (data, test))
    plain_test.odds = data.kind.rival().fit(R, data.truth).predict_proba(T)
    return {
        "theory alone": np.repeat(test.theory[:, None], len(SHOWN), axis=1),
        "average of the predicted verdict": average(data, test),
        "a line on theory": foretold(test, fit(data, hidden=0)),
        "nets on the configuration": foretold(plain_test, fit(plain)),
        "nets on theory": foretold(test, fit(data)),
    }
