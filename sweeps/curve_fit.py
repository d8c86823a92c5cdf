"""What a run's loss is foretold with, and how it is fitted: `Data` of runs, `whole` a fit of them.

Needs scikit-learn.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import calibrate
import numpy as np
import transformers
from calibrate import CALIBRATION, as_json, labels
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from minigrad.signal.calibration import VERDICTS, read, scores
from minigrad.signal.curve import LEVELS, SHOWN, Curve, centres, part, paths, read_fit, window_rows
from minigrad.sweep.families import family_of, name_of
from minigrad.sweep.recorded import Row

OF_WINDOW = ("window", *VERDICTS, "start", "end", "theory")
HIGHEST = 4.0  # log₁₀ of what a loss that is not finite counts as
PARTS = ("start", "middle", "end")
FLOOR = 0.005  # decades that two runs always differ by
FOLDS = 4  # that the scatter is learned by


class Kind(NamedTuple):
    """What a family's fit may know."""

    quantities: tuple[str, ...]  # of the ends
    few: tuple[str, ...]  # of what lies between, and of the spread
    raw: Callable[[Any], list[float]]  # the configuration itself, as the rival sees it
    rival: Callable[[], HistGradientBoostingClassifier]
    curve: Path
    table: str


KINDS = {
    "mlp": Kind(
        (
            *calibrate.QUANTITIES,
            *("curvature", "progress", "logit", "scramble", "alike", "gradient_ratio"),
        ),
        (
            *("curvature", "scramble", "travel", "progress"),
            *("unlearn", "kicked_curvature", "rate", "luck"),
        ),
        calibrate.raw,
        calibrate.rival,
        CALIBRATION.with_name("curve.json"),
        "curve_table",
    ),
    "transformer": Kind(
        (
            *transformers.QUANTITIES,
            *("init_logit", "init_curvature", "init_progress", "depth", "grown_logit"),
            *("init_gradient_ratio", "first_alike", "spectral"),
        ),
        (
            *("learned", "init_curvature", "init_progress", "grown_progress", "travel"),
            *("scramble", "clipped", "adaptive", "pushed_alike", "rate"),
        ),
        transformers.raw,
        transformers.rival,
        transformers.CALIBRATION.with_name("curve.json"),
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
        # log₁₀; NaN: not known, or not finite
        self.loss = np.full((len(runs), self.last + 1), np.nan)
        with np.errstate(divide="ignore"):
            for seen, run in zip(self.loss, runs, strict=True):
                seen[[0, -1]] = np.log10([run.first, run.final])
                if run.between:
                    seen[:] = np.log10(run.windows)
        self.loss = np.maximum(self.loss, -12)
        self.whole = np.array([bool(run.between) for run in runs])
        self.quantities, self.few = self.kind.quantities, self.kind.few
        if not theory:
            table = np.array([self.kind.raw(run.config) for run in runs]).T
            self.known = {f"raw {k}": column for k, column in enumerate(table)}
            self.theory = np.zeros_like(self.theory)
            self.quantities = self.few = tuple(self.known)

    def part(self, chosen: np.ndarray) -> "Data":
        """Some of them."""
        new = object.__new__(Data)
        new.runs = [run for run, one in zip(self.runs, chosen, strict=True) if one]
        new.known = {name: x[chosen] for name, x in self.known.items()}
        for name in ("quantities", "few", "kind", "task", "last"):
            setattr(new, name, getattr(self, name))
        for name in ("truth", "theory", "odds", "loss", "whole"):
            setattr(new, name, getattr(self, name)[chosen])
        return new

    def folds(self, count: int) -> np.ndarray:
        """(R,) a fold for each configuration: its seeds are left out together."""
        names = [str(run.config) for run in self.runs]
        known = {name: k for k, name in enumerate(dict.fromkeys(names))}
        drawn = np.random.default_rng(0).integers(0, count, len(known))
        return drawn[[known[name] for name in names]]


def _settings(rounds: int, leaves: int) -> dict:
    return {
        "max_iter": rounds,
        "max_leaf_nodes": leaves,
        "learning_rate": 0.15,
        "min_samples_leaf": 15,
        "l2_regularization": 1.0,
        "max_features": 0.6,
        "early_stopping": False,
        "random_state": 0,
    }


def trees(known: dict, names: Sequence[str], y: np.ndarray, loss: str, rounds=60, leaves=8) -> dict:
    """Boosted trees on those names in curve.json's form; y of a classifier is boolean."""
    X = np.column_stack([known[name] for name in names])
    kind = HistGradientBoostingClassifier if y.dtype == bool else HistGradientBoostingRegressor
    return as_json(kind(loss=loss, **_settings(rounds, leaves)).fit(X, y), names)


def centre(data: Data) -> dict:
    """The trees that say where a run usually lies."""
    known = {**data.known, "theory_start": data.theory[:, 0], "theory_end": data.theory[:, -1]}
    names = (*data.quantities, "theory_start", "theory_end")
    started, ended = (np.isfinite(data.loss[:, w]) for w in (0, -1))
    fate = {name: data.truth == k for k, name in enumerate(VERDICTS)}

    def on(chosen: np.ndarray, y: np.ndarray, **how: object) -> dict:
        return trees({n: x[chosen] for n, x in known.items()}, names, y[chosen], **how)

    fit = {
        "start": on(started, data.loss[:, 0] - data.theory[:, 0], loss="absolute_error"),
        "trained": on(fate["trained"], data.loss[:, -1], loss="absolute_error"),
        "stalled": on(
            fate["stalled"], data.loss[:, -1], loss="absolute_error", rounds=30, leaves=4
        ),
        "diverged": on(
            fate["diverged"] & ended, data.loss[:, -1], loss="absolute_error", rounds=20, leaves=4
        ),
        "ended": on(fate["diverged"], ~ended, loss="log_loss", rounds=20, leaves=4),
        # until the rest is known
        "middle": {"features": ["window"], "baseline": [0.0], "trees": [["", 0.0]]},
        "spread": {"features": ["window"], "baseline": [0.0], "trees": [["", 0.0]]},
        "levels": {f"{name} {p}": [0.0] * 20 for name in VERDICTS for p in PARTS},
        "ended_by": [1.0] * (data.last + 1),
    }
    seen = data.part(data.whole)
    straight = own_centres(seen, fit)
    bent = {name: [] for name in (*OF_WINDOW, *seen.few)}
    left = []
    for k, name in enumerate(VERDICTS):
        rows_ = window_rows(seen.known, seen.theory, straight[k][:, 0], straight[k][:, -1], name)
        inside = (rows_["window"] > 0) & (rows_["window"] < data.last)
        use = inside & np.repeat(seen.truth == k, data.last + 1) & np.isfinite(seen.loss.ravel())
        left.append((seen.loss - straight[k]).ravel()[use])
        for name_, x in bent.items():
            x.append(rows_[name_][use])
    known = {name: np.concatenate(x) for name, x in bent.items()}
    fit["middle"] = trees(known, tuple(bent), np.concatenate(left), "absolute_error")
    return fit


def own_centres(data: Data, fit: dict) -> np.ndarray:
    """(3, R, W) as `curve.centres`."""
    return centres(data.known, data.theory, read_fit(fit), data.task)


def whole(data: Data) -> dict:
    """A fit in curve.json's form; how far runs scatter is learned from runs left out."""
    fit = centre(data)
    away, where, which = [], [], []
    fold = data.folds(FOLDS)
    for k in range(FOLDS):
        other = data.part(fold == k)
        middle = own_centres(other, centre(data.part(fold != k)))
        for f, name in enumerate(VERDICTS):
            known = window_rows(other.known, other.theory, middle[f][:, 0], middle[f][:, -1], name)
            use = np.repeat(other.truth == f, data.last + 1) & np.isfinite(other.loss.ravel())
            away.append((other.loss - middle[f]).ravel()[use])
            where.append({n: known[n][use] for n in (*OF_WINDOW, *other.few)})
            which.append([f"{name} {part(int(w), data.last)}" for w in known["window"][use]])
    known = {name: np.concatenate([w[name] for w in where]) for name in where[0]}
    off, tables = np.concatenate(away), np.concatenate(which)
    names = tuple(known)
    fit["spread"] = trees(known, names, np.log10(np.abs(off) + FLOOR), "squared_error", 40, 8)
    scale = 10 ** scores(known, read(fit["spread"]))[:, 0]
    for name in fit["levels"]:
        levels = np.quantile(off[tables == name] / scale[tables == name], LEVELS)
        fit["levels"][name] = [float(f"{x:.3g}") for x in levels]
    died = data.whole & (data.truth == 0) & ~np.isfinite(data.loss[:, -1])
    gone = (~np.isfinite(data.loss[died])).sum(0) + 0.5 * np.linspace(0, 1, data.last + 1)
    fit["ended_by"] = [float(f"{x:.3g}") for x in gone / (died.sum() + 0.5)]
    return fit


def foretold(data: Data, fit: dict) -> np.ndarray:
    """(R, 5, W) log₁₀ of the quantiles."""
    weights = np.repeat(data.odds / len(LEVELS), len(LEVELS), axis=1)
    every = zip(paths(data.known, data.theory, read_fit(fit), data.task), weights, strict=True)
    with np.errstate(divide="ignore"):
        return np.log10(
            [[Curve(p, w, p[0], data.task).quantile(q) for q in SHOWN] for p, w in every]
        )


def average(train: Data, test: Data) -> np.ndarray:
    """(R, 5, W) the quantiles, over the fitted runs, of the verdict that is predicted."""
    filled = np.where(np.isfinite(train.loss), train.loss, HIGHEST)
    out = np.empty((len(test.runs), len(SHOWN), test.last + 1))
    for k in range(len(VERDICTS)):
        of_fate = train.truth == k
        for w in range(test.last + 1):
            known = of_fate & (train.whole if 0 < w < test.last else True)
            out[test.odds.argmax(1) == k, :, w] = np.quantile(filled[known, w], SHOWN)
    return out


def models(data: Data, plain: Data, test: Data, plain_test: Data) -> dict[str, np.ndarray]:
    """What each kind of model, fitted on one part, says of the other; `plain` knows no theory."""
    R, T = (np.array([data.kind.raw(run.config) for run in d.runs]) for d in (data, test))
    plain_test.odds = data.kind.rival().fit(R, data.truth).predict_proba(T)
    return {
        "theory alone": np.repeat(test.theory[:, None], len(SHOWN), axis=1),
        "average of the predicted verdict": average(data, test),
        "trees on the configuration": foretold(plain_test, whole(plain)),
        "trees on theory": foretold(test, whole(data)),
    }
