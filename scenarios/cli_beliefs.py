"""Commands about wrong beliefs: second-order, drift."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from scenarios.cli_base import json_option, main, out_option, rivals_of, scenario_argument, set_option, write_results
from scenarios.errors import BadInput, blame
from scenarios.progress import show_progress

_KINDS = ("M", "L", "L-printed", "unanimity")
_mechanisms = click.option(
    "--mechanisms", help="Mechanisms to compare, separated by commas; M, L, L-printed and unanimity unless given."
)
_strengths = click.option("--strengths", default="0,0.25,0.5,1", show_default=True, help="Strengths of the error.")


@main.command(name="second-order", short_help="What wrong beliefs about beliefs do.")
@scenario_argument
@_mechanisms
@_strengths
@set_option
@out_option
@json_option
def second_order(
    scenario: str,
    mechanisms: str | None,
    strengths: str,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Print what players do who are wrong about what the others believe: nothing in M and L, much in unanimity.

    Strengths: tempered, shifted and sampled as in `crowdbayes drift`, for what each player takes the others' opinions
    to be; ignorant and uniform, the weight of the wrong belief.

    \b
    Example:
      crowdbayes second-order common-lie
    """
    from analysis.beliefs.plots import revenue_by_strength, truth_by_strength
    from analysis.beliefs.second_order import second_order as find
    from analysis.drawing import new_axes
    from scenarios.store import to_json

    with show_progress() as tell:
        tell(0.0, "second-order beliefs")
        experiment, names, rng = _prepared(scenario, overrides, mechanisms)
        with blame(scenario):
            games = {name: experiment.rival(name) for name in names}
            found = find(games, strengths=_numbers(strengths), rng=rng)
    figures = {
        "scenario": experiment.scenario.name,
        "unit": experiment.unit,
        "summary": found.summary.to_dict(orient="records"),
        "types": found.types.to_dict(orient="records"),
    }
    if out is not None:
        plots = {}
        for error, part in found.summary.groupby("error", sort=False):
            plots[f"truth-{error}"] = truth_by_strength(part, new_axes())
            plots[f"revenue-{error}"] = revenue_by_strength(part, new_axes())
        write_results(out, figures, {"summary": found.summary, "types": found.types}, plots)
    if as_json:
        click.echo(to_json(figures))
        return
    from scenarios.screen_strategic import show_second_order

    show_second_order(figures)


@main.command(short_help="What it costs when beliefs drift from the truth.")
@scenario_argument
@_mechanisms
@_strengths
@click.option("--samples", type=click.IntRange(min=1), default=20, show_default=True, help="Draws of finite samples.")
@set_option
@out_option
@json_option
def drift(
    scenario: str,
    mechanisms: str | None,
    strengths: str,
    samples: int,
    overrides: tuple[str, ...],
    out: Path | None,
    as_json: bool,
) -> None:
    """Print revenue and gains of truthful players as everybody's beliefs are further and further from D.

    Strengths: tempered, probabilities are raised to the power 1 + strength; shifted, odds of high values grow by
    exp(strength); sampled, D is estimated from 1 / strength draws; noisy, signals of the others' worth are wrong with
    probability strength / 2 (at 0 they are right, which is more than the scenario's players know). At 0 nothing is
    added to what the scenario says, its own misinformed seats included.

    \b
    Example:
      crowdbayes drift misinformed-buyers --strengths 0,0.5,1
    """
    from agents.game import Game
    from analysis.beliefs.drift import drift as find
    from analysis.beliefs.plots import gain_by_strength, revenue_by_strength
    from analysis.drawing import new_axes
    from scenarios.store import to_json

    with show_progress() as tell:
        tell(0.0, "drift")
        experiment, names, rng = _prepared(scenario, overrides, mechanisms)
        with blame(scenario):
            built = {name: experiment.mechanism(name) for name in names}
            table = find(
                lambda knowledge: {name: Game(mechanism, knowledge) for name, mechanism in built.items()},
                experiment.knowledge,
                strengths=_numbers(strengths),
                rng=rng,
                samples=samples,
            )
    figures = {
        "scenario": experiment.scenario.name,
        "unit": experiment.unit,
        "rows": table.to_dict(orient="records"),
    }
    if out is not None:
        plots = {}
        for kind, part in table.groupby("kind", sort=False):
            plots[f"revenue-{kind}"] = revenue_by_strength(part, new_axes())
            plots[f"gain-{kind}"] = gain_by_strength(part, new_axes())
        write_results(out, figures, {"drift": table}, plots)
    if as_json:
        click.echo(to_json(figures))
        return
    from scenarios.screen_strategic import show_drift

    show_drift(figures)


def _prepared(scenario: str, overrides: tuple[str, ...], mechanisms: str | None) -> Any:
    import numpy as np

    from scenarios.experiment import assemble_listed
    from scenarios.scenario import load
    from scenarios.streams import seed_sequence

    experiment = assemble_listed(load(scenario, overrides=overrides), "this command")
    names = rivals_of(experiment, _KINDS) if mechanisms is None else [name.strip() for name in mechanisms.split(",")]
    return experiment, names, np.random.default_rng(seed_sequence(experiment.scenario.run.seed, "analysis"))


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise BadInput(f"--strengths takes numbers separated by commas, not {text!r}") from None
