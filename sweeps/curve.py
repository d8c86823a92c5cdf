"""Fit the curve.json of a family: what theory leaves open of a run's loss.

    python sweeps/curve.py             # theory/curve.md's table: how far each kind of model goes
    python sweeps/curve.py --fit       # writes what ships
    python sweeps/curve.py --judge     # the same on draws that no fit has seen

and with ``--family transformer`` those of transformers. Windows are known of the runs in
sweeps/curves.csv, which goes on growing (sweeps/recorded.toml says how), and of all recorded
transformers; the first and the last of all that calibrate.py fits on. Needs scikit-learn.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from calibrate import DEVELOPMENT
from curve_fit import HIGHEST, KINDS, Data, models, whole

from minigrad.signal.curve import SHOWN
from minigrad.sweep.families import FAMILIES, family_of
from minigrad.sweep.recorded import Row, rows

CURVES = Path(__file__).with_name("curves.csv")
RECORDS = Path(__file__).parents[1] / "theory/records"
LOWEST = -6.0  # log₁₀ below which a loss counts as this


def line(name: str, data: Data, found: np.ndarray) -> dict:
    """One row of figures: printed, and kept for the page."""
    found = np.clip(found, LOWEST, HIGHEST)
    outer = np.isin(np.arange(data.last + 1), (0, data.last))
    ended = np.isnan(data.loss) & (data.whole[:, None] | outer)
    truth = np.clip(np.where(ended, HIGHEST, data.loss), LOWEST, HIGHEST)
    seen = np.isfinite(truth)
    off = truth - found[:, 2]
    pinball = np.mean(
        [
            np.where(truth > found[:, k], q, q - 1) * (truth - found[:, k])
            for k, q in enumerate(SHOWN)
        ],
        axis=0,
    )
    wide, half = (
        ((truth >= found[:, a]) & (truth <= found[:, b]))[seen].mean() for a, b in ((0, 4), (1, 3))
    )
    trained = (data.truth == 2) & seen[:, -1]
    row = {
        "model": name,
        "runs": len(data.runs),
        "all": np.median(np.abs(off[seen])),
        "end_of_trained": np.median(np.abs(off[trained, -1])),
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
    unseen = [run for run in recorded if run.group not in of.fitted]
    seen = [run for run in recorded if run.group in of.fitted]
    if family == "mlp":
        with_windows = rows(CURVES)
        unseen = [run for run in with_windows if run.group not in of.fitted]
        again = {(run.config, run.seed) for run in with_windows}
        seen = [run for run in seen + rows(DEVELOPMENT) if (run.config, run.seed) not in again]
        seen += [run for run in with_windows if run.group in of.fitted]
    return seen, unseen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--family", choices=KINDS, default="mlp")
    parser.add_argument("--fit", action="store_true", help="write curve.json")
    parser.add_argument("--judge", action="store_true", help="figures on draws not fitted on")
    args = parser.parse_args()
    seen, unseen = runs_of(args.family)
    kind, data = KINDS[args.family], Data(seen)
    if args.fit:
        found = whole(data)
        text = ",\n".join(f"{json.dumps(name)}: {json.dumps(x)}" for name, x in found.items())
        kind.curve.write_text("{\n" + text + "\n}\n", encoding="utf-8")
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
            out, rest = (fold == k) & data.whole, fold != k
            parts = (d.part(chosen) for chosen in (rest, out) for d in (data, plain))
            for name, found in models(*parts).items():
                left.setdefault(name, []).append(found)
            tested.append(np.flatnonzero(out))
        chosen = data.part(np.isin(np.arange(len(data.runs)), np.concatenate(tested)))
        order = np.argsort(np.concatenate(tested))
        kept["windows"] = [line(name, chosen, np.concatenate(x)[order]) for name, x in left.items()]
        kept["windows"].append(seeds(chosen))
    text = json.dumps(kept).replace("}, {", "},\n{")
    table.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
