"""no_grad, enable_grad, set_grad_enabled: nesting, decorators, exceptions, threads."""

import threading

import pytest

import minigrad as mg
from minigrad.core import mode
from minigrad.core.mode import settings


@pytest.fixture
def x():
    return mg.ones(2, requires_grad=True)


def test_nothing_is_recorded_inside_and_everything_after(x):
    with mg.no_grad():
        assert not mg.is_grad_enabled()
        y = x * 2
        with mg.enable_grad():
            z = x * 3
    assert (y.requires_grad, y.grad_fn) == (False, None)
    assert z.requires_grad and mg.is_grad_enabled()


def test_set_grad_enabled(x):
    for enabled in (True, False):
        with mg.set_grad_enabled(enabled):
            assert (x * 2).requires_grad is enabled


def test_an_exception_restores_the_mode():
    with pytest.raises(KeyError), mg.no_grad():
        raise KeyError
    assert mg.is_grad_enabled()


def test_as_decorators_that_may_be_called_again_and_within_themselves(x):
    @mg.no_grad()
    def evaluate(depth):
        """Evaluates."""
        assert not mg.is_grad_enabled()
        return evaluate(depth - 1) if depth else x * 2

    @mg.no_grad
    @mg.enable_grad
    def train():
        return x * 2

    assert not evaluate(2).requires_grad
    assert not evaluate(0).requires_grad
    assert train().requires_grad
    assert mg.is_grad_enabled()
    assert (evaluate.__name__, evaluate.__doc__) == ("evaluate", "Evaluates.")


def test_one_object_may_be_entered_again_and_within_itself(x):
    off = mg.no_grad()
    for _ in range(2):
        with off:
            with off:
                assert not (x * 2).requires_grad
            assert not (x * 2).requires_grad
        assert (x * 2).requires_grad


def test_a_generator_records_nothing_and_its_caller_does(x):
    @mg.no_grad()
    def halves(n):
        for _ in range(n):
            y = yield x / 2
            assert not (x * 2).requires_grad
            assert y is None or y.requires_grad
        return n

    for half in halves(2):
        assert not half.requires_grad and (x * 2).requires_grad
    generator = halves(1)
    next(generator)
    with pytest.raises(StopIteration) as end:
        generator.send(x * 2)
    assert end.value.value == 1 and mg.is_grad_enabled()


def test_a_leaf_made_inside_still_asks_for_its_gradient():
    with mg.no_grad():
        w = mg.zeros(2, requires_grad=True)
    (w * 2).sum().backward()
    assert w.grad.tolist() == [2, 2]


def test_backward_works_inside(x):
    y = (x * x).sum()
    with mg.no_grad():
        y.backward()
    assert x.grad.tolist() == [2, 2]


def test_modes_are_each_threads_own(x):
    seen = {}
    entered, checked = threading.Event(), threading.Event()

    def other():
        with mg.no_grad():
            entered.set()
            checked.wait(10)
            seen["other"] = mg.is_grad_enabled()

    thread = threading.Thread(target=other)
    thread.start()
    assert entered.wait(10)
    seen["main"] = mg.is_grad_enabled()
    with mg.no_grad():
        fresh = threading.Thread(target=lambda: seen.update(fresh=mg.is_grad_enabled()))
        fresh.start()
        fresh.join()
    checked.set()
    thread.join()
    assert seen == {"main": True, "other": False, "fresh": True}


def test_anomaly_detection_is_a_mode_of_its_own_thread(x):
    seen = []

    def other():
        seen.append(mg.log(mg.zeros(1)).item())  # would raise under detect_anomaly()

    with mg.detect_anomaly():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen == [-float("inf")]


def test_set_grad_enabled_alone_holds_until_it_is_set_again(x):
    mg.set_grad_enabled(False)
    try:
        assert not (x * 2).requires_grad
        with mg.set_grad_enabled(True):
            assert (x * 2).requires_grad
        assert not mg.is_grad_enabled()
    finally:
        mg.set_grad_enabled(True)
    assert (x * 2).requires_grad


def test_set_grad_enabled_as_a_decorator(x):
    @mg.set_grad_enabled(False)
    def evaluate():
        return (x * 2).requires_grad

    assert mg.is_grad_enabled()
    assert [evaluate(), evaluate(), mg.is_grad_enabled()] == [False, False, True]


def test_unusual_settings_are_counted_over_all_threads():
    """An op looks at its own thread's settings only where the count is not 0."""
    counts = [settings.changed]

    def other():
        with mg.no_grad(), mg.enable_grad():
            counts.append(settings.changed)

    with mg.no_grad(), mg.no_grad(), mg.detect_anomaly():
        counts.append(settings.changed)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        with mg.enable_grad():
            counts.append(settings.changed)
    assert [*counts, settings.changed] == [0, 2, 2, 1, 0]


@pytest.mark.parametrize("leaving", [False, True])
def test_an_interrupt_between_the_two_halves_of_a_change_never_records_unasked(
    monkeypatch, leaving
):
    was, count = mode.settings.changed, mode._count

    def interrupted(step):
        if (step < 0) == leaving:
            raise KeyboardInterrupt
        count(step)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(mode, "_count", interrupted)
        with mg.no_grad():
            pass
    try:
        assert mg.is_grad_enabled() and mode.settings.changed >= was
        with mg.no_grad():
            assert not (mg.ones(1, requires_grad=True) * 2).requires_grad
    finally:
        mode.settings.changed = was
