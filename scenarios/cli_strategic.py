"""Commands about what strategic players do: dominance, export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scenarios.cli_base import json_option, main, set_option
from scenarios.errors import BadInput, blame
from scenarios.progress import show_progress

beliefs_option = click.option(
    "--beliefs",
    metavar="RULES",
    help="Belief rules whose reports are in the menu beside everybody's posteriors, separated by commas, or 'none'; "
    "all unless given.",
)
memory_option = click.option(
    "--memory", type=click.IntRange(min=1), default=1024, show_default=True, help="MiB that tables may take."
)
out_option = click.option(
    "--out", type=click.Path(path_type=Path), help="Folder to write tables and plots to; it must not exist yet."
)


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


def write_results(out: Path, figures: Any, tables: dict[str, Any], plots: dict[str, Any]) -> None:
    """Write figures, tables and plots into a new folder, all or nothing."""
    from matplotlib import rc_context

    from scenarios.store import new_folder, write_json, write_table

    with new_folder(out) as folder:
        write_json(figures, folder / "figures.json")
        for name, table in tables.items():
            write_table(table, folder / f"{name}.parquet")
            table.to_csv(folder / f"{name}.csv", index=False)
        with rc_context({"svg.hashsalt": "crowdbayes"}):
            for name, ax in plots.items():
                ax.figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
                ax.figure.savefig(folder / f"{name}.png", dpi=150)


@main.command(short_help="Eliminate dominated reports, round by round.")
@click.argument("game")
@click.option("--by", type=click.Choice(["pure", "mixed"]), default="mixed", show_default=True, help="What dominates.")
@click.option("--weak", is_flag=True, help="Weak dominance; all that can fall in a round falls at once.")
@click.option("--ex-post", is_flag=True, help="A report must be beaten in each of its type's states.")
@beliefs_option
@memory_option
@set_option
@out_option
@json_option
def dominance(
    game: str,
    by: str,
    weak: bool,
    ex_post: bool,
    beliefs: str | None,
    memory: int,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Eliminate dominated reports of a SCENARIO, or dominated strategies of a GAME.nfg, round by round.

    \b
    Example:
      crowdbayes dominance insiders
      crowdbayes dominance game.nfg --by pure --json
    """
    notion = {"mixed": by == "mixed", "weak": weak}
    if game.lower().endswith(".nfg"):
        given = {"--ex-post": ex_post, "--beliefs": beliefs, "--set": overrides, "--out": out}
        for name, value in given.items():
            if value:
                raise BadInput(f"{game}: {name} is for scenarios; a game file has no types and no beliefs")
        _dominance_of_game(game, notion, memory, as_json)
        return
    from analysis.drawing import new_axes
    from analysis.interim import eliminate_reports
    from analysis.trace import elimination_trace, trace_summary
    from analysis.two_step import two_step
    from scenarios.experiment import assemble
    from scenarios.scenario import load
    from scenarios.store import to_json
    from scenarios.strategic import dominance_figures

    with show_progress() as tell:
        tell(0.0, "dominance")
        experiment = assemble(load(game, overrides=overrides))
        with blame(game):
            induced = induced_game(experiment, beliefs, memory)
            found = eliminate_reports(induced, **notion, expost=ex_post)
            figures = dominance_figures(experiment, found, two_step(induced))
    summary = trace_summary(found)
    if out is not None:
        ax = elimination_trace(summary, new_axes(height=max(2.5, 0.3 * sum(map(len, found.alive)) + 1.2)))
        write_results(out, figures, {"trace": found.table(), "summary": summary}, {"trace": ax})
    if as_json:
        click.echo(to_json(figures))
        return
    from scenarios.screen_strategic import show_dominance

    show_dominance(figures, summary)


def _dominance_of_game(path: str, notion: dict[str, bool], memory: int, as_json: bool) -> None:
    from analysis.elimination import eliminate
    from scenarios.gambit import read_nfg
    from scenarios.store import to_json
    from scenarios.strategic import game_figures

    with show_progress() as tell:
        tell(0.0, "dominance")
        game = read_nfg(path)
        with blame(path):
            figures = game_figures(game.title, eliminate(game, **notion, memory=memory << 20))
    if as_json:
        click.echo(to_json(figures))
    else:
        from scenarios.screen_strategic import show_game

        show_game(figures, game.strategies)
    if not figures["certified"]:
        click.echo(f"crowdbayes: {path}: an elimination's certificate fails", err=True)
        raise SystemExit(1)
