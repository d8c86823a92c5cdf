"""What the pages ask for, without a browser."""

import json

import pytest

from minigrad.course.workspace import solution_file
from minigrad.errors import ArgumentError
from minigrad.scalar import Value
from minigrad.signal.calibration import VERDICTS
from minigrad.signal.transformer.predict import predict_transformer
from minigrad.site.face import ANSWERS, answer
from minigrad.site.face.exercises import save
from minigrad.site.face.prediction import configuration
from tests.labs.small import make_small

SMALL = {"depth": 3, "width": 16}


def solution(workspace, name):
    from minigrad.course.stub import definition

    text = solution_file(workspace.course.lab(name)).read_text(encoding="utf-8")
    first, last = definition(text, name)
    return "\n".join(text.splitlines()[first:last]) + "\n"


@pytest.mark.parametrize(
    ("name", "args", "says"),
    [
        ("nothing", {}, "there is no 'nothing'"),
        ("predict", {}, "missing a required argument: 'config'"),
        ("predict", {"config": 3}, "a table of values"),
        ("predict", {"config": {}}, "needs a depth"),
        ("predict", {"config": {"depth": 3, "hidden": 2}}, "no hidden"),
        ("predict", {"config": {"depth": 3, "activation": "cos"}}, "activation must be one of"),
        ("predict", {"config": {"family": "cnn"}}, "family must be one of mlp, transformer"),
        ("predict", {"config": {"family": "transformer", "depth": 3}}, "no depth"),
        ("train", {"config": {"depth": 900}}, "depth up to 200"),
        ("train", {"config": {"family": "transformer", "layers": 2}}, "only an MLP"),
        ("check", {"name": "fans", "workspace": "/"}, "not for the page to say"),
        ("exercise", {"name": "../fans"}, "no exercise called"),
        ("draw", {"seed": -1}, "seed must be"),
        ("draw", {"seed": 1, "level": 7}, "level must be"),
        ("examine", {"patient": "../deep"}, "there is no patient"),
        ("questions", {"topic": "99"}, "no questions"),
        ("import", {"data": "bm8gemlw"}, "not a file that `export` wrote"),
    ],
)
def test_what_is_not_allowed_is_said_in_a_sentence(name, args, says, workspace):
    with pytest.raises(ArgumentError, match=says):
        answer(name, args, workspace)


@pytest.mark.parametrize(("family", "first"), [("mlp", "depth"), ("transformer", "layers")])
def test_choices_are_those_of_a_configuration(family, first, workspace):
    knobs = answer("choices", {}, workspace)[family]["knobs"]
    assert len(knobs["norm"]["choices"]) == 3 and knobs[first]["range"]
    given = {k: knob["default"] for k, knob in knobs.items() if knob["default"] is not None}
    made = configuration({**given, first: 3, "family": family}).as_dict()
    assert {name: made[name] for name in given} == given
    for name, knob in knobs.items():
        for choice in knob.get("choices", ()):
            configuration({**given, first: 3, "family": family, name: choice})


def test_a_prediction_is_json_and_its_bands_hold_its_curves(workspace):
    p = answer("predict", {"config": {"depth": 20}}, workspace)
    json.dumps(p, allow_nan=False)
    assert set(p["odds"]) == set(VERDICTS) and sum(p["odds"].values()) == pytest.approx(1)
    for curve in (p["forward"], p["backward"]):
        assert len(curve["at"]) == 20
        assert all(
            low <= at <= high
            for at, low, high in zip(curve["at"], curve["low"], curve["high"], strict=True)
        )
    steps, *curves = (p["curve"][k] for k in ("steps", "low", "at", "high"))
    assert steps == sorted(steps) and all(len(c) == len(steps) for c in curves)
    assert all(low <= at <= high for low, at, high in zip(*curves, strict=True))
    assert p["likeness"][0] < p["likeness"][-1] <= 1


def test_a_network_of_zeros_is_drawn_too(workspace):
    p = answer("predict", {"config": {"depth": 5, "init": "zeros"}}, workspace)
    assert all(x > 0 for x in p["forward"]["at"]) and p["likeness"] == [1.0] * 5


