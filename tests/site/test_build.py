"""The static site: complete, small, the same each time."""

import hashlib
import io
import json
import re
import tarfile
import zlib

import pytest

from minigrad.errors import ArgumentError
from minigrad.site import build as building
from minigrad.site.pages import Site


def test_every_page_and_what_it_needs_is_written(built):
    for path in Site("worker").files:
        assert (built / path).is_file(), path
    home = (built / "index.html").read_text(encoding="utf-8")
    assert 'data-engine="worker"' in home
    first = json.loads(re.search(r'id="first">(.*?)</script>', home)[1])
    assert first["run"]["losses"] and first["prediction"]["verdict"] == "stalled"


def test_the_site_weighs_at_most_5_megabytes_on_the_disk(built):
    assert sum(p.stat().st_size for p in built.rglob("*") if p.is_file()) <= 5_000_000


def test_the_wheel_grows_by_at_most_600_kilobytes():
    files = [p for p in (building.PACKAGE / "site").rglob("*") if p.is_file()]
    packed = [zlib.compress(p.read_bytes(), 6) for p in files if "__pycache__" not in p.parts]
    assert sum(map(len, packed)) <= 600_000


def test_the_package_for_the_worker_is_whole_and_the_same_each_time():
    packed = building.package()
    assert packed == building.package()
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = archive.getnames()
    for name in ("__init__.py", "site/face/__init__.py", "_course/labs/labs.toml"):
        assert f"minigrad/{name}" in names
    assert not [n for n in names if "__pycache__" in n or n.endswith(".png") or "/static/" in n]


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ArgumentError, match="other things"):
        building.build(tmp_path, None, print)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_another_pyodide_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ArgumentError, match=r"has no pyodide\.mjs"):
        building.checked(tmp_path)
    (tmp_path / "pyodide.mjs").write_bytes(b"another")
    with pytest.raises(ArgumentError, match="is not the one"):
        building.checked(tmp_path)
    table = building.tomllib.loads((building.PACKAGE / "site/pyodide.toml").read_text())
    assert all(re.fullmatch(r"[0-9a-f]{64}", x) for x in table["files"].values())
    assert hashlib.sha256(b"another").hexdigest() not in table["files"].values()
