"""A sweep on a Dask cluster (extra `cluster`): the scheduler is Dask's, the store is ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minigrad.errors import ArgumentError, MinigradError
from minigrad.sweep.execute import make
from minigrad.sweep.plan import Run
from minigrad.sweep.store import Result

RETRIES = 3  # of a run whose worker raised; one whose worker died, Dask starts again elsewhere


def on_dask(address: str) -> Callable[[Iterator[Run], int], Iterator[Result]]:
    """An `execute` for sweep(): runs on the workers of the scheduler at ``address``.

    This process alone writes results. Raises ArgumentError where nobody answers.
    """
    try:
        from dask.distributed import CancelledError, Client, as_completed
    except ImportError:
        raise ArgumentError(
            "--dask needs dask.distributed: pip install 'minigrad[cluster]'"
        ) from None

    def execute(runs: Iterator[Run], workers: int) -> Iterator[Result]:
        try:
            client = Client(address, timeout="5s", set_as_default=False)
        except (OSError, ValueError, TypeError) as error:  # TypeError: tls:// without certificates
            raise ArgumentError(f"no Dask scheduler answers at {address}: {error}") from None
        with client:
            under_way = as_completed(loop=client.loop)
            room = 2 * max(len(client.scheduler_info()["workers"]), 1) + workers

            def submit() -> bool:
                run = next(runs, None)
                if run is not None:
                    under_way.add(client.submit(make, run, key=run.key, retries=RETRIES))
                return run is not None

            for _ in range(room):
                if not submit():
                    break
            for future in under_way:
                try:
                    result = future.result()
                except CancelledError:
                    raise MinigradError(
                        f"the scheduler at {address} has gone: start the sweep again, it makes "
                        "only what is missing"
                    ) from None
                yield result
                submit()

    return execute
