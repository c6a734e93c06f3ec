"""Commands that play a scenario and compute what it yields: run, revenue, deviations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from scenarios.cli_base import json_option, main, scenario_argument, set_option
from scenarios.errors import blame
from scenarios.progress import show_progress

_F = TypeVar("_F", bound=Callable[..., Any])


@main.command(name="run", short_help="Simulate a scenario, compute it exactly, write a report.")
@scenario_argument
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write; runs/NAME unless given.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all randomness.")
@click.option("--rounds", type=click.IntRange(min=1), help="Rounds to play.")
@click.option("--worlds", type=click.IntRange(min=1), help="Independent repetitions.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@set_option
@json_option
def run_command(
    scenario: str,
    out: Path | None,
    seed: int | None,
    rounds: int | None,
    worlds: int | None,
    workers: int,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Simulate a scenario, compute it exactly, and write tables, plots and a report.

    \b
    Example:
      crowdbayes run printed-region --set mechanism.epsilon=0.01 --worlds 500
    """
    from scenarios.runner import run

    with show_progress() as tell:
        result = run(
            scenario,
            out=out,
            seed=seed,
            rounds=rounds,
            worlds=worlds,
            overrides=overrides,
            workers=workers,
            progress=tell,
        )
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json({**result.figures, "notes": result.notes, "folder": str(result.folder)}))
    else:
        from scenarios.screen import show_run

        show_run(result)
    _check([result.figures])


def _at_size(name: str, default: int | None, what: str) -> Callable[[_F], _F]:
    """Return an option for what is estimated."""
    text = f"{what}, where figures must be estimated."
    return click.option(name, type=click.IntRange(min=1), default=default, show_default=default is not None, help=text)


_memory_option = click.option(
    "--memory",
    type=click.IntRange(min=1),
    default=256,
    show_default=True,
    help="Megabytes that the profiles worked on at a time may take, about.",
)


@main.command(short_help="Print exact revenue against OPT and the bound.")
@click.argument("scenario", nargs=-1, required=True)
@_at_size("--samples", None, "Profiles to draw (4096, or fewer where each takes long)")
@_memory_option
@set_option
@json_option
def revenue(
    scenario: tuple[str, ...], samples: int | None, memory: int, overrides: tuple[str, ...], as_json: bool
) -> None:
    """Print exact revenue beside OPT, the paper's bound, Vickrey and lookahead.

    Where a prior has too many profiles to list, what has no closed form is estimated, and shown with ±.

    \b
    Example:
      crowdbayes revenue insiders correlated-pair --json
    """
    from scenarios.experiment import assemble
    from scenarios.figures import revenue_figures
    from scenarios.scenario import load

    with show_progress() as tell:
        found = []
        for done, source in enumerate(scenario):
            tell(done / len(scenario), source)
            experiment = assemble(load(source, overrides=overrides))
            with blame(source):
                found.append(revenue_figures(experiment, samples=samples, memory=memory << 20))
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json(found[0] if len(found) == 1 else found))
    else:
        from scenarios.screen import show_revenue

        show_revenue(found)
    _check(found)


@main.command(short_help="Print exact gains from misreports.")
@scenario_argument
@set_option
@click.option(
    "--other-types",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="How many of a seat's other posteriors to try as belief reports.",
)
@_memory_option
@_at_size("--samples", 128, "Profiles a type faces")
@_at_size("--seats", 3, "Seats to try")
@_at_size("--types", 3, "Types of each to try")
@click.option("--values", type=click.IntRange(min=1), help="Value reports to try; as many as fit unless given.")
@json_option
def deviations(
    scenario: str,
    overrides: tuple[str, ...],
    other_types: int,
    memory: int,
    samples: int,
    seats: int,
    types: int,
    values: int | None,
    as_json: bool,
) -> None:
    """Print what each type gains, exactly, by each misreport, the others truthful.

    Where a prior has too many profiles to list, gains are estimated, for some seats, types and values spread evenly.

    \b
    Example:
      crowdbayes deviations printed-region --json
    """
    from analysis.deviation import deviations as find
    from analysis.deviation import values_within_reach
    from scenarios.at_size import VALUES, deviations_at_size
    from scenarios.experiment import assemble
    from scenarios.figures import deviation_figures
    from scenarios.scenario import load

    with show_progress() as tell:
        tell(0.0, "deviations")
        experiment = assemble(load(scenario, overrides=overrides))
        experiment.plans()  # what the seats play does not matter here, but a bad seat is told all the same
        with blame(scenario):
            found = (
                find(
                    experiment.game,
                    other_types=other_types,
                    values=values or values_within_reach(experiment.game, other_types=other_types),
                    memory=memory << 20,
                )
                if experiment.game.listed
                else deviations_at_size(
                    experiment,
                    samples=samples,
                    seats=seats,
                    types=types,
                    values=values or VALUES,
                    other_types=other_types,
                    memory=memory << 20,
                )
            )
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json(deviation_figures(experiment, found)))
        return
    from scenarios.screen import show_deviations

    show_deviations(experiment, found)


def _check(found: Sequence[dict[str, Any]]) -> None:
    """Exit with status 1 where OPT's certificate does not hold."""
    for figures in found:
        if figures["opt_sound"] is False:
            gap = f"{figures['opt_gap']:.2g}"
            click.echo(f"crowdbayes: {figures['scenario']}: OPT's certificate fails, relative gap {gap}", err=True)
    if any(figures["opt_sound"] is False for figures in found):
        raise SystemExit(1)
