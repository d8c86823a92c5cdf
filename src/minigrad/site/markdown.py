"""The course's Markdown as HTML: formulas as MathML, code coloured, links led to the pages."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Token as Kind
from pygments.util import ClassNotFound

from minigrad.course.reader import slug
from minigrad.site.formulas import mathml

# the kinds of token that a listing colours, by their classes in site.css; the rest is plain
COLOURED = {
    Kind.Keyword: "k",
    Kind.Operator.Word: "k",
    Kind.Literal.String: "s",
    Kind.Comment: "c",
    Kind.Literal.Number: "m",
    Kind.Name.Function: "f",
    Kind.Name.Class: "f",
}
FOLDED = r'<details class="numbers">.*?</details>\n'  # as a page shows that code
CHECK = r"<!-- check\n(.*?)-->"  # the code by which the tests hold a page's numbers


@dataclass(frozen=True)
class Heading:
    """A section of a page."""

    level: int
    anchor: str
    html: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """A page's body, its title, its sections, and the plain text of each for the search."""

    html: str
    title: str
    headings: tuple[Heading, ...]
    texts: tuple[tuple[str, str], ...]  # (anchor, text)


@lru_cache(maxsize=1)
def parser() -> MarkdownIt:
    """Markdown as the course writes it: tables, formulas between dollars."""
    md = MarkdownIt("commonmark", {"html": True, "typographer": False}).enable(["table"])
    md.use(
        dollarmath_plugin,
        allow_labels=False,
        double_inline=True,
        renderer=lambda content, options: mathml(content, options["display_mode"]),
    )
    md.add_render_rule("math_inline", _inline_math)
    return md


def _inline_math(self: Any, tokens: Sequence[Token], i: int, *_: Any) -> str:
    """A formula in a line; no line begins with the sign behind it."""
    behind = tokens[i + 1].content[:1] if i + 1 < len(tokens) else ""
    return mathml(tokens[i].content, False) + ("\u2060" if behind in tuple(".,;:)!?…") else "")


def render(
    text: str,
    link: Callable[[str], str | None],
    image: Callable[[str], tuple[str, Path] | None],
    after: Mapping[str, str] | None = None,
) -> Rendered:
    """A page as HTML.

    ``link`` gives the site's address of a link (None: there is none, its text remains), ``image``
    that of a picture with its file; ``after`` holds what stands at the end of a section, by its
    anchor ("" is the page).
    """
    after = dict(after or {})
    md = parser()
    tokens = md.parse(text)
    headings: list[Heading] = []
    out: list[str] = []
    texts: list[tuple[str, str]] = []
    said: list[str] = []
    title, section, i = "", "", 0
    while i < len(tokens):
        token = tokens[i]
        if token.type == "heading_open":
            inside = tokens[i + 1]
            plain = _plain(inside.children or [])
            texts.append((section, " ".join(said)))
            said = []
            out.append(after.pop(section, "") if section else "")
            _inline(inside, link, image)
            html = md.renderer.render([inside], md.options, {})
            level, section = int(token.tag[1]), slug(inside.content)
            if level == 1:
                title, section = plain, ""
                out.append(f"<h1>{html}</h1>\n")
            else:
                headings.append(Heading(level, section, html, plain))
                out.append(
                    f'<h{level} id="{section}">{html} <a class="anchor" href="#{section}" '
                    f'aria-label="Link to this section">§</a></h{level}>\n'
                )
            i += 3
            continue
        end = _block_end(tokens, i)
        block = tokens[i : end + 1]
        for part in block:
            if part.type == "inline":
                said.append(_plain(part.children or []))
                _inline(part, link, image)
        out.append(_block(md, block))
        i = end + 1
    texts.append((section, " ".join(said)))
    out += [after.pop(section, "") if section else "", after.pop("", "")]
    if after:
        raise ValueError(f"{title} has no section {', '.join(after)}")
    return Rendered("".join(out), title, tuple(headings), tuple(texts))


