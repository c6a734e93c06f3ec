"""Plans: tables of reports, and every report profile that they produce together."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agents.knowledge import StateSpace
from agents.plan import Plan, joint_play, pure_plan

SPACE = StateSpace((2, 2), np.array([[0, 0], [0, 1], [1, 1]]), np.array([0.5, 0.25, 0.25]))


def test_a_pure_plan_announces_one_value_and_one_belief_per_information_set():
    plan = pure_plan(np.array([0, 0, 1]), np.array([1, 0]), np.array([7, 8]), 2)
    assert plan.values.tolist() == [[0, 1], [1, 0]]
    assert plan.beliefs.tolist() == [[7, 7], [8, 8]]
    assert plan.pure_values.tolist() == [1, 0]
    assert plan.pure_beliefs.tolist() == [7, 8]
    by_value = pure_plan(np.array([0, 0, 1]), np.array([1, 0]), np.array([[7, 9], [8, 6]]), 2)
    assert by_value.pure_beliefs.tolist() == [9, 8]


def test_a_mixed_plan_is_not_pure():
    plan = Plan(np.array([0, 1]), np.array([[0.5, 0.5], [0.0, 1.0]]), np.zeros((2, 2), dtype=np.int64))
    assert plan.pure_values is None
    assert plan.pure_beliefs is None
    assert plan.value_edges.tolist() == [[0.5, 1.0], [0.0, 1.0]]


def test_joint_play_by_hand():
    one = pure_plan(np.array([0, 0, 1]), np.array([1, 0]), np.array([5, 6]), 2)
    two = Plan(np.array([0, 1, 1]), np.array([[0.25, 0.75], [1.0, 0.0]]), np.array([[1, 2], [3, 4]]))
    play = joint_play(SPACE, [one, two])
    rows = zip(
        play.states.tolist(),
        play.chances.tolist(),
        play.reports.values.tolist(),
        play.reports.beliefs.tolist(),
        strict=True,
    )
    assert sorted(rows) == [
        (0, 0.25, [1, 0], [5, 1]),
        (0, 0.75, [1, 1], [5, 2]),
        (1, 1.0, [1, 0], [5, 3]),
        (2, 1.0, [0, 0], [6, 3]),
    ]


@given(st.lists(st.lists(st.integers(0, 3), min_size=2, max_size=2).filter(any), min_size=6, max_size=6))
def test_chances_of_a_states_rows_sum_to_one_and_multiply(odds):
    tables = [np.array(odds[k : k + 3], dtype=float) for k in (0, 3)]
    tables = [rows / rows.sum(axis=1, keepdims=True) for rows in tables]
    ids = np.arange(6).reshape(3, 2)
    plans = [Plan(np.arange(3), rows, ids + 10 * k) for k, rows in enumerate(tables)]
    play = joint_play(SPACE, plans)
    np.testing.assert_allclose(np.bincount(play.states, play.chances), 1.0)
    for s, chance, values, beliefs in zip(
        play.states, play.chances, play.reports.values, play.reports.beliefs, strict=True
    ):
        assert chance == np.prod([tables[k][s, values[k]] for k in range(2)])
        assert beliefs.tolist() == [10 * k + ids[s, values[k]] for k in range(2)]
