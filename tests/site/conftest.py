"""A workspace of one's own for every test; pages, static site and browser, each made once."""

import contextlib
import os
import shutil
import sys

import pytest

from minigrad.course.workspace import Workspace
from minigrad.site import build as building
from minigrad.site.pages import Site
from tests.site.browsing import DESK, FORGET, PATIENCE, expect, opened, served

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


@pytest.fixture
def workspace(fresh_workspace, share, tmp_path):
    root = shutil.copytree(fresh_workspace, tmp_path / "course", copy_function=share)
    return Workspace(root)


@pytest.fixture(scope="session")
def site():
    return Site("server")


@pytest.fixture(scope="session")
def pages(site):
    """Every HTML page's text by its address."""
    made = {path: make for path, make in site.files.items() if path.endswith(".html")}
    return {path: make().decode() for path, make in made.items()}


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static") / "site"
    building.build(folder, None, lambda line: None)
    return folder


@pytest.fixture(scope="session")
def chromium():
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        assert not (os.environ.get("CI") and sys.platform == "linux"), "`make chromium` installs it"
        pytest.skip("there is no Chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("site")) as running:
        yield running


@pytest.fixture(scope="session")
def context(chromium, server):
    """A window that knows the server's token."""
    expect.set_options(timeout=PATIENCE)
    with contextlib.closing(chromium.new_context(viewport=DESK)) as context:
        with opened(context, server[1]) as page:
            page.goto(server[1])
        yield context


@pytest.fixture
def page(context, server):
    """An empty page; an error in its console fails the test, and it keeps nothing but the token."""
    with opened(context, server[1]) as page:
        yield page
        page.evaluate(FORGET)
