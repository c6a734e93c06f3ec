"""L, repaired and as printed: against the oracle, truthful and not, and what knowledge is worth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mechanisms import Reports, joint, single_good
from tests import oracle
from tests.priors import (
    CONDITIONINGS,
    KINDS,
    TIE_RULES,
    Case,
    belief_menus,
    build,
    cases,
    every_report,
    money_belief,
    random_case,
    random_reports,
    truthful_figures,
)

OPTIONS = [{"ties": ties, "conditioning": event} for ties in TIE_RULES for event in CONDITIONINGS]
everything = pytest.mark.parametrize("options", OPTIONS, ids=lambda o: "-".join(o.values()))
BOTH = pytest.mark.parametrize("name", ["L", "L-printed"])


def check_truthful(case, name, options):
    game = case.oracle(epsilon=0.06, delta=0.1, **options)
    expected = oracle.l_figures(game, name == "L-printed")
    prices, rewards = truthful_figures(case, name, epsilon=0.06, delta=0.1, **options)
    assert prices == pytest.approx(float(expected["prices"]), abs=1e-9)
    assert rewards == pytest.approx(float(expected["rewards"]), abs=1e-9)


@BOTH
@everything
@pytest.mark.parametrize("kind", KINDS)
def test_prices_and_rewards_are_the_oracles(kind, options, name):
    for players, seed in [(2, 0), (2, 1), (3, 0), (3, 1)]:
        check_truthful(random_case(seed, players, kind, most=3), name, options)


@pytest.mark.slow
@BOTH
@everything
@pytest.mark.parametrize("kind", KINDS)
def test_prices_and_rewards_are_the_oracles_on_more_priors(kind, options, name):
    for seed in range(200, 212):
        check_truthful(random_case(seed, 2 + seed % 2, kind), name, options)


def check_misreports(name, options, seed, rounds):
    """Any values and beliefs, possible or not, and any true values."""
    case = random_case(seed, 2 + seed % 2, most=3, labelled=False)
    mechanism = build(name, case.environment, epsilon=0.3, delta=0.2, discount=0.25, **options)
    game = case.oracle(epsilon=0.3, delta=0.2, discount=0.25, **options)
    reports = random_reports(mechanism, seed, rounds, menu=5)
    outcomes = mechanism.expect(reports)
    truth = random_reports(mechanism, seed + 1, rounds).values
    for row in range(rounds):
        slow = [
            (case.values[j][kind], money_belief(case, j, mechanism.book[int(reports.beliefs[row, j])]))
            for j, kind in enumerate(reports.values[row])
        ]
        profile = tuple(grid[kind] for grid, kind in zip(case.values, truth[row], strict=True))
        for j in range(case.players):
            found = outcomes.utility_of(case.environment, j, truth[:, j])[row]
            assert found == pytest.approx(float(oracle.utility(game, name, profile, slow, j)), abs=1e-9)


@BOTH
@everything
def test_misreports_have_the_oracles_utility(name, options):
    for seed in (0, 1):
        check_misreports(name, options, seed, 25)


@pytest.mark.slow
@BOTH
@everything
def test_misreports_have_the_oracles_utility_on_more_priors(name, options):
    for seed in range(10, 20):
        check_misreports(name, options, seed, 60)


@settings(max_examples=40)
@given(cases(), st.sampled_from(OPTIONS))
def test_players_who_know_only_d_set_the_price_that_a_seller_who_knows_d_would(case, options):
    lookahead, _ = truthful_figures(case, "lookahead", **options)
    assert truthful_figures(case, "L", epsilon=0.1, **options)[0] == pytest.approx(lookahead, abs=1e-9)
    assert truthful_figures(case, "L-printed", epsilon=0.1, **options)[0] == pytest.approx(lookahead, abs=1e-9)


@settings(max_examples=60)
@given(cases(kinds=KINDS), st.sampled_from(TIE_RULES))
def test_both_forms_sell_alike_when_reports_are_alike(case, ties):
    one = truthful_figures(case, "L", epsilon=0.1, delta=0.1, ties=ties)
    two = truthful_figures(case, "L-printed", epsilon=0.1, delta=0.1, ties=ties)
    assert one[0] == two[0]
    assert two[1] >= one[1] - 1e-12


@pytest.mark.parametrize("ties", TIE_RULES)
def test_the_repaired_reward_depends_on_nothing_that_one_says_about_oneself(ties):
    mechanism = build("L", single_good([[1, 2], [1, 3], [2, 3]]), epsilon=0.3, ties=ties)
    menus = belief_menus(mechanism, 3, 2)
    rewards = mechanism.expect(every_report(mechanism, menus)).rewards
    shape = (2, 2, 2, 2, 2, 2)
    for i in range(3):
        mine = rewards[:, i].reshape(shape)
        np.testing.assert_allclose(np.take(mine, 0, axis=i), np.take(mine, 1, axis=i), rtol=0, atol=1e-15)


def test_rewards_by_hand():
    """Three players; i* is player 2. BSR is 0 if certain and right, -2 if certain and wrong."""
    environment = single_good([[1, 2]] * 2 + [[1, 2, 3]])
    for name, star in [("L", 0.1), ("L-printed", 0.3)]:
        mechanism = build(name, environment, epsilon=0.3)
        right = mechanism.book.add(joint((2, 3), [[1, 2]], [1.0]))
        wrong = mechanism.book.add(joint((2, 3), [[1, 1]], [1.0]))
        last = mechanism.book.add(joint((2, 2), [[0, 1]], [1.0]))
        outcomes = mechanism.expect(Reports(np.array([[0, 1, 2]]), np.array([[right, wrong, last]])))
        np.testing.assert_allclose(outcomes.rewards, [[0.1, 0.0, star]])


def test_the_price_by_hand():
    """i* is player 0 with value 5; 1 and 2 rule values out; the lowest-numbered report is conditioned."""
    environment = single_good([[1, 3, 5], [2], [2]])
    mechanism = build("L", environment, epsilon=0.0)
    high_or_low = mechanism.book.add(joint((3, 1), [[0, 0], [2, 0]], [0.5, 0.5]))
    anything = mechanism.book.add(joint((3, 1), [[0, 0], [1, 0], [2, 0]], [0.2, 0.6, 0.2]))
    low = mechanism.book.add(joint((3, 1), [[0, 0]], [1.0]))
    own = mechanism.book.add(joint((1, 1), [[0, 0]], [1.0]))

    def price(one, two):
        outcomes = mechanism.expect(Reports(np.array([[2, 0, 0]]), np.array([[own, one, two]])))
        return outcomes.payments[0, 0], outcomes.fallback[0]

    assert price(anything, anything) == (3.0, 0.0)  # 3 x .8 beats 5 x .2
    assert price(anything, high_or_low) == (5.0, 0.0)  # 3 is ruled out
    assert price(high_or_low, anything) == (5.0, 0.0)
    assert price(low, anything) == (2.0, 1.0)  # she cannot have been chosen: the second price
    sure = mechanism.book.add(joint((3, 1), [[1, 0]], [1.0]))
    assert price(sure, high_or_low) == (3.0, 0.0)  # nothing in common: the first report as it is
    assert price(high_or_low, sure) == (5.0, 0.0)


def test_a_logarithmic_score_pays_minus_infinity_for_ruling_the_truth_out():
    mechanism = build("L", single_good([[1, 2], [1, 2]]), epsilon=0.2, score="logarithmic")
    sure = mechanism.book.add(joint((2,), [[1]], [1.0]))
    even = mechanism.book.add(joint((2,), [[0], [1]], [0.5, 0.5]))
    outcomes = mechanism.expect(Reports(np.array([[0, 1], [1, 1]]), np.array([[sure, sure], [even, sure]])))
    np.testing.assert_allclose(outcomes.rewards, [[0.1, -np.inf], [0.1 * (1 + 0.1 * np.log(0.5)), 0.1]])


@pytest.mark.parametrize("name", ["M", "L", "L-printed"])
def test_nothing_is_paid_at_epsilon_zero_even_for_a_score_of_minus_infinity(name):
    mechanism = build(name, single_good([[1, 2], [1, 2]]), epsilon=0.0, score="logarithmic")
    sure = mechanism.book.add(joint((2,), [[1]], [1.0]))
    told = Reports(np.array([[0, 0]]), np.array([[sure, sure]]))
    assert mechanism.expect(told).rewards.tolist() == [[0.0, 0.0]]
    assert mechanism.play(told, np.random.default_rng(0)).rewards.tolist() == [[0.0, 0.0]]


@settings(max_examples=40)
@given(cases(), st.integers(0, 99), st.sampled_from(OPTIONS))
def test_knowing_more_never_lowers_the_prices(case, seed, options):
    """From own values over a graph to complete information, for L's own event; rewards grow too."""
    rng = np.random.default_rng(seed)
    n = case.players
    edges = [[i, j] for i in range(n) for j in range(n) if i != j and rng.random() < 0.5]
    ladder = [("own-value", {}), ("graph", {"edges": edges}), ("complete", {})]
    figures = [
        truthful_figures(replace(case, kind=kind, parameters=parameters), "L", epsilon=0.2, delta=0.1, **options)
        for kind, parameters in ladder
    ]
    prices, rewards = zip(*figures, strict=True)
    assert rewards[0] - 1e-9 <= rewards[1] <= rewards[2] + 1e-9
    assert rewards[2] == pytest.approx(0.2)
    if options["conditioning"] == "chosen":
        assert prices[0] - 1e-9 <= prices[1] <= prices[2] + 1e-9


