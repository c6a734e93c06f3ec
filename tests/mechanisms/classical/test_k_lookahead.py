"""The k-lookahead auction: against a slow second way, its two ends, its share of OPT, and truth-telling."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mechanisms import BeliefBook, Reports, Setting, joint, optimal_mechanism, single_good
from mechanisms.beliefs import mixture
from mechanisms.beliefs import product as independent_belief
from mechanisms.classical.k_lookahead import KLookahead, lookahead_share
from mechanisms.classical.lookahead import Lookahead
from tests import oracle
from tests.priors import every_report, independent_case, random_case, table, value_lie_losses

ALONE = [np.zeros(1, dtype=np.int64)]


def mechanism_for(case, kind=KLookahead, **options):
    return kind(Setting(case.environment, BeliefBook(), case.prior), **options)


def revenue(case, kind=KLookahead, **options):
    """Return truthful revenue, delta being 0."""
    atoms = case.prior.atoms
    return float(case.prior.weights @ mechanism_for(case, kind, **options).expect(Reports(atoms, atoms)).prices)


def small_case(seed, players=3):
    """A correlated prior with two or three values a bidder, most profiles impossible, and odds far apart."""
    rng = np.random.default_rng([seed, players])
    values = [sorted(rng.choice(np.arange(1, 30), rng.integers(2, 4), replace=False).tolist()) for _ in range(players)]
    grid = list(product(*values))
    kept = [grid[at] for at in rng.choice(len(grid), min(len(grid), int(rng.integers(2, 8))), replace=False)]
    odds = np.exp(2 * rng.normal(size=len(kept)))
    return table(values, dict(zip(kept, odds / odds.sum(), strict=True)))


def by_definition(values, prior, k):
    """Return the revenue of k-lookahead from its definition: a program of the oracle for each set and other bids."""
    cases = {}
    for profile, chance in prior.items():
        order = sorted(range(len(profile)), key=lambda i: (-profile[i], i))
        members = tuple(sorted(order[:k]))
        told = tuple(None if i in members else bid for i, bid in enumerate(profile))
        cases.setdefault((members, told), {})[profile] = chance
    total = 0
    for (members, told), event in cases.items():
        grids = []
        for i in members:
            beaten = [(bid, -j) for j, bid in enumerate(told) if bid is not None]
            grids.append([v for v in values[i] if all((v, -i) > other for other in beaten)])
        chance = sum(event.values())
        conditional = {tuple(v[i] for i in members): weight / chance for v, weight in event.items()}
        total += chance * oracle.opt(grids, conditional)
    return total


@pytest.mark.parametrize(("players", "k"), [(2, 1), (3, 1), (3, 2), (4, 2), (4, 3)])
def test_revenue_is_that_of_the_definition(players, k):
    for seed in range(6):
        case = random_case(seed, players, most=3 if players < 4 else 2)
        prior = oracle.gather(case.oracle().states)
        assert revenue(case, k=k) == pytest.approx(float(by_definition(case.values, prior, k)), abs=1e-9)


@pytest.mark.parametrize("players", [1, 2, 3])
def test_with_everybody_in_it_is_the_optimal_auction(players):
    for seed in range(8):
        case = random_case(seed, players, most=3)
        opt = optimal_mechanism(case.environment, case.prior).revenue
        for k in (players, players + 1):
            assert revenue(case, k=k) == pytest.approx(opt, abs=1e-9)
            assert mechanism_for(case, k=k, delta=0.1).guarantee(opt) == pytest.approx(0.9 * opt)


@pytest.mark.parametrize("players", [2, 3, 4])
def test_with_one_bidder_in_it_is_the_lookahead_auction(players):
    """Revenue always; outcomes too, on every bid, where no two prices earn the same."""
    for seed in range(8):
        case = random_case(seed, players, most=3)
        assert revenue(case, k=1) == pytest.approx(revenue(case, Lookahead), abs=1e-9)
        rng = np.random.default_rng(seed)
        odds = rng.dirichlet(np.ones(len(case.prior.weights)))
        generic = joint(case.environment.shape, case.prior.atoms, odds)
        setting = Setting(case.environment, BeliefBook(), generic)
        grid = case.environment.grid
        mine, known = KLookahead(setting, k=1), Lookahead(setting)
        mine, known = (mechanism.expect(Reports(grid, grid)) for mechanism in (mine, known))
        np.testing.assert_allclose(mine.allocation, known.allocation, atol=1e-9)
        np.testing.assert_allclose(mine.payments, known.payments, atol=1e-9)
        np.testing.assert_array_equal(mine.fallback, known.fallback)


@pytest.mark.parametrize(("players", "most"), [(2, 4), (3, 3), (4, 2)])
def test_no_lie_pays_and_nobody_loses_at_any_profile(players, most):
    for seed in range(6):
        case = random_case(70 + seed, players, most=most)
        for k in range(1, players + 1):
            mechanism = mechanism_for(case, k=k)
            losses = value_lie_losses(mechanism, ALONE * players)
            assert losses.min(initial=0.0) >= -1e-9
            reports = every_report(mechanism, ALONE * players)
            outcomes = mechanism.expect(reports)
            assert outcomes.utility(case.environment, reports.values).min() >= -1e-9
            assert outcomes.payments.min() >= -1e-9
            np.testing.assert_allclose(outcomes.allocation.sum(axis=1), 1.0)


@pytest.mark.parametrize("k", [1, 2])
def test_only_the_highest_are_served(k):
    for seed in range(4):
        case = random_case(seed, 4, most=2)
        mechanism = mechanism_for(case, k=k)
        grid = case.environment.grid
        shares = mechanism.expect(Reports(grid, grid)).allocation[:, 1:]
        for kinds, row in zip(grid, shares, strict=True):
            bids = [case.values[i][kind] for i, kind in enumerate(kinds)]
            below = sorted(range(4), key=lambda i: (-bids[i], i))[k:]
            assert row[below].max() == 0.0


def test_two_bidders_need_no_lottery():
    """Their program is totally unimodular, so 2-lookahead is deterministic whatever the number of bidders."""
    for seed in range(20):
        case = random_case(seed, 3, most=3)
        grid = case.environment.grid
        allocation = mechanism_for(case, k=2).expect(Reports(grid, grid)).allocation
        assert set(np.unique(allocation)) <= {0.0, 1.0}


def test_expected_outcomes_are_the_mean_of_those_played():
    case = random_case(2, 3, most=3)
    mechanism = mechanism_for(case, k=3, delta=0.2)
    profile = case.prior.atoms[np.arange(6_000) % len(case.prior.atoms)]
    reports = Reports(profile, profile)
    played, expected = mechanism.play(reports, np.random.default_rng(4)), mechanism.expect(reports)
    difference = played.payments - expected.payments
    assert (abs(difference.mean(axis=0)) <= 4.5 * difference.std(axis=0) / math.sqrt(len(difference)) + 1e-12).all()
    assert played.role is None


def test_without_a_posterior_the_highest_pays_the_second_bid():
    case = table([(1, 4), (2, 5), (3, 6)], {(1, 2, 6): 0.5, (4, 5, 3): 0.5})
    mechanism = mechanism_for(case, k=2)
    reports = Reports(np.array([[1, 1, 1], [1, 0, 1]]), np.zeros((2, 3), dtype=np.int64))
    outcomes = mechanism.expect(reports)  # bids (4, 5, 6): nothing is known of the others beside a lowest bid of 4
    assert outcomes.fallback[0] == 1.0
    assert outcomes.payments[0].tolist() == [0.0, 0.0, 5.0]
    assert outcomes.allocation[0].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert outcomes.fallback[1] == 1.0  # bids (4, 2, 6): beside a lowest bid of 2 the first bids 1
    assert outcomes.payments[1].tolist() == [0.0, 0.0, 4.0]


@pytest.mark.parametrize("top", [2, 10, 100, 1_000])
def test_ronens_half_is_tight(top):
    """One is worth 1, the other `top` with chance 1 / top and else a little more than 1 (in thousandths here).

    Lookahead never sells to the first. OPT sells to her whenever the other's value is low.
    """
    unit = 1_000
    case = independent_case([(unit,), (unit + 1, unit * top)], [[1.0], [1 - 1 / top, 1 / top]])
    lookahead, opt = Fraction(unit + 1), unit * (2 - Fraction(1, top))
    assert revenue(case, k=1) == pytest.approx(float(lookahead), rel=1e-12)
    assert revenue(case, k=2) == pytest.approx(float(opt), rel=1e-12)
    assert 0 < float(lookahead / opt) - 0.5 < 0.3 / top + 0.001 or top == 2


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("top", [10, 1_000])
def test_a_bidder_too_many(k, top):
    """All are worth 1, but one of the first k bidders, each with chance 1 / top, is worth `top`.

    OPT sells to that one, or else to the last bidder. The k highest are the first k; all that can be earned from
    them is 1 each, or a little less.
    """
    common = (1,) * (k + 1)
    prior = {common: 1 - k / top} | {(*common[:i], top, *common[i + 1 :]): 1 / top for i in range(k)}
    case = table([(1, top)] * k + [(1,)], prior)
    assert revenue(case, k=k) == pytest.approx(k, abs=1e-9)
    opt = optimal_mechanism(case.environment, case.prior).revenue
    assert opt == pytest.approx(k + 1 - k / top, abs=1e-9)


# The prior on these values, in ten-thousandths, that leaves 2-lookahead the least found share of OPT. Found by
# fixing an optimal auction and maximising what it earns under a prior with which no 2-lookahead earns more than 1.
TIGHT_VALUES = ((20, 21, 40, 80, 160, 1000), (20, 21, 40, 80, 160, 1000), (20,))
TIGHT_WEIGHTS = {
    (20, 20, 20): 23,
    (20, 21, 20): 338,
    (20, 80, 20): 111,
    (20, 1000, 20): 10,
    (21, 20, 20): 338,
    (21, 21, 20): 4992,
    (21, 80, 20): 1635,
    (21, 1000, 20): 142,
    (80, 21, 20): 1635,
    (80, 80, 20): 582,
    (160, 20, 20): 52,
    (1000, 21, 20): 142,
}


def test_the_tightest_prior_found_for_2_lookahead():
    """Both figures by programs of the oracle's; the proven share is 0.6225."""
    total = sum(TIGHT_WEIGHTS.values())
    prior = {profile: weight / total for profile, weight in TIGHT_WEIGHTS.items()}
    lookahead, opt = float(by_definition(TIGHT_VALUES, prior, 2)), float(oracle.opt(TIGHT_VALUES, prior))
    assert lookahead_share(2) < lookahead / opt < 0.6585
    assert revenue(table(TIGHT_VALUES, prior), k=2) == pytest.approx(lookahead, abs=1e-9)


