"""The child process: what learners' code does to it, and the sentence they get."""

import os
import signal
import subprocess
import sys
import time

import pytest

from minigrad.course.workspace import resources

GOOD = "import math\ndef linear_moment(q, fan_in, var_w):\n    return fan_in * var_w * q\n"
LINEAR = "def linear_moment(q, fan_in, var_w):\n"


def solution(folder):
    return (resources() / "solutions" / f"{folder}.py").read_text(encoding="utf-8")


def test_a_loop_without_end_is_stopped_and_the_others_still_run(judge):
    code = LINEAR + "    while True:\n        pass\ndef relu_moment(v):\n    return v / 2\n"
    begun = time.monotonic()
    results = judge(code, "linear_moment", "relu_moment", limit=1.0)
    assert [r.status for r in results] == ["stopped", "passed"]
    assert "linear_moment: ran for 1 s without an end" in str(results[0])
    assert "condition ever become false" in results[0].sentence
    assert "while computing E[y²]" in str(results[0])
    assert time.monotonic() - begun < 30


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("while True: pass\n", "the file ran for 1 s"),
        (LINEAR + "    while True:\n        print('x' * 1000)\n", "ran for 1 s"),  # fills no memory
    ],
    ids=["import", "prints"],
)
def test_what_loops_is_stopped(judge, code, says):
    (result,) = judge(code, limit=1.0)
    assert result.status == "stopped" and says in result.sentence


WALK = """
def measured_walk(x, weights, activation):
    out = []
    for w in weights:
        x[:] = activation(x @ w.T)
        out.append((x ** 2).mean())
    return out
"""
ARRAY = """
import numpy as np
def rms_norm(x, weight, eps=1e-5):
    a = x.array
    return a / np.sqrt((a * a).mean(-1, keepdims=True) + eps) * weight.array
"""
CALLS = """
def linear_moment(q, fan_in, var_w):
    raise NotImplementedError
def predicted_walk(d, n, s, phi):
    return [linear_moment(1, n, s)] * d
"""
LEAVES = "    import os, subprocess\n    subprocess.Popen(['sleep', '6'])\n    os._exit(1)\n"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (LINEAR + "    pass\n", "returned None"),
        (LINEAR + "    return 1 / 0\n", "ZeroDivisionError"),
        (LINEAR + "    return 1 / 0\n", "in line 2: return 1 / 0"),
        ("def linear_moment(q):\n    return q\n", "TypeError"),
        (LINEAR.replace(":", "") + "    return q\n", "cannot be imported: SyntaxError"),
        (LINEAR.replace(":", "") + "    return q\n", "line 1: def linear_moment"),
        ("import no_such_module\n", "cannot be imported: ModuleNotFoundError"),
        ("x = 1\n", "linear_moment: not in the file: was it renamed?"),
        (LINEAR + "    exit()\n", "called exit()"),
        (LINEAR + "    input()\n", "asked for input"),
        (LINEAR + "    import os\n    os._exit(3)\n", "the process ended while linear_moment ran"),
        (LINEAR + LEAVES, "the process ended while linear_moment ran"),
        (LINEAR + "    return 'a'\n", "linear_moment: returned text, where a number is meant"),
        (LINEAR + "    return 63\n", "received 63, expected 64.00"),
        (WALK, "changes its input (x) in place"),
        (ARRAY, "rms_norm: returned a NumPy array, where a Tensor is meant"),
        (ARRAY, "no gradient could flow back"),
        (CALLS, "calls linear_moment, which is not written yet"),
    ],
)
def test_what_a_learner_may_write_gets_a_sentence(judge, code, says):
    name = {WALK: "measured_walk", ARRAY: "rms_norm", CALLS: "predicted_walk"}
    checks = "norm_ablation" if code == ARRAY else "variance_walk"
    (result,) = judge(code, name.get(code, "linear_moment"), checks=checks)
    assert result.status == "failed"
    assert says in str(result)
    assert "Traceback" not in str(result)


