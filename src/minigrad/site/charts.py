"""A lab's records as charts that a page draws: plain series, one per variant and seed.

A chart's ``places`` are lists of positions along x; a series' ``x`` is the number of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

THEORY = ", theory"  # behind the variant's name
POINTS = 64  # of a curve; each is the mean of the steps it stands for
# what a run was made with: these name its chart, those below its curve
FACETS = {
    **{"setting": "", "kind": "", "patient": "", "layers": "layers "},
    **{"lr": "lr ", "share": "share "},
}
VARIANT = ("variant", "name", "network", "norm", "skip", "treatment", "placement")
CURVES = {"losses": "training loss (nats)", "grad_norms": "gradient norm"}

# which of lab.plot's STYLES: one for one init, placement and norm in every figure of the course
LOOKS = {
    **{"uniform": 0, "Xavier": 1, "Kaiming": 2, "no norm": 0, "no residual": 0},
    **{"post": 1, "pre": 2, "LayerNorm": 3, "RMSNorm": 4},
}
STYLES = 6

Chart = dict[str, Any]


def charts(records: dict[str, Any]) -> list[Chart]:
    """Every chart that the records allow: losses and gradient norms by step, moments by layer."""
    found: list[Chart] = []
    for name, record in records.items():
        if not isinstance(record, dict):
            continue
        runs = list(_runs(record))
        for key, about in CURVES.items():
            found += _by_step([run for run in runs if run.get(key)], key, about, record, name)
        if "linear" in record:
            found.append(_by_layer(record["linear"]))
    for chart in found:
        _share(chart)
        names = dict.fromkeys(s["name"].removesuffix(THEORY) for s in chart["series"])
        chart["looks"] = looks(list(names))
    return found


def _share(chart: Chart) -> None:
    """Where curves have their points stands once for all that have them there: each says which."""
    places = list(dict.fromkeys(tuple(series["x"]) for series in chart["series"]))
    chart["places"] = [list(place) for place in places]
    for series in chart["series"]:
        series["x"] = places.index(tuple(series["x"]))


def looks(names: Sequence[str]) -> dict[str, int]:
    """The style of each variant: its own where it has one that is free, else the next free one."""
    free, chosen = list(range(STYLES)), {}
    for name in sorted(names, key=lambda n: not any(word in n for word in LOOKS)):
        free = free or list(range(STYLES))
        own = (look for word, look in LOOKS.items() if word in name and look in free)
        chosen[name] = next(own, free[0])
        free.remove(chosen[name])
    return chosen


def _runs(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The runs of a record, each with its variant."""
    variants = record.get("variants")
    if isinstance(variants, dict):
        for variant, runs in variants.items():
            yield from ({"variant": variant, **run} for run in runs if isinstance(run, dict))
    runs = record.get("runs")
    if isinstance(runs, list):
        yield from (run for run in runs if isinstance(run, dict))


def own(run: dict[str, Any]) -> list[str]:
    """The keys that name a run's curve within its chart."""
    return [key for key in VARIANT if key in run] or [key for key in ("patient",) if key in run]


def _by_step(
    runs: Sequence[dict[str, Any]], key: str, about: str, record: dict[str, Any], name: str
) -> list[Chart]:
    """One chart per facet of the runs."""
    facets: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        words = [f"{said}{run[f]}" for f, said in FACETS.items() if f in run and f not in own(run)]
        if "lr" in record and "lr" not in run and record["lr"]:
            words.append(f"lr {record['lr']}")
        facets.setdefault(", ".join(words), []).append(run)
    return [
        {
            "title": facet or Path(name).stem.replace("_", " "),
            "kind": key,
            "record": name,
            "x": "step",
            "y": about,
            "series": [_series(run, key, Path(name).stem) for run in inside],
        }
        for facet, inside in facets.items()
    ]


def _series(run: dict[str, Any], key: str, record: str) -> dict[str, Any]:
    values: list[float | None] = run[key]
    edges = [round(i * len(values) / POINTS) for i in range(POINTS + 1)]
    x, y = [], []
    for a, b in pairwise(sorted(set(edges)) if len(values) > POINTS else range(len(values) + 1)):
        part = [v for v in values[a:b] if v is not None]
        if part:
            x.append((a + b - 1) / 2)
            y.append(rounded(sum(part) / len(part)))
    return {
        "name": ", ".join(str(run[key]) for key in own(run)) or record,
        "seed": run.get("seed", 0),
        "x": x,
        "data": y,
        "broke": run.get("diverged_at"),
    }


def rounded(value: float) -> float:
    """A value to what an axis over decades shows of it: 1 %."""
    three = f"{value:.2e}"
    return float(three if three.lstrip("-") < "5" else f"{value:.1e}")


def _level(name: str, seed: int | str, layers: list[int], values: Sequence[float]) -> Chart:
    data = [rounded(value) for value in values]
    return {"name": name, "seed": seed, "x": layers, "data": data, "broke": None}


def _by_layer(linear: dict[str, Any]) -> Chart:
    """Lab 00: the variance after each linear layer, measured and predicted."""
    series = []
    for name, found in linear.items():
        layers = list(range(1, len(found["predicted"]) + 1))
        for seed, values in enumerate(found["measured"]):
            series.append(_level(name, seed, layers, values))
        series.append(_level(name + THEORY, "theory", layers, found["predicted"]))
    about = {"title": "linear layers", "kind": "variance", "record": "results.json"}
    return {**about, "x": "layer", "y": "variance of the signal", "series": series}
