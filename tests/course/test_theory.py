"""Every snippet of pages and labs' READMEs runs, prints what the page says it prints, and computes
every number of the text."""

import ast
import contextlib
import io
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from minigrad.course.reader import plain_markdown, plain_math, section
from minigrad.course.workspace import resources

THEORY = resources() / "theory"
PAGES = sorted(THEORY.glob("*.md"))
LABS = sorted(resources().glob("labs/*/README.md"))
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$|^<!-- (check)\n(.*?)^-->$", re.S | re.M)


def stem(page: Path) -> str:
    return page.parent.name if page.stem == "README" else page.stem


def blocks(page: Path) -> list[tuple[str, str]]:
    """("python", code) of what the reader sees, ("check", code) of what only this test runs, each
    line where it stands in the page; ("text", …) of what the python before it prints."""
    text = page.read_text(encoding="utf-8")
    found = []
    for m in BLOCK.finditer(text):
        kind, body = (m[1], m[2]) if m[1] else (m[3], m[4])
        above = "\n" * text.count("\n", 0, m.start(2 if m[1] else 4))
        found.append((kind, body if kind == "text" else above + body))
    return found


@pytest.mark.parametrize("page", [*PAGES, *LABS], ids=stem)
def test_the_snippets_of_a_page_run_and_print_what_it_says(page, monkeypatch):
    monkeypatch.chdir(resources())  # where the labs' committed records are
    space = {"__name__": "theory"}
    code = blocks(page)
    for (kind, body), (after, said) in itertools.pairwise([*code, ("", "")]):
        if kind == "text":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(body, str(page), "exec"), space)
        if kind == "python":  # what is shown has something to show
            assert printed.getvalue() == (said if after == "text" else ""), body.strip()
            assert "assert" not in body, (
                f"a check for the tests, in the reader's way: {body.strip()}"
            )


def numbers(prose: str) -> dict[float, str]:
    """The numbers that a page's text claims: not the snippets', sources', links' or other people's
    (in *"…"*), not indices and powers of symbols, whole numbers below ten, or years."""
    prose = prose.partition("\n## Sources")[0]
    for left_out in (
        r"^<!--.*?^-->",
        r"^```.*?^```",
        r"\]\([^)]*\)",
        r"`[^`\n]*`",
        r'\*"[^"]*"\*',
    ):
        prose = re.sub(left_out, "", prose, flags=re.S | re.M)
    prose = re.sub(r"([\d.]+)\s*\\cdot\s*10\^\{?(-?\d+)\}?", r" \1e\2 ", prose)
    prose = re.sub(r"10\^\{?(-?\d+)\}?", r" 1e\1 ", prose)
    prose = re.sub(r"[\^_](\{[^}]*\}|-?\w)|\\text\{[^}]*\}", " ", prose)
    found = re.findall(r"(?<![\w.,/])\d[\d,]*(?:\.\d+)?(?:e-?\d+)?(?!\w)", prose)
    claimed = {float(text.replace(",", "")): text for text in found}
    return {
        value: text
        for value, text in claimed.items()
        if not (value.is_integer() and "e" not in text and (value < 10 or 1900 < value < 2100))
    }


