"""Translated theory pages: theory/LANGUAGE/NAME.md, section by section beside the English one.

Below its title and each `## ` heading a translation names the English text that it renders, by the
start of its SHA-256: `<!-- of 0123456789ab -->`. So it is seen which sections are older than their
source. The snippets that check a page's numbers stand in the English page alone.
"""

from __future__ import annotations

import hashlib
import re

STAMP = re.compile(r"^<!-- of ([0-9a-f]{12}) -->$", flags=re.M)


def sections(text: str) -> list[str]:
    """A page cut before each `## ` heading that stands in no code; first its title's part."""
    parts, code = [""], False
    for line in text.splitlines(keepends=True):
        code ^= line.startswith("```")
        if line.startswith("## ") and not code:
            parts.append("")
        parts[-1] += line
    return parts


def stamp(section: str) -> str:
    """The name of an English section's text, its checks left out: they are code of ours."""
    said = re.sub(r"<!-- check\n.*?-->\n*", "", section, flags=re.S).strip()
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def older(english: str, translated: str) -> list[int]:
    """The places of the translation's sections that render another text than the English one."""
    stamps = [found[1] if (found := STAMP.search(s)) else "" for s in sections(translated)]
    wanted = [stamp(s) for s in sections(english)]
    stamps += [""] * (len(wanted) - len(stamps))
    return [i for i, (a, b) in enumerate(zip(stamps, wanted, strict=False)) if a != b]


def stamped(english: str, translated: str) -> str:
    """The translation with every section's stamp as the English page is."""
    parts = []
    for source, section in zip(sections(english), sections(translated), strict=True):
        head, _, rest = STAMP.sub("", section).partition("\n")
        parts.append(f"{head}\n<!-- of {stamp(source)} -->\n\n{rest.lstrip()}")
    return "".join(parts)
