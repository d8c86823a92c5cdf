"""The predicted curve: theory's parts against closed forms, and its promises to the verdict."""

import json
import math

import numpy as np
import pytest

import minigrad
from minigrad.errors import ArgumentError
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.curve import Curve, Nets, answers, squash, unsquash
from minigrad.signal.draw import draw
from minigrad.signal.predict import predict, predict_many
from minigrad.signal.theory_curve import constant_kernel, initial_loss, margins
from minigrad.signal.windows import TOY, WINDOWS

LN2 = math.log(2)
DRAWN = [config for kind in ("wild", "lab") for config, _ in draw(kind, count=60, seed=12)]


def test_initial_loss_of_certain_and_of_guessing_networks():
    rng = np.random.default_rng(0)
    for variance in (0.0, 0.5, 4.0, 1e4):
        sampled = np.logaddexp(0, rng.normal(0, math.sqrt(2 * variance), 400_000)).mean()
        assert initial_loss(variance) == pytest.approx(sampled, rel=0.01)
    assert initial_loss(0.0) == pytest.approx(LN2)


def test_margins_solve_the_constant_kernel_equation():
    """dm/dτ = σ(−m), by small steps of Euler."""
    for start in (-30.0, -1.0, 0.0, 2.0):
        m, tau = start, 0.0
        while tau < 40:
            m, tau = m + 1e-3 / (1 + math.exp(m)), tau + 1e-3
        found = margins(np.array([start, start]), np.array([40.0, 0.0]))
        assert found == pytest.approx([m, start], abs=2e-3)


def test_theory_stays_at_its_plateau_for_as_long_as_the_kernel_is_slow():
    known = {name: np.array([-40.0, -40.0]) for name in ("logit", "alike")}
    known["progress"] = np.array([-6.0, math.log10(64)])  # 4/256 · 64 = 1 per step
    loss = 10 ** constant_kernel(known, np.array([False, False]))
    assert loss[0] == pytest.approx(np.full(11, LN2), rel=1e-3)
    assert loss[1, -1] == pytest.approx(1 / 292, rel=0.05)  # tail: 1/τ
    slow = 10 ** constant_kernel(known, np.array([True, True]))
    assert (slow[1, 1:5] > loss[1, 1:5]).all()  # momentum has to build up


def test_verdict_and_curve_cannot_contradict_each_other():
    for p in predict_many(DRAWN):
        end = 10 ** p.curve.paths[:, -1]
        fates = {
            "trained": end < 0.9 * LN2,
            "stalled": (end >= 0.9 * LN2 - 1e-9) & (end <= 2 * LN2),
            "diverged": end > 2 * LN2,
        }
        for name in VERDICTS:
            share = p.curve.weights @ fates[name]
            assert share == pytest.approx(p.probabilities[name], abs=1e-9), p.config
        median = p.curve.quantile(0.5)[-1]
        for name, holds in (
            ("trained", median < 0.9 * LN2),
            ("diverged", median > 2 * LN2),
        ):
            if p.probabilities[name] > 0.55:
                assert holds, p.config


def test_quantiles_rise_and_are_checked():
    for p in predict_many(DRAWN[:30]):
        table = np.array([p.curve.quantile(q) for q in np.linspace(0.05, 0.95, 19)])
        assert table.shape == (19, len(WINDOWS)) and not np.isnan(table).any()
        with np.errstate(invalid="ignore"):
            assert not (np.diff(table, axis=0) < 0).any()
    for wrong in (0.0, 0.96, math.nan):
        with pytest.raises(ArgumentError, match=r"q must be from 0\.05 to 0\.95"):
            p.curve.quantile(wrong)


def test_quantile_half_step_and_spike_of_given_paths():
    down = np.log10(np.array([0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.7, 0.1, 0.1, 0.1, 0.1]))
    up = np.log10(np.array([0.7] + [7.0] * 9 + [np.inf]))
    curve = Curve(np.array([down, up]), np.array([0.75, 0.25]), 10**down, TOY)
    assert curve.quantile(0.2) == pytest.approx(10**down)
    assert curve.quantile(0.95)[-1] == math.inf and curve.quantile(0.95)[3] == pytest.approx(7.0)
    assert curve.spike == 0.25
    sure = Curve(down[None], np.ones(1), 10**down, TOY)
    assert 47.5 < sure.half_step < 95.5  # between the windows 32–63 and 64–127
    assert Curve(up[None], np.ones(1), 10**up, TOY).half_step == math.inf


def test_curves_of_many_are_each_ones_own():
    for p in predict_many(DRAWN[:25]):
        np.testing.assert_allclose(predict(p.config).curve.paths, p.curve.paths, rtol=1e-6)


def test_the_three_inits_of_lab_01():
    """What FACTS the lab rests on: one explodes, one stays at ln 2, one learns after a delay."""
    low, high = 0.05, 0.95
    fates = {"uniform": "diverged", "xavier_normal": "stalled", "kaiming_normal": "trained"}
    for init, fate in fates.items():
        p = minigrad.predict(depth=12, width=256, init=init, lr=1e-3)
        assert p.verdict == fate
        if init == "uniform":
            assert p.curve.quantile(0.5)[0] > 1e4 and p.curve.quantile(0.5)[-1] == math.inf
        if init == "xavier_normal":
            assert p.curve.quantile(low)[-1] > 0.6 and p.curve.quantile(high)[-1] < 0.8
            assert p.curve.half_step == math.inf
        if init == "kaiming_normal":
            assert p.curve.quantile(low)[-1] < 0.008 < p.curve.quantile(high)[-1]
            assert 10 < p.curve.half_step < 200


def test_as_dict_is_json():
    found = json.loads(
        json.dumps(minigrad.predict(depth=12, init="uniform").as_dict(), allow_nan=False)
    )
    assert found["curve"]["windows"][-1] == [284, 300]
    assert found["curve"]["quantiles"]["0.5"][-1] is None and found["curve"]["half_step"] is None


def test_nets_answer_as_the_networks_that_were_trained():
    nn = minigrad.nn
    nets = [nn.Sequential(nn.Linear(5, 7), nn.SiLU(), nn.Linear(7, 4)) for _ in range(2)]
    stacked = [
        (
            np.stack([net[k].weight.detach().numpy().T for net in nets]),
            np.stack([net[k].bias.detach().numpy()[None] for net in nets]),
        )
        for k in (0, 2)
    ]
    x = np.random.default_rng(0).standard_normal((6, 5)).astype(np.float32)
    wanted = np.mean([net(minigrad.tensor(x)).detach().numpy() for net in nets], axis=0)
    found = answers(Nets((), np.zeros(5), np.ones(5), stacked), x)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_units_that_a_net_is_fitted_in_keep_the_order_of_losses():
    losses = np.array([-6.0, -1.0, 4.0, 5.0, 29.0, np.nan])
    found = squash(losses)
    assert (np.diff(found) > 0).all()
    assert unsquash(found)[:-1] == pytest.approx(losses[:-1]) and unsquash(found)[-1] == math.inf


def test_a_path_that_has_ended_stays_so_and_only_diverged_ones_end():
    for p in predict_many(DRAWN):
        ended = np.isinf(p.curve.paths)
        assert (np.diff(ended.astype(int), axis=1) >= 0).all()
        assert not ended[10:].any()  # diverged come first
