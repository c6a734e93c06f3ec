"""Vickrey with monopoly reserves, lazy and eager: against the claims' own auctions, by hand, and inside L's recipe."""

from fractions import Fraction

import numpy as np
import pytest

from analysis.claims import Instance
from analysis.claims.auctions import monopoly_prices, reserve_revenue, second_price, winner
from analysis.claims.generate import common_value, correlated, iid_values, independent_values
from mechanisms import Setting, joint, optimal_mechanism, single_good
from mechanisms.book import BeliefBook
from mechanisms.classical.reserves import LazyReserves
from mechanisms.crowdsourced.crowd_priced import CrowdPriced
from tests.mechanisms.classical.checks import (
    announced,
    assert_play_is_expect_in_the_mean,
    assert_truth_is_dominant,
    assert_uniform_ties_are_a_drawn_order,
    money,
)
from tests.priors import TIE_RULES, build, iid, independent_case, random_case, table, truthful_figures

NAMES = ("lazy-reserves", "eager-reserves")
FAMILIES = (independent_values, iid_values, correlated, common_value)


def mean_price(name: str, instance: Instance) -> float:
    outcomes = build(name, instance.environment, instance.prior).expect(announced_states(instance))
    return float(instance.weights @ outcomes.prices)


def announced_states(instance: Instance):
    mechanism = build("vickrey", instance.environment)
    states = np.array(instance.states)
    return announced(mechanism).take(instance.environment.flat(states))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("family", FAMILIES)
def test_every_profile_has_the_outcome_of_the_claims_auction(family, name):
    """Which works from the definition in integers, one profile at a time."""
    rng, eager = np.random.default_rng(1), name == "eager-reserves"
    for _ in range(12):
        instance = family(rng)
        reserves = [prices[0] for prices in monopoly_prices(instance)]
        mechanism = build(name, instance.environment, instance.prior)
        outcomes = mechanism.expect(announced(mechanism))
        assert not outcomes.fallback.any()
        for row, bids in enumerate(money(instance.environment)):
            won, expected = winner(bids, reserves, eager=eager), np.zeros(instance.players)
            if won is not None:
                expected[won] = second_price(bids, reserves, won, eager=eager)
            np.testing.assert_array_equal(outcomes.payments[row], expected)
            assert outcomes.allocation[row, 0 if won is None else won + 1] == 1.0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_better_of_the_two_is_the_claims_figure(family):
    """Which takes the best monopoly prices where there are several."""
    rng, unique = np.random.default_rng(2), 0
    for _ in range(25):
        instance = family(rng)
        best = max(mean_price(name, instance) for name in NAMES)
        if all(len(prices) == 1 for prices in monopoly_prices(instance)):
            assert best == pytest.approx(reserve_revenue(instance), abs=1e-9)
            unique += 1
        assert best <= reserve_revenue(instance) + 1e-9
        assert best <= instance.opt + 1e-9
    assert unique > 5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("players", [1, 2, 3])
def test_uniform_ties_are_the_mean_over_orders_of_the_players(players, name):
    for seed in range(5):
        assert_uniform_ties_are_a_drawn_order(name, random_case(seed, players, most=3))


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize("name", NAMES)
def test_truth_is_dominant_and_play_agrees(name, ties):
    for seed in range(6):
        case = random_case(30 + seed, 2 + seed % 2, most=3)
        mechanism = build(name, case.environment, case.prior, ties=ties, delta=0.2 * (seed % 2))
        assert_truth_is_dominant(mechanism)
        assert_play_is_expect_in_the_mean(mechanism)


@pytest.mark.parametrize("name", NAMES)
def test_two_uniform_bidders_by_hand(name):
    """Values 1..4: the monopoly price is 2; 6 of 16 profiles pay it, and 5, 3 and 1 pay a second bid of 2, 3 and 4."""
    case = iid((1, 2, 3, 4), [0.25] * 4, 2)
    assert truthful_figures(case, name)[0] == pytest.approx(float(Fraction(6 * 2 + 5 * 2 + 3 * 3 + 4, 16)))


