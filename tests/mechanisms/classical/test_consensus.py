"""Consensus estimates: against the definition for many u, a second closed form, and the proven bound."""

import math

import numpy as np
import pytest

from mechanisms import BeliefBook, Reports, Setting, digital_goods, independent, single_good
from mechanisms.classical.consensus import BASE, LEAST_BASE, SINGLE, Consensus, consensus_shares, proven_ratio
from mechanisms.classical.digital import best_single_price_revenue
from tests.mechanisms.classical.test_rsop import families, told
from tests.priors import value_lie_losses


def mechanism(grids, **options):
    environment = digital_goods(grids)
    prior = independent([np.full(size, 1 / size) for size in environment.shape])
    return Consensus(Setting(environment, BeliefBook(), prior), **options)


def others_best(bids, i):
    """F2 of the others' bids, every price tried."""
    rest = [bid for j, bid in enumerate(bids) if j != i]
    return max((p * sum(b >= p for b in rest) for p in rest if sum(b >= p for b in rest) >= 2), default=0)


def at_u(bids, base, u):
    """Who is served and what each pays for one u, by the definition: bidders who cannot pay their share drop out."""
    outcome = []
    for i in range(len(bids)):
        known = others_best(bids, i)
        if not known:
            outcome.append((False, 0.0))
            continue
        power = 60
        while base ** (power + u) > known:
            power -= 1
        target, left = base ** (power + u), list(range(len(bids)))
        while left and any(bids[j] < target / len(left) for j in left):
            left = [j for j in left if bids[j] >= target / len(left)]
        outcome.append((i in left, target / len(left) if i in left else 0.0))
    return outcome


def in_closed_form(bids, base, i):
    """Her chance of being served and what she pays: the target R has density ``1 / (R ln c)`` on ``(e/c, e]``."""
    falling = sorted(bids, reverse=True)
    most = [max(k * falling[k - 1] for k in range(least, len(bids) + 1)) for least in range(1, len(bids) + 1)] + [0]
    known, rank = others_best(bids, i), falling.index(bids[i]) + 1
    chance = paid = 0.0
    for k in range(rank, len(bids) + 1):
        low, high = max(known / base, most[k]), min(known, most[k - 1])
        if high > low:
            chance += math.log(high / low) / math.log(base)
            paid += (high - low) / k / math.log(base)
    return chance, paid


@pytest.mark.parametrize("base", [1.3, 2.0, 3.5])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 7])
def test_it_is_its_closed_form(n, base):
    rng = np.random.default_rng(n)
    bids = np.vstack([rng.integers(1, 30, (60, n)), 2 ** rng.integers(0, 5, (40, n)), np.full((1, n), 8)])
    shares = consensus_shares(bids, base)
    np.testing.assert_allclose(shares.chance.sum(axis=1), 1.0)
    chance = np.einsum("rk,rki->ri", shares.chance, shares.served)
    for row, profile in enumerate(bids.tolist()):
        for i in range(n):
            expected = in_closed_form(profile, base, i)
            assert (chance[row, i], shares.payments[row, :, i].sum()) == pytest.approx(expected, abs=1e-9)


def test_it_is_its_definition_for_every_u():
    rng = np.random.default_rng(3)
    for n, base in ((3, 2.0), (4, 1.5), (5, 2.62)):
        bids = rng.integers(1, 20, (6, n))
        shares = consensus_shares(bids, base)
        edges = np.cumsum(shares.chance, axis=1)
        for row, profile in enumerate(bids.tolist()):
            paid = np.zeros(n)
            for u in (np.arange(400) + 0.5) / 400:
                by_hand = at_u(profile, base, u)
                paid += [price / 400 for _, price in by_hand]
                spot = np.searchsorted(edges[row], u)
                if abs(edges[row] - u).min() > 1e-9:
                    assert shares.served[row, spot].tolist() == [served for served, _ in by_hand]
            np.testing.assert_allclose(paid, shares.payments[row].sum(axis=0), atol=0.05)


