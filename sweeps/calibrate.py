"""Fit src/minigrad/signal/calibration.json on the recorded sweep, and judge it.

    python sweeps/calibrate.py --all --fit sweeps/development.csv          # makes what ships
    python sweeps/calibrate.py --judge src/minigrad/sweep/recorded.csv     # judges it, fits nothing
    python sweeps/calibrate.py --fit FILE…   # fit on one half, judge on the other, write

Needs scikit-learn. Each sweep is a store of `minigrad sweep` or a CSV of `minigrad.sweep.export`.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from minigrad.signal.calibration import VERDICTS, calibration, probabilities, read
from minigrad.signal.configuration import CHOICES, Configuration
from minigrad.signal.features import features
from minigrad.sweep.recorded import RECORDED, Row, rows

CALIBRATION = Path(__file__).parents[1] / "src/minigrad/signal/calibration.json"
# what ships was fitted on these: runs of the family made with PyTorch's kernels, before minigrad's
# engine stood; every run of minigrad's own is therefore unseen
FITTED_ON = Path(__file__).with_name("development.csv")
ROUNDS, RATE, LEAVES = 150, 0.08, 4


def boosted(seed: int = 0, **options: float) -> HistGradientBoostingClassifier:
    """The trees that are fitted on theory."""
    settings = {
        "max_iter": ROUNDS,
        "learning_rate": RATE,
        "max_leaf_nodes": LEAVES,
        "min_samples_leaf": 8,
        "l2_regularization": 1.0,
        "max_features": 0.3,
        **options,
    }
    return HistGradientBoostingClassifier(random_state=seed, early_stopping=False, **settings)


def raw(config: Configuration) -> list[float]:
    """The configuration itself, one-hot: what the rival classifier sees."""
    row = [math.log(config.depth), config.width, math.log(config.lr), config.gain]
    for name, allowed in CHOICES.items():
        row += [float(getattr(config, name) == value) for value in allowed]
    return row


def labels(runs: list[Row]) -> np.ndarray:
    """(N,) index of each run's verdict."""
    return np.array([VERDICTS.index(run.verdict) for run in runs])


def as_json(model: HistGradientBoostingClassifier, names: list[str]) -> dict:
    """The fitted trees in calibration.json's form."""

    def tree(nodes: np.ndarray, at: int) -> object:
        node = nodes[at]
        if node["is_leaf"]:
            return float(f"{node['value']:.4g}")
        low, high = tree(nodes, node["left"]), tree(nodes, node["right"])
        return [names[node["feature_idx"]], float(f"{node['num_threshold']:.6g}"), low, high]

    trees = [
        [VERDICTS[k], tree(predictor.nodes, 0)]
        for stage in model._predictors
        for k, predictor in enumerate(stage)
    ]
    baseline = [float(f"{b:.6g}") for b in np.ravel(model._baseline_prediction)]
    return {"features": names, "baseline": baseline, "temperature": 1.0, "trees": trees}


def temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """The temperature at which the probabilities are likeliest."""

    def loss(t: float) -> float:
        z = scores / t
        z = z - z.max(1, keepdims=True)
        return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), truth]).mean())

    return float(min(np.geomspace(0.5, 3, 60), key=loss))


def judge(name: str, odds: np.ndarray, truth: np.ndarray) -> str:
    """One line of figures."""
    right = odds.argmax(1) == truth
    brier = ((odds - np.eye(3)[truth]) ** 2).sum(1).mean()
    sure = odds.max(1) >= 0.95
    return (
        f"{name:28s} n {len(truth):5d}  accuracy {right.mean():.3f}  Brier {brier:.3f}  "
        f"sure {sure.mean():.2f}, right {right[sure].mean() if sure.any() else math.nan:.3f}"
    )


def report(name: str, runs: list[Row], odds: np.ndarray) -> None:
    """Figures for all runs and per group."""
    truth = labels(runs)
    kinds = np.array([run.group.split("-")[0] for run in runs])
    for kind in sorted(set(kinds)):
        at = kinds == kind
        print(judge(f"{name}, {kind}", odds[at], truth[at]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--judge", nargs="+", metavar="FILE")
    parser.add_argument("--fit", nargs="+", metavar="FILE", default=[RECORDED])
    parser.add_argument("--all", action="store_true", help="fit on both halves, judge elsewhere")
    args = parser.parse_args()
    if args.judge:
        for file in args.judge:
            runs = rows(file)
            odds = [list(probabilities(features(run.config)).values()) for run in runs]
            report(Path(file).name, runs, np.array(odds))
            seen = rows(FITTED_ON)
            rival = boosted(max_leaf_nodes=12, max_features=1.0)
            rival.fit(np.array([raw(run.config) for run in seen]), labels(seen))
            odds = rival.predict_proba(np.array([raw(run.config) for run in runs]))
            report("rival, raw configuration", runs, odds)
        return
    runs = [run for file in args.fit for run in rows(file)]
    half = np.array([0 if args.all else run.half for run in runs])
    held = [run for run, side in zip(runs, half, strict=True) if side]
    print(f"fit on {sum(half == 0)} runs, judged on {len(held)}")
    seen = [features(run.config) for run in runs]
    names = list(seen[0])
    X = np.array([list(f.values()) for f in seen])
    truth = labels(runs)
    model = boosted().fit(X[half == 0], truth[half == 0])
    stored = as_json(model, names)
    # out-of-fold scores on the fitted half give the temperature
    folds = np.arange((half == 0).sum()) % 5
    Xf, yf = X[half == 0], truth[half == 0]
    scores = np.empty((len(yf), 3))
    for k in range(5):
        part = boosted().fit(Xf[folds != k], yf[folds != k])
        scores[folds == k] = part.decision_function(Xf[folds == k])
    stored["temperature"] = round(temperature(scores, yf), 3)
    CALIBRATION.write_text(json.dumps(stored, separators=(",", ":")) + "\n", encoding="utf-8")
    calibration.cache_clear()
    trees = read(stored)
    if not held:
        return
    odds = [list(probabilities(f, trees).values()) for f in seen]
    report("theory", held, np.array(odds)[half == 1])
    R = np.array([raw(run.config) for run in runs])
    rival = boosted(max_leaf_nodes=12, max_features=1.0).fit(R[half == 0], yf)
    report("boosted, raw configuration", held, rival.predict_proba(R[half == 1]))


if __name__ == "__main__":
    main()
