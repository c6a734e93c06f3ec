"""Hedge: its weights by definition, and its bounds on regret on sequences made to hurt."""

import math

import numpy as np
import pytest

from agents.learning import FictitiousPlay, Hedge
from agents.learning.repeated import play_repeated
from tests.agents.learning.games import (
    GAMES,
    HIGH,
    LOW,
    SEQUENCES,
    coarse_gap,
    external_regret,
    leader_breaker,
    learn_from,
    softmax_of,
)


@pytest.mark.parametrize("options", [2, 5, 25])
@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_regret_is_within_the_bound_for_a_known_horizon(sequence, options):
    regret = external_regret(*learn_from(Hedge(), sequence, rounds=1000, options=options, known=True))
    assert (regret[-1] <= math.sqrt(1000 * math.log(options) / 2)).all()


@pytest.mark.parametrize("options", [2, 5, 25])
@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_regret_is_within_the_bound_after_any_number_of_rounds(sequence, options):
    """Theorem 2.3 of [CesaBianchiLugosi2006]."""
    regret = external_regret(*learn_from(Hedge(), sequence, rounds=1000, options=options))
    bound = 2 * np.sqrt(np.arange(1, 1001) * math.log(options) / 2) + math.sqrt(math.log(options) / 8)
    assert (regret <= bound[:, None]).all()


def test_the_sequences_hurt_those_who_follow_the_leader():
    """Half a round each time: more than ten times what Hedge may regret."""
    regret = external_regret(*learn_from(FictitiousPlay(), leader_breaker, rounds=2000, options=2))
    assert (regret[-1] > 900).all()
    assert math.sqrt(2000 * math.log(2) / 2) < 30


@pytest.mark.parametrize(
    ("parameters", "known", "rate"),
    [
        ({}, True, lambda t: math.sqrt(8 * math.log(4) / 30)),
        ({}, False, lambda t: math.sqrt(8 * math.log(4) / t)),
        ({"rate": 0.3}, True, lambda t: 0.3),
        ({"rate": 0.3, "anneal": 0.5}, False, lambda t: 0.3 / math.sqrt(t)),
    ],
)
def test_weights_by_definition(parameters, known, rate):
    mixes, paid = learn_from(Hedge(**parameters), SEQUENCES["coins"], rounds=30, options=4, worlds=1, known=known)
    earned = [0.0] * 4
    for turn in range(30):
        expected = softmax_of([rate(turn + 1) * e / (HIGH - LOW) for e in earned])
        assert mixes[turn, 0] == pytest.approx(expected, abs=1e-12)
        earned = [e + p for e, p in zip(earned, paid[turn, 0].tolist(), strict=True)]


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("feedback", ["full", "mean"])
def test_joint_play_is_nearly_a_coarse_correlated_equilibrium(game, feedback):
    payoffs, rng = GAMES[game], np.random.default_rng(5)
    course = play_repeated(payoffs, [Hedge(), Hedge()], 4000, feedback=feedback, rng=rng, worlds=3, keep=4000)
    bound = math.sqrt(math.log(3) / 2 / 4000) * max(p.max() - p.min() for p in payoffs)
    noise = 0.0 if feedback == "mean" else 4 * bound
    assert max(coarse_gap(payoffs, joint) for joint in course.joint) <= bound + noise


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rate": -1.0}, r"rate must be a positive number, not -1\.0"),
        ({"rate": 1.0, "anneal": 2.0}, r"anneal must be a number from 0 to 1, not 2\.0"),
        ({"anneal": 0.5}, r"anneal \(= 0\.5\) goes with a rate"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        Hedge(**parameters)
