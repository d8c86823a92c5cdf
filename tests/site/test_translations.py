"""The translated pages say what the English ones say: section for section, formula for formula.

`python tests/site/test_translations.py` writes into every translation which English text it
renders: once the sections that the tests name have been translated anew.
"""

import re

import pytest

from minigrad.course.workspace import resources
from minigrad.site.translation import older, sections, stamp, stamped
from minigrad.site.words import languages, words

THEORY = resources() / "theory"
PAGES = [p for code in languages() if code != "en" for p in sorted((THEORY / code).glob("*.md"))]
NAMES = ("00-motivation", "01-initialization", "02-normalization", "03-residual")
FIRST = (*NAMES, "04-norm-placement")


def both(page):
    """A translation and its source, without the code that checks the source's numbers."""
    english = (THEORY / page.name).read_text(encoding="utf-8")
    shown = re.sub(r"<!-- check\n.*?-->\n*", "", english, flags=re.S)
    return page.read_text(encoding="utf-8"), shown


@pytest.fixture(params=PAGES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def page(request):
    return request.param


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_the_first_five_pages_are_there(code):
    assert {p.stem for p in PAGES if p.parent.name == code} >= set(FIRST)


def test_no_section_is_older_than_its_source(page):
    translated, english = both(page)
    assert len(sections(translated)) == len(sections(english))
    names = [s.partition("\n")[0] for s in sections(english)]
    found = [names[i] for i in older(english, translated)]
    assert not found, (
        f"{page}: {found} read otherwise in English than when they were translated. Translate "
        "them anew, then run python tests/site/test_translations.py"
    )


def test_code_formulas_tables_and_pictures_are_the_sources(page):
    translated, english = both(page)
    for what in (
        r"^```.*?^```$",
        r"^\$\$.*?\$\$",
        r"^(?:\|[-| ]+\|)$",
        r"!\[[^\]]*\]\((?:\.\./)+([^)]*)\)",
        r"\]\((https:[^)]*)\)",
        r"`minigrad [^`]*`",
    ):
        one, other = (re.findall(what, text, flags=re.M | re.S) for text in (translated, english))
        assert one == other, what


def test_numbers_and_symbols_within_the_text_are_the_sources(page):
    """In whatever order a sentence has them."""
    for one, other in zip(*map(sections, both(page)), strict=True):
        for what in (r"(?<!\$)\$(?!\$)([^$]+)\$(?!\$)", r"\d+(?:[.,]\d+)*"):
            found = [sorted(re.findall(what, re.sub(r"<!--.*?-->", "", t))) for t in (one, other)]
            assert found[0] == found[1], other.partition("\n")[0]


def test_another_text_of_the_source_is_noticed():
    english = (
        "# A\n\nsaid\n\n<!-- check\nx = 1\n-->\n\n## B\n\n```python\n## no head\n```\n\nmore\n"
    )
    translated = stamped(english, "# a\n\ndicho\n\n## b\n\nmás\n")
    assert older(english, translated) == []
    assert older(english.replace("x = 1", "x = 2"), translated) == []
    assert older(english.replace("said", "told"), translated) == [0]
    assert older(english.replace("more", "less"), translated) == [1]
    assert older(english + "\n## C\n", translated) == [2]
    assert older(english, translated.replace(stamp(sections(english)[1]), "0" * 12)) == [1]


def test_a_page_that_is_missing_is_shown_in_english_with_a_note(pages):
    assert 'href="../theory/05-prenorm-postnorm.html?lang=es"' in pages["es/index.html"]
    for code in ("es", "zh"):
        note = f'<p class="note" lang="{code}" hidden>{words(code)["untranslated"]}</p>'
        assert note in pages["theory/05-prenorm-postnorm.html"]
        assert note not in pages["theory/01-initialization.html"]


def test_a_translation_has_the_explorers_and_exercises_of_its_source(pages):
    for code in ("es", "zh"):
        for name in FIRST:
            one, other = pages[f"{code}/theory/{name}.html"], pages[f"theory/{name}.html"]
            for what in ("data-widget=", 'class="card"', "<math"):
                assert what == "<math" or one.count(what) == other.count(what), (code, name, what)


if __name__ == "__main__":
    for file in PAGES:
        source = (THEORY / file.name).read_text(encoding="utf-8")
        file.write_text(stamped(source, file.read_text(encoding="utf-8")), encoding="utf-8")
