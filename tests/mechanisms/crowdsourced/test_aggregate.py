"""AGG: the fast form against the paper's, empty intersections, and what it keeps of the truth."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mechanisms import BeliefBook, joint
from mechanisms.crowdsourced.aggregate import aggregate, aggregate_conditional, pin
from mechanisms.environment import full_grid
from tests import oracle
from tests.priors import beliefs, cases, drop, money_belief

SHAPE = (2, 3, 2)


def conditional_of(whole, chosen, values):
    """Weights of i*'s types beside the announced values, from AGG's whole distribution."""
    others = np.array([drop(tuple(values), chosen)])
    return whole.conditional(chosen, others)[0]


@settings(max_examples=80)
@given(st.data(), st.integers(0, 2))
def test_the_slice_is_the_conditional_of_the_aggregate(data, chosen):
    """Proportional to it: the slice leaves the common factor out."""
    book = BeliefBook()
    values = [data.draw(st.integers(0, size - 1)) for size in SHAPE]
    reports, ids = {}, np.zeros((1, 3), dtype=np.int64)
    for j in range(3):
        belief = data.draw(beliefs(drop(SHAPE, j)))
        ids[0, j] = book.add(belief)
        if j != chosen:
            reports[j] = pin(belief, j, values[j], SHAPE[j])
    fast = aggregate_conditional(book, SHAPE, chosen, np.array([values]), ids)[0]
    slow = conditional_of(aggregate(reports), chosen, values)
    assert (fast > 0).tolist() == (slow > 0).tolist()
    if slow.any():
        np.testing.assert_allclose(fast / fast.sum(), slow / slow.sum(), atol=1e-12)


@settings(max_examples=60)
@given(cases(players=(2, 3)), st.data())
def test_aggregate_is_the_oracles(case, data):
    star = data.draw(st.integers(0, case.players - 1))
    shape = case.environment.shape
    reports, slow = {}, []
    for j in range(case.players):
        belief, kind = data.draw(beliefs(drop(shape, j))), data.draw(st.integers(0, shape[j] - 1))
        slow.append((case.values[j][kind], money_belief(case, j, belief)))
        if j != star:
            reports[j] = pin(belief, j, kind, shape[j])
    expected = oracle.aggregate(star, slow)
    found = aggregate(reports)
    got = {
        tuple(case.values[i][k] for i, k in enumerate(atom)): weight
        for atom, weight in zip(found.atoms.tolist(), found.weights, strict=True)
    }
    assert got == pytest.approx(expected)


def test_pinning_adds_the_reporters_announced_type():
    belief = joint((3, 2), [[0, 1], [2, 0]], [0.25, 0.75])
    whole = pin(belief, 1, 3, 4)
    assert whole.shape == (3, 4, 2)
    assert whole.atoms.tolist() == [[0, 3, 1], [2, 3, 0]]
    assert whole.weights.tolist() == [0.25, 0.75]


def test_an_empty_intersection_returns_the_lowest_numbered_report_unchanged():
    one = joint((2, 2), [[0, 0], [1, 0]], [0.5, 0.5])
    two = joint((2, 2), [[0, 1], [1, 1]], [0.5, 0.5])
    assert aggregate({2: two, 1: one}) is one
    assert aggregate({0: two, 1: one}) is two


def test_the_lowest_numbered_report_is_conditioned_on_what_all_think_possible():
    one = joint((2, 2), [[0, 0], [0, 1], [1, 0]], [0.2, 0.3, 0.5])
    two = joint((2, 2), [[0, 0], [1, 0], [1, 1]], [0.8, 0.1, 0.1])
    found = aggregate({3: two, 1: one})
    assert found.atoms.tolist() == [[0, 0], [1, 0]]
    np.testing.assert_allclose(found.weights, [0.2 / 0.7, 0.5 / 0.7])


@given(beliefs(SHAPE), st.sets(st.integers(0, 11), min_size=1), st.sets(st.integers(0, 11), min_size=1))
def test_reports_that_are_d_given_events_aggregate_to_d_given_both(prior, left, right):
    """The paper's case: whose report is conditioned does not matter."""
    events = [np.isin(prior.keys, list(event)) for event in (left, right)]
    both = events[0] & events[1]
    assume(both.any())
    one, two = (prior.given(event) for event in events)
    expected = prior.given(both).prob(full_grid(SHAPE))
    for reports in ({1: one, 2: two}, {1: two, 2: one}):
        np.testing.assert_allclose(aggregate(reports).prob(full_grid(SHAPE)), expected, atol=1e-12)


def test_with_noisy_signals_it_matters_whose_report_is_conditioned():
    """Both supports are full, so AGG ignores one of two posteriors."""
    sure, unsure = joint((2,), [[0], [1]], [0.9, 0.1]), joint((2,), [[0], [1]], [0.5, 0.5])
    assert aggregate({1: sure, 2: unsure}) is not sure
    np.testing.assert_array_equal(aggregate({1: sure, 2: unsure}).weights, sure.weights)
    np.testing.assert_array_equal(aggregate({1: unsure, 2: sure}).weights, unsure.weights)
