"""Checks of lab 01: the activation's gain, and what one output and one input are made of."""

from minigrad.course.check import check, drawn, edit, instead, probe, solutions, some

lab = solutions("01_init_ablation")
GAINS = "01-initialization.md#gains"

RELU, LEAKY = "math.sqrt(2),", "math.sqrt(2 / (1 + slope**2))"
# fmt: off
GAIN_SQUARED = ("this is the factor on the variance; the gain multiplies the standard deviation",
    "If the variance must double, by how much must each weight grow?", GAINS)

CHECKS = {
    "calculate_gain": check(lab.calculate_gain, [
        probe("the gain of a linear layer", "linear"),
        probe("the gain of ReLU", "relu"),
        probe("the gain of leaky ReLU with slope 0.5", "leaky_relu", 0.5),
        probe("the gain of leaky ReLU with its default slope", "leaky_relu", atol=1e-9, rtol=1e-6),
        drawn("the gain of {} with slope {:.4g}",
              lambda rng: ("leaky_relu", rng.uniform(0.1, 0.9))),
        probe("the gain of tanh", "tanh"),
    ], [
        (some((RELU, "2,"), (LEAKY, "2 / (1 + slope**2)")), *GAIN_SQUARED),
        ([some((RELU, "0.5,"), (LEAKY, "(1 + slope**2) / 2")),
          some((RELU, "math.sqrt(0.5),"), (LEAKY, "math.sqrt((1 + slope**2) / 2)"))],
         "the share that survives, not the factor that makes up for it",
         "Half is lost. Should the weights be smaller or larger?"),
        (edit("slope**2", "slope"),
         "the slope is not squared",
         "A negative z becomes slope · z. What becomes of its square?"),
        (edit(LEAKY, "math.sqrt(2)"),
         "the slope of the negative half is left out: this is ReLU's gain",
         "What does leaky ReLU do to the other half of the mean square?"),
        ([instead("1 + slope**2", "1 - slope**2", "slope**2", "(1 + slope) ** 2"),
          instead("2 / (1 + slope**2)", "2 / 1 + slope**2", "2 * (1 + slope**2)",
                  "1 / (1 + slope**2)")],
         "what survives of leaky ReLU is not ½ + ½ slope²",
         "Half of z² passes as it is. What does the other half leave behind?"),
        (instead('"linear": 1.0', '"linear": math.sqrt(2)', '"linear": 0.5'),
         "a linear layer needs no gain: nothing is lost",
         "Which share of E[z²] survives where there is no activation?"),
        (instead("5 / 3", "1.0", "3 / 5", "math.sqrt(5 / 3)", "1.6", "math.sqrt(2)", "25 / 9"),
         "the gain of tanh is not 5/3",
         "Which number does the docstring give for tanh?"),
    ]),
    "fans": check(lab.fans, [
        probe("(fan_in, fan_out) of shape (800, 200)", (800, 200)),
        probe("(fan_in, fan_out) of shape (8, 4, 3, 5)", (8, 4, 3, 5)),
        drawn("(fan_in, fan_out) of shape {}",
              lambda rng: (tuple(rng.integers(2, 30, 4).tolist()),)),
        drawn("(fan_in, fan_out) of shape {}",
              lambda rng: (tuple(rng.integers(2, 99, 2).tolist()),)),
    ], [
        (["shape[0] * window, shape[1] * window", "shape[0], shape[1]"],
         "fan_in and fan_out are swapped",
         "The shape is (out, in). How many terms does one output sum?"),
        ([edit("int(np.prod(shape[2:]))", "1"), edit("shape[1] * window", "shape[1]"),
          edit("shape[0] * window", "shape[0]"), "shape[-1], shape[0]", "shape[-1], shape[-2]"],
         "the convolution's window is left out",
         "One output of a 3 × 3 convolution sums over 9 positions of each input channel. How "
             "many terms is that?"),
        ([instead("int(np.prod(shape[2:]))", "sum(shape[2:])", "(sum(shape[2:]) or 1)"),
          "shape[1] + sum(shape[2:]), shape[0] + sum(shape[2:])"],
         "the window's sides are added; an area is a product",
         "How many positions has a window of 3 by 5?"),
        ([edit("int(np.prod(shape[2:]))", f"({w} if len(shape) > 2 else 1)")
          for w in ("shape[2]", "shape[3]", "shape[2] ** 2", "shape[3] ** 2")],
         "one side of the window stands for both",
         "How many positions has a window of 3 by 5?"),
        (["math.prod(shape[1:]), math.prod(shape[1:])", "math.prod(shape), math.prod(shape)",
          "math.prod(shape[1:]), math.prod(shape)", "math.prod(shape[1:]), math.prod(shape[:-1])"],
         "an axis too many is in the product",
         "How many inputs' weights does one output touch? And one input, how many outputs'?"),
    ]),
}
