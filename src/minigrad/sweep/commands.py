"""`minigrad predict | sweep | map | challenge`: theory, many runs, and you against both."""

from __future__ import annotations

import contextlib
import inspect
import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import typer

from minigrad.errors import ArgumentError, MinigradError
from minigrad.lab.say import say
from minigrad.sweep.families import FAMILIES, Config, family, family_of


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    for command in (predict, sweep, map_command, challenge):
        app.command(command.__name__.removesuffix("_command"))(command)


def _figure(option: str, path: Path | None) -> None:
    """Before any work is done: that the figure can be written."""
    if path is not None and path.suffix != ".png":
        raise ArgumentError(f"{option} draws a PNG: give a name that ends in .png, got {path}")
    if path is not None and not path.parent.is_dir():
        raise ArgumentError(f"{option}: there is no folder {path.parent}")
    if path is not None:
        with contextlib.suppress(FileNotFoundError):
            path.lstat()  # OSError for a name that is too long


def with_choices(command: Callable[..., None]) -> Callable[..., None]:
    """``command(config, …)`` as a command that takes --family, and an option per field of the
    families' configurations; those that are left out are the family's own."""

    def run(**given: Any) -> None:
        of = family(given.pop("family"))
        chosen = {name: x for name in options if (x := given.pop(name)) is not None}
        own = {f.name for f in fields(of.configuration)}
        for name in chosen.keys() - own:
            raise ArgumentError(f"--{name.replace('_', '-')} is no option of this family")
        missing = {f.name for f in fields(of.configuration) if f.default is MISSING} - set(chosen)
        if missing:
            name = missing.pop()
            raise ArgumentError(
                f"say how deep the network is: --{name} 12; all else has a default, which the "
                "answer names (--help lists them)"
            )
        command(of.configuration(**chosen), **given)

    options: dict[str, Any] = {"family": (str, "mlp", ", ".join(FAMILIES))}
    for name, of in FAMILIES.items():
        types = get_type_hints(of.configuration)
        for f in fields(of.configuration):
            about = f.metadata["help"]
            known = options.get(f.name)
            if known is not None:
                about = known[2] if about == known[2] else f"{known[2]}; {name}: {about}"
            elif name != "mlp":
                about = f"{name}: {about}"
            kind = types[f.name] if type(None) in get_args(types[f.name]) else types[f.name] | None
            options[f.name] = (kind, None, about)
    own = inspect.signature(command, eval_str=True)
    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[kind, typer.Option(help=about)],
        )
        for name, (kind, default, about) in options.items()
    ]
    del options["family"]
    rest = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in [*own.parameters.values()][1:]]
    run.__signature__ = own.replace(parameters=[*parameters, *rest])  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in [*parameters, *rest]}
    run.__name__, run.__doc__ = command.__name__, command.__doc__
    return run


@with_choices
def predict(
    config: Config,
    json_: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves to FILE (PNG).")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="Then run it, and compare.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of --verify's first run.")] = 0,
    seeds: Annotated[int, typer.Option(min=1, help="Runs that --verify makes.")] = 1,
) -> None:
    """Say whether a network will diverge, stall or train, and draw its loss, before running it."""
    from minigrad.lab import forecast, transformer_forecast

    of = family_of(config)
    page = forecast if of is FAMILIES["mlp"] else transformer_forecast
    _figure("--plot", plot)
    p = of.foretell([config])[0]
    found = p.as_dict()
    which = range(seed, seed + seeds) if verify else ()
    made = {n: forecast.truth(config, n, of.steps, of.train, of.entropy) for n in which}
    runs = [losses for _, losses in made.values()]
    if plot is not None:
        page.plot(p, plot, runs)
    if json_:
        if verify:
            found["verified"] = [
                {"seed": n, "verdict": sentence.split(":")[0], "losses": losses}
                for n, (sentence, losses) in made.items()
            ]
        typer.echo(json.dumps(found, allow_nan=False))
        return
    typer.echo("\n".join(page.lines(p, runs)))
    if not verify:
        say("\nNext: --verify trains it and compares; --plot FILE.png draws it.")
    if verify:
        say(f"\npredicted  {p.verdict} ({p.confidence:.0%})")
    for sentence, _ in made.values():
        say(f"run        {sentence}")