def _block_end(tokens: Sequence[Token], i: int) -> int:
    depth = 0
    for j in range(i, len(tokens)):
        depth += tokens[j].nesting
        if depth == 0:
            return j
    return len(tokens) - 1


def _block(md: MarkdownIt, block: Sequence[Token]) -> str:
    first = block[0]
    if first.type == "html_block" and (check := re.match(CHECK, first.content, flags=re.S)):
        return folded(check[1])
    if first.type == "code_block":
        return code(first.content, "text")
    if first.type == "fence":
        if first.info.strip() == "math":
            return f'<div class="math block">{mathml(first.content, True)}</div>\n'
        return code(first.content, first.info.strip())
    html: str = md.renderer.render(block, md.options, {})
    if first.type == "table_open":
        return f'<div class="table" tabindex="0" role="region" aria-label="Table">{html}</div>\n'
    if html.startswith("<p><figure"):  # a picture that stands alone
        return html.replace("<p><figure", "<figure", 1).replace("</figure></p>", "</figure>")
    return html


def folded(source: str) -> str:
    """The code that holds the text's numbers: there for who asks."""
    return (
        '<details class="numbers"><summary>These numbers, computed</summary>'
        f"{code(source, 'python')}</details>\n"
    )


@cache  # a translated page has the same listings
def code(source: str, language: str) -> str:
    """A coloured listing."""
    try:
        lexer = get_lexer_by_name(language or "text", stripnl=False)
    except ClassNotFound:
        lexer = get_lexer_by_name("text")
    body = "".join(
        f'<span class="{kind}">{text}</span>' if kind else text
        for kind, text in _coloured(lex(source, lexer))
    )
    return f'<pre class="code" tabindex="0"><code>{body}</code></pre>\n'


def _coloured(tokens: Iterable[tuple[Any, str]]) -> Iterator[tuple[str, str]]:
    """A listing's pieces as HTML, each with its class, or "" where it has none."""
    classes = (
        (next((name for kind, name in COLOURED.items() if token in kind), ""), text)
        for token, text in tokens
    )
    for name, run in groupby(classes, key=lambda piece: piece[0]):
        yield name, escape("".join(text for _, text in run), quote=False)


def _inline(
    token: Token,
    link: Callable[[str], str | None],
    image: Callable[[str], tuple[str, Path] | None],
) -> None:
    """Lead links and pictures to where they are on the site."""
    kept: list[Token] = []
    dropped = 0
    for child in token.children or []:
        if child.type == "link_open":
            target = link(str(child.attrGet("href")))
            if target is None:
                dropped += 1
                continue
            child.attrSet("href", target)
        elif child.type == "link_close" and dropped:
            dropped -= 1
            continue
        elif child.type == "image":
            found = image(str(child.attrGet("src")))
            words = escape(_plain(child.children or []))
            child.type, child.content = "html_inline", f"<em>{words}</em>"
            if found:
                src, file = found
                width, height = png_size(file)
                child.content = (
                    f'<figure><a href="{src}"><img src="{src}" alt="{words}" loading="lazy" '
                    f'width="{width}" height="{height}"></a>'
                    f"<figcaption>{words}</figcaption></figure>"
                )
        elif child.type == "code_inline":
            child.type = "html_inline"
            child.content = f"<code>{escape(child.content)}</code>"
        kept.append(child)
    token.children = kept


def _plain(children: Sequence[Any]) -> str:
    """The words of inline tokens, for titles and the search."""
    out = []
    for child in children:
        if child.type in ("text", "code_inline"):
            out.append(child.content)
        elif child.type.startswith("math"):
            out.append(re.sub(r"[\\{}$]", "", child.content))
        elif child.type in ("softbreak", "hardbreak"):
            out.append(" ")
        elif child.children:
            out.append(_plain(child.children))
    return "".join(out)


def png_size(file: Path) -> tuple[int, int]:
    """(width, height) of a PNG, from its header."""
    head = file.read_bytes()[16:24]
    width, height = struct.unpack(">II", head)
    return width, height
