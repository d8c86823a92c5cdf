"""A formula of the course, which is TeX, as MathML."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from html import escape

from latex2mathml.converter import convert

# MathML Core has no mathvariant but "normal": the letters have code points of their own
SCRIPT = {"B": "ℬ", "E": "ℰ", "F": "ℱ", "H": "ℋ", "I": "ℐ", "L": "ℒ", "M": "ℳ", "R": "ℛ"}
DOUBLE = {"C": "ℂ", "H": "ℍ", "N": "ℕ", "P": "ℙ", "Q": "ℚ", "R": "ℝ", "Z": "ℤ"}
VARIANTS: dict[str, Callable[[str], str]] = {
    "script": lambda c: SCRIPT.get(c) or chr(0x1D49C + ord(c) - ord("A")),
    "double-struck": lambda c: DOUBLE.get(c) or chr(0x1D538 + ord(c) - ord("A")),
    "bold": lambda c: chr(ord(c) + 0x1D7CE - 48 if c.isdigit() else _bold(c)),
}


def _character(code: int) -> str:
    return escape(chr(code), quote=False)


def _unwrapped(match: re.Match[str]) -> str:
    """A formula without the row around it: <math> is one itself."""
    inside = match[2]
    depth = 0
    for part in re.findall(r"</?mrow>", inside):
        depth += 1 if part == "<mrow>" else -1
        if depth < 0:
            return match[0]
    return f"{match[1]}{inside}</math>"


def _bold(letter: str) -> int:
    return ord(letter) + (0x1D400 - ord("A") if letter.isupper() else 0x1D41A - ord("a"))


@cache  # a page says √n often, and its translation says it again
def mathml(source: str, display: bool) -> str:
    """A formula as MathML.

    What the converter leaves as TeX is put right: an escaped underscore in text, a double bar, and
    letters of another style.
    """
    out: str = convert(source, display="block" if display else "inline")
    out = out.replace(r"\_", "_").replace(r"\|", "‖")
    # what HTML takes for granted of a formula
    out = re.sub(r' xmlns="[^"]*"| display="inline"', "", out)
    out = re.sub(r"^(<math[^>]*>)<mrow>(.*)</mrow></math>$", _unwrapped, out)
    # characters, not their numbers: half as long
    out = re.sub(r"&#x([0-9A-F]+);", lambda m: _character(int(m[1], 16)), out)
    # set tight: a fraction on the line, and the sign of a derivative, which is a letter
    out = out.replace("<mo>/</mo>", '<mo lspace="0" rspace="0">/</mo>')
    out = out.replace("<mo>∂</mo>", "<mi>∂</mi>")
    return re.sub(
        r'<m([in]) mathvariant="([\w-]+)">(\w)</m[in]>',
        lambda m: f"<m{m[1]}>{VARIANTS[m[2]](m[3])}</m{m[1]}>" if m[2] in VARIANTS else m[0],
        out,
    )
