"""Sure offers: against their definition, their benchmark, and what lies gain."""

from itertools import product

import numpy as np
import pytest

from agents.game import Game
from agents.induced import Induced
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from analysis.deviation import deviations
from mechanisms import (
    BeliefBook,
    Reports,
    Setting,
    assignment,
    digital_goods,
    independent,
    joint,
    public_good,
    single_good,
)
from mechanisms.crowdsourced.sure_offers import SureOffers, best_offer
from tests.priors import belief_menus, random_belief, random_reports, value_lie_losses

GOODS = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6], [1, 1, 1]], [[4, 1, 4], [1, 3, 6]]])
ENVIRONMENTS = {
    "goods": GOODS,
    "pair": single_good([[1, 2, 4], [1, 3, 5]]),
    "trio": single_good([[1, 2, 7], [1, 4], [2, 3]]),
    "copies": digital_goods([[1, 2, 4], [2, 3], [1, 3]]),
}
everywhere = pytest.mark.parametrize("where", ENVIRONMENTS)


def rule_on(environment, prior=None, **options):
    return SureOffers(Setting(environment, BeliefBook(), prior), **{"epsilon": 0.05, **options})


def random_game(where, seed, kind="complete", **options):
    """A random correlated prior with small odds, and a knowledge structure."""
    environment, rng = ENVIRONMENTS[where], np.random.default_rng(seed)
    kept = rng.random(len(environment.grid)) < 0.6
    kept[rng.integers(len(kept))] = True
    odds = rng.integers(1, 5, kept.sum()).astype(float)
    space = StateSpace(environment.shape, environment.grid[kept], odds / odds.sum())
    pairs = [[i, j] for i in range(environment.players) for j in range(environment.players) if i != j]
    facts = {"edges": [pair for pair in pairs if rng.random() < 0.5]} if kind == "graph" else {}
    knowledge = partition(space, environment, KNOWLEDGE[kind](environment, space, **facts))
    return Game(rule_on(environment, space.prior, **options), knowledge)


def possible(environment, player, belief):
    """Profiles of all players' types that a belief holds possible, the owner's own type aside."""
    return [np.insert(atom, player, 0) for atom in belief.atoms]


def sure_prices(environment, player, belief):
    """The least worth of each bundle to each other player."""
    return {
        (j, bundle): min(
            int(environment.worth[j][profile[j], bundle]) for profile in possible(environment, player, belief)
        )
        for j in range(environment.players)
        for bundle in range(len(environment.bundles))
        if j != player
    }


def most_sure(environment, player, belief):
    """The largest sure revenue over all feasible assignments to the others."""
    prices = sure_prices(environment, player, belief)
    return max(
        sum(prices[j, int(bundle)] for j, bundle in enumerate(row) if j != player)
        for row in environment.allocations
        if row[player] == 0
    )


@everywhere
def test_the_best_offer_is_the_best_of_all(where):
    environment, rng = ENVIRONMENTS[where], np.random.default_rng(1)
    feasible = {tuple(row) for row in environment.allocations.tolist()}
    for _ in range(40):
        player = int(rng.integers(environment.players))
        belief = random_belief(rng, tuple(np.delete(environment.shape, player)))
        offer, prices = best_offer(environment, player, belief), sure_prices(environment, player, belief)
        assert tuple(offer.bundles.tolist()) in feasible
        assert offer.bundles[player] == offer.prices[player] == 0
        for j in range(environment.players):
            if j != player:
                assert offer.prices[j] == prices[j, int(offer.bundles[j])]
        assert offer.prices.sum() == most_sure(environment, player, belief)


def by_definition(rule, values, beliefs, heads):
    """One round: allocation by player, payments, rewards."""
    environment, n = rule.environment, rule.environment.players
    offers = [best_offer(environment, i, rule.book[b]) for i, b in enumerate(beliefs)]
    revenue = [int(offer.prices.sum()) for offer in offers]
    star = max(range(n), key=lambda i: (revenue[i], -i))
    second = max((i for i in range(n) if i != star), key=lambda i: (revenue[i], -i))
    given, paid, rewards = [0] * n, [0] * n, []
    for i in range(n):
        if heads == (i != star):
            offer = offers[star if heads else second]
            if environment.worth[i][values[i], offer.bundles[i]] >= offer.prices[i]:
                given[i], paid[i] = int(offer.bundles[i]), int(offer.prices[i])
    for i in range(n):
        refused = [
            int(offers[i].prices[j])
            for j in range(n)
            if environment.worth[j][values[j], offers[i].bundles[j]] < offers[i].prices[j]
        ]
        rewards.append(rule.epsilon / n * revenue[i] / (1 + revenue[i]) - sum(refused))
    return given, paid, rewards


