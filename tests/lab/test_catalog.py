import pytest

from minigrad.errors import ArgumentError
from minigrad.lab import catalog


def test_labs_are_found_from_the_current_folder_upward(workspace, monkeypatch):
    (workspace / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(workspace / "deep" / "down")
    assert catalog.workspace() == workspace
    assert list(catalog.labs()) == ["07"]


@pytest.mark.parametrize("name", ["07", "7", "counting", "07_counting"])
def test_a_lab_goes_by_number_or_name(workspace, name):
    assert catalog.find(name).name == "07_counting"


def test_an_unknown_lab_names_the_known(workspace):
    with pytest.raises(ArgumentError, match=r"unknown lab '99': the labs are 07"):
        catalog.find("99")


def test_without_a_workspace_the_labs_that_came_along(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert catalog.workspace() is None
    assert "01" in catalog.labs()
    monkeypatch.setattr(catalog, "PACKAGED", tmp_path)
    monkeypatch.setattr(catalog, "CHECKOUT", tmp_path)
    with pytest.raises(ArgumentError, match="no labs found"):
        catalog.labs()


def test_the_title_is_the_readme_s_first_line(workspace):
    folder = catalog.find("07")
    assert catalog.title(folder) == "Lab 07 · counting"
    (folder / "README.md").unlink()
    assert catalog.title(folder) == "07_counting"
