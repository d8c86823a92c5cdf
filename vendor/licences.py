"""Beside what is vendored: whose it is, in which version, and under which licence."""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
OUT = HERE.parent / "src/minigrad/site/static/vendor/LICENCES.txt"
FONTS = """TeX Gyre Pagella and TeX Gyre Pagella Math (text*.woff2, math.woff2), cut to the
characters that the course uses and renamed: Copyright 2006-2016 B. Jackowski and J. M. Nowacki,
on behalf of the TeX users groups. GUST Font License, which is the LaTeX Project Public License
1.3c or later.
"""

parts = ["What others wrote in this folder, made by `make vendor`.\n", FONTS]
lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
for path, package in sorted(lock["packages"].items()):
    if not path or package.get("dev") or package.get("optional"):
        continue
    folder = HERE / path
    texts = sorted(p for p in folder.iterdir() if p.name.lower().startswith("licen"))
    name = path.removeprefix("node_modules/")
    text = texts[0].read_text(encoding="utf-8").strip() if texts else package["license"]
    parts.append(f"{name} {package['version']} ({package['license']})\n\n{text}\n")
OUT.write_text(("\n" + "-" * 78 + "\n\n").join(parts), encoding="utf-8")
