"""What all commands share: the group, its errors, and the options that several of them take."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from scenarios.errors import BadInput

Command = TypeVar("Command", bound=Callable[..., Any])


class _Group(click.Group):
    """A group whose bad input or want of memory is one sentence and status 2, an interrupt a line and status 130."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BadInput as error:
            click.echo(f"crowdbayes: {error}", err=True)
            ctx.exit(2)
        except MemoryError as error:
            click.echo(f"crowdbayes: this does not fit into memory{f': {error}' if str(error) else ''}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            click.echo("crowdbayes: interrupted", err=True)
            ctx.exit(130)


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


scenario_argument = click.argument("scenario")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON alone on standard output.")
set_option = click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a field of the scenario, as in --set mechanism.epsilon=0.1; may be repeated.",
)
beliefs_option = click.option(
    "--beliefs",
    metavar="RULES",
    help="Belief rules whose reports are in the menu beside everybody's posteriors, separated by commas, or 'none'; "
    "all unless given.",
)
memory_option = click.option(
    "--memory", type=click.IntRange(min=1), default=1024, show_default=True, help="MiB that tables may take."
)


def _new_place(ctx: click.Context, option: click.Parameter, place: Path | None) -> Path | None:
    """Refuse a place that is taken before anything is computed."""
    if place is not None and place.exists():
        raise BadInput(f"{place}: already exists; name another folder, or remove it yourself")
    return place


def new_folder_option(what: str) -> Callable[[Command], Command]:
    """Return the option --out of a command that writes a new folder."""
    told = f"Folder to write {what} to; it must not exist yet."
    return click.option("--out", type=click.Path(path_type=Path), callback=_new_place, help=told)


out_option = new_folder_option("tables and plots")


def induced_game(experiment: Any, beliefs: str | None, memory: int) -> Any:
    """Return the scenario's induced game on the menus asked for."""
    from agents.induced import Induced
    from agents.menu import RULES, report_menu
    from agents.parameters import entry

    rules = RULES
    if beliefs is not None:
        rules = () if beliefs == "none" else tuple(name.strip() for name in beliefs.split(","))
        for name in rules:
            entry(dict.fromkeys(RULES), name, field="--beliefs")
    menus = [report_menu(seat, rules=rules) for seat in experiment.game.seats]
    return Induced(experiment.game, menus=menus, memory=memory << 20)


def write_results(
    out: Path, figures: Any, tables: dict[str, Any], plots: dict[str, Any], *, scenario: str | None = None
) -> None:
    """Write figures, tables and plots into a new folder, and the scenario's text if given, all or nothing."""
    from matplotlib import rc_context

    from scenarios.store import new_folder, write_json, write_table

    with new_folder(out) as folder:
        write_json(figures, folder / "figures.json")
        if scenario is not None:
            (folder / "scenario.toml").write_text(scenario, encoding="utf-8")
        for name, table in tables.items():
            write_table(table, folder / f"{name}.parquet")
            table.to_csv(folder / f"{name}.csv", index=False)
        with rc_context({"svg.hashsalt": "crowdbayes"}):
            for name, ax in plots.items():
                ax.figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
                ax.figure.savefig(folder / f"{name}.png", dpi=150)


def rivals_of(experiment: Any, kinds: tuple[str, ...]) -> list[str]:
    """Return the scenario's own mechanism and those of `kinds` that its environment allows; they need two players."""
    from mechanisms import MECHANISMS

    environment = experiment.environment
    fits = [kind for kind in kinds if MECHANISMS[kind].unfit(environment) is None]
    return list(dict.fromkeys([experiment.scenario.mechanism.kind, *(fits if environment.players > 1 else [])]))
