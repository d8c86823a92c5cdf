"""Checks of the warm-up: the cross-entropy and its gradient."""

from typing import Any

import numpy as np

from minigrad.course.check import check, drawn, edit, instead, probe, solutions

lab = solutions("autograd")


def rows(n: int, classes: int, scale: float = 2.0) -> Any:
    """Draws logits and labels."""
    return lambda rng: (scale * rng.normal(size=(n, classes)), rng.integers(0, classes, n))


def logits(values: Any, *labels: int) -> tuple[Any, Any]:
    return np.array(values, dtype=float), np.array(labels)


OWN = "log_p[np.arange(len(labels)), labels]"
TAKEN = "p[np.arange(len(labels)), labels] -= 1"
ONE_HOT = "np.eye(logits.shape[1])[labels]"
BOTH_LARGE = logits([[1000.0, 0.0], [0.0, 0.0]], 1, 0)

# fmt: off
OVER_ALL = ("divided by N·C; only N rows have a loss",
    "How many terms does the sum over the labels have?")
OVER_CLASSES = ("divided by the number of classes, not of rows",
    "The loss is a mean over what: over rows, or over columns?")
OTHER_AXIS = ("softmax over the rows of a batch, not over the classes of a row",
    "Along which axis must the probabilities sum to 1?")
COLUMNS = ("[:, labels] takes whole columns, not one entry per row",
    "What is the shape of logits[:, labels]? Which index pairs row i with labels[i]?")
OVERFLOW = ("exp overflowed",
    "softmax(z) = softmax(z − c) for any c. Which c makes the largest exponent 0?")
UNDERFLOW = ("exp became 0 before the logarithm was taken, or before the division",
    "e^(−1000) is 0 in floating point. Which sum of exponentials, with which maximum taken "
    "off, is never 0?")

