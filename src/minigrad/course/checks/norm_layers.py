"""Checks of lab 02's layers: what they learn, where it starts, and what they make of x."""

from typing import Any

import numpy as np

from minigrad.course.check import Probe, check, demand, drawn, edit, instead, probe, solutions, some
from minigrad.course.checks.tensors import by, each, rows, tensor, weight

lab = solutions("02_norm_ablation")


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


# fmt: off
STARTS_ELSEWHERE = ("the layer does not start as the plain norm", "Which weight leaves x̂ as it is?")


def of_any(**filled: str) -> list[Any]:
    """What can go wrong in both layers, by the name of a parameter and what it begins with."""
    others = {"weight": "gamma", "bias": "beta"}
    return [
        (some(*((f"{fill}(dim)", f"{fill}(1)") for fill in filled.values())),
         "one number for all features, not one for each",
         "Each feature has its own scale. How many weights is that?"),
        (some(*((f"self.{name}", f"self.{others[name]}") for name in filled)),
         "a parameter has another name than weight and bias",
         "Under which names would weights from a file be looked for?"),
        (some(*((f"nn.Parameter(minigrad.{fill}(dim))", f"minigrad.{fill}(dim)")
                for fill in filled.values())),
         "the optimizer cannot see it: it is not an nn.Parameter",
         "What does model.parameters() list?"),
        (instead("s(dim)", "s(1, dim)", "s(dim, 1)", "s(dim, dim)"),
         "a parameter has another shape than (dim,)",
         "How many numbers does each hold?"),
        (edit(", self.eps)", ")"),
         "eps is not handed on to the norm",
         "A caller asks for RMSNorm(dim, eps=0.1). Where does self.eps go?"),
        (some(*((f"self.{name}, ", f"minigrad.{fill}(1), ") for name, fill in filled.items())),
         "forward does not use what the layer learns",
         "Which of self.weight and self.bias stands in forward?"),
        (some(*((f"{fill}(dim)", f"{fill}(dim), requires_grad=False") for fill in filled.values())),
         "no gradient reaches the parameter: it would never be learned",
         "What does requires_grad=False say to backward? And .data, or detach?"),
    ]


CHECKS = {
    "RMSNorm": check(lab.RMSNorm, layer_probes("weight"), [
        (edit("self.weight =", "self.bias = nn.Parameter(minigrad.zeros(dim)); self.weight ="),
         "2d parameters: RMSNorm has no bias",
         "What would a bias put back that RMSNorm never took off?"),
        (instead("nn.Parameter(minigrad.ones(dim))", "dim", "None"),
         "the weight is no Tensor at all",
         "What does the layer learn, and how many numbers is that?"),
        (instead("ones(dim)", "zeros(dim)", "ones(dim) / dim"), *STARTS_ELSEWHERE),
        *of_any(weight="ones"),
        ("layer_norm(x, self.weight, minigrad.zeros(1), self.eps)",
         "forward is LayerNorm's",
         "Which of the two functions does RMSNorm stand for?"),
    ]),
    "LayerNorm": check(lab.LayerNorm, layer_probes("weight", "bias"), [
        (edit("nn.Parameter(minigrad.zeros(dim))", "0.0"),
         "there is no bias: LayerNorm learns one",
         "What puts a mean back that the norm took off?"),
        ([edit("ones(dim)", "zeros(dim)"), edit("zeros(dim)", "ones(dim)"),
          edit("ones(dim)", "@", "zeros(dim)", "ones(dim)", "@", "zeros(dim)")], *STARTS_ELSEWHERE),
        *of_any(weight="ones", bias="zeros"),
        (edit("self.weight, self.bias,", "self.bias, self.weight,"),
         "weight and bias are swapped",
         "In which order does layer_norm take them?"),
    ]),
}
