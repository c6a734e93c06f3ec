"""The best deterministic auction: against two searches of its own, OPT for two bidders, and a prior with a gap."""

import math
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest

from mechanisms import BeliefBook, Reports, Setting, digital_goods, integral, joint, optimal_mechanism, single_good
from mechanisms.classical.deterministic import Deterministic
from mechanisms.classical.k_lookahead import KLookahead, lookahead_share
from mechanisms.integral import IntegralOptimum, best_deterministic
from mechanisms.optimal import on_grid
from tests.priors import iid, random_case, table, value_lie_losses

ALONE = [np.zeros(1, dtype=np.int64)]

# Where lotteries earn more. Six profiles of weight 17 can each be sold at 20 to 22, on lines of the grid that cross one
# another, most at profiles of probability zero; the ten rare ones make it too dear to sell them on other lines.
GAP_VALUES = ((20, 21, 22, 400),) * 3
GAP_WEIGHTS = {
    (20, 21, 21): 17,
    (20, 22, 21): 17,
    (20, 22, 22): 17,
    (21, 20, 22): 17,
    (21, 21, 20): 17,
    (22, 22, 20): 17,
    (20, 22, 400): 2,
    (20, 21, 400): 1,
    (20, 400, 21): 1,
    (20, 400, 22): 1,
    (21, 20, 400): 1,
    (21, 400, 20): 1,
    (22, 400, 20): 1,
    (400, 20, 22): 1,
    (400, 21, 20): 1,
    (400, 22, 20): 1,
}
GAP = Fraction(11_175, 10_840)


def mechanism_for(case, kind=Deterministic, **options):
    return kind(Setting(case.environment, BeliefBook(), case.prior), **options)


def lines_of(profile):
    """Return, for each bidder, the line of profiles in which only her value changes."""
    return [(i, profile[:i] + profile[i + 1 :]) for i in range(len(profile))]


def clash(one, other):
    """Return whether two lines with their prices sell one profile to two bidders."""
    ((i, rest), price), ((j, others), floor) = one, other
    if i == j:
        return False
    mine, hers = [*rest[:i], None, *rest[i:]], [*others[:j], None, *others[j:]]
    meet = all(a == b for k, (a, b) in enumerate(zip(mine, hers, strict=True)) if k not in (i, j))
    return meet and hers[i] >= price and mine[j] >= floor


def best_by_search(weights, at_least=0):
    """Return the most that posted prices given the others' bids earn, trying every buyer of every possible profile.

    A bidder's price on a line is the least value that she buys at, and she must buy at all values above it, which no
    other line may contradict, not even at a profile of probability zero. What is
    lost against selling every profile to its highest value only grows as buyers are settled, which cuts the search.
    Weights are integers, so the figure is exact; -1 where nothing earns `at_least`.
    """
    order = sorted(weights, key=lambda v: -max(v) * weights[v])
    surplus = sum(max(v) * w for v, w in weights.items())
    best = at_least - 1

    def settle(sold, prices):
        nonlocal best
        earned = {v: 0 if i is None else prices[lines_of(v)[i]] for v, i in sold.items()}
        left = surplus - sum(weights[v] * (max(v) - earned[v]) for v in sold)
        if left <= best:
            return
        if len(sold) == len(order):
            best = left
            return
        v = order[len(sold)]
        for i in (*sorted(range(len(v)), key=lambda j: -v[j]), None):
            now = dict(prices)
            if i is not None:
                line = lines_of(v)[i]
                now[line] = min(now.get(line, v[i]), v[i])
                if any(clash((line, now[line]), other) for other in prices.items()):
                    continue
            told = sold | {v: i}
            buyers = [(w[j], line, j == k) for w, k in told.items() for j, line in enumerate(lines_of(w))]
            if all(value < now.get(line, math.inf) or buys for value, line, buys in buyers):
                settle(told, now)

    settle({}, {})
    return best if best >= at_least else -1


def integer_case(seed, players, most, atoms):
    """Return integer weights of a few profiles, and the case that they make."""
    rng = np.random.default_rng([seed, players])
    values = [
        tuple(sorted(rng.choice(np.arange(1, 12), int(rng.integers(2, most + 1)), replace=False).tolist()))
        for _ in range(players)
    ]
    grid = list(product(*values))
    kept = [grid[at] for at in rng.choice(len(grid), min(atoms, len(grid)), replace=False)]
    weights = {v: int(rng.integers(1, 9)) for v in kept}
    total = sum(weights.values())
    return weights, table(values, {v: w / total for v, w in weights.items()})


def by_branch_and_bound(case):
    """Return the integer program's own answer, which `best_deterministic` needs only where a lottery came out."""
    density = on_grid(case.prior, case.environment.shape)
    return integral._branch_and_bound(case.environment, density)


