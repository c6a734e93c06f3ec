"""The command line. Exit codes: 0, 1 (a check failed), 2 (bad input).

Heavy packages are imported inside the commands, so that help is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from scenarios.errors import BadInput, blame
from scenarios.progress import show_progress


class _Group(click.Group):
    """A group whose bad input is one sentence and status 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadInput as error:
            click.echo(f"crowdbayes: {error}", err=True)
            ctx.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="crowdbayes")
def main() -> None:
    """Strategic behaviour in crowdsourced Bayesian auctions, measured exactly.

    A SCENARIO is a TOML file or the name of one that ships (crowdbayes list scenarios).

    \b
    Example:
      crowdbayes run insiders --out my-run
    """
    import signal
    from threading import current_thread, main_thread

    if current_thread() is main_thread():  # so that what is half done is cleared away
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))


_scenario = click.argument("scenario")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON alone on standard output.")
_set = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a field of the scenario, as in --set mechanism.epsilon=0.1; may be repeated.",
)


@main.command(name="run", short_help="Simulate a scenario, compute it exactly, write a report.")
@_scenario
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write; runs/NAME unless given.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all randomness.")
@click.option("--rounds", type=click.IntRange(min=1), help="Rounds to play.")
@click.option("--worlds", type=click.IntRange(min=1), help="Independent repetitions.")
@_set
@_json
def run_command(
    scenario: str,
    out: Path | None,
    seed: int | None,
    rounds: int | None,
    worlds: int | None,
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
        result = run(scenario, out=out, seed=seed, rounds=rounds, worlds=worlds, overrides=overrides, progress=tell)
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json({**result.figures, "notes": result.notes, "folder": str(result.folder)}))
    else:
        from scenarios.screen import show_run

        show_run(result)
    _check([result.figures])


@main.command(short_help="Print exact revenue against OPT and the bound.")
@click.argument("scenario", nargs=-1, required=True)
@_set
@_json
def revenue(scenario: tuple[str, ...], overrides: tuple[str, ...], as_json: bool) -> None:
    """Print exact revenue beside OPT, the paper's bound, Vickrey and lookahead; nothing is simulated.

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
                found.append(revenue_figures(experiment))
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json(found[0] if len(found) == 1 else found))
    else:
        from scenarios.screen import show_revenue

        show_revenue(found)
    _check(found)


@main.command(short_help="Print exact gains from misreports.")
@_scenario
@_set
@click.option(
    "--other-types",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="How many of a seat's other posteriors to try as belief reports.",
)
@_json
def deviations(scenario: str, overrides: tuple[str, ...], other_types: int, as_json: bool) -> None:
    """Print what each type gains, exactly, by each misreport, the others truthful.

    \b
    Example:
      crowdbayes deviations printed-region --json
    """
    from analysis.deviation import deviations as find
    from scenarios.experiment import assemble
    from scenarios.figures import deviation_figures
    from scenarios.scenario import load

    with show_progress() as tell:
        tell(0.0, "deviations")
        experiment = assemble(load(scenario, overrides=overrides))
        experiment.plans()  # what the seats play does not matter here, but a bad seat is told all the same
        with blame(scenario):
            found = find(experiment.game, other_types=other_types)
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json(deviation_figures(experiment, found)))
        return
    from scenarios.screen import show_deviations

    show_deviations(experiment, found)


@main.command(short_help="Turn a CSV of bids into a prior.")
@click.argument("bids", type=click.Path(path_type=Path))
@click.option("--auction", default="auction", show_default=True, help="Column that names the auction.")
@click.option("--bidder", default="bidder", show_default=True, help="Column that names the bidder.")
@click.option("--bid", default="bid", show_default=True, help="Column of the bid.")
@click.option("--bidders", help="Bidders to seat, separated by commas, in the order of the seats.")
@click.option("--highest", type=int, help="Seat the k highest bids of each auction instead.")
@click.option("--exchangeable", is_flag=True, help="With --highest: bidders are anonymous, one grid for all.")
@click.option("--where", multiple=True, metavar="COLUMN=TEXT", help="Keep only rows with that text.")
@click.option("--levels", type=int, default=5, show_default=True, help="Values per seat.")
@click.option("--smoothing", type=float, default=0.0, show_default=True, help="Pseudo-observations.")
@click.option("--unit", type=float, help="Money per unit of value; chosen from the bids unless given.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
def prior(bids: Path, out: Path | None, as_json: bool, **options: Any) -> None:
    """Turn a CSV of bids into a scenario's [environment] and [prior].

    \b
    Example:
      crowdbayes prior bids.csv --bidders Alder,Birch,Cedar --levels 4 > prior.toml
    """
    from dataclasses import asdict

    from scenarios.bids import prior_from_bids

    names = options.pop("bidders")
    pairs = [_pair(text, str(bids)) for text in options.pop("where")]
    found = prior_from_bids(
        bids,
        bidders=[name.strip() for name in names.split(",")] if names is not None else None,
        where=dict(pairs) or None,
        **options,
    )
    if as_json:
        from scenarios.store import to_json

        text = to_json({**asdict(found), "correlation": found.correlation}) + "\n"
    else:
        text = found.to_toml()
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise BadInput(f"{out}: already exists; name another file") from None
    except OSError as error:
        raise BadInput(f"{out}: cannot be written: {error.strerror}") from None
    for line in found.summary():
        click.echo(line, err=True)


@main.command(name="list", short_help="List scenarios, mechanisms, strategies or knowledge.")
@click.argument("what", type=click.Choice(["scenarios", "mechanisms", "strategies", "knowledge"]))
@_json
def list_command(what: str, as_json: bool) -> None:
    """List what ships, with a line on each.

    \b
    Example:
      crowdbayes list scenarios
    """
    from scenarios.catalogue import catalogue

    entries = catalogue(what)
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json([{"name": name, "summary": summary} for name, summary in entries.items()]))
        return
    width = max(map(len, entries))
    for name, summary in entries.items():
        click.echo(f"{name:<{width}}  {summary}")


def _pair(text: str, source: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"{source}: --where reads COLUMN=TEXT, not {text!r}")
    return column, value


def _check(found: Sequence[dict[str, Any]]) -> None:
    """Exit with status 1 where OPT's certificate does not hold."""
    for figures in found:
        if not figures["opt_sound"]:
            gap = f"{figures['opt_gap']:.2g}"
            click.echo(f"crowdbayes: {figures['scenario']}: OPT's certificate fails, relative gap {gap}", err=True)
    if not all(figures["opt_sound"] for figures in found):
        raise SystemExit(1)


if __name__ == "__main__":
    sys.exit(main())
