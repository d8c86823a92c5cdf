"""`minigrad diagnose script.py`."""

import json

import pytest
from typer.testing import CliRunner

from minigrad.cli import app
from minigrad.diagnose.script import diagnose_script
from minigrad.errors import ArgumentError

SCRIPT = """
import minigrad
from minigrad import nn, optim
import minigrad.nn.functional as F

def setup():
    minigrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 3))
    x, y = minigrad.randn(32, 8), minigrad.randint(3, (32,))
    loss = lambda model, batch: F.cross_entropy(model(batch[0]), batch[1])
    return model, loss, optim.SGD(model.parameters(), lr=1e-7), [(x, y)]

if __name__ == "__main__":
    raise SystemExit("not to be run as a script")
"""


def test_a_script_is_diagnosed(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT, encoding="utf-8")
    shown = CliRunner().invoke(app, ["diagnose", str(path), "--out", str(tmp_path / "out")])
    assert shown.exit_code == 0, shown.output
    assert shown.output.startswith("stalled") and "lr 1e-07 is too slow" in shown.output
    assert (tmp_path / "out/report.md").is_file()
    as_json = CliRunner().invoke(app, ["diagnose", str(path), "--json"])
    assert json.loads(as_json.stdout)["verdict"] == "stalled"


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "must define"), ("def setup(): return 1, 2", "must return four, got 2 values")],
)
def test_a_script_without_the_four_is_told_what_is_wanted(tmp_path, text, message):
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ArgumentError, match=message):
        diagnose_script(path, 300)
    with pytest.raises(ArgumentError, match="no script at"):
        diagnose_script(tmp_path / "none.py", 300)
