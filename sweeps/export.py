"""Write a sweep's store as CSV, small enough to commit: python sweeps/export.py STORE CSV."""

import sys

from minigrad.sweep.recorded import export, rows

if __name__ == "__main__":
    store, target = sys.argv[1:]
    export(rows(store), target)
