"""What is drawn of cells: the curves of each variant, where it broke, the map of fates."""

import numpy as np

from minigrad.lab import plot
from minigrad.lab.cells import Cells
from minigrad.lab.curves import loss_curves, text_curves, trainability


def test_the_curves_are_those_of_their_variant(cells):
    _, axes = plot.new_figure("t", 1, 2)
    styles = {"a": plot.PLACEMENTS["pre"], "b": plot.PLACEMENTS["post"]}
    text_curves(tuple(axes[0]), cells.of(lr=0.1).by("variant"), styles)
    for name, style in styles.items():
        (line,) = [x for x in axes[0, 1].lines if x.get_color() == style.color]
        ends = [r["validation"] for r in cells.of(variant=name, lr=0.1).runs]
        np.testing.assert_allclose(line.get_ydata(), np.median(ends, axis=0)[:, 1])
        assert list(line.get_xdata()) == [2, 4]


def test_a_divergence_is_marked_where_it_came(cells):
    _, axes = plot.new_figure("t", 1, 2)
    styles = dict(zip("ab", plot.STYLES, strict=False))
    text_curves(tuple(axes[0]), cells.of(lr=1.0).by("variant"), styles)
    for ax in axes[0]:
        (mark,) = [x for x in ax.lines if x.get_marker() == "x"]
        assert list(mark.get_xdata()) == [3]
        assert any(text.get_text() == "b: diverged" for text in ax.texts)


def test_the_map_holds_each_cells_median(cells):
    columns = {f"{lr:g}": {"lr": lr} for lr in sorted(cells.by("lr"))}
    figure = trainability("t", cells, ["a", "b"], {"all": {}}, columns, (7, 4), "learning rate")
    (left,) = figure.axes[0].images
    np.testing.assert_allclose(left.get_array(), [[2.55, 3.05]])
    said = [text.get_text() for text in figure.axes[0].texts]
    assert said == ["2.55", "3.05\nstalled 1/2"]


def test_a_loss_that_ends_is_marked_where_it_happens():
    runs = [{"losses": [1.0, 50.0, None], "diverged_at": 2}] * 3
    _, axes = plot.new_figure("t")
    loss_curves(axes[0], [{"bad": Cells(runs)}], {"bad": plot.STYLES[0]})
    marks = [line for line in axes[0, 0].get_lines() if line.get_marker() == "x"]
    assert [list(mark.get_xdata()) for mark in marks] == [[2]]
    assert any("not finite at step 2, 3/3" in text.get_text() for text in axes[0, 0].texts)
