"""Lookahead with pooling: against every cut of the values, lookahead, OPT for identical bidders, and truth-telling."""

import math
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import BeliefBook, Reports, Setting, optimal_mechanism
from mechanisms.classical.lookahead import Lookahead
from mechanisms.classical.pooling import PoolingLookahead, Pools
from tests import oracle
from tests.priors import (
    TIE_RULES,
    cases,
    distributions,
    every_report,
    iid,
    independent_case,
    random_case,
    value_lie_losses,
)

ALONE = [np.zeros(1, dtype=np.int64)]
IRREGULAR = ((5, 6, 20), (0.6, 0.3, 0.1))


def mechanism_for(case, kind=PoolingLookahead, **options):
    return kind(Setting(case.environment, BeliefBook(), case.prior), **options)


def revenue(case, kind=PoolingLookahead, **options):
    """Return truthful revenue, delta being 0."""
    atoms = case.prior.atoms
    return float(case.prior.weights @ mechanism_for(case, kind, **options).expect(Reports(atoms, atoms)).prices)


def cuts(values):
    """Return every way to cut the sorted values of all players into intervals, as a dict from value to pool."""
    merged = sorted(set().union(*values))
    for size in range(len(merged)):
        for at in combinations(range(1, len(merged)), size):
            yield {value: sum(k >= start for start in at) for k, value in enumerate(merged)}


def pooled_revenue(values, prior, pool, orders):
    """Return what lookahead earns, the first in a random order being chosen among the highest pool.

    Each order makes a truthful auction with posted prices: the best price for i given the others' bids and that
    she is chosen.
    """
    total = 0
    for order in orders:
        offers = {}
        for profile, chance in prior.items():
            top = max(pool[bid] for bid in profile)
            i = next(j for j in order if pool[profile[j]] == top)
            offers.setdefault((i, oracle.without(profile, i)), []).append((profile[i], chance))
        for (i, _), met in offers.items():
            total += max(price * sum(chance for value, chance in met if value >= price) for price in values[i])
    return total / len(orders)


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize("players", [1, 2, 3])
def test_revenue_is_the_best_of_all_cuts(players, ties):
    orders = list(permutations(range(players))) if ties == "uniform" else [tuple(range(players))]
    pooled = 0
    for seed in range(12):
        case = random_case(seed, players, most=4 if players < 3 else 3)
        prior = oracle.gather(case.oracle().states)
        best = max(pooled_revenue(case.values, prior, pool, orders) for pool in cuts(case.values))
        mechanism = mechanism_for(case, ties=ties)
        assert mechanism.pools.revenue == pytest.approx(best, abs=1e-9)
        assert revenue(case, ties=ties) == pytest.approx(best, abs=1e-9)
        pooled += best > revenue(case, Lookahead, ties=ties) + 1e-9
    assert (pooled > 0) == (players > 1)


@pytest.mark.parametrize("ties", TIE_RULES)
@settings(max_examples=40)
@given(case=cases())
def test_it_never_earns_less_than_lookahead_nor_more_than_opt(ties, case):
    opt = optimal_mechanism(case.environment, case.prior).revenue
    mine = revenue(case, ties=ties)
    assert max(revenue(case, Lookahead, ties=ties), opt / 2) - 1e-9 <= mine <= opt + 1e-9


@pytest.mark.parametrize("ties", TIE_RULES)
@settings(max_examples=60)
@given(data=st.data(), players=st.integers(1, 3))
def test_identical_independent_bidders_lose_nothing_regular_or_not(ties, data, players):
    grid = tuple(sorted(data.draw(st.sets(st.integers(1, 20), min_size=1, max_size=5 if players < 3 else 4))))
    case = iid(grid, data.draw(distributions(len(grid))), players)
    opt = optimal_mechanism(case.environment, case.prior).revenue
    assert revenue(case, ties=ties) == pytest.approx(opt, abs=1e-9)


@pytest.mark.parametrize("ties", TIE_RULES)
def test_the_irregular_example(ties):
    """Virtual values of 5, 6 and 20 are 13/3, 4/3 and 20: the first two are ironed, to 10/3, and tie."""
    case = iid(*IRREGULAR, 2)
    mechanism = mechanism_for(case, ties=ties)
    assert mechanism.pools.lowest.tolist() == [5, 20]
    assert mechanism.pools.highest.tolist() == [6, 20]
    ironed = Fraction(6, 9) * Fraction(13, 3) + Fraction(3, 9) * Fraction(4, 3)
    opt = Fraction(81, 100) * ironed + Fraction(19, 100) * 20
    assert float(opt) == pytest.approx(6.5)
    assert revenue(case, ties=ties) == pytest.approx(6.5)
    assert revenue(case, Lookahead) == pytest.approx(5.96)


