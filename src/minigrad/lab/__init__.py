"""What every experiment shares: options, a run's folder, manifest, records, figures, report.

A lab is a folder labs/NN_name whose run.py defines

- `Options`: lab.Options, or a dataclass derived from it with the lab's own options,
- `FULL` and `QUICK`, the settings of the two modes; an option that was given replaces its entry,
- `data(s)`, what it trains on: {"source": …, "sha256": …},
- `PIECES`, the functions that a learner's own may replace,
- `MINE`, which exercise replaces which piece, and how it is fitted (see mine.py),
- `experiment(s, run, pieces)`, which runs with the settings `s` and puts records into `run`,
- `findings(records)` and `figures(records)`, which read the records and nothing else.
"""

from minigrad.lab.launch import main, run_labs
from minigrad.lab.options import Options
from minigrad.lab.report import Finding
from minigrad.lab.run import Run

__all__ = ["Finding", "Options", "Run", "main", "run_labs"]
