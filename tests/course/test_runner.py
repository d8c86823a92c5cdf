"""The child process: what learners' code does to it, and the sentence they get."""

import signal
import subprocess
import sys
import time

import pytest

from minigrad.course.runner import check_file
from minigrad.course.table import Exercise

CHECKS = "minigrad.course.checks.variance_walk"
GOOD = "import math\ndef linear_moment(q, fan_in, var_w):\n    return fan_in * var_w * q\n"


def judge(tmp_path, code, names=("linear_moment",), limit=10.0, checks=CHECKS):
    file = tmp_path / "exercise.py"
    file.write_text(code, encoding="utf-8")
    wanted = [Exercise(n, n, 5, "00-motivation.md#the-walk", ("?", "f", "p")) for n in names]
    return list(check_file(file, checks, wanted, limit))


def test_a_loop_without_end_is_stopped_and_the_others_still_run(tmp_path):
    code = "def linear_moment(q, fan_in, var_w):\n    while True:\n        pass\n"
    code += "def relu_moment(v):\n    return v / 2\n"
    begun = time.monotonic()
    results = judge(tmp_path, code, ("linear_moment", "relu_moment"), limit=1.0)
    assert [r.status for r in results] == ["stopped", "passed"]
    assert "linear_moment: ran for 1 s without an end" in str(results[0])
    assert time.monotonic() - begun < 30


def test_a_file_that_loops_at_import_is_stopped(tmp_path):
    (result,) = judge(tmp_path, "while True: pass\n", limit=1.0)
    assert result.status == "stopped" and "the file ran for 1 s" in result.sentence


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("def linear_moment(q, fan_in, var_w):\n    pass\n", "returned None"),
        ("def linear_moment(q, fan_in, var_w):\n    return 1 / 0\n", "ZeroDivisionError"),
        ("def linear_moment(q, fan_in, var_w):\n    return 1 / 0\n", "in line 2: return 1 / 0"),
        ("def linear_moment(q):\n    return q\n", "TypeError"),
        ("def linear_moment(q, fan_in, var_w)\n    return q\n", "cannot be imported: SyntaxError"),
        ("def linear_moment(q, fan_in, var_w)\n    return q\n", "line 1: def linear_moment"),
        ("import no_such_module\n", "cannot be imported: ModuleNotFoundError"),
        ("x = 1\n", "linear_moment: not in the file: was it renamed?"),
        ("def linear_moment(q, fan_in, var_w):\n    exit()\n", "called exit()"),
        ("def linear_moment(q, fan_in, var_w):\n    input()\n", "asked for input"),
        ("import os\ndef linear_moment(q, fan_in, var_w):\n    os._exit(3)\n", "process ended"),
        (
            "def linear_moment(q, fan_in, var_w):\n    return 'a'\n",
            "linear_moment: returned text, where a number is meant",
        ),
        ("def linear_moment(q, fan_in, var_w):\n    return 63\n", "received 63, expected 64.00"),
    ],
)
def test_what_a_learner_may_write_gets_a_sentence(tmp_path, code, says):
    (result,) = judge(tmp_path, code)
    assert result.status == "failed"
    assert says in str(result)
    assert "Traceback" not in str(result)


def test_what_is_printed_is_shown_and_does_not_fail_a_right_answer(tmp_path):
    code = GOOD.replace("    return", "    print('seen:', q)\n    return")
    (result,) = judge(tmp_path, code)
    assert result.passed
    assert "seen: 3.0" in str(result) and "your code printed" in str(result)


def test_a_loop_that_prints_fills_no_memory(tmp_path):
    code = "def linear_moment(q, fan_in, var_w):\n    while True:\n        print('x' * 1000)\n"
    (result,) = judge(tmp_path, code, limit=1.0)
    assert result.status == "stopped"


def test_an_input_that_is_changed_gets_a_sentence(tmp_path):
    code = (
        "def measured_walk(x, weights, activation):\n    out = []\n"
        "    for w in weights:\n        x[:] = activation(x @ w.T)\n"
        "        out.append((x ** 2).mean())\n    return out\n"
    )
    (result,) = judge(tmp_path, code, ("measured_walk",))
    assert result.status == "failed"
    assert "changes its input (x) in place" in str(result)


def test_a_numpy_array_where_a_tensor_is_meant_gets_a_sentence(tmp_path):
    code = (
        "import numpy as np\ndef rms_norm(x, weight, eps=1e-5):\n    a = x.array\n"
        "    return a / np.sqrt((a * a).mean(-1, keepdims=True) + eps) * weight.array\n"
    )
    checks = "minigrad.course.checks.norm_ablation"
    (result,) = judge(tmp_path, code, ("rms_norm",), checks=checks)
    assert result.status == "failed" and "no gradient could flow back" in str(result)
    assert "rms_norm: returned a NumPy array, where a Tensor is meant" in str(result)


def test_an_exercise_that_calls_one_not_written_says_which(tmp_path):
    code = "def linear_moment(q, fan_in, var_w):\n    raise NotImplementedError\n"
    code += "def predicted_walk(d, n, s, phi):\n    return [linear_moment(1, n, s)] * d\n"
    (result,) = judge(tmp_path, code, ("predicted_walk",))
    assert "calls linear_moment, which is not written yet" in str(result)


