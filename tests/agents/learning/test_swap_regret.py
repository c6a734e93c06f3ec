"""Swap regret: stationary mixes, its mixes by definition, its bound, and joint play as a correlated equilibrium."""

import math

import numpy as np
import pytest

from agents.learning import Hedge, SwapRegret
from agents.learning.repeated import play_repeated
from agents.learning.swap_regret import stationary
from tests.agents.learning.games import (
    CHICKEN,
    HIGH,
    LOW,
    RPS,
    SEQUENCES,
    SHAPLEY,
    correlated_gap,
    learn_from,
    softmax_of,
    swap_regret,
)


def test_stationary_mixes_solve_their_equations():
    for seed, states in enumerate([1, 2, 5, 25]):
        chains = np.random.default_rng(seed).dirichlet(np.full(states, 0.3), size=(20, states))
        for chain, mix in zip(chains, stationary(chains), strict=True):
            lines = np.vstack([chain.T - np.eye(states), np.ones(states)])
            assert mix == pytest.approx(np.linalg.lstsq(lines, np.append(np.zeros(states), 1.0))[0], abs=1e-9)


def test_stationary_mixes_are_exact_where_hardly_anything_moves():
    """Two states that are left once in 1e14 and 3e14 rounds: subtraction would lose the ratio."""
    chain = np.array([[[1 - 1e-14, 1e-14], [3e-14, 1 - 3e-14]]])
    assert stationary(chain)[0] == pytest.approx([0.75, 0.25], rel=1e-9)


def test_stationary_mixes_survive_chains_that_fall_apart():
    chains = np.stack([np.eye(30), np.roll(np.eye(30), 1, axis=1), np.eye(30)[np.minimum(np.arange(30) + 1, 29)]])
    even, around, last = stationary(chains)
    assert even == pytest.approx(1 / 30)
    assert around == pytest.approx(1 / 30)
    assert last == pytest.approx(np.eye(30)[29], abs=1e-12)


@pytest.mark.parametrize(("known", "factor"), [(True, 1.0), (False, 1.5)])
@pytest.mark.parametrize("options", [2, 5])
@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_swap_regret_is_within_the_bound(sequence, options, known, factor):
    regret = swap_regret(*learn_from(SwapRegret(), sequence, rounds=1000, options=options, known=known))
    assert (regret <= factor * math.sqrt(1000 * options * math.log(options) / 2)).all()


def test_mixes_by_definition():
    """The mix is left unchanged by what each option's Hedge advises; powers of the chain find it too."""
    mixes, paid = learn_from(SwapRegret(rate=2.0), SEQUENCES["coins"], rounds=25, options=3, worlds=1)
    taken = np.zeros((3, 3))
    for mix, payoffs in zip(mixes[:, 0], paid[:, 0], strict=True):
        advice = np.array([softmax_of((2.0 * row / (HIGH - LOW)).tolist()) for row in taken])
        assert mix == pytest.approx(np.linalg.matrix_power(advice, 5000)[0], abs=1e-9)
        for option in range(3):
            taken[option] += mix[option] * payoffs


@pytest.mark.parametrize("feedback", ["full", "mean"])
@pytest.mark.parametrize("game", [CHICKEN, SHAPLEY, RPS], ids=["chicken", "shapley", "rps"])
def test_joint_play_is_nearly_a_correlated_equilibrium(game, feedback):
    rng, size = np.random.default_rng(2), len(game[0])
    start = [rng.dirichlet(np.ones(size), size=3) for _ in game]
    learners = [SwapRegret(), SwapRegret()]
    course = play_repeated(game, learners, 4000, feedback=feedback, rng=rng, worlds=3, first=start, keep=4000)
    bound = math.sqrt(size * math.log(size) / 2 / 4000) * max(p.max() - p.min() for p in game)
    assert max(correlated_gap(game, joint) for joint in course.joint) <= bound + (feedback == "full") * 2 * bound


def test_hedge_has_swap_regret_where_this_has_none():
    """Three options pay in turn, each for long: who leads then is known by what is played, so it pays to swap."""

    def phases(mix, turn, rng):
        paid = np.zeros(mix.shape)
        paid[:, 0] = 0.5
        paid[:, 1] = 1.0 if turn < 1000 else 0.0
        paid[:, 2] = 0.0 if turn < 2000 else 1.0
        return paid

    plain = swap_regret(*learn_from(Hedge(rate=0.1), phases, rounds=3000, options=3))
    mended = swap_regret(*learn_from(SwapRegret(), phases, rounds=3000, options=3, known=True))
    assert (mended <= math.sqrt(3000 * 3 * math.log(3) / 2)).all()
    assert (plain > 3 * mended).all()


def test_bad_rates_are_refused():
    with pytest.raises(ValueError, match=r"rate must be a positive number, not 0\.0"):
        SwapRegret(rate=0.0)
