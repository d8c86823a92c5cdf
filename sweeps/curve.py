"""Fit the curve.npz of a family: what theory leaves open of a run's loss.

    python sweeps/curve.py             # theory/curve.md's table: how far each kind of model goes
    python sweeps/curve.py --fit       # writes what ships
    python sweeps/curve.py --judge     # the same on draws that no fit has seen

and with ``--family transformer`` those of transformers. Needs scikit-learn for the rival.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from curve_fit import KINDS, Data, fit, models, write

from minigrad.course.which import pinball
from minigrad.signal.curve import HIGHEST, LOWEST
from minigrad.sweep.families import FAMILIES, family_of
from minigrad.sweep.recorded import Row, rows

RECORDS = Path(__file__).parents[1] / "theory/records"


def line(name: str, data: Data, found: np.ndarray) -> dict:
    """One row of figures: printed, and kept for the page."""
    found = np.clip(found, LOWEST, HIGHEST)
    truth = np.clip(np.where(np.isnan(data.loss), HIGHEST, data.loss), LOWEST, HIGHEST)
    off = truth - found[:, 2]
    wide, half = (
        ((truth >= found[:, a]) & (truth <= found[:, b])).mean() for a, b in ((0, 4), (1, 3))
    )
    trained = data.truth == 2
    row = {
        "model": name,
        "runs": len(data.runs),
        "all": np.median(np.abs(off)),
        "end_of_trained": np.median(np.abs(off[trained, -1])),
        "band_80": wide,
        "band_50": half,
        "pinball": round(pinball(found, truth), 4),
        "by_window": [round(float(x), 3) for x in np.median(np.abs(off), 0)],
    }
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
            if rest:
                off.append(np.abs(truth[k] - np.median(truth[rest], axis=0)))
                ends += [off[-1][-1]] if data.truth[k] == 2 else []
    row = {
        "model": "another seed",
        "runs": len(off),
        "all": round(float(np.median(off)), 4) if off else None,
        "end_of_trained": round(float(np.median(ends)), 4) if ends else None,
    }
    print(row)
    return row


def runs_of(family: str) -> tuple[list[Row], list[Row]]:
    """What is fitted on, and what judges."""
    of = FAMILIES[family]
    recorded = rows(of.recorded)
    return (
        [run for run in recorded if run.group not in of.judging],
        [run for run in recorded if run.group in of.judging],
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--family", choices=KINDS, default="mlp")
    parser.add_argument("--fit", action="store_true", help="write curve.npz")
    parser.add_argument("--judge", action="store_true", help="figures on draws not fitted on")
    args = parser.parse_args()
    seen, unseen = runs_of(args.family)
    kind, data = KINDS[args.family], Data(seen)
    if args.fit:
        write(fit(data), kind.curve)
        return
    plain = Data(seen, theory=False)
    table = RECORDS / f"{kind.table}.json"
    kept = json.loads(table.read_text(encoding="utf-8")) if table.exists() else {}
    if args.judge:
        judged = Data(unseen)
        kept["ends"], kept["seeds"] = [], seeds(data)
        for name, found in models(data, plain, judged, Data(unseen, theory=False)).items():
            for draw in family_of(unseen[0].config).draws:
                own = np.array([run.group.startswith(draw) for run in unseen])
                kept["ends"].append(line(f"{name}, {draw}", judged.part(own), found[own]))
    else:
        print("runs left out of the fit by configuration (3 folds)")
        fold, left, tested = data.folds(3), {}, []
        for k in range(3):
            out, rest = fold == k, fold != k
            parts = (d.part(chosen) for chosen in (rest, out) for d in (data, plain))
            for name, found in models(*parts).items():
                left.setdefault(name, []).append(found)
            tested.append(np.flatnonzero(out))
        order = np.argsort(np.concatenate(tested))
        kept["windows"] = [line(name, data, np.concatenate(x)[order]) for name, x in left.items()]
        kept["windows"].append(seeds(data))
    text = json.dumps(kept).replace("}, {", "},\n{")
    table.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
