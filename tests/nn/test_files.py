import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim
from minigrad.errors import ArgumentError, DtypeError
from minigrad.nn import files


class Everything(nn.Module):
    """A 0-d parameter, a transposed one, a buffer of integers, names that files could trip over."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.gain = nn.Parameter(minigrad.tensor(1.5))
        self.turned = nn.Parameter(minigrad.randn(4, 2).T)
        self.file = nn.Parameter(minigrad.ones(1))
        self.register_buffer("count", minigrad.tensor([1, 2**40]))
        self.register_buffer("mask", minigrad.tensor([True, False]))
        self.wide = nn.Parameter(minigrad.randn(2, dtype=minigrad.float64))
        self.narrow = nn.Parameter(minigrad.randn(2, dtype=minigrad.float16))


@pytest.fixture(params=[".npz", ".safetensors"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == ".safetensors":
        pytest.importorskip("safetensors")
    return tmp_path / f"weights{request.param}"


def test_what_was_saved_comes_back_bit_for_bit(path: Path) -> None:
    saved, loaded = Everything(), Everything()
    minigrad.save(saved.state_dict(), path)
    given = minigrad.load(str(path))
    assert set(given) == set(saved.state_dict())
    loaded.load_state_dict(given)
    for name, tensor in saved.state_dict().items():
        for other in (given[name], loaded.state_dict()[name]):
            assert other.dtype == tensor.dtype and other.shape == tensor.shape, name
            assert (other.array == tensor.array).all(), name
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_save_that_fails_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    minigrad.save({"a": minigrad.ones(2)}, path)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    if path.suffix == ".safetensors":
        monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(OSError, match="no space left"):
        minigrad.save({"a": minigrad.zeros(2)}, path)
    assert minigrad.load(path)["a"].tolist() == [1.0, 1.0]
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_missing_a_cut_and_a_foreign_file(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="weights"):
        minigrad.load(path)
    minigrad.save({"a": minigrad.ones(100)}, path)
    whole = path.read_bytes()
    flipped = bytearray(whole)
    flipped[300] ^= 1
    damaged = [whole[: len(whole) // 2], b"", b"not weights at all", whole[:3]]
    if path.suffix == ".npz":  # a zip file has checksums
        damaged.append(bytes(flipped))
    kind = path.suffix
    for content in damaged:
        path.write_bytes(content)
        with pytest.raises(ArgumentError, match=re.escape(f"{str(path)!r} is no whole {kind} fi")):
            minigrad.load(path)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple:
            return Path.touch, (tmp_path / "exploded",)

    path = tmp_path / "weights.npz"
    np.savez(path, a=np.array([Bomb()], dtype=object))
    with pytest.raises(ArgumentError, match=r"is no whole \.npz file of weights"):
        minigrad.load(path)
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ArgumentError, match=r"is no whole \.npz file of weights"):
        minigrad.load(path)
    with path.open("wb") as file:
        np.save(file, np.ones(2))  # one array under the suffix of an archive
    with pytest.raises(ArgumentError, match=r"is no whole \.npz file of weights"):
        minigrad.load(path)
    assert not (tmp_path / "exploded").exists()


def test_arrays_of_other_dtypes_become_supported_ones(tmp_path: Path) -> None:
    path = tmp_path / "foreign.npz"
    np.savez(path, small=np.arange(3, dtype=np.int32), text=np.ones(2, np.float32))
    assert minigrad.load(path)["small"].dtype == np.int64
    np.savez(path, text=np.array(["a"]))
    with pytest.raises(DtypeError, match="a tensor holds floating-point, integer or boolean"):
        minigrad.load(path)


def test_what_cannot_be_saved(path: Path) -> None:
    model = nn.Linear(1, 1)
    with pytest.raises(DtypeError, match=r"what is saved must be .*, got Linear: pass model.state"):
        minigrad.save(model, path)
    wrong = {"a": {"b": [1.0, {2: model.forward}]}}
    with pytest.raises(DtypeError, match=r"a\.b\.1\.2 must be a Tensor, a number, .* got method"):
        minigrad.save(wrong, path)
    with pytest.raises(DtypeError, match=r"what is saved must be .*, got dict"):
        minigrad.save({1.5: 2}, path)
    assert not list(path.parent.iterdir())


def test_nested_dicts_and_lists_come_back_as_they_were(path: Path) -> None:
    saved = {
        "epoch": 7,
        "best": np.float64(0.5),
        "history": [1.0, float("inf"), None, True, "text"],
        "betas": (0.9, 0.999),
        "state": {0: {"step": 3, "m": minigrad.ones(2, 3)}, 1: {}},
        "0": minigrad.tensor([1, 2]),
        "big": 2**127,
        "": [minigrad.tensor(True)],
    }
    minigrad.save(saved, path)
    loaded = minigrad.load(path)
    assert list(loaded) == list(saved) and list(loaded["state"]) == [0, 1]
    for name in ("epoch", "best", "history", "betas", "big"):
        assert loaded[name] == saved[name] and type(loaded[name]) in (int, float, list, tuple), name
    assert loaded["state"][0]["step"] == 3
    assert loaded["state"][0]["m"].array.tolist() == [[1.0] * 3] * 2
    assert loaded["0"].dtype == np.int64 and loaded[""][0].item() is True
    minigrad.save(minigrad.arange(3), path)
    assert minigrad.load(path).tolist() == [0, 1, 2]


def test_names_that_would_be_one(path: Path) -> None:
    saved = {"a.b": minigrad.zeros(1), "a": {"b": minigrad.ones(1), 1: minigrad.ones(2)}}
    saved["a"]["1"] = minigrad.ones(3)
    minigrad.save(saved, path)
    loaded = minigrad.load(path)
    assert loaded["a.b"].tolist() == [0.0] and loaded["a"]["b"].tolist() == [1.0]
    assert [len(loaded["a"][key]) for key in (1, "1")] == [2, 3]


def test_any_other_suffix_is_an_npz_file(tmp_path: Path) -> None:
    minigrad.save({"w": minigrad.ones(2)}, tmp_path / "model.pt")
    assert minigrad.load(tmp_path / "model.pt")["w"].tolist() == [1.0, 1.0]
    with np.load(tmp_path / "model.pt") as archive:
        assert list(archive) == ["w"]  # a state_dict is its arrays alone


def test_bfloat16_is_kept_bit_for_bit(path: Path) -> None:
    pytest.importorskip("ml_dtypes")
    saved = {"w": minigrad.tensor([1.0, 3.0e38, 1e-3]).to("bfloat16")}
    minigrad.save(saved, path)
    loaded = minigrad.load(path)
    assert loaded["w"].dtype == saved["w"].dtype and loaded["w"].tolist() == saved["w"].tolist()


def test_safetensors_missing_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    path = tmp_path / "weights.safetensors"
    for use in (lambda: files.save({}, path), lambda: files.load(path)):
        with pytest.raises(ArgumentError, match=r"pip install 'minigrad\[io\]', or use a path end"):
            use()
    files.save({"a": minigrad.ones(1)}, tmp_path / "weights.npz")


# -- a run that was stopped ------------------------------------------------------------------------


def run(steps: range, state: dict | None = None) -> tuple[list[float], dict]:
    """Losses of a run with dropout, its data drawn from a generator of its own and its rate from a
    schedule; it goes on from `state`. Returns the state it ends in too."""
    noise = minigrad.Generator(1)
    minigrad.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 1))
    optimizer = optim.AdamW(model.named_parameters(), lr=0.05, amsgrad=True)
    warmup = optim.lr_scheduler.LinearLR(optimizer, 0.1, total_iters=8)
    parts = [warmup, optim.lr_scheduler.CosineAnnealingLR(optimizer, 12)]
    schedule = optim.lr_scheduler.SequentialLR(optimizer, parts, [8])
    if state is not None:
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        schedule.load_state_dict(state["schedule"])
        noise.set_state(state["noise"])
        minigrad.set_rng_state(state["rng"])
    losses = []
    for _ in steps:
        x = minigrad.randn(8, 4, generator=noise)
        loss = ((model(x) - x.sum(1, keepdim=True)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    left = {"model": model, "optimizer": optimizer, "schedule": schedule}
    states: dict = {name: part.state_dict() for name, part in left.items()}
    return losses, states | {"noise": noise.get_state(), "rng": minigrad.get_rng_state()}


@pytest.mark.parametrize("stop", [3, 8, 13])
def test_a_run_resumed_with_schedule_and_generators_gives_the_same_numbers(
    path: Path, stop: int
) -> None:
    whole, _ = run(range(20))
    before, state = run(range(stop))
    minigrad.save(state, path)
    minigrad.manual_seed(99)
    after, _ = run(range(stop, 20), minigrad.load(path))
    assert before + after == whole


@pytest.mark.parametrize("name", ["__metadata__", "a\0b"])
def test_a_name_that_no_file_keeps_is_refused(tmp_path, name):
    with pytest.raises(minigrad.errors.ArgumentError, match="rename it"):
        minigrad.save({name: minigrad.ones(1)}, tmp_path / "w.npz")


@pytest.mark.torch
def test_bfloat16_written_by_others_is_read(tmp_path):
    """In a process of its own, where nothing has imported ml_dtypes yet."""
    torch, theirs = pytest.importorskip("torch"), pytest.importorskip("safetensors.torch")
    pytest.importorskip("ml_dtypes")
    path = tmp_path / "w.safetensors"
    theirs.save_file({"w": torch.tensor([1.5, -2.0], dtype=torch.bfloat16)}, path)
    for hidden, said in (
        ("", "[1.5, -2.0]"),
        ("sys.modules['ml_dtypes'] = None", "minigrad[bf16]"),
    ):
        show = f"print(minigrad.load({str(path)!r})['w'].tolist())"
        code = f"import sys; {hidden}\nimport minigrad\n{show}"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert said in run.stdout + run.stderr
