"""What every experiment shares: settings, a run's folder, manifest, records, figures, report.

A lab is a folder labs/NN_name whose run.py defines

- `Settings`, a frozen dataclass of what the experiment can be set to, with the full run's values;
  a field annotated with a typer.Option is an option of `minigrad run NN`, as are seeds, steps, lr,
- `QUICK`, the settings that --quick replaces,
- where there are any, `PIECES`, the functions that a learner's own may replace (labs.toml says by
  which exercise), and `MINE`, how the learner's is fitted where its form differs,
- `data(s)`, what it trains on, {"source": …, "sha256": …}, unless that is the text that its
  settings name or the toy task of each seed,
- `experiment(s, run, pieces)`, which runs with the settings `s` and puts records into `run`,
- `findings(records)`, `figures(records)` and, where there are any, `texts(records)`: what is said,
  drawn and written of the records, by file name. They read the records and nothing else.
"""

from typing import Any

from minigrad.lab.report import Finding

__all__ = ["Finding", "Run", "main", "run", "run_labs"]


def __getattr__(name: str) -> Any:
    """The launcher when it is asked for: it needs the terminal's libraries, and a lab that runs in
    a web page, where they are not, does without it."""
    if name in ("main", "run_labs"):
        from minigrad.lab import launch

        return getattr(launch, name)
    if name == "run":
        from minigrad.lab.notebook import run

        return run
    if name == "Run":
        from minigrad.lab.folder import Run

        return Run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
