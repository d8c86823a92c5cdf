"""The README's figures of the prediction, from the recorded sweep that ships."""

import csv
import json
import math
import re
from pathlib import Path

import pytest

from minigrad.signal.calibration import VERDICTS
from minigrad.signal.predict import predict_many
from minigrad.signal.transformer.predict import predict_transformers
from minigrad.sweep.families import FAMILIES
from minigrad.sweep.recorded import FITTED, TRANSFORMERS, rows

README = Path(__file__).parents[2] / "README.md"


def stated(kind):
    line = next(x for x in README.read_text(encoding="utf-8").splitlines() if f"| {kind}: " in x)
    return [float(cell) for cell in re.findall(r"\| ([\d.]+) (?=\|)", line)]


@pytest.mark.parametrize(
    ("kind", "least", "brier_below"), [("wild", 0.90, 0.17), ("lab-like", 0.94, 0.17)]
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
    judged = json.loads((README.parent / "theory/records/transformer_judged.json").read_text())
    shipped, alone, raw = (
        judged["models"][name]
        for name in ("theory, calibrated", "theory alone", "trees on the raw configuration")
    )
    curve = json.loads((README.parent / "theory/records/transformer_curve.json").read_text())
    loss = next(row for row in curve["ends"] if row["model"] == "nets on theory, wild")
    text = " ".join(README.read_text(encoding="utf-8").split())
    told = re.search(
        r"Fitted on (\d+) recorded runs; on (\d+) drawn .*? right on ([\d.]+) ± ([\d.]+) \(Brier "
        r"([\d.]+); sure of ([\d.]+) and there right on ([\d.]+)\), .*? number on ([\d.]+), .*? on "
        r"([\d.]+) \(.*? foretold to ([\d.]+) decades, with ([\d.]+) of",
        text,
    )
    recorded = rows(TRANSFORMERS)
    unseen = [run for run in recorded if run.group not in FAMILIES["transformer"].fitted]
    keys = ("accuracy", "error", "brier", "sure", "right_where_sure")
    found = [len(recorded) - len(unseen), len(unseen), *(shipped[key] for key in keys)]
    found += [alone["accuracy"], raw["accuracy"], loss["all"], loss["band_80"]]
    assert [float(x) for x in told.groups()] == pytest.approx(found, abs=0.0051)
    assert float(told[3]) == pytest.approx(shipped["accuracy"], abs=0.00051)
    assert shipped["accuracy"] >= 0.9 and shipped["brier"] <= 0.15 and shipped["sure"] >= 0.45


def test_figures_of_the_trees_without_theory_and_the_theory_without_trees():
    judged = json.loads((README.parent / "theory/records/judged.json").read_text())
    text = " ".join(README.read_text(encoding="utf-8").split())
    told = re.search(
        r"fitted on ([\d,]+) runs\. .*? right on ([\d.]+) and ([\d.]+); the limits of theory "
        r"without a fitted number on ([\d.]+) and ([\d.]+)\. .*? sweep of ([\d,]+) runs",
        text,
    )
    names = ("boosting on the raw configuration", "pure theory")
    found = [judged[name][kind]["accuracy"] for name in names for kind in ("wild", "lab")]
    said = [float(x.replace(",", "")) for x in told.groups()]
    assert said == [judged["fitted"], *found, len(rows())]


def test_the_transformers_judged_are_what_ships_says():
    unseen = [r for r in rows(TRANSFORMERS) if r.group not in FAMILIES["transformer"].fitted]
    foretold = predict_transformers([run.config for run in unseen])
    right = [p.verdict == run.verdict for p, run in zip(foretold, unseen, strict=True)]
    judged = json.loads((README.parent / "theory/records/transformer_judged.json").read_text())
    found = judged["models"]["theory, calibrated"]["accuracy"]
    assert sum(right) / len(right) == pytest.approx(found, abs=1e-4)


def test_the_sweep_is_large_enough():
    assert len(rows()) >= 2000


DIAGNOSED = {
    "predict's family, wild": "wild",
    "predict's family, lab-like": "lab",
    "small transformers, rates over six decades": "language",
    "MLPs on other tasks, rates over six decades": "classes",
}


@pytest.mark.parametrize("name", DIAGNOSED)
def test_figures_of_diagnoses(name):
    judged = json.loads((README.parent / "theory/records/diagnosed.json").read_text())
    found = judged["here"][DIAGNOSED[name]]
    row = next(x for x in README.read_text(encoding="utf-8").splitlines() if f"| {name} |" in x)
    told = [float(cell) for cell in re.findall(r"\| ([\d.]+) (?=\|)", row)]
    keys = ("runs", "accuracy", "brier", "sure", "right_where_sure")
    assert told == pytest.approx([found[key] for key in keys], abs=0.0051)
    assert told[1] == pytest.approx(found["accuracy"], abs=0.00051)
    if name.startswith("predict's"):
        unseen = [
            r for r in rows() if r.group not in FITTED and r.group.startswith(DIAGNOSED[name])
        ]
        assert told[0] == len(unseen)


def test_figures_of_public_models():
    with (README.parent / "sweeps/public.csv").open(encoding="utf-8") as file:
        runs = list(csv.DictReader(file))
    text = " ".join(README.read_text(encoding="utf-8").split())
    told = re.search(
        r"foretold in (\d+) of (\d+), in (\d+) of (\d+) where .*? all (\d+) faults", text
    )
    high = [run for run in runs if run["case"] == "high"]
    right = [sum(r["verdict"] == r["said"] for r in some) for some in (runs, high)]
    named = sum(run["named"] == "1" for run in runs if run["fault"])
    assert [int(x) for x in told.groups()] == [right[0], len(runs), right[1], len(high), named]
    assert len({run["model"] for run in runs}) == 12
