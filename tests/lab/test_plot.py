import math

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from minigrad.lab import plot
from minigrad.lab.cells import FATES


def test_styles_differ_in_colour_line_and_marker():
    for field in ("color", "linestyle", "marker"):
        values = [getattr(style, field) for style in plot.STYLES]
        assert len(set(values)) == len(values)


def test_seeds_of_different_length_and_null_become_nan():
    values = plot.over_seeds([[1.0, 2.0, 3.0], [1.0, None]])
    assert np.array_equal(values, [[1, 2, 3], [1, np.nan, np.nan]], equal_nan=True)


def test_smoothing_is_a_trailing_mean():
    values = plot.smooth(np.array([[1.0, 2, 3, 4, 5]]), 3)
    assert np.allclose(values, [[1, 1.5, 2, 3, 4]])
    broken = plot.smooth(np.array([[1.0, math.nan, 3, 4]]), 2)
    assert broken[0, 0] == 1 and np.isnan(broken[0, 1:]).all()


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ([[1.0, 2, 3], [3.0, 4, 5]], [2.0, 3, 4]),
        ([[1.0, 2, 3], [3.0, 4, np.nan]], [2.0, 3]),
        ([[1.0, 2, 3], [np.nan] * 3], None),
    ],
)
def test_the_band_ends_where_a_seed_is_lost(values, drawn):
    _, axes = plot.new_figure("t")
    plot.band(axes[0, 0], range(3), np.array(values), plot.STYLES[0])
    lines = axes[0, 0].get_lines()
    assert (list(lines[0].get_ydata()) if lines else None) == drawn


def test_what_has_an_order_goes_from_dark_to_light():
    styles = plot.ordered(5)
    light = [sum(to_rgb(style.color)) for style in styles]
    assert light == sorted(light) and len({style.marker for style in styles}) == 5


def test_one_colour_stands_for_one_thing():
    for table in (plot.PLACEMENTS, plot.NORMS, plot.INITS):
        assert len({style.color for style in table.values()}) == len(table)
    assert tuple(plot.FATES) == FATES and len(set(plot.FATES.values())) == len(FATES)


def test_labels_keep_their_order_and_distance():
    _, axes = plot.new_figure("t")
    ax = axes[0, 0]
    ax.set_ylim(0, 1)
    plot.label_ends(ax, [(0.50, "a", "k"), (0.51, "b", "k"), (0.49, "c", "k")], gap=0.1)
    heights = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert heights["c"] < heights["a"] < heights["b"]
    assert heights["a"] - heights["c"] > 0.099 and heights["b"] - heights["a"] > 0.099


def test_labels_know_limits_that_grew_a_moment_ago():
    _, axes = plot.new_figure("t")
    ax = axes[0, 0]
    ax.plot([0, 1], [3.0, 4.0])
    ax.axhline(0)
    plot.label_ends(ax, [(0.0, "low", "k"), (4.0, "high", "k")])
    assert all(0 < text.get_position()[1] < 1 for text in ax.texts)


def test_the_label_of_what_lies_beyond_the_axes_is_at_their_edge():
    _, axes = plot.new_figure("t")
    axes[0, 0].set_ylim(2, 4)
    plot.label_ends(axes[0, 0], [(900.0, "beyond", "k"), (3.0, "within", "k")])
    assert [text.get_position()[1] for text in axes[0, 0].texts] == [0.5, 1]


def test_the_same_figure_is_the_same_file(tmp_path):
    for name in ("a", "b"):
        figure, axes = plot.new_figure("t")
        axes[0, 0].plot([1, 2, 3])
        plot.save_figure(figure, tmp_path / f"{name}.png", svg=True)
    for suffix in ("png", "svg"):
        first, second = (tmp_path / f"{name}.{suffix}" for name in ("a", "b"))
        assert first.read_bytes() == second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "a.svg", "b.png", "b.svg"]