@pytest.mark.parametrize("page", [*PAGES, *LABS], ids=stem)
def test_every_number_in_the_text_of_a_page_stands_in_its_snippets(page):
    """Where an assertion uses it, or printed: a number that nothing computes goes stale unseen."""
    known: list[float] = []
    for kind, body in blocks(page):
        if kind == "text":
            known += map(float, re.findall(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?", body))
        else:
            constants = [n.value for n in ast.walk(ast.parse(body)) if isinstance(n, ast.Constant)]
            known += [float(c) for c in constants if isinstance(c, int | float)]
    known += [100 * c for c in known]  # 0.66 is 66 %
    text = page.read_text(encoding="utf-8")
    assert not [
        text for value, text in numbers(text).items() if not np.isclose(value, known, 1e-9, 0).any()
    ]


def test_a_claimed_number_is_found_in_every_way_it_is_written():
    text = "It was 0.5, or $3.8 \\cdot 10^{26}$, $10^{-7}$, 75 %, 1,000 of $x^{12}$ and $W_{34}$"
    assert set(numbers(text)) == {0.5, 3.8e26, 1e-7, 75, 1000}
    assert not numbers(
        '*"It is 99 % faster"* (Ba 2016), two of 3. [page](17.md) `18`\n## Sources\n77'
    )


@pytest.mark.parametrize("page", PAGES, ids=stem)
def test_a_page_cites_sources_and_reads_in_a_terminal(page):
    text = page.read_text(encoding="utf-8")
    before, sources, after = text.partition("\n## Sources\n")
    assert sources and "| symbol |" in text
    assert all("](http" in line for line in after.splitlines() if line.startswith("- "))
    if page.stem != "glossary":
        assert "\n## You are done when\n" in before
        assert sum(kind == "python" for kind, _ in blocks(page)) >= 2, (
            "snippets that show something"
        )
    if page.stem[:2].isdigit() or page.stem == "curve":  # the labs' pages
        assert 0 < text.find("**Guess first") < text.find("**One line of argument.**"), "no guess"
        assert "| symbol | shape | meaning |" in text
        assert "\n## What is commonly claimed, and was measured otherwise\n" in text
    plain = plain_markdown(text)
    left = re.findall(r"\\[a-z]+", re.sub(r"```.*?```|`[^`\n]*`", "", plain, flags=re.S))
    assert not left, f"LaTeX left for the terminal: {sorted(set(left))}"
    for formula in re.findall(r"\$\$.+?\$\$|\$[^$\n]+\$|```math.+?```", text, flags=re.S):
        commands = set(re.findall(r"\\([A-Za-z]{4,})", formula)) - {"cosh", "sinh", "tanh"}
        shown = {c for c in commands if c in plain_math(formula)}
        assert not shown, f"shown by its name: {shown} in {formula}"


@pytest.mark.parametrize("readme", [p for p in LABS if stem(p) != "autograd"], ids=stem)
def test_a_lab_asks_for_a_guess_before_it_says_what_came_out(readme):
    text = readme.read_text(encoding="utf-8")
    before, folded, after = text.partition("<details><summary><b>What came out</b>")
    assert "**Before you run it**" in before and folded and "](reference/" not in before
    assert "## What came out" in after.partition("</details>")[0]


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"\sigma_W^2", "σ_W²"),
        (r"\frac{a + b}{2}", "(a + b)/2"),
        (r"\sqrt{2/n}", "√(2/n)"),
        (r"G Y^\top", "G Yᵀ"),
        (r"\mathbb{E}[h_l^2]", "E[hₗ²]"),
        (r"\hat{x}_i", "x̂ᵢ"),
        (r"1/\sqrt L", "1/√L"),
        (r"\eta\lambda < 2(1 + \beta)", "ηλ < 2(1 + β)"),
        (r"h \leftarrow h + f", "h ← h + f"),
        (r"\hat x_i \hat x_j", "x̂ᵢ x̂ⱼ"),
        (r"\boxed{\; y = \gamma \odot \frac{x}{r} \;}", "y = γ ⊙ x/r"),
        (r"\frac{1}{d}\sum_j x_j", "1/d · Σⱼ xⱼ"),
        (r"\frac1d \sum_j x_j", "1/d · Σⱼ xⱼ"),
        (r"\frac{1}{r}\Bigl(a - b\Bigr)", "1/r · (a - b)"),
        (r"\frac{1}{\sigma}\Bigl(a - b\Bigr)", "1/σ · (a - b)"),
        (r"\frac{\partial \mathcal L}{\partial W}", "∂L/∂W"),
        (r"\frac{x_i}{r^2}\frac{\hat x_j}{d} \le c", "xᵢ/r² · x̂ⱼ/d ≤ c"),
        (r"\frac{a}{b} \le c \text{ and } d", "a/b ≤ c  and  d"),
    ],
)
def test_a_formula_reads_as_unicode(latex, plain):
    assert plain_math(latex) == plain


def test_a_comment_in_a_snippet_ends_no_section():
    page = "# A\n\n```python\n# not a heading\n```\n\nend\n\n# B\n"
    assert section(page, "a").endswith("end\n\n")
