"""The figures of the labs show the committed records: what is drawn, not how large the file is."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from minigrad.lab import catalog, plot
from minigrad.lab.cells import Cells
from minigrad.lab.records import read_records
from minigrad.lab.timing import ratio

LABS = catalog.labs(Path(__file__).parents[2])


def drawn(number):
    """The lab's module, records and figures."""
    lab = catalog.find(number, LABS)
    records = read_records(lab.path / "reference")
    module = catalog.load(lab)
    return module, records, module.figures(records)


def line(ax, style):
    """The one line of a style: its y-values. (Hollow marks are theory's.)"""
    (found,) = [
        x
        for x in ax.lines
        if x.get_color() == style.color == x.get_markerfacecolor()
        and x.get_marker() == style.marker
    ]
    return np.array(found.get_ydata())


def mean_of(runs, window, key="losses"):
    """The median over seeds of the mean of the last `window` values, as long as all are finite."""
    values = plot.smooth(plot.over_seeds([run[key] for run in runs]), window)
    return np.median(values[:, np.isfinite(values).all(axis=0)], axis=0)


def test_00_measured_variances_lie_on_theirs_and_gradients_in_their_panel():
    _, records, figures = drawn("00")
    (ax,) = figures["variance.png"].axes
    linear = records["results.json"]["linear"]
    for name, one in linear.items():
        np.testing.assert_allclose(
            line(ax, plot.INITS[name]), np.median(one["measured"], axis=0), rtol=1e-6
        )
    theories = [x.get_ydata() for x in ax.lines if x.get_color() == "black"]
    np.testing.assert_allclose(theories[:3], [one["predicted"] for one in linear.values()])
    panels = {ax.get_title(): ax for ax in figures["gradient_vanishing.png"].axes[:3]}
    for case in records["results.json"]["activations"]:
        if case["norm"] == "none":
            seen = line(panels[case["activation"]], plot.INITS[case["init"]])
            np.testing.assert_allclose(
                seen, np.median([run["forward_rms"] for run in case["runs"]], axis=0), rtol=1e-6
            )
    spreads = records["histograms.json"]["variants"]
    for ax, (name, runs) in zip(figures["histograms.png"].axes, spreads.items(), strict=False):
        assert ax.get_title() == name
        for shown, layer in zip(ax.lines, runs[0]["activations"], strict=True):
            shares = np.median([run["activations"][layer] for run in runs], axis=0)
            np.testing.assert_allclose(shown.get_ydata(), shares)


def test_01_each_panel_shows_its_own_rate():
    _, records, figures = drawn("01")
    axes = figures["lr_ablation.png"].axes
    for ax, name in zip(axes, ("losses.json", "losses_other_lr.json"), strict=True):
        assert ax.get_title() == f"lr {records[name]['lr']:g}"
        for init, runs in records[name]["variants"].items():
            np.testing.assert_allclose(line(ax, plot.INITS[init]), mean_of(runs, 16), rtol=1e-6)
    assert figures["loss_curves.png"].get_suptitle() == (
        "lr 0.001: uniform ±0.5 diverged, Xavier stalled, Kaiming trained"
    )


def test_02_ratios_and_stds_are_those_of_their_norm():
    module, records, figures = drawn("02")
    times = records["timings.json"]["milliseconds"]
    (ax,) = figures["timing_bar.png"].axes
    shown = [mark.lines[0].get_xdata()[0] for mark in ax.containers]
    ratios = [ratio(times[p]["RMSNorm"], times[p]["LayerNorm"]).middle for p in module.PARTS]
    assert shown == ratios
    assert [label.get_text().split()[0].strip(",") for label in ax.get_yticklabels()] == list(
        module.PARTS
    )
    for ax in figures["activation_std.png"].axes:
        runs = records["activation_std.json"]["variants"][ax.get_title()]
        for shown, moment in zip(ax.lines, runs[0], strict=False):
            assert shown.get_label() == f"step {moment}"
            np.testing.assert_allclose(
                shown.get_ydata(), np.median([run[moment] for run in runs], axis=0), rtol=1e-6
            )


def test_03_the_residual_stands_left():
    module, records, figures = drawn("03")
    norms = module.panels(records["grad_norms.json"]["variants"])
    for ax, (title, variants) in zip(figures["grad_norm.png"].axes, norms.items(), strict=True):
        assert ax.get_title() == title
        medians = [mean_of(runs, 1, "grad_norms") for runs in variants.values()]
        for shown, median in zip(ax.lines, medians, strict=True):
            np.testing.assert_allclose(shown.get_ydata(), median, rtol=1e-6)
    assert [ax.get_title() for ax in figures["loss_curves.png"].axes] == list(norms)
    cells = Cells(records["four_cells.json"]["runs"])
    for ax, kind in zip(figures["norm_and_skip.png"].axes, module.KINDS, strict=True):
        assert ax.get_xlabel() == kind
        words = {text.get_position(): text.get_text() for text in ax.texts}
        for row, norm in enumerate(module.FOUR):
            for column, skip in enumerate(module.SKIPS):
                mine = cells.of(kind=kind, norm=norm, skip=skip)
                assert words[column, row].split("\n")[0] == mine.counts


