"""Checks of lab 02's layers: what they learn, where it starts, and what they make of x."""

from typing import Any

import numpy as np

from minigrad.course.check import Probe, check, demand, drawn, edit, instead, probe, solutions, some
from minigrad.course.checks.tensors import by, each, rows, tensor, weight

lab = solutions("02_norm_ablation")

OTHER_SHAPE = ("a parameter has another shape than (dim,)", "How many numbers does each hold?")


def state(layer: Any, dim: int) -> dict[str, Any]:
    """The parameters of a new layer, by name."""
    built = layer(dim)
    if not hasattr(built, "named_parameters"):
        demand(built, "an nn.Module")
    return {name: p.array for name, p in built.named_parameters()}


def applied(layer: Any, x: Any, parameters: dict[str, Any], *eps: float) -> dict[str, Any]:
    """A layer whose parameters have these values: its answer, and the gradients by all of them."""
    built, x = layer(len(parameters["weight"]), *eps), tensor(x, requires_grad=True)
    for name, values in parameters.items():
        getattr(built, name).data = tensor(values)
    out = demand(built(x), "a Tensor")
    leaves = {name: getattr(built, name) for name in parameters}
    return {"its answer": out.array, **by(out, {"x": x, **leaves})}


def layer_probes(*names: str) -> list[Probe]:
    def parameters(rng: np.random.Generator) -> dict[str, Any]:
        return {name: weight(4, np.float32)(rng) for name in names}

    return [
        probe("the parameters of a layer with dim = 4", 4, run=state),
        probe("the parameters of a layer with dim = 1", 1, run=state),
        *(
            drawn(f"a layer with eps = {eps}, applied to x of shape {shape}",
                  each(rows(*shape, dtype=np.float32), parameters, eps), applied, rtol=1e-3,
                  atol=1e-5)
            for shape, eps in (((3, 4), 1e-5), ((2, 3, 4), 0.1))
        ),
        drawn("a layer with the default eps, applied to rows of some 0.001",
              each(rows(3, 4, size=1e-3, dtype=np.float32), parameters), applied, rtol=1e-3,
              atol=1e-5),
    ]  # fmt: skip


ONES, ZEROS = "nn.Parameter(minigrad.ones(dim))", "nn.Parameter(minigrad.zeros(dim))"

# fmt: off
SCALAR = ("one number for all features, not one for each",
    "Each feature has its own scale. How many weights is that?")
UNREGISTERED = ("the optimizer cannot see it: it is not an nn.Parameter",
    "What does model.parameters() list?")
STARTS_ELSEWHERE = ("the layer does not start as the plain norm", "Which weight leaves x̂ as it is?")
EPS_DROPPED = ("eps is not handed on to the norm",
    "A caller asks for RMSNorm(dim, eps=0.1). Where does self.eps go?")
NOT_USED = ("forward does not use what the layer learns",
    "Which of self.weight and self.bias stands in forward?")
FROZEN = ("no gradient reaches the parameter: it would never be learned",
    "What does requires_grad=False say to backward? And .data, or detach?")
OTHER_NAME = ("a parameter has another name than weight and bias",
    "Under which names would weights from a file be looked for?")

CHECKS = {
    "RMSNorm": check(lab.RMSNorm, layer_probes("weight"), [
        (edit("self.weight = nn", f"self.bias = {ZEROS}\n        self.weight = nn"),
         "2d parameters: RMSNorm has no bias",
         "What would a bias put back that RMSNorm never took off?"),
        (edit("ones(dim)", "ones(1)"), *SCALAR),
        (edit("self.weight", "self.gamma"), *OTHER_NAME),
        (instead(ONES, "dim", "None"),
         "the weight is no Tensor at all",
         "What does the layer learn, and how many numbers is that?"),
        (edit(ONES, "minigrad.ones(dim)"), *UNREGISTERED),
        (instead("ones(dim)", "zeros(dim)", "ones(dim) / dim"), *STARTS_ELSEWHERE),
        (instead("ones(dim)", "ones(1, dim)", "ones(dim, 1)", "ones(dim, dim)"), *OTHER_SHAPE),
        (edit(", self.eps)", ")"), *EPS_DROPPED),
        (edit("(x, self.weight,", "(x, minigrad.ones(self.weight.shape[0]),"), *NOT_USED),
        (edit("ones(dim))", "ones(dim), requires_grad=False)"), *FROZEN),
        ("layer_norm(x, self.weight, minigrad.zeros(1), self.eps)",
         "forward is LayerNorm's",
         "Which of the two functions does RMSNorm stand for?"),
    ]),
    "LayerNorm": check(lab.LayerNorm, layer_probes("weight", "bias"), [
        (some(("ones(dim)", "ones(1)"), ("zeros(dim)", "zeros(1)")), *SCALAR),
        (some(("self.weight", "self.gamma"), ("self.bias", "self.beta")), *OTHER_NAME),
        (some((ONES, "minigrad.ones(dim)"), (ZEROS, "minigrad.zeros(dim)")), *UNREGISTERED),
        (edit(f"        self.bias = {ZEROS}\n", "        self.bias = 0.0\n"),
         "there is no bias: LayerNorm learns one",
         "What puts a mean back that the norm took off?"),
        ([edit("ones(dim)", "zeros(dim)"), edit("zeros(dim)", "ones(dim)"),
          edit("ones(dim)", "@", "zeros(dim)", "ones(dim)", "@", "zeros(dim)")], *STARTS_ELSEWHERE),
        ([edit("ones(dim)", s, "zeros(dim)", s.replace("ones", "zeros"))
          for s in ("ones(1, dim)", "ones(dim, 1)")], *OTHER_SHAPE),
        (edit(", self.eps)", ")"), *EPS_DROPPED),
        (edit("self.weight, self.bias,", "self.bias, self.weight,"),
         "weight and bias are swapped",
         "In which order does layer_norm take them?"),
        (some(("(x, self.weight,", "(x, minigrad.ones(self.weight.shape[0]),"),
              ("self.bias, self", "minigrad.zeros(1), self")), *NOT_USED),
        (some(("ones(dim))", "ones(dim), requires_grad=False)"),
              ("zeros(dim))", "zeros(dim), requires_grad=False)")), *FROZEN),
    ]),
}
