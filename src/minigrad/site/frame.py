"""The frame around every page: head, navigation, search, sections."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from minigrad.site.markdown import Heading
from minigrad.site.words import languages, words

# the pages of the bar on top, by their key in words.toml
PLACES = {
    "theory": "theory/00-motivation.html",
    "course": "course.html",
    "labs": "labs/index.html",
    "explorer": "explorer.html",
    "quiz": "quiz.html",
    "challenge": "challenge.html",
    "map": "map.html",
    "clinic": "clinic.html",
    "backward": "backward.html",
}
# before anything is drawn: the reader's own choice of light or dark
THEME = "try{const t=localStorage.getItem('theme');if(t)document.documentElement.dataset.theme=t}catch{}"


@dataclass(frozen=True)
class Frame:
    """What stands around a page's body. ``path`` is its address below the site's root."""

    path: str
    title: str
    engine: str  # "server" or "worker": where Python runs
    language: str = "en"
    translated: tuple[str, ...] = ("en",)  # languages that have this page
    place: str = ""  # which entry of the bar it belongs to
    side: Sequence[tuple[str, str, str]] = ()  # (address, text, number) of the pages beside it
    headings: Sequence[Heading] = ()
    before: tuple[str, str] | None = None  # (address, title)
    after: tuple[str, str] | None = None
    scripts: Sequence[str] = ()
    wide: bool = False

    @property
    def root(self) -> str:
        """From this page to the site's root: "" or "../" as often as needed."""
        return "../" * self.path.count("/")

    def around(self, body: str) -> str:
        """The whole page."""
        w, root = words(self.language), self.root
        home = root if self.language == "en" else f"{root}{self.language}/"
        here = self.path.removeprefix(f"{self.language}/")
        own = "" if self.language == "en" else f"{self.language}/"
        links = "".join(
            f'<a href="{root}{own if key == "theory" else ""}{path}"'
            f"{_current(key == self.place)}>{escape(w[key])}</a>"
            for key, path in PLACES.items()
        )
        tongues = "".join(
            f'<a href="{root}{"" if code == "en" else code + "/"}{_page(here)}" lang="{code}" '
            f'hreflang="{code}" title="{escape(name)}"{_current(code == self.language)}>{code}</a>'
            for code, name in languages().items()
            if code in self.translated
        )
        # shown to a reader who came for another language
        note = "".join(
            f'<p class="note" lang="{code}" hidden>{escape(words(code)["untranslated"])}</p>'
            for code in languages()
            if self.place == "theory" and code not in self.translated
        )
        title = self.title if self.title == w["title"] else f"{self.title} · {w['title']}"
        modules = "".join(
            f'<script type="module" src="{root}static/{name}"></script>' for name in self.scripts
        )
        kind = "wide" if self.wide else "book" if self.side else "plain"
        return f"""<!doctype html>
<html lang="{self.language}" data-engine="{self.engine}" data-root="{root}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="{escape(w["tagline"])}">
<title>{escape(title)}</title>
<script>{THEME}</script>
<link rel="icon" href="{root}static/icon.svg" type="image/svg+xml">
<link rel="preload" href="{root}static/vendor/text.woff2" as="font" type="font/woff2" crossorigin>
<link rel="stylesheet" href="{root}static/site.css">
<script type="module" src="{root}static/site.js"></script>{modules}
</head>
<body class="{kind}">
<a class="skip" href="#text">{escape(w["skip"])}</a>
<header class="bar">
<a class="mark" href="{home}index.html">mini<b>grad</b></a>
<button class="menu" aria-expanded="false" aria-controls="places">{escape(w["menu"])}</button>
<nav id="places" aria-label="{escape(w["menu"])}">{links}</nav>
<div class="tools">
<button class="find" aria-label="{escape(w["search_hint"])}" title="{escape(w["search_hint"])}">\
{escape(w["search"])} <kbd>/</kbd></button>
<button class="theme" aria-label="{escape(w["light_dark"])}" title="{escape(w["light_dark"])}">◐</button>
<span class="tongues">{tongues if len(self.translated) > 1 else ""}</span>
</div>
</header>
<div class="page">{self._side(w)}
<main id="text" tabindex="-1">
{note}{body}{self._turn(w)}
</main>
{self._toc(w)}</div>
</body>
</html>
"""

    def _side(self, w: dict[str, str]) -> str:
        if not self.side:
            return ""
        rows = "".join(
            f'<li><a href="{self.root}{path}"{_current(path == self.path)}>'
            f'<span class="number">{escape(number)}</span>{escape(text)}</a></li>'
            for path, text, number in self.side
        )
        name = escape(w["contents"])
        return f'<nav class="side" aria-label="{name}"><h2>{name}</h2><ol>{rows}</ol></nav>'

    def _toc(self, w: dict[str, str]) -> str:
        rows = "".join(
            f'<li class="level{h.level}"><a href="#{h.anchor}">{h.html}</a></li>'
            for h in self.headings
        )
        name = escape(w["on_this_page"])
        return (
            f'<nav class="toc" aria-label="{name}"><h2>{name}</h2><ol>{rows}</ol></nav>'
            if rows
            else ""
        )

    def _turn(self, w: dict[str, str]) -> str:
        def link(to: tuple[str, str] | None, key: str) -> str:
            if to is None:
                return "<span></span>"
            return (
                f'<a class="{key}" href="{self.root}{to[0]}"><small>{escape(w[key])}</small>'
                f"{escape(to[1])}</a>"
            )

        if self.before is None and self.after is None:
            return ""
        return f'<nav class="turn">{link(self.before, "previous")}{link(self.after, "next")}</nav>'


def _current(here: bool) -> str:
    return ' aria-current="page"' if here else ""


def _page(path: str) -> str:
    return path or "index.html"


def data(name: str, value: Any) -> str:
    """A value for a page's script: JSON that no markup can end."""
    text = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'