def test_what_is_printed_is_shown_and_does_not_fail_a_right_answer(judge):
    (result,) = judge(GOOD.replace("    return", "    print('seen:', q)\n    return"))
    assert result.passed
    assert "seen: 3.0" in str(result) and "your code printed" in str(result)


def test_a_file_beside_the_exercise_does_not_stand_in_for_a_module(judge, tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise RuntimeError\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert judge(GOOD)[0].passed


PER_PATH = """
def backward(root):
    nodes, stack = [], [root]
    while stack:
        n = stack.pop()
        n.grad = None if n.edges else n.grad
        stack += [p for p, _ in n.edges]
    stack = [(root, np.ones_like(root.value))]
    while stack:
        n, g = stack.pop()
        n.grad = g if n.grad is None else n.grad + g
        stack += [(p, pull(g)) for p, pull in n.edges]
"""


def test_exponential_work_is_told_from_a_loop_without_end(judge):
    (result,) = judge(solution("autograd") + PER_PATH, "backward", checks="autograd", limit=4.0)
    assert result.status == "stopped" and "doublings" in result.what
    assert "did not finish" in result.sentence and "exponentially" in result.sentence


def test_a_wrong_exercise_is_blamed_and_not_the_one_that_calls_it(judge):
    code = solution("01_init_ablation").replace("shape[1] * window, shape[0] * window", "shape[:2]")
    code = code.replace("2 / (fan_in + fan_out)", "2 / (2 * fan_in)")
    names = ("calculate_gain", "fans", "xavier_normal", "kaiming_normal")
    gain, fans, xavier, kaiming = judge(code, *names, checks="init_ablation")
    assert gain.passed and "swapped" in fans.mistake
    assert kaiming.sentence == "calls fans, which is not right yet: mend that first."
    assert not xavier.sentence.startswith("calls")  # it has a mistake of its own


def test_the_same_code_is_asked_the_same_numbers_and_they_are_shown_on_request(judge):
    code = LINEAR + "    return 64.0\n"
    (first,), (again,), (other,) = judge(code), judge(code), judge(code + "# another attempt\n")
    assert first.inputs == again.inputs != other.inputs
    assert first.inputs.startswith("q = ") and first.inputs.count("\n") == 2
    assert "inputs" not in str(first) and "fan_in = " in "\n".join(first.lines(inputs=True))


def last_size(file):
    """The size of a file when it no longer grows; the test fails where it does not end."""
    for _ in range(100):
        before = file.stat().st_size
        time.sleep(0.7)
        if file.stat().st_size == before:
            return before
    raise AssertionError("it still grows")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_loop_ends_with_the_one_who_checks(workspace, tmp_path, how):
    beat = tmp_path / "beat"
    loop = f"while True: open({str(beat)!r}, 'a').write('.')\n"
    workspace.course.lab("00").file.write_text(loop, encoding="utf-8")
    parent = subprocess.Popen([sys.executable, "-m", "minigrad", "check", "00"])
    while not beat.exists():
        assert parent.poll() is None
        time.sleep(0.05)
    parent.send_signal(how)
    parent.wait()
    assert last_size(beat)


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="sessions are POSIX's")
def test_what_an_exercise_starts_ends_with_its_check(tmp_path, judge):
    beat = tmp_path / "beat"
    loop = f"while :; do echo >> {beat}; sleep 0.02; done"
    judge(f"import subprocess, time\nsubprocess.Popen(['sh', '-c', {loop!r}])\ntime.sleep(0.5)\n")
    assert last_size(beat) == beat.stat().st_size > 0


SPEAKS = """
import os, time
while True:
    time.sleep(0.1)
    for fd in range(3, 12):
        try: os.write(fd, b'{"begin": "x"}\\n')
        except OSError: pass
"""


def test_one_that_speaks_for_ever_is_stopped(judge):
    assert [r.status for r in judge(SPEAKS, limit=1.0)] == ["stopped"]


def test_a_secret_of_the_environment_is_not_there(judge, monkeypatch):
    monkeypatch.setenv("TOKEN", "s3cret")
    (result,) = judge("import os\n" + LINEAR + "    raise OSError(os.getenv('TOKEN'))\n")
    assert "raised OSError: None" in str(result)