@pytest.mark.parametrize(("players", "most", "atoms"), [(2, 4, 9), (3, 3, 8), (4, 2, 7)])
def test_both_ways_to_the_optimum_are_the_searchs(players, most, atoms):
    for seed in range(15):
        weights, case = integer_case(seed, players, most, atoms)
        exact = best_by_search(weights) / sum(weights.values())
        found = best_deterministic(case.environment, case.prior)
        assert found.revenue == pytest.approx(exact, abs=1e-9)
        _, bound = by_branch_and_bound(case)
        assert bound == pytest.approx(exact, abs=1e-9)


def every_monotone_allocation(shape):
    """Return all of the ``4 ** 8`` ways to sell on a 2 x 2 x 2 grid in which no bidder loses by bidding more."""
    winners = np.stack(np.meshgrid(*[np.arange(4)] * 8, indexing="ij"), axis=-1).reshape(-1, *shape)
    for i in range(3):
        low, high = (np.take(winners, k, axis=i + 1) == i + 1 for k in (0, 1))
        winners = winners[(~low | high).all(axis=(1, 2))]
    return winners


def test_enumeration_of_every_allocation():
    winners = every_monotone_allocation((2, 2, 2))
    grid = list(product(range(2), repeat=3))
    for seed in range(8):
        rng = np.random.default_rng(seed)
        values = [tuple(sorted(rng.choice(np.arange(1, 12), 2, replace=False).tolist())) for _ in range(3)]
        odds = rng.dirichlet(np.full(8, 0.5))
        case = table(values, {tuple(values[i][k[i]] for i in range(3)): w for k, w in zip(grid, odds, strict=True)})
        revenue = np.zeros(len(winners))
        for i in range(3):
            served = winners == i + 1
            price = np.where(np.take(served, [0], axis=i + 1), values[i][0], values[i][1])
            revenue += ((served * price) * odds.reshape(2, 2, 2)).sum(axis=(1, 2, 3))
        found = best_deterministic(case.environment, case.prior)
        assert found.revenue == pytest.approx(revenue.max(), abs=1e-9)
        assert by_branch_and_bound(case)[1] == pytest.approx(revenue.max(), abs=1e-9)


@pytest.mark.parametrize("players", [1, 2])
def test_two_bidders_need_no_lottery(players):
    for seed in range(25):
        case = random_case(seed, players)
        found = best_deterministic(case.environment, case.prior)
        opt = optimal_mechanism(case.environment, case.prior).revenue
        assert found.revenue == pytest.approx(opt, abs=1e-9)
        assert found.lottery_gain == pytest.approx(0.0, abs=1e-9)
        assert by_branch_and_bound(case)[1] == pytest.approx(opt, abs=1e-9)


def gap_case():
    total = sum(GAP_WEIGHTS.values())
    return table(GAP_VALUES, {v: w / total for v, w in GAP_WEIGHTS.items()})


def exact_revenue(case, shares, weights):
    """Return the revenue of an allocation ``(profiles, bidders)`` of Fractions, having checked it on the whole grid."""
    shape, total = case.environment.shape, 0
    rule = {
        tuple(case.values[i][k] for i, k in enumerate(kinds)): row
        for kinds, row in zip(case.environment.grid.tolist(), shares, strict=True)
    }
    assert len(rule) == math.prod(shape)
    assert all(sum(row) <= 1 and min(row) >= 0 for row in rule.values())
    for v, row in rule.items():
        for i, grid in enumerate(case.values):
            below = [value for value in grid if value < v[i]]
            lower = [rule[(*v[:i], value, *v[i + 1 :])][i] for value in below]
            assert all(share <= row[i] for share in lower)
            gaps = [high - low for low, high in pairwise([*below, v[i]])]
            rent = sum(gap * share for gap, share in zip(gaps, lower, strict=True))
            total += weights.get(v, 0) * (v[i] * row[i] - rent)
    return Fraction(total) / sum(weights.values())


def test_lotteries_can_earn_more_with_three_bidders():
    """Exactly: a half-integral rule, checked in Fractions, against a search in integers."""
    case = gap_case()
    found = best_deterministic(case.environment, case.prior)
    optimum = optimal_mechanism(case.environment, case.prior)
    halves = [[Fraction(round(2 * share), 2) for share in row[1:]] for row in optimum.allocation.tolist()]
    lottery = exact_revenue(case, halves, GAP_WEIGHTS)
    assert float(lottery) == pytest.approx(optimum.revenue, abs=1e-9)

    total = sum(GAP_WEIGHTS.values())
    claimed = round(found.revenue * total)
    assert found.revenue * total == pytest.approx(claimed, abs=1e-6)
    assert best_by_search(GAP_WEIGHTS, at_least=claimed) == claimed
    bought = [[Fraction(int(winner == i + 1)) for i in range(3)] for winner in found.allocation]
    assert exact_revenue(case, bought, GAP_WEIGHTS) == Fraction(claimed, total)

    assert lottery / Fraction(claimed, total) == GAP
    assert found.lottery_gain == pytest.approx(float(GAP - 1), abs=1e-9)