def test_payments_by_hand_with_a_coin():
    """Beside a rival in {5, 6} a bid there buys at 5 with chance 1/2; 20 buys at 5 or at 20, each with chance 1/2."""
    mechanism = mechanism_for(iid(*IRREGULAR, 2), ties="uniform")
    outcomes = mechanism.expect(Reports(np.array([[1, 0], [2, 0], [2, 2]]), np.zeros((3, 2), dtype=np.int64)))
    np.testing.assert_allclose(outcomes.payments, [[2.5, 2.5], [12.5, 0.0], [10.0, 10.0]])
    np.testing.assert_allclose(outcomes.allocation, [[0, 0.5, 0.5], [0, 1, 0], [0, 0.5, 0.5]])
    assert not outcomes.fallback.any()


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize(("players", "most"), [(2, 5), (3, 3)])
def test_no_lie_pays_and_nobody_loses_at_any_profile(monkeypatch, players, most, ties):
    """Off the support too, where prices fall back, and with any pools, not only the best."""
    for seed in range(70, 80):
        case = random_case(seed, players, most=most)
        for pool in list(cuts(case.values))[:: 1 if players < 3 else 5]:
            mechanism = mechanism_for(case, ties=ties)
            ends = [[v for v in pool if pool[v] == k] for k in range(max(pool.values()) + 1)]
            pools = Pools(np.array([min(end) for end in ends]), np.array([max(end) for end in ends]), math.nan)
            monkeypatch.setattr(mechanism, "pools", pools)
            assert value_lie_losses(mechanism, ALONE * players).min() >= -1e-9
            reports = every_report(mechanism, ALONE * players)
            outcomes = mechanism.expect(reports)
            assert outcomes.utility(case.environment, reports.values).min() >= -1e-9
            np.testing.assert_allclose(outcomes.allocation.sum(axis=1), 1.0)


@pytest.mark.parametrize("ties", TIE_RULES)
def test_without_pools_it_is_lookahead(monkeypatch, ties):
    """With the lower index winning, on every bid; with a coin it prices a tie by itself, and earns no less."""
    for seed in range(10):
        case = random_case(seed, 3, most=3)
        mechanism, grid = mechanism_for(case, ties=ties), case.environment.grid
        merged = np.unique(np.concatenate(case.environment.values))
        monkeypatch.setattr(mechanism, "pools", Pools(merged, merged, math.nan))
        mine = mechanism.expect(Reports(grid, grid))
        known = mechanism_for(case, Lookahead, ties=ties).expect(Reports(grid, grid))
        density = case.prior.prob(grid)
        assert density @ mine.prices >= density @ known.prices - 1e-9
        if ties == "lowest-index":
            np.testing.assert_allclose(mine.allocation, known.allocation)
            np.testing.assert_allclose(mine.payments, known.payments)
            np.testing.assert_array_equal(mine.fallback, known.fallback)


def test_independent_bidders_keep_four_sevenths():
    """The share that Feldman, Gravin, Tang and Wald prove for continuous values."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        values = [tuple(sorted(rng.choice(np.arange(1, 60), 3, replace=False).tolist())) for _ in range(2)]
        case = independent_case(values, [rng.dirichlet(np.full(3, 0.5)) for _ in range(2)])
        opt = optimal_mechanism(case.environment, case.prior).revenue
        assert revenue(case, ties="uniform") >= 4 / 7 * opt - 1e-9


@pytest.mark.parametrize("ties", TIE_RULES)
def test_expected_outcomes_are_the_mean_of_those_played(ties):
    case = iid(*IRREGULAR, 3)
    mechanism = mechanism_for(case, ties=ties, delta=0.2)
    profile = case.prior.atoms[np.arange(8_100) % 27]
    reports = Reports(profile, profile)
    played, expected = mechanism.play(reports, np.random.default_rng(4)), mechanism.expect(reports)
    for difference in (
        played.payments - expected.payments,
        (played.allocation[:, None] == np.arange(4)) - expected.allocation,
    ):
        error = difference.std(axis=0) / math.sqrt(len(difference))
        assert (abs(difference.mean(axis=0)) <= 4.5 * error + 1e-12).all()


def test_the_guarantee():
    assert mechanism_for(iid(*IRREGULAR, 2), delta=0.2).guarantee(6.5) == pytest.approx(2.6)