def test_complete_information_makes_the_winner_pay_her_value_whichever_event_counts():
    for event in CONDITIONINGS:
        case = random_case(4, 3, "complete", labelled=False)
        surplus = sum(w * max(v) for v, w in zip(case.profiles, case.weights, strict=True))
        prices, _ = truthful_figures(case, "L", epsilon=0.1, conditioning=event)
        assert prices == pytest.approx(surplus)


def test_where_states_say_more_than_profiles_knowing_more_can_lower_the_prices():
    """AGG reads supports only. In a boom player 0 is worth 2, rarely 3; seeing it, player 2 rules 1 out.

    Player 1's report, conditioned on that, holds 3 for likely, which it is in a bust; the price 3 is then
    missed, where 1 would have been paid. With two players there is one report, and nothing to put together.
    """
    profiles = ((1, 1, 1), (2, 1, 1), (3, 1, 1), (3, 1, 1))
    labels = ("bust", "boom", "boom", "bust")
    case = Case(((1, 2, 3), (1,), (1,)), profiles, (0.65, 0.1, 0.01, 0.24), "state", {"insiders": []}, labels)
    ignorant, _ = truthful_figures(case, "L", epsilon=0.0)
    informed, _ = truthful_figures(replace(case, parameters={"insiders": [2]}), "L", epsilon=0.0)
    both, _ = truthful_figures(replace(case, parameters={"insiders": [1, 2]}), "L", epsilon=0.0)
    assert ignorant == pytest.approx(1.0)
    assert informed == pytest.approx(0.89 * 1.0 + 0.01 * 3)
    assert both == pytest.approx(0.89 * 1.0 + 0.11 * 2)
