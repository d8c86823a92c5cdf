"""Where a sweep's runs are made: in this process, or in several with one BLAS thread each."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from minigrad.errors import MinigradError
from minigrad.lab.parent import follow_parent
from minigrad.sweep.families import family_of
from minigrad.sweep.plan import Run
from minigrad.sweep.store import Result, Store

Progress = Callable[[int, int, Result], None]


def make(run: Run) -> Result:
    """Make one run, with BLAS held to one thread: the same numbers wherever it is made."""
    from threadpoolctl import threadpool_limits

    start = time.perf_counter()
    with threadpool_limits(limits=1):
        losses = family_of(run.config).train(run.config, run.seed, run.steps)
    return Result(run, losses, time.perf_counter() - start)


def sweep(
    runs: Iterable[Run],
    store: Store,
    workers: int = 1,
    on_result: Progress = lambda done, total, result: None,
    execute: Callable[[Iterator[Run], int], Iterator[Result]] | None = None,
) -> int:
    """Make the runs that the store does not hold yet; returns how many it made.

    ``on_result(done, total, result)`` is called after each is stored. ``execute`` turns an
    iterator of runs into results, in any order; left out, processes of this machine do.
    """
    have = store.keys()
    missing = [run for run in runs if run.key not in have]
    random.Random(os.getpid()).shuffle(missing)  # two sweeps of one plan then seldom collide
    todo = (run for run in missing if run.key not in store)
    made = 0
    for result in (execute or local)(todo, workers):
        store.add(result)
        made += 1
        on_result(made, len(missing), result)
    return made


def local(runs: Iterator[Run], workers: int) -> Iterator[Result]:
    """Results from ``workers`` processes (from this one, if 1)."""
    if workers == 1:
        yield from map(make, runs)
        return
    others = multiprocessing.active_children()  # the caller's own
    with ProcessPoolExecutor(workers, initializer=_worker) as pool:
        under_way: set[Future[Result]] = set()
        try:
            for run in runs:
                under_way.add(pool.submit(make, run))
                if len(under_way) >= 2 * workers:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    yield from (future.result() for future in done)
            yield from (future.result() for future in under_way)
        except BrokenProcessPool:
            raise MinigradError(
                "a worker process died (killed, or out of memory): start the sweep again, it "
                "makes only what is missing"
            ) from None
        except BaseException:  # Ctrl-C: a second one, while it waited for them, would hang the pool
            for process in set(multiprocessing.active_children()).difference(others):
                process.terminate()
            raise
        finally:
            for future in under_way:
                future.cancel()


def _worker() -> None:
    """A worker leaves Ctrl-C to its parent, and ends when that was killed.

    Interrupted itself while it takes work, it could leave the pool waiting for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the pool's way to end it
    follow_parent()
