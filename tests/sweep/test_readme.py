"""The README's figures of the prediction, from the recorded sweep that ships."""

import json
import math
import re
from pathlib import Path

import pytest

from minigrad.signal.calibration import VERDICTS
from minigrad.signal.predict import predict_many
from minigrad.sweep.recorded import FITTED, TRANSFORMERS, rows

README = Path(__file__).parents[2] / "README.md"


def stated(kind):
    line = next(x for x in README.read_text(encoding="utf-8").splitlines() if f"| {kind}: " in x)
    return [float(cell) for cell in re.findall(r"\| ([\d.]+) (?=\|)", line)]


@pytest.mark.parametrize(
    ("kind", "least", "brier_below"), [("wild", 0.90, 0.17), ("lab-like", 0.96, 0.17)]
)
def test_figures_on_runs_not_fitted_on(kind, least, brier_below):
    unseen = [r for r in rows() if r.group not in FITTED and r.group.split("-")[0] in kind]
    odds = [p.probabilities for p in predict_many([run.config for run in unseen])]
    right, sure, brier = [], [], []
    for run, p in zip(unseen, odds, strict=True):
        best = max(VERDICTS, key=lambda name: p[name])
        right.append(best == run.verdict)
        sure.append(p[best] >= 0.95)
        brier.append(sum((share - (name == run.verdict)) ** 2 for name, share in p.items()))
    count = len(unseen)
    where_sure = [ok for ok, is_sure in zip(right, sure, strict=True) if is_sure]
    found = [
        count,
        sum(right) / count,
        math.fsum(brier) / count,
        len(where_sure) / count,
        sum(where_sure) / len(where_sure),
    ]
    assert stated(kind) == pytest.approx(found, abs=0.0051)
    assert found[1] == pytest.approx(stated(kind)[1], abs=0.00051)
    assert found[1] >= least and found[2] < brier_below and found[3] >= 0.6 and found[4] >= 0.98


def test_figures_of_transformers():
    models = json.loads((README.parent / "theory/records/transformer_fate.json").read_text())
    models = models["models"]
    raw = models["trees on the raw configuration"]["accuracy"]
    fitted = next(row for name, row in models.items() if name.endswith("trees of 6 leaves"))
    text = " ".join(README.read_text(encoding="utf-8").split())
    told = re.search(
        r"recorded so far: (\d+)\..*? right on ([\d.]+) ± ([\d.]+), .*? number on ([\d.]+), .*?"
        r"configuration on ([\d.]+) ",
        text,
    )
    accuracy, error, alone = fitted["accuracy"], fitted["error"], models["theory alone"]["accuracy"]
    found = [fitted["runs"], accuracy, error, alone, raw]
    assert [float(x) for x in told.groups()] == pytest.approx(found, abs=0.00051)
    assert len(rows(TRANSFORMERS)) == fitted["runs"] and accuracy > raw + 0.06


def test_the_sweep_is_large_enough():
    assert len(rows()) >= 2000
