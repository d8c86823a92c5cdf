"""The characters that the formulas need of the math font."""

from __future__ import annotations

import re
from html import unescape

from minigrad.course.workspace import resources
from minigrad.site.formulas import mathml
from minigrad.site.markdown import parser

SLANTED = (
    *(("A", "Z", 0x1D434), ("a", "z", 0x1D44E)),
    *(("Α", "Ω", 0x1D6E2), ("α", "ω", 0x1D6FC)),
)
ITALIC_H = "ℎ"  # the one italic letter that Unicode had before the others
# what stretches or accents, and so may be built of pieces
ALWAYS = "()[]{}|‖⟨⟩√∑∏∫ˆ¯~^·+−=<>≤≥≈,./0123456789"


def formula_characters() -> str:
    """Every character of every formula; letters that stand alone also as MathML slants them."""
    found = set(ALWAYS)
    sources = [*resources().glob("theory/**/*.md"), *resources().glob("labs/*/README.md")]
    for file in sources:
        tokens = parser().parse(file.read_text(encoding="utf-8"))
        for token in [t for block in tokens for t in (block, *(block.children or []))]:
            if token.type.startswith("math") or (token.type, token.info) == ("fence", "math"):
                html = mathml(token.content, False)
                found |= set(unescape(re.sub(r"<[^>]+>", "", html)))
                for letter in re.findall(r"<mi>([^<]+)</mi>", html):
                    if len(plain := unescape(letter)) == 1:
                        found.add(italic(plain))
    return "".join(sorted(c for c in found if c.isprintable()))


def italic(letter: str) -> str:
    """A letter as MathML shows it where it stands alone."""
    if letter == "h":
        return ITALIC_H
    for first, last, start in (
        ("A", "Z", 0x1D434),
        ("a", "z", 0x1D44E),
        ("Α", "Ω", 0x1D6E2),
        ("α", "ω", 0x1D6FC),
    ):
        if first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return {"∂": "𝜕", "ϵ": "𝜖", "ϕ": "𝜙", "ϑ": "𝜗", "ϱ": "𝜚"}.get(letter, letter)
