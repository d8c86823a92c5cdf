import json
import math
import os
from dataclasses import dataclass, field

import numpy as np
import pytest

from minigrad.files import write_text
from minigrad.lab.records import read_json, read_records, strict, to_json, write_json


def refuse(constant):
    raise AssertionError(f"{constant} is not JSON")


def test_what_is_not_finite_becomes_null():
    text = to_json({"losses": [1.5, math.nan, math.inf, -math.inf, np.float32("nan")]})
    assert json.loads(text, parse_constant=refuse) == {"losses": [1.5, None, None, None, None]}


def test_float32_survives_exactly():
    values = np.random.default_rng(0).standard_normal(1000).astype(np.float32) * 1e-3
    back = np.array(json.loads(to_json(values)), dtype=np.float32)
    assert np.array_equal(back, values)


def test_dataclasses_arrays_and_numpy_scalars():
    @dataclass
    class Record:
        seed: int
        losses: list = field(default_factory=list)

    value = {"run": Record(3, [np.float64(0.5)]), "n": np.int64(4), "ok": np.bool_(True), 7: (1,)}
    assert strict(value) == {"run": {"seed": 3, "losses": [0.5]}, "n": 4, "ok": True, "7": [1]}
    with pytest.raises(TypeError, match="got object"):
        strict({"what": object()})


def test_a_list_of_numbers_stands_on_one_line():
    text = to_json({"a": [1, 2, 3], "b": [{"c": [0.5, None]}, {"text": "[ \n  x ]"}]})
    assert '"a": [1, 2, 3]' in text and '"c": [0.5, null]' in text
    assert json.loads(text)["b"][1]["text"] == "[ \n  x ]"


def test_a_file_appears_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "losses.json"
    write_json(path, {"losses": [1]})
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "half")
    assert read_json(path) == {"losses": [1]}


def test_records_of_a_folder_leave_out_the_manifest(tmp_path):
    for name in ("losses.json", "manifest.json"):
        write_json(tmp_path / name, {"name": name})
    assert read_records(tmp_path) == {"losses.json": {"name": "losses.json"}}
