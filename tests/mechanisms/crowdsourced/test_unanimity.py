"""Unanimity: OPT by truth, an equilibrium in every common lie, and a fine for whoever dissents."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from agents.misinformation import misinform
from agents.plan import pure_plan
from analysis.deviation import deviations
from analysis.revenue import revenue_of
from mechanisms import BeliefBook, Reports, Setting, assignment, independent, joint, optimal_mechanism, single_good
from mechanisms.crowdsourced.unanimity import Unanimity
from tests import oracle
from tests.priors import KINDS, beliefs, build, cases, iid, random_belief, random_case, random_reports, truthful_figures

PAIR = single_good([[1, 3], [2, 5]])
GOODS = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]]])


def of_all(mechanism, belief, values):
    """Everybody announces the same belief beside those values."""
    return Reports(values, np.full(values.shape, mechanism.book.add(belief)))


# --- truth


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_truth_earns_the_oracles_opt(kind, players):
    case = random_case(2, players, kind, most=3)
    prices, rewards = truthful_figures(case, "unanimity")
    expected = oracle.opt(case.values, oracle.gather(zip(case.profiles, case.weights, strict=True)))
    assert prices == pytest.approx(expected, abs=1e-9)
    assert rewards == 0.0


@settings(max_examples=20)
@given(cases(kinds=KINDS), st.sampled_from([0.1, 1.0]))
def test_truth_is_an_equilibrium_and_strictly_with_the_lottery(case, delta):
    assert (deviations(case.game("unanimity")).table["gain"] <= 0.0).all()
    found = deviations(case.game("unanimity", delta=delta)).table
    assert (found["gain"] < 0.0).all()


# --- common lies


def common_play(game, belief):
    told = game.book.add(belief)
    return [
        pure_plan(s.information, s.types, np.full(len(s.types), told), game.environment.shape[s.index])
        for s in game.seats
    ]


def gains_over_a_common_lie(game, belief, menu):
    """What each report gains over the true value with the common lie, ``(types, values, 1 + menu)`` a seat."""
    play = game.play(common_play(game, belief))
    ids = np.array([game.book.add(b) for b in (belief, *menu)])
    for seat in game.seats:
        tried = np.broadcast_to(ids, (len(seat.types), seat.menu_size, len(ids)))
        worth = game.surface(seat.index, tried, play=play).interim
        yield worth - worth[np.arange(len(seat.types)), seat.types, 0][:, None, None]


@settings(max_examples=20)
@given(cases(kinds=KINDS), st.data())
def test_every_common_lie_is_an_equilibrium(case, data):
    """No report gains; whatever is announced beside the lie loses the fine and what agreement was worth."""
    lie, *menu = (data.draw(beliefs(case.environment.shape)) for _ in range(4))
    game = case.game("unanimity", penalty=0.25)
    told, *others = (game.book.add(b) for b in (lie, *menu))
    other = np.array(others) != told
    for gain in gains_over_a_common_lie(game, lie, menu):
        assert gain[:, :, 0].max() <= 1e-9
        assert (gain[:, :, 1:][:, :, other] <= -0.25 + 1e-9).all()


@pytest.mark.parametrize("seed", range(3))
def test_a_common_lie_is_a_strict_equilibrium_with_the_lottery(seed):
    game = iid((1, 10), (0.1, 0.9), 2).game("unanimity", delta=0.1)
    lie = random_belief(np.random.default_rng(seed), (2, 2))
    types = np.arange(2)
    for gain in gains_over_a_common_lie(game, lie, []):
        assert (gain[types, 1 - types, 0] < 0.0).all()


def test_what_a_common_lie_costs_by_hand():
    """Values 1 and 10, evenly: 10 is asked. Who thinks 10 rare sells always: at 10 if both have it, else at 1 or,
    to her who loses ties at 1, at 10."""
    game = iid((1, 10), (0.5, 0.5), 2).game("unanimity")
    assert revenue_of(game).total == pytest.approx(0.75 * 10)
    rare = independent([[0.99, 0.01]] * 2)
    assert revenue_of(game, common_play(game, rare)).total == pytest.approx((10 + 1 + 10 + 1) / 4)


def test_an_agreed_lie_runs_the_oracles_optimal_rule_for_it():
    """Where the lie has full support and its optimum is unique the prices are the oracle's, whatever D is."""
    mechanism = build("unanimity", PAIR)
    lie = joint((2, 2), [[0, 0], [0, 1], [1, 0], [1, 1]], [0.4, 0.31, 0.17, 0.12])
    money = {(1, 2): 0.4, (1, 5): 0.31, (3, 2): 0.17, (3, 5): 0.12}
    _, rule = oracle.single_good_rule(((1, 3), (2, 5)), tuple(sorted(money.items())))
    outcomes = mechanism.expect(of_all(mechanism, lie, PAIR.grid))
    for row, profile in enumerate(money):
        np.testing.assert_allclose(outcomes.payments[row], [pay for _, pay, _ in rule[profile]], atol=1e-9)


# --- disagreement


