"""One training step of the scalar GPT: minigrad's Value beside micrograd's.

    pip install micrograd
    PYTHONPATH=src python benchmarks/scalar_gpt.py

Each engine in its own process, interleaved, medians of the repeats:
- `micrograd`: its Value on the GPT's graph, built of +, ·, **, exp, log and ReLU on pairs of
  numbers (micrograd has no exp and log: they are added in its own style);
- `micrograd, rare gc`: the same with Python's garbage collector searching as seldom as
  `import minigrad` makes it: micrograd's graphs are full of cycles, and most of its time is that;
- `minigrad, same graph`: our Value on exactly that graph;
- `minigrad`: the GPT as it is, with `dot` and `total` as single operations.
"""

import argparse
import gc
import json
import math
import statistics
import subprocess
import sys
import time
from functools import reduce
from operator import add, mul
from random import Random

ENGINES = ("micrograd", "micrograd, rare gc", "minigrad, same graph", "minigrad")


def micrograd_value() -> type:
    """micrograd's Value, with exp and log written the way its other operations are."""
    from micrograd.engine import Value

    def exp(self):  # type: ignore[no-untyped-def]
        out = Value(math.exp(self.data), (self,), "exp")

        def _backward() -> None:
            self.grad += out.data * out.grad

        out._backward = _backward
        return out

    def log(self):  # type: ignore[no-untyped-def]
        out = Value(math.log(self.data), (self,), "log")

        def _backward() -> None:
            self.grad += out.grad / self.data

        out._backward = _backward
        return out

    Value.exp, Value.log = exp, log
    return Value


def time_step(engine: str) -> None:
    """Print the median seconds of forward and backward on one name, and the last loss."""
    collector = gc.get_threshold()
    from minigrad.scalar import gpt

    if engine == "micrograd":
        gc.set_threshold(*collector)  # Python's own
    if engine != "minigrad":
        gpt.dot = lambda xs, ys: reduce(add, map(mul, xs, ys))
        gpt.total = lambda xs: reduce(add, xs)
    if engine.startswith("micrograd"):
        sys.setrecursionlimit(100_000)  # its topological sort recurses through the graph
        gpt.Value = micrograd_value()
    model = gpt.GPT(vocab=28)
    random = Random(0)
    times, loss = [], math.nan
    for repeat in range(6):
        ids = [random.randrange(28) for _ in range(9)]
        start = time.perf_counter()
        value = model.loss(ids)
        value.backward()
        if repeat:  # the first one warms up
            times.append(time.perf_counter() - start)
        loss = value.data
    print(json.dumps({"seconds": statistics.median(times), "loss": loss}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print {engine: seconds}")
    parser.add_argument("--engine", choices=ENGINES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.engine:
        time_step(options.engine)
        return
    seconds: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    losses = set()
    for _ in range(options.repeats):
        for engine in ENGINES:
            command = [sys.executable, __file__, "--engine", engine]
            result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            seconds[engine].append(result["seconds"])
            losses.add(round(result["loss"], 9))
    assert len(losses) == 1, f"the engines computed different losses: {losses}"
    if options.json:
        print(json.dumps({engine: statistics.median(times) for engine, times in seconds.items()}))
        return
    base = statistics.median(seconds["micrograd"])
    for engine, times in seconds.items():
        ratios = [t / m for t, m in zip(times, seconds["micrograd"], strict=True)]
        print(
            f"{engine:22}{statistics.median(times) * 1e3:8.1f} ms   "
            f"{statistics.median(times) / base:5.2f} of micrograd "
            f"({min(ratios):.2f}–{max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
