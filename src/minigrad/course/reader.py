"""A theory page in the terminal: Markdown by rich, LaTeX as plain Unicode."""

from __future__ import annotations

import os
import re
from pathlib import Path
from textwrap import indent
from typing import Annotated

import typer
from rich.console import Console

from minigrad.course.console import make_console
from minigrad.course.progress import Progress, here
from minigrad.course.table import CourseError
from minigrad.course.workspace import Workspace, find
from minigrad.errors import meant
from minigrad.files import read_utf8
from minigrad.lab.say import say

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Delta": "Δ", "Sigma": "Σ", "Phi": "Φ", "Omega": "Ω", "partial": "∂", "nabla": "∇",
    "sum": "Σ", "prod": "Π", "int": "∫", "infty": "∞", "cdot": "·", "cdots": "⋯", "ldots": "…",
    "dots": "…", "times": "×", "odot": "⊙", "approx": "≈", "sim": "~", "propto": "∝", "to": "→",
    "rightarrow": "→", "leftarrow": "←", "mapsto": "↦", "le": "≤", "leq": "≤", "ge": "≥",
    "geq": "≥", "neq": "≠", "ne": "≠", "ll": "≪", "gg": "≫", "in": "∈", "pm": "±", "top": "ᵀ",
    "quad": "  ", "qquad": "    ", "lVert": "‖", "rVert": "‖", "Vert": "‖", "lvert": "|",
    "rvert": "|", "langle": "⟨", "rangle": "⟩", "mathbb": "", "equiv": "≡",
    "Theta": "Θ", "ell": "ℓ", "lesssim": "≲",
}  # fmt: skip
BINARY = (
    *("sim", "approx", "le", "leq", "ge", "geq", "ne", "neq", "ll", "gg", "in", "to", "propto"),
    *("leftarrow", "rightarrow", "mapsto", "lesssim"),
)
PRODUCTS = ("cdot", "times", "odot")
SPACED = dict.fromkeys((*BINARY, *PRODUCTS, "log", "ln", "max", "min"), " ")
OPERATOR = rf"\\(?:{'|'.join((*BINARY, *PRODUCTS))})(?![A-Za-z])"
RAISED = dict(zip("0123456789+-=()nTLl", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿᵀᴸˡ", strict=True))
LOWERED = dict(zip("0123456789+-=()ijkaltx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ᵢⱼₖₐₗₜₓ", strict=True))
GROUP = r"\{([^{}]*)\}"
# what is multiplied, where it follows a fraction: a letter, a parenthesis, or a letter's command
BESIDE = "|".join((*BINARY, *PRODUCTS, "q?quad", "text", "mathrm", "equiv", "mid"))
FACTOR = rf"[A-Za-z](?![a-z])|[(\[]|\\(?!(?:{BESIDE})(?![A-Za-z]))[A-Za-z]+"


def plain_math(text: str) -> str:
    """A LaTeX formula as a line of Unicode: \\sigma_W^2 becomes σ_W²."""
    text = re.sub(
        r"\\(left|right|[bB]igg?[lr]?|displaystyle|textstyle|boxed)(?![A-Za-z])|\\[!;:]", "", text
    )
    text = re.sub(r"\\(?:mathcal|mathbf)(?![A-Za-z]) *", "", text)
    text = text.replace(r"\,", " ")
    text = re.sub(r"\\([dt]?frac)([0-9])(\w)", r"\\\1{\2}{\3}", text)
    text = re.sub(r"\\(text|mathrm|mathrel|operatorname|boldsymbol)\s*" + GROUP, r"\2", text)
    text = re.sub(r"\\(bar|hat|tilde)\s*(" + GROUP + r"|\\?[A-Za-z]+)", _accent, text)
    text = re.sub(r"\^(\{\\top\}|\\top)", "ᵀ", text)
    for _ in range(4):  # innermost groups first
        text = re.sub(r"\\[dt]?frac" + GROUP + GROUP + rf"(?:\s*(?=({FACTOR})))?", _fraction, text)
        text = re.sub(r"\\overline" + GROUP, r"mean(\1)", text)
        text = re.sub(r"\\sqrt" + GROUP, r"√(\1)", text)
        text = re.sub(r"\\sqrt ?(\w|\\[a-z]+)", r"√\1", text)
        text = re.sub(r"\^(" + GROUP + r"|\\?\w)", lambda m: _script(m, RAISED, "^"), text)
        text = re.sub(
            r"_(" + GROUP + r"|\\?\w+?(?![a-z]))", lambda m: _script(m, LOWERED, "_"), text
        )
    text = re.sub(
        r"\\([A-Za-z]+)(?: (?!" + OPERATOR + r")(?=[\w\\({]))?",
        lambda m: SYMBOLS.get(m[1], m[1]) + SPACED.get(m[1], ""),
        text,
    )
    text = text.replace("&", "").replace(r"\\", "\n").replace("{", "").replace("}", "")
    return re.sub(r"\\(.)", r"\1", text).replace("\u00a0", " ").strip()


def _accent(match: re.Match[str]) -> str:
    inner = (match[3] or match[2]).strip()
    return inner + {"bar": "\u0304", "hat": "\u0302", "tilde": "\u0303"}[match[1]]


def _fraction(match: re.Match[str]) -> str:
    up, down = (
        f"({p})" if re.search(r"[ +\-·]", p.replace(r"\partial ", "").strip()) else p
        for p in match.groups()[:2]
    )
    # what is multiplied by it stands beside it, not below; a plain space after a command is lost
    return f"{up}/{down}" + ("\u00a0·\u00a0" if match[3] else "")


def _script(match: re.Match[str], table: dict[str, str], mark: str) -> str:
    inner = match[2] if match[2] is not None else match[1]
    if inner and all(c in table for c in inner):
        return "".join(table[c] for c in inner)
    return f"{mark}({inner})" if len(inner) > 1 and not inner.startswith("\\") else f"{mark}{inner}"


def plain_markdown(text: str) -> str:
    """A page whose formulas are plain text and whose figures are named instead of shown."""
    text = without_checks(text)
    text = re.sub(r"```math\n(.*?)```", lambda m: f"$${m[1]}$$", text, flags=re.S)
    text = re.sub(
        r"\n*\$\$(.+?)\$\$\n*",
        lambda m: f"\n\n{indent(plain_math(m[1]), '    ')}\n\n",
        text,
        flags=re.S,
    )
    text = re.sub(r"\$`?([^$\n]+?)`?\$", lambda m: plain_math(m[1]), text)
    return re.sub(r"!\[([^\]]*)\]\(([^)]+)\)", r"*Figure: \1* (`\2`)", text)


def without_checks(text: str) -> str:
    """A page without its `<!-- check … -->`: the code by which the tests hold its numbers."""
    return re.sub(r"^<!-- check\n.*?^-->\n*", "", text, flags=re.S | re.M)


def section(text: str, anchor: str) -> str:
    """The part of a page below the heading of this anchor; the page for "".

    Raises:
        CourseError: no heading has it.
    """
    if not anchor:
        return text
    text = without_checks(text)
    code = [m.span() for m in re.finditer(r"^```.*?^```", text, flags=re.M | re.S)]
    found = [
        m
        for m in re.finditer(r"^(#+) (.+)$", text, flags=re.M)
        if not any(start < m.start() < end for start, end in code)  # a comment in a snippet
    ]
    for i, match in enumerate(found):
        if slug(match[2]) == anchor:
            later = (m.start() for m in found[i + 1 :] if len(m[1]) <= len(match[1]))
            return text[match.start() : next(later, len(text))]
    known = ", ".join(slug(m[2]) for m in found)
    raise CourseError(f"there is no section {anchor!r} on this page. It has {known}.")


def part(text: str, anchor: str, page: str) -> str:
    """A section as it is shown: the first one with the page's opening, which says what its letters
    mean; a later one with the name of the whole page."""
    text = without_checks(text)
    found = section(text, anchor)
    before, _, _ = text.partition(found)
    if "\n## " not in before:
        return before + found
    return f"{found.rstrip()}\n\nThe page from its beginning: `minigrad read {page}`.\n"


def slug(heading: str) -> str:
    """A heading's anchor, as repository hosts make it."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def find_text(workspace: Workspace, target: str) -> tuple[Path, str]:
    """A page's file and what is shown of it: of a page ("01", "01-initialization.md") or a lab all,
    else a section ("…md#kaiming") or that of an exercise.

    Raises:
        CourseError: there is no such page.
    """
    if exercise := {e.name: e for e in workspace.course.exercises}.get(target):
        target = exercise.theory
    page, _, anchor = target.removeprefix("theory/").partition("#")
    file = find_page(workspace, page)
    return file, part(read_utf8(file), anchor, file.stem)


def read(
    page: Annotated[
        str, typer.Argument(help="A page (01), a section (01-…md#kaiming), or an exercise.")
    ] = "",
) -> None:
    """Read a theory page in the terminal; without a name, list them."""
    if page:
        read_page(here(), page, make_console())
    else:
        say(contents(find()))


def read_page(progress: Progress, target: str, console: Console) -> None:
    """Show a page or a part of it, as `find_text` finds it, and note that it was read."""
    from rich.markdown import Markdown  # which takes a while to import

    file, text = find_text(progress.workspace, target)
    text = plain_markdown(text)
    if console.is_terminal:
        # less, unless told otherwise, shows colours as codes, and says no word on how to leave it
        os.environ.setdefault("LESS", "-R -Psspace goes on, q leaves the page")
        with console.pager(styles=not console.no_color):
            console.print(Markdown(text))
    else:
        console.print(text, markup=False)
    progress.note("read", file.stem, True)


def pages(workspace: Workspace) -> dict[str, Path]:
    """Every page by the name that `minigrad read` takes."""
    folder = workspace.theory("00-motivation.md").parent
    return {page.stem: page for page in sorted(folder.glob("*.md"))}


def contents(workspace: Workspace) -> str:
    """Every page's name and heading."""
    heads = {name: read_utf8(page).partition("\n")[0] for name, page in pages(workspace).items()}
    lines = [f"{name:24} {head.lstrip('# ')}" for name, head in heads.items()]
    return "\n".join([*lines, "", "`minigrad read 01` shows one; an exercise's name, its part."])


def find_page(workspace: Workspace, page: str) -> Path:
    """The file of a page: by its number or name, or by those of a lab."""
    known, wanted = pages(workspace), page.removesuffix(".md")
    for name, file in known.items():
        if name == wanted or (wanted.isdigit() and name.startswith(f"{wanted.zfill(2)}-")):
            return file
    try:
        return workspace.theory(workspace.course.lab(wanted).theory)
    except CourseError:
        raise CourseError(
            f"there is no theory page {page!r}.{meant(wanted, known)} The pages are "
            f"{', '.join(known)}."
        ) from None
