"""Pools: what a ring knows together, and what its joint plans earn it."""

import numpy as np
import pytest
from hypothesis import given, settings

from agents.game import Game
from agents.misinformation import misinform
from tests.priors import KINDS, cases, random_case, table


def test_a_pool_by_hand():
    case = table([(1, 4), (2, 3), (1, 5)], {(1, 2, 1): 0.2, (1, 2, 5): 0.2, (4, 3, 1): 0.3, (4, 2, 5): 0.3})
    game = case.game("vickrey")
    pool = game.seats[0].pool([0, 1])
    assert pool is game.pool((0, 1))
    assert [seat.index for seat in pool.members] == [0, 1]
    assert pool.types.tolist() == [[0, 0], [1, 0], [1, 1]]
    assert pool.information.tolist() == [0, 0, 2, 1]
    assert pool.favourite(None).tolist() == [1, 0, 0]
    assert pool.favourite(0).tolist() == [1, 1, 1]
    assert pool.favourite(1).tolist() == [0, 0, 0]
    assert pool.floor.tolist() == [0, 0, 0]
    assert pool.lowest(1) == 0
    profiles, weights = pool.profiles(0)
    assert profiles.tolist() == [[0, 0, 0], [0, 0, 1]]
    np.testing.assert_allclose(weights, [0.5, 0.5])
    # truthful: in cell 0 the second wins at 1 against a low third; in cell 2 the first wins at 3
    truth = pool.worth([game.truthful_plans[0], game.truthful_plans[1]])
    np.testing.assert_allclose(truth, [0.5 * (2 - 1), 0.0, 4 - 3])


def test_members_who_disagree_go_by_the_mean_of_their_opinions():
    case = table([(1,), (1,), (1, 2)], {(1, 1, 1): 0.5, (1, 1, 2): 0.5})
    wrong = misinform(case.knowledge, 0, np.array([0.1, 0.9]))
    game = Game(case.game("vickrey").mechanism, wrong)
    for ring, expected in [((0,), [0.1, 0.9]), ((1,), [0.5, 0.5]), ((0, 1), [0.3, 0.7])]:
        np.testing.assert_allclose(game.pool(ring).profiles(0)[1], expected)


@settings(max_examples=25)
@given(cases(kinds=KINDS))
def test_a_ring_of_one_is_its_member(case):
    game = case.game("L", epsilon=0.3, delta=0.1)
    for i in range(case.players):
        pool = game.pool((i,))
        np.testing.assert_allclose(pool.worth([game.truthful_plans[i]]), game.truth(i), atol=1e-12)
        np.testing.assert_array_equal(pool.types[:, 0], game.seats[i].types)
        for cell in range(len(pool.types)):
            assert pool.own_posterior(0, cell) == game.seats[i].posteriors[cell]
            profiles, weights = pool.profiles(cell)
            assert pool.add(0, profiles, weights) == game.seats[i].posteriors[cell]


def test_a_ring_must_be_of_this_game():
    game = random_case(1, 2).game("vickrey")
    with pytest.raises(ValueError, match=r"0\.\.1.* 2"):
        game.pool((0, 2))
