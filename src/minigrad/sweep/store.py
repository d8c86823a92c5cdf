"""A sweep's results in one SQLite file: appended run by run, never rewritten."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigrad.errors import ArgumentError
from minigrad.sweep.families import configured, name_of
from minigrad.sweep.plan import Run, code_version

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    key TEXT PRIMARY KEY,       -- hash of configuration, seed, steps and code
    config TEXT NOT NULL,       -- JSON
    seed INTEGER NOT NULL,
    steps INTEGER NOT NULL,
    run_group TEXT NOT NULL,
    code TEXT NOT NULL,
    losses TEXT NOT NULL,       -- strict JSON, null where not finite
    seconds REAL NOT NULL,
    finished TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX IF NOT EXISTS same_run ON runs (config, seed, steps)
"""
WAIT = 60.0  # seconds for another process to let go of the file


@dataclass(frozen=True)
class Result:
    """A run that was made."""

    run: Run
    losses: list[float | None]
    seconds: float


class Store:
    """Results by key. Each `add` is one transaction: a kill between two loses nothing, and two
    sweeps may write at once."""

    def __init__(self, path: Path | str, create: bool = True) -> None:
        self.path = Path(path)
        if not create and not self.path.is_file():
            raise ArgumentError(f"no sweep at {path}: make one with `minigrad sweep PLAN`")
        with self._readable(), contextlib.ExitStack() as failed:
            self._db = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
            failed.callback(self._db.close)
            self._switch_to_wal()
            self._db.executescript(SCHEMA)
            failed.pop_all()

    def _switch_to_wal(self) -> None:
        """Here alone SQLite itself does not wait for another process, as one that makes the same
        store at the same time: https://sqlite.org/rescode.html#busy."""
        until = time.monotonic() + WAIT
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > until:
                    raise
                time.sleep(0.01)

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        """One line for a file that is no store, is damaged, or was deleted under way."""
        try:
            yield
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            raise ArgumentError(f"cannot use {self.path} as a sweep's store: {error}") from None

    def __contains__(self, key: str) -> bool:
        with self._readable():
            found = self._db.execute("SELECT 1 FROM runs WHERE key = ?", (key,)).fetchone()
        return found is not None

    def __len__(self) -> int:
        with self._readable():
            return int(self._db.execute("SELECT count(*) FROM runs").fetchone()[0])

    def keys(self) -> set[str]:
        """The keys of all runs already made."""
        with self._readable():
            return {key for (key,) in self._db.execute("SELECT key FROM runs")}

    def add(self, result: Result) -> None:
        """Keep a result; one that is there already stays."""
        run = result.run
        losses = [None if x is None else float(f"{x:.6g}") for x in result.losses]
        row: tuple[Any, ...] = (
            run.key,
            json.dumps(run.config.as_dict()),
            run.seed,
            run.steps,
            run.group,
            code_version(name_of(run.config)),
            json.dumps(losses, allow_nan=False),
            round(result.seconds, 3),
        )
        with self._readable():
            if not self.path.is_file():
                raise ValueError("it was deleted while the sweep wrote into it")
            self._db.execute(
                "INSERT OR IGNORE INTO runs (key, config, seed, steps, run_group, code, losses, "
                "seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def results(self) -> Iterator[Result]:
        """Every run once, in the order of their keys: as the code that made it last made it."""
        query = """
            SELECT config, seed, steps, run_group, losses, seconds FROM runs AS one
            WHERE NOT EXISTS (
                SELECT 1 FROM runs AS later WHERE later.config = one.config
                AND later.seed = one.seed AND later.steps = one.steps AND later.rowid > one.rowid)
            ORDER BY key"""
        with self._readable():
            found = [
                Result(Run(configured(json.loads(c)), seed, steps, group), json.loads(losses), s)
                for c, seed, steps, group, losses, s in self._db.execute(query)
            ]
        yield from found

    def close(self) -> None:
        """Close the file."""
        self._db.close()
