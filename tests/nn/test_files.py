import pickle
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import nn
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


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    model = nn.Linear(1, 1)
    for suffix in (".pt", "", ".NPZ.bak"):
        with pytest.raises(ArgumentError, match=r"weights are kept as .npz or .safetensors, got "):
            minigrad.save(model.state_dict(), tmp_path / f"weights{suffix}")
        with pytest.raises(ArgumentError, match=r"weights are kept as .npz or .safetensors, got "):
            minigrad.load(tmp_path / f"weights{suffix}")
    with pytest.raises(DtypeError, match=r"needs a state_dict, got Linear: pass model.state_dict"):
        minigrad.save(model, tmp_path / "weights.npz")
    with pytest.raises(DtypeError, match="'lr' must be a Tensor, got float"):
        minigrad.save({"lr": 0.1}, tmp_path / "weights.npz")
    assert not list(tmp_path.iterdir())


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
