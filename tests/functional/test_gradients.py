"""Every differentiable op against central differences in float64, on the table of cases."""

import ast
import importlib
import inspect
from pathlib import Path

import minigrad as mg
from minigrad import functional
from minigrad.autograd import gradcheck
from minigrad.functional.operators import METHODS
from tests.each import each
from tests.functional.cases import CASES, NAMED
from tests.functional.inputs import apply, convert, leaves

FOLDER = Path(functional.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("[a-z]*.py") if path.stem != "parts")

# what is public in functional/ and has no gradient, by the reason why
NO_GRADIENT = {
    "comparisons and tests give booleans": "eq ne lt le gt ge isnan isfinite all any "
    "logical_not logical_and logical_or",
    "positions and labels are integers": "argmax argmin one_hot",
    "new tensors depend on none": "tensor from_numpy full zeros ones empty arange linspace eye "
    "rand randn randint randperm bernoulli zeros_like ones_like empty_like full_like rand_like "
    "randn_like randint_like",
    "filling forgets what was there": "fill_ zero_ normal_ uniform_",
    "what NumPy calls, tested in test_numpy_protocol.py": "array_ufunc array_function",
    "the dtype changes, so tested in test_operands.py": "to floating",
    "helpers between modules, no ops": "require_tensor require_floating operands shared sizes "
    "require_number check_range split_index pick put along wide check_leaf write autocast "
    "in_float32 normal_cdf normal_pdf binary numpy_names share root_of same_place replace "
    "converter",
    "it cuts the graph": "detach",
    "the checker itself": "gradcheck",
}


def public_functions():
    """Every public function defined in functional/."""
    for stem in MODULES:
        module = importlib.import_module(f"minigrad.functional.{stem}")
        for name, value in vars(module).items():
            own = inspect.isfunction(value) and value.__module__ == module.__name__
            if own and not name.startswith("_"):
                yield name


def test_every_differentiable_op_has_cases():
    known = set(CASES) | {name for names in NO_GRADIENT.values() for name in names.split()}
    missing = sorted(set(public_functions()) - known)
    assert not missing, f"add cases of {missing} to tests/functional/cases*.py"


def test_the_table_names_no_op_that_is_gone():
    assert set(CASES) <= set(public_functions()) | set(METHODS)


def test_an_op_is_recorded_under_its_own_name():
    """One name leads everywhere: the name in anomaly reports is the function's."""
    for stem in MODULES:
        for function in ast.parse((FOLDER / f"{stem}.py").read_text(encoding="utf-8")).body:
            if not isinstance(function, ast.FunctionDef) or function.name.startswith("_"):
                continue
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "record":
                    assert isinstance(call.args[0], ast.Constant), function.name
                    assert call.args[0].value == function.name


@each(case=NAMED)
def test_the_gradient_is_right(case):
    args, kwargs = convert(mg, case.args), convert(mg, case.kwargs)
    inputs = leaves((args, kwargs))
    assert inputs
    assert gradcheck(lambda *_: apply(mg, case.op, args, kwargs), inputs, atol=1e-7, rtol=1e-6)