def test_a_transformer_is_foretold_as_an_mlp_is(workspace):
    config = {"family": "transformer", "layers": 6, "placement": "post", "lr": 0.01}
    p = answer("predict", {"config": config}, workspace)
    assert p["config"] == {**configuration(config).as_dict(), "family": "transformer"}
    said = predict_transformer(layers=6, placement="post", lr=0.01)
    assert p["odds"] == pytest.approx(said.probabilities) and p["reason"] == said.reason
    assert p["forward"]["at"] == p["forward"]["high"] == pytest.approx(said.forward.tolist())
    assert p["likeness"] == pytest.approx([1 - x for x in said.alike])
    assert p["guessing"] > answer("predict", {"config": SMALL}, workspace)["guessing"]
    found = answer("rates", {"config": config}, workspace)
    assert found["rates"][0] == said.rates[0] and found["change"]["text"] == said.nearest_change
    changed = answer("predict", {"config": {**config, **found["change"]["values"]}}, workspace)
    assert p["verdict"] != "trained" == changed["verdict"]


@pytest.mark.parametrize(
    "config",
    [
        {"depth": 50, "activation": "relu", "init": "xavier_normal"},
        {"depth": 12, "init": "uniform"},
        {"depth": 30, "activation": "sigmoid", "init": "xavier_normal", "optimizer": "adam"},
    ],
)
def test_the_nearest_change_makes_it_train(config, workspace):
    found = answer("rates", {"config": config}, workspace)
    assert len(found["rates"]) == len(found["odds"]) > 20
    changed = {**config, **found["change"]["values"]}
    assert answer("predict", {"config": changed}, workspace)["verdict"] == "trained"


def test_training_tells_every_step(workspace):
    told = []
    run = answer("train", {"config": SMALL, "steps": 20}, workspace, told.append)
    assert [e["step"] for e in told] == list(range(20))
    assert [pytest.approx(e["loss"]) for e in told] == run["losses"]


def test_a_closed_page_ends_the_training(workspace):
    class Closed(Exception):
        pass

    def tell(event):
        if event["step"] == 3:
            raise Closed

    with pytest.raises(Closed):
        answer("train", {"config": SMALL}, workspace, tell)


def test_questions_say_why_and_wrong_ones_come_first(workspace):
    first = answer("questions", {"topic": "01", "seed": 1}, workspace)
    assert all(sum(c["right"] for c in q["choices"]) == 1 for q in first)
    assert all(c["why"] for q in first for c in q["choices"])
    for q in first:
        right = q["id"] != "xavier-compromise"
        answer("answered", {"topic": "01", "id": q["id"], "right": right}, workspace)
    again = answer("questions", {"topic": "01", "seed": 2, "number": 1}, workspace)
    assert again[0]["id"] == "xavier-compromise"


def test_a_round_of_the_challenge(workspace, monkeypatch):
    from minigrad.site.face import game

    whole = game.train
    monkeypatch.setattr(game, "train", lambda c, seed, on_step: whole(c, seed, 20, on_step))
    drawn = answer("draw", {"seed": 1}, workspace)
    assert "verdict" not in drawn and drawn == answer("draw", {"seed": 1}, workspace)
    told = []
    args = {"seed": 1, "level": 1, "fate": "trained", "confidence": 0.8}
    played = answer("play", args, workspace, told.append)
    assert played["configuration"] == drawn["config"] and played["truth"] in VERDICTS and told
    found = answer("history", {}, workspace)
    assert found["rounds"] == 1 and found["brier"] == pytest.approx(played["brier"])
    assert found["bins"][0]["sure"] == pytest.approx(0.8)


