"""Truth: own type and plain posterior, cell by cell."""

import numpy as np
from hypothesis import given, settings

from agents.strategies import Truthful
from tests.priors import KINDS, cases


@settings(max_examples=30)
@given(cases(kinds=KINDS))
def test_truth_is_the_own_type_and_the_plain_posterior(case):
    game = case.game("L", epsilon=0.1)
    plans = [Truthful().plan(seat) for seat in game.seats]
    for i, plan in enumerate(plans):
        np.testing.assert_array_equal(plan.pure_values[plan.information], case.space.profiles[:, i])
        for s, cell in enumerate(case.knowledge.cells[:, i]):
            told = game.book[int(plan.pure_beliefs[plan.information[s]])]
            expected = case.knowledge.posterior(i, int(cell))
            assert told.keys.tolist() == expected.keys.tolist()
            np.testing.assert_allclose(told.weights, expected.weights)
    play, truth = game.play(plans), game.truthful_play
    np.testing.assert_array_equal(play.reports.values, truth.reports.values)
    np.testing.assert_array_equal(play.reports.beliefs, truth.reports.beliefs)
    np.testing.assert_array_equal(play.reports.values, case.space.profiles)
