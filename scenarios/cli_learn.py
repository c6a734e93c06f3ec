"""Commands about learning: learn, study."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.cli_base import (
    json_option,
    main,
    memory_option,
    new_folder_option,
    out_option,
    scenario_argument,
    set_option,
    write_results,
)
from scenarios.errors import BadInput, blame
from scenarios.progress import show_progress

if TYPE_CHECKING:
    from scenarios.studies import Findings

_PLAY = 0.9  # of the progress shown; the rest is for measuring


@main.command(short_help="Let seats learn what to report, and measure what they come to do.")
@scenario_argument
@click.option(
    "--learner",
    "learners",
    multiple=True,
    metavar="NAME",
    help="Learner for every seat, with parameters in brackets, as in hedge(rate=0.5, feedback='mean'); may be "
    "repeated. Unless given, the scenario's own seats, or Hedge in all of them if none of those learns. Seats that "
    "learn in the scenario keep their menus.",
)
@click.option("--against", metavar="STRATEGY", help="Let one seat learn at a time, the others playing this strategy.")
@click.option("--rounds", type=click.IntRange(min=1), help="Rounds to play.")
@click.option("--worlds", type=click.IntRange(min=1), help="Independent repetitions.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all randomness.")
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes.")
@click.option(
    "--blocks", type=click.IntRange(min=1), help="Blocks of worlds, to save memory; one a process unless given."
)
@memory_option
@set_option
@out_option
@json_option
def learn(
    scenario: str,
    learners: tuple[str, ...],
    against: str | None,
    rounds: int | None,
    worlds: int | None,
    seed: int | None,
    workers: int,
    blocks: int | None,
    memory: int,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Let seats learn what to report, in many worlds at once, and measure what they come to do beside the truth.

    Shares of truth are of the last tenth of the rounds, regrets per round, exploitability exact on the induced game.

    \b
    Example:
      crowdbayes learn insiders --learner hedge --learner exp3 --against truthful --rounds 200
    """
    from scenarios.learning import casts
    from scenarios.learning import learn as play
    from scenarios.learning_figures import learning_figures, measured
    from scenarios.scenario import load
    from scenarios.store import to_json

    settings = {"rounds": rounds, "worlds": worlds, "seed": seed}
    changes = [*overrides, *(f"run.{name}={value}" for name, value in settings.items() if value is not None)]
    told = load(scenario, overrides=changes)
    with show_progress() as tell:
        tell(0.0, "learning")
        found = []
        wanted = casts(told, learners, against=against)
        for number, cast in enumerate(wanted):
            start, share = number / len(wanted), 1.0 / len(wanted)
            playing = partial(_tell_part, tell, cast.title, start, _PLAY * share)
            learned = play(cast, workers=workers, blocks=blocks, memory=memory << 20, tell=playing)
            rest = partial(_tell_part, tell, cast.title, start + _PLAY * share, (1.0 - _PLAY) * share)
            found.append(measured(learned, tell=rest))
        figures = learning_figures(told, found)
    if out is not None:
        from scenarios.experiment import assemble
        from scenarios.learning_files import plots, tables

        write_results(out, figures, tables(found), plots(figures, found), scenario=assemble(told).as_toml())
    if as_json:
        click.echo(to_json(figures))
    else:
        from scenarios.screen_learning import show_learning

        show_learning(figures)


def _finite(ctx: click.Context, option: click.Parameter, scale: float) -> float:
    """Refuse what the range lets through."""
    if not math.isfinite(scale):
        raise BadInput(f"--scale should be a finite number above 0, not {scale}")
    return scale


@main.command(short_help="Run a study that ships, or list them.")
@click.argument("name", required=False)
@click.option(
    "--scale",
    type=click.FloatRange(min=0.0, min_open=True),
    callback=_finite,
    default=1.0,
    show_default=True,
    help="Worlds, or what stands for them, as a multiple of those of the page that ships.",
)
@click.option("--page", is_flag=True, help="Write the page that ships anew; without a NAME, all pages.")
@new_folder_option("the page, figures, tables and plots")
@json_option
def study(name: str | None, scale: float, page: bool, out: Path | None, as_json: bool) -> None:
    """Run a study that ships and print its page; without a NAME, list the studies.

    \b
    Example:
      crowdbayes study first-price-bids --scale 0.1
    """
    from scenarios.studies import find_study, studies, write_findings, write_page

    if name is None and not page:
        _list_studies({known: find_study(known).TITLE for known in studies()}, as_json)
        return
    for known in [name] if name is not None else studies():
        chosen = find_study(known)
        with show_progress() as tell:
            tell(0.0, known)
            with blame(known):
                found = chosen.study(tell, scale=1.0 if page else scale)
        if page:
            write_page(known, found)
            click.echo(f"written: {known}.md", err=True)
        else:
            if out is not None:
                write_findings(found, out)
            _show_study(known, chosen.TITLE, scale, found, as_json)


def _show_study(name: str, title: str, scale: float, found: Findings, as_json: bool) -> None:
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json({"study": name, "title": title, "scale": scale, **found.figures}))
        return
    import re

    from rich.markdown import Markdown

    from scenarios.screen import new_console

    plots = r"!\[(.*?)\]\((.*?)\)"  # which a terminal cannot show
    new_console().print(Markdown(re.sub(plots, r"*(\2, with --out) \1*", found.page)))


def _list_studies(titles: dict[str, str], as_json: bool) -> None:
    if as_json:
        from scenarios.store import to_json

        click.echo(to_json([{"name": name, "title": title} for name, title in titles.items()]))
        return
    width = max(map(len, titles), default=0)
    for name, title in titles.items():
        click.echo(f"{name:<{width}}  {title}")


def _tell_part(
    tell: Callable[[float, str], None], what: str, start: float, size: float, share: float, doing: str
) -> None:
    """Tell how far the whole is when a part of it, that begins at `start`, is at some share."""
    tell(start + size * share, f"{doing}: {what}")
