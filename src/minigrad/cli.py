"""`minigrad …`: thin; each command hands over to the layer that does the work."""

from typing import Annotated

import typer

from minigrad.errors import ArgumentError

app = typer.Typer(
    help="A small autograd engine, and a course in why deep networks diverge, stall or train.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

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
    from minigrad.lab import catalog, run_labs

    names = []
    while arguments and not arguments[0].startswith("-"):
        names.append(arguments.pop(0))
    if not names:
        raise ArgumentError("name the labs first, then options: minigrad run 01 --quick")
    every = list(catalog.labs().values())
    run_labs(every if names == ["all"] else [catalog.find(name) for name in names], arguments)


@app.command()
def labs() -> None:
    """List the labs, in order."""
    from minigrad.lab import catalog

    for folder in catalog.labs().values():
        typer.echo(catalog.title(folder))


def main() -> None:
    """The command `minigrad`. Bad input: one clear line, exit code 2."""
    from minigrad.lab.launch import exit_codes

    with exit_codes():
        code = typer.main.get_command(app)(prog_name="minigrad", standalone_mode=False)
    raise SystemExit(code if isinstance(code, int) else 0)
