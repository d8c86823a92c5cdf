"""Every sentence that gives a reason: what it says is in the theory's numbers, for the fate it is
given."""

import re
from dataclasses import replace

import numpy as np
import pytest

from minigrad.signal.configuration import INPUTS, OWN, STEPS
from minigrad.signal.draw import draw
from minigrad.signal.predict import predict, predict_many
from minigrad.signal.reasons import explain

NUMBER = r"([\d.]+(?:e-?\d+)?)"
WIDE = {"init": "uniform", "init_scale": 0.5}
TINY = {"init": "normal", "init_scale": 0.01}


def per_layer(curve):
    return (curve[-1] / curve[0]) ** (1 / (len(curve) - 1))


def apart(p):
    return p.signal.forward.head_diff / p.signal.forward.head_q


def sgd(name):
    return lambda p: 0.1 * 10 ** p.features[name]


def start(p):
    return 0.4 * np.sqrt(2 * 10 ** p.features["logit"])


def reaches(p):
    return p.backward[0] / p.backward[-1]


def back(p):
    return per_layer(p.backward[::-1])


# fate, configuration, the sentence with a # per number, and what each number is
REASONS = {
    "explodes": (
        *(
            "diverged",
            {"depth": 18, "width": 96, "activation": "gelu", "residual": "plain", **WIDE},
        ),
        "each layer multiplies the mean square by #: after # it is #, and the loss starts near #",
        (lambda p: per_layer(p.forward), lambda p: 18, lambda p: p.forward[-1], start),
    ),
    "large logits": (
        "diverged",
        {"depth": 29, "width": 96, "activation": "linear", "norm": "layernorm", "placement": "mid"}
        | {"residual": "plain", "optimizer": "adam", "lr": 1e-4, **WIDE},
        "the logits start with a variance of #",
        (lambda p: 10 ** p.features["logit"],),
    ),
    "unstable": (
        "diverged",
        {
            "depth": 36,
            "activation": "sigmoid",
            "residual": "plain",
            "placement": "post",
            "lr": 0.573,
        }
        | WIDE,
        "lr × curvature is #, SGD with momentum # survives #",
        (sgd("curvature"), lambda p: 0.9, lambda p: 38),
    ),
    "grows into it": (
        "diverged",
        {"depth": 35, "activation": "silu", "residual": "plain", "lr": 0.315, **TINY},
        "the tiny weights must grow to train, and then lr × curvature is #, where SGD survives #",
        (sgd("grown_curvature"), lambda p: 38),
    ),
    "runs away": (
        "diverged",
        {"depth": 2, "width": 64, "activation": "gelu", "residual": "plain", "lr": 0.754, **TINY},
        "one update changes the #-block stack #-fold: it runs away",
        (lambda p: 2, lambda p: 10 ** p.features["scramble"]),
    ),
    "scrambles itself": (
        *("stalled", {"depth": 35, "activation": "tanh", "lr": 0.01, **WIDE}),
        "one update changes the #-block stack #-fold: it scrambles itself and forgets its inputs",
        (lambda p: 35, lambda p: 10 ** p.features["scramble"]),
    ),
    "signal vanishes": (
        *("stalled", {"depth": 13, "width": 96, "activation": "gelu", "lr": 0.03, **TINY}),
        "each layer multiplies the mean square by #: # of it is left after #",
        (lambda p: per_layer(p.forward), lambda p: p.forward[-1], lambda p: 13),
    ),
    "gradient vanishes": (
        *("stalled", {"depth": 43, "width": 96, "activation": "gelu", "lr": 0.001, **TINY}),
        "each layer multiplies the squared gradient by #: # of it reaches layer #",
        (back, reaches, lambda p: 1),
    ),
    "keeps the signal only": (
        "stalled",
        {"depth": 42, "activation": "silu", "norm": "rmsnorm", "placement": "post", "lr": 0.01}
        | {"residual": "plain", **WIDE},
        "silu keeps the signal (× #) but multiplies the squared gradient by # per layer: "
        "# of it reaches layer #",
        (lambda p: per_layer(p.forward), back, reaches, lambda p: 1),
    ),
    "alike": (
        *("stalled", {"depth": 20, "width": 64, "activation": "sigmoid", "lr": 0.1, **TINY}),
        "two inputs end up with # − cos = #: the head cannot tell them apart",
        (lambda p: 1, apart),
    ),
    "too slow": (
        "stalled",
        {"depth": 6, "width": 64, "activation": "relu", "residual": "scaled", "lr": 1e-3, **TINY},
        "lr # is too slow: # steps cover # of what there is to learn",
        (
            *(lambda p: 1e-3, lambda p: 300),
            lambda p: 10 ** p.features["progress"] * STEPS / INPUTS,
        ),
    ),
    "trains, SGD": (
        *("trained", {"depth": 4, "activation": "tanh", "residual": "scaled", "lr": 0.1, **WIDE}),
        "the mean square stays between # and #, the squared gradient grows #-fold on its way to "
        "layer #, and lr × curvature is # of what SGD survives",
        (
            *(lambda p: p.forward.min(), lambda p: p.forward.max(), reaches, lambda p: 1),
            lambda p: sgd("curvature")(p) / 38,
        ),
    ),
    "trains, level": (
        "trained",
        {"depth": 4, "width": 64, "activation": "relu", "init": "kaiming_normal", "lr": 0.01},
        "the mean square stays at #, all of the squared gradient reaches layer #, and "
        "lr × curvature is # of what SGD survives",
        (lambda p: p.forward.max(), lambda p: 1, lambda p: sgd("curvature")(p) / 38),
    ),
    "trains, overshooting": (
        *("trained", {"depth": 3, "width": 64, "activation": "silu", "residual": "plain"}),
        "the mean square stays between # and #, the squared gradient grows #-fold on its way to "
        "layer #, and the first steps overshoot and settle",
        (lambda p: p.forward.min(), lambda p: p.forward.max(), reaches, lambda p: 1),
    ),
    "trains, Adam": (
        "trained",
        {"depth": 4, "width": 64, "activation": "silu", "norm": "rmsnorm", "placement": "post"}
        | {"optimizer": "adam", "lr": 1e-3, **WIDE},
        "rmsnorm holds the signal, # of the squared gradient reaches layer #, and one update "
        "changes the stack #-fold",
        (reaches, lambda p: 1, lambda p: 10 ** p.features["scramble"]),
    ),
}
REASONS["trains, overshooting"][1].update(lr=0.03, **WIDE)


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_says_the_theorys_numbers(name):
    fate, choices, sentence, numbers = REASONS[name]
    p = predict(**choices)
    said = explain(p.config, p.signal, p.features, fate)
    pattern = re.escape(sentence).replace(r"\#", NUMBER)
    found = re.fullmatch(pattern, said)
    assert found, said
    for text, number in zip(found.groups(), numbers, strict=True):
        assert float(text) == pytest.approx(number(p), rel=0.6 if "e" in text else 0.06), said


