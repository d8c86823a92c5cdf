"""A sweep on a Dask scheduler with two workers, one of which is lost in the middle."""

import pytest

from minigrad.errors import ArgumentError, MinigradError
from minigrad.sweep.cluster import on_dask
from minigrad.sweep.execute import sweep
from minigrad.sweep.plan import expand
from minigrad.sweep.store import Store

RUNS = expand({"steps": 5, "seeds": 10, "grid": {"depth": [2, 3], "lr": [0.01, 0.1], "width": 8}})


@pytest.fixture
def cluster():
    """A real scheduler and two workers, all in this process: starting others takes seconds."""
    import distributed  # here: it takes each process that collects this file half a second

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    ) as made:
        yield made


def test_a_worker_may_be_lost(cluster, tmp_path):
    store, workers = Store(tmp_path / "s.sqlite"), []

    def lose_one(done, total, result):
        if done == 5:
            cluster.sync(cluster.workers[0].close, reason="lost")
        workers.append(len(cluster.scheduler_info["workers"]))

    made = sweep(RUNS, store, 1, lose_one, on_dask(cluster.scheduler_address))
    assert made == len(store) == len(RUNS) == 40
    assert workers[0] == 2 and workers[-1] == 1
    assert sweep(RUNS, store, 1, execute=on_dask(cluster.scheduler_address)) == 0
    store.close()


def test_nobody_answers():
    with pytest.raises(ArgumentError, match="no Dask scheduler answers at inproc://nowhere"):
        next(on_dask("inproc://nowhere")(iter(RUNS), 1))


def test_the_command_takes_a_scheduler(cluster, tmp_path, monkeypatch, capsys):
    from minigrad.cli import app

    plan = tmp_path / "plan.toml"
    plan.write_text("steps = 2\n[grid]\ndepth = [2, 3]\nwidth = 8\nlr = 0.1\n")
    app(["sweep", str(plan), "--dask", cluster.scheduler_address], standalone_mode=False)
    assert "2 made; 2 in" in capsys.readouterr().out


def test_a_scheduler_that_goes_is_one_line(cluster, tmp_path, monkeypatch):
    import distributed

    store = Store(tmp_path / "s.sqlite")

    def lost(self, timeout=None):  # closing a real one takes half a minute
        raise distributed.client.FutureCancelledError(key=self.key, reason="scheduler-gone")

    def lose(done, total, result):
        monkeypatch.setattr(distributed.Future, "result", lost)

    with pytest.raises(MinigradError, match="start the sweep again"):
        sweep(RUNS, store, 1, lose, on_dask(cluster.scheduler_address))
    assert len(store) == 1
    store.close()
