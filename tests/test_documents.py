"""Every link and figure of the documents leads to a file that exists, and to a heading in it."""

import re
from pathlib import Path

import pytest

from minigrad.course.reader import slug

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *(ROOT / "benchmarks").glob("*.md"),
    *(ROOT / "labs").rglob("*.md"),
    *(ROOT / "theory").glob("*.md"),
]


def text(document: Path) -> str:
    """The document without its blocks of code, shown or hidden."""
    code = r"^```.*?^```|^<!--.*?^-->"
    return re.sub(code, "", document.read_text(encoding="utf-8"), flags=re.S | re.M)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(document):
    prose = re.sub(r"`[^`\n]*`", "code", text(document))
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        file = document.parent / name if name else document
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", text(file), flags=re.M)
            assert anchor in map(slug, headings), target


def test_there_are_documents():
    assert {"README.md", "01-initialization.md", "report.md"} <= {d.name for d in DOCUMENTS}
