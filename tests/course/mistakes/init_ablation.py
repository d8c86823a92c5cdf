"""Wrong implementations of lab 01, by the name the check must give, and right ones."""

import math

import numpy as np


def normal(sigma):
    """An initialization that draws N(0, sigma(fan_in, fan_out, options)²)."""
    return lambda shape, rng, **o: rng.normal(0, sigma(shape[1], shape[0], o), shape)


def uniform(bound):
    def draw(shape, rng, **o):
        b = bound(shape[1], shape[0], o)
        return rng.uniform(-b, b, shape)

    return draw


def gain(o):
    return o.get("gain", 1.0)


def fan(i, o, options):
    return i if options.get("mode", "fan_in") == "fan_in" else o


def relu_gain(options):
    return calculate_gain(options.get("nonlinearity", "relu"))


def one_sided(bound):
    return lambda shape, rng, **o: rng.uniform(0, bound(shape[1], shape[0], o), shape)


def reseeding(sigma):
    def draw(shape, rng, **o):
        return np.random.default_rng(0).normal(0, sigma(shape[1], shape[0], o), shape)

    return draw


def reseeding_uniform(bound):
    def draw(shape, rng, **o):
        b = bound(shape[1], shape[0], o)
        return np.random.default_rng(0).uniform(-b, b, shape)

    return draw


def xavier(i, o, options):
    return gain(options) * math.sqrt(2 / (i + o))


def kaiming(i, o, options):
    return relu_gain(options) / math.sqrt(fan(i, o, options))


def xavier_cases(draw, scale, other):
    """scale: from a standard deviation to what `draw` takes (1 or √3)."""
    cases = [
        ("LeCun's rule", lambda i, o, _: scale * math.sqrt(1 / i)),
        ("the factor 2 was dropped", lambda i, o, _: scale * math.sqrt(1 / (i + o))),
        ("PyTorch's default", lambda i, o, _: scale * math.sqrt(1 / (3 * i))),
        ("the variance was passed", lambda i, o, _: scale * 2 / (i + o)),
        (
            "the gain stands inside",
            lambda i, o, opt: scale * math.sqrt(2 * gain(opt) / (i + o)),
        ),
        ("the gain is ignored", lambda i, o, _: scale * math.sqrt(2 / (i + o))),
    ]
    return [(name, draw(rule)) for name, rule in cases] + other


def kaiming_cases(draw, scale, other):
    cases = [
        ("fan_out was used", lambda i, o, opt: scale * relu_gain(opt) / math.sqrt(o)),
        ("the ReLU gain is missing", lambda i, o, opt: scale / math.sqrt(i)),
        ("PyTorch's default", lambda i, o, opt: scale / math.sqrt(3 * i)),
        ("the variance was passed", lambda i, o, opt: scale * 2 / i),
        ("the factor on the variance", lambda i, o, opt: scale * 2 / math.sqrt(i)),
        ("the mode is ignored", lambda i, o, opt: scale * relu_gain(opt) / math.sqrt(i)),
        (
            "the nonlinearity is ignored",
            lambda i, o, opt: scale * math.sqrt(2 / fan(i, o, opt)),
        ),
    ]
    return [(name, draw(rule)) for name, rule in cases] + other


R3 = math.sqrt(3)
UNSEEDED = np.random.default_rng(12)


def others(rule):
    """Mistakes between a draw's kind and its width: (for the normal, for the uniform one)."""

    def wide(i, o, opt):
        return R3 * rule(i, o, opt)

    def narrow(i, o, opt):
        return rule(i, o, opt) / R3

    return (
        [
            ("the uniform bound was used", normal(wide)),
            ("used as the uniform bound", uniform(rule)),
            ("this is a uniform draw", uniform(wide)),
            ("drawn from [0, b]", one_sided(wide)),
            ("the same numbers", reseeding(rule)),
            ("do not come from rng", lambda shape, rng, **o: normal(rule)(shape, UNSEEDED, **o)),
        ],
        [
            ("the uniform bound was used", normal(wide)),
            ("used as the uniform bound", uniform(rule)),
            ("this is a normal draw", normal(rule)),
            ("drawn from [0, b]", one_sided(wide)),
            ("the same numbers", reseeding_uniform(wide)),
            ("do not come from rng", lambda shape, rng, **o: uniform(wide)(shape, UNSEEDED, **o)),
        ],
    )


