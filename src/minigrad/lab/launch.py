"""From a command line to a finished run: what `minigrad run NN` and labs/NN_name/run.py both do."""

import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

import typer
from rich.console import Console
from threadpoolctl import threadpool_limits

from minigrad.errors import ArgumentError
from minigrad.lab import catalog, compare, mine
from minigrad.lab.catalog import Lab
from minigrad.lab.folder import Run, create_folder
from minigrad.lab.language import trained_on
from minigrad.lab.records import strict
from minigrad.lab.report import Finding, legend, listed, own_code, report, table
from minigrad.lab.say import say
from minigrad.lab.settings import Options, parse


class Interrupted(Exception):
    """Ctrl-C during a run, after what was recorded has been written."""


def main(run_file: str) -> None:
    """labs/NN_name/run.py as a program: the same as `minigrad run NN`, with the same options."""
    folder = Path(run_file).resolve().parent
    with exit_codes():
        run_labs([catalog.find(folder.name, catalog.labs(folder))], sys.argv[1:])


@contextlib.contextmanager
def exit_codes() -> Iterator[None]:
    """One clear line and exit code 2 for bad input, or a file that cannot be read or written; 130
    for Ctrl-C."""
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
        say(str(stopped), err=True)
        raise SystemExit(130) from None
    except (KeyboardInterrupt, typer.Abort):
        print("stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:  # who reads has had enough: `minigrad list | head`
        _say_no_more()
        raise SystemExit(0) from None
    except OSError as error:
        of = f": {error.filename}" if error.filename else ""
        _fail(f"{error.strerror or error}{of}")


def _fail(message: str) -> None:
    with contextlib.suppress(OSError):  # a full disk may be what standard error goes to
        say("error: " + " ".join(message.split()), err=True)
    _say_no_more()
    raise SystemExit(2)


def _say_no_more() -> None:
    """What is left to be written, if it can be: else Python would try, and complain, at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@dataclass(frozen=True)
class Planned:
    """A lab about to run: its run.py, what it runs with and how, its pieces and whose each is."""

    lab: Lab
    module: ModuleType
    settings: Any  # the lab's own Settings
    options: Options
    changed: list[str]  # settings that are not the lab's own
    unused: list[str]  # options that this lab has no use for
    pieces: SimpleNamespace
    whose: dict[str, str]


def plan(lab: Lab, arguments: Sequence[str], several: bool, faults: Mapping[str, str]) -> Planned:
    """Check everything that can be checked before running. Raises ArgumentError."""
    module = catalog.load(lab)
    options, given, unused = parse(module, arguments, lab.id)
    if options.out is not None and several:
        options = replace(options, out=options.out / lab.folder)
    if options.out is not None and options.out.exists():
        raise ArgumentError(f"{options.out} exists, and nothing is overwritten: choose another")
    if options.compare:
        compare.findings(lab, module)  # that there is a reference
    own = module.Settings(**(module.QUICK if options.quick else {}))
    settings = replace(own, **given)
    changed = [name for name in given if getattr(settings, name) != getattr(own, name)]
    pieces, whose = mine.pieces(lab, module, options.mine, faults)
    return Planned(lab, module, settings, options, changed, unused, pieces, whose)


def run_labs(
    labs: Sequence[Lab],
    arguments: Sequence[str],
    faults: Mapping[str, str] = MappingProxyType({}),
    before: Callable[[], None] = lambda: None,
) -> list[tuple[Run, list[Finding]]]:
    """Run each lab with the same options, then show every verdict and figure; returns the runs.

    `faults`: by exercise, what its check has against the learner's code, which a run marks.
    `before` is called when the options are known to be good, and nothing has run.
    Raises ArgumentError for bad input, before anything has run; Interrupted on Ctrl-C.
    """
    todo = [plan(lab, arguments, len(labs) > 1, faults) for lab in labs]
    before()
    done: list[tuple[Run, list[Finding]]] = []
    try:
        for planned in todo:
            done.append(launch(planned, arguments))
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
        one.lab.id: compare.findings(one.lab, one.module)
        for one, _ in together
        if one.options.compare
    }
    console.print()
    by_lab = [(one.lab.id, found) for one, (_, found) in together]
    console.print(table(by_lab, reference) if console.width >= 100 else listed(by_lab, reference))
    console.print(legend(f for _, found in by_lab for f in found), markup=False)
    for one in todo:
        for who in own_code(one.whose):
            console.print(f"lab {one.lab.id} ran with your own {who}", markup=False)
    figures = [_short(path) for run, _ in done for path in run.figures]
    console.print("figures", *figures, sep="\n  ", soft_wrap=True)


def launch(planned: Planned, arguments: Sequence[str]) -> tuple[Run, list[Finding]]:
    """Create the lab's folder and run it there."""
    lab, options = planned.lab, planned.options
    print(lab.heading + (" (quick)" if options.quick else ""), flush=True)
    if planned.unused:
        say(f"  {', '.join(planned.unused)} has no meaning here and is ignored")
    for who in own_code(planned.whose):
        say(f"  your own code runs here: {who}")
    runs = (catalog.workspace() or Path.cwd()) / "runs" / lab.folder
    manifest = {
        "lab": lab.folder,
        "command": shlex.join(["minigrad", "run", lab.id, *_elsewhere(arguments)]),
        "quick": options.quick,
        "settings": asdict(planned.settings),
        "seeds": list(range(getattr(planned.settings, "seeds", 0))),
        "changed": planned.changed,
        "data": getattr(planned.module, "data", trained_on)(planned.settings),
        "implementation": planned.whose,
    }
    with threadpool_limits(options.threads, user_api="blas"):
        run = Run(create_folder(options.out, runs), f"lab {lab.id}", manifest)
        try:
            found = experiment(planned, run)
        except KeyboardInterrupt:
            run.save()
            run.end("interrupted")
            kept = f"stopped: what was recorded so far is in {_short(run.path)}"
            raise Interrupted(kept) from None
        except Exception as error:
            run.save()
            run.end("failed")
            kept = f"what was recorded so far is in {_short(run.path)}"
            if theirs := mine.fault(error, lab.path):
                raise ArgumentError(f"{theirs}; {kept}") from error
            error.add_note(kept)
            raise
        run.end("complete")
    return run, found


def _elsewhere(arguments: Sequence[str]) -> list[str]:
    """A command line without --out: what was run, not where on this machine it was kept."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and argument != "--out" and not argument.startswith("--out="):
            kept.append(argument)
        skip = argument == "--out" and not skip
    return kept


def experiment(planned: Planned, run: Run) -> list[Finding]:
    """Run the lab's experiment into `run`: records, figures and report."""
    lab, module, options = planned.lab, planned.module, planned.options
    module.experiment(planned.settings, run, planned.pieces)
    run.save()
    records = strict(run.records)
    found: list[Finding] = module.findings(records)
    for name, figure in module.figures(records).items():
        run.draw(name, figure, options.svg)
    for name, text in getattr(module, "texts", lambda records: {})(records).items():
        run.write(name, text)
    known = compare.findings(lab, module) if options.compare else []
    run.write("report.md", report(lab.heading, found, run.figures, run.manifest, known))
    return found


def _short(path: Path) -> Path:
    """Relative to here where that is shorter to read."""
    with contextlib.suppress(ValueError):
        return path.resolve().relative_to(Path.cwd())
    return path
