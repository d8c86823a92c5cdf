"""From a command line to a finished run: what `minigrad run NN` and labs/NN_name/run.py both do."""

import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import typer
from rich.console import Console
from threadpoolctl import threadpool_limits

from minigrad.errors import ArgumentError
from minigrad.lab import catalog, compare, mine
from minigrad.lab.options import Options, settings
from minigrad.lab.records import strict
from minigrad.lab.report import Finding, report, table
from minigrad.lab.run import Run, create_folder


class Interrupted(Exception):
    """Ctrl-C during a run, after what was recorded has been written."""


def main(run_file: str) -> None:
    """labs/NN_name/run.py as a program: the same as `minigrad run NN`, with the same options."""
    folder = Path(run_file).resolve().parent
    with exit_codes():
        run_labs([folder], sys.argv[1:])


@contextlib.contextmanager
def exit_codes() -> Iterator[None]:
    """One clear line and exit code 2 for bad input; 130 for Ctrl-C."""
    usage_error: Any = (
        typer.BadParameter.__base__
    )  # typer's own base class, which it does not export
    try:
        yield
    except usage_error as error:
        _fail(error.format_message())
    except ArgumentError as error:
        _fail(str(error))
    except Interrupted as stopped:
        print(stopped, file=sys.stderr)
        raise SystemExit(130) from None


def _fail(message: str) -> None:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    raise SystemExit(2)


def parse(options: type[Options], arguments: Sequence[str], name: str) -> Options:
    """The command line as `options`; prints the help and exits where it is asked for."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(help=options.__doc__)(options)
    command = typer.main.get_command(app)
    parsed = command(list(arguments), prog_name=f"minigrad run {name}", standalone_mode=False)
    if not isinstance(parsed, Options):  # --help gives its exit code
        raise SystemExit(parsed)
    return parsed


@dataclass(frozen=True)
class Planned:
    """A lab about to run: its folder, run.py, options, the pieces used and whose each is."""

    folder: Path
    module: ModuleType
    options: Options
    pieces: SimpleNamespace
    whose: dict[str, str]

    @property
    def number(self) -> str:
        return self.folder.name[:2]


def plan(folder: Path, arguments: Sequence[str], several: bool) -> Planned:
    """Check everything that can be checked before running. Raises ArgumentError."""
    module = catalog.load(folder)
    options = parse(module.Options, arguments, folder.name[:2])
    if options.out is not None and several:
        options = replace(options, out=options.out / folder.name)
    if options.out is not None and options.out.exists():
        raise ArgumentError(f"{options.out} exists, and nothing is overwritten: choose another")
    if options.compare:
        compare.findings(folder, module)  # that there is a reference
    return Planned(folder, module, options, *mine.pieces(folder, module, options.mine))


def run_labs(folders: Sequence[Path], arguments: Sequence[str]) -> list[tuple[Run, list[Finding]]]:
    """Run each lab with the same options, then show every verdict and figure; returns the runs.

    Raises ArgumentError for bad input, before anything has run; Interrupted on Ctrl-C.
    """
    todo = [plan(folder, arguments, len(folders) > 1) for folder in folders]
    done: list[tuple[Run, list[Finding]]] = []
    try:
        for lab in todo:
            done.append(launch(lab, arguments))
    finally:
        if done:
            show(todo, done)
    return done


def show(todo: Sequence[Planned], done: Sequence[tuple[Run, list[Finding]]]) -> None:
    """The table of all findings, and where the figures are."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    together = list(zip(todo, done, strict=False))
    reference = {
        lab.number: compare.findings(lab.folder, lab.module)
        for lab, _ in together
        if lab.options.compare
    }
    console.print()
    console.print(table([(lab.number, found) for lab, (_, found) in together], reference))
    figures = [_short(path) for run, _ in done for path in run.figures]
    console.print("figures", *figures, sep="\n  ", soft_wrap=True)


def launch(lab: Planned, arguments: Sequence[str]) -> tuple[Run, list[Finding]]:
    """Create the lab's folder and run it there."""
    options = lab.options
    mode = lab.module.QUICK if options.quick else lab.module.FULL
    s, unused = settings(options, mode)
    print(catalog.title(lab.folder) + (" (quick)" if options.quick else ""), flush=True)
    if unused:
        print(f"  {', '.join(unused)} has no meaning here and is ignored")
    if own := [who for who in lab.whose.values() if who != "minigrad"]:
        print(f"  with your own code in the library's place: {', '.join(own)}")
    runs = (catalog.workspace() or Path.cwd()) / "runs" / lab.folder.name
    manifest = {
        "lab": lab.folder.name,
        "command": shlex.join(["minigrad", "run", lab.number, *arguments]),
        "quick": options.quick,
        "settings": vars(s),
        "seeds": list(range(getattr(s, "seeds", 0))),
        "changed": [k for k, v in vars(s).items() if v != mode[k]],  # settings not the lab's own
        "data": lab.module.data(s),
        "implementation": lab.whose,
    }
    with threadpool_limits(options.threads, user_api="blas"):
        run = Run(create_folder(options.out, runs), f"lab {lab.number}", manifest)
        try:
            found = experiment(lab, s, run)
        except KeyboardInterrupt:
            run.save()
            run.end("interrupted")
            kept = f"stopped: what was recorded so far is in {_short(run.path)}"
            raise Interrupted(kept) from None
        except Exception as error:
            run.save()
            run.end("failed")
            kept = f"what was recorded so far is in {_short(run.path)}"
            if theirs := mine.fault(error, lab.folder):
                raise ArgumentError(f"{theirs}; {kept}") from error
            error.add_note(kept)
            raise
        run.end("complete")
    return run, found


def experiment(lab: Planned, s: SimpleNamespace, run: Run) -> list[Finding]:
    """Run the lab's experiment into `run`: records, figures and report."""
    module, options = lab.module, lab.options
    module.experiment(s, run, lab.pieces)
    run.save()
    records = strict(run.records)
    found: list[Finding] = module.findings(records)
    for name, figure in module.figures(records).items():
        run.draw(name, figure, options.svg)
    known: list[Finding] = []
    if options.compare:
        known = compare.findings(lab.folder, module)
        for name, figure in compare.figures(lab.folder, run).items():
            run.draw(name, figure, options.svg)
    title = catalog.title(lab.folder)
    run.write("report.md", report(title, found, run.figures, run.manifest, known))
    return found


def _short(path: Path) -> Path:
    """Relative to here where that is shorter to read."""
    with contextlib.suppress(ValueError):
        return path.resolve().relative_to(Path.cwd())
    return path
