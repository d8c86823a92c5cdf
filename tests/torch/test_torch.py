import importlib

import pytest

import minigrad
import minigrad.torch as torch
from minigrad.errors import ArgumentError, ShapeError
from minigrad.torch.utils.data import Dataset, TensorDataset


def test_the_modules_are_minigrads_own_and_no_second_copy():
    for name in ("nn", "nn.functional", "nn.init", "optim", "optim.lr_scheduler"):
        found = importlib.import_module(f"minigrad.torch.{name}")
        assert found is importlib.import_module(f"minigrad.{name}")
    assert torch.nn is minigrad.nn and torch.exp is minigrad.exp and torch.Tensor is minigrad.Tensor
    with pytest.raises(AttributeError, match="no attribute 'hamming_window'"):
        torch.hamming_window  # noqa: B018


def test_there_is_one_device():
    for make in (
        torch.device,
        lambda d: torch.zeros(2, device=d),
        lambda d: torch.eye(2, device=d),
    ):
        with pytest.raises(ArgumentError, match="computes on the CPU alone, got device 'cuda:0'"):
            make("cuda:0")
    with pytest.raises(ArgumentError, match="computes on the CPU alone"):
        torch.ones(2).to("cuda")
    x = torch.ones(2)
    assert x.to("cpu") is x.cpu() is x.to(torch.device("cpu:0")) is x
    assert x.to("cpu", torch.float64).dtype == torch.float64
    assert torch.device("cpu") == x.device and {x.device: 1}[torch.device("cpu")] == 1
    assert not torch.backends.mps.is_available() and torch.cuda.device_count() == 0


def test_compile_changes_nothing():
    def double(x):
        return 2 * x

    assert torch.compile(double) is torch.compile(mode="max")(double) is double


def test_datasets_say_what_is_missing():
    class Half(Dataset):
        pass

    for use in (lambda: Half()[0], lambda: len(Half())):
        with pytest.raises(ArgumentError, match="Half must define __"):
            use()
    with pytest.raises(ShapeError, match=r"must have one length, got \[2, 3\]"):
        TensorDataset(torch.ones(2), torch.ones(3))


def test_a_type_by_its_constructor():
    assert torch.tensor([1.5]).type(torch.LongTensor).tolist() == [1]
    assert torch.empty(size=(2, 3)).shape == (2, 3)


def test_rolled_and_picked_columns_have_views():
    x = torch.arange(6).reshape(2, 3)
    assert torch.roll(x, -1, 1).view(-1).tolist() == [1, 2, 0, 4, 5, 3]
    assert x[:, torch.tensor([2, 0])].view(-1).tolist() == [2, 0, 5, 3]


def test_a_histogram_counts_and_shares():
    x = torch.tensor([0.0, 1.0, 1.0, 4.0])
    counts, edges = torch.histogram(x, bins=2)
    assert counts.tolist() == [3.0, 1.0] and edges.tolist() == [0.0, 2.0, 4.0]
    assert torch.histogram(x, 2, density=True).hist.tolist() == [0.375, 0.125]


def test_as_many_of_the_largest_as_there_are():
    with pytest.raises(IndexError, match=r"topk: k must be within 0 … 3, got 4"):
        torch.topk(torch.arange(3), 4)


def test_clamped_from_one_side():
    x = torch.tensor([-1.0, 2.0])
    assert x.clamp_min(0).tolist() == [0.0, 2.0] and torch.clamp_max(x, 1).tolist() == [-1.0, 1.0]
    x.clamp_min_(0)
    assert x.tolist() == [0.0, 2.0]