def share_of_opt(case, k):
    return revenue(case, k=k) / optimal_mechanism(case.environment, case.prior).revenue


def shares_hold(seeds):
    for seed in seeds:
        case = small_case(seed)
        for k in (1, 2):
            share = share_of_opt(case, k)
            assert share <= 1 + 1e-9
            assert share >= lookahead_share(k) - 1e-9 >= (2 * k - 1) / (3 * k - 1) - 1e-9


def test_the_proven_share_of_opt():
    shares_hold(range(120))


@pytest.mark.slow
def test_the_proven_share_of_opt_on_hundreds_of_priors():
    shares_hold(range(120, 900))


def test_shares_grow_with_k_and_beat_the_older_bound():
    assert lookahead_share(2) == pytest.approx(math.sqrt(math.e) / (1 + math.sqrt(math.e)))
    shares = [lookahead_share(k) for k in range(1, 50)]
    assert shares == sorted(shares)
    assert all(share >= (2 * k - 1) / (3 * k - 1) for k, share in enumerate(shares, start=1))


def test_nobody_is_too_few():
    with pytest.raises(ValueError, match="not 0"):
        mechanism_for(random_case(0, 2), k=0)


@pytest.mark.parametrize("k", [1, 2, 3])
@pytest.mark.parametrize("components", [1, 2])
def test_a_structured_prior_and_its_table_make_the_same_auction(k, components):
    rng = np.random.default_rng([k, components])
    environment = single_good([[1, 2, 4], [1, 3, 4], [2, 3, 5]])
    parts = [product_belief(rng.dirichlet(np.ones(3), 3) * [1.0, 0.0, 1.0] + 1e-2) for _ in range(components)]
    prior = parts[0] if components == 1 else mixture([0.4, 0.6], parts)
    grid = environment.grid
    reports = Reports(grid, np.zeros_like(grid))
    one, other = (KLookahead(Setting(environment, BeliefBook(), p), k=k).expect(reports) for p in (prior, prior.table))
    weights = prior.prob(grid)
    assert weights @ one.prices == pytest.approx(weights @ other.prices, rel=1e-9)


def test_sixty_independent_bidders():
    environment = single_good([list(range(1, 11))] * 60)
    prior = product_belief(np.full((60, 10), 1.0))
    mechanism = KLookahead(Setting(environment, BeliefBook(), prior), k=2)
    values = prior.sample(np.random.default_rng(2), 50)
    outcomes = mechanism.settle(Reports(values, np.zeros_like(values)), 0)
    paid, bids = outcomes.payments.sum(axis=1), np.sort(values + 1, axis=1)
    assert (paid >= bids[:, -3]).all()
    assert (paid <= bids[:, -1]).all()
    assert (outcomes.fallback == 0.0).all()


def product_belief(odds):
    return independent_belief([row / row.sum() for row in odds])