@everywhere
def test_any_announcements_are_settled_by_the_definition(where):
    rule = rule_on(ENVIRONMENTS[where], epsilon=0.4)
    reports = random_reports(rule, 1, 200, menu=6)
    for role in (0, 1):
        settled = rule.settle(reports, role)
        for row in range(200):
            given, paid, rewards = by_definition(rule, reports.values[row], reports.beliefs[row], role == 0)
            assert rule.environment.allocations[settled.allocation[row]].tolist() == given
            assert settled.payments[row].tolist() == paid
            np.testing.assert_allclose(settled.rewards[row], rewards)
    assert settled.rewards.min() < 0


@pytest.mark.parametrize("kind", ["own-value", "graph", "complete"])
@everywhere
def test_truth_earns_half_of_the_largest_sure_revenue_less_epsilon(where, kind):
    for seed in range(8):
        game = random_game(where, seed, kind)
        reports = game.truthful_play.reports
        outcomes, benchmark = game.mechanism.expect(reports), game.mechanism.benchmark(reports)
        for row, state in enumerate(game.truthful_play.states):
            beliefs = [game.knowledge.posterior(i, int(c)) for i, c in enumerate(game.knowledge.cells[state])]
            largest = max(most_sure(game.environment, i, belief) for i, belief in enumerate(beliefs))
            assert benchmark[row] == largest / 2
            assert outcomes.prices[row] >= largest / 2
            assert outcomes.revenue[row] >= largest / 2 - game.mechanism.epsilon - 1e-12
        assert outcomes.rewards.min() >= 0
        assert outcomes.rewards.sum(axis=1).max() <= game.mechanism.epsilon


def test_an_example_by_hand():
    """2 knows that 0 has 3 for a and 1 has 6 for both, or 5 for b: a to 0, b to 1, at 3 and 5."""
    rule = rule_on(GOODS, epsilon=0.3)
    knows = rule.book.add(joint((2, 3), [[1, 1]], [1.0]))
    nothing = [
        rule.book.add(independent([np.full(GOODS.shape[j], 1 / GOODS.shape[j]) for j in pair]))
        for pair in ((1, 2), (0, 2))
    ]
    told = Reports(np.array([[1, 1, 0]]), np.array([[*nothing, knows]]))
    heads, tails = rule.settle(told, 0), rule.settle(told, 1)
    assert heads.payments.tolist() == [[3, 5, 0]]
    assert [GOODS.bundles[b] for b in GOODS.allocations[heads.allocation[0]]] == [("a",), ("b",), ()]
    assert heads.rewards[0, 2] == pytest.approx(0.1 * 8 / 9)
    assert tails.payments[0, :2].tolist() == [0, 0]
    assert rule.benchmark(told).tolist() == [4.0]


# --- strategy


@everywhere
def test_values_are_dominant_whatever_is_told_of_beliefs(where):
    rule = rule_on(ENVIRONMENTS[where], epsilon=0.3)
    assert value_lie_losses(rule, belief_menus(rule, 5, 3)).min() >= -1e-12


@everywhere
def test_what_is_said_of_the_others_does_not_change_what_one_can_buy(where):
    """Neither the chance of each bundle nor the price, coins averaged."""
    rule = rule_on(ENVIRONMENTS[where])
    environment = rule.environment
    reports = random_reports(rule, 3, 150, menu=5)
    for i in range(environment.players):
        menu = belief_menus(rule, 7, 6)[i]
        seen = []
        for belief in menu:
            lie = Reports(reports.values, reports.beliefs.copy())
            lie.beliefs[:, i] = belief
            outcomes = rule.expect(lie)
            mine = environment.allocations[:, i, None] == np.arange(len(environment.bundles))
            seen.append(np.column_stack([outcomes.allocation @ mine, outcomes.payments[:, i]]))
        for other in seen[1:]:
            np.testing.assert_allclose(other, seen[0], atol=1e-12)


