"""VCG with monopoly reserves, lazy and eager: against plain loops, truthful, and between its closed forms."""

from itertools import combinations, product

import numpy as np
import pytest

from analysis.claims.auctions import second_price, winner
from mechanisms import (
    BeliefBook,
    Environment,
    Joint,
    Setting,
    assignment,
    digital_goods,
    independent,
    joint,
    public_good,
    services,
    single_good,
)
from mechanisms.classical.vcg import VCG
from mechanisms.classical.vcg_reserves import VCGReserves
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    money,
)

TIMINGS = ("lazy", "eager")
timings = pytest.mark.parametrize("timing", TIMINGS)


def closed(values: list[list[int]], sets: list[list[int]]) -> Environment:
    """Return services with all subsets of the sets."""
    return services(values, [list(c) for s in sets for k in range(1, len(s) + 1) for c in combinations(s, k)])


ENVIRONMENTS = {
    "one good": single_good([[1, 2, 4], [1, 3], [2, 4]]),
    "copies": digital_goods([[1, 3], [2, 5], [1, 2, 4]]),
    "two groups": closed([[1, 2], [1, 2], [1, 3], [2, 3]], [[0, 1], [2, 3]]),
    "one against three": closed([[3, 7], [1, 2], [1, 3], [2, 4]], [[0], [1, 2, 3]]),
    "no matroid": closed([[1, 4, 9], [2, 5], [1, 6]], [[0, 1], [2]]),
}


def random_prior(environment: Environment, seed: int) -> Joint:
    rng = np.random.default_rng(seed)
    return joint(environment.shape, environment.grid, rng.dirichlet(np.full(len(environment.grid), 0.5)))


def built(environment: Environment, prior: Joint, timing: str, **options) -> VCGReserves:
    return VCGReserves(Setting(environment, BeliefBook(), prior), timing=timing, **options)


def reserves_by_hand(environment: Environment, prior: Joint) -> list[int]:
    """Return the lowest best price of each marginal, with plain loops."""
    found = []
    for i, grid in enumerate(environment.values):
        income = {
            int(p): p * sum(w for atom, w in zip(prior.atoms, prior.weights, strict=True) if grid[atom[i]] >= p)
            for p in grid
        }
        found.append(min(p for p in income if income[p] >= max(income.values()) - 1e-12))
    return found


def by_hand(environment: Environment, reserves: list[int], bids: tuple[int, ...], eager: bool) -> tuple[set, list]:
    """Return who is served and what each pays, from sets of players with plain loops."""
    sets = [frozenset(np.flatnonzero(row).tolist()) for row in environment.allocations]
    reach = {i for i, bid in enumerate(bids) if bid >= reserves[i]}
    worth = [bid if not eager or i in reach else 0 for i, bid in enumerate(bids)]
    chosen = max(sets, key=lambda who: sum(worth[i] for i in who))  # the first of equals
    served = set(chosen) & reach
    paid = [0] * len(bids)
    for i in served:
        without = max(sum(worth[j] for j in who if j != i) for who in sets)
        paid[i] = max(reserves[i], without - sum(worth[j] for j in chosen if j != i))
    return served, paid


@timings
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_it_is_the_definition_and_truth_is_dominant(name, seed, timing):
    environment = ENVIRONMENTS[name]
    prior = random_prior(environment, seed)
    mechanism = built(environment, prior, timing)
    reserves = reserves_by_hand(environment, prior)
    assert mechanism.reserves.tolist() == reserves
    settled = mechanism.settle(announced(mechanism), 0)
    for row, bids in enumerate(money(environment)):
        served, paid = by_hand(environment, reserves, bids, timing == "eager")
        assert set(np.flatnonzero(environment.served[settled.allocation[row]])) == served
        assert settled.payments[row].tolist() == paid
    assert_truth_is_dominant(mechanism)


