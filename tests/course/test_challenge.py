import itertools
from pathlib import Path

import numpy as np
import pytest

from minigrad.course import which
from minigrad.course.challenge import (
    Answer,
    brier,
    describe,
    draw,
    draw_transformer,
    parse,
    read_answers,
    run,
    sparkline,
    summary,
)
from minigrad.course.history import calibration_plot, history
from minigrad.errors import ArgumentError
from minigrad.lab import plot
from minigrad.signal.calibration import VERDICTS
from minigrad.sweep.families import FAMILIES


def test_answers():
    assert parse("d") == Answer("diverged", 0.7)
    assert parse("stalled 80") == Answer("stalled", 0.8)
    assert parse("T 0.9") == Answer("trained", 0.9)
    assert parse("t 95%") == Answer("trained", 0.95)
    for none in ("", "x", "d x", "d 20", "d 120 3", "d 900", "d nan"):
        with pytest.raises(ArgumentError):
            parse(none)


def test_brier():
    assert Answer("trained", 1.0).brier("trained") == 0
    assert Answer("trained", 1.0).brier("stalled") == 2
    assert Answer("trained", 1 / 3).brier("stalled") == pytest.approx(2 / 3)
    assert brier(dict.fromkeys(VERDICTS, 1 / 3), "stalled") == pytest.approx(2 / 3)


def test_draws_are_balanced_and_no_single_knob_gives_them_away():
    """By theory's verdict: the best rule on any one knob is right far less than theory is."""
    drawn = [draw(seed, level=2) for seed in range(1000, 1200)]
    fates = [p.verdict for p in drawn]
    assert all(fates.count(name) >= 50 for name in VERDICTS)
    for knob in ("activation", "init", "norm", "placement", "residual", "optimizer"):
        values = [getattr(p.config, knob) for p in drawn]
        right = 0
        for value in set(values):
            inside = [f for f, v in zip(fates, values, strict=True) if v == value]
            right += max(map(inside.count, VERDICTS))
        assert right / len(drawn) <= 0.57, knob  # drawn without care: .59 by the residual
    assert drawn[7].config == draw(1007, level=2).config


def test_a_game_is_scored_and_kept(tmp_path):
    said, kept = [], tmp_path / "challenge.jsonl"
    answers = iter(["nonsense", "d 100", "t 100"])
    rounds = run(2, 1, 11, "mlp", lambda: next(answers), said.append, kept)
    assert any("got 'nonsense'" in line for line in said)
    assert any("--level 1 --seed 12 --rounds 1" in line for line in said)
    lines = list(summary(rounds))
    right = sum(r.answer.verdict == r.truth for r in rounds)
    assert lines[0].startswith(f"you     {right} of 2 right, Brier {2 - right:.2f}")
    records = history(kept)
    assert [r["seed"] for r in records] == [11, 12]
    calibration_plot(records, tmp_path / "c.png")
    assert (tmp_path / "c.png").is_file()


