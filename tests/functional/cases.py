"""The one table of cases: op name -> calls of it. Gradients, PyTorch parity, dtypes, memory and
warnings are all tested on these calls, so a new op needs its cases here and nowhere else.

An argument is written once for every engine: a float64 array becomes a tensor that requires a
gradient, an integer or boolean array a plain tensor, a `Seed` a generator; everything else is
passed as it is.
"""

from __future__ import annotations

from tests.functional.cases_arrange import IN_PLACE, INDICES, SHAPES
from tests.functional.cases_compute import (
    ACTIVATIONS,
    ATTENTION,
    ELEMENTWISE,
    LOSSES,
    NORMALIZATIONS,
    PRODUCTS,
    REDUCTIONS,
)
from tests.functional.inputs import Case, is_random

CASES: dict[str, list[Case]] = {
    op: [Case(op, *made) for made in calls]
    for family in (
        ELEMENTWISE,
        ACTIVATIONS,
        REDUCTIONS,
        PRODUCTS,
        NORMALIZATIONS,
        LOSSES,
        ATTENTION,
        SHAPES,
        INDICES,
        IN_PLACE,
    )
    for op, calls in family.items()
}
SHAPES_AND_INDICES = {*SHAPES, *INDICES}  # they move elements, and compute nothing
ALL = [case for cases in CASES.values() for case in cases]
NAMED = {f"{op}-{i}": case for op, cases in CASES.items() for i, case in enumerate(cases)}
FIXED = {name: case for name, case in NAMED.items() if not is_random(case)}
