"""Gains of options against truthful play: beside the deviation surface, and the score's own formula."""

import numpy as np
import pytest

from agents.learning.arena import Arena
from analysis.deviation import deviations
from analysis.emergence.gaps import gaps, truthful_mixes
from scenarios.experiment import assemble
from scenarios.scenario import load


def arena_of(name: str, *overrides: str) -> Arena:
    experiment = assemble(load(name, overrides=overrides))
    strategies = experiment.strategies()
    for seat, strategy in zip(experiment.game.seats, strategies, strict=True):
        strategy.prepare(seat, 1)
    return Arena(experiment.game, strategies)


@pytest.mark.parametrize("kind", ["L", "M", "L-printed"])
def test_value_lies_gain_what_the_surface_says(kind: str) -> None:
    arena = arena_of("learn-l", f"mechanism.kind={kind}")
    found = gaps(arena)
    lies = found[found["value_lie"] & ~found["belief_lie"]]
    surface = deviations(arena.game).table
    told = surface[(surface["belief_report"] == "truthful") & (surface["value_report"] != surface["value"])]
    both = lies.merge(told, on=["seat", "type"])
    assert len(both) == len(lies) == 8
    assert both["gain_x"].to_numpy() == pytest.approx(both["gain_y"].to_numpy(), abs=1e-12)
    assert both["overbid"].equals(both["value_report"] > both["value"])
    assert both["probability_x"].to_numpy() == pytest.approx(both["probability_y"].to_numpy())


@pytest.mark.parametrize("name", ["learn-l", "learn-m"])
def test_a_false_belief_costs_its_squared_distance(name: str) -> None:
    """The score is paid in every round in L, at a third of the scale, and in a third of the rounds in M."""
    arena = arena_of(name)
    found = gaps(arena)
    for row in found[found["belief_lie"] & ~found["value_lie"]].itertuples():
        seat, options = arena.game.seats[row.seat], arena.learners[row.seat].options
        cell = seat.names.index(row.type)
        told = seat.book[int(options.beliefs[cell, options.names.index(row.option)])]
        mine, theirs = (np.zeros(4), np.zeros(4))
        for table, belief in ((mine, seat.posterior(cell)), (theirs, told)):
            table[belief.atoms @ [2, 1]] = belief.weights
        assert row.gain == pytest.approx(-1.5 / 6 * ((mine - theirs) ** 2).sum())


def test_gains_against_truth_told_as_play_are_those_against_truth() -> None:
    arena = arena_of("learn-l")
    assert gaps(arena, truthful_mixes(arena)).equals(gaps(arena))
