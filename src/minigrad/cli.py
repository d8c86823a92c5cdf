"""`minigrad …`: thin; each command hands over to the layer that does the work."""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from minigrad.course import commands
from minigrad.course.console import any_encoding, make_console
from minigrad.errors import ArgumentError
from minigrad.lab.say import say
from minigrad.site import commands as site_commands
from minigrad.sweep import commands as sweep_commands

app = typer.Typer(
    help="A small autograd engine, and a course in why deep networks diverge, stall or train.",
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

commands.register(app)
sweep_commands.register(app)
site_commands.register(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"minigrad {version('minigrad')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def watch(
    context: typer.Context,
    poll: Annotated[
        float, typer.Option(min=0.01, max=60, help="Seconds between looks at your file.")
    ] = 0.3,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Which minigrad.")
    ] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colour; NO_COLOR does the same.")
    ] = False,
) -> None:
    """Without a command, in a workspace: the current exercise, checked again at every save."""
    if no_color:
        os.environ["NO_COLOR"] = "1"  # for the command that follows
    if context.invoked_subcommand is None:
        commands.watch(poll)


# what follows the first lab belongs to the labs, which have options of their own
AS_GIVEN = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@app.command(context_settings=AS_GIVEN)
def run(
    arguments: Annotated[
        list[str],
        typer.Argument(metavar="LAB... [OPTIONS]", help='Lab numbers or "all", then options.'),
    ],
) -> None:
    """Run labs: `minigrad run 01 --quick`, `minigrad run all`; `minigrad run 01 --help` for the
    options."""
    from rich.text import Text

    from minigrad.course import guess, status
    from minigrad.lab import catalog, run_labs

    names = []
    while arguments and not arguments[0].startswith("-"):
        names.append(arguments.pop(0))
    if not names:
        raise ArgumentError("name the labs first, then options: minigrad run 01 --quick")
    every = [lab for lab in catalog.labs() if lab.runs]
    chosen = every if names == ["all"] else [catalog.find(name, every) for name in names]
    faults = status.faults(chosen) if "--mine" in arguments else {}

    def ask() -> None:
        if len(chosen) == 1 and "--no-ask" not in arguments:
            guess.before_run(chosen[0].id)

    for done, found in run_labs(chosen, arguments, faults, ask):
        guess.after_run(done, found)
    make_console().print(Text(status.after_runs(chosen)))


@app.command()
def labs() -> None:
    """List the labs that can be run, in order."""
    from minigrad.lab import catalog

    for lab in catalog.labs():
        if lab.runs:
            say(lab.heading)
    say("Next: `minigrad run 01 --quick` runs one; `minigrad read 01` is its page.")


@app.command()
def profile(
    workload: Annotated[str, typer.Argument(help="lab01, lab02, lab03, chargpt, small_ops, …")],
    steps: Annotated[int, typer.Option(min=1, help="Medians over so many steps.")] = 10,
    threads: Annotated[int, typer.Option(min=1, max=1024, help="Threads for matrix products.")] = 2,
) -> None:
    """Where the time of a training step goes, op by op; "the rest" is the walk backward itself,
    and what frees the step's memory."""
    from rich.console import Console
    from threadpoolctl import threadpool_limits

    from minigrad.lab import profile as profiler
    from minigrad.lab.progress import progress

    for name, make in profiler.named(workload).items():
        what = (make.__doc__ or "").strip()
        say(f"{name}: {2 * steps + 3} training steps", err=True)
        with threadpool_limits(threads, user_api="blas"), progress(steps, name) as advance:
            measured = profiler.measure(make("minigrad"), steps, advance)
        Console().print(profiler.table(name, what, *measured))


@app.command()
def clinic(
    patient: Annotated[str | None, typer.Argument(help="A patient; none: list them.")] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Run with seeds 0 to N-1.")] = 1,
    trace: Annotated[
        bool, typer.Option("--trace", help="Name the operation that breaks first.")
    ] = False,
) -> None:
    """Lab 08's patients: run a sick script, trace it, and see whether your cure works."""
    from minigrad.course.workspace import find
    from minigrad.lab import clinic

    folder = find().course.lab("08").path
    if patient is None:
        for name in clinic.patients(folder):
            say(f"{name:12} {(clinic.load(folder, name).__doc__ or '').partition(chr(10))[0]}")
        say(f"The scripts are in {folder / 'patients'}. Next: `minigrad clinic deep` runs one;")
        say("write your diagnosis into its CAUSE, change what is wrong, and run it again.")
    elif trace:
        say(clinic.trace(folder, patient))
    else:

        def begin(seed: int) -> None:
            which = f", seed {seed + 1} of {seeds}" if seeds > 1 else ""
            say(f"running {patient}{which}: up to half a minute", err=True)

        seen = clinic.examine(folder, patient, seeds, begin)
        say(clinic.report(seen, clinic.causes(folder)))


@app.command()
def diagnose(
    script: Annotated[
        Path, typer.Argument(help="Defines setup(): model, loss, optimizer, batches.")
    ],
    steps: Annotated[int, typer.Option(min=1, help="How long it is to be trained.")] = 300,
    out: Annotated[Path | None, typer.Option(help="Write report.md and figure here.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Say whether a network of your own, minigrad's or PyTorch's, will diverge, stall or train."""
    from minigrad.diagnose.script import diagnose_script

    found = diagnose_script(script, steps)
    typer.echo(json.dumps(found.as_dict(), allow_nan=False) if json_ else str(found))
    if out is not None:
        typer.echo(f"{found.save(out)}", err=json_)


def main() -> None:
    """The command `minigrad`. Bad input: one clear line, exit code 2."""
    from minigrad.lab.launch import exit_codes

    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started this: `minigrad list >&-`
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115
    any_encoding()
    with exit_codes():
        if threading.current_thread() is threading.main_thread():
            for name in ("SIGTERM", "SIGHUP"):  # as Ctrl-C: a run is recorded as interrupted
                if hasattr(signal, name):
                    signal.signal(getattr(signal, name), _interrupt)
        code = typer.main.get_command(app)(prog_name="minigrad", standalone_mode=False)
        sys.stdout.flush()
    raise SystemExit(code if isinstance(code, int) else 0)


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
