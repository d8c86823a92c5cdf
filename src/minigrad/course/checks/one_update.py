"""Checks of lab 10: one update, sharpness, and width."""

from typing import Any

import numpy as np

from minigrad.course.check import apply, check, drawn, edit, instead, probe, solutions, some, then

lab = solutions("10_one_update")


def matrix(n: int, m: int, size: float = 1.0) -> Any:
    return lambda rng: (size * (rng.normal(size=(n, m)) + 0.5),)


def hessian(*values: float) -> Any:
    """Draws a symmetric matrix with these eigenvalues, and a vector to begin with."""

    def draw(rng: np.random.Generator) -> Any:
        basis, _ = np.linalg.qr(rng.normal(size=(len(values),) * 2))
        return basis @ np.diag(values) @ basis.T, basis @ np.ones(len(values)) * 2

    return draw


def rounds(function: Any, h: Any, v: Any, steps: int) -> Any:
    """The value, and how often the product was asked for."""
    asked = []

    def hvp(v: Any) -> Any:
        asked.append(0)
        return h @ v

    return {"value": apply(function, hvp, v, steps), "products": len(asked)}


STEPS = ("gradient\n", "np.sign(gradient)", "(u @ vt)")
ADAM, ROUNDS = "-lr * np.sign(gradient)", "range(steps)"

