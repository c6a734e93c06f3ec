"""The second-price auction: against the oracle, by hand, and between its classical bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import Reports, optimal_mechanism, single_good
from tests import oracle
from tests.priors import (
    KINDS,
    TIE_RULES,
    build,
    cases,
    distributions,
    iid,
    independent_case,
    random_case,
    truthful_figures,
)


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_revenue_is_the_oracles(kind, players, ties):
    for seed in range(4):
        case = random_case(seed, players, kind)
        expected = oracle.vickrey(case.oracle(ties=ties))
        prices, rewards = truthful_figures(case, "vickrey", ties=ties)
        assert prices == pytest.approx(float(expected), abs=1e-9)
        assert rewards == 0.0


@settings(max_examples=40)
@given(cases(players=(1, 2, 3)), st.sampled_from(TIE_RULES))
def test_revenue_is_the_mean_second_highest_value(case, ties):
    mechanism = build("vickrey", case.environment, ties=ties)
    outcomes = mechanism.expect(Reports(case.space.profiles, case.space.profiles))
    second = [sorted(profile)[-2] if case.players > 1 else 0 for profile in case.profiles]
    np.testing.assert_allclose(outcomes.prices, second)


def test_the_winner_pays_the_second_bid_by_the_tie_rule():
    environment = single_good([[1, 2, 3]] * 3)
    told = Reports(np.array([[2, 0, 1], [1, 2, 2], [0, 0, 0]]), np.zeros((3, 3), dtype=np.int64))
    low = build("vickrey", environment).expect(told)
    assert low.payments.tolist() == [[2, 0, 0], [0, 3, 0], [1, 0, 0]]
    assert low.allocation.argmax(axis=1).tolist() == [1, 2, 1]
    fair = build("vickrey", environment, ties="uniform").expect(told)
    np.testing.assert_allclose(fair.payments, [[2, 0, 0], [0, 1.5, 1.5], [1 / 3] * 3])
    np.testing.assert_allclose(fair.allocation, [[0, 1, 0, 0], [0, 0, 0.5, 0.5], [0, 1 / 3, 1 / 3, 1 / 3]])


def test_it_has_no_bound():
    assert build("vickrey", single_good([[1, 2]] * 2)).guarantee(5.0) is None


@settings(max_examples=25)
@given(st.data(), st.integers(2, 3))
def test_with_identical_independent_bidders_one_less_and_the_optimum_earn_nearly_as_much(data, players):
    """Corollary 1, right side: ``Vickrey(n) <= n / (n - 1) OPT(n - 1)`` for every finite i.i.d. D."""
    grid = tuple(sorted(data.draw(st.sets(st.integers(1, 12), min_size=1, max_size=4))))
    chances = data.draw(distributions(len(grid)))
    vickrey = truthful_figures(iid(grid, chances, players), "vickrey")[0]
    fewer = iid(grid, chances, players - 1)
    opt = optimal_mechanism(fewer.environment, fewer.prior).revenue
    assert vickrey <= players / (players - 1) * opt + 1e-9


@settings(max_examples=25)
@given(st.data(), st.integers(2, 3))
def test_with_independent_bidders_leaving_one_out_on_average_earns_nearly_as_much(data, players):
    """``OPT(n) <= n / (n - 1) x mean OPT without one bidder`` where values are independent."""
    values, marginals = [], []
    for _ in range(players):
        values.append(tuple(sorted(data.draw(st.sets(st.integers(1, 9), min_size=1, max_size=3)))))
        marginals.append(data.draw(distributions(len(values[-1]))))
    case = independent_case(values, marginals)
    whole = optimal_mechanism(case.environment, case.prior).revenue
    parts = []
    for i in range(players):
        rest = case.prior.marginal([j for j in range(players) if j != i])
        parts.append(optimal_mechanism(case.environment.without(i), rest).revenue)
    assert whole <= players / (players - 1) * np.mean(parts) + 1e-9
    assert truthful_figures(case, "vickrey")[0] <= whole + 1e-9
