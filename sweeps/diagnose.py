"""Fit src/minigrad/diagnose/calibration.json on diagnoses of recorded runs' networks, and judge it.

    python sweeps/diagnose.py --measure    # the sweep's networks, and others: 20 minutes
    python sweeps/diagnose.py --fit        # writes what ships
    python sweeps/diagnose.py --judge      # figures on draws that no fit has seen, kept in JUDGED
    python sweeps/diagnose.py --cost       # CPU time over that of 15 training steps
    python sweeps/diagnose.py --public     # figures on public PyTorch models, of public.csv

The MLPs' fates are those recorded; the networks of families.py are trained, two thirds of them to
fit on. Measurements go to runs/, and what is there already is not made again. Needs scikit-learn.
"""

import argparse
import csv
import json
from itertools import islice
from pathlib import Path
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from calibrate import DEVELOPMENT, as_json, labels, left_out, report, temperature, trees
from families import FAMILIES, losses, task
from sklearn.ensemble import HistGradientBoostingClassifier

import minigrad
import minigrad.nn.functional as F
from minigrad import optim
from minigrad.data.toy import batches, toy
from minigrad.diagnose.features import features
from minigrad.diagnose.layers import Layer
from minigrad.diagnose.leaps import Leap
from minigrad.diagnose.measure import Measured, measure
from minigrad.diagnose.odds import probabilities
from minigrad.diagnose.session import Session
from minigrad.lab.progress import progress
from minigrad.lab.trainability import Net
from minigrad.signal.calibration import read
from minigrad.signal.configuration import BATCH, STEPS
from minigrad.sweep.recorded import FITTED, Row, rows
from minigrad.training.verdict import verdict

CALIBRATION = Path(__file__).parents[1] / "src/minigrad/diagnose/calibration.json"
JUDGED = Path(__file__).parents[1] / "theory/records/diagnosed.json"
OTHERS = Path(__file__).parents[1] / "runs/diagnose-others.jsonl"
MEASURED = Path(__file__).parents[1] / "runs/diagnose.jsonl"
OWN_RATE = ("trial_", "leap")  # known at the optimizer's rate alone
# models of public repositories at these commits, made small, trained and diagnosed: digits of
# scikit-learn, Tiny Shakespeare, makemore's names. `unseen` ones were first diagnosed when all
# that the others showed had been mended (23 of 24 fates, 6 of 6 faults under seed 0); what they
# showed, of zero and of repeated weights, was mended after. TextCNN runs without oneDNN, whose
# gradients of its convolutions differ from call to call
PUBLIC = Path(__file__).with_name("public.csv")
OTHERS_COUNT = (
    2.0  # each of them in the fit, for there are fewer: better on all when cross-validated
)
DRAWS = ("wild", "lab", "wild-4", "lab-4")
COUNTS = {"language": 693, "classes": 2000}  # draws of the other families


def diagnosed(run: Row) -> Measured:
    """What `minigrad.diagnose` measures of a run's network and its first two batches."""
    c, data = run.config, toy(run.seed)
    net = Net(c, minigrad.Generator().manual_seed(run.seed))
    optimizer = (
        optim.SGD(net.parameters(), lr=c.lr, momentum=0.9)
        if c.optimizer == "sgd"
        else optim.Adam(net.parameters(), lr=c.lr)
    )
    two = islice(batches(data.x, data.y, BATCH, run.seed), 2)
    pairs = [tuple(map(minigrad.from_numpy, pair)) for pair in two]
    session = Session(net, lambda m, b: F.cross_entropy(m(b[0]), b[1]), optimizer, pairs)
    with session.borrowed(), np.errstate(all="ignore"):
        return measure(session, STEPS)


def make(runs: list[Row]) -> None:
    """Measure what MEASURED does not hold yet, one line each."""
    MEASURED.parent.mkdir(exist_ok=True)
    have = set(stored())
    with MEASURED.open("a", encoding="utf-8") as file, progress(len(runs), "networks") as advance:
        for i, run in enumerate(runs):
            if i not in have:
                record = {"run": i, "measured": as_record(diagnosed(run))}
                print(json.dumps(record), file=file, flush=True)
            advance()


def stored() -> dict[int, Measured]:
    """What was measured, by the run's place in the list."""
    if not MEASURED.is_file():
        return {}
    lines = map(json.loads, MEASURED.read_text(encoding="utf-8").splitlines())
    return {r["run"]: from_record(r["measured"]) for r in lines}


class Other(NamedTuple):
    """A network of the other families, as far as `report` and `labels` look."""

    group: str  # its family
    seed: int
    steps: int
    verdict: str
    measured: Measured


def make_others() -> None:
    """Draw, diagnose and train networks of the other families: appended to OTHERS."""
    have = {(r.group, r.seed) for r in others()}
    with (
        OTHERS.open("a", encoding="utf-8") as file,
        progress(sum(COUNTS.values()), "networks") as advance,
    ):
        for family, seed in ((f, i) for f, count in COUNTS.items() for i in range(count)):
            if (family, seed) not in have:
                t = task(family, seed)
                session = Session(t.model, t.loss, t.optimizer, list(islice(t.batches(), 2)))
                with session.borrowed(), np.errstate(all="ignore"):
                    found = as_record(measure(session, t.steps))
                fate = verdict(losses(t), t.entropy)
                record = {"family": family, "seed": seed, "steps": t.steps, "verdict": fate}
                print(json.dumps(record | {"measured": found}), file=file, flush=True)
            advance()


