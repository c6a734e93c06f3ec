"""Rewards for beliefs: scored against what the others announced, whoever reports."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms import BeliefBook, Reports
from mechanisms.crowdsourced.rewards import belief_reward
from mechanisms.environment import full_grid
from mechanisms.scoring import SCORES, brier_reward, reward_rule
from tests import oracle
from tests.priors import beliefs, drop

SHAPE = (2, 3, 2)


@given(st.data(), st.integers(0, 2))
def test_the_brier_reward_is_the_oracles(data, player):
    belief = data.draw(beliefs(drop(SHAPE, player)))
    book = BeliefBook()
    grid = full_grid(SHAPE)
    told = Reports(grid, np.full(grid.shape, book.add(belief)))
    found = belief_reward(book, SHAPE, brier_reward, told, player, scale=0.6)
    table = dict(zip(map(tuple, belief.atoms.tolist()), belief.weights.tolist(), strict=True))
    for row, profile in zip(found, grid.tolist(), strict=True):
        expected = oracle.reward("M", 0.6, 3, table, drop(tuple(profile), player))
        assert row == pytest.approx(float(expected), abs=1e-12)


@given(st.sampled_from(sorted(SCORES)), st.data(), st.integers(0, 2))
def test_the_reward_does_not_depend_on_ones_own_value(name, data, player):
    book = BeliefBook()
    belief = data.draw(beliefs(drop(SHAPE, player)))
    grid = full_grid(SHAPE)
    told = Reports(grid, np.full(grid.shape, book.add(belief)))
    found = belief_reward(book, SHAPE, reward_rule(name), told, player, scale=0.6).reshape(SHAPE)
    first = np.take(found, [0], axis=player)
    np.testing.assert_array_equal(found, np.broadcast_to(first, SHAPE))
