"""OPT as a mechanism: it plays what the program found, and its price of a lottery never hurts."""

import numpy as np
import pytest
from hypothesis import given, settings

from mechanisms import BeliefBook, Reports, Setting, assignment, joint, optimal_mechanism, single_good
from mechanisms.beliefs import product
from mechanisms.classical.optimal_auction import OptimalAuction
from tests.priors import build, cases, truthful_figures


@settings(max_examples=30)
@given(cases(players=(2, 3)))
def test_truthful_revenue_is_opt(case):
    opt = optimal_mechanism(case.environment, case.prior).revenue
    assert truthful_figures(case, "optimal") == (pytest.approx(opt, abs=1e-9), 0.0)


def test_two_goods_are_sold_as_the_program_says():
    environment = assignment(["a", "b"], [[[6, 1, 6], [1, 6, 6], [3, 3, 3]], [[1, 1, 1]]])
    prior = joint(environment.shape, environment.grid, np.full(3, 1 / 3))
    mechanism = build("optimal", environment, prior)
    outcomes = mechanism.expect(Reports(environment.grid, environment.grid))
    np.testing.assert_allclose(outcomes.allocation, mechanism.optimum.allocation, atol=1e-12)
    np.testing.assert_allclose(outcomes.payments, mechanism.optimum.payments, atol=1e-12)
    assert prior.weights @ outcomes.revenue == pytest.approx(mechanism.optimum.revenue)


def test_charging_in_proportion_on_delivery_is_rational_for_each_coin_toss():
    """The indifferent type gets a good by lottery and pays only when she gets one she values."""
    environment = assignment(["a", "b"], [[[6, 1, 6], [1, 6, 6], [3, 3, 3]]])
    prior = joint((3,), np.arange(3)[:, None], np.full(3, 1 / 3))
    mechanism = build("optimal", environment, prior)
    kinds = np.tile(np.arange(3), 4000)[:, None]
    played = mechanism.play(Reports(kinds, np.zeros_like(kinds)), np.random.default_rng(0))
    got = played.worth(environment, kinds)
    assert (played.payments <= got + 1e-9).all()
    assert played.payments.mean() == pytest.approx(mechanism.optimum.revenue, rel=0.03)
    assert (played.payments[got == 0] == 0).all()


def test_a_hundred_independent_bidders_without_a_grid():
    rng = np.random.default_rng(4)
    environment = single_good([list(range(1, 21))] * 100)
    prior = product(rng.dirichlet(np.full(20, 0.3), 100))
    mechanism = OptimalAuction(Setting(environment, BeliefBook(), prior))
    values = prior.sample(rng, 3000)
    settled = mechanism.settle(Reports(values, np.zeros_like(values)), 0)
    assert mechanism.optimum.route == "myerson"
    assert settled.allocation.shape == (3000,)
    earned = settled.payments.sum(axis=1)
    assert earned.mean() == pytest.approx(mechanism.optimum.revenue, abs=5 * earned.std() / np.sqrt(3000) + 1e-9)
