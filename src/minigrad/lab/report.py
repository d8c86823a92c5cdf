"""What a run found, as a table on the terminal and as report.md."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table

MARKS = {True: "✓", False: "✗", None: "–"}
LEGEND = (
    "As predicted: ✓ it came out as the lab says beforehand, ✗ it did not, – this run cannot tell. "
    "a [b, c]: median and range over the seeds."
)
BAND = "predicted 80 % band"
BANDS = (
    f" A {BAND}: where theory, before the run, expects four runs of five, at each layer or in each "
    "window of steps; ✓ where most of each network's values lie inside."
)


@dataclass(frozen=True)
class Finding:
    """One variant's outcome: a word or number to compare, and the finding in one sentence.

    `predicted` is what was said before running and `held` whether it came true; None where this
    run (shorter, say, than the prediction is about) cannot tell. `key` and `word` answer the guess
    of that key in labs.toml: the word is one of its choices, or judges nothing.
    """

    variant: str
    outcome: str
    sentence: str
    predicted: str = ""
    held: bool | None = None
    key: str = ""
    word: str = ""


def legend(findings: Iterable[Finding]) -> str:
    """What the marks and numbers of these findings mean."""
    return LEGEND + (BANDS if any(f.variant.startswith(BAND) for f in findings) else "")


def table(
    results: Sequence[tuple[str, Sequence[Finding]]], reference: dict[str, list[Finding]]
) -> "Table":
    """All findings of (lab number, findings), with the reference's outcomes where given."""
    from rich.table import Table

    shown = Table(title="verdicts", title_justify="left", show_lines=False, pad_edge=False)
    shown.add_column("lab", no_wrap=True)
    shown.add_column("variant", max_width=26)
    shown.add_column("outcome", max_width=24)
    if reference:
        shown.add_column("reference", max_width=24)
    shown.add_column("as predicted", justify="center")
    shown.add_column("what was measured")
    for lab, findings in results:
        known = {finding.variant: finding.outcome for finding in reference.get(lab, [])}
        for i, found in enumerate(findings):
            row = [lab if i == 0 else "", found.variant, found.outcome]
            row += [known.get(found.variant, "")] if reference else []
            shown.add_row(*row, MARKS[found.held], found.sentence)
        shown.add_section()
    return shown


def listed(
    results: Sequence[tuple[str, Sequence[Finding]]], reference: dict[str, list[Finding]]
) -> "Group":
    """The same for a narrow terminal: a line for each finding, and its sentence below."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    shown: list[Text | Padding] = [Text("verdicts", style="italic")]
    for lab, findings in results:
        known = {finding.variant: finding.outcome for finding in reference.get(lab, [])}
        for found in findings:
            beside = f" (reference: {known[found.variant]})" if found.variant in known else ""
            line = f"{MARKS[found.held]} {lab} {found.variant}: {found.outcome}{beside}"
            shown += [Text(line, style="bold"), Padding(Text(found.sentence), (0, 0, 0, 2))]
    return Group(*shown)


def report(
    title: str,
    findings: Sequence[Finding],
    figures: Sequence[Path],
    manifest: dict[str, Any],
    reference: Sequence[Finding] = (),
) -> str:
    """report.md: a sentence per variant, the table, the figures, predictions and their fate."""
    known = {finding.variant: finding.outcome for finding in reference}
    beside = ["reference"] if known else []
    head = ["variant", "outcome", *beside, "predicted", "held"]
    rows = []
    for f in findings:
        other = [known.get(f.variant, "")] if known else []
        rows.append([f.variant, f.outcome, *other, f.predicted, MARKS[f.held]])
    revision = manifest["revision"]
    source = f"minigrad {manifest['minigrad']}" + (f" at {revision[:10]}" if revision else "")
    mode = f"`{manifest['command']}`, {source}, NumPy {manifest['numpy']}, {manifest['cpu']}"
    lines = [f"# {title}", "", f"{mode}, {manifest['started']}.", ""]
    lines += [f"- **{f.variant}**: {f.sentence}" for f in findings]
    if own := own_code(manifest.get("implementation", {})):
        lines += ["", "**With code of your own:** " + "; ".join(own) + "."]
    lines += ["", *markdown_table(head, rows), ""]
    lines += ["Held: ✓ came true, ✗ did not, – this run cannot tell.", ""]
    for path in figures:
        lines += [f"![{path.stem.replace('_', ' ')}]({path.name})", ""]
    return "\n".join(lines)


def own_code(whose: Mapping[str, str]) -> list[str]:
    """The learner's pieces in a run, from its manifest, with what their checks say of them."""
    return [who.removeprefix("exercise.py: ") for who in whose.values() if who != "minigrad"]


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a Markdown table."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in (head, *rows)]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return [lines[0], "|" + " --- |" * len(head), *lines[1:]]


def spans(kinds: Mapping[float, str], usual: str) -> str:
    """Of kinds by scale, which scales are not the usual one: "NaN at 0, inf from 1e-05 to 0.1"."""
    parts = []
    for kind, group in groupby(kinds.items(), key=lambda item: item[1]):
        scales = [f"{scale:g}" for scale, _ in group]
        if kind != usual:
            at = f"at {scales[0]}" if len(scales) == 1 else f"from {scales[0]} to {scales[-1]}"
            parts.append(f"{kind} {at}")
    return ", ".join(parts) or f"{usual} at every scale"