@pytest.mark.parametrize("options", [{}, {"base": 3.0, "single": 0.2}, {"single": 0.0}, {"base": LEAST_BASE}])
@pytest.mark.parametrize("grids", [[[1, 2, 3, 5, 8]] * 2, [[1, 2, 4, 7]] * 3, [[1, 2, 3]] * 4, [[1, 3, 4]]])
def test_no_lie_gains_and_no_toss_costs_a_truthful_bidder(grids, options):
    rule = mechanism(grids, **options)
    assert value_lie_losses(rule, [np.zeros(1, dtype=int)] * len(grids)).min() >= -1e-9
    reports = told(np.repeat(rule.environment.grid, 20, axis=0))
    played = rule.play(reports, np.random.default_rng(2))
    assert (played.worth(rule.environment, reports.values) - played.payments).min() >= -1e-9
    assert played.payments.min() >= 0


def test_play_is_the_auction_in_the_mean():
    rule = mechanism([[1, 2, 4], [2, 3], [2, 5], [1, 3]])
    profile = np.array([[2, 1, 0, 1]])
    expected = rule.expect(told(profile))
    played = rule.play(told(np.repeat(profile, 40_000, axis=0)), np.random.default_rng(4))
    shares = np.bincount(played.allocation, minlength=16) / 40_000
    np.testing.assert_allclose(shares, expected.allocation[0], atol=0.012)
    np.testing.assert_allclose(played.payments.mean(axis=0), expected.payments[0], atol=0.03)


def revenue(bids, base=BASE, single=SINGLE):
    second = np.sort(bids, axis=1)[:, -2]
    return single * second + (1 - single) * consensus_shares(bids, base).payments.sum(axis=(1, 2))


@pytest.mark.parametrize("n", [2, 3, 4, 6, 8])
def test_it_stays_inside_the_published_bound(n):
    for bids in families(n, np.random.default_rng(n)):
        best = best_single_price_revenue(bids, winners=2)
        for base, single in ((BASE, SINGLE), (3.0, 0.4), (1.6, 0.5)):
            assert (revenue(bids, base, single) >= best / proven_ratio(base, single) - 1e-9 * best).all()


def test_revenue_is_what_the_mechanism_expects():
    rule = mechanism([[1, 2, 4], [2, 3], [2, 5], [1, 3]])
    grid = rule.environment.grid
    np.testing.assert_allclose(rule.expect(told(grid)).prices, revenue(rule.bids(grid)))


def test_the_defaults_have_the_best_proven_bound():
    assert proven_ratio(BASE, SINGLE) == pytest.approx(2 + 2 * math.log(2))
    assert round(proven_ratio(BASE, SINGLE), 2) == 3.39
    tried = [proven_ratio(c, s) for c in np.linspace(1.05, 6, 200) for s in np.linspace(0, 1, 101)]
    assert min(tried) >= proven_ratio(BASE, SINGLE) - 1e-12
    assert proven_ratio(BASE, 0.0) == math.inf


def test_two_equal_bids_leave_the_one_copy_only():
    assert revenue(np.array([[6, 6]]))[0] == pytest.approx(SINGLE * 6)


def test_what_it_refuses():
    for base in (1.0, 1 + 1e-15, 1 + 1e-9, 1 + 9.9e-7, math.inf, math.nan):
        with pytest.raises(ValueError, match=rf"base must be a number from 1\.000001 up, not {base}$"):
            mechanism([[1, 2]] * 2, base=base)
    with pytest.raises(ValueError, match=r"between 0 and 1, not 1\.5"):
        mechanism([[1, 2]] * 2, single=1.5)
    with pytest.raises(ValueError, match="consensus serves any set of players"):
        Consensus(Setting(single_good([[1, 2]] * 2), BeliefBook(), independent([[0.5, 0.5]] * 2)))


def test_reports_in_any_number():
    rule = mechanism([[1, 2], [1, 3], [2, 3]])
    empty = rule.expect(Reports(np.zeros((0, 3), dtype=int), np.zeros((0, 3), dtype=int)))
    assert empty.payments.shape == (0, 3)
    assert empty.allocation.shape == (0, 8)