# fmt: off
CHECKS = {
    "first_update": check(lab.first_update, [
        *(drawn(f"{{1}}, lr 0.1, a gradient of {n} × {m}", then(matrix(n, m), o, 0.1))
          for n, m in ((3, 3), (4, 2), (2, 5)) for o in ("sgd", "adam", "muon")),
        probe("adam, lr 0.1, a gradient with a zero in it",
              np.array([[3.0, 0.0], [-2.0, 1.0]]), "adam", 0.1),
    ], [
        (some(*((f"-lr * {step}", f"lr * {step}") for step in STEPS)),
         "the step goes uphill",
         "The gradient points to where the loss grows. Which way is down?"),
        (instead(ADAM, "-lr * gradient", "-lr * gradient / np.abs(gradient).max()"),
         "Adam's step has the gradient's size in it",
         "m̂ = g and v̂ = g² after one step. What is m̂ / √v̂, entry by entry?"),
        (instead(ADAM, *(f"{ADAM} / {n}" for n in ("gradient.size", "np.sqrt(gradient.size)",
                                                   "np.linalg.norm(gradient)"))),
         "Adam's step was divided by a size: every entry is lr, or −lr",
         "What is g / √(g²) of one entry, however many there are?"),
        (instead(ADAM, "-lr * gradient / np.linalg.norm(gradient)",
                 "-lr * np.sign(gradient.sum()) * np.ones_like(gradient)"),
         "Adam divides entry by entry, not by one number for all",
         "How many numbers are there in v?"),
        (["-lr * (u @ np.diag(_) @ vt)", "-lr * (u @ np.diag(_) @ vt) / _[0]",
          "-lr * gradient / np.linalg.norm(gradient)"],
         "Muon's step still has the gradient's singular values",
         "U S Vᵀ with every singular value 1: what is left?"),
        (instead("u @ vt", "u @ vt.T", "u.T @ vt", "vt @ u",
                 "u @ (vt.T if len(u) == len(vt.T) else vt)", "(u @ vt).T"),
         "U or Vᵀ stands on the wrong side, or is transposed once more",
         "What does np.linalg.svd return third: V, or Vᵀ already?"),
        (edit(", full_matrices=False", ""),
         "U and Vᵀ are whole squares, which do not fit together",
         "U S Vᵀ of a 4 × 2 matrix: how many singular values, and so columns of U?"),
        ("-lr * np.sign(gradient)",
         "Muon is given Adam's step",
         "Which of the two looks at entries, and which at directions?"),
        (some(*((f"-lr * {step}", f"-{step}") for step in STEPS)),
         "the rate is missing",
         "What does lr = 0 leave of a step?"),
        (edit("-lr * gradient\n", "-lr * np.sign(gradient)\n"),
         "SGD's step has lost the gradient's size",
         "Twice the gradient: how long is SGD's step?"),
    ]),
    "newton_schulz": check(lab.newton_schulz, [
        *(drawn(f"{n} × {m}, {k} steps with Muon's numbers",
                then(matrix(n, m, 3.0), k, 3.4445, -4.775, 2.0315))
          for n, m in ((3, 3), (2, 5)) for k in (1, 5)),
        drawn("2 × 4, no step", then(matrix(2, 4), 0, 2.0, -1.5, 0.5)),
        drawn("3 × 4, 2 steps with a = 2, b = −1.5, c = 0.5",
              then(matrix(3, 4), 2, 2.0, -1.5, 0.5)),
    ], [
        (edit("g / np.linalg.norm(g)", "g"),
         "g is not divided by its norm first",
         "as + bs³ + cs⁵ with s = 100: does that come near 1?"),
        (instead("np.linalg.norm(g)", "np.abs(g).max()", "np.linalg.norm(g, 2)",
                 "np.linalg.norm(g, axis=1, keepdims=True)", "np.linalg.norm(g) ** 2"),
         "another norm than Frobenius' is taken",
         "The root of the sum of all squares: over rows, or over everything?"),
        (instead("c * (gram @ gram)", "c * gram**2", "c * gram"),
         "(XXᵀ)² is a product of matrices, not of entries",
         "What does ** do to a NumPy array, and what is @ for?"),
        (edit("(b * gram + c * (gram @ gram)) @ x", "b * x**3 + c * x**5"),
         "entries were raised to powers, not singular values",
         "(XXᵀ)X: which kind of product is it?"),
        ([edit("a * x + (b", "(b"), edit("a * x + (b * gram + c * (gram @ gram)) @ x", "a * x"),
          instead("b * gram + c * (gram @ gram)", "b * gram", "c * (gram @ gram)")],
         "one of the three terms is missing",
         "Which power of s does each of a, b and c stand at?"),
        (instead(ROUNDS, "range(1)", "range(steps + 1)", "range(max(steps - 1, 0))", "range(5)"),
         "the number of rounds is not `steps`",
         "How often is the iteration taken for steps = 1?"),
        (edit("        gram = x", "        x = x / np.linalg.norm(x)\n        gram = x"),
         "X is divided by its norm in every round",
         "How often does the docstring divide by the Frobenius norm?"),
        (edit("    for _ in range(steps):\n        gram = x @ x.T",
              "    gram = x @ x.T\n    for _ in range(steps):"),
         "XXᵀ is that of the first X in every round",
         "What has happened to X since XXᵀ was computed?"),
        ("(lambda u, s, vt: u @ vt)(*np.linalg.svd(g, full_matrices=False))",
         "this is U Vᵀ itself, by a decomposition; the iteration comes only near it",
         "What is s = 0.1 after one round of as + bs³ + cs⁵?"),
    ]),
    "power_iteration": check(lab.power_iteration, [
        *(drawn(f"eigenvalues 5, 1, −2, {k} rounds", then(hessian(5.0, 1.0, -2.0), k), rounds)
          for k in (1, 2, 40, 600)),
        drawn("eigenvalues −4, 1, 2, 40 rounds", then(hessian(-4.0, 1.0, 2.0), 40), rounds),
    ], [
        (instead("v @ moved / (v @ v)", "np.linalg.norm(moved)", "abs(v @ moved / (v @ v))",
                 "np.linalg.norm(moved) / np.linalg.norm(v)"),
         "the value has lost its sign: it is the length of Hv",
         "In vᵀHv / vᵀv, is the v on the left the one that H was applied to?"),
        (instead("v @ moved / (v @ v)", "v @ moved", "v @ moved / (v @ v) ** 0.5"),
         "vᵀHv is not divided by vᵀv: right only where v has length 1",
         "What is vᵀHv if v is twice as long?"),
        (instead("v @ moved / (v @ v)", "moved @ moved / (v @ moved)", "moved @ moved / (v @ v)"),
         "Hv stands on both sides: this is (Hv)ᵀHv",
         "In vᵀHv / vᵀv, how often is H applied?"),
        (edit("v = moved / np.linalg.norm(moved)", "v = moved"),
         "the next vector is not given length 1",
         "After many rounds with an eigenvalue of 5: how long is it?"),
        (edit("v = moved / np.linalg.norm(moved)", "v = v / np.linalg.norm(v)"),
         "the vector never changes",
         "Which vector lies nearer to the largest eigenvalue's: v or Hv?"),
        (edit("value = v @ moved / (v @ v)\n        v = moved / np.linalg.norm(moved)",
              "v = moved / np.linalg.norm(moved)\n        value = v @ hvp(v) / (v @ v)"),
         "two products are taken in a round",
         "A product costs two backward passes. Which one do value and next vector share?"),
        (instead("range(steps)", "range(steps + 1)", "range(1)", "range(max(steps - 1, 0))"),
         "the number of rounds is not `steps`",
         "How many products are there in `steps` rounds?"),
    ]),
    "mup": check(lab.mup, [
        *(probe(f'mup("{layer}", {n}, {base})', layer, n, base)
          for layer in ("input", "hidden", "output") for n, base in ((512, 32), (32, 128))),
    ], [
        (instead("1.0, 1.0", "share**0.5, share", "1.0, share", "share**0.5, 1.0", "share, share",
                 "1.0, 1 / share", "share, 1.0"),
         "the input layer is treated as a hidden one",
         "How many numbers does the input layer read when the network is wider?"),
        (instead("share, share", "share**2, share", "share**1.5, share", "1.0, share",
                 "1 / share, share"),
         "the output's std does not go as 1/width",
         "Its variance goes as 1/width². And its std?"),
        (edit('share**0.5 if layer == "hidden" else share', "share**0.5"),
         "the output's std goes as that of a hidden matrix",
         "Its variance goes as 1/width². And its std?"),
        (edit('share**0.5 if layer == "hidden" else share', "share"),
         "a hidden matrix's std goes as 1/width, as its variance is to",
         "Its variance goes as 1/width. And its std?"),
        ('share if layer == "hidden" else share**2, share',
         "these are variances, where stds are asked for",
         "What is the std of a variance of 1/16?"),
        (edit("base / width", "width / base"),
         "width and base have changed places",
         "Is the rate of a wider network larger, or smaller?"),
        (instead("else share, share", 'else share, share if layer == "hidden" else 1.0',
                 'else share, 1.0 if layer == "hidden" else share', "else share, 1.0",
                 "else share, share**0.5", "else share, share**2"),
         "the rate of what reads `width` neurons does not go as 1/width",
         "Adam moves each of n weights by lr, all one way. How far does their sum go?"),
        (lambda *given: lab.mup(*given)[::-1],
         "the pair stands in the other order",
         "What does the docstring give first, the std or the rate?"),
        (edit('layer == "hidden"', 'layer != "hidden"'),
         "hidden and output have changed places",
         "Which of the two has a variance of 1/width²?"),
    ]),
}