def others() -> list[Other]:
    """What make_others wrote."""
    if not OTHERS.is_file():
        return []
    lines = map(json.loads, OTHERS.read_text(encoding="utf-8").splitlines())
    return [
        Other(r["family"], r["seed"], r["steps"], r["verdict"], from_record(r["measured"]))
        for r in lines
    ]


def as_record(m: Measured) -> dict[str, Any]:
    """For JSON: all but the parameters' names."""
    lists = {"layers": [vars(x) for x in m.layers], "leaps": [vars(x) for x in m.leaps]}
    return vars(m) | {"names": []} | lists | {"later": [[vars(x) for x in y] for y in m.later]}


def from_record(r: dict[str, Any]) -> Measured:
    """The inverse of as_record."""
    lists = {"layers": [Layer(**x) for x in r["layers"]], "leaps": [Leap(**x) for x in r["leaps"]]}
    return Measured(**r | lists | {"later": [[Layer(**x) for x in y] for y in r["later"]]})


def forest() -> HistGradientBoostingClassifier:
    """What ships, of either kind."""
    return trees(max_iter=120, learning_rate=0.08, max_features=0.3)


def public() -> None:
    """How often the fates of PUBLIC were foretold, by case, and how many faults were named."""
    with PUBLIC.open(encoding="utf-8") as file:
        runs = list(csv.DictReader(file))
    chosen = {"all": runs, "unseen": [r for r in runs if r["unseen"] == "1"]}
    chosen |= {
        case: [r for r in runs if r["case"] == case] for case in ("good", "high", "low", "fault")
    }
    for name, some in chosen.items():
        right = sum(r["verdict"] == r["said"] for r in some)
        named = [r["named"] == "1" for r in some if r["fault"]]
        faults = f", faults named {sum(named)} of {len(named)}" if named else ""
        print(f"{name:8s} fates right {right} of {len(some)}{faults}")


def cost() -> None:
    """CPU time of a diagnosis over that of 15 training steps of the same network."""
    for family, seed in ((f, i) for f in FAMILIES for i in range(1, 6)):
        ratios = []
        for _ in range(3):
            t = task(family, seed)
            two = list(islice(t.batches(), 2))
            begun = process_time()
            minigrad.diagnose(t.model, t.loss, t.optimizer, two, steps=t.steps)
            spent = process_time() - begun
            t, begun = task(family, seed)._replace(steps=15), process_time()
            losses(t)
            ratios.append(spent / (process_time() - begun))
        print(f"{family} {seed}: {sorted(ratios)[1]:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--measure", action="store_true", help="diagnose what --fit needs")
    parser.add_argument("--fit", action="store_true", help="write calibration.json")
    parser.add_argument("--judge", action="store_true", help="figures on networks not fitted on")
    parser.add_argument("--public", action="store_true", help="figures on public PyTorch models")
    parser.add_argument("--cost", action="store_true", help="CPU time over 15 training steps'")
    args = parser.parse_args()
    if args.cost:
        cost()
        return
    if args.public:
        public()
        return
    recorded = rows()
    runs: list[Any] = [*recorded, *rows(DEVELOPMENT)]
    if args.measure:
        make(runs)
        make_others()
    known = {i: features(m, STEPS) for i, m in stored().items()}
    fitted = {i for i in known if i >= len(recorded) or runs[i].group in FITTED}
    first_other = len(runs)
    for other in others():
        known[len(runs)] = features(other.measured, other.steps)
        if other.seed % 3 != 2:
            fitted.add(len(runs))
        runs.append(other)
    seen, unseen = sorted(fitted), sorted(set(known) - fitted)
    names = list(next(iter(known.values())))
    kinds = {"here": names, "elsewhere": [n for n in names if not n.startswith(OWN_RATE)]}
    if args.fit:
        truth = labels([runs[i] for i in seen])
        weight = np.array([OTHERS_COUNT if i >= first_other else 1.0 for i in seen])
        forests = {}
        for kind, chosen in kinds.items():
            X = np.array([[known[i][name] for name in chosen] for i in seen])
            forests[kind] = as_json(forest().fit(X, truth, weight), chosen)
            forests[kind]["temperature"] = temperature(
                left_out(forest, X, truth, weight=weight), truth
            )
        text = json.dumps(forests, separators=(",", ":")).replace('["', '\n["')
        CALIBRATION.write_text(text + "\n", encoding="utf-8")
    if args.judge:
        shipped = json.loads(CALIBRATION.read_text(encoding="utf-8"))
        judged, figures = [runs[i] for i in unseen], {}
        for kind in kinds:
            model = read(shipped[kind])
            odds = np.array([[*probabilities(known[i], model).values()] for i in unseen])
            figures[kind] = report(f"diagnosis, {kind}", judged, odds, (*DRAWS, *FAMILIES))
        JUDGED.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
