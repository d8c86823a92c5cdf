"""Fit src/minigrad/signal/curve.json: what theory leaves open of a run's loss.

    python sweeps/curve.py             # page 11's table: how far each kind of model goes
    python sweeps/curve.py --fit       # writes what ships

Windows are known of the runs in sweeps/curves.csv, which goes on growing (sweeps/recorded.toml says
how); the first and the last of all that calibrate.py fits on. Needs scikit-learn.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from calibrate import CALIBRATION, DEVELOPMENT, QUANTITIES, as_json, labels, raw, rival
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from minigrad.signal.calibration import VERDICTS, read, scores
from minigrad.signal.curve import (
    LAST,
    LEVELS,
    Curve,
    centres,
    part,
    paths,
    read_fit,
    window_rows,
)
from minigrad.signal.predict import predict_many
from minigrad.signal.theory_curve import constant_kernel
from minigrad.sweep.recorded import FITTED, Row, rows

CURVE = CALIBRATION.with_name("curve.json")
TABLE = CALIBRATION.parents[3] / "theory/records/curve_table.json"
CURVES = Path(__file__).with_name("curves.csv")
QUANTITIES = (*QUANTITIES, "curvature", "progress", "logit", "scramble", "alike", "gradient_ratio")
OF_WINDOW = ("window", *VERDICTS, "start", "end", "theory")
FEW = ("curvature", "scramble", "travel", "progress", "unlearn", "kicked_curvature", "rate", "luck")
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
LOWEST, HIGHEST = -6.0, 4.0  # log₁₀ between which a loss is judged
PARTS = ("start", "middle", "end")
FLOOR = 0.005  # decades that two runs always differ by


class Data:
    """Runs with all that a model may know of them."""

    def __init__(self, runs: Sequence[Row], theory: bool = True) -> None:
        self.runs, self.truth = list(runs), labels(runs)
        predicted = predict_many([run.config for run in runs])
        self.sgd = np.array([run.config.optimizer == "sgd" for run in runs])
        names = predicted[0].features
        self.known = {name: np.array([p.features[name] for p in predicted]) for name in names}
        self.theory = constant_kernel(self.known, self.sgd)
        self.odds = np.array([[*p.probabilities.values()] for p in predicted])
        self.loss = np.full((len(runs), LAST + 1), np.nan)  # log₁₀; NaN: not known, or not finite
        with np.errstate(divide="ignore"):
            for seen, run in zip(self.loss, runs, strict=True):
                seen[[0, LAST]] = np.log10([run.first, run.final])
                if run.between:
                    seen[:] = np.log10(run.windows)
        self.loss = np.maximum(self.loss, -12)
        self.whole = np.array([bool(run.between) for run in runs])
        self.quantities, self.few = QUANTITIES, FEW
        if not theory:
            table = np.array([raw(run.config) for run in runs]).T
            self.known = {f"raw {k}": column for k, column in enumerate(table)}
            self.theory = np.zeros_like(self.theory)
            self.quantities = self.few = tuple(self.known)

    def part(self, chosen: np.ndarray) -> "Data":
        """Some of them."""
        new = object.__new__(Data)
        new.runs = [run for run, one in zip(self.runs, chosen, strict=True) if one]
        new.known = {name: x[chosen] for name, x in self.known.items()}
        new.quantities, new.few = self.quantities, self.few
        for name in ("truth", "sgd", "theory", "odds", "loss", "whole"):
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
    known = {**data.known, "theory_start": data.theory[:, 0], "theory_end": data.theory[:, LAST]}
    names = (*data.quantities, "theory_start", "theory_end")
    started, ended = (np.isfinite(data.loss[:, w]) for w in (0, LAST))
    fate = {name: data.truth == k for k, name in enumerate(VERDICTS)}

    def on(chosen: np.ndarray, y: np.ndarray, **how: object) -> dict:
        return trees({n: x[chosen] for n, x in known.items()}, names, y[chosen], **how)

    fit = {
        "start": on(started, data.loss[:, 0] - data.theory[:, 0], loss="absolute_error"),
        "trained": on(fate["trained"], data.loss[:, LAST], loss="absolute_error"),
        "diverged": on(
            fate["diverged"] & ended, data.loss[:, LAST], loss="absolute_error", rounds=20, leaves=4
        ),
        "ended": on(fate["diverged"], ~ended, loss="log_loss", rounds=20, leaves=4),
        # until the rest is known
        "middle": {"features": ["window"], "baseline": [0.0], "trees": [["", 0.0]]},
        "spread": {"features": ["window"], "baseline": [0.0], "trees": [["", 0.0]]},
        "levels": {f"{name} {p}": [0.0] * 20 for name in VERDICTS for p in PARTS},
        "ended_by": [1.0] * (LAST + 1),
    }
    seen = data.part(data.whole)
    straight = own_centres(seen, fit)
    bent = {name: [] for name in (*OF_WINDOW, *seen.few)}
    left = []
    for k, name in enumerate(VERDICTS):
        rows_ = window_rows(seen.known, seen.theory, straight[k][:, 0], straight[k][:, LAST], name)
        inside = (rows_["window"] > 0) & (rows_["window"] < LAST)
        use = inside & np.repeat(seen.truth == k, LAST + 1) & np.isfinite(seen.loss.ravel())
        left.append((seen.loss - straight[k]).ravel()[use])
        for name_, x in bent.items():
            x.append(rows_[name_][use])
    known = {name: np.concatenate(x) for name, x in bent.items()}
    fit["middle"] = trees(known, tuple(bent), np.concatenate(left), "absolute_error")
    return fit


def own_centres(data: Data, fit: dict) -> np.ndarray:
    """(3, R, 11) as `curve.centres`."""
    return centres(data.known, data.theory, read_fit(fit))


def whole(data: Data) -> dict:
    """A fit in curve.json's form; how far runs scatter is learned from runs left out."""
    fit = centre(data)
    away, where, which = [], [], []
    fold = data.folds(2)
    for k in range(2):
        other = data.part(fold == k)
        middle = own_centres(other, centre(data.part(fold != k)))
        for f, name in enumerate(VERDICTS):
            known = window_rows(
                other.known, other.theory, middle[f][:, 0], middle[f][:, LAST], name
            )
            use = np.repeat(other.truth == f, LAST + 1) & np.isfinite(other.loss.ravel())
            away.append((other.loss - middle[f]).ravel()[use])
            where.append({n: known[n][use] for n in (*OF_WINDOW, *other.few)})
            which.append([f"{name} {part(int(w))}" for w in known["window"][use]])
    known = {name: np.concatenate([w[name] for w in where]) for name in where[0]}
    off, tables = np.concatenate(away), np.concatenate(which)
    names = tuple(known)
    fit["spread"] = trees(known, names, np.log10(np.abs(off) + FLOOR), "squared_error", 40, 8)
    scale = 10 ** scores(known, read(fit["spread"]))[:, 0]
    for name in fit["levels"]:
        levels = np.quantile(off[tables == name] / scale[tables == name], LEVELS)
        fit["levels"][name] = [float(f"{x:.3g}") for x in levels]
    died = data.whole & (data.truth == 0) & ~np.isfinite(data.loss[:, LAST])
    gone = (~np.isfinite(data.loss[died])).sum(0) + 0.5 * np.linspace(0, 1, LAST + 1)
    fit["ended_by"] = [float(f"{x:.3g}") for x in gone / (died.sum() + 0.5)]
    return fit