def test_the_plot_sets_how_right_against_how_sure(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(plot, "save_figure", lambda figure, path: kept.append(figure))
    sure = [0.7, 0.7, 0.74, 1.0]
    records = [
        {"confidence": c, "answer": "stalled", "truth": t}
        for c, t in zip(sure, ("stalled", "trained", "trained", "stalled"), strict=True)
    ]
    calibration_plot(records, tmp_path / "c.png")
    (ax,) = kept[0].axes
    spots = [(x.get_xdata()[0], x.get_ydata()[0]) for x in ax.lines if len(x.get_xdata()) == 1]
    assert spots == [pytest.approx((2.14 / 3, 1 / 3)), pytest.approx((1.0, 1.0))]
    assert kept[0].get_suptitle() == "Right 50% of the time, sure 78%: 4 rounds"


def test_the_pass_mark():
    played = {
        level: run(1, level, 3, "mlp", lambda: "d", lambda line: None, None)[0] for level in (1, 2)
    }

    def game(level, right):
        one = played[level]
        good, bad = Answer(one.truth, 1.0), Answer(next(v for v in VERDICTS if v != one.truth), 1.0)
        made = [type(one)(3, level, good if i < right else bad, one.truth, one.theory, one.odds, [])
                for i in range(10)]  # fmt: skip
        return list(summary(made))[-1]

    assert "complete" in game(2, 8) and "not yet" in game(2, 7)
    assert "chance" in game(1, 10)


def test_a_loss_curve_in_one_line():
    assert sparkline([1.0, 0.1, None]).endswith("✕ not finite")
    falling = sparkline(np.geomspace(5, 0.02, 300).tolist())
    assert falling.startswith("loss 5 █") and "▁" not in falling[:20]


def test_answers_from_a_file(tmp_path, monkeypatch, minigrad):
    monkeypatch.chdir(tmp_path)
    Path("a.txt").write_text("t 80\n")
    done = minigrad("challenge", "--seed", "4", "--answers", "a.txt", "--rounds", "1")
    assert done.exit_code == 0 and "chance  0.3 of 1 right" in done.stdout
    assert read_answers(Path("a.txt"), 1)() == "t 80"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"t 80\n", "holds 1 answers for 2 rounds"),
        (b"t 80\nwho knows\n", "answer 2: say d"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_file_of_answers_is_looked_at_before_a_round_is_played(tmp_path, content, message):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(ArgumentError, match=message):
        read_answers(tmp_path / "a.txt", 2)


def test_transformers_are_drawn_by_their_fate_and_said_in_two_lines():
    drawn = [draw_transformer(seed, 1) for seed in range(9)]
    assert {p.verdict for p in drawn} == set(VERDICTS)
    assert draw_transformer(3, 1).config == drawn[3].config
    for p in drawn:
        assert p.config.layers <= 8
        lines = list(describe(p.config))
        assert len(lines) == 2 and "transformer of" in lines[0] and "200 steps" in lines[1]


def test_a_round_cut_short_costs_no_other_and_what_is_no_round_is_left_out(tmp_path):
    kept = tmp_path / "challenge.jsonl"
    none = b'\xff\n5\n{"confidence": "x"}\n{"answer": [1], "truth": 1, "confidence": 1}\n{"se'
    kept.write_bytes(none)
    run(2, 1, 11, "mlp", lambda: "d", lambda line: None, kept)
    assert [r["seed"] for r in history(kept)] == [11, 12]


def test_four_curves_are_of_near_networks_and_apart():
    drawn = [which.draw_four(seed, "mlp") for seed in range(12)]
    assert len({four.truth for four in drawn}) > 2
    for four in drawn:
        assert four.configs[four.truth] == four.theory.config
        assert len({str(c) for c in four.configs.values()}) == len(four.curves) == 4
        own = next(r for r in which.recorded("mlp") if r.config == four.theory.config)
        assert own.group in FAMILIES["mlp"].judging
        np.testing.assert_array_equal(four.curves[four.truth], own.windows)
        for one, other in itertools.combinations(four.curves.values(), 2):
            assert np.abs(which.decades(one) - which.decades(other)).mean() >= which.APART
        assert sum(four.odds.values()) == pytest.approx(1)
    assert which.draw_four(3, "mlp").truth == drawn[3].truth


def test_theory_finds_its_own_curve_among_others():
    four = which.draw_four(0, "mlp")
    said = four.theory.curve.quantile(0.5)
    curves = {"a": said * 3, "b": said, "c": said / 3, "d": np.full(len(said), np.nan)}
    odds = which.Four(four.theory, curves, four.configs, "b").odds
    assert max(odds, key=odds.get) == "b" and odds["b"] > 0.5 and odds["d"] < 1e-6


def test_the_fourth_level_is_scored_among_four(tmp_path):
    said, kept = [], tmp_path / "challenge.jsonl"
    answers = iter(["t 80", "a 20", "a 100", "a 25"])
    rounds = run(2, 4, 5, "mlp", lambda: next(answers), said.append, kept)
    assert any("say a, b, c or d and a %, got 't 80'" in line for line in said)
    assert any("from 25 to 100 %" in line for line in said)
    assert any("this network" in line for line in said)
    assert any("284–299" in line for line in said)
    assert rounds[0].brier == (0 if rounds[0].truth == "a" else 2)
    assert rounds[1].brier == pytest.approx(0.75)
    assert list(summary(rounds))[2] == "chance  0.5 of 2 right, Brier 0.75"
    assert [r["level"] for r in history(kept)] == [4, 4]
    calibration_plot(history(kept), tmp_path / "c.png")


def test_recorded_transformers_have_curves():
    four = which.draw_four(2, "transformer")
    assert {len(c) for c in four.curves.values()} == {len(four.theory.curve.windows)}
