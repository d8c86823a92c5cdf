"""What the benchmarks' README states is what its records say."""

import json
import re
import runpy
from pathlib import Path

from minigrad.lab.workloads import WORKLOADS

ROOT = Path(__file__).parents[1]
RECORD = runpy.run_path(str(ROOT / "benchmarks" / "record.py"))
ROWS = {
    (row["workload"], row["against"]): row
    for row in json.loads(RECORD["RECORD"].read_text(encoding="utf-8"))["rows"]
}


def test_the_tables_are_the_records():
    assert RECORD["README"].read_text(encoding="utf-8") == RECORD["readme"]()


def test_every_workload_has_a_row():
    assert {name for name, other in ROWS if other == "torch"} == set(RECORD["TITLES"])
    assert set(RECORD["TITLES"]) == set(RECORD["TABLE"]) <= set(WORKLOADS)


def test_no_time_or_ratio_stands_beside_the_records():
    """In the prose it would go stale unseen. (2.13 is PyTorch's version.)"""
    text = RECORD["README"].read_text(encoding="utf-8").replace("2.13", "")
    prose = re.sub(r"<!-- from.*?to here -->|```.*?```", "", text, flags=re.S)
    assert not re.findall(r"\d+\.\d+|\d+ (?:ms|µs|%|GB)", prose)


def test_the_readme_rounds_them():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    said = re.search(
        r"lab 03's step takes ([\d.]+) of .*? a CPU, ([\d.]+) on NumPy alone, "
        r"a character GPT's ([\d.]+)",
        text,
    )
    lab03, gpt = ROWS["lab03", "torch"], ROWS["chargpt", "torch"]
    found = [RECORD["middle"](lab03, key) for key in ("ratio", "alone")]
    assert [float(x) for x in said.groups()[:2]] == [round(x, 1) for x in found]
    assert float(said[3]) == round(RECORD["middle"](gpt, "ratio"), 2)
