"""What can be wrong with a norm's size: for Tensors, arrays and plain numbers."""

from typing import Any

from minigrad.course.check import edit, instead

RMS = "02-normalization.md#rmsnorm"
LAYER_NORM = "02-normalization.md#layernorm"
EPSILON = "02-normalization.md#where-epsilon-stands"

# fmt: off
IS_LAYER_NORM = ("this is LayerNorm: the mean is taken off",
    "RMSNorm leaves the mean alone. Which step of yours does not?", RMS)
SUM_FOR_MEAN = ("the sum of squares, not their mean",
    "A row of ones has size 1, however long it is. What does yours make of it?", RMS)
NO_ROOT = ("the root is missing", "x grows tenfold. Does your output stay as it is?", RMS)
STD_FOR_RMS = ("divided by the standard deviation: the mean is taken off inside the root",
    "RMS is the root of mean(x²), not of mean((x − μ)²). Which does the name say?", RMS)
D_MINUS_1 = ("divided by d − 1: nothing was estimated from these numbers",
    "What is the mean of d numbers?", RMS)
MULTIPLIED = ("multiplied by the RMS; dividing takes the size out",
    "A row twice as large should give the same output. Does it?", RMS)
SQUARE_OF_MEAN = ("the square of the mean, not the mean of the squares",
    "What does [1, −1] have for a mean, and for a size?", RMS)
MEAN_OF_ABS = ("the mean of |x|, not the root of the mean square",
    "R, M, S: in which order are they applied?", RMS)
LARGEST = ("divided by the largest entry, not by the RMS",
    "Which size has [1, 0, 0, 0] by yours, and which has [1, 1, 1, 1]?", RMS)
EPS_OUTSIDE = ("ε stands outside the root",
    "For a row of ±0.001, is √(10⁻⁶ + 10⁻⁵) the same as √10⁻⁶ + 10⁻⁵?", EPSILON)
NO_EPS = ("ε is missing: a row of zeros is divided by zero",
    "What is the size of a row of zeros?", EPSILON)
EPS_SQUARED = ("ε hardly acts: it was squared, or it only keeps a zero away",
    "For a row of ±0.001 and ε = 10⁻⁵, which of the two is larger in the root, mean(x²) or ε?",
    EPSILON)
AXIS_0 = ("the statistics were taken over the batch, not over each row",
    "Should a row's output change when another row does?", LAYER_NORM)
WHOLE = ("the statistics were taken over the whole array",
    "Should a row's output change when another row does?", LAYER_NORM)


def wrong_rms(row: str, eps: str, root: str, largest: str) -> list[Any]:
    """What can go wrong with the RMS that the solution divides h by: it is ``root`` of h's mean
    square over ``row`` and ``eps``; ``largest`` is a method of h."""
    mean = f"(h * h).mean({row})"
    size, spread = root.format(f"{mean} + {eps}"), f"((h - h.mean({row})) ** 2).sum({row})"
    return [
        (edit("h = h / ", f"h = h - h.mean({row})\n    h = h / "), *IS_LAYER_NORM),
        (edit(mean, f"(h * h).sum({row})"), *SUM_FOR_MEAN),
        (edit(size, f"({mean} + {eps})"), *NO_ROOT),
        (instead(mean, *(f"{spread} / (h.shape[-1] - {k})" for k in (0, 1))), *STD_FOR_RMS),
        (edit(mean, f"(h * h).sum({row}) / (h.shape[-1] - 1)"), *D_MINUS_1),
        (edit("h / ", "h * "), *MULTIPLIED),
        (edit(size, f"(abs(h).mean({row}) + {eps})"), *MEAN_OF_ABS),
        (instead(size, root.format(f"h.mean({row}) ** 2 + {eps}"), f"(abs(h.mean({row})) + {eps})"),
         *SQUARE_OF_MEAN),
        (instead(size, f"(abs(h).{largest}({row}) + {eps})", f"(h.{largest}({row}) + {eps})"),
         *LARGEST),
        (edit(size, f"({root.format(mean)} + {eps})"), *EPS_OUTSIDE),
        (edit(f"+ {eps})", f"+ {eps}**2)"), *EPS_SQUARED),
    ]
