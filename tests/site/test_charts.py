"""A lab's records as the charts of its page."""

import json
import re

from minigrad.lab import plot
from minigrad.site.charts import STYLES, charts, looks
from minigrad.site.pages import STATIC

SMALL = {"depth": 3, "width": 16}


def test_charts_hold_every_variant_and_seed_of_a_record(site):
    found = json.loads(site.files["charts/01.json"]())
    names = {(s["name"], s["seed"]) for c in found for s in c["series"]}
    assert {n for n, _ in names} == {"uniform ±0.5", "Xavier", "Kaiming"}
    assert {seed for _, seed in names} == {0, 1, 2}
    for chart in found:
        places = chart["places"]
        assert all(len(places[s["x"]]) == len(s["data"]) <= 80 for s in chart["series"])
        assert len(places) < len(chart["series"])  # one copy, however many are drawn there
        assert all(s["broke"] is not None for s in chart["series"] if s["name"].startswith("uni"))
    assert charts({"timings.json": {"runs": []}, "note.json": 3}) == []


def test_every_chart_of_a_lab_and_every_curve_of_a_chart_has_a_name_of_its_own(site):
    for path, make in site.files.items():
        if path.startswith("charts/"):
            found = json.loads(make())
            titles = [(chart["y"], chart["title"]) for chart in found]
            assert len(set(titles)) == len(titles), path
            for chart in found:
                names = [(s["name"], s["seed"]) for s in chart["series"]]
                assert len(set(names)) == len(names), (path, chart["title"])


def test_a_chart_looks_as_the_labs_figures_do(site):
    script = (STATIC / "plot.js").read_text(encoding="utf-8")
    colours = re.findall(r'\["(#\w+)", \[', script[script.index("STYLES =") :])
    assert colours == [style.color for style in plot.STYLES] and len(colours) == STYLES
    for name, style in plot.INITS.items():
        assert plot.STYLES[looks([name])[name]] == style
    three = looks(["other", "pre LayerNorm", "pre RMSNorm", "no norm"])
    assert three == {"pre LayerNorm": 2, "pre RMSNorm": 4, "no norm": 0, "other": 1}
    for chart in json.loads(site.files["charts/00.json"]()):
        assert set(chart["looks"]) == set(plot.INITS)
