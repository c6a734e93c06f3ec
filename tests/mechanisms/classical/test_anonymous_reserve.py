"""One reserve for all, the best or a given one: every price in fractions, by hand, against Vickrey and OPT."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.claims import Instance
from analysis.claims.auctions import second_price, winner
from analysis.claims.generate import common_value, correlated, iid_values, independent_values
from mechanisms import joint, single_good
from mechanisms.classical.anonymous_reserve import AnonymousReserve, ReservePrice
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    assert_uniform_ties_are_a_drawn_order,
)
from tests.priors import TIE_RULES, build, iid, random_case, truthful_figures


def revenue(instance: Instance, reserve: int) -> Fraction:
    """Expected revenue by the definition, one state at a time."""
    total, common = 0, [reserve] * instance.players
    for state, odd in zip(instance.states, instance.odds, strict=True):
        bids = [instance.values[i][kind] for i, kind in enumerate(state)]
        won = winner(bids, common, eager=False)
        total += 0 if won is None else odd * second_price(bids, common, won, eager=False)
    return Fraction(total, sum(instance.odds))


@pytest.mark.parametrize("family", [independent_values, iid_values, correlated, common_value])
def test_no_whole_price_earns_more_and_no_lower_one_as_much(family):
    rng = np.random.default_rng(3)
    for _ in range(10):
        instance = family(rng)
        top = max(map(max, instance.values))
        tried = {r: revenue(instance, r) for r in range(top + 2)}
        mechanism = build("anonymous-reserve", instance.environment, instance.prior)
        assert tried[mechanism.reserve] == max(tried.values())
        on_grid = sorted({v for grid in instance.values for v in grid})
        assert mechanism.reserve == min(r for r in on_grid if tried[r] == max(tried.values()))
        reports = announced(mechanism).take(instance.environment.flat(np.array(instance.states)))
        earned = float(instance.weights @ mechanism.expect(reports).prices)
        assert earned == pytest.approx(float(max(tried.values())), abs=1e-9)
        vickrey = build("vickrey", instance.environment).expect(reports).prices
        assert float(instance.weights @ vickrey) - 1e-9 <= earned <= instance.opt + 1e-9


@pytest.mark.parametrize("price", [0, 1, 3, 4, 5, 100])
def test_a_price_set_by_hand_is_the_reserve(price):
    rng = np.random.default_rng(4)
    for _ in range(5):
        instance = correlated(rng)
        mechanism = build("reserve-price", instance.environment, price=price)
        reports = announced(mechanism).take(instance.environment.flat(np.array(instance.states)))
        earned = float(instance.weights @ mechanism.expect(reports).prices)
        assert earned == pytest.approx(float(revenue(instance, price)), abs=1e-9)


def test_two_uniform_bidders_by_hand():
    """Values 1..4: reserves of 1 to 4 earn 30, 35, 37 and 28 sixteenths; OPT is 38."""
    case = iid((1, 2, 3, 4), [0.25] * 4, 2)
    assert build("anonymous-reserve", case.environment, case.prior).reserve == 3
    assert truthful_figures(case, "anonymous-reserve")[0] == pytest.approx(37 / 16)
    for price, sixteenths in ((1, 30), (2, 35), (3, 37), (4, 28)):
        assert truthful_figures(case, "reserve-price", price=price)[0] == pytest.approx(sixteenths / 16)


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize(
    ("name", "options"), [("anonymous-reserve", {}), ("reserve-price", {}), ("reserve-price", {"price": 3})]
)
def test_truth_is_dominant_and_play_agrees(name, options, ties):
    for seed in range(4):
        case = random_case(50 + seed, 1 + seed % 3, most=3)
        mechanism = build(name, case.environment, case.prior, ties=ties, **options)
        assert_truth_is_dominant(mechanism)
        assert_play_is_expect_in_the_mean(mechanism)


def test_uniform_ties_are_the_mean_over_orders_of_the_players():
    for seed in range(4):
        case = random_case(seed, 3, most=3)
        assert_uniform_ties_are_a_drawn_order("anonymous-reserve", case)
        assert_uniform_ties_are_a_drawn_order("reserve-price", case, price=4)


@pytest.mark.parametrize("ties", TIE_RULES)
def test_no_reserve_is_vickreys_auction(ties):
    for seed in range(4):
        case = random_case(seed, 1 + seed % 3)
        free, vickrey = (build(name, case.environment, ties=ties) for name in ("reserve-price", "vickrey"))
        outcomes, expected = free.expect(announced(free)), vickrey.expect(announced(vickrey))
        np.testing.assert_array_equal(outcomes.payments, expected.payments)
        np.testing.assert_array_equal(outcomes.allocation, expected.allocation)


def test_only_the_best_reserve_reads_d():
    """On values 1 and 2, a bidder who surely has 1 is asked 1; a price of 2 is asked of anybody."""
    low, high = (joint((2,), [[k]], [1.0]) for k in (0, 1))
    environment = single_good([[1, 2]])
    assert [build("anonymous-reserve", environment, prior).reserve for prior in (low, high)] == [1, 2]
    assert [build("reserve-price", environment, prior, price=2).reserve for prior in (low, high)] == [2, 2]
    assert AnonymousReserve.uses_prior
    assert not ReservePrice.uses_prior


@pytest.mark.parametrize("price", [-1, 2.5, 10**30, float("nan")])
def test_a_price_that_is_no_amount_of_money_is_refused(price):
    with pytest.raises(ValueError, match=rf"price must be a whole number from 0 to 1,000,000,000,000, not {price}$"):
        build("reserve-price", single_good([[1, 2]]), price=price)


def test_no_share_of_opt_is_guaranteed():
    for name in ("anonymous-reserve", "reserve-price"):
        assert build(name, single_good([[1, 2]])).guarantee(1.0) is None
