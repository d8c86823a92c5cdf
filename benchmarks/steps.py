"""Engines side by side: the time of a step in minigrad as a ratio to others'.

    python benchmarks/steps.py                      the whole table
    python benchmarks/steps.py --workloads lab01,lab03 --engines torch,by_hand --rounds 15 --json

Each engine runs in its own process, on the same number of threads; rounds are interleaved, each
begun by another engine, so that all see the same machine. A ratio is that of the lower quartiles of
the rounds' times, since whatever else the machine does only adds to them; beside it stand the
quartiles of the rounds' own ratios. minigrad runs twice: with compiled kernels, where Numba is
installed, and on NumPy alone.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent

# workload -> {engine to hold it against: the ratio to reach, or None where there is no target}
TABLE: dict[str, dict[str, float | None]] = {
    "lab01": {"torch": 0.8, "by_hand": 1.15, "autograd": 1.0, "jax": None, "compiled": None},
    "lab02_layernorm": {"torch": 0.75, "compiled": None},
    "lab02_rmsnorm": {"torch": 0.6, "compiled": None},
    "lab03": {"torch": 0.6, "by_hand": 1.6, "compiled": None},
    "chargpt": {"torch": 0.85},
    "small_ops": {"torch": 0.5, "autograd": 1.0, "jax": None},
    "layernorm": {"torch": 0.8},
    "rmsnorm": {"torch": 0.3},
    "gelu": {"torch": 1.0},
    "attention": {"torch": 1.0},
    "adamw": {"torch": 1.0},
}


class Engine:
    """A worker process."""

    def __init__(self, name: str, threads: int) -> None:
        command = [sys.executable, str(HERE / "worker.py"), name, str(threads)]
        self.name = name
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, line: str) -> float:
        """The number the worker answers with."""
        assert self.process.stdin and self.process.stdout
        print(line, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the worker of {self.name} died at {line!r}")
        return float(answer)


def installed(other: str) -> bool:
    """Whether an engine can run here; torch.compile calls a C++ compiler."""
    if other == "compiled" and not any(map(shutil.which, ("g++", "clang++"))):
        return False
    package = {"compiled": "torch", "by_hand": "numpy"}.get(other, other)
    return importlib.util.find_spec(package) is not None


def measure(names: list[str], workload: str, rounds: int, threads: int) -> dict[str, Any]:
    """For each engine: seconds per step, round by round, and the process's peak memory."""
    engines = [Engine(name, threads) for name in names]
    once = max(engine.ask(f"{workload} 1") for engine in engines)
    steps = max(1, round(0.2 / once))
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for i in range(rounds):
        first = i % len(engines)
        for engine in engines[first:] + engines[:first]:
            time.sleep(0.1)  # the threads of the engine before spin for some 30 ms after its turn
            seconds[engine.name].append(engine.ask(f"{workload} {steps}"))
    memory = {engine.name: engine.ask("memory") for engine in engines}
    for engine in engines:
        engine.process.kill()
        engine.process.wait()
    return {"seconds": seconds, "memory": memory}


def compare(workload: str, other: str, rounds: int, threads: int) -> dict[str, Any]:
    """minigrad, with kernels and on NumPy alone, against one other engine."""
    found = measure(["minigrad", "alone", other], workload, rounds, threads)
    ours, theirs = found["seconds"]["minigrad"], found["seconds"][other]
    low, _, high = statistics.quantiles([a / b for a, b in zip(ours, theirs, strict=True)])
    ms = {name: 1e3 * statistics.quantiles(t)[0] for name, t in found["seconds"].items()}
    return {
        "workload": workload,
        "against": other,
        "ratio": ms["minigrad"] / ms[other],
        "quartiles": [low, high],
        "alone": ms["alone"] / ms[other],
        "reach": TABLE.get(workload, {}).get(other),
        "ms": ms,
        "memory_ratio": found["memory"]["minigrad"] / found["memory"][other],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workloads", default=",".join(TABLE))
    parser.add_argument("--engines", default="torch,by_hand,autograd,jax")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="print JSON, a row per comparison")
    options = parser.parse_args()
    rows = []
    for workload in options.workloads.split(","):
        for other in options.engines.split(","):
            if other not in TABLE[workload]:
                continue
            if not installed(other):
                print(f"{workload:16s} {other}: not installed", file=sys.stderr)
                continue
            row = compare(workload, other, options.rounds, options.threads)
            rows.append(row)
            if not options.json:
                low, high = row["quartiles"]
                reach = f"(to reach: {row['reach']:.2f})" if row["reach"] else ""
                print(
                    f"{workload:16s} {row['ms']['minigrad']:9.2f} ms  {other:9s}"
                    f"{row['ms'][other]:9.2f} ms  ratio {row['ratio']:.2f} [{low:.2f}, {high:.2f}]"
                    f"  NumPy alone {row['ms']['alone']:9.2f} ms {row['alone']:.2f}"
                    f"  memory {row['memory_ratio']:.2f}  {reach}",
                    flush=True,
                )
    if options.json:
        print(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
