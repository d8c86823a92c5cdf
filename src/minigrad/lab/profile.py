"""Where a step's time goes, op by op: `minigrad profile lab03`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any

from rich.table import Table

from minigrad.core.mode import Observer, observe
from minigrad.errors import ArgumentError, meant
from minigrad.lab.workloads import WORKLOADS
from minigrad.optim.optimizer import Optimizer

Seconds = dict[tuple[str, str], float]  # by ("forward" | "backward" | "", op or what else it was)
OPTIMIZER, REST = ("", "optimizer"), ("", "the rest")


def named(name: str) -> Mapping[str, Callable[[str], Any]]:
    """The workloads of that name, or that begin with it ("lab02"). Raises ArgumentError."""
    found = {key: make for key, make in WORKLOADS.items() if name == key or name in key.split("_")}
    if not found:
        near = meant(name, WORKLOADS)
        raise ArgumentError(f"unknown workload {name!r}.{near} There are {', '.join(WORKLOADS)}")
    return found


def measure(
    step: Callable[[], Any], steps: int, done: Callable[[], None] = lambda: None
) -> tuple[float, Seconds, dict[str, int]]:
    """Seconds of a step as it is, those of its parts (medians over steps), and each op's calls.

    An op is charged with all that ran since the one before it: the Python around it too.
    """
    for _ in range(3):
        step()
    plain: list[float] = []
    rounds: list[Seconds] = []
    calls: dict[str, int] = {}
    for _ in range(steps):
        start = time.perf_counter()
        step()
        plain.append(time.perf_counter() - start)
        parts, calls = _observed(step)
        rounds.append(parts)
        done()
    together = {part: median(found.get(part, 0.0) for found in rounds) for part in rounds[-1]}
    return median(plain), together, calls


def _observed(step: Callable[[], Any]) -> tuple[Seconds, dict[str, int]]:
    """One step's seconds by part, and the calls of each op."""
    seconds: Seconds = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)
    last = 0.0

    def charge(*part: str) -> None:
        nonlocal last
        now = time.perf_counter()
        seconds[part[0], part[1]] += now - last
        last = now

    def forward(name: str, value: Any, inputs: list[Any]) -> None:
        calls[name] += 1
        charge("forward", name)

    with (
        _around(Optimizer, "zero_grad", charge),
        _around(Optimizer, "step", charge),
        observe(Observer(forward, lambda node, g, new: charge("backward", node.name))),
    ):
        last = time.perf_counter()
        result = step()
        del result
        charge(*REST)
    return seconds, calls


@contextmanager
def _around(owner: type, name: str, charge: Callable[..., None]) -> Iterator[None]:
    """Charge the calls of a method to the optimizer, and what ran just before them to the rest."""
    method = getattr(owner, name)

    def timed(*args: Any, **kwargs: Any) -> Any:
        charge(*REST)
        try:
            return method(*args, **kwargs)
        finally:
            charge(*OPTIMIZER)

    setattr(owner, name, timed)
    try:
        yield
    finally:
        setattr(owner, name, method)


def table(
    name: str, what: str, whole: float, seconds: Mapping[tuple[str, str], float], calls: Any
) -> Table:
    """The parts of a step, the longest first, and what each is of all."""
    seconds = {part: s for part, s in seconds.items() if part != ("backward", "backward")}
    total = sum(seconds.values())
    title = f"{name}: {what}\na step takes {1e3 * whole:.2f} ms; observed, {1e3 * total:.2f} ms"
    shown = Table(title=title, title_justify="left", pad_edge=False)
    for column in ("op", "calls", "forward, ms", "backward, ms", "share"):
        shown.add_column(column, justify="left" if column == "op" else "right")

    def share(*parts: tuple[str, str]) -> float:
        return sum(seconds.get(part, 0.0) for part in parts) / total

    def milliseconds(*part: str) -> str:
        found = seconds.get((part[0], part[1]))
        return "–" if found is None else f"{1e3 * found:.3f}"

    ops = {op: share(("forward", op), ("backward", op)) for _, op in seconds if op in calls}
    for op in sorted(ops, key=ops.__getitem__, reverse=True):
        times = milliseconds("forward", op), milliseconds("backward", op)
        shown.add_row(op, str(calls[op]), *times, f"{ops[op]:.1%}")
    shown.add_section()
    for part in (OPTIMIZER, REST):
        if part in seconds:
            shown.add_row(part[1], "", milliseconds(*part), "", f"{share(part):.1%}")
    return shown