@pytest.mark.parametrize("kind", ["own-value", "graph", "complete"])
@everywhere
def test_truth_is_an_equilibrium_for_a_small_epsilon(where, kind):
    """At most n times the least probability that anybody gives to what she thinks possible."""
    for seed in range(3):
        game = random_game(where, seed, kind)
        n = game.players
        least = min(game.book[int(b)].weights.min() for seat in game.seats for b in seat.posteriors)
        safe = random_game(where, seed, kind, epsilon=n * least)
        assert deviations(safe).max_gain <= 1e-12


def test_a_large_epsilon_makes_it_pay_to_claim_more():
    environment = single_good([[1, 2], [1, 5]])
    space = StateSpace(environment.shape, np.array([[0, 0], [0, 1]]), np.array([0.01, 0.99]))
    knowledge = partition(space, environment, KNOWLEDGE["own-value"](environment, space))
    for epsilon, gains in ((0.02, False), (3.0, True)):
        game = Game(rule_on(environment, space.prior, epsilon=epsilon), knowledge)
        assert (deviations(game).max_gain > 0) == gains


def test_to_hide_what_one_is_sure_of_costs():
    game = random_game("trio", 2, "complete")
    rule, reports = game.mechanism, game.truthful_play.reports
    vague = Reports(reports.values, reports.beliefs.copy())
    spread = [np.full(size, 1 / size) for size in game.environment.shape[1:]]
    vague.beliefs[:, 0] = game.book.add(independent(spread))
    lost = rule.expect(reports).rewards[:, 0] - rule.expect(vague).rewards[:, 0]
    assert lost.min() >= 0
    assert lost.max() > 0


# --- coins, parts, and what it refuses


@pytest.mark.parametrize("options", [{}, {"delta": 0.25, "discount": 0.3}])
@everywhere
def test_play_means_what_expect_says(where, options):
    rule = rule_on(ENVIRONMENTS[where], **options)
    reports = random_reports(rule, 2, 3)
    expected = rule.expect(reports)
    played = rule.play(reports.take(np.repeat(np.arange(3), 6_000)), np.random.default_rng(3))
    shares = np.eye(len(rule.environment.allocations))[played.allocation].reshape(3, 6_000, -1).mean(axis=1)
    np.testing.assert_allclose(shares, expected.allocation, atol=0.035)
    np.testing.assert_allclose(played.payments.reshape(3, 6_000, -1).mean(axis=1), expected.payments, atol=0.2)
    np.testing.assert_allclose(played.rewards.reshape(3, 6_000, -1).mean(axis=1), expected.rewards)


@pytest.mark.parametrize("delta", [0.0, 0.3])
@everywhere
def test_parts_read_all_that_matters(where, delta):
    game = random_game(where, 4, "graph", delta=delta)
    induced, rng = Induced(game), np.random.default_rng(5)
    told = [rng.integers(0, len(menu), 60) for menu in induced.menus]
    values = np.stack([menu.value_of(k) for menu, k in zip(induced.menus, told, strict=True)], axis=1)
    beliefs = np.stack([menu.beliefs[menu.belief_of(k)] for menu, k in zip(induced.menus, told, strict=True)], axis=1)
    outcomes = game.mechanism.expect(Reports(values, beliefs))
    for i, kind in product(range(game.players), range(2)):
        direct = outcomes.utility_of(game.environment, i, np.full(60, kind))
        np.testing.assert_allclose(induced.payoffs(i, kind, told), direct, atol=1e-12)


def test_what_it_refuses():
    with pytest.raises(ValueError, match="sure-offers lets players refuse an offer, and this environment is not down"):
        rule_on(public_good([[1, 2]] * 2))
    with pytest.raises(ValueError, match="needs at least two players"):
        rule_on(single_good([[1, 2]]))
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=f"epsilon must be a number from 0 up, not {wrong}"):
            rule_on(ENVIRONMENTS["pair"], epsilon=wrong)
    with pytest.raises(ValueError, match=r"player 1's belief is about types of shape \(2,\), not the others' \(3,\)"):
        best_offer(ENVIRONMENTS["pair"], 1, joint((2,), [[0]], [1.0]))
