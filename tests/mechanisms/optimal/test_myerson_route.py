"""Myerson's auction as OPT: the linear program's revenue, truthful at every profile, and no grid where it is large."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import joint, optimal_mechanism, single_good
from mechanisms.beliefs import mixture, product
from mechanisms.optimal import myerson_optimum, single_good_program
from mechanisms.ties import TIES, chosen_probabilities
from tests.priors import build, independent_case, independents


@settings(max_examples=100)
@given(independents(), st.sampled_from(TIES))
def test_it_is_the_linear_programs_optimum(drawn, ties):
    values, marginals = drawn
    environment, belief = single_good(values), product(marginals)
    found = myerson_optimum(environment, belief, ties=ties)
    assert found.route == "myerson"
    assert found.certificate.gap < 1e-12
    assert found.certificate.infeasibility < 1e-12
    assert found.revenue == pytest.approx(single_good_program(environment, belief).revenue, abs=1e-9)
    assert belief.prob(environment.grid) @ found.payments.sum(axis=1) == pytest.approx(found.revenue, abs=1e-9)


@settings(max_examples=100)
@given(independents(), st.sampled_from(TIES))
def test_truth_is_dominant_and_nobody_loses(drawn, ties):
    values, marginals = drawn
    environment = single_good(values)
    found = myerson_optimum(environment, product(marginals), ties=ties)
    for i, grid in enumerate(environment.values):
        won = np.moveaxis(found.allocation[:, i + 1].reshape(environment.shape), i, -1)
        paid = np.moveaxis(found.payments[:, i].reshape(environment.shape), i, -1)
        for k, value in enumerate(grid):
            utility = value * won - paid
            assert (utility[..., k : k + 1] >= utility - 1e-9).all()
            assert (utility[..., k] >= -1e-9).all()


@settings(max_examples=60)
@given(independents(), st.sampled_from(TIES))
def test_it_is_the_playable_auction(drawn, ties):
    """`Myerson`, a mechanism, does the same at every profile, where only ties are drawn by a role."""
    values, marginals = drawn
    case = independent_case(values, marginals)
    found = myerson_optimum(case.environment, product(marginals), ties=ties)
    mechanism = build("myerson", case.environment, case.prior, ties=ties)
    scores = mechanism.scores(case.environment.grid)
    shares = chosen_probabilities(scores, ties) * (scores > 0)
    np.testing.assert_allclose(found.allocation[:, 1:], shares, atol=1e-12)


def test_a_thousand_bidders_without_a_grid():
    rng = np.random.default_rng(8)
    environment = single_good([list(range(1, 101))] * 1000)
    odds = rng.dirichlet(np.full(100, 0.2), 1000) / np.arange(1, 101) ** 3
    belief = product(odds / odds.sum(axis=1, keepdims=True))
    found = optimal_mechanism(environment, belief)
    assert found.route == "myerson"
    assert found.certificate.sound
    earned = found.at(belief.sample(rng, 4000)).payments.sum(axis=1)
    assert earned.mean() == pytest.approx(found.revenue, abs=5 * earned.std() / 60)
    with pytest.raises(ValueError, match="some 10"):
        _ = found.allocation


def test_identical_marginals_of_all_kinds_are_certified():
    """Rare high values, mass at the bottom, gaps: the figures must hold to rounding."""
    for seed in range(30):
        rng = np.random.default_rng(seed)
        size, players = int(rng.integers(1, 30)), int(rng.integers(1, 60))
        grid = np.sort(rng.choice(np.arange(1, 10**6), size, replace=False)).tolist()
        marginal = rng.exponential(size=size) ** 4
        belief = product([marginal / marginal.sum()] * players)
        for ties in TIES:
            found = myerson_optimum(single_good([grid] * players), belief, ties=ties)
            assert found.certificate.gap < 1e-10
            assert found.certificate.infeasibility < 1e-10


def test_values_that_are_not_independent_are_refused():
    environment = single_good([[1, 2], [1, 2]])
    belief = joint((2, 2), [[0, 0], [1, 1]], [0.5, 0.5])
    for wrong in (belief, mixture([0.5, 0.5], [product([[0.9, 0.1]] * 2), product([[0.2, 0.8]] * 2)])):
        with pytest.raises(ValueError, match="independent values"):
            myerson_optimum(environment, wrong)
