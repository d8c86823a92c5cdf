"""Write a sweep's store as CSV, small enough to commit: python sweeps/export.py STORE CSV.

What the CSV holds already and the store does not stays in it.
"""

import sys
import tempfile
from pathlib import Path

from minigrad.sweep.recorded import export, rows

if __name__ == "__main__":
    store, target = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "new.csv"
        export(rows(store), new)
        found = rows(new)  # its numbers as they read from a CSV, to be compared
    made = {(row.config, row.seed) for row in found}
    kept = rows(target) if Path(target).exists() else []
    export([row for row in kept if (row.config, row.seed) not in made] + found, target)