def test_the_proven_share_of_opt_holds_where_lotteries_earn_more():
    case = gap_case()
    opt = optimal_mechanism(case.environment, case.prior).revenue
    mechanism = mechanism_for(case, delta=0.1)
    assert mechanism.guarantee(opt) == pytest.approx(0.9 * lookahead_share(2) * opt)
    assert mechanism.optimum.revenue >= lookahead_share(2) * opt
    assert mechanism_for(iid((1, 2), (0.5, 0.5), 2)).guarantee(7.0) == 7.0


def test_it_earns_at_least_2_lookahead_which_tosses_no_coin():
    for seed in range(15):
        case = random_case(seed, 3, most=3)
        atoms = case.prior.atoms
        rival = case.prior.weights @ mechanism_for(case, KLookahead, k=2).expect(Reports(atoms, atoms)).prices
        assert best_deterministic(case.environment, case.prior).revenue >= rival - 1e-9


@pytest.mark.parametrize("players", [2, 3])
def test_no_lie_pays_and_nobody_loses_at_any_profile(players):
    for case in [random_case(70 + seed, players, most=3) for seed in range(8)] + [gap_case()]:
        n = case.players
        mechanism, grid = mechanism_for(case), case.environment.grid
        assert value_lie_losses(mechanism, ALONE * n).min() >= -1e-9
        outcomes = mechanism.expect(Reports(grid, grid))
        assert outcomes.utility(case.environment, grid).min() >= -1e-9
        assert set(np.unique(outcomes.allocation)) <= {0.0, 1.0}
        played = mechanism.play(Reports(grid, grid), np.random.default_rng(1))
        np.testing.assert_array_equal(played.payments, outcomes.payments)
        assert played.role is None


def test_expected_outcomes_are_the_mean_of_those_played_with_a_lottery():
    case = gap_case()
    mechanism = mechanism_for(case, delta=0.3)
    reports = Reports(case.prior.atoms, case.prior.atoms).take(np.arange(8_000) % len(case.prior.atoms))
    difference = mechanism.play(reports, np.random.default_rng(2)).payments - mechanism.expect(reports).payments
    assert (abs(difference.mean(axis=0)) <= 4.5 * difference.std(axis=0) / math.sqrt(8_000)).all()


@pytest.mark.parametrize("unit", [1, 1_000, 10**7])
def test_the_unit_of_money_does_not_matter(unit):
    case = gap_case()
    dear = single_good([[unit * v for v in row] for row in case.values])
    found = best_deterministic(dear, case.prior)
    assert found.revenue == pytest.approx(unit * best_deterministic(case.environment, case.prior).revenue, rel=1e-9)


def test_a_grid_that_is_too_large_is_an_error():
    case = iid(tuple(range(1, 10)), [1 / 9] * 9, 3)
    with pytest.raises(ValueError, match=r"2,187 variables.* 2,000"):
        best_deterministic(case.environment, case.prior)
    with pytest.raises(ValueError, match=r"deterministic is an integer program of 2,187 variables"):
        mechanism_for(case)
    pair = iid(tuple(range(1, 41)), [1 / 40] * 40, 2)  # two bidders are a linear program
    assert best_deterministic(pair.environment, pair.prior).lottery_gain == pytest.approx(0.0, abs=1e-9)


def test_a_search_that_gives_up_is_an_error(monkeypatch):
    monkeypatch.setattr(integral, "_NODES", 0)
    with pytest.raises(ValueError, match="no best allocation of 192 variables"):
        best_deterministic(gap_case().environment, gap_case().prior)


def test_a_bound_that_is_not_reached_is_an_error():
    nothing = np.zeros(1, dtype=np.int64)
    with pytest.raises(ValueError, match=r"earns 1\.0, and the bound is 1\.1"):
        IntegralOptimum(nothing, np.zeros((1, 1)), revenue=1.0, bound=1.1, opt=1.1)


def test_only_a_single_good_is_sold():
    environment = digital_goods([[1, 2], [1, 2]])
    prior = joint((2, 2), [[0, 0]], [1.0])
    with pytest.raises(ValueError, match="deterministic sells a single good"):
        Deterministic(Setting(environment, BeliefBook(), prior))
