"""Reports and outcomes: selections and the arithmetic of utility, drawn and in expectation."""

import numpy as np

from mechanisms import Outcomes, Reports, assignment, single_good

TYPES = np.array([[0, 1], [1, 0]])
PAYMENTS = np.array([[0.5, 0.0], [0.0, 1.0]])
REWARDS = np.array([[0.1, 0.2], [0.3, 0.0]])


def test_take_selects_rounds_of_every_column():
    reports = Reports(TYPES, TYPES + 5, np.array([1, 0]))
    assert len(reports) == 2
    taken = reports.take(np.array([1, 1, 0]))
    assert taken.values.tolist() == [[1, 0], [1, 0], [0, 1]]
    assert taken.beliefs.tolist() == [[6, 5], [6, 5], [5, 6]]
    assert taken.role.tolist() == [0, 0, 1]
    assert Reports(TYPES, TYPES).take(np.array([0])).role is None


def test_utility_of_a_lottery_and_of_a_draw():
    environment = single_good([[1, 4], [2, 3]])
    lottery = np.array([[0.25, 0.5, 0.25], [0.0, 0.0, 1.0]])
    expected = Outcomes(lottery, PAYMENTS, REWARDS, None, np.zeros(2))
    worth = [[0.5 * 1, 0.25 * 3], [0.0, 2.0]]
    np.testing.assert_allclose(expected.worth(environment, TYPES), worth)
    np.testing.assert_allclose(expected.utility(environment, TYPES), np.array(worth) - PAYMENTS + REWARDS)
    for i in range(2):
        np.testing.assert_allclose(
            expected.utility_of(environment, i, TYPES[:, i]), expected.utility(environment, TYPES)[:, i]
        )

    drawn = Outcomes(np.array([1, 2]), PAYMENTS, REWARDS, None, np.zeros(2))
    np.testing.assert_allclose(drawn.worth(environment, TYPES), [[1, 0], [0, 2]])
    np.testing.assert_allclose(drawn.prices, [0.5, 1.0])
    np.testing.assert_allclose(drawn.revenue, [0.5 - 0.3, 1.0 - 0.3])


def test_worth_of_bundles():
    environment = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])
    split = [row.tolist() for row in environment.allocations].index([2, 1])
    drawn = Outcomes(np.array([split]), np.zeros((1, 2)), np.zeros((1, 2)), None, np.zeros(1))
    assert drawn.worth(environment, np.array([[0, 0]])).tolist() == [[2.0, 2.0]]
    assert drawn.worth(environment, np.array([[1, 1]])).tolist() == [[0.0, 0.0]]