def calculate_gain(name, slope=0.01):
    return {
        "linear": 1,
        "relu": 2**0.5,
        "leaky_relu": (2 / (1 + slope * slope)) ** 0.5,
        "tanh": 5 / 3,
    }[name]


def gains(**changed):
    def function(name, slope=0.01):
        value = changed.get(name, calculate_gain(name, slope))
        return value(slope) if callable(value) else value

    return function


def step(order, returned="loss"):
    """A training step that makes the calls of `order`: z(ero_grad), b(ackward), s(tep)."""

    def train_step(model, loss_fn, optimizer, x, y):
        loss = loss_fn(model(x), y)
        calls = {"z": optimizer.zero_grad, "b": loss.backward, "s": optimizer.step}
        for letter in order:
            calls[letter]()
        if returned == "Tensor":
            return loss
        return (loss if returned == "loss" else loss_fn(model(x), y)).item()

    return train_step


X_NORMAL, X_UNIFORM = others(xavier)
K_NORMAL, K_UNIFORM = others(kaiming)
MISTAKES = {
    "calculate_gain": [
        ("the factor on the variance", gains(relu=2.0)),
        ("the factor on the variance", gains(leaky_relu=lambda s: 2 / (1 + s * s))),
        ("the share that survives", gains(relu=0.5)),
        ("the share that survives", gains(leaky_relu=lambda s: math.sqrt((1 + s * s) / 2))),
        ("the slope is not squared", gains(leaky_relu=lambda s: math.sqrt(2 / (1 + s)))),
        ("negative half is left out", gains(leaky_relu=lambda s: math.sqrt(2))),
    ],
    "fans": [
        ("swapped", lambda s: (s[0] * math.prod(s[2:]), s[1] * math.prod(s[2:]))),
        ("window is left out", lambda s: (s[1], s[0])),
        ("window is left out", lambda s: (s[1] * math.prod(s[2:]), s[0])),
    ],
    "xavier_normal": xavier_cases(normal, 1, X_NORMAL),
    "xavier_uniform": xavier_cases(uniform, R3, X_UNIFORM),
    "kaiming_normal": kaiming_cases(normal, 1, K_NORMAL),
    "kaiming_uniform": kaiming_cases(uniform, R3, K_UNIFORM),
    "train_step": [
        ("earlier steps are still in it", step("bs")),
        ("gone when the update came", step("bzs")),
        ("gone when the update came", step("zs")),
        ("no update was made", step("zb")),
        ("computed again after the update", step("zbs", returned="after")),
        ("y first", lambda m, loss, o, x, y: step("zbs")(m, lambda p, t: loss(t, p), o, x, y)),
        ("returned as a Tensor", step("zbs", returned="Tensor")),
        ("`return` is missing", lambda *given: step("zbs")(*given) and None),
    ],
}

RIGHT = {
    "calculate_gain": [calculate_gain, gains(tanh=lambda _: 1 + 2 / 3)],
    "fans": [
        lambda s: (int(np.prod(s)) // s[0], int(np.prod(s)) // s[1]),
        lambda s: np.array([s[1], s[0]]) * int(np.prod(s[2:])),
    ],
    "xavier_normal": [
        normal(xavier),
        lambda shape, rng, gain=1: rng.standard_normal(shape) * gain * (0.5 * sum(shape)) ** -0.5,
    ],
    "xavier_uniform": [
        uniform(lambda i, o, opt: R3 * xavier(i, o, opt)),
        lambda shape, rng, gain=1: (rng.random(shape) * 2 - 1) * gain * (6 / sum(shape)) ** 0.5,
    ],
    "kaiming_normal": [
        normal(kaiming),
        lambda shape, rng, mode="fan_in", nonlinearity="relu": (
            rng.standard_normal(shape)
            * np.sqrt(
                {"relu": 2, "linear": 1, "tanh": 25 / 9}[nonlinearity] / shape[mode == "fan_in"]
            )
        ),
    ],
    "kaiming_uniform": [
        uniform(lambda i, o, opt: R3 * kaiming(i, o, opt)),
        lambda shape, rng, mode="fan_in", nonlinearity="relu": (
            (1 - 2 * rng.random(shape))
            * np.sqrt(
                {"relu": 6, "linear": 3, "tanh": 25 / 3}[nonlinearity] / shape[mode == "fan_in"]
            )
        ),
    ],
    "train_step": [step("zbs"), step("bsz")],
}
