"""Fit src/minigrad/signal/transformer/calibration.json on the recorded transformers, and judge it.

    python sweeps/transformers.py             # how good each kind of model is, cross-validated
    python sweeps/transformers.py --fit       # writes what ships
    python sweeps/transformers.py --judge     # figures on draws that no fit has seen

Figures are printed, and kept in theory/records/ for the page that tells them.

Needs scikit-learn.
"""

import argparse
import itertools
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from calibrate import FOLDS, as_json, labels, left_out, linear, temperature, trees
from sklearn.ensemble import HistGradientBoostingClassifier

from minigrad.signal.calibration import calibration, odds
from minigrad.signal.quadrature import Array
from minigrad.signal.transformer.configuration import CHOICES, TransformerConfiguration
from minigrad.signal.transformer.features import HESSIAN, features_many
from minigrad.signal.transformer.reasons import ENOUGH, STABLE
from minigrad.sweep.families import FAMILIES
from minigrad.sweep.recorded import TRANSFORMERS, Row, rows

CALIBRATION = Path(__file__).parents[1] / "src/minigrad/signal/transformer/calibration.json"
RECORDS = Path(__file__).parents[1] / "theory/records"
FITTED = FAMILIES["transformer"].fitted
# the twenty of all features that the trees' splits gained most by
QUANTITIES = (
    *("rate", "learned", "travel", "init_alike", "init_progress_head"),
    *("first_alike", "first_progress_head", "grown_progress"),
    *("pushed_progress", "pushed_progress_head", "pushed_curvature", "pushed_curvature_all"),
    *("pushed_logit", "pushed_gradient_ratio", "pushed_alike"),
    *("kicked_progress_head", "kicked_progress", "kicked_alike", "kicked_scatter", "kicked_logit"),
)
ROUNDS = 40
SHARES, REPEATS = (1 / 8, 1 / 4, 1 / 2, 1), 4  # of the runs, for what theory is worth in runs


def boosted(**options: float) -> HistGradientBoostingClassifier:
    """What ships: small trees on the theory's quantities."""
    settings = {"max_iter": ROUNDS, "learning_rate": 0.12, "max_leaf_nodes": 6, "max_features": 0.5}
    return trees(**{**settings, "min_samples_leaf": 5, **options})


def rival() -> HistGradientBoostingClassifier:
    """The same kind of trees, more and larger, for the raw configuration."""
    return boosted(max_iter=150, learning_rate=0.08, max_leaf_nodes=12, max_features=1.0)


def raw(config: TransformerConfiguration) -> list[float]:
    """The configuration itself, one-hot: what the rival sees."""
    clip = float(config.clip is not None)
    row = [math.log(config.layers), math.log(config.lr), config.warmup, clip]
    for name, allowed in CHOICES.items():
        row += [float(getattr(config, name) == value) for value in allowed]
    return row


def by_theory(known: dict[str, Array]) -> Array:
    """(N, 3) answers without a fitted number: its logits run away, or its SGD does; it is too slow,
    its positions are all alike, its branches scrambled; else it trains."""
    f = {name: 10**x for name, x in known.items()}
    sgd = known["adaptive"] == 0
    unstable = sgd & (HESSIAN * f["head_curvature"] > 2 * STABLE)
    diverged = unstable | (f["init_logit"] > 100) | (f["kicked_logit"] > 100)
    alike = (f["pushed_alike"] < 1e-3) & (f["pushed_gradient_ratio"] < 1e-2)
    stalled = ~diverged & ((f["learned"] < ENOUGH) | alike)
    return np.array([diverged, stalled, ~diverged & ~stalled], float).T


def folds(runs: Sequence[Row]) -> Array:
    """Seeds of one configuration stay together: (N,) numbers to draw folds by."""
    number: dict[TransformerConfiguration, int] = {}
    return np.array([number.setdefault(run.config, len(number)) for run in runs])


def agreement(runs: Sequence[Row]) -> tuple[float, int]:
    """How often two seeds of one configuration have the same fate, and of how many pairs."""
    fates = defaultdict(list)
    for run in runs:
        fates[run.config].append(run.verdict)
    pairs = [a == b for seen in fates.values() for a, b in itertools.combinations(seen, 2)]
    return float(np.mean(pairs)), len(pairs)


