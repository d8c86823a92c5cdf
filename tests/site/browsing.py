"""A server, a window and a page to try the site in."""

import contextlib
import re
import subprocess
import sys
import threading

try:
    from playwright.sync_api import expect
except ImportError:  # then there is no browser either, and all of this is skipped
    expect = None

from minigrad.course.stub import definition
from minigrad.course.workspace import solution_file, start

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 800}
FINDINGS = """async (options) => {
  const { violations } = await axe.run({ exclude: ["math"] }, options);
  const bad = ["serious", "critical"];
  const said = ({ id, nodes: [first] }) => `${id}: ${first.html} ${first.failureSummary}`;
  return violations.filter((v) => bad.includes(v.impact)).map(said);
}"""
FORGET = "Object.keys(localStorage).forEach((k) => k.endsWith('token') || delete localStorage[k])"
PATIENCE = 120_000  # milliseconds; a wait ends when its state is there


@contextlib.contextmanager
def served(folder):
    """`minigrad site` in a workspace of its own: (process, address, root of the workspace)."""
    workspace = start(folder / "course")[0]
    command = [sys.executable, "-m", "minigrad", "site", "--no-browser"]
    process = subprocess.Popen(
        command, cwd=workspace.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        said = []
        for line in process.stdout:
            said.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+/#token=\S+", line):
                break
        else:
            raise AssertionError("".join(said))
        # what else it says is read away, so that it never waits for a reader
        reader = threading.Thread(target=process.stdout.read, daemon=True)
        reader.start()
        yield process, found[0], workspace
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()


@contextlib.contextmanager
def opened(context, address):
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    errors = []
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.errors = errors
    page.root = address.partition("#")[0]
    yield page
    page.close()
    assert not errors


def settled(page):
    """Everything in view is there: nothing is waited for."""
    page.wait_for_selector("main .wait", state="detached")


def too_wide(page):
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0


def solution(workspace, name):
    text = solution_file(workspace.course.lab(name)).read_text(encoding="utf-8")
    first, last = definition(text, name)
    return "\n".join(text.splitlines()[first:last]) + "\n"


def write(page, code):
    page.click(".cm-content")
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(code)
