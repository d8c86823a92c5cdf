"""A step's memory goes with its last user: no cycle, no leak, nothing kept without need."""

import gc
import json
import os
import subprocess
import sys
import weakref

import pytest

import minigrad as mg
from minigrad import nn, optim

TRAIN = """
import gc, json, sys
gc.disable()
try:
    import resource
except ImportError:  # Windows
    resource = None
import tracemalloc
import minigrad as mg
from minigrad import nn, optim

mg.manual_seed(0)
net = nn.Sequential(
    nn.Linear(32, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, 64), nn.RMSNorm(64), nn.ReLU(),
    nn.Dropout(0.1), nn.Linear(64, 4),
)
optimizer = optim.AdamW(net.parameters(), lr=1e-3)
x, labels = mg.randn(128, 32), mg.randint(0, 4, (128,))

def steps(n):
    for _ in range(n):
        at = mg.randint(0, 128, (64,))
        hidden = net(x[at])
        weights = nn.functional.scaled_dot_product_attention(hidden, hidden, hidden)
        loss = nn.functional.cross_entropy(hidden + weights, labels[at])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

traced = sys.argv[1] == "traced"
gc.collect()
if traced:
    tracemalloc.start()

def size():
    if traced:
        assert gc.collect() == 0  # finds no cycle, and empties Python's own lists of free objects
        return tracemalloc.get_traced_memory()[0]
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

steps(10)
early = size()
steps(int(sys.argv[2]))
print(json.dumps([early, size()]))
"""


def sizes(kind, steps):
    run = subprocess.run(
        [sys.executable, "-c", TRAIN, kind, str(steps)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return json.loads(run.stdout)


@pytest.mark.skipif(sys.platform == "win32", reason="the resident size is read with resource")
def test_after_1000_steps_with_the_collector_off_the_process_is_no_larger_than_after_10():
    early, late = sizes("resident", 990)
    unit = 1 if sys.platform == "darwin" else 1024
    assert (late - early) * unit < 2**20  # one step's leak of 1 KB would be 1 MB


def test_python_and_numpy_hold_no_more_after_200_steps_than_after_10():
    early, late = sizes("traced", 190)
    assert late - early < 10_000  # 50 bytes a step


def step(net, optimizer, x, labels):
    loss = nn.functional.cross_entropy(net(x), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def test_a_training_step_leaves_nothing_for_the_collector():
    net = nn.Sequential(nn.Linear(4, 8), nn.LayerNorm(8), nn.GELU(), nn.Dropout(), nn.Linear(8, 3))
    optimizer = optim.Adam(net.parameters())
    x, labels = mg.randn(5, 4), mg.tensor([0, 1, 2, 0, 1])
    step(net, optimizer, x, labels)
    while gc.collect():  # what earlier tests left behind may take several rounds
        pass
    gc.disable()
    try:
        step(net, optimizer, x, labels)
        with pytest.raises(ValueError):
            net(mg.randn(5, 3))  # an error on the way leaves none either, once it is handled
        loss = nn.functional.mse_loss(net(x), mg.zeros(5, 3))  # and a graph that is dropped
        del loss
        assert gc.collect() == 0
    finally:
        gc.enable()


# -- what an op keeps ------------------------------------------------------------------------------

KEEPS_NOTHING = {
    "add": lambda h: h + mg.ones(3),
    "sub": lambda h: mg.ones(3) - h,
    "mul by a number": lambda h: h * 2,
    "div by a number": lambda h: h / 2,
    "neg": lambda h: -h,
    "sum": lambda h: h.sum(0),
    "mean": lambda h: h.mean(1, keepdim=True),
    "cumsum": lambda h: h.cumsum(0),
    "reshape": lambda h: h.reshape(3, 2).sum(),
    "transpose": lambda h: h.t().sum(),
    "expand": lambda h: h.expand(4, 2, 3).sum(),
    "cat": lambda h: mg.cat([h, mg.ones(2, 3)]),
    "stack": lambda h: mg.stack([h, h]),
    "repeat": lambda h: h.repeat(2, 1),
    "getitem": lambda h: h[mg.tensor([0, 0])],
    "gather": lambda h: mg.gather(h, 0, mg.zeros(1, 3).long()),
    "masked_fill": lambda h: h.masked_fill(mg.ones(2, 3) > 0, 1.0),
    "where": lambda h: mg.where(mg.ones(2, 3) > 0, h, 0.0),
    "tril": lambda h: mg.tril(h),
    "clone": lambda h: h.clone(),
    "to": lambda h: h.double(),
    "exp keeps its result alone": lambda h: h.exp(),
    "softmax keeps its result alone": lambda h: h.softmax(0),
    "relu keeps its result alone": lambda h: h.relu(),
    "layer_norm keeps the normalized rows": lambda h: nn.functional.layer_norm(h, (3,)),
    "rms_norm keeps the normalized rows": lambda h: nn.functional.rms_norm(h, (3,)),
    "cross_entropy keeps its log-probabilities": lambda h: nn.functional.cross_entropy(
        h, mg.tensor([0, 1])
    ),
}


@pytest.mark.parametrize("name", KEEPS_NOTHING)
def test_the_input_goes_where_no_gradient_needs_it(name):
    hidden = mg.randn(2, 3, requires_grad=True) * 1
    array = weakref.ref(hidden.array)
    out = KEEPS_NOTHING[name](hidden)
    assert out.requires_grad
    del hidden
    assert array() is None


def test_what_needs_no_gradient_is_not_kept_for_one():
    """The gradient of the data into the first layer is never computed, nor is what it needs."""
    data, w = mg.randn(4, 3), mg.randn(3, 2, requires_grad=True)
    out = data @ w
    assert len(out.grad_fn.edges) == 1
    array = weakref.ref(w.array)
    del w
    assert array() is not None  # the leaf itself is held: its gradient has to arrive somewhere
    del out
    assert array() is None


def test_backward_lets_go_of_each_result_as_soon_as_it_is_used():
    x = mg.randn(3, requires_grad=True)
    early = x.exp()
    late = early.exp()
    array = weakref.ref(late.array)
    seen = []
    early.register_hook(lambda g: seen.append(array() is None))
    out = late.sum()
    del early, late
    assert array() is not None
    out.backward()
    assert seen == [True]
    assert out.grad_fn.edges[0][0].edges is None


def test_results_under_no_grad_are_freed_at_once():
    with mg.no_grad():
        hidden = mg.randn(3, requires_grad=True).exp()
        array = weakref.ref(hidden.array)
        out = hidden * hidden
        del hidden
        assert array() is None
    assert out.grad_fn is None
