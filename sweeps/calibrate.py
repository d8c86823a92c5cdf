"""Fit src/minigrad/signal/calibration.json on one part of the recorded sweep, judge it on another.

    python sweeps/calibrate.py             # how good each kind of model is, cross-validated: the
                                           # table of theory/prediction.md, kept in its records
    python sweeps/calibrate.py --fit       # writes what ships
    python sweeps/calibrate.py --judge     # README's table: draws that no fit has seen, kept too
    python sweeps/calibrate.py --watch     # and if one may watch the run for some of its steps?

What ships stood before the last changes to theory's quantities: fitted anew on the same runs, it
says the fate of .896 of wild and .949 of lab-like runs where what ships says .904 and .951.

Needs scikit-learn, of the release that the fit was made with: pip install 'minigrad[fit]'.
"""

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from minigrad.signal.calibration import VERDICTS
from minigrad.signal.configuration import CHOICES, Configuration
from minigrad.signal.optimizers import MOMENTUM, OPTIMIZERS
from minigrad.signal.predict import predict_many
from minigrad.signal.windows import WINDOWS
from minigrad.sweep.recorded import FITTED, Row, rows

CALIBRATION = Path(__file__).parents[1] / "src/minigrad/signal/calibration.json"
TABLE, JUDGED = (
    Path(__file__).parents[1] / "theory/records" / name for name in ("models.json", "judged.json")
)
WATCHED = TABLE.with_name("watched.json")
# runs of the family made with PyTorch's kernels, before minigrad's engine stood
DEVELOPMENT = Path(__file__).with_name("development.csv")
AFTER = ("wild-3", "lab-3")  # made when calibration.json stood
QUANTITIES = (
    *("rate", "depth", "luck", "luck_gradient"),
    *("progress_head", "unlearn", "escape", "scramble_first", "travel"),
    *("kicked_curvature", "kicked_logit", "pushed_progress", "pushed_gradient_ratio"),
    "grown_progress",
)
ROUNDS, LEAVES = 12, 8
FOLDS = 8


def trees(**options: float) -> HistGradientBoostingClassifier:
    """What ships: ROUNDS × 3 trees on the theory's quantities."""
    settings = {
        "max_iter": ROUNDS,
        "learning_rate": 0.35,
        "max_leaf_nodes": LEAVES,
        "min_samples_leaf": 8,
        "l2_regularization": 1.0,
        "max_features": 0.6,
        **options,
    }
    return HistGradientBoostingClassifier(random_state=0, early_stopping=False, **settings)


def rival() -> HistGradientBoostingClassifier:
    """The same kind of trees, more and larger, for the raw configuration."""
    return trees(max_iter=150, learning_rate=0.08, max_leaf_nodes=12, max_features=1.0)


def linear() -> object:
    """One weight per quantity and fate."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=3, max_iter=3000))


def raw(config: Configuration) -> list[float]:
    """The configuration itself, one-hot: what the rival sees."""
    row = [math.log(config.depth), config.width, math.log(config.lr), config.gain]
    for name, allowed in CHOICES.items():
        row += [float(getattr(config, name) == value) for value in allowed]
    return row


def textbook(config: Configuration, f: dict[str, float]) -> list[float]:
    """No fitted number: beyond the limit of stability, too slow, scrambled; else it trains."""
    limit = OPTIMIZERS[config.optimizer].limit
    unstable = limit is not None and 10 ** f["curvature"] * (1 - MOMENTUM) > limit
    slow = f["unlearn"] > 0 or 10 ** f["progress"] < 1
    if unstable and config.norm == "none":
        return [1.0, 0.0, 0.0]
    return [0.0, 1.0, 0.0] if slow or (f["scramble"] > 1 and not config.skip) else [0.0, 0.0, 1.0]


def by_rule(runs: list[Row], known: list[dict[str, float]]) -> np.ndarray:
    """(N, 3) the textbook's answers."""
    return np.array([textbook(run.config, f) for run, f in zip(runs, known, strict=True)])


def labels(runs: Sequence[Row]) -> np.ndarray:
    """(N,) index of each run's verdict."""
    return np.array([VERDICTS.index(run.verdict) for run in runs])


def first_seeds(runs: list[Row]) -> list[Row]:
    """One run of each configuration: other seeds of one are no other evidence for a fold."""
    first = {}
    for run in runs:
        first.setdefault(run.config, run)
    return list(first.values())


def as_json(model: HistGradientBoostingClassifier, names: Sequence[str] = QUANTITIES) -> dict:
    """Trees fitted on the quantities of these names, in calibration.json's form."""

    def tree(nodes: np.ndarray, at: int) -> object:
        node = nodes[at]
        if node["is_leaf"]:
            return float(f"{node['value']:.3g}")
        low, high = tree(nodes, node["left"]), tree(nodes, node["right"])
        return [names[node["feature_idx"]], float(f"{node['num_threshold']:.4g}"), low, high]

    stages = [
        [VERDICTS[k] if len(stage) > 1 else "", tree(predictor.nodes, 0)]
        for stage in model._predictors
        for k, predictor in enumerate(stage)
    ]
    baseline = [float(f"{b:.4g}") for b in np.ravel(model._baseline_prediction)]
    return {"features": names, "baseline": baseline, "temperature": 1.0, "trees": stages}


def temperature(odds: np.ndarray, truth: np.ndarray) -> float:
    """The temperature at which the odds of runs left out of the fit are likeliest."""

    def loss(t: float) -> float:
        z = np.log(np.maximum(odds, 1e-12)) / t
        return float((np.log(np.exp(z).sum(1)) - z[np.arange(len(z)), truth]).mean())

    return round(float(min(np.geomspace(0.5, 3, 60), key=loss)), 3)


