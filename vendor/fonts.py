"""TeX Gyre Pagella and its math font, cut to what the course uses, as woff2.

The glyphs of the formulas are read from the pages themselves: run this again when a formula brings
a new one (tests/site/test_pages.py says so). Needs fonttools and brotli, and Debian's packages
fonts-texgyre and fonts-texgyre-math.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset

from minigrad.site.glyphs import formula_characters

FONTS = Path("/usr/share/texmf/fonts/opentype/public")
OUT = Path(__file__).parents[1] / "src/minigrad/site/static/vendor"
TEXT = (
    "".join(map(chr, range(0x20, 0x7F))) + "\u00a0§°±²³·×÷äöüßçèáéíóúñÁÉÍÓÚÑ¿¡–—‘’“”…−→←≤≥≈√πσφμβ′"
)


def cut(source: str, target: str, characters: str, features: list[str]) -> None:
    options = subset.Options(
        flavor="woff2",
        hinting=False,
        desubroutinize=True,
        layout_features=features,
        notdef_outline=True,
    )
    font = subset.load_font(str(FONTS / source), options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    for record in font["name"].names:  # the licence asks for another name for a changed font
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = target.replace(".woff2", " of minigrad")
    subset.save_font(font, str(OUT / target), options)
    print(target, (OUT / target).stat().st_size, file=sys.stderr)


for style, name in (("regular", "text"), ("italic", "text-italic"), ("bold", "text-bold")):
    kerned = ["kern", "liga", "lnum"] if name == "text" else ["lnum"]  # the others stand in short
    cut(f"tex-gyre/texgyrepagella-{style}.otf", f"{name}.woff2", TEXT, kerned)
cut("tex-gyre-math/texgyrepagella-math.otf", "math.woff2", formula_characters(), [])