def test_one_dissenter_ends_it_for_all():
    mechanism = build("unanimity", PAIR, penalty=7.0, delta=0.5)
    honest, other = (mechanism.book.add(random_belief(np.random.default_rng(s), (2, 2))) for s in (1, 2))
    assert honest != other
    told = np.array([[honest, honest], [honest, other], [other, honest], [other, other]])
    outcomes = mechanism.expect(Reports(np.ones((4, 2), dtype=np.int64), told))
    np.testing.assert_array_equal(outcomes.rewards, [[0, 0], [-7, -7], [-7, -7], [0, 0]])
    np.testing.assert_array_equal(outcomes.allocation[1:3, 0], 1.0)
    np.testing.assert_array_equal(outcomes.prices[1:3], 0.0)
    assert (outcomes.prices[[0, 3]] > 0).all()


@pytest.mark.parametrize(("environment", "expected"), [(PAIR, 5.0), (GOODS, 6.0)])
def test_the_penalty_is_the_largest_worth_of_anything_to_anybody_unless_given(environment, expected):
    assert build("unanimity", environment).penalty == expected
    assert build("unanimity", environment, penalty=0.5).penalty == 0.5


def test_one_misinformed_player_ends_the_truthful_game():
    case = random_case(4, 2, most=3, labelled=False)
    tilted = misinform(case.knowledge, 1, case.space.weights[::-1].copy())
    game = Game(case.game("unanimity", penalty=2.0).mechanism, tilted)
    found = revenue_of(game)
    assert (found.prices, found.rewards) == (0.0, pytest.approx(-4.0))
    agreed = replace(tilted, opinions=np.repeat(tilted.opinions[1:], 2, axis=0))
    assert revenue_of(Game(game.mechanism, agreed)).rewards == 0.0


# --- Lemma 1


@pytest.mark.parametrize("environment", [PAIR, GOODS], ids=["pair", "goods"])
def test_the_lottery_is_lemma_1s_and_only_where_all_agree(environment):
    mechanism = build("unanimity", environment, delta=0.3, discount=0.4)
    belief = random_belief(np.random.default_rng(3), environment.shape)
    outcomes = mechanism.expect(of_all(mechanism, belief, environment.grid))
    optimum = optimal_mechanism(environment, belief)
    sold, paid = mechanism.lottery(0).expect(environment.grid)
    np.testing.assert_allclose(outcomes.allocation, 0.7 * optimum.allocation + 0.3 * sold, atol=1e-12)
    np.testing.assert_allclose(outcomes.payments, 0.7 * optimum.payments + 0.3 * paid, atol=1e-12)


def test_the_optimum_is_solved_once_per_agreed_belief(monkeypatch):
    solved = []
    target = "mechanisms.crowdsourced.unanimity.optimal_mechanism"
    monkeypatch.setattr(target, lambda *a: solved.append(a) or optimal_mechanism(*a))
    mechanism = build("unanimity", PAIR, delta=0.1)
    reports = random_reports(mechanism, 2, 400, menu=3)
    shared = Reports(reports.values, np.repeat(reports.beliefs[:, :1], 2, axis=1))
    for told in (reports, shared):
        mechanism.expect(told)
        mechanism.play(told, np.random.default_rng(0))
    assert len(solved) == len(np.unique(shared.beliefs)) > 1


# --- several goods, and bad input


def test_truth_earns_opt_with_two_goods():
    rng = np.random.default_rng(5)
    prior = joint(GOODS.shape, GOODS.grid, rng.dirichlet(np.ones(len(GOODS.grid))))
    space = StateSpace.from_joint(prior)
    knowledge = partition(space, GOODS, KNOWLEDGE["own-value"](GOODS, space))
    game = Game(Unanimity(Setting(GOODS, BeliefBook(), prior)), knowledge)
    worth = [list(map(tuple, rows.tolist())) for rows in GOODS.worth]
    shares = [(one, other) for one in range(4) for other in range(4) if not one & other]  # bundles as bit sets
    dist = {tuple(atom): float(weight) for atom, weight in zip(prior.atoms.tolist(), prior.weights, strict=True)}
    expected = oracle.opt_assignment(worth, shares, dist)
    assert revenue_of(game).total == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("inf"), float("nan")])
def test_a_penalty_must_be_positive(penalty):
    with pytest.raises(ValueError, match=f"penalty .* {penalty}"):
        build("unanimity", PAIR, penalty=penalty)


def test_one_player_has_nobody_to_agree_with():
    with pytest.raises(ValueError, match="two players"):
        build("unanimity", single_good([[1, 2]]))


def test_a_belief_about_the_others_alone_is_refused():
    mechanism = build("unanimity", PAIR)
    about_others = mechanism.book.add(joint((2,), [[0]], [1.0]))
    told = Reports(np.zeros((3, 2), dtype=np.int64), np.full((3, 2), about_others))
    with pytest.raises(ValueError, match=r"shape \(2,\); unanimity .* \(2, 2\)"):
        mechanism.expect(told)


def test_nothing_is_guaranteed():
    assert build("unanimity", PAIR).guarantee(1.0) is None