def test_a_round_of_the_challenges_fourth_level(workspace):
    from minigrad.course import which

    drawn = answer("draw", {"seed": 1, "level": 4}, workspace)
    assert set(drawn["curves"]) == set("abcd") and len(drawn["windows"]) == 11
    args = {"seed": 1, "level": 4, "fate": "b", "confidence": 0.25}
    played = answer("play", args, workspace)
    own = next(r for r in which.recorded("mlp") if r.config.as_dict() == drawn["config"])
    seen = [x for x in own.windows if x == x]  # JSON knows no NaN
    assert [x for x in drawn["curves"][played["truth"]] if x is not None] == pytest.approx(seen)
    assert played["brier"] == pytest.approx(0.75) and len(played["after"]) == 4
    found = answer("history", {}, workspace)
    assert found["rounds"] == 1 and found["chance_brier"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a * b + c", {"a": 2.0, "b": -3.0, "c": 10.0}),
        ("x**2 * (x**2 + x)", {"x": 2.0}),
        ("relu(w * x - b) / x", {"w": 0.5, "x": 2.0, "b": 0.25}),
        ("log(exp(a) + exp(b)) - a", {"a": 1.0, "b": 2.0}),
        ("-(3 - a) + 2 / a", {"a": 4.0}),
    ],
)
def test_backwards_steps_end_at_values_own_gradients(expression, values, workspace):
    found = answer("graph", {"expression": expression, "values": values}, workspace)
    leaves = {name: Value(x) for name, x in values.items()}
    functions = {"relu": Value.relu, "log": Value.log, "exp": Value.exp}
    out = eval(expression, {}, {**leaves, **functions})
    out.backward()
    assert found["nodes"][-1]["value"] == pytest.approx(out.data)
    sums = {}
    for step in found["steps"]:
        sums |= {send["to"]: send["sum"] for send in step["sends"]}
    for name, leaf in leaves.items():
        at = next(i for i, n in enumerate(found["nodes"]) if n["label"] == name)
        assert sums[at] == pytest.approx(leaf.grad), name


@pytest.mark.parametrize(
    "expression",
    [
        "a +",
        "__import__('os')",
        "a.b",
        "f(a)",
        "2 * 3",
        "exp(2)",
        "a / (a - a)",
        "log(a - a)",
        "a ** a",
    ],
)
def test_what_is_no_graph_is_refused(expression, workspace):
    with pytest.raises(ArgumentError):
        answer("graph", {"expression": expression, "values": {"a": 2}}, workspace)


def test_a_lab_runs_with_the_learners_own(workspace):
    make_small(workspace, "00")
    for name in ("linear_moment",):
        shown = answer("exercise", {"name": name}, workspace)
        args = {"name": name, "code": solution(workspace, name), "base": shown["digest"]}
        assert answer("check", args, workspace)["passed"]
    told = []
    found = answer("run", {"lab": "00"}, workspace, told.append)
    assert found["whose"]["predicted_variance"] == "exercise.py: linear_moment"
    assert found["charts"][0]["series"] and found["findings"] and told[-1]
    shares = [e["done"] / e["of"] for e in told if "of" in e]
    assert shares == sorted(shares) and shares[-1] == pytest.approx(1)


def test_a_learners_loop_without_end_is_stopped(workspace, monkeypatch):
    from minigrad.site.face import own

    monkeypatch.setattr(own, "SILENT", 2.0)
    shown = answer("exercise", {"name": "linear_moment"}, workspace)
    code = "def linear_moment(*args):\n    while True:\n        pass\n"
    save(workspace.course.lab("00"), "linear_moment", code, shown["digest"])
    with pytest.raises(ArgumentError, match="was stopped"):
        answer("run", {"lab": "00"}, workspace)


def test_a_patient_is_examined_traced_and_cured(workspace):
    scripts = answer("patients", {}, workspace)
    certain = next(p for p in scripts["patients"] if p["name"] == "certain")
    sick = answer("examine", {"patient": "certain"}, workspace)
    assert not sick["cured"] and not sick["cause"]
    traced = answer("examine", {"patient": "certain", "trace": True}, workspace)
    assert "'log'" in traced["trace"]
    code = certain["code"].replace("cross_entropy(500", "F.cross_entropy(500")
    code = code.replace('CAUSE = ""', 'CAUSE = "log of zero"')
    args = {"patient": "certain", "code": code, "base": certain["digest"]}
    well = answer("examine", args, workspace)
    assert well["cured"] and well["right"]


def test_every_answer_is_asked_for_by_a_page(site):
    scripts = "".join(
        make().decode()
        for path, make in site.files.items()
        if path.endswith((".js", ".mjs")) and "vendor" not in path
    )
    for name in ANSWERS:
        assert f'"{name}"' in scripts, name
