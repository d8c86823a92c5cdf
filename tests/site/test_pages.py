"""Every page of the site without a browser: links, formulas, glyphs, what stands at a section."""

import gzip
import json
import posixpath
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from fontTools.ttLib import TTFont

from minigrad.course.reader import slug
from minigrad.course.workspace import resources
from minigrad.site.formulas import mathml
from minigrad.site.glyphs import formula_characters
from minigrad.site.markdown import parser, render
from minigrad.site.pages import STATIC
from minigrad.site.words import languages, words

ATTRIBUTE = re.compile(r'(?:href|src)="([^"]*)"')


def sources():
    root = resources()
    return sorted([*root.glob("theory/*.md"), *root.glob("labs/*/README.md")])


def formulas(file):
    tokens = parser().parse(file.read_text(encoding="utf-8"))
    inside = [t for block in tokens for t in (block, *(block.children or []))]
    return [t.content for t in inside if t.type.startswith("math")]


def test_every_link_leads_to_a_page_and_a_section(site, pages):
    broken = []
    for path, html in pages.items():
        for target in ATTRIBUTE.findall(html):
            parts = urlsplit(unescape(target))
            if parts.scheme:
                continue
            at = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(parts.path)))
            at = path if not parts.path else at
            if at not in site.files:
                broken.append(f"{path}: {target}")
            elif parts.fragment and f'id="{unquote(parts.fragment)}"' not in pages[at]:
                broken.append(f"{path}: {target} has no such section")
    assert not broken


def test_no_page_asks_another_host_for_anything(site, pages):
    for path, html in pages.items():
        loaded = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([a-z]+:[^"]*)"', html)
        assert not loaded, path
    for path, make in site.files.items():
        if path.startswith("static/") and path.endswith((".js", ".css")) and "vendor" not in path:
            text = make().decode()
            assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path


@pytest.mark.parametrize("file", sources(), ids=lambda f: f"{f.parent.name}/{f.name}")
def test_every_formula_is_mathml(file):
    for formula in formulas(file):
        html = mathml(formula, display=False)
        text = unescape(re.sub(r"<[^>]+>", "", html))
        assert html.startswith("<math") and "\\" not in text, formula
        # Chromium and Firefox know no other variant of a letter
        assert set(re.findall(r'mathvariant="(\w[\w-]*)"', html)) <= {"normal"}, formula


def test_an_underscore_of_text_is_one():
    assert "<mtext>fan_in</mtext>" in mathml(r"\text{fan\_in}", display=False)


def test_no_formula_is_left_raw(pages):
    for path, html in pages.items():
        text = re.sub(r"<pre.*?</pre>|<code.*?</code>|<script.*?</script>", "", html, flags=re.S)
        text = unescape(re.sub(r"<[^>]+>", "", text))
        assert not re.search(r"\$[^$\n]+\$|\\(frac|sigma|text|mathbb)\b", text), path


def test_the_math_font_has_every_glyph_of_every_formula():
    font = TTFont(STATIC / "vendor" / "math.woff2")
    missing = [
        c for c in formula_characters() if not c.isspace() and ord(c) not in font.getBestCmap()
    ]
    assert not missing, "`make vendor` cuts the font anew"
    assert "MATH" in font


def test_the_text_font_has_the_letters_of_the_frame():
    font = TTFont(STATIC / "vendor" / "text.woff2").getBestCmap()
    for language in ("en", "es"):
        said = "".join(words(language).values())
        assert not {c for c in said if ord(c) not in font and not c.isspace()}, language


def test_every_exercise_has_its_card_where_its_theory_stands(site, pages):
    for e in site.course.exercises:
        page, _, anchor = e.theory.partition("#")
        html = pages[f"theory/{Path(page).stem}.html"]
        start = html.index(f'id="{anchor}"')
        rest = html[start:]
        own = rest[: rest.find("<h2 id=", 10)] if "<h2 id=" in rest[10:] else rest
        assert f'data-exercise="{e.name}"' in own, e.name


def test_every_explorer_stands_at_a_section_that_is_there(site, pages):
    for place, explorer in site.explorers.items():
        page, _, anchor = place.partition("#")
        html = pages[f"theory/{Path(page).stem}.html"]
        assert f'id="{anchor}"' in html
        assert explorer["say"]


def test_what_stands_at_no_section_is_an_error():
    with pytest.raises(ValueError, match="nowhere"):
        render("# A\n\n## B\n", lambda x: x, lambda x: None, {"nowhere": "…"})


def test_a_page_in_full():
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n"
    text = f"# T\n\nA [link](b.md), $x^2$ and `<i>`.\n\n## One *two*\n\n{table}"
    shown = render(text, lambda target: "b.html", lambda target: None, {"one-two": "<hr>"})
    assert shown.title == "T" and [h.anchor for h in shown.headings] == ["one-two"]
    assert '<a href="b.html">link</a>' in shown.html and "<code>&lt;i&gt;</code>" in shown.html
    assert shown.html.rstrip().endswith("<hr>") and '<div class="table"' in shown.html
    assert dict(shown.texts)["one-two"] == "a b 1 2" and "x^2" in dict(shown.texts)[""]


def test_code_that_checks_the_numbers_is_folded():
    folded = render("# T\n\n<!-- check\nassert 1 + 1 == 2\n-->\n", str, lambda x: None).html
    open_ = render("# T\n\n```python\nx = 1\n```\n", str, lambda x: None).html
    assert (
        '<details class="numbers">' in folded and "<!--" not in folded and "<details" not in open_
    )


def test_a_link_to_what_the_site_has_not_keeps_its_words():
    shown = render("# T\n\nSee [the code](../src/a.py).\n", lambda x: None, lambda x: None)
    assert "See the code." in shown.html and "<a href" not in shown.html


def test_a_theory_page_weighs_at_most_100_kilobytes(site, pages):
    def packed(data):
        return len(gzip.compress(data))

    frame = [p for p in site.files if re.fullmatch(r"static/(site\.css|site\.js|engine\.js)", p)]
    fonts = [p for p in site.files if p.endswith(".woff2")]
    assert len(frame) == 3 and len(fonts) == 4
    around = sum(packed(site.files[p]()) for p in (*frame, *fonts))
    for path, html in pages.items():
        if "theory/" in path:
            assert around + packed(html.encode()) <= 100_000, path


def test_the_search_finds_sections(site):
    rows = json.loads(site.files["search.json"]())
    found = [path for path, *_, text in rows if "Glorot" in text]
    assert "theory/01-initialization.html#xavier" in found
    assert any(path == "exercises/fans.html" for path, *_ in rows)


def test_every_language_has_the_home_page_and_says_what_is_missing(site, pages):
    for code in languages():
        html = pages["index.html" if code == "en" else f"{code}/index.html"]
        assert f'<html lang="{code}"' in html
        assert words(code)["home_head"] in unescape(html)
    for other in languages():
        assert set(words(other)) == set(words("en"))


def test_anchors_are_those_of_repository_hosts(site, pages):
    for file in sources():
        if file.parent.name == "theory":
            html = pages[f"theory/{file.stem}.html"]
            text = re.sub(r"^```.*?^```", "", file.read_text(encoding="utf-8"), flags=re.M | re.S)
            for heading in re.findall(r"^##+ (.+)$", text, flags=re.M):
                assert f'id="{slug(heading)}"' in html, heading