def sweep(
    plan: Annotated[Path, typer.Argument(help="What to run: a TOML file (see sweeps/).")],
    store: Annotated[Path | None, typer.Option(help="Where to keep it; PLAN.sqlite.")] = None,
    workers: Annotated[int, typer.Option(help="Processes, one BLAS thread each.")] = 1,
    dask: Annotated[str | None, typer.Option(help="A scheduler: tcp://HOST:PORT.")] = None,
) -> None:
    """Make every run of a plan that the store does not hold yet."""
    from minigrad.lab.progress import progress
    from minigrad.sweep.execute import sweep as execute
    from minigrad.sweep.plan import read_plan
    from minigrad.sweep.store import Store

    if workers < 1:
        raise ArgumentError(f"--workers must be ≥ 1, got {workers}")
    runs = read_plan(plan)
    path = plan.with_suffix(".sqlite") if store is None else store
    how = None
    if dask is not None:
        from minigrad.sweep.cluster import on_dask

        how = on_dask(dask)
    with closing(Store(path)) as results:
        have = results.keys()
        missing = sum(run.key not in have for run in runs)
        say(f"{len(runs)} runs, {missing} to make, into {path}")
        try:
            with progress(missing, "runs") as advance:
                made = execute(runs, results, workers, lambda *_: advance(), how)
        except KeyboardInterrupt:
            say(f"stopped: {len(results)} runs are in {path}; the same command goes on")
            raise typer.Exit(130) from None
        except MinigradError as error:  # a worker died
            raise ArgumentError(str(error)) from None
        say(f"{made} made; {len(results)} in {path}. Next: `minigrad map {path}` draws them.")


def map_command(
    store: Annotated[
        Path | None, typer.Argument(help="A sweep's store or CSV; the recorded one.")
    ] = None,
    family_: Annotated[str, typer.Option("--family", help="Of the recorded sweep.")] = "mlp",
    x: Annotated[str | None, typer.Option(help="The horizontal axis; depth or layers.")] = None,
    y: Annotated[str, typer.Option(help="The vertical axis.")] = "lr",
    facet: Annotated[
        str | None, typer.Option(help="One panel per value of these; norm,residual or placement.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The figure.")] = Path("trainability.png"),
) -> None:
    """Draw measured fates over two axes, with the predicted boundary, and how far they agree."""
    from minigrad.sweep.map import draw_map
    from minigrad.sweep.recorded import rows

    _figure("--out", out)
    runs = rows(family(family_).recorded if store is None else store)
    layers = bool(runs) and family_of(runs[0].config) is FAMILIES["transformer"]
    x = x or ("layers" if layers else "depth")
    facets = facet if facet is not None else f"norm,{'placement' if layers else 'residual'}"
    for line in draw_map(runs, x, y, [f for f in facets.split(",") if f], out):
        say(line)
    if store is None:
        fitted = sum(run.group in family(family_).fitted for run in runs)
        say(f"{fitted} of them are runs it was fitted on: README has the others' figures")
    say(f"drawn to {out}")


def challenge(
    rounds: Annotated[int, typer.Option(help="Networks to judge.")] = 10,
    level: Annotated[int, typer.Option(help="1 clear, 2 mixed, 3 close calls, 4 curves.")] = 1,
    family_: Annotated[str, typer.Option("--family", help=", ".join(FAMILIES))] = "mlp",
    seed: Annotated[int | None, typer.Option(min=0, help="Of the first round; counts up.")] = None,
    answers: Annotated[Path | None, typer.Option(help="Answers from a file, one a line.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw how sure and how right you are.")] = None,
) -> None:
    """Say what random networks will do, with a confidence; then each is trained for real.

    At level 4: which of four real curves belongs to a network.
    """
    import random

    from minigrad.course import challenge as game
    from minigrad.course import history
    from minigrad.course.table import CourseError
    from minigrad.course.workspace import find

    _figure("--plot", plot)
    family(family_)  # or say that there is none
    ask = (lambda: input("> ")) if answers is None else game.read_answers(answers, rounds, level)
    try:
        kept = find().progress_file.with_name("challenge.jsonl")
        kept.parent.mkdir(parents=True, exist_ok=True)
    except CourseError:
        kept = None
        say("not in a workspace: this game is not kept (`minigrad start DIR` makes one)")
    first = random.randrange(10**6) if seed is None else seed
    if answers is None:
        fates = "d(iverged), s(talled) or t(rained) and how sure you are: d 80"
        say(f"answer {'a, b, c or d, and how sure: a 80' if level == 4 else fates}")
    played = game.run(rounds, level, first, family_, ask, say, kept)
    if played:
        say("\n".join(game.summary(played)))
    if plot is not None:
        records = history.history(kept) if kept else [r.record() for r in played]
        if not records:
            raise ArgumentError("--plot: no round has been played yet")
        history.calibration_plot(records, plot)
