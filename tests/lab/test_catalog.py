import pytest

from minigrad.errors import ArgumentError
from minigrad.lab import catalog


def test_labs_are_found_from_the_current_folder_upward(workspace, monkeypatch):
    (workspace / "deep" / "down").mkdir(parents=True)
    monkeypatch.chdir(workspace / "deep" / "down")
    assert catalog.workspace() == workspace
    assert [lab.id for lab in catalog.labs()] == ["07", "08"]
    assert [lab.runs for lab in catalog.labs()] == [True, False]


@pytest.mark.parametrize("name", ["07", "7", "counting", "07_counting"])
def test_a_lab_goes_by_number_or_name(workspace, name):
    assert catalog.find(name, catalog.labs()).folder == "07_counting"


def test_an_unknown_lab_names_the_known(workspace):
    with pytest.raises(ArgumentError, match=r"unknown lab '99'\. The labs are 07, 08"):
        catalog.find("99", catalog.labs())


def test_a_lab_without_an_experiment_cannot_be_run(workspace):
    with pytest.raises(ArgumentError, match="lab 08 has no experiment"):
        catalog.load(catalog.find("08", catalog.labs()))


def test_without_a_workspace_the_labs_that_came_along(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert catalog.workspace() is None
    assert "01" in {lab.id for lab in catalog.labs()}
    monkeypatch.setattr(catalog, "resources", lambda: tmp_path)
    with pytest.raises(ArgumentError, match="cannot be read as the table of labs"):
        catalog.labs()


def test_the_title_is_the_readme_s_first_line(workspace):
    lab = catalog.find("07", catalog.labs())
    assert (lab.heading, lab.title) == ("Lab 07 · counting", "counting")