def report(
    name: str, runs: Sequence[Row], odds: np.ndarray, kinds: Sequence[str] = ("wild", "lab", *AFTER)
) -> dict[str, dict[str, float]]:
    """One line of figures per kind of draw, and for those made after the fit; also returned."""
    truth = labels(runs)
    found = {}
    groups = np.array([run.group for run in runs])
    for kind in kinds:
        of_kind = np.char.startswith(groups, kind)
        if not of_kind.any():
            continue
        p, y = odds[of_kind], truth[of_kind]
        right, sure = p.argmax(1) == y, p.max(1) >= 0.95
        brier = ((p - np.eye(3)[y]) ** 2).sum(1).mean()
        print(
            f"{name:32s} {kind:8s} n {len(y):4d}  accuracy {right.mean():.3f}  Brier {brier:.3f}  "
            f"sure of {sure.mean():.2f}, {right[sure].mean():.3f} of them right"
        )
        figures = (right.mean(), brier, sure.mean(), right[sure].mean())
        names = ("accuracy", "brier", "sure", "right_where_sure")
        found[kind] = {"runs": len(y)} | {
            name: round(float(x), 3) for name, x in zip(names, figures, strict=True)
        }
    return found


def left_out(  # type: ignore[no-untyped-def]
    make,
    X: np.ndarray,
    truth: np.ndarray,
    group: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    """(N, 3) odds of each run by a model fitted without its fold; a group is in one fold."""
    fold = np.random.default_rng(0).integers(0, FOLDS, len(truth))
    fold = fold if group is None else fold[group]
    odds = np.empty((len(truth), 3))
    for k in range(FOLDS):
        rest = fold != k
        counted = {} if weight is None else {"sample_weight": weight[rest]}
        odds[~rest] = make().fit(X[rest], truth[rest], **counted).predict_proba(X[~rest])
    return odds


def watch(runs: list[Row], unseen: list[Row]) -> None:
    """Fit larger trees that know, beside theory's quantities, the run's own mean losses in the
    windows up to some step, and judge them on runs that no fit has seen; written to WATCHED."""
    runs = [run for run in runs if run.between]

    def known(runs: list[Row]) -> np.ndarray:
        """(N, quantities + windows)"""
        told = predict_many([run.config for run in runs])
        seen = np.array([run.windows for run in runs])
        losses = np.where(np.isfinite(seen), np.log10(np.clip(seen, 1e-9, 1e9)), 9.0)
        return np.hstack([[[p.features[name] for name in QUANTITIES] for p in told], losses])

    (X, Z), found = map(known, (runs, unseen)), {}
    for k in range(len(WINDOWS)):  # of the last window, which the verdict is, nothing is seen
        model = trees(max_iter=120, learning_rate=0.08, max_features=0.3)
        of = slice(len(QUANTITIES) + k)
        odds = model.fit(X[:, of], labels(runs)).predict_proba(Z[:, of])
        steps = WINDOWS[k - 1][1] if k else 0
        found[steps] = report(f"theory and {steps} steps watched", unseen, odds, ("wild", "lab"))
    table = {"fitted": len(runs), "steps": found}
    WATCHED.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--fit", action="store_true", help="write calibration.json")
    parser.add_argument("--judge", action="store_true", help="figures on draws not fitted on")
    parser.add_argument("--watch", action="store_true", help="write theory/records/watched.json")
    args = parser.parse_args()
    recorded = rows()
    own = first_seeds([run for run in recorded if run.group in FITTED])
    if args.watch:
        watch(own, [run for run in recorded if run.group not in FITTED])
        return
    seen = own + rows(DEVELOPMENT)
    truth = labels(seen)
    if args.judge:
        unseen = [run for run in recorded if run.group not in FITTED]
        predicted = predict_many([run.config for run in unseen])
        model = rival().fit(np.array([raw(run.config) for run in seen]), truth)
        odds = {
            "pure theory": by_rule(unseen, [p.features for p in predicted]),
            "theory, calibrated": np.array([[*p.probabilities.values()] for p in predicted]),
            "boosting on the raw configuration": model.predict_proba(
                np.array([raw(run.config) for run in unseen])
            ),
        }
        table = {name: report(name, unseen, p) for name, p in odds.items()}
        JUDGED.write_text(
            json.dumps(table | {"fitted": len(seen)}, indent=1) + "\n", encoding="utf-8"
        )
        return
    known = [p.features for p in predict_many([run.config for run in seen])]
    X = np.array([[f[name] for name in QUANTITIES] for f in known])
    if args.fit:
        stored = as_json(trees().fit(X, truth))
        stored["temperature"] = temperature(left_out(trees, X, truth), truth)
        head = {name: value for name, value in stored.items() if name != "trees"}
        each = ",\n".join(json.dumps(tree) for tree in stored["trees"])
        text = json.dumps(head)[:-1] + ',\n"trees": [\n' + each + "\n]}\n"
        CALIBRATION.write_text(text, encoding="utf-8")
        return
    R = np.array([raw(run.config) for run in seen])
    odds = {
        "pure theory": by_rule(seen, known),
        f"a line, {3 * (len(QUANTITIES) + 1)} constants": left_out(linear, X, truth),
        f"3 trees of {4 * LEAVES} leaves": left_out(
            lambda: trees(max_iter=1, learning_rate=1.0, max_leaf_nodes=4 * LEAVES), X, truth
        ),
        f"{3 * ROUNDS} trees": left_out(trees, X, truth),
        f"{3 * 150} trees": left_out(lambda: trees(max_iter=150, learning_rate=0.08), X, truth),
        "boosting on the raw configuration": left_out(rival, R, truth),
    }
    table = {name: report(name, own, p[: len(own)]) for name, p in odds.items()}
    TABLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