def test_04_a_placement_keeps_its_colour_and_its_runs():
    module, records, figures = drawn("04")
    cells = Cells.of_text(records["losses.json"])
    axes = figures["norm_comparison.png"].axes
    for ax, lr in zip(axes[:3], sorted(cells.by("lr")), strict=True):
        assert f"{lr:g}" in ax.get_title()
        for name, mine in cells.of(lr=lr).by("variant").items():
            seen = line(ax, module.STYLES[name])
            np.testing.assert_allclose(seen, mean_of(mine.runs, 10), rtol=1e-6)
    assert module.STYLES["post LayerNorm"] == plot.PLACEMENTS["post"]
    inside = Cells(records["inside.json"]["runs"]).by("variant")
    for ax, name in zip(figures["sizes.png"].axes[:3], module.INSIDE, strict=True):
        assert ax.get_title() == name
        for shown, block in zip(ax.lines, module.BLOCKS, strict=True):
            shares = [run["sizes"]["activations"][f"block {block}"] for run in inside[name].runs]
            np.testing.assert_allclose(shown.get_ydata(), np.median(shares, axis=0))
    for ax in figures["inside.png"].axes[:3]:
        runs = inside[ax.get_title()].runs
        for shown, block in zip(ax.lines, module.BLOCKS, strict=False):
            stds = plot.over_seeds([run["activation_std"][str(block)] for run in runs])
            alive = np.isfinite(stds).all(axis=0)
            np.testing.assert_allclose(
                shown.get_ydata(), np.median(stds[:, alive], axis=0), rtol=1e-6
            )


def test_05_pre_and_post_are_not_exchanged():
    module, records, figures = drawn("05")
    cells = Cells.of_text(records["losses.json"])
    train, _ = figures["prenorm_vs_postnorm.png"].axes
    for name, mine in cells.of(**module.SHOWN).by("variant").items():
        np.testing.assert_allclose(
            line(train, module.STYLES[name]), mean_of(mine.runs, 10), rtol=1e-6
        )
    for ax in figures["trainability.png"].axes[:3]:
        at = cells.of(variant=ax.get_title()).by("layers", "lr")
        (image,) = ax.images
        values = [[np.median(at[n, lr].ends) for lr in (2e-3, 5e-3, 1e-2)] for n in (4, 8, 12)]
        np.testing.assert_allclose(image.get_array(), values)
    for ax in figures["gradient_at_init.png"].axes:
        for placement in ("pre", "post"):
            falls = list(module.relative(records, ax.get_title(), placement).values())
            seen = line(ax, plot.PLACEMENTS[placement])
            np.testing.assert_allclose(seen, falls, rtol=0.05)


def test_06_each_row_is_coloured_by_what_became_of_it():
    module, records, figures = drawn("06")
    (ax,) = figures["half_precision_map.png"].axes
    rows = records["sweep.json"]["rows"]
    kinds = np.reshape(ax.collections[0].get_array(), (len(rows), -1))
    np.testing.assert_array_equal(kinds, [row["kind"] for row in rows])
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert labels == [f"{row['variant']}, ε {module.EPS[row['eps']]}" for row in rows]
    assert {text.get_text() for text in ax.texts} <= set(module.KINDS)


def test_07_training_and_unseen_losses():
    module, records, figures = drawn("07")
    names, text = figures["losses.png"].axes
    scalar, array = records["scalar.json"]["runs"], records["chargpt.json"]["runs"]
    np.testing.assert_allclose(line(names, module.TRAINING), mean_of(scalar, 50), rtol=1e-6)
    np.testing.assert_allclose(line(text, module.TRAINING), mean_of(array, 20), rtol=1e-6)
    ends = [[loss for _, loss in run["validation"]] for run in array]
    np.testing.assert_allclose(line(text, module.HELD_OUT), np.median(ends, axis=0), rtol=1e-6)


def test_08_a_cell_has_its_fates_colour_and_words():
    _, records, figures = drawn("08")
    (ax,) = figures["treatments.png"].axes
    cells = Cells.of_text(records["treatments.json"]).by("patient", "treatment")
    columns, rows = ([t.get_text().replace("\n", " ") for t in labels]
                     for labels in (ax.get_xticklabels(), ax.get_yticklabels()))  # fmt: skip
    image = ax.images[0].get_array()
    words = {text.get_position(): text.get_text() for text in ax.texts}
    for row, name in enumerate(rows):
        for column, treatment in enumerate(columns):
            mine = cells.get((name, treatment))
            color = plot.FATES[mine.word] if mine else "white"
            assert tuple(image[row, column]) == pytest.approx(to_rgb(color))
            assert words[column, row].split("\n")[0] == (mine.word if mine else "has it")
    for ax, name in zip(figures["last_steps.png"].axes, rows, strict=True):
        first = cells[name, "as found"].runs[0]
        losses = [loss for loss in first["losses"] if loss is not None]
        np.testing.assert_allclose(line(ax, plot.STYLES[1]), losses, rtol=1e-6)


