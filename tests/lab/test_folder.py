import re

import pytest

from minigrad.errors import ArgumentError
from minigrad.files import now
from minigrad.lab import folder as run


def test_a_folder_is_made_once(tmp_path):
    assert run.create_folder(tmp_path / "a" / "b", tmp_path) == tmp_path / "a" / "b"
    with pytest.raises(ArgumentError, match="exists already, and nothing is overwritten"):
        run.create_folder(tmp_path / "a", tmp_path)


def test_two_runs_within_a_second_get_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "now", lambda: "2026-01-01T00-00-00Z")
    made = [run.create_folder(None, tmp_path / "runs").name for _ in range(3)]
    assert made == [f"2026-01-01T00-00-00Z{suffix}" for suffix in ("", "-2", "-3")]


def test_the_time_is_utc_and_names_a_folder_on_any_system():
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", now())