def foretold(data: Data, fit: dict) -> np.ndarray:
    """(R, 5, 11) log₁₀ of the SHARES' quantiles."""
    weights = np.repeat(data.odds / len(LEVELS), len(LEVELS), axis=1)
    every = zip(paths(data.known, data.theory, read_fit(fit)), weights, strict=True)
    with np.errstate(divide="ignore"):
        return np.log10([[Curve(p, w, p[0]).quantile(q) for q in SHARES] for p, w in every])


def average(train: Data, test: Data) -> np.ndarray:
    """(R, 5, 11) the quantiles, over the fitted runs, of the verdict that is predicted."""
    filled = np.where(np.isfinite(train.loss), train.loss, HIGHEST)
    out = np.empty((len(test.runs), len(SHARES), LAST + 1))
    for k in range(len(VERDICTS)):
        of_fate = train.truth == k
        for w in range(LAST + 1):
            known = of_fate & (train.whole if 0 < w < LAST else True)
            out[test.odds.argmax(1) == k, :, w] = np.quantile(filled[known, w], SHARES)
    return out


def line(name: str, data: Data, found: np.ndarray) -> dict:
    """One row of figures: printed, and kept for the page."""
    found = np.clip(found, LOWEST, HIGHEST)
    ended = np.isnan(data.loss) & (data.whole[:, None] | np.isin(np.arange(LAST + 1), (0, LAST)))
    truth = np.clip(np.where(ended, HIGHEST, data.loss), LOWEST, HIGHEST)
    seen = np.isfinite(truth)
    off = truth - found[:, 2]
    pinball = np.mean(
        [
            np.where(truth > found[:, k], q, q - 1) * (truth - found[:, k])
            for k, q in enumerate(SHARES)
        ],
        axis=0,
    )
    wide, half = (
        ((truth >= found[:, a]) & (truth <= found[:, b]))[seen].mean() for a, b in ((0, 4), (1, 3))
    )
    trained = (data.truth == 2) & seen[:, LAST]
    row = {
        "model": name,
        "runs": len(data.runs),
        "all": np.median(np.abs(off[seen])),
        "end_of_trained": np.median(np.abs(off[trained, LAST])),
        "band_80": wide,
        "band_50": half,
        "pinball": pinball[seen].mean(),
    }
    if data.whole.all():
        row["by_window"] = [round(float(x), 3) for x in np.nanmedian(np.abs(off), 0)]
    row = {k: round(float(x), 4) if isinstance(x, np.floating) else x for k, x in row.items()}
    print(row, flush=True)
    return row