def with_fewer(models: dict, truth: Array, group: Array) -> list[dict[str, float]]:
    """How often each (make, X) of `models` is right on runs left out, fitted on shares of the
    others; the mean of REPEATS."""
    table = []
    for share in SHARES:
        right, count = {name: [] for name in models}, []
        for repeat in range(REPEATS):
            rng = np.random.default_rng(repeat)
            fold = rng.integers(FOLDS, size=group.max() + 1)[group]
            kept = rng.random(group.max() + 1)[group] < share
            for k in range(FOLDS):
                out, fit = fold == k, kept & (fold != k)
                count.append(fit.sum())
                for name, (make, X) in models.items():
                    model = make().fit(X[fit], truth[fit])
                    right[name] += list(model.predict(X[out]) == truth[out])
        row = {name: round(float(np.mean(hits)), 4) for name, hits in right.items()}
        table.append({"runs": round(float(np.mean(count)))} | row)
        print(table[-1])
    return table


def figures(shares: Array, truth: Array) -> dict[str, float]:
    """How good these odds are; the sampling error is that of the accuracy."""
    right, sure = shares.argmax(1) == truth, shares.max(1) >= 0.95
    accuracy = float(right.mean())
    return {
        "runs": len(truth),
        "accuracy": round(accuracy, 4),
        "error": round(math.sqrt(accuracy * (1 - accuracy) / len(truth)), 4),
        "brier": round(float(((shares - np.eye(3)[truth]) ** 2).sum(1).mean()), 4),
        "sure": round(float(sure.mean()), 4),
        "right_where_sure": round(float(right[sure].mean()), 4) if sure.any() else 1.0,
    }


def keep(name: str, found: dict[str, Array], runs: Sequence[Row], **more: object) -> None:
    """Print the figures of each model, and write them to the record of that name."""
    truth = labels(runs)
    table = {model: figures(shares, truth) for model, shares in found.items()}
    for model, row in table.items():
        print(f"{model:36s}", "  ".join(f"{key} {value:g}" for key, value in row.items()))
    text = json.dumps({"models": table, **more}, indent=1)
    RECORDS.joinpath(f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fit", action="store_true", help="write calibration.json")
    parser.add_argument("--judge", action="store_true", help="figures on draws not fitted on")
    args = parser.parse_args()
    recorded = rows(TRANSFORMERS)
    seen = [run for run in recorded if run.group in FITTED]
    unseen = [run for run in recorded if run.group not in FITTED]
    truth = labels(seen)
    if args.judge:
        known = features_many([run.config for run in unseen])
        model = rival().fit(np.array([raw(run.config) for run in seen]), truth)
        R = np.array([raw(run.config) for run in unseen])
        found = {
            "theory alone": by_theory(known),
            "theory, calibrated": odds(known, calibration("transformer")),
            "trees on the raw configuration": model.predict_proba(R),
        }
        keep("transformer_judged", found, unseen)
        return
    known = features_many([run.config for run in seen])
    X = np.array([known[name] for name in QUANTITIES]).T
    group = folds(seen)
    if args.fit:
        stored = as_json(boosted().fit(X, truth), QUANTITIES)
        stored["temperature"] = temperature(left_out(boosted, X, truth, group), truth)
        head = {name: value for name, value in stored.items() if name != "trees"}
        each = ",\n".join(json.dumps(tree) for tree in stored["trees"])
        text = json.dumps(head)[:-1] + ',\n"trees": [\n' + each + "\n]}\n"
        CALIBRATION.write_text(text, encoding="utf-8")
        return
    same, pairs = agreement(recorded)
    print(f"two seeds of one configuration agree on {same:.3f} of {pairs} pairs")
    fates = Counter(run.verdict for run in recorded)
    R = np.array([raw(run.config) for run in seen])
    found = {
        "theory alone": by_theory(known),
        f"a line, {3 * (len(QUANTITIES) + 1)} constants": left_out(linear, X, truth, group),
        "3 trees of 16 leaves": left_out(
            lambda: boosted(max_iter=1, learning_rate=1.0, max_leaf_nodes=16), X, truth, group
        ),
        f"{3 * ROUNDS} trees of 6 leaves": left_out(boosted, X, truth, group),
        "trees on the raw configuration": left_out(rival, R, truth, group),
    }
    models = {"theory": (boosted, X), "configuration": (rival, R)}
    fewer = with_fewer(models, truth, group)
    keep("transformer_fate", found, seen, agreement=same, pairs=pairs, **fates, fewer=fewer)


if __name__ == "__main__":
    main()