def test_a_file_beside_the_exercise_does_not_stand_in_for_a_module(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise RuntimeError\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert judge(tmp_path, GOOD)[0].passed


NODE = (
    "import numpy as np\nclass Node:\n    def __init__(self, value, edges=()):\n"
    "        self.value, self.edges, self.grad = np.asarray(value, dtype=float), edges, None\n"
    "    def __add__(self, o):\n        return Node(self.value + o.value, "
    "[(self, lambda g: g), (o, lambda g: g)])\n"
    "    def __mul__(self, o):\n        return Node(self.value * o.value, "
    "[(self, lambda g: g * o.value), (o, lambda g: g * self.value)])\n"
)
PER_PATH = (
    "def backward(root):\n    nodes, stack = [], [root]\n    while stack:\n"
    "        n = stack.pop()\n        n.grad = None if n.edges else n.grad\n"
    "        stack += [p for p, _ in n.edges]\n"
    "    stack = [(root, np.ones_like(root.value))]\n    while stack:\n"
    "        n, g = stack.pop()\n        n.grad = g if n.grad is None else n.grad + g\n"
    "        stack += [(p, pull(g)) for p, pull in n.edges]\n"
)


def test_exponential_work_is_told_from_a_loop_without_end(tmp_path):
    checks = "minigrad.course.checks.autograd"
    (result,) = judge(tmp_path, NODE + PER_PATH, ("backward",), limit=4.0, checks=checks)
    assert result.status == "stopped" and "doublings" in result.what
    assert "did not finish" in result.sentence and "exponentially" in result.sentence


def test_a_stop_names_what_was_computed(tmp_path):
    code = "def relu_moment(v):\n    while v < 1:\n        pass\n    return v / 2\n"
    (result,) = judge(tmp_path, code, ("relu_moment",), limit=1.0)
    assert "condition ever become false" in result.sentence
    assert "E[relu(z)²]" in str(result)


def test_a_process_left_behind_does_not_hide_the_result(tmp_path):
    code = "import os, subprocess\ndef linear_moment(q, fan_in, var_w):\n"
    code += "    subprocess.Popen(['sleep', '6'])\n    os._exit(1)\n"
    (result,) = judge(tmp_path, code)
    assert "the process ended while linear_moment ran" in result.sentence


def test_a_wrong_exercise_is_blamed_and_not_the_one_that_calls_it(tmp_path):
    code = (
        "import math\ndef fans(shape):\n    return shape[0], shape[1]\n"
        "def xavier_normal(shape, rng, gain=1.0):\n    fan_in, fan_out = fans(shape)\n"
        "    return rng.normal(0, gain * math.sqrt(2 / (2 * fan_in)), shape)\n"
        "def kaiming_normal(shape, rng, mode='fan_in', nonlinearity='relu'):\n"
        "    fan = fans(shape)[0 if mode == 'fan_in' else 1]\n"
        "    return rng.normal(0, calculate_gain(nonlinearity) / math.sqrt(fan), shape)\n"
        "def calculate_gain(n, slope=0.01):\n    leaky = (2 / (1 + slope**2)) ** 0.5\n"
        "    return {'linear': 1, 'relu': 2**0.5, 'tanh': 5 / 3, 'leaky_relu': leaky}[n]\n"
    )
    names = ("calculate_gain", "fans", "xavier_normal", "kaiming_normal")
    gain, fans, xavier, kaiming = judge(
        tmp_path, code, names, checks="minigrad.course.checks.init_ablation"
    )
    assert gain.passed and "swapped" in fans.mistake
    assert kaiming.sentence == "calls fans, which is not right yet: mend that first."
    assert not xavier.sentence.startswith("calls")  # it has a mistake of its own


def test_the_same_code_is_asked_the_same_numbers_and_they_are_shown_on_request(tmp_path):
    code = "def linear_moment(q, fan_in, var_w):\n    return 64.0\n"
    (first,), (again,) = judge(tmp_path, code), judge(tmp_path, code)
    (other,) = judge(tmp_path, code + "# another attempt\n")
    assert first.inputs == again.inputs != other.inputs
    assert first.inputs.startswith("q = ") and first.inputs.count("\n") == 2
    assert "inputs" not in str(first) and "fan_in = " in "\n".join(first.lines(inputs=True))


KILLED = """
import sys
from pathlib import Path
from minigrad.course.runner import check_file
from minigrad.course.table import Exercise
exercise = Exercise("linear_moment", "", 5, "00-motivation.md#the-walk", ("?", "f", "p"))
list(check_file(Path(sys.argv[1]), "minigrad.course.checks.variance_walk", [exercise], 60.0))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_loop_ends_with_the_one_who_checks(tmp_path, how):
    beat, file = tmp_path / "beat", tmp_path / "exercise.py"
    file.write_text(f"while True: open({str(beat)!r}, 'a').write('.')\n")
    parent = subprocess.Popen([sys.executable, "-c", KILLED, str(file)])
    while not beat.exists():
        assert parent.poll() is None
        time.sleep(0.05)
    parent.send_signal(how)
    parent.wait()
    written = -1
    for _ in range(100):
        before, written = written, beat.stat().st_size
        if before == written:
            break
        time.sleep(0.7)
    assert before == written
