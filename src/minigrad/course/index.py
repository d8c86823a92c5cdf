"""labs/README.md, written from labs.toml: `python -m minigrad.course.index > labs/README.md`."""

from __future__ import annotations

from minigrad.course.table import Course, load
from minigrad.course.workspace import resources


def index(course: Course) -> str:
    """Every lab and exercise in order, with what it uses and where its theory stands."""
    lines = ["# The labs", "", "Written from `labs.toml` by `python -m minigrad.course.index`.", ""]
    for lab in course.labs:
        lines += [f"## [{lab.id}]({lab.folder}) · {lab.title}", ""]
        lines += [
            f"Theory: [{lab.theory}](../theory/{lab.theory}). About {lab.minutes} minutes.",
            "",
        ]
        if lab.exercises:
            lines += ["| exercise | what | uses | theory |", "| --- | --- | --- | --- |"]
        for e in lab.exercises:
            uses = ", ".join(f"`{name}`" for name in (*e.ops, *e.layers))
            section = f"[{e.theory.partition('#')[2]}](../theory/{e.theory})"
            lines.append(f"| `{e.name}` | {e.title} | {uses} | {section} |")
        lines += [""] if lab.exercises else []
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    print(index(load(resources() / "labs" / "labs.toml")), end="")
