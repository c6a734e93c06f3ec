"""Lemma 1: the lottery by hand, truth strictly dominant with it and weakly without, and what it costs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import MECHANISMS, Environment, assignment, single_good
from mechanisms.strict import PriceLottery, RoleLotteries
from tests.priors import (
    CONDITIONINGS,
    SELLERS,
    TIE_RULES,
    belief_menus,
    build,
    cases,
    options_of,
    random_belief,
    truthful_figures,
    value_lie_losses,
)

PAIR = single_good([[1, 2, 4], [1, 3]])
TRIO = single_good([[1, 2], [1, 3], [2, 3]])
GOODS = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])
BUNDLED = assignment(["a", "b"], [[[1, 2, 4]], [[3, 1, 5]]], allocations=[[["a", "b"], []], [[], ["b"]]])

DOMINANT = (
    [("vickrey", {"ties": ties}) for ties in TIE_RULES]
    + [
        (name, {"ties": ties, "conditioning": conditioning})
        for name in ("lookahead", "L")
        for ties in TIE_RULES
        for conditioning in CONDITIONINGS
    ]
    + [("optimal", {}), ("M", {})]
)


def by_hand(environment: Environment, players, discount, kinds):
    """Every offer, one after the other."""
    allocation, payments = np.zeros(len(environment.allocations)), np.zeros(environment.players)
    prices = sorted({w for i in players for w in environment.worth[i].ravel().tolist() if w > 0})
    for i in players:
        alone = {row[i]: k for k, row in enumerate(environment.allocations) if row[i] and row.sum() == row[i]}
        chance = 1 / (len(players) * len(alone) * len(prices))
        for bundle, row in alone.items():
            for price in prices:
                buys = environment.worth[i][kinds[i], bundle] >= price
                allocation[row if buys else 0] += chance
                payments[i] += chance * (price - discount) * buys
    return allocation, payments


def toss(lottery, values, coins):
    """Return the allocations ``(rounds,)`` and payments ``(rounds, players)`` that the coins decide."""
    sold, buyer, paid = RoleLotteries([lottery]).play(values, np.zeros(len(values), dtype=np.int64), coins)
    payments = np.zeros(values.shape)
    payments[np.arange(len(values)), buyer] = paid
    return sold, payments


@pytest.mark.parametrize(
    ("environment", "players"),
    [(PAIR, (0, 1)), (PAIR, (1,)), (TRIO, (0, 1, 2)), (TRIO, (0, 2)), (GOODS, (0, 1)), (BUNDLED, (0, 1))],
)
def test_the_lottery_in_expectation_and_by_its_coins(environment, players):
    lottery = PriceLottery(environment, players, 0.3)
    allocation, payments = lottery.expect(environment.grid)
    offers = len(lottery.prices) * np.lcm.reduce([(environment.solo[i] >= 0).sum() for i in players])
    coins = (np.arange(len(players) * offers) + 0.5) / (len(players) * offers)  # every equally likely offer
    for row, kinds in enumerate(environment.grid):
        sold, paid = by_hand(environment, players, 0.3, kinds)
        np.testing.assert_allclose(allocation[row], sold, atol=1e-12)
        np.testing.assert_allclose(payments[row], paid, atol=1e-12)

        drawn, charged = toss(lottery, np.repeat(kinds[None], len(coins), axis=0), coins)
        shares = np.bincount(drawn, minlength=len(sold)) / len(coins)
        np.testing.assert_allclose(shares, sold, atol=1e-12)
        np.testing.assert_allclose(charged.mean(axis=0), paid, atol=1e-12)


def test_the_price_set_is_the_positive_worths_of_those_who_take_part():
    assert PriceLottery(PAIR, (0, 1), 0.5).prices.tolist() == [1, 2, 3, 4]
    assert PriceLottery(PAIR, (1,), 0.5).prices.tolist() == [1, 3]
    assert PriceLottery(GOODS, (0, 1), 0.5).prices.tolist() == [1, 2, 3, 4, 5, 6]


def test_a_player_who_can_get_nothing_takes_part_in_vain():
    environment = assignment(["a"], [[[1], [3]], [[2]]], allocations=[[["a"], []]])
    lottery = PriceLottery(environment, (0, 1), 0.5)
    coins = (np.arange(600) + 0.5) / 600
    drawn, _ = toss(lottery, np.ones((600, 2), dtype=np.int64) * [1, 0], coins)
    sold, _ = lottery.expect(np.array([[1, 0]]))
    np.testing.assert_allclose(np.bincount(drawn, minlength=2) / 600, sold[0], atol=1e-12)


def test_a_lottery_without_offers_sells_nothing():
    lottery = PriceLottery(assignment(["a"], [[[0]]]), (0,), 0.5)
    assert lottery.expect(np.array([[0]]))[0].tolist() == [[1.0, 0.0]]
    assert toss(lottery, np.array([[0]]), np.array([0.5]))[0].tolist() == [0]


def lie_losses(name, environment, options):
    rng = np.random.default_rng(11)
    mechanism = build(name, environment, random_belief(rng, environment.shape), **options)
    menus = [np.zeros(1, dtype=np.int64)] * environment.players
    if mechanism.elicits_beliefs:
        menus = belief_menus(mechanism, 12, 4)
    return value_lie_losses(mechanism, menus)


@pytest.mark.parametrize(
    ("environment", "name", "options"),
    [
        (environment, name, options)
        for environment in (PAIR, TRIO, GOODS)
        for name, options in DOMINANT
        if environment is not GOODS or name in ("optimal", "M")
    ],
)
def test_no_value_lie_gains_and_with_the_lottery_every_one_loses(environment, name, options):
    """Against every report of the others; the loss is at least that of one price in S, as Lemma 1 says."""
    paid = options_of(MECHANISMS[name], epsilon=3.0)
    assert lie_losses(name, environment, options | paid).min() >= -1e-9

    delta, discount = 0.1, 0.3
    losses = lie_losses(name, environment, options | paid | {"delta": delta, "discount": discount})
    offers = (
        environment.players
        * len(PriceLottery(environment, tuple(range(environment.players)), discount).prices)
        * (len(environment.bundles) - 1)
    )
    assert losses.min() >= delta / offers * min(discount, 1 - discount) - 1e-9


@pytest.mark.parametrize("environment", [PAIR, TRIO, GOODS], ids=["pair", "trio", "goods"])
@pytest.mark.parametrize("informant", [0, 1])
def test_in_m_a_value_lie_loses_to_whoever_is_not_the_informant(environment, informant):
    mechanism = build("M", environment, epsilon=0.2, delta=0.1)
    menus = belief_menus(mechanism, 3, 5)
    assert value_lie_losses(mechanism, menus, role=informant).min() > 0


@pytest.mark.parametrize("ties", TIE_RULES)
def test_l_as_printed_is_not_truthful_without_the_lottery(ties):
    assert lie_losses("L-printed", TRIO, {"epsilon": 0.1, "ties": ties}).min() < -1e-3


@settings(max_examples=12)
@given(cases(kinds=("own-value", "complete")), st.sampled_from([0.05, 0.5, 1.0]), st.sampled_from(TIE_RULES))
def test_the_lottery_costs_at_most_its_share_of_the_prices(case, delta, ties):
    for name in SELLERS:
        options = options_of(MECHANISMS[name], epsilon=0.1, ties=ties)
        plain, rewards = truthful_figures(case, name, **options)
        strict, strict_rewards = truthful_figures(case, name, delta=delta, **options)
        assert strict >= (1 - delta) * plain - 1e-9
        if MECHANISMS[name].solution == "two-step":  # elsewhere rewards can be part of the trade that gives way
            assert strict_rewards == rewards
        assert strict_rewards <= max(rewards, 0.0) + 1e-12


@pytest.mark.parametrize(
    ("build_it", "message"),
    [
        (lambda: PriceLottery(PAIR, (0, 1), 0.0), r"discount.* 0\.0"),
        (lambda: PriceLottery(PAIR, (0, 1), 1.5), r"discount.* 1\.5"),
        (
            lambda: PriceLottery(assignment(["a", "b"], [[[1, 1, 2]]] * 2, allocations=[[["a"], ["b"]]]), (0, 1), 0.5),
            "downward-closed",
        ),
    ],
)
def test_errors_show_what_is_wrong(build_it, message):
    with pytest.raises(ValueError, match=message):
        build_it()