CHECKS = {
    "cross_entropy": check(lab.cross_entropy, [
        probe("the loss of two rows of ten equal logits", *logits(np.zeros((2, 10)), 3, 7)),
        probe("the loss of [[2, 0, 0], [0, 0, 5]] for labels [0, 2]",
            *logits([[2, 0, 0], [0, 0, 5]], 0, 2)),
        drawn("the loss of five rows of four logits", rows(5, 4)),
        drawn("the loss of one row of three logits", rows(1, 3)),
        drawn("the loss of three rows of three logits", rows(3, 3)),
        probe("the loss of [100, 0] for label 1", *logits([[100.0, 0.0]], 1)),
        probe("the loss of [1000, 0] for label 0", *logits([[1000.0, 0.0]], 0)),
        probe("the loss of [[1000, 0], [0, 0]] for labels [1, 0]", *BOTH_LARGE),
        probe("the loss of [−1000, −1001] for label 1", *logits([[-1000.0, -1001.0]], 1)),
    ], [
        (edit(".mean()", ".sum()"),
         "the rows were summed, not averaged",
         "Would the loss of a batch twice as large be twice as large?"),
        (edit(".mean()", ".sum() / logits.size"), *OVER_ALL),
        (edit(".mean()", ".sum() / logits.shape[1]"), *OVER_CLASSES),
        (f"{OWN}.mean()",
         "the sign is wrong: a probability below one has a negative logarithm",
         "A loss should fall as the right class becomes likelier. Does yours?"),
        (edit("log_p = z -",
              "z = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)\n    log_p = z -"),
         "softmax was applied twice",
         "Is what you hand to the last step a row of logits, or already probabilities?"),
        (edit("[np.arange(len(labels)), labels]", "[:, labels]"), *COLUMNS),
        ([f"-np.log(np.exp({OWN}) + {e}).mean()" for e in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)],
         "the probability was clipped or shifted before the logarithm: the loss stops growing",
         "log softmax = z − logsumexp(z). Where would a small number ε still be needed?"),
        (edit(" - logits.max(axis=1, keepdims=True)", ""), *OVERFLOW),
        ([edit("logits.max(axis=1, keepdims=True)", "logits.max()"),
          edit("logits.max(axis=1, keepdims=True)", "logits.max()", f"-{OWN}",
               f"-np.log(np.exp({OWN}) + 1e-12)")], *UNDERFLOW),
        (edit("axis=1", "axis=0"), *OTHER_AXIS),
        ([instead("np.exp(z).sum(axis=1, keepdims=True)", "np.exp(z).sum(axis=1)",
                  "np.exp(z).sum()"),
          instead("logits.max(axis=1, keepdims=True)", "logits.max(axis=0)", "logits.max(axis=1)")],
         "one of the rows' sums or maxima meets other rows",
         "Which shape must a number per row have, to line up with the rows?"),
        (f"-np.exp({OWN}).mean()",
         "minus the probability, not minus its logarithm",
         "What is the loss of a sure and right answer? Of a sure and wrong one?"),
        ("-log_p[np.arange(len(labels)), logits.argmax(1)].mean()",
         "the class the model likes best, not the label",
         "Which class's probability does the loss ask for?"),
        (edit("log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))", "log_p = z"),
         "the logarithm of the sum is missing: these are logits, not log-probabilities",
         "By what must the exponentials be divided so that they sum to 1?"),
        ("-log_p.sum(axis=1).mean()",
         "the sum over all classes, not the label's own",
         "Which of the probabilities does the loss look at?"),
        ("((z - log_p)[:, 0] - logits[np.arange(len(labels)), labels]).mean()",
         "the maximum was not put back: log Σ exp(z − m) is m too small",
         "ln Σ e^(z − m) = ln Σ e^z − m. Which z must then be taken off?"),
        (f"((np.exp(log_p) - {ONE_HOT}) ** 2).mean()",
         "a squared error, not −ln p",
         "What does a sure and wrong answer cost: 2, or more?"),
        (f"-np.log(1 - np.exp({OWN})).mean()",
         "−ln(1 − p) in place of −ln p",
         "A sure and right answer: should it cost 0 or infinity?"),
        (f"np.median(-{OWN})",
         "the median of the rows, not their mean",
         "Does the docstring ask for a mean?"),
        (f"(-{OWN} - (np.log(1 - np.exp(log_p) + 1e-12) * (1 - {ONE_HOT})).sum(axis=1)).mean()",
         "−ln(1 − p) of the other classes was added: that is for classes that may all be right",
         "Exactly one class is right. Whose probability is asked for?"),
        (edit("np.exp(z).sum(", "np.exp(z).mean("),
         "the exponentials were averaged, not summed",
         "By what must the exponentials be divided so that they sum to 1?"),
        (edit("z - np.log(np.exp(z)", "z - np.log2(np.exp(z)"),
         "the logarithm is to base 2",
         "Which logarithm undoes exp?"),
    ]),
    "cross_entropy_backward": check(lab.cross_entropy_backward, [
        probe("the gradient for [[2, 0, 0], [0, 0, 5]], labels [0, 2]",
            *logits([[2, 0, 0], [0, 0, 5]], 0, 2)),
        drawn("the gradient for five rows of four logits", rows(5, 4)),
        drawn("the gradient for three rows of three logits", rows(3, 3)),
        drawn("the gradient for one row of three logits", rows(1, 3)),
        probe("the gradient for logits [1000, 0], label 0", *logits([[1000.0, 0.0]], 0)),
        probe("the gradient for [[1000, 0], [0, 0]], labels [1, 0]", *BOTH_LARGE),
    ], [
        ([edit(TAKEN, ""), edit(TAKEN, "", "/ len(labels)", "")],
         "the one-hot labels were not subtracted: these are the probabilities",
         "Adding a constant to a row of logits changes no loss. What must a row of the gradient "
             "sum to?"),
        ("p",
         "the division by the number of rows is missing",
         "The loss is a mean over N rows. What does each row's share of the gradient carry?"),
        ([edit("return p /", "return -p /"), "-p"],
         "the sign is turned round: labels less probabilities",
         "Gradient descent must raise the right logit. Which sign must its gradient have?"),
        (edit("/ len(labels)", "/ logits.size"), *OVER_ALL),
        (edit("/ len(labels)", "/ logits.shape[1]"), *OVER_CLASSES),
        ([edit("axis=1", "axis=0"), edit("z.sum(axis=1", "z.sum(axis=0")], *OTHER_AXIS),
        ([edit(TAKEN, "p[:, labels] -= 1"),
          edit(TAKEN, "np.subtract.at(p, (slice(None), labels), 1)")], *COLUMNS),
        (edit(" - logits.max(axis=1, keepdims=True)", ""), *OVERFLOW),
        (edit("logits.max(axis=1, keepdims=True)", "logits.max()"), *UNDERFLOW),
        (edit("z / z.sum(axis=1, keepdims=True)", "z"),
         "the exponentials were not divided by their sum",
         "What must the probabilities of a row sum to?"),
        (edit(TAKEN, "p = p * (1 - p)"),
         "p (1 − p), the slope of a sigmoid, not that of the loss",
         "By what does logsumexp grow with one logit? And the term of the label?"),
        (edit(TAKEN, f"p = np.log(p); {TAKEN}"),
         "log-probabilities stand where probabilities are meant",
         "What is the derivative of logsumexp: p, or ln p?"),
        (edit(TAKEN, f"p /= len(labels)\n    {TAKEN}", "p / len(labels)\n", "p\n"),
         "the one-hot labels were not divided by the number of rows",
         "What must a row of the gradient sum to?"),
        ([edit("labels] -= 1", "labels] -= 1\n    p *= z / z.sum(axis=1, keepdims=True)"),
          edit(TAKEN, "p = -np.eye(len(p[0]))[labels] / p")],
         "only one of softmax and logarithm was differentiated",
         "By the logits, not by p: what does softmax's own slope make of −1/p?"),
        (edit(TAKEN, "p = p - labels[:, None]"),
         "the label's number was taken off every entry",
         "A label says which entry it is. What must be taken off that one alone?"),
        (edit("/ len(labels)", "/ max(1, len(labels) - 1)"),
         "divided by the number of rows less one",
         "How many rows' losses does the mean average?"),
        (edit("labels] -= 1", "labels] += 1"),
         "1 was added at the label, not taken off",
         "What must a row of the gradient sum to?"),
        (edit("labels] -= 1", "labels] = (p[np.arange(len(labels)), labels] - 1) / len(labels)",
              "return p / len(labels)", "return p"),
         "only the labels' entries were divided by the number of rows",
         "The loss is a mean over N rows. Which of its gradients carry the 1/N?"),
        (f"np.where({ONE_HOT}, p, 0) / len(labels)",
         "only the labels' entries have a gradient; all the others are zero",
         "A wrong class's logit grows: does the loss?"),
    ]),
}
