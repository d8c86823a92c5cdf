"""Every snippet of the theory pages runs, every figure and link leads somewhere."""

import re
from pathlib import Path

import pytest

from minigrad.course.reader import plain_markdown, plain_math, section, slug
from minigrad.course.table import load
from minigrad.course.workspace import resources

THEORY = resources() / "theory"
PAGES = sorted(THEORY.glob("*.md"))
COURSE = load(resources() / "labs" / "labs.toml")


def snippets(page: Path) -> str:
    """The page's python blocks as one program, each line where it stands in the page."""
    lines, inside = [], False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = line == "```python" if not inside else False
            lines.append("")
        else:
            lines.append(line if inside else "")
    return "\n".join(lines)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_the_snippets_of_a_page_run_and_their_assertions_hold(page):
    code = snippets(page)
    assert "assert" in code, f"{page.name} claims no number"
    exec(compile(code, str(page), "exec"), {"__name__": "theory"})


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_links_between_pages_lead_to_sections(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", text):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name) if name else page
        assert file.exists(), target
        if anchor:
            found = section(file.read_text(encoding="utf-8"), anchor)
            assert slug(found.lstrip("#").split("\n")[0]) == anchor, target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_cites_sources_and_reads_in_a_terminal(page):
    text = page.read_text(encoding="utf-8")
    assert "\n## Sources\n" in text
    plain = plain_markdown(text)
    left = re.findall(r"\\[a-z]+", re.sub(r"```python.*?```|`[^`\n]*`", "", plain, flags=re.S))
    assert not left, f"LaTeX left for the terminal: {sorted(set(left))}"


@pytest.mark.parametrize("exercise", COURSE.exercises, ids=lambda e: e.name)
def test_every_exercise_names_a_section_that_exists(exercise):
    page, anchor = exercise.theory.split("#")
    text = (THEORY / page).read_text(encoding="utf-8")
    assert slug(section(text, anchor).lstrip("#").split("\n")[0]) == anchor


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\sigma_W^2", "σ_W²"),
        (r"\frac{a + b}{2}", "(a + b)/2"),
        (r"\sqrt{2/n}", "√(2/n)"),
        (r"G Y^\top", "G Yᵀ"),
        (r"\mathbb{E}[h_l^2]", "E[hₗ²]"),
        (r"\hat{x}_i", "x̂ᵢ"),
    ],
)
def test_a_formula_reads_as_unicode(latex, plain):
    assert plain_math(latex) == plain