def seeds(data: Data) -> dict:
    """What chance leaves: a run against the median of its configuration's other seeds."""
    by: dict[str, list[int]] = {}
    for k, run in enumerate(data.runs):
        by.setdefault(str(run.config), []).append(k)
    truth = np.clip(np.where(np.isfinite(data.loss), data.loss, HIGHEST), LOWEST, HIGHEST)
    off, ends = [], []
    for same in by.values():
        for k in same:
            rest = [j for j in same if j != k]
            if rest and data.whole[same].all():
                off.append(np.abs(truth[k] - np.median(truth[rest], axis=0)))
                ends += [off[-1][LAST]] if data.truth[k] == 2 else []
    row = {
        "model": "another seed",
        "runs": len(off),
        "all": round(float(np.median(off)), 4) if off else None,
        "end_of_trained": round(float(np.median(ends)), 4) if ends else None,
    }
    print(row)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fit", action="store_true", help="write curve.json")
    args = parser.parse_args()
    recorded, with_windows = rows(), rows(CURVES)
    short = [run for run in recorded if run.group in FITTED] + rows(DEVELOPMENT)
    again = {(run.config, run.seed) for run in with_windows}
    fitted = [run for run in short if (run.config, run.seed) not in again] + with_windows
    data = Data(fitted)
    if args.fit:
        found = whole(data)
        text = ",\n".join(f"{json.dumps(name)}: {json.dumps(x)}" for name, x in found.items())
        CURVE.write_text("{\n" + text + "\n}\n", encoding="utf-8")
        return
    unseen = [run for run in recorded if run.group not in FITTED]
    judged = Data(unseen)
    raw_data, raw_judged = Data(fitted, theory=False), Data(unseen, theory=False)
    R, J = (np.array([raw(r.config) for r in d.runs]) for d in (data, judged))
    fold = data.folds(3)
    print("first and last window, draws 2 and 3: nothing was fitted on them")
    raw_judged.odds = rival().fit(R, data.truth).predict_proba(J)
    alone = np.repeat(judged.theory[:, None], len(SHARES), axis=1)
    every = {
        "theory alone": alone,
        "average of the predicted verdict": average(data, judged),
        "trees on the configuration": foretold(raw_judged, whole(raw_data)),
        "trees on theory": foretold(judged, whole(data)),
    }
    ends = []
    for name, found in every.items():
        for kind in ("wild", "lab"):
            own = np.array([run.group.startswith(kind) for run in unseen])
            ends.append(line(f"{name}, {kind}", judged.part(own), found[own]))
    print("every window, runs left out of the fit by configuration (3 folds)")
    left: dict[str, list] = {name: [] for name in every}
    tested = []
    for k in range(3):
        out, rest = (fold == k) & data.whole, fold != k
        test, train = data.part(out), data.part(rest)
        raw_test, raw_train = raw_data.part(out), raw_data.part(rest)
        raw_test.odds = rival().fit(R[rest], data.truth[rest]).predict_proba(R[out])
        tested.append(np.flatnonzero(out))
        left["theory alone"].append(np.repeat(test.theory[:, None], len(SHARES), axis=1))
        left["average of the predicted verdict"].append(average(train, test))
        left["trees on the configuration"].append(foretold(raw_test, whole(raw_train)))
        left["trees on theory"].append(foretold(test, whole(train)))
    chosen = data.part(np.isin(np.arange(len(data.runs)), np.concatenate(tested)))
    order = np.argsort(np.concatenate(tested))
    windows = [line(name, chosen, np.concatenate(x)[order]) for name, x in left.items()]
    windows.append(seeds(chosen))
    text = json.dumps({"ends": ends, "windows": windows})
    TABLE.write_text(text.replace("}, {", "},\n{") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
