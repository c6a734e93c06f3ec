"""Commands about what goes into a scenario and what there is to name: prior, list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scenarios.cli_base import json_option, main
from scenarios.errors import BadInput


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
@json_option
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
