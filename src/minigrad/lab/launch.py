"""From a command line to a finished run: what `minigrad run NN` and labs/NN_name/run.py both do."""

import contextlib
import shlex
import sys
from collections.abc import Iterator, Sequence
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


def run_labs(folders: Sequence[Path], arguments: Sequence[str]) -> list[tuple[Run, list[Finding]]]:
    """Run each lab with the same options, then show every verdict and figure; returns the runs.

    Raises ArgumentError for bad options, before anything has run; Interrupted on Ctrl-C.
    """
    todo = []
    for folder in folders:
        module = catalog.load(folder)
        options = parse(module.Options, arguments, folder.name[:2])
        out = options.out and (options.out / folder.name if len(folders) > 1 else options.out)
        if out is not None and out.exists():
            raise ArgumentError(f"{out} exists already, and nothing is overwritten: choose another")
        if options.compare:
            compare.findings(folder, module)  # that there is a reference
        mine.pieces(folder, module, options.mine)  # that there is something to use
        todo.append((folder, module, options, out))
    runs: list[tuple[Run, list[Finding]]] = []
    results: list[tuple[str, list[Finding]]] = []
    reference: dict[str, list[Finding]] = {}
    figures: list[Path] = []
    try:
        for folder, module, options, out in todo:
            run, found = launch(folder, module, options, out, arguments)
            runs.append((run, found))
            results.append((folder.name[:2], found))
            figures += run.figures
            if options.compare:
                reference[folder.name[:2]] = compare.findings(folder, module)
    finally:
        if results:
            console = Console()
            if not console.is_terminal:
                console = Console(width=120)
            console.print()
            console.print(table(results, reference))
            console.print("figures", *map(_short, figures), sep="\n  ", soft_wrap=True)
    return runs


def launch(
    folder: Path, module: ModuleType, options: Options, out: Path | None, arguments: Sequence[str]
) -> tuple[Run, list[Finding]]:
    """Create the lab's folder and run it there."""
    s, unused = settings(options, module.FULL, module.QUICK)
    print(catalog.title(folder) + (" (quick)" if options.quick else ""), flush=True)
    if unused:
        print(f"  {', '.join(unused)} has no meaning here and is ignored")
    chosen, whose = mine.pieces(folder, module, options.mine)
    path = create_folder(out, (catalog.workspace() or Path.cwd()) / "runs" / folder.name)
    command = shlex.join(["minigrad", "run", folder.name[:2], *arguments])
    manifest = {
        "lab": folder.name,
        "command": command,
        "quick": options.quick,
        "settings": vars(s),
        "seeds": list(range(s.seeds)),
        "data": module.data(s),
        "implementation": whose,
    }
    with threadpool_limits(options.threads, user_api="blas"):
        run = Run(path, f"lab {folder.name[:2]}", manifest)
        return run, run_lab(folder, module, s, run, options, chosen)


def run_lab(
    folder: Path,
    module: ModuleType,
    s: SimpleNamespace,
    run: Run,
    options: Options,
    pieces: SimpleNamespace,
) -> list[Finding]:
    """Run one lab's experiment into `run`: records, figures, report, manifest."""
    try:
        module.experiment(s, run, pieces)
        run.save()
        records = strict(run.records)
        found = module.findings(records)
        for name, figure in module.figures(records).items():
            run.draw(name, figure, options.svg)
        known = []
        if options.compare:
            known = compare.findings(folder, module)
            for name, figure in compare.figures(folder, run).items():
                run.draw(name, figure, options.svg)
        title = catalog.title(folder)
        run.write("report.md", report(title, found, run.figures, run.manifest, known))
    except KeyboardInterrupt:
        run.save()
        run.end("interrupted")
        raise Interrupted(f"stopped: what was recorded so far is in {_short(run.path)}") from None
    except BaseException:
        run.save()
        run.end("failed")
        raise
    run.end("complete")
    return found


def _short(path: Path) -> Path:
    """Relative to here where that is shorter to read."""
    with contextlib.suppress(ValueError):
        return path.resolve().relative_to(Path.cwd())
    return path
