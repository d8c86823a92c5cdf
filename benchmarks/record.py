"""Measure what README.md states, keep it in record.json, and write README.md's tables from it.

    python benchmarks/record.py              all of it: ten minutes, with nothing else running
    python benchmarks/record.py --runs 0     measure nothing, only write the tables

Engines that are not installed keep the rows they have (autograd, jax, torch.compile, micrograd).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from steps import TABLE, compare, installed  # noqa: E402

RECORD, TEXT, README = HERE / "record.json", HERE / "shakespeare.json", HERE / "README.md"
ROUNDS, THREADS = 6, 2

# workload -> what it is, and the ratio to PyTorch to reach on NumPy alone
TITLES: dict[str, tuple[str, float | None]] = {
    "lab01": ("lab 01: 12 layers of 256, SGD", 0.89),
    "lab02_layernorm": ("lab 02 with LayerNorm", 1.05),
    "lab02_rmsnorm": ("lab 02 with RMSNorm", 0.75),
    "lab03": ("lab 03: 50 blocks 256 → 1024 → 256, GELU, RMSNorm", 0.74),
    "chargpt": ("CharGPT: 4 layers, 64 channels, context 64, batch 16, AdamW", 1.20),
    "small_ops": ("1,000 ops on 4 × 4", 0.50),
    "layernorm": ("LayerNorm alone, 1024 × 512", 2.30),
    "rmsnorm": ("RMSNorm alone, 1024 × 512", 0.50),
    "gelu": ("GELU, 1024 × 256", None),
    "attention": ("causal attention, 16 × 4 heads, 64 × 16", None),
    "adamw": ("AdamW's step, 1 M parameters", None),
}
MAIN = list(TITLES)[:8]  # of which the geometric mean is taken
MEANS = {"alone": 0.85, "ratio": 0.60}  # to reach
MEMORY = 0.55  # of a step of lab 03, to reach
OTHERS = {
    "by_hand": "by hand",
    "autograd": "HIPS autograd",
    "jax": "JAX, jit",
    "compiled": "torch.compile",
}
MARKS = re.compile(r"(<!-- from (\w+)\.json -->\n).*?(<!-- to here -->)", re.S)

Rows = list[dict[str, Any]]  # {"workload", "against", "taken", "runs": [compare's, a run each]}


def middle(row: dict[str, Any], *keys: str) -> float:
    """The median over runs of what stands under the keys."""
    values = []
    for run in row["runs"]:
        for key in keys:
            run = run[key]
        values.append(run)
    return statistics.median(values)


def cell(ratio: float, reach: float | None) -> str:
    """A ratio and what is to be reached; bold if it is not."""
    if reach is None:
        return f"{ratio:.2f} (–)"
    return f"**{ratio:.2f}** ({reach:.2f})" if ratio > reach else f"{ratio:.2f} ({reach:.2f})"


def digits(ms: float) -> str:
    """Three figures."""
    return f"{ms:.0f}" if ms >= 99.5 else f"{ms:.1f}" if ms >= 9.95 else f"{ms:.2f}"


def written(record: dict[str, Any]) -> Iterator[str]:
    """The lines between the marks in README.md."""
    rows: Rows = record["rows"]
    torch = {row["workload"]: row for row in rows if row["against"] == "torch"}
    runs, machine = len(torch["lab01"]["runs"]), record["machine"]
    yield (
        f"{runs} runs of {record['rounds']} rounds, {torch['lab01']['taken']}, "
        f"{machine['cores']} cores under {machine['system']}, Python {machine['python']}, "
        f"{machine['packages']}, float32; of times and ratios the median."
    )
    spans = {
        name: max(run["ratio"] for run in row["runs"]) / min(run["ratio"] for run in row["runs"])
        for name, row in torch.items()
    }
    worst = max(spans, key=lambda name: spans[name])
    if runs > 1:
        yield (
            "Between runs the largest ratio with kernels is "
            f"{statistics.median(spans.values()) - 1:.0%} above the smallest in the median, and "
            f"{spans[worst] - 1:.0%} for the worst ({TITLES[worst][0]})."
        )
    yield ""
    yield (
        "| workload | NumPy alone, ms | with kernels, ms | PyTorch eager, ms "
        "| NumPy alone / PyTorch (to reach) | with kernels / PyTorch (to reach) |"
    )
    yield "|---|---|---|---|---|---|"
    for name, (title, reach) in TITLES.items():
        row = torch[name]
        times = [digits(middle(row, "ms", engine)) for engine in ("alone", "minigrad", "torch")]
        ratios = [
            cell(middle(row, "alone"), reach),
            cell(middle(row, "ratio"), TABLE[name]["torch"]),
        ]
        yield f"| {' | '.join([title, *times, *ratios])} |"
    alone, kernels = (
        statistics.geometric_mean(middle(torch[name], key) for name in MAIN)
        for key in ("alone", "ratio")
    )
    yield ""
    yield (
        f"The geometric mean of the first {len(MAIN)} ratios is {alone:.2f} on NumPy alone "
        f"({MEANS['alone']:.2f}) and {kernels:.2f} with kernels ({MEANS['ratio']:.2f}). The peak "
        f"memory of a step of lab 03 is {middle(torch['lab03'], 'memory_ratio'):.2f} of PyTorch's "
        f"({MEMORY:.2f}). Ratios beyond what is to be reached are bold."
    )
    yield ""
    yield "| workload | against | with kernels | NumPy alone | peak memory |"
    yield "|---|---|---|---|---|"
    for row in rows:
        if row["against"] in OTHERS:
            ratios = [f"{middle(row, key):.2g}" for key in ("ratio", "alone", "memory_ratio")]
            title = TITLES[row["workload"]][0].partition(":")[0]
            yield f"| {title} | {OTHERS[row['against']]} | {' | '.join(ratios)} |"
    scalar = record["scalar"]
    yield ""
    yield (
        "The scalar GPT's step takes {:.2g} of micrograd's time; on micrograd's own graph, built "
        "op by op, {:.2g}, and {:.2g} where the garbage collector is held off for both. "
        "`import minigrad` takes {:.0f} ms longer than `import numpy`.".format(
            scalar["minigrad"] / scalar["micrograd"],
            scalar["minigrad, same graph"] / scalar["micrograd"],
            scalar["minigrad, same graph"] / scalar["micrograd, rare gc"],
            1e3 * record["import"],
        )
    )


def shakespeare(record: dict[str, Any]) -> Iterator[str]:
    """The lines on Tiny Shakespeare, of the record that shakespeare.py writes."""
    yield "| validation loss | seed 0 | seed 1 | seed 2 | mean ± std | seconds of one core, a run |"
    yield "|---|---|---|---|---|---|"
    for engine, ends in record["ends"].items():
        cells = [f"{end:.3f}" for end in ends]
        cells += [f"{statistics.mean(ends):.3f} ± {statistics.stdev(ends):.3f}"]
        name = "minigrad, with kernels" if engine == "minigrad" else engine
        yield f"| {' | '.join([name, *cells])} | {record['seconds'][engine]:.0f} |"
    apart, steps = record["apart"], record["steps"]
    yield ""
    yield (
        f"Unigram loss {record['unigram']:.3f}, bigram {record['bigram']:.3f}. Given the weights "
        f"that minigrad starts from with seed 0, PyTorch ends at {record['same_weights']:.3f}: the "
        f"training losses are at most {max(apart[:200]):.1e} apart in the first 200 steps and "
        f"{max(apart):.1e} over all {steps:,}, in float32. minigrad's seed 0 writes:"
    )
    yield ""
    yield "```"
    yield from record["samples"]["minigrad"].strip().split("\n")[:4]
    yield "```"


def readme() -> str:
    """README.md as the two records say."""
    record, text = (json.loads(path.read_text(encoding="utf-8")) for path in (RECORD, TEXT))
    lines = {"record": written(record), "shakespeare": shakespeare(text)}
    return MARKS.sub(
        lambda m: "\n".join([m[1].strip(), "", *lines[m[2]], "", m[3]]),
        README.read_text(encoding="utf-8"),
    )


def machine() -> dict[str, Any]:
    """What the times are of."""
    names = {"NumPy": "numpy", "Numba": "numba", "PyTorch": "torch"}
    found = {
        name: ".".join(importlib.metadata.version(package).split("+")[0].split(".")[:2])
        for name, package in names.items()
        if importlib.util.find_spec(package)
    }
    return {
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "packages": ", ".join(f"{name} {version}" for name, version in found.items()),
    }


def import_seconds(pairs: int = 25) -> float:
    """How much longer `import minigrad` takes than `import numpy`: median of pairs."""

    def seconds(module: str) -> float:
        code = (
            f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
        )
        return float(subprocess.check_output([sys.executable, "-c", code]))

    return statistics.median(seconds("minigrad") - seconds("numpy") for _ in range(pairs))


def measured(record: dict[str, Any], workloads: list[str], runs: int) -> Iterator[dict[str, Any]]:
    """The record after each workload and engine that is installed."""
    kept = {(row["workload"], row["against"]): row for row in record["rows"]}
    for name in workloads:
        for other in TABLE[name]:
            if not installed(other):
                continue
            each = [compare(name, other, ROUNDS, THREADS) for _ in range(runs)]
            slim = [{k: run[k] for k in ("ratio", "alone", "ms", "memory_ratio")} for run in each]
            row = {"workload": name, "against": other, "taken": f"{date.today()}", "runs": slim}
            kept[name, other] = row
            order = [kept[w, o] for w in TABLE for o in TABLE[w] if (w, o) in kept]
            yield record | {"rows": order, "machine": machine(), "rounds": ROUNDS}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workloads", default=",".join(TABLE), help="others keep their rows")
    options = parser.parse_args()
    if options.runs:
        record = json.loads(RECORD.read_text(encoding="utf-8"))
        if importlib.util.find_spec("micrograd"):
            command = [sys.executable, str(HERE / "scalar_gpt.py"), "--json"]
            record |= {"scalar": json.loads(subprocess.check_output(command))}
        record |= {"import": import_seconds()}
        for so_far in measured(record, options.workloads.split(","), options.runs):
            RECORD.write_text(json.dumps(so_far, indent=1) + "\n", encoding="utf-8")
    README.write_text(readme(), encoding="utf-8")


if __name__ == "__main__":
    main()
