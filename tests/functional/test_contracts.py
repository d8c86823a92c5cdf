"""What core/graph.py relies on in every op, on the table of cases: the shape, dtype and ownership
of gradients, no cycle, no warning."""

import gc
import warnings

import numpy as np

import minigrad as mg
from minigrad.core.broadcast import unbroadcast
from minigrad.core.graph import Node
from minigrad.core.saved import listed
from tests.each import each
from tests.functional.cases import ALL, NAMED
from tests.functional.inputs import apply, convert, leaves


def run(case, dtype="float64"):
    """(leaves, floating-point outputs) of a case."""
    args = convert(mg, case.args, dtype)
    kwargs = convert(mg, case.kwargs, dtype)
    return leaves((args, kwargs)), [o for o in apply(mg, case.op, args, kwargs) if o.requires_grad]


@each(case=NAMED)
def test_a_vjp_gives_the_inputs_shape_and_dtype_and_owns_what_it_gives(case):
    for dtype in ("float16", "float32", "float64"):
        _, outputs = run(case, dtype)
        assert [str(o.dtype) for o in outputs] == [dtype] * len(outputs)
        todo = [(o.node, np.ones(o.shape, o.dtype)) for o in outputs if o.node is not None]
        while todo:
            node, g = todo.pop()
            g = np.asarray(g)
            g.flags.writeable = False  # the gradient is not the VJP's to write to
            for target, shape, vjp, kept, _ in node.edges:
                saved = listed(kept)
                result = unbroadcast(np.asarray(vjp(g, *saved)), shape)
                held = [a for a in saved if isinstance(a, np.ndarray) and a.size]
                assert not any(np.shares_memory(result, array) for array in held), node
                if isinstance(target, Node):
                    todo.append((target, result))
                else:
                    assert result.dtype == target.dtype, node


@each(case=NAMED)
def test_a_vjp_holds_no_value_that_it_has_not_saved(case):
    """What stands in a closure is neither checked for changes nor differentiated."""
    _, outputs = run(case)
    todo = [o.node for o in outputs if o.node is not None]
    while todo:
        node = todo.pop()
        for target, _, vjp, _, _ in node.edges:
            assert not [a for a in in_closure(vjp) if a.dtype.kind == "f"], node
            todo += [target] if isinstance(target, Node) else []


def in_closure(value):
    """The arrays in a function's closure, those of the functions and lists in it included."""
    if isinstance(value, np.ndarray | mg.Tensor):
        return [np.asarray(getattr(value, "array", value))]
    if isinstance(value, list | tuple):
        return [array for item in value for array in in_closure(item)]
    cells = getattr(value, "__closure__", None) or ()
    return [array for cell in cells for array in in_closure(cell.cell_contents)]


@each(case=NAMED)
def test_no_gradient_shares_memory_with_another_or_with_the_one_that_came_in(case):
    inputs, outputs = run(case)
    given = [mg.ones(*o.shape, dtype="float64") for o in outputs]
    total = sum((o * v).sum() for o, v in zip(outputs, given, strict=True))
    total.backward(retain_graph=True)
    outputs[0].backward(given[0])
    arrays = [leaf.grad.array for leaf in inputs if leaf.grad is not None]
    arrays += [v.array for v in given] + [leaf.array for leaf in inputs]
    arrays = [a for a in arrays if a.size]
    for i, a in enumerate(arrays):
        assert a.flags.writeable
        assert not any(np.shares_memory(a, b) for b in arrays[:i])


def test_no_op_leaves_a_cycle_behind():
    """With the collector off, reference counts alone free every graph."""
    while gc.collect():  # what earlier tests left behind may take several rounds
        pass
    gc.freeze()  # what is there already need not be searched again for every case
    gc.disable()
    try:
        for case in ALL:
            inputs, outputs = run(case)
            outputs[0].backward(mg.ones(*outputs[0].shape, dtype="float64"))
            del inputs, outputs
            assert gc.collect() == 0, case
    finally:
        gc.enable()
        gc.unfreeze()


@each(case=NAMED)
def test_a_run_that_diverges_is_silent(case):
    """NumPy's warnings are attributed to minigrad's own lines, where they are filtered."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"minigrad\.")
        for size in (0, 1e38, np.inf, np.nan):
            args, kwargs = convert(mg, case.args, "float32"), convert(mg, case.kwargs, "float32")
            for leaf in leaves((args, kwargs)):
                leaf.array[...] = np.copysign(size, leaf.array)
            outputs = [o for o in apply(mg, case.op, args, kwargs) if o.requires_grad]
            outputs[0].backward(mg.ones(*outputs[0].shape))
    assert [(str(w.message), w.filename) for w in caught] == []
