"""Commands about what strategic players do: dominance, equilibria, coalitions."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from scenarios.cli_base import (
    beliefs_option,
    induced_game,
    json_option,
    main,
    memory_option,
    out_option,
    rivals_of,
    scenario_argument,
    set_option,
    write_results,
)
from scenarios.errors import BadInput, blame
from scenarios.progress import show_progress


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
    from analysis.dominance.interim import eliminate_reports
    from analysis.dominance.two_step import two_step
    from scenarios.experiment import assemble_listed
    from scenarios.scenario import load
    from scenarios.store import to_json
    from scenarios.strategic import dominance_figures

    with show_progress() as tell:
        tell(0.0, "dominance")
        experiment = assemble_listed(load(game, overrides=overrides), "dominance")
        with blame(game):
            induced = induced_game(experiment, beliefs, memory)
            found = eliminate_reports(induced, **notion, expost=ex_post)
            figures = dominance_figures(experiment, found, two_step(induced))
    summary = found.summary()
    if out is not None:
        from analysis.dominance.trace import elimination_trace
        from analysis.drawing import new_axes

        ax = elimination_trace(summary, new_axes(height=max(2.5, 0.3 * sum(map(len, found.alive)) + 1.2)))
        write_results(out, figures, {"trace": found.table(), "summary": summary}, {"trace": ax})
    if as_json:
        click.echo(to_json(figures))
        return
    from scenarios.screen_strategic import show_dominance

    show_dominance(figures, summary)


def _dominance_of_game(path: str, notion: dict[str, bool], memory: int, as_json: bool) -> None:
    from analysis.dominance.elimination import eliminate
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


@main.command(short_help="Verify play, find pure, mixed and logit equilibria.")
@scenario_argument
@click.option("--limit", type=click.IntRange(min=1), default=1_000_000, show_default=True, help="Profiles to search.")
@click.option("--greatest", type=click.FloatRange(min=0.0), help="Last lambda of the logit equilibria, in 1/value.")
@beliefs_option
@memory_option
@set_option
@out_option
@json_option
def equilibria(
    scenario: str,
    limit: int,
    greatest: float | None,
    beliefs: str | None,
    memory: int,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Print what any type could gain at truth and at what is played, and the equilibria on the menus.

    \b
    Example:
      crowdbayes equilibria common-lie
    """
    import numpy as np
    import pandas as pd

    from analysis.dominance.interim import eliminate_reports
    from analysis.drawing import new_axes
    from analysis.equilibrium.checks import equilibria as find
    from analysis.equilibrium.plots import gains_by_type, logit_shares
    from scenarios.experiment import assemble_listed
    from scenarios.scenario import load
    from scenarios.store import to_json
    from scenarios.strategic import equilibrium_figures
    from scenarios.streams import seed_sequence

    with show_progress() as tell:
        tell(0.0, "equilibria")
        experiment = assemble_listed(load(scenario, overrides=overrides), "equilibria")
        rng = np.random.default_rng(seed_sequence(experiment.scenario.run.seed, "analysis"))
        with blame(scenario):
            induced = induced_game(experiment, beliefs, memory)
            left = eliminate_reports(induced).alive
            found = find(induced, experiment.plans(), candidates=left, limit=limit, greatest=greatest, rng=rng)
            figures = equilibrium_figures(experiment, found)
    if out is not None:
        checks = {"truthful": found.truth, **({} if found.played is None else {"played": found.played})}
        gains = [check.table.assign(profile=name) for name, check in checks.items()]
        plots = {"logit": logit_shares(found.logit.summary, new_axes())}
        for name, check in checks.items():
            plots[f"gains-{name}"] = gains_by_type(check.table[check.table["gain"] > 0], new_axes())
        tables = {"gains": pd.concat(gains), "pure": found.pure.table, "logit": found.logit.table}
        write_results(out, figures, tables, plots)
    if as_json:
        click.echo(to_json(figures))
        return
    from scenarios.screen_strategic import show_equilibria

    show_equilibria(figures)


@main.command(short_help="Find what rings gain by lying together.")
@scenario_argument
@click.option("--size", type=click.IntRange(min=1), help="Members of the largest ring; 2 unless given.")
@click.option(
    "--stakes",
    help="Also what the best ring of that size gains, in M and L too, with all values multiplied, as in 1,2,4,8.",
)
@click.option(
    "--other-types", type=click.IntRange(min=0), default=12, show_default=True, help="Other posteriors to try."
)
@memory_option
@set_option
@out_option
@json_option
def coalitions(
    scenario: str,
    size: int | None,
    stakes: str | None,
    other_types: int,
    memory: int,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Print the best joint lie of every ring up to a size: what it gains and risks, and what the seller loses.

    \b
    Example:
      crowdbayes coalitions ring-in-m --stakes 1,2,4,8
    """
    import pandas as pd

    from analysis.coalition.plots import gain_by_size, gain_by_stake
    from analysis.coalition.rings import coalitions as find
    from analysis.coalition.rings import stakes as find_stakes
    from analysis.drawing import new_axes
    from scenarios.experiment import assemble_listed
    from scenarios.scenario import load
    from scenarios.store import to_json
    from scenarios.strategic import coalition_figures

    factors = _whole_numbers(stakes, "--stakes")
    with show_progress() as tell:
        tell(0.0, "coalitions")
        experiment = assemble_listed(load(scenario, overrides=overrides), "coalitions")
        with blame(scenario):
            largest = min(2, experiment.environment.players) if size is None else size
            menu: dict[str, Any] = {"size": largest, "other_types": other_types, "memory": memory << 20}
            found = find(experiment.game, **menu)
            table = None
            if factors:
                kinds = rivals_of(experiment, ("M", "L"))
                table = pd.concat(
                    [find_stakes(partial(experiment.scaled, kind), factors, **menu) for kind in kinds],
                    ignore_index=True,
                )
    figures = coalition_figures(experiment, found, table)
    if out is not None:
        plots = {"by_size": gain_by_size(found.by_size(), new_axes())}
        tables = {"members": found.members, "sets": found.sets, "rings": found.rings}
        if table is not None:
            plots["stakes"] = gain_by_stake(table, new_axes())
            tables["stakes"] = table
        write_results(out, figures, tables, plots)
    if as_json:
        click.echo(to_json(figures))
        return
    from scenarios.screen_strategic import show_coalitions

    show_coalitions(figures)


def _whole_numbers(text: str | None, option: str) -> list[int]:
    if text is None:
        return []
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) > 0 for part in parts):
        raise BadInput(f"{option} takes whole numbers from 1 up, separated by commas, not {text!r}")
    return [int(part) for part in parts]
