"""A diagnosis as text, folder, figure and in a notebook."""

import json

import pytest

import minigrad
from minigrad import nn
from minigrad.diagnose.report import draw, shown
from tests.diagnose.networks import stack


def test_it_is_written_down(tmp_path):
    d = minigrad.diagnose(*stack())
    text = d.save(tmp_path / "out").read_text(encoding="utf-8")
    assert d.reason in text and "layers.png" in text
    record = json.loads((tmp_path / "out/diagnosis.json").read_text(encoding="utf-8"))
    assert record["verdict"] == d.verdict and len(record["layers"]) == len(d.layers) == 13
    assert (tmp_path / "out/layers.png").read_bytes()[:4] == b"\x89PNG"
    assert "data:image/png" in d._repr_html_() and d.reason[:20] in str(d)


def test_the_figure_draws_what_was_measured():
    d = minigrad.diagnose(*stack())
    size, left, update = draw(d).axes
    q = [layer.q for layer in d.layers]
    assert size.lines[0].get_ydata() == pytest.approx(q)
    assert left.lines[0].get_ydata() == pytest.approx([layer.alike for layer in d.layers])
    assert left.lines[1].get_ydata() == pytest.approx([layer.gradient for layer in d.layers])
    weighted = [layer for layer in d.layers if layer.weighted]
    assert update.lines[0].get_ydata() == pytest.approx([layer.update for layer in weighted])
    assert {ax.get_yscale() for ax in (size, left, update)} == {"log"}
    assert update.get_xlabel() and all(ax.get_ylabel() for ax in (size, left, update))


def test_few_layers_are_shown_of_many_the_first_and_the_last_among_them():
    layers = minigrad.diagnose(*stack(depth=20)).layers
    few = shown(layers)
    assert len(few) == 12 and few[0] is layers[0] and few[-1] is layers[-1]
    assert shown(layers[:3]) == layers[:3] and shown([]) == []


@pytest.mark.parametrize(
    ("window", "change", "line"),
    [
        ((1e-3, 0.1), None, "Learning rates that would train it: 0.001 to 0.1."),
        ((0.1, 0.1), None, "Learning rates that would train it: about 0.1."),
        (None, "a norm, a skip, or fewer layers", "No learning rate would train it."),
        (None, "a lower rate", "cannot be told from one so high"),
    ],
)
def test_rates_are_said_in_agreement_with_the_change(window, change, line):
    d = minigrad.diagnose(*stack())
    vars(d).update(window=window, nearest_change=change)  # cached properties
    assert line in str(d) and line in d._repr_html_()


def test_a_terminal_of_80_columns_holds_it():
    model, loss, optimizer, batches = stack(depth=20, lr=3.0)

    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.a_rather_long_name_of_a_part = model

        def forward(self, x):
            return self.a_rather_long_name_of_a_part(x)

    d = minigrad.diagnose(Named(), loss, optimizer, batches)
    text = str(d)
    assert max(map(len, text.splitlines())) <= 80 and "\n\n\n" not in text
    assert text.count("…") == 12 and "part.0 " in text


def test_what_the_reason_says_is_not_listed_again():
    d = minigrad.diagnose(*stack(lr=30.0))
    assert d.findings[0].sentence == d.reason and len(d.findings) > 1
    assert d._repr_html_().count(d.reason) == 1
    assert f"<li>{d.findings[1].sentence}</li>" in d._repr_html_()
