"""M: against the oracle, in environments of several goods, and what the informant is paid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from mechanisms import MECHANISMS, BeliefBook, Reports, Setting, assignment, joint, optimal_mechanism, single_good
from mechanisms.classical import optimal_auction
from tests import oracle
from tests.priors import (
    KINDS,
    belief_menus,
    build,
    cases,
    money_belief,
    random_case,
    random_reports,
    truthful_figures,
)


def check_against_oracle(case):
    expected = oracle.m_figures(case.oracle(epsilon=0.06, delta=0.1))
    prices, rewards = truthful_figures(case, "M", epsilon=0.06, delta=0.1)
    plain, _ = truthful_figures(case, "M", epsilon=0.06)
    assert plain == pytest.approx(float(expected["prices_delta0"]), abs=1e-9)
    assert prices == pytest.approx(float(expected["prices"]), abs=1e-9)
    assert rewards == pytest.approx(float(expected["rewards"]), abs=1e-9)


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_prices_and_rewards_are_the_oracles(kind, players):
    check_against_oracle(random_case(1, players, kind, most=3))


@pytest.mark.slow
@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_prices_and_rewards_are_the_oracles_on_more_priors(kind, players):
    for seed in range(100, 110):
        check_against_oracle(random_case(seed, players, kind, most=4 if players == 2 else 3))


@pytest.mark.parametrize("players", [2, 3])
def test_rewards_and_belief_losses_of_misreports_are_the_oracles(players):
    """The informant's own outcome is unique; the others' depends on which optimal rule is found."""
    case = random_case(5, players, most=3, labelled=False)
    mechanism = build("M", case.environment, epsilon=0.4, delta=0.2)
    reports = random_reports(mechanism, 6, 40)
    for role in range(players):
        told = Reports(reports.values, reports.beliefs, np.full(40, role))
        outcomes = mechanism.expect(told)
        for row in range(40):
            belief = mechanism.book[int(reports.beliefs[row, role])]
            bids = [case.values[j][k] for j, k in enumerate(reports.values[row]) if j != role]
            expected = oracle.reward("M", 0.4, players, money_belief(case, role, belief), tuple(bids))
            assert outcomes.rewards[row, role] == pytest.approx(float(expected), abs=1e-9)
        assert np.delete(outcomes.rewards, role, axis=1).max() == 0.0
        assert outcomes.payments[:, role].max() == 0.0
        assert outcomes.allocation[:, role + 1].max() == 0.0


@pytest.mark.parametrize("players", [2, 3])
def test_with_prices_for_full_support_beliefs_misreports_have_the_oracles_utility(players):
    """Where every profile is possible and the optimum unique, the whole utility can be compared."""
    case = random_case(3, players, most=3, labelled=False)
    mechanism = build("M", case.environment, epsilon=0.4, delta=0.2)
    rng = np.random.default_rng(0)
    game = case.oracle(epsilon=0.4, delta=0.2)
    for _ in range(10):
        values = np.array([[rng.integers(0, size) for size in case.environment.shape]])
        slow, ids = [], []
        for j in range(players):
            shape = case.environment.shape[:j] + case.environment.shape[j + 1 :]
            atoms = np.indices(shape).reshape(len(shape), -1).T
            belief = joint(shape, atoms, rng.dirichlet(np.ones(len(atoms))))
            ids.append(mechanism.book.add(belief))
            slow.append((case.values[j][values[0, j]], money_belief(case, j, belief)))
        outcomes = mechanism.expect(Reports(values, np.array([ids])))
        truth = [int(rng.integers(0, size)) for size in case.environment.shape]
        for j in range(players):
            money = tuple(grid[k] for grid, k in zip(case.values, truth, strict=True))
            expected = oracle.utility(game, "M", money, slow, j)
            found = outcomes.utility_of(case.environment, j, np.array([truth[j]]))[0]
            assert found == pytest.approx(float(expected), abs=1e-9)


GOODS = [
    assignment(["a", "b"], [[[1, 2, 3], [2, 1, 4]], [[2, 2, 4], [1, 3, 3], [3, 0, 3]]]),
    assignment(["a", "b"], [[[1, 1, 2], [1, 2, 3]], [[1, 1, 2], [2, 1, 3]]]),
    assignment(["a", "b"], [[[4, 0, 4], [0, 4, 4], [2, 2, 5]], [[3, 3, 3], [1, 5, 5]]]),
]


@pytest.mark.parametrize("environment", GOODS)
@pytest.mark.parametrize("seed", range(2))
def test_two_goods_against_brute_force_for_the_player_who_remains(environment, seed):
    rng = np.random.default_rng(seed)
    odds = rng.integers(0, 4, len(environment.grid)) + np.eye(1, len(environment.grid), seed)[0]
    prior = joint(environment.shape, environment.grid, odds / odds.sum())
    space = StateSpace.from_joint(prior)
    knowledge = partition(space, environment, KNOWLEDGE["own-value"](environment, space))
    game = Game(MECHANISMS["M"](Setting(environment, BeliefBook(), prior), epsilon=0.0), knowledge)
    found = space.weights @ game.mechanism.expect(game.truthful_play.reports).prices

    best = deterministic = 0.0
    for informant, kind in [(i, k) for i in range(2) for k in range(environment.shape[i])]:
        event = prior.atoms[:, informant] == kind
        if not event.any():
            continue
        belief = prior.given(event).marginal([1 - informant])
        worth = [tuple(map(tuple, environment.worth[1 - informant].tolist()))]
        dist = {(int(k),): float(w) for (k,), w in zip(belief.atoms, belief.weights, strict=True)}
        menu = [(bundle,) for bundle in range(4)]
        share = prior.weights[event].sum() / 2
        best += share * oracle.opt_assignment(worth, menu, dist)
        deterministic += share * oracle.brute_force_deterministic(worth, menu, dist)
    assert found == pytest.approx(best, abs=1e-9)
    assert found >= deterministic - 1e-9
    if environment is GOODS[1]:  # with two types, one of them always at her full worth, no lottery helps
        assert found == pytest.approx(deterministic, abs=1e-9)


def test_the_informants_reward_by_hand():
    """BSR of (1/4, 3/4) is -1/8 if right and -9/8 if wrong."""
    environment = single_good([[1, 2], [1, 2]])
    mechanism = build("M", environment, epsilon=0.8)
    belief = mechanism.book.add(joint((2,), [[0], [1]], [0.25, 0.75]))
    values = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    told = Reports(values, np.full((4, 2), belief), np.zeros(4, dtype=np.int64))
    rewards = mechanism.expect(told).rewards[:, 0]
    np.testing.assert_allclose(rewards, [0.4 * 0.875, 0.4 * 1.875, 0.4 * 0.875, 0.4 * 1.875])
    # the other is offered 2, so she pays 2 or nothing
    np.testing.assert_allclose(mechanism.expect(told).payments, [[0, 0], [0, 2], [0, 0], [0, 2]])


def test_the_optimum_is_solved_once_per_distinct_belief(monkeypatch):
    solved = []
    monkeypatch.setattr(optimal_auction, "optimal_mechanism", lambda *a: solved.append(a) or optimal_mechanism(*a))
    mechanism = build("M", single_good([[1, 2], [1, 3], [2, 4]]), epsilon=0.1, delta=0.1)
    reports = random_reports(mechanism, 2, 400, menu=3)
    mechanism.expect(reports)
    mechanism.play(reports, np.random.default_rng(0))
    asked = {(role, belief) for role in range(3) for belief in reports.beliefs[:, role].tolist()}
    assert len(solved) == len(asked) > 3


def test_lemma_1s_lottery_is_for_those_who_do_not_inform():
    mechanism = build("M", single_good([[1, 2], [1, 3], [2, 4]]), epsilon=0.1, delta=1.0)
    assert [mechanism.lottery_players(i) for i in range(3)] == [(1, 2), (0, 2), (0, 1)]
    menus = belief_menus(mechanism, 1, 1)
    told = Reports(np.array([[1, 1, 1]]), np.array([[menu[0] for menu in menus]]), np.array([1]))
    outcomes = mechanism.expect(told)
    # prices 1, 2 and 4, less a half: player 0 takes two of them, player 2 all three
    np.testing.assert_allclose(outcomes.payments, [[(0.5 + 1.5) / 6, 0, (0.5 + 1.5 + 3.5) / 6]])


@settings(max_examples=15)
@given(cases(), st.integers(0, 99))
def test_knowing_more_never_lowers_the_prices(case, seed):
    """OPT is convex in the belief, so M's prices grow from own values over a graph to complete information."""
    rng = np.random.default_rng(seed)
    n = case.players
    edges = [[i, j] for i in range(n) for j in range(n) if i != j and rng.random() < 0.5]
    ladder = [("own-value", {}), ("graph", {"edges": edges}), ("complete", {})]
    prices, rewards = zip(
        *(
            truthful_figures(
                type(case)(case.values, case.profiles, case.weights, kind, parameters), "M", epsilon=0.2, delta=0.1
            )
            for kind, parameters in ladder
        ),
        strict=True,
    )
    assert prices[0] - 1e-9 <= prices[1] <= prices[2] + 1e-9
    assert rewards[0] - 1e-9 <= rewards[1] <= rewards[2] + 1e-9
    assert rewards[2] == pytest.approx(0.2)
