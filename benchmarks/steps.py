"""Engines side by side: every workload's step in minigrad as a ratio to PyTorch eager.

    python benchmarks/steps.py [--workloads lab01,lab03] [--rounds 15] [--threads 2] [--json]

Each engine runs in its own process; rounds are interleaved, so that both see the same machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from workloads import WORKLOADS

HERE = Path(__file__).parent


class Engine:
    """A worker process."""

    def __init__(self, name: str, threads: int) -> None:
        command = [sys.executable, str(HERE / "worker.py"), name, str(threads)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def time(self, workload: str, steps: int) -> float:
        """Seconds per step."""
        assert self.process.stdin and self.process.stdout
        print(workload, steps, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the worker for {workload} died")
        return float(answer)


def measure(names: list[str], workload: str, rounds: int, threads: int) -> dict[str, list[float]]:
    """Seconds per step, round by round, for each engine."""
    engines = {name: Engine(name, threads) for name in names}
    once = max(engine.time(workload, 1) for engine in engines.values())
    steps = max(1, round(0.2 / once))
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, engine in engines.items():
            times[name].append(engine.time(workload, steps))
    for engine in engines.values():
        engine.process.kill()
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", default=",".join(WORKLOADS))
    parser.add_argument("--engines", default="minigrad,torch")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = {}
    for workload in options.workloads.split(","):
        names = options.engines.split(",")
        times = measure(names, workload, options.rounds, options.threads)
        medians = {name: statistics.median(t) for name, t in times.items()}
        base = medians.get("torch")
        ratios = sorted(a / b for a, b in zip(times[names[0]], times[names[-1]], strict=True))
        results[workload] = {"seconds": medians, "ratio": statistics.median(ratios)}
        if not options.json:
            told = "  ".join(f"{name} {1e3 * m:9.3f} ms" for name, m in medians.items())
            low, high = ratios[len(ratios) // 4], ratios[3 * len(ratios) // 4]
            ratio = f"{statistics.median(ratios):.2f} [{low:.2f}, {high:.2f}]" if base else ""
            print(f"{workload:18s} {told}   {ratio}", flush=True)
    if options.json:
        print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
