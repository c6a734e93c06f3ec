"""Commands that turn data into scenarios and scenarios into data, or list what there is: prior, export, list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scenarios.cli_base import (
    beliefs_option,
    induced_game,
    json_option,
    main,
    memory_option,
    scenario_argument,
    set_option,
)
from scenarios.errors import BadInput, blame
from scenarios.progress import show_progress

if TYPE_CHECKING:
    from scenarios.bids import BidPrior
    from scenarios.priors.bid_mixture import BidMixture

LISTS = ["scenarios", "mechanisms", "strategies", "learners", "knowledge", "priors", "claims"]


def _count(_context: click.Context, _option: click.Parameter, text: str | None) -> int | str | None:
    """Return how many components are asked for, or "auto"."""
    if text is None or text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither a whole number nor auto.") from None


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
@click.option("--smoothing", type=float, help="Pseudo-observations; none unless given, 1 with --components.")
@click.option("--unit", type=float, help="Money per unit of value; chosen from the bids unless given.")
@click.option("--components", callback=_count, metavar="N|auto", help="Fit a mixture of so many independent parts.")
@click.option("--seed", type=click.IntRange(min=0), help="With --components: of random beginnings; 1 unless given.")
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
def prior(bids: Path, out: Path | None, as_json: bool, **options: Any) -> None:
    """Turn a CSV of bids into a scenario's [environment] and [prior].

    \b
    Example:
      crowdbayes prior bids.csv --bidders Alder,Birch,Cedar --levels 4 > prior.toml
      crowdbayes prior bids.csv --highest 3 --exchangeable --components auto
    """
    from dataclasses import asdict

    from scenarios.bids import prior_from_bids
    from scenarios.priors.bid_mixture import mixture_from_bids
    from scenarios.store import to_json

    names = options.pop("bidders")
    if names is not None:
        options["bidders"] = [name.strip() for name in names.split(",")]
    pairs = [_pair(text, str(bids)) for text in options.pop("where")]
    given = {name: value for name, value in {**options, "where": dict(pairs) or None}.items() if value is not None}
    found: BidMixture | BidPrior
    if "components" in given:
        columns = tuple(given.pop(name) for name in ("auction", "bidder", "bid"))
        found = mixture_from_bids(bids, columns=columns, **given)
        data = found.as_data()
    else:
        if "seed" in given:
            raise BadInput(f"{bids}: --seed goes with --components, which is not given")
        found = prior_from_bids(bids, **given)
        data = {**asdict(found), "correlation": found.correlation}
    text = to_json(data) + "\n" if as_json else found.to_toml()
    if out is None:
        click.echo(text, nl=False)
        return
    from scenarios.store import write_new_text

    write_new_text(out, text)
    for line in found.summary():
        click.echo(line, err=True)


@main.command(name="list", short_help="List scenarios, mechanisms, strategies, learners, priors and more.")
@click.argument("what", type=click.Choice(LISTS))
@click.option("--long", "as_page", is_flag=True, help="All about mechanisms, learners or priors, in Markdown.")
@json_option
def list_command(what: str, as_page: bool, as_json: bool) -> None:
    """List what ships, with a line on each.

    \b
    Example:
      crowdbayes list scenarios
    """
    from scenarios import catalogue as told
    from scenarios.store import to_json

    if as_page:
        pages = {
            "mechanisms": (told.mechanism_facts, told.mechanism_page),
            "learners": (told.learner_facts, told.learner_page),
            "priors": (told.prior_facts, told.prior_page),
        }
        if what not in pages:
            raise BadInput(f"--long is for mechanisms, learners and priors, not for {what}")
        facts, page = pages[what]
        click.echo(to_json(facts()) if as_json else page())
        return
    entries = told.catalogue(what)
    if as_json:
        click.echo(to_json([{"name": name, "summary": summary} for name, summary in entries.items()]))
        return
    width = max(map(len, entries))
    for name, summary in entries.items():
        click.echo(f"{name:<{width}}  {summary}")


@main.command(short_help="Write the induced game for other programs.")
@scenario_argument
@click.option(
    "--format", "fmt", type=click.Choice(["gambit"]), default="gambit", show_default=True, help="File format."
)
@click.option(
    "--form",
    type=click.Choice(["strategies", "types"]),
    default="strategies",
    show_default=True,
    help="Players are seats, which plan for all their types; or types, which choose a report each.",
)
@click.option(
    "--reports",
    type=click.Choice(["values", "all", "survivors"]),
    default="values",
    show_default=True,
    help="Any value with the true belief; every report of the menu; or what survives strict elimination.",
)
@click.option("--rational", is_flag=True, help="Write payoffs as fractions, equal to the floating-point payoffs.")
@click.option("--limit", type=click.IntRange(min=1), default=2_000_000, show_default=True, help="Payoffs to write.")
@beliefs_option
@memory_option
@set_option
@click.option("--out", type=click.Path(path_type=Path), help="File to write; standard output unless given.")
def export(
    scenario: str,
    fmt: str,
    form: str,
    reports: str,
    rational: bool,
    limit: int,
    beliefs: str | None,
    memory: int,
    overrides: tuple[str, ...],
    out: Path | None,
) -> None:
    """Write a scenario's induced game as a normal form that Gambit and others read (.nfg).

    \b
    Example:
      crowdbayes export printed-region --out printed.nfg
    """
    from analysis.dominance.interim import eliminate_reports
    from analysis.equilibrium.forms import by_type, ex_ante, values_only
    from scenarios.experiment import assemble_listed
    from scenarios.gambit import write_nfg
    from scenarios.scenario import load
    from scenarios.store import write_new_text

    with show_progress() as tell:
        tell(0.0, "export")
        experiment = assemble_listed(load(scenario, overrides=overrides), "export")
        with blame(scenario):
            induced = induced_game(experiment, beliefs, memory)
            allowed = values_only(induced) if reports == "values" else None
            if reports == "survivors":
                allowed = eliminate_reports(induced).alive
            make = ex_ante if form == "strategies" else by_type
            text = write_nfg(make(induced, reports=allowed, limit=limit), rational=rational)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_new_text(out, text)


def _pair(text: str, source: str) -> tuple[str, str]:
    column, equals, value = text.partition("=")
    if not equals:
        raise BadInput(f"{source}: --where reads COLUMN=TEXT, not {text!r}")
    return column, value
