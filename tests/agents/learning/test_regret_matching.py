"""Regret matching: its mixes by definition, its bound, and joint play as a coarse correlated equilibrium."""

import math

import numpy as np
import pytest

from agents.learning import RegretMatching, RegretMatchingPlus
from agents.learning.repeated import play_repeated
from tests.agents.learning.games import (
    GAMES,
    RPS,
    SEQUENCES,
    coarse_gap,
    correlated_gap,
    exploitability,
    external_regret,
    learn_from,
    value,
    zero_sum,
)

KINDS = pytest.mark.parametrize("kind", [RegretMatching, RegretMatchingPlus])


@KINDS
@pytest.mark.parametrize("options", [2, 5, 25])
@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_regret_is_within_the_bound_after_any_number_of_rounds(kind, sequence, options):
    regret = external_regret(*learn_from(kind(), sequence, rounds=1000, options=options))
    assert (regret <= np.sqrt((options - 1) * np.arange(1, 1001))[:, None] + 1e-9).all()


@KINDS
def test_mixes_by_definition(kind):
    mixes, paid = learn_from(kind(), SEQUENCES["coins"], rounds=50, options=4, worlds=1)
    regrets = [0.0] * 4
    for mix, payoffs in zip(mixes[:, 0].tolist(), paid[:, 0].tolist(), strict=True):
        positive = [max(r, 0.0) for r in regrets]
        assert mix == pytest.approx([p / sum(positive) for p in positive] if sum(positive) else [0.25] * 4, abs=1e-12)
        earned = sum(m * p for m, p in zip(mix, payoffs, strict=True))
        regrets = [r + p - earned for r, p in zip(regrets, payoffs, strict=True)]
        if kind is RegretMatchingPlus:
            regrets = [max(r, 0.0) for r in regrets]


@KINDS
@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize("feedback", ["full", "mean"])
def test_joint_play_is_nearly_a_coarse_correlated_equilibrium(kind, game, feedback):
    payoffs, rng = GAMES[game], np.random.default_rng(5)
    start = [rng.dirichlet(np.ones(len(payoffs[0])), size=3) for _ in payoffs]
    course = play_repeated(
        payoffs, [kind(), kind()], 4000, feedback=feedback, rng=rng, worlds=3, first=start, keep=4000
    )
    bound = math.sqrt(2 / 4000) * max(p.max() - p.min() for p in payoffs)
    noise = 0.0 if feedback == "mean" else 3 * bound
    assert max(coarse_gap(payoffs, joint) for joint in course.joint) <= bound + noise


def test_the_gaps_are_by_definition():
    """Taking turns at daring is a correlated equilibrium of chicken; swerving together is not even a coarse one."""
    chicken = GAMES["chicken"]
    turns, middle = np.array([[0.0, 0.5], [0.5, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]])
    assert correlated_gap(chicken, turns) == 0.0
    assert coarse_gap(chicken, turns) < 0.0
    assert correlated_gap(chicken, middle) == coarse_gap(chicken, middle) == 1.0
    assert coarse_gap(RPS, np.full((3, 3), 1 / 9)) == pytest.approx(0.0, abs=1e-15)


@KINDS
def test_averages_find_the_value_of_zero_sum_games(kind):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        game = zero_sum(rng.random((6, 8)))
        course = play_repeated(game, [kind(), kind()], 3000, feedback="mean", rng=rng, keep=3000)
        x, y = (mix[0] for mix in course.average)
        assert exploitability(game, (x, y)) < 0.02
        assert (x @ game[0]).min() <= value(game[0]) + 1e-9 <= (game[0] @ y).max() + 2e-9
        assert x @ game[0] @ y == pytest.approx(value(game[0]), abs=0.02)


@KINDS
def test_defection_drives_out_cooperation(kind):
    rng = np.random.default_rng(1)
    course = play_repeated(GAMES["dilemma"], [kind(), kind()], 500, feedback="full", rng=rng, worlds=20)
    assert all((path[-1, :, 1] > 0.95).all() for path in course.mixes)
