import json
import math
from dataclasses import replace

import pytest
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.contour import QuadContourSet

from minigrad.errors import ArgumentError
from minigrad.lab import plot
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.configuration import Configuration
from minigrad.signal.predict import predict
from minigrad.signal.transformer.configuration import TransformerConfiguration
from minigrad.sweep.map import MARKS, draw_map
from minigrad.sweep.recorded import Row


def run(depth, lr, final, norm="none"):
    return Row(
        Configuration(depth=depth, init="xavier_normal", lr=lr, norm=norm), 0, "grid", 0.7, final
    )


def test_agreement_counts_each_run(tmp_path):
    rows = [run(2, 1e-2, 0.1), run(60, 1e-2, 0.1), run(60, 1e-2, 0.1), run(2, 1e-2, 0.69)]
    lines = draw_map(rows, "depth", "lr", ["norm"], tmp_path / "map.png")
    # shallow ReLU trains under Xavier in theory, 60 layers do not: one run of four agrees
    assert lines[0] == "Theory agrees with 25.0% of 4 runs"
    assert (tmp_path / "map.png").is_file()


def test_marks_stand_where_runs_were_and_the_boundary_is_theorys(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(plot, "save_figure", lambda figure, path: kept.append(figure))
    fates = {0.1: "trained", 0.69: "stalled", math.nan: "diverged"}
    grid = {(d, lr): end for d in (2, 60) for lr, end in zip((1e-3, 1e-2, 1.0), fates, strict=True)}
    draw_map([run(d, lr, end) for (d, lr), end in grid.items()], "depth", "lr", [], tmp_path / "m")
    ax = kept[0].axes[0]
    marks = [c for c in ax.collections if isinstance(c, PathCollection)]
    for fate, shown in zip(MARKS, marks, strict=True):
        spots = {(d, lr) for (d, lr), end in grid.items() if fates.get(end, "diverged") == fate}
        assert set(map(tuple, shown.get_offsets().tolist())) == spots
    (shade,) = [c for c in ax.collections if isinstance(c, QuadContourSet)]
    colors = dict(zip(VERDICTS, map(tuple, shade.get_facecolor()[:, :3]), strict=True))
    assert colors == {fate: to_rgb(plot.FATES[fate]) for fate in VERDICTS}
    inside = dict(zip(VERDICTS, shade.get_paths(), strict=True))
    for depth, lr in ((3, 0.03), (50, 0.03)):
        fate = predict(depth=depth, init="xavier_normal", lr=lr).verdict
        holds = [name for name, area in inside.items() if area.contains_point((depth, lr))]
        assert holds == [fate]


def test_axes_are_checked(tmp_path):
    with pytest.raises(ArgumentError, match="must be one of depth, width"):
        draw_map([run(2, 0.1, 0.1)], "deepness", "lr", [], tmp_path / "map.png")
    with pytest.raises(ArgumentError, match="holds no run"):
        draw_map([], "depth", "lr", [], tmp_path / "map.png")


def test_the_command_line_predicts_and_verifies(minigrad, tmp_path):
    command = ["predict", "--depth", "3", "--width", "32"]
    figure = tmp_path / "p.png"
    options = ["--lr", "0.03", "--json", "--verify", "--plot", str(figure)]
    done = minigrad(*command, *options)
    found = json.loads(done.stdout)
    assert found["verdict"] == found["verified"][0]["verdict"] == "trained"
    assert len(found["forward"]) == 3 and len(found["verified"][0]["losses"]) == 300
    assert figure.stat().st_size > 5000
    bad = minigrad(*command, "--norm", "bn")
    assert bad.exit_code == 2 and bad.stderr == (
        "error: norm must be one of none, layernorm, rmsnorm, got 'bn'.\n"
    )


def test_the_command_line_knows_two_families(minigrad, tmp_path):
    command = ["predict", "--family", "transformer"]
    figure = tmp_path / "p.png"
    options = ["--layers", "4", "--lr", "0.002", "--json", "--plot", str(figure)]
    done = minigrad(*command, *options)
    found = json.loads(done.stdout)
    assert found["verdict"] == "trained" and found["configuration"]["layers"] == 4
    assert figure.stat().st_size > 5000
    for wrong, said in (
        (["--layers", "4", "--depth", "3"], "error: --depth is no option of this family\n"),
        ([], "error: say how deep the network is: --layers 12;"),
    ):
        bad = minigrad(*command, *wrong)
        assert bad.exit_code == 2 and bad.stderr.startswith(said)


def test_a_map_of_transformers(tmp_path):
    config = TransformerConfiguration(layers=2, dim=32)
    rows = [
        Row(replace(config, layers=n, lr=lr), 0, "wild-1", 4.2, 2.6)
        for n in (2, 8)
        for lr in (1e-3, 1e-2)
    ]
    lines = draw_map(rows, "layers", "lr", ["placement"], tmp_path / "map.png")
    assert lines[0] == "Theory agrees with 100.0% of 4 runs"
    with pytest.raises(ArgumentError, match="must be one of layers, dim"):
        draw_map(rows, "depth", "lr", [], tmp_path / "map.png")


@pytest.mark.parametrize("x", ["init_scale", "gain"])
def test_a_knob_that_not_every_init_has_can_be_an_axis(tmp_path, x):
    inits = ({"init": "uniform", "init_scale": 0.1}, {"init": "uniform"}, {"init": "orthogonal"})
    rows = [
        Row(Configuration(depth=3, lr=lr, **init), 0, "grid", 0.7, 0.1)
        for init in inits
        for lr in (1e-3, 1e-1)
    ]
    draw_map(rows, x, "lr", [], tmp_path / "map.png")
    assert (tmp_path / "map.png").is_file()


def test_the_title_says_how_far_it_goes_beyond_what_was_fitted(tmp_path):
    right, wrong = run(2, 1e-2, 0.1), run(60, 1e-2, 0.1)
    rows = [right, right, wrong, *(replace(row, group="wild-4") for row in (right, wrong))]
    lines = draw_map(rows, "depth", "lr", [], tmp_path / "map.png")
    assert lines[0] == (
        "Theory agrees with 60.0% of 5 runs, with 50.0% of the 2 that its fit has not seen"
    )
