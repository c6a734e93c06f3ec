"""What a pair's joint reports are worth, against plain sums over states and the search of the best joint lie."""

import numpy as np
import pytest

from analysis.coalition.pairs import joint_worth
from analysis.revenue import revenue_of
from mechanisms.outcomes import Reports
from scenarios.experiment import assemble
from scenarios.scenario import load


def tables(game, ring=(0, 1)):
    """Truth first, then the lowest value with the first type's posterior."""
    pool, values, beliefs = game.pool(ring), [], []
    first = np.unique(pool.information, return_index=True)[1]
    for i in ring:
        seat = game.seats[i]
        cells = seat.information[first]
        values.append(np.stack([seat.types[cells], np.zeros_like(cells)], axis=1))
        beliefs.append(np.stack([seat.posteriors[cells], np.full_like(cells, seat.posteriors[0])], axis=1))
    return values, beliefs


@pytest.mark.parametrize("name", ["ring-in-m", "ring-in-l"])
def test_it_is_the_sum_over_states(name):
    game = assemble(load(name)).game
    values, beliefs = tables(game)
    found = joint_worth(game, (0, 1), values, beliefs)
    information = game.pool((0, 1)).information
    expected = np.zeros(found.shape)
    for state, (where, weight) in enumerate(zip(information, game.space.weights, strict=True)):
        for a in range(2):
            for b in range(2):
                told = game.truthful_play.reports.take(np.array([state]))
                v, d = told.values.copy(), told.beliefs.copy()
                v[0, :2], d[0, :2] = (
                    (values[0][where, a], values[1][where, b]),
                    (beliefs[0][where, a], beliefs[1][where, b]),
                )
                outcomes = game.mechanism.expect(Reports(v, d))
                kinds = game.space.profiles[state]
                earned = [outcomes.utility_of(game.environment, i, kinds[i : i + 1])[0] for i in range(game.players)]
                expected[where, :, a, b] += weight * np.array([sum(earned[:2]), outcomes.revenue[0], sum(earned[2:])])
    assert found == pytest.approx(expected, abs=1e-9)


def test_truth_is_worth_the_truthful_revenue():
    game = assemble(load("ring-in-m")).game
    found = joint_worth(game, (0, 1), *tables(game))
    assert found[:, 1, 0, 0].sum() == pytest.approx(revenue_of(game).total)
