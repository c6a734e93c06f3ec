"""Posted prices: the best of all sequential prices by brute force, truthful in any order of goods, half of OPT."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import (
    BeliefBook,
    Environment,
    Joint,
    Setting,
    assignment,
    digital_goods,
    independent,
    joint,
    optimal_mechanism,
    public_good,
    single_good,
)
from mechanisms.classical.posted_prices import PostedPrices
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    money,
)
from tests.priors import distributions

INF = float("inf")
UNIT_DEMAND = [
    assignment(["a", "b"], [[[2, 1, 2], [4, 3, 4]], [[1, 3, 3], [2, 2, 2]]]),
    assignment(["a", "b"], [[[5, 4, 5], [1, 3, 3]], [[2, 6, 6], [4, 4, 4]], [[3, 1, 3], [1, 4, 4]]]),
]


def built(environment: Environment, prior: Joint, **options) -> PostedPrices:
    return PostedPrices(Setting(environment, BeliefBook(), prior), **options)


def random_marginals(environment: Environment, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.ones(size)) for size in environment.shape]


def revenue(mechanism: PostedPrices, prior: Joint) -> float:
    return float(prior.prob(mechanism.environment.grid) @ mechanism.expect(announced(mechanism)).prices)


def sold_in_order(prices: tuple[float, ...], bids: tuple[int, ...]) -> float:
    """Return what a seller of one good gets from prices offered in turn."""
    return next((price for price, bid in zip(prices, bids, strict=True) if bid >= price), 0.0)


@st.composite
def auctions(draw):
    players = draw(st.sampled_from([1, 2, 3]))
    sizes = [2, *(draw(st.sampled_from([1, 2, 3])) for _ in range(players - 1))]
    grids = [tuple(sorted(draw(st.sets(st.integers(1, 9), min_size=size, max_size=size)))) for size in sizes]
    marginals = [draw(distributions(size=len(grid))) if len(grid) > 1 else np.ones(1) for grid in grids]
    return grids, marginals


@settings(max_examples=60)
@given(auctions())
def test_on_one_good_no_price_list_earns_more_and_half_of_opt_is_reached(auction):
    grids, marginals = auction
    environment, prior = single_good(grids), independent(marginals)
    mechanism = built(environment, prior)
    weights = prior.prob(environment.grid)
    lists = product(*[[*map(float, grid), INF] for grid in grids])
    best = max(
        sum(w * sold_in_order(prices, bids) for w, bids in zip(weights, money(environment), strict=True))
        for prices in lists
    )
    found = revenue(mechanism, prior)
    assert found == pytest.approx(best, abs=1e-9)
    assert found == pytest.approx(mechanism.planned, abs=1e-9)
    opt = optimal_mechanism(environment, prior).revenue
    assert opt / 2 - 1e-9 <= found <= opt + 1e-9
    assert mechanism.guarantee(opt) == opt / 2
    assert_truth_is_dominant(mechanism)


def test_two_even_bidders_by_hand():
    """Values 1, 2, 3, each 1/3: the last is asked 2, worth 4/3, the first 3, in all 1 + 2/3 * 4/3 = 17/9; OPT is 2."""
    environment, prior = single_good([[1, 2, 3]] * 2), independent([[1 / 3] * 3] * 2)
    mechanism = built(environment, prior)
    assert mechanism.arrivals[0].prices.tolist() == [[0.0, 3.0]]
    assert mechanism.arrivals[1].prices.tolist() == [[0.0, 2.0], [0.0, INF]]
    assert mechanism.planned == pytest.approx(17 / 9, abs=1e-12)
    assert revenue(mechanism, prior) == pytest.approx(17 / 9, abs=1e-12)
    assert optimal_mechanism(environment, prior).revenue == pytest.approx(2.0, abs=1e-9)


def test_half_of_opt_is_nearly_all_there_is_in_a_bad_order():
    """A sure 1 comes first, and then 100 with chance 1/100: OPT is 1.99, and no prices in that order earn above 1."""
    environment, prior = single_good([[1], [1, 100]]), independent([[1.0], [0.99, 0.01]])
    assert revenue(built(environment, prior), prior) == pytest.approx(1.0, abs=1e-12)
    assert optimal_mechanism(environment, prior).revenue == pytest.approx(1.99, abs=1e-9)
    turned = single_good([[1, 100], [1]])
    assert built(turned, independent([[0.99, 0.01], [1.0]])).planned == pytest.approx(1.99, abs=1e-12)


def test_one_good_of_thousands_of_values():
    """Values 1..k, each 1/k, by the recursion for two bidders in fractions; of D the plan reads the marginals only."""
    k = 3_000
    last = max(Fraction(p * (k - p + 1), k) for p in range(1, k + 1))
    both = max(Fraction(p * (k - p + 1), k) + last * Fraction(p - 1, k) for p in range(1, k + 1))
    environment = single_good([range(1, k + 1)] * 2)
    alike = joint((k, k), np.repeat(np.arange(k), 2).reshape(k, 2), np.full(k, 1 / k))
    assert built(environment, alike).planned == pytest.approx(float(both), rel=1e-12)


def test_types_in_any_order_and_some_that_want_nothing():
    """Worths 3, 0, 1 and 2 with .2, .3, .4 and .1: the price 3 earns .6, 2 earns .6 too, 1 earns .7."""
    environment = assignment(["a"], [[[3], [0], [1], [2]]])
    mechanism = built(environment, independent([[0.2, 0.3, 0.4, 0.1]]))
    assert mechanism.arrivals[0].prices.tolist() == [[0.0, 1.0]]
    assert mechanism.planned == pytest.approx(0.7, abs=1e-12)
    assert mechanism.settle(announced(mechanism), 0).payments.tolist() == [[1.0], [0.0], [1.0], [1.0]]
    dear = built(environment, independent([[0.2, 0.5, 0.2, 0.1]]))
    assert dear.arrivals[0].prices.tolist() == [[0.0, 2.0]]  # 2 and 3 both earn .6, 1 earns .5


def choice(worths: np.ndarray, prices: dict[int, float]) -> int:
    """Return the bundle that a player takes, with plain loops: the best, then the dearest, then the first."""
    best = 0
    for bundle, price in sorted(prices.items()):
        mine, now = worths[bundle] - price, worths[best] - prices.get(best, 0.0)
        if price < INF and (mine > now or (mine == now and price > prices.get(best, 0.0))):
            best = bundle
    return best


def planned_by_hand(environment: Environment, marginals: list[np.ndarray], given: tuple[int, ...] = ()) -> float:
    """Return what the best menus earn after some players have taken bundles, by recursion over what they took."""
    i = len(given)
    if i == environment.players:
        return 0.0
    rows = [tuple(row) for row in environment.allocations.tolist()]
    open_ = sorted({row[i] for row in rows if row[:i] == given} - {0})
    after = {b: planned_by_hand(environment, marginals, (*given, b)) for b in (0, *open_)}
    levels = [[*sorted({float(w) for w in environment.worth[i][:, b] if w > 0}), INF] for b in open_]
    best = 0.0
    for prices in product(*levels):
        menu = dict(zip(open_, prices, strict=True))
        income = 0.0
        for worths, chance in zip(environment.worth[i], marginals[i], strict=True):
            taken = choice(worths, menu)
            income += chance * (menu.get(taken, 0.0) + after[taken])
        best = max(best, income)
    return best


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("environment", [*UNIT_DEMAND, digital_goods([[1, 3], [2, 5], [1, 2, 4]])], ids=range(3))
def test_with_several_goods_it_is_the_best_of_all_menus_on_the_grid(environment, seed):
    marginals = random_marginals(environment, seed)
    prior = independent(marginals)
    mechanism = built(environment, prior)
    expected = planned_by_hand(environment, marginals)
    assert mechanism.planned == pytest.approx(expected, abs=1e-9)
    assert revenue(mechanism, prior) == pytest.approx(expected, abs=1e-9)
    assert expected <= optimal_mechanism(environment, prior).revenue + 1e-9
    assert_truth_is_dominant(mechanism)
    assert mechanism.guarantee(1.0) is None


@pytest.mark.parametrize("seed", range(3))
def test_what_is_chosen_is_what_the_announced_types_would_choose(seed):
    environment = UNIT_DEMAND[1]
    mechanism = built(environment, independent(random_marginals(environment, seed)))
    settled = mechanism.settle(announced(mechanism), 0)
    for row, profile in enumerate(environment.grid):
        given: list[int] = []
        situation = 0
        for i, arrival in enumerate(mechanism.arrivals):
            there = {b: float(arrival.prices[situation, b]) for b in range(1, len(environment.bundles))}
            taken = choice(environment.worth[i][profile[i]], there)
            assert settled.payments[row, i] == there.get(taken, 0.0)
            situation = arrival.after[situation, taken]
            given.append(taken)
        assert environment.allocations[settled.allocation[row]].tolist() == given


def test_among_equally_good_bundles_the_dearest_is_taken():
    """One player, one type: a is worth 2 and b 3, each priced at its worth; the seller does best with both open."""
    environment = assignment(["a", "b"], [[[2, 3, 3]]])
    mechanism = built(environment, independent([[1.0]]))
    settled = mechanism.settle(announced(mechanism), 0)
    assert settled.payments.tolist() == [[3.0]]
    assert environment.allocations[settled.allocation[0]].tolist() == [2]


def test_correlation_is_not_seen():
    """One common value, 1, 2 or 3: prices as if independent, 3 and then 2; the plan says 17/9, play gives 5/3."""
    environment = single_good([[1, 2, 3]] * 2)
    prior = joint((3, 3), [[0, 0], [1, 1], [2, 2]], [1 / 3] * 3)
    mechanism = built(environment, prior)
    assert mechanism.planned == pytest.approx(17 / 9, abs=1e-12)
    assert revenue(mechanism, prior) == pytest.approx(5 / 3, abs=1e-12)
    assert mechanism.guarantee(2.0) is None
    assert_truth_is_dominant(mechanism)


def test_marginals_that_multiply_up_on_part_of_the_grid_are_not_independent():
    almost = joint((2, 2), [[0, 0], [0, 1], [1, 0], [1, 1]], [0.25, 0.25, 0.25 + 1e-6, 0.25 - 1e-6])
    environment = single_good([[1, 2], [1, 2]])
    assert built(environment, almost).guarantee(1.0) is None
    assert built(environment, independent([[1.0, 0.0], [0.5, 0.5]])).guarantee(1.0) == 0.5


def test_expected_outcomes_are_the_mean_of_played_ones():
    environment = UNIT_DEMAND[1]
    prior = independent(random_marginals(environment, 1))
    assert_play_is_expect_in_the_mean(built(environment, prior, delta=0.3))
    assert built(single_good([[1, 2]]), independent([[0.5, 0.5]]), delta=0.5).guarantee(1.0) == 0.25


def test_too_many_menus_are_refused():
    rng = np.random.default_rng(0)
    types = rng.integers(1, 10**6, (30, 15)).tolist()
    environment = assignment(["a", "b", "c", "d"], [types])
    with pytest.raises(ValueError, match=r"posted prices for player 0: there are [\d,]+ comb.* limit is 4,194"):
        built(environment, independent([np.full(30, 1 / 30)]))


def test_all_or_nobody_is_refused():
    environment = public_good([[1, 2], [1, 2]])
    with pytest.raises(ValueError, match="posted-prices serves one player at a time, and this environment is not"):
        built(environment, independent([[0.5, 0.5]] * 2))