def test_one_bidder_pays_the_monopoly_price():
    case = iid((1, 3, 4), [0.5, 0.25, 0.25], 1)
    opt = optimal_mechanism(case.environment, case.prior).revenue
    for name in NAMES:
        assert truthful_figures(case, name)[0] == pytest.approx(1.5)
        assert opt == pytest.approx(1.5)


def test_they_differ_where_the_highest_bidder_misses_her_reserve():
    """Reserves 6 and 2: bids of 5 and 4 sell to nobody, or to player 1 at her reserve."""
    case = independent_case([(5, 6), (2, 4)], [[0.1, 0.9], [0.6, 0.4]])
    prices = {}
    for name in NAMES:
        mechanism = build(name, case.environment, case.prior)
        prices[name] = mechanism.expect(announced(mechanism)).payments[1].tolist()
    assert prices == {"lazy-reserves": [0, 0], "eager-reserves": [0, 2]}


def test_a_reserve_from_the_marginal_misses_what_the_other_bid_says():
    """``theta_1 = 3 theta_2``, ``Pr(theta_2 >= k) = 1 / k``: lookahead earns 6.25, reserves of 3 and 1 only 3.25."""
    triple = table([(3, 6, 9, 12), (1, 2, 3, 4)], {(3, 1): 1 / 2, (6, 2): 1 / 6, (9, 3): 1 / 12, (12, 4): 1 / 4})
    assert truthful_figures(triple, "lookahead")[0] == pytest.approx(6.25)
    for name in NAMES:
        assert truthful_figures(triple, name)[0] == pytest.approx(3.25)
        assert build(name, triple.environment, triple.prior).guarantee(6.25) is None


def test_without_weights_the_offer_is_the_second_bid_and_says_so():
    mechanism = build("lazy-reserves", single_good([[1, 2, 3], [1, 2, 3]]))
    offer = mechanism.offer(np.array([[2, 1], [2, 1], [2, 1]]), 0, np.array([[0, 0, 0], [0, 0, 0.1], [0.1, 0, 0]]))
    assert offer.price.tolist() == [2.0, 3.0, 2.0]
    assert offer.fallback.tolist() == [1.0, 0.0, 0.0]


class CrowdLazyReserves(CrowdPriced):
    """L's recipe over lazy reserves."""

    name = "L-lazy-reserves"
    summary = "lazy reserves from the others' beliefs"
    classical = LazyReserves


def test_in_l_s_recipe_independent_values_get_the_sellers_own_reserves():
    """What the others believe of i* is then her marginal, whatever they announce."""
    case = independent_case([(1, 3, 4), (2, 3), (1, 5)], [[0.5, 0.25, 0.25], [0.3, 0.7], [0.9, 0.1]])
    book = BeliefBook()
    crowd = CrowdLazyReserves(Setting(case.environment, book, case.prior), epsilon=0.1)
    seller = build("lazy-reserves", case.environment, case.prior)
    reports = announced(seller)
    beliefs = [book.add(case.prior.marginal([j for j in range(3) if j != i])) for i in range(3)]
    reports.beliefs[:] = beliefs
    asked, known = crowd.expect(reports), seller.expect(reports)
    np.testing.assert_allclose(asked.payments, known.payments)
    np.testing.assert_allclose(asked.allocation, known.allocation)


def test_in_l_s_recipe_the_reserve_is_conditional_on_the_others():
    """``theta_1 = 3 theta_2``: player 1's belief and value give player 0's value away."""
    shape = (4, 4)
    book = BeliefBook()
    prior = joint(shape, [[k, k] for k in range(4)], [1 / 2, 1 / 6, 1 / 12, 1 / 4])
    environment = single_good([(3, 6, 9, 12), (1, 2, 3, 4)])
    crowd = CrowdLazyReserves(Setting(environment, book, prior), epsilon=0.1)
    seller = build("vickrey", environment)
    points = [book.add(joint((4,), [[k]], [1.0])) for k in range(4)]
    reports = announced(seller).take(environment.flat(np.array([[k, k] for k in range(4)])))
    reports.beliefs[:] = np.array(points)[:, None]
    assert crowd.expect(reports).prices.tolist() == [3.0, 6.0, 9.0, 12.0]
