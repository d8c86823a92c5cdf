"""PyTorch's own sample inputs: none gives another value, and few are refused."""

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("torch")
pytest.importorskip("expecttest")
pytestmark = pytest.mark.torch


def test_no_sample_is_wrong_and_few_are_refused():
    from tests.torch.opinfo import main

    # torch.testing looks through the whole stack at every sample: a thread's is short
    with ThreadPoolExecutor(1) as thread:
        total, told, _ = thread.submit(main, []).result()
    assert not total["wrong"], [text for text in told if text.startswith("WRONG")]
    assert total["agree"] >= 0.97 * sum(total.values()) and total["agree"] > 2000
