"""The highest of independent scores, against enumeration of all profiles."""

import numpy as np
import pytest

from mechanisms.environment import full_grid
from mechanisms.highest import mean_highest, mean_second_highest, win_chances
from mechanisms.ties import TIES, chosen_probabilities


def random_scores(seed, players):
    """Levels that players share or not, some of them more than once, some without chance."""
    rng = np.random.default_rng([seed, players])
    sizes = rng.integers(1, 5, players)
    levels = [np.sort(rng.integers(0, 6, size)) for size in sizes]
    chances = [rng.dirichlet(np.ones(size)) * (rng.random(size) < 0.7) + 1e-3 * np.eye(1, size)[0] for size in sizes]
    return levels, [chance / chance.sum() for chance in chances]


def listed(levels, chances):
    """Every profile's scores and probability."""
    grid = full_grid([len(own) for own in levels])
    scores = np.stack([own[grid[:, i]] for i, own in enumerate(levels)], axis=1)
    return grid, scores, np.prod([own[grid[:, i]] for i, own in enumerate(chances)], axis=0)


@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_the_two_highest_against_enumeration(players):
    for seed in range(40):
        levels, chances = random_scores(seed, players)
        _, scores, weights = listed(levels, chances)
        ranked = np.sort(np.column_stack([np.zeros(len(scores)), scores]), axis=1)
        assert mean_highest(levels, chances) == pytest.approx(weights @ ranked[:, -1], abs=1e-12)
        assert mean_second_highest(levels, chances) == pytest.approx(weights @ ranked[:, -2], abs=1e-12)


@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("players", [1, 2, 3, 4])
def test_win_chances_against_enumeration(players, ties):
    for seed in range(40):
        levels, chances = random_scores(seed, players)
        grid, scores, _ = listed(levels, chances)
        chosen = chosen_probabilities(scores, ties)
        found = win_chances(levels, chances, ties=ties)
        for i in range(players):
            others = np.prod([own[grid[:, j]] for j, own in enumerate(chances) if j != i], axis=0)
            won = np.bincount(grid[:, i], chosen[:, i] * others)
            np.testing.assert_allclose(found[i], won, atol=1e-12)


@pytest.mark.parametrize("ties", TIES)
def test_a_thousand_players_win_once_between_them(ties):
    rng = np.random.default_rng(3)
    levels, chances = [np.arange(1, 21)] * 1000, list(rng.dirichlet(np.ones(20), 1000))
    won = win_chances(levels, chances, ties=ties)
    assert sum(c @ w for c, w in zip(chances, won, strict=True)) == pytest.approx(1.0, abs=1e-11)


def test_chances_far_below_one_are_told_apart():
    """With half on the lower of two scores each, a low one wins for the first of 1,000 players with chance 2^-999."""
    won = win_chances([np.array([1, 2])] * 1000, [np.array([0.5, 0.5])] * 1000)
    assert won[0][0] == pytest.approx(2.0**-999, rel=1e-9)
    assert won[1][0] == 0.0 or won[1][0] == pytest.approx(0.0, abs=1e-300)
    assert won[999][1] == pytest.approx(2.0**-999, rel=1e-9)