@timings
@pytest.mark.parametrize("seed", range(4))
def test_on_one_good_it_is_vickrey_with_reserves(seed, timing):
    """Against the functions that the claims use."""
    environment = ENVIRONMENTS["one good"]
    mechanism = built(environment, random_prior(environment, seed), timing)
    reserves, eager = mechanism.reserves.tolist(), timing == "eager"
    settled = mechanism.settle(announced(mechanism), 0)
    for row, bids in enumerate(money(environment)):
        won = winner(bids, reserves, eager=eager)
        assert settled.allocation[row] == (0 if won is None else won + 1)
        expected = 0 if won is None else second_price(bids, reserves, won, eager=eager)
        assert settled.payments[row].sum() == expected


@timings
def test_copies_for_all_are_sold_at_monopoly_prices(timing):
    """Nobody shuts anybody out, so each is offered her own reserve: sum of p Pr(value >= p)."""
    environment = digital_goods([[1, 3], [2, 5]])
    prior = independent([[0.5, 0.5], [0.8, 0.2]])
    mechanism = built(environment, prior, timing)
    outcomes = mechanism.expect(announced(mechanism))
    weights = prior.prob(environment.grid)
    assert mechanism.reserves.tolist() == [3, 2]
    assert weights @ outcomes.prices == pytest.approx(3 * 0.5 + 2, abs=1e-12)


@pytest.mark.parametrize(("sizes", "vcg", "reserved"), [((2, 2), 1.875, 2.375), ((1, 3), 0.0, 3.0)])
def test_two_groups_with_reserves(sizes, vcg, reserved):
    """Values 1 or 2, each 1/2: the monopoly price is 1 (2 is as good), so that VCG's winners pay at least 1."""
    first, second = list(range(sizes[0])), list(range(sizes[0], 4))
    environment = closed([[1, 2]] * 4, [first, second])
    even = independent([[0.5, 0.5]] * 4)
    for timing in TIMINGS:
        mechanism = built(environment, even, timing)
        assert mechanism.expect(announced(mechanism)).prices.mean() == reserved
    assert VCG(Setting(environment, BeliefBook(), even)).expect(announced(mechanism)).prices.mean() == vcg
    total = 0
    for values in product([1, 2], repeat=4):
        one, two = (sum(values[i] for i in group) for group in (first, second))
        winners, rivals, mine = (first, two, one) if one >= two else (second, one, two)
        total += sum(max(1, rivals - (mine - values[i])) for i in winners)
    assert total / 16 == reserved


def test_lazy_and_eager_differ():
    """Reserves 4 and 1: at (3, 1) lazy drops the efficient winner and sells nothing, eager sells to the other."""
    environment = single_good([[3, 4], [1, 2]])
    prior = independent([[0.1, 0.9], [0.9, 0.1]])
    lazy, eager = (built(environment, prior, timing) for timing in TIMINGS)
    assert lazy.reserves.tolist() == [4, 1]
    assert lazy.settle(announced(lazy), 0).allocation.tolist() == [0, 0, 1, 1]
    assert eager.settle(announced(eager), 0).allocation.tolist() == [2, 2, 1, 1]


@timings
def test_expected_outcomes_are_the_mean_of_played_ones(timing):
    environment = ENVIRONMENTS["two groups"]
    assert_play_is_expect_in_the_mean(built(environment, random_prior(environment, 1), timing, delta=0.3))


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        (assignment(["a", "b"], [[[1, 2, 3]], [[2, 1, 2]]]), "has none or several bundles for one of them"),
        (assignment(["a"], [[[1]], [[2]]], allocations=[[["a"], []]]), "has none or several bundles for one of them"),
        (public_good([[1, 2], [1, 2]]), "vcg-reserves drops players below their reserve, and this environment is not"),
    ],
)
def test_where_it_does_not_work(environment, said):
    uniform = independent([np.full(k, 1 / k) for k in environment.shape])
    with pytest.raises(ValueError, match=said):
        built(environment, uniform, "lazy")


def test_an_unknown_timing():
    with pytest.raises(ValueError, match=r"timing must be 'lazy' or 'eager', not 'late'"):
        built(single_good([[1]]), independent([[1.0]]), "late")