def test_no_weights_no_other_reason():
    p = predict(depth=5, init="zeros")
    said = explain(p.config, p.signal, p.features, "stalled")
    assert said == "every weight is 0: no input and no gradient gets past the first layer"


def changed(config, text):
    """The configuration with the change that a sentence asks for."""
    name, value = text.split(maxsplit=1)
    if name == "norm":
        norm, placement = value.split(", ")
        return replace(config, norm=norm, placement=placement)
    kind = {"lr": float, "depth": int}.get(name, str)
    own = {"init_scale": OWN, "gain": OWN} if name == "init" else {}
    return replace(config, **{name: kind(value)}, **own)


def test_the_nearest_change_makes_it_train():
    drawn = [config for kind in ("wild", "lab") for config, _ in draw(kind, count=120, seed=4)]
    failing = [p for p in predict_many(drawn) if p.verdict != "trained"]
    asked = [(p, p.nearest_change) for p in failing if p.nearest_change is not None]
    assert len(asked) > 30 and len({text.split()[0] for _, text in asked}) >= 3
    for p, text in asked:
        assert predict(changed(p.config, text)).verdict == "trained", (p.config, text)
    rates = [float(text[3:]) / p.config.lr for p, text in asked if text.startswith("lr ")]
    assert min(rates) > 1e-4 and max(rates) < 1e4  # of the rates that are searched