def test_09_a_share_stands_at_its_place_under_its_placement():
    module, records, figures = drawn("09")
    cells = Cells.of_text(records["losses.json"])
    places = list(cells.by("layers", "lr"))
    for ax in figures["dial.png"].axes[:3]:
        (image,) = ax.images
        ends = [
            [
                cells.of(variant=ax.get_title(), share=share, layers=layers, lr=lr).ends
                for share in module.SHARES
            ]
            for layers, lr in places
        ]
        values = [[np.median(end) if end else np.nan for end in row] for row in ends]
        np.testing.assert_allclose(image.get_array().filled(np.nan), values)
        labels = [text.get_text().replace("\n", ", ") for text in ax.get_xticklabels()]
        assert labels == list(module.SHARES)
    for ax, (layers, lr) in zip(figures["apart.png"].axes, places, strict=True):
        assert ax.get_title() == f"{layers} layers, lr {lr:g}"
        for rule, style in module.STYLES.items():
            of = cells.of(variant=rule, layers=layers, lr=lr).by("share")
            left = [
                np.median([r["apart"][1] / r["apart"][0] for r in of[share].runs])
                for share in module.SHARES
            ]
            np.testing.assert_allclose(line(ax, style), left, rtol=1e-6)
    (table,) = figures["methods.png"].axes
    rows = [text.get_text() for text in table.get_yticklabels()]
    words = {text.get_position(): text.get_text() for text in table.texts}
    for row, name in enumerate(rows):
        for column, (layers, lr) in enumerate(places):
            mine = cells.of(variant=name, share="1", layers=layers, lr=lr)
            assert words[column, row] == mine.end


def test_10_each_optimizer_width_and_run_has_its_own_line():
    module, records, figures = drawn("10")
    for ax, key in zip(figures["first_update.png"].axes, ("update", "moved"), strict=True):
        for name, style in module.STYLES.items():
            at = module.by_width(records["updates.json"]["runs"], name, key)
            np.testing.assert_allclose(line(ax, style), [np.median(v) for v in at.values()])
    above = figures["sharpness.png"].axes[: len(module.EDGES)]
    for ax, name in zip(above, module.EDGES, strict=True):
        assert ax.get_title() == name
        runs = [r["sharpness"] for r in records["edges.json"]["runs"] if r["name"] == name]
        values = np.median(plot.over_seeds(runs), axis=0)
        np.testing.assert_allclose(ax.lines[0].get_ydata(), values[np.isfinite(values)])
        assert list(ax.lines[1].get_ydata()) == [1, 1]
    runs = records["sweep.json"]["runs"]
    for ax, kind in zip(figures["width_transfer.png"].axes, module.PARAMETRIZATIONS, strict=True):
        assert ax.get_title() == kind
        stars = [shown for shown in ax.lines if shown.get_marker() == "*"]
        best = module.best_rates(runs, kind)
        assert [(s.get_xdata()[0], s.get_ydata()[0]) for s in stars] == list(best.values())
        for width, (lr, loss) in best.items():
            mine = [r for r in runs if (r["kind"], r["width"], r["lr"]) == (kind, width, lr)]
            assert np.median([r["mean_loss"] for r in mine]) == loss


def test_11_each_panel_has_its_networks_runs_and_theory():
    module, records, figures = drawn("11")
    cells, theory = (Cells(records["losses.json"][key]) for key in ("runs", "theory"))
    panels = [ax for ax in figures["curves.png"].axes if ax.get_title()]
    assert len(panels) == 3 * len(module.NETWORKS)
    for ax in panels:
        name, lr = ax.get_title().split("\n")[0].rsplit(", lr ", 1)
        (alone,) = theory.of(network=name, lr=float(lr)).runs
        dotted = next(shown for shown in ax.lines if shown.get_label() == "theory alone")
        np.testing.assert_allclose(dotted.get_ydata(), alone["losses"])
        black = [shown.get_ydata() for shown in ax.lines if shown.get_marker() == "."]
        runs = [run["losses"] for run in cells.of(network=name, lr=float(lr)).runs]
        np.testing.assert_allclose(black, [module.window_means(run) for run in runs])
    _, plateau, tail = figures["parts.png"].axes
    for name, style in zip(module.NETWORKS, plot.STYLES, strict=False):
        steps = module.halves(cells.of(network=name))
        if steps:
            medians = [np.median(x) for x in steps.values()]
            np.testing.assert_allclose(line(plateau, style), medians)
        slopes = [s for r in cells.of(network=name).runs if (s := r["slope"]) is not None]
        drawn_slopes = [x.get_ydata()[0] for x in tail.lines if x.get_color() == style.color]
        assert drawn_slopes == slopes
