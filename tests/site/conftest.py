"""A workspace of one's own for every test, and the site's pages, made once."""

import pytest

from minigrad.course.workspace import start
from minigrad.site.pages import Site


@pytest.fixture
def workspace(tmp_path):
    return start(tmp_path / "course")[0]


@pytest.fixture(scope="session")
def site():
    return Site("server")


@pytest.fixture(scope="session")
def pages(site):
    """Every HTML page's text by its address."""
    made = {path: make for path, make in site.files.items() if path.endswith(".html")}
    return {path: make().decode() for path, make in made.items()}
