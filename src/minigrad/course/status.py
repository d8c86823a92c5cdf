"""What is done and what is open, drawn from labs.toml and the progress file."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from minigrad.course.progress import Progress
from minigrad.course.questions import count
from minigrad.course.runner import check
from minigrad.course.stub import definition
from minigrad.course.table import CourseError, Exercise, Lab
from minigrad.course.workspace import exercise_text, find

LEGEND = "✓ passes  → next  · open  ! passed once, and no longer"


def banner(progress: Progress) -> Text:
    """One line: how far the course has come."""
    done, all_ = len(progress.passed), len(progress.workspace.course.exercises)
    filled = round(20 * done / all_) if all_ else 0
    text = f"minigrad  {'█' * filled}{'░' * (20 - filled)}  {done} of {all_} exercises"
    if done == all_:
        text += ". All of them are done; `minigrad quiz` asks what it was all about."
    return Text(text)


def place(lab: Lab, exercise: Exercise) -> str:
    """Where an exercise is to be written: file:line, from the workspace."""
    line = definition(exercise_text(lab), exercise.name)[0] + 1
    return f"{lab.file.relative_to(lab.root).as_posix()}:{max(line, 1)}"


def exercise_head(lab: Lab, exercise: Exercise) -> Text:
    """Where to write, and what to read before."""
    text = Text(f"{lab.id} · {lab.title}: {exercise.title}\n", style="bold")
    write = f"write {exercise.name} in {place(lab, exercise)}\n"
    read = f"t reads theory/{exercise.theory}, about {exercise.minutes} min\n"
    return text.append(write + read, style="not bold")


def hint_lines(exercise: Exercise, tier: int) -> list[str]:
    """The hints opened so far, the newest last, and how to get the next."""
    kinds = ("a question", "the formula", "pseudocode")
    lines = []
    for number in range(tier):
        lines.append(f"Hint {number + 1} of 3, {kinds[number]}:")
        lines += [f"  {line}" for line in exercise.hints[number].split("\n")]
    lines.append(
        f"That was the last; `minigrad solution {exercise.name}` opens after a pass."
        if tier == 3
        else f"Still stuck? Ask again for {kinds[tier]}."
    )
    return lines


def lab_done(progress: Progress, lab: Lab) -> str:
    """What to do when the last exercise of a lab has passed; "" before, and for the warm-up."""
    if not {e.name for e in lab.exercises} <= set(progress.passed):
        return ""
    quiz = f"`minigrad quiz {lab.id}` asks about it."
    if not lab.runs:
        return f"All of {lab.id} is written: `minigrad engine` trains a network on it; {quiz}"
    guess = f"`minigrad guess {lab.id}`, then " if _may_guess(progress, lab) else ""
    mine = " --mine` runs it with your code" if any(e.mine for e in lab.exercises) else "` runs it"
    return f"All of lab {lab.id} is written: {guess}`minigrad run {lab.id}{mine}; {quiz}"


def _may_guess(progress: Progress, lab: Lab) -> bool:
    known = {**progress.data["guesses"], **progress.data["runs"]}
    return bool(lab.guesses) and lab.id not in known


def next_step(progress: Progress) -> str:
    """The exercise that comes now: what, where, and its page."""
    name = progress.current()
    if name is None:
        return "Every exercise has passed."
    course = progress.workspace.course
    exercise, lab = course.exercise(name), course.lab(name)
    return (
        f"Next: {name}, {exercise.title}, in {place(lab, exercise)} "
        f"(about {exercise.minutes} min). "
        f"`minigrad read {name}` shows its page."
    )


def status(progress: Progress) -> RenderableType:
    """Every lab with its exercises, and the checklist of each lab."""
    right = [Column(name, justify="right") for name in ("minutes", "tries")]
    name = Column("exercise", no_wrap=True)
    table = Table("", name, "what", *right, "hints", box=None, pad_edge=False, header_style="bold")
    labs, entries = progress.workspace.course.labs, progress.data["exercises"]
    current = progress.current()
    for lab in labs:
        minutes = f"{lab.minutes} min" if lab.minutes else ""
        table.add_row("", f"[bold]{lab.id}[/]", f"[bold]{lab.title}[/]", minutes)
        for exercise in lab.exercises:
            entry = entries.get(exercise.name, {})
            table.add_row(
                mark(entry, exercise.name == current),
                exercise.name,
                exercise.title,
                str(exercise.minutes),
                str(entry.get("attempts", "")),
                "•" * entry.get("hints", 0) + (" gave up" if entry.get("gave_up") else ""),
            )
    lines: list[RenderableType] = [table, Text()]
    lines += [checklist(progress, lab) for lab in labs]
    lines += [Text(), Text(LEGEND, style="dim"), guess_score(progress), banner(progress)]
    lines += [Text(next_step(progress))]
    return Group(*lines)


def mark(entry: dict[str, object], current: bool) -> str:
    """An exercise's sign, as rich's markup; LEGEND explains it."""
    if entry.get("passed"):
        return "[yellow]![/]" if entry.get("broken") else "[green]✓[/]"
    return "→" if current else "·"


def checklist(progress: Progress, lab: Lab) -> Text:
    """Theory, practice and intuition of one lab, from what was checked, not from ticked boxes."""
    done = [e.name for e in lab.exercises if e.name in progress.passed]
    parts = []
    if asked := count(lab.id):
        right = sum(map(bool, progress.data["quiz"].get(lab.id, {}).values()))
        parts.append((f"theory (quiz {right} of {asked})", right >= 0.8 * asked))
    if lab.exercises:
        written = f"practice ({len(done)} of {len(lab.exercises)})"
        parts.append((written, len(done) == len(lab.exercises)))
    if lab.guesses:
        guess = progress.data["guesses"].get(lab.id, {})
        parts.append(("intuition (guess, run)", bool(guess.get("outcome"))))
    text = Text(f"{lab.id:8}")
    for name, ok in parts:
        text.append(f" {'✓' if ok else '·'} {name} ", style="green" if ok else "")
    return text


def guess_score(progress: Progress) -> Text:
    """How many locked guesses came true."""
    from minigrad.lab.five import agree  # which takes a while to import

    held = [
        agree(guess.get("answers", {}).get(key, ""), outcome)
        for guess in progress.data["guesses"].values()
        for key, outcome in guess.get("outcome", {}).items()
    ]
    told = f"{sum(held)} of {len(held)} held" if held else "none played out yet"
    return Text(f"guesses: {told}")


def faults(labs: Sequence[Lab]) -> dict[str, str]:
    """Of the exercises whose code `run --mine` uses: what their checks have against them now."""
    found: dict[str, str] = {}
    for lab in labs:
        pieces = [e for e in lab.exercises if e.mine]
        if pieces and lab.file.is_file():
            results = check(lab, pieces)
            found |= {r.exercise: r.short() for r in results if r.status in ("failed", "stopped")}
    return found


def after_runs(labs: Sequence[Lab]) -> str:
    """What comes next when labs have run."""
    try:
        progress = Progress(find())
    except CourseError:
        return "Next: `minigrad start my-course` makes a folder to write these pieces yourself."
    one = labs[0]
    open_ = [e for e in one.exercises if e.name not in progress.passed]
    if len(labs) > 1 or not open_:
        return next_step(progress)
    return (
        f"Next: `minigrad check {one.id}` says what of this lab is yours to write "
        f"({len(one.exercises) - len(open_)} of {len(one.exercises)} passed); "
        f"labs/{one.folder}/README.md says what it teaches."
    )
