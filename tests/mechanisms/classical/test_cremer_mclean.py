"""Cremer-McLean: all the surplus by dominant strategies, at the price of losses ex post and of beliefs of full rank."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.knowledge import StateSpace
from analysis.deviation import deviations
from analysis.revenue import benchmarks, revenue_of
from mechanisms import BeliefBook, Environment, Reports, Setting, assignment, independent, joint, single_good
from mechanisms.classical.cremer_mclean import CremerMcLean
from mechanisms.classical.vickrey import Vickrey
from tests.full_rank import full_rank_case

PAIR = single_good([[1, 2], [1, 2]])
MATCHED = joint((2, 2), [[0, 0], [0, 1], [1, 0], [1, 1]], [1 / 3, 1 / 6, 1 / 6, 1 / 3])


def build(environment: Environment, prior, **options) -> CremerMcLean:
    return CremerMcLean(Setting(environment, BeliefBook(), prior), **options)


def announced(values) -> Reports:
    return Reports(values, np.zeros_like(values))


def surplus(case) -> float:
    """The expected largest value, by a loop."""
    return sum(weight * max(profile) for profile, weight in zip(case.profiles, case.weights, strict=True))


def game_of(case, **options) -> Game:
    return Game(build(case.environment, case.prior, **options), case.knowledge)


# --- what it promises


@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("seed", range(12))
def test_truth_earns_the_expected_largest_value(seed, players):
    case = full_rank_case(seed, players)
    found = revenue_of(game_of(case))
    assert found.total == pytest.approx(surplus(case), abs=1e-9)
    assert found.rewards == found.fallback == 0.0


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(["lowest-index", "uniform"]), st.integers(1, 9))
def test_two_types_of_two_players_are_always_of_full_rank_unless_independent(seed, ties, odd):
    rng = np.random.default_rng(seed)
    weights = rng.integers(1, 10, 4) * [odd, 1, 1, 1]
    assume(weights[0] * weights[3] != weights[1] * weights[2])
    prior = joint((2, 2), PAIR.grid, weights / weights.sum())
    mechanism = build(PAIR, prior, ties=ties)
    outcomes = mechanism.expect(announced(PAIR.grid))
    largest = PAIR.grid.max(axis=1) + 1
    assert float(prior.weights @ outcomes.prices) == pytest.approx(float(prior.weights @ largest), abs=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_no_type_expects_anything(seed):
    case = full_rank_case(seed, 3)
    game = game_of(case)
    for seat in game.seats:
        np.testing.assert_allclose(game.truth(seat.index), 0.0, atol=1e-8)


@pytest.mark.parametrize("delta", [0.0, 0.2])
@pytest.mark.parametrize("ties", ["lowest-index", "uniform"])
@pytest.mark.parametrize("seed", range(3))
def test_truth_is_dominant_whatever_the_others_announce(seed, ties, delta):
    """Tried on every profile of true types and every lie; strictly so with Lemma 1's lottery."""
    case = full_rank_case(seed, 3)
    environment = case.environment
    mechanism = build(environment, case.prior, ties=ties, delta=delta)
    for player, kinds in enumerate(environment.shape):
        truth = mechanism.expect(announced(environment.grid)).utility_of(
            environment, player, environment.grid[:, player]
        )
        for lie in range(kinds):
            told = environment.grid.copy()
            told[:, player] = lie
            worth = mechanism.expect(announced(told)).utility_of(environment, player, environment.grid[:, player])
            lying = environment.grid[:, player] != lie
            assert (truth - worth)[lying].min(initial=1.0) >= (1e-6 if delta else -1e-9)
    assert (deviations(game_of(case, ties=ties, delta=delta)).table["gain"] <= 1e-9).all()


def test_two_matched_bidders_by_hand():
    """Values {1,2}, equal two times in three. A 2 gains 1/3 from the second price and a 1 nothing, so the bet x beside
    a 1 and y beside a 2 solve 2x/3 + y/3 = 0 and x/3 + 2y/3 = 1/3."""
    mechanism = build(PAIR, MATCHED)
    for bet in mechanism.bets:
        np.testing.assert_allclose(bet, [-1 / 3, 2 / 3], atol=1e-12)
    outcomes = mechanism.expect(announced(PAIR.grid))
    np.testing.assert_allclose(outcomes.payments[0], [1 - 1 / 3, -1 / 3], atol=1e-12)
    np.testing.assert_allclose(outcomes.payments[1], [2 / 3, 1 - 1 / 3], atol=1e-12)
    assert float(MATCHED.weights @ outcomes.prices) == pytest.approx(5 / 3)
    assert mechanism.guarantee(1.5) == pytest.approx(5 / 3)


def test_it_earns_more_than_opt_because_some_lose_ex_post():
    """The same two bidders: OPT with ex-post participation is 3/2. Two 2s pay 8/3 in all, for a good worth 2."""
    space = StateSpace.from_joint(MATCHED)
    case = full_rank_case(0, 2)
    mechanism = build(PAIR, MATCHED)
    utility = mechanism.expect(announced(space.profiles)).utility(PAIR, space.profiles)
    np.testing.assert_allclose(utility[3], [-2 / 3, -2 / 3], atol=1e-12)
    np.testing.assert_allclose(utility[0], [1 / 3, 1 / 3], atol=1e-12)
    game = game_of(case)
    assert revenue_of(game).total > benchmarks(game).opt
    outcomes = game.mechanism.expect(game.truthful_play.reports)
    assert outcomes.utility(case.environment, game.space.profiles).min() < 0.0


@pytest.mark.parametrize("share", [Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000)])
def test_the_bets_grow_as_the_correlation_vanishes(share):
    """Equal with probability (1 + s) / 2: a 2 gains (1 - s) / 2 and a 1 nothing, so the bet beside a 2 is
    (1 - s)(1 + s) / 4s and beside a 1 minus (1 - s)^2 / 4s."""
    same, other = (1 + share) / 4, (1 - share) / 4
    mechanism = build(PAIR, joint((2, 2), PAIR.grid, [float(p) for p in (same, other, other, same)]))
    expected = [-((1 - share) ** 2) / (4 * share), (1 - share) * (1 + share) / (4 * share)]
    np.testing.assert_allclose(mechanism.bets[0], [float(b) for b in expected], rtol=1e-9)


def test_the_bets_solve_their_equations_by_fractions():
    """Three bidders whose values follow a common quality: the gains from the second price and the means of the bets by
    loops over profiles."""
    values = ((1, 4), (2, 3), (1, 5))
    odds = {v: 1 + 3 * (v[0] > 1 and v[1] > 2) + 2 * (v[2] > 1 and v[0] > 1) for v in product(*values)}
    total = sum(odds.values())
    environment = single_good(values)
    prior = joint(environment.shape, environment.grid, [float(Fraction(odd, total)) for odd in odds.values()])
    mechanism = build(environment, prior)
    for player, grid in enumerate(values):
        others = [v for i, v in enumerate(values) if i != player]
        for own in grid:
            mass = gain = mean = Fraction(0)
            for spot, rest in enumerate(product(*others)):
                odd = odds[(*rest[:player], own, *rest[player:])]
                mass += odd
                gain += odd * max(own - max(rest), 0)
                mean += odd * Fraction(float(mechanism.bets[player][spot]))
            assert float(mean / mass) == pytest.approx(float(gain / mass), abs=1e-12)


# --- what it needs


def test_independent_beliefs_are_refused_by_name():
    prior = independent([[0.5, 0.5], [0.2, 0.8]])
    with pytest.raises(ValueError, match=r"^cremer-mclean .* player 0's 2 types have rank 1: type 1's belief is a mix"):
        build(PAIR, prior)


def test_the_type_whose_belief_is_a_mixture_is_named():
    """Player 0's middle type believes half of what each of her other two does."""
    environment = single_good([[1, 2, 3], [1, 4, 9]])
    odds = np.array([[2, 3, 4], [3, 3, 3], [4, 3, 2]])
    prior = joint((3, 3), environment.grid, odds.ravel() / odds.sum())
    with pytest.raises(
        ValueError, match=r"player 0's 3 types have rank 2: type 2's belief is a mixture of the others'"
    ):
        build(environment, prior)


def test_dependent_beliefs_of_which_none_is_a_mixture():
    """Four beliefs about three profiles, at the corners of a square."""
    environment = single_good([[1, 2, 3, 4], [1, 2, 3]])
    corners = np.array([[5, 3, 4], [5, 1, 6], [1, 5, 6], [1, 7, 4]]) / 12
    prior = joint((4, 3), environment.grid, corners.ravel() / 4)
    assert np.linalg.matrix_rank(corners) == 3
    with pytest.raises(ValueError, match="player 0's 4 types have rank 3: no type's belief is a mixture"):
        build(environment, prior)


def test_a_type_of_probability_zero_needs_no_bet():
    environment = single_good([[1, 2, 3], [1, 2]])
    prior = joint((3, 2), [[0, 0], [0, 1], [2, 0], [2, 1]], [0.4, 0.1, 0.1, 0.4])
    mechanism = build(environment, prior)
    found = float(prior.weights @ mechanism.expect(announced(prior.atoms)).prices)
    assert found == pytest.approx(0.4 * 1 + 0.1 * 2 + 0.5 * 3, abs=1e-12)
    middle = announced(np.array([[1, 0], [1, 1]]))
    assert mechanism.expect(middle).payments.shape == (2, 2)


def test_beliefs_that_nearly_coincide_are_refused():
    step = 1e-12
    prior = joint((2, 2), PAIR.grid, [0.25 + step, 0.25 - step, 0.25 - step, 0.25 + step])
    with pytest.raises(ValueError, match="rank 1"):
        build(PAIR, prior)


def test_several_goods_are_refused():
    goods = assignment(["a", "b"], [[[1, 2, 4]], [[2, 2, 2]]])
    with pytest.raises(ValueError, match=r"^cremer-mclean sells a single good"):
        build(goods, joint((1, 1), [[0, 0]], [1.0]))


def test_a_single_bidder_of_one_type_pays_her_value():
    alone = single_good([[7]])
    mechanism = build(alone, joint((1,), [[0]], [1.0]))
    np.testing.assert_allclose(mechanism.expect(announced(np.zeros((1, 1), dtype=int))).payments, [[7.0]])


# --- play


@pytest.mark.parametrize("options", [{}, {"delta": 0.3, "discount": 0.4, "ties": "uniform"}])
def test_play_agrees_with_expectation(options):
    case = full_rank_case(2, 3)
    mechanism = build(case.environment, case.prior, **options)
    values = np.repeat(case.environment.grid, 400, axis=0)
    played, expected = (
        mechanism.play(announced(values), np.random.default_rng(5)),
        mechanism.expect(announced(values)),
    )
    error = played.payments - expected.payments
    spread = error.std(axis=0, ddof=1) / np.sqrt(len(values))
    assert (abs(error.mean(axis=0)) <= 4 * spread + 1e-12).all()


def test_the_auction_itself_is_vickreys():
    case = full_rank_case(4, 3)
    mechanism, plain = (kind(Setting(case.environment, BeliefBook(), case.prior)) for kind in (CremerMcLean, Vickrey))
    told = announced(case.environment.grid)
    found, base = mechanism.expect(told), plain.expect(told)
    np.testing.assert_array_equal(found.allocation, base.allocation)
    np.testing.assert_allclose(found.payments - mechanism.paid_bets(told.values), base.payments, atol=1e-9)


def test_lemma_1s_lottery_is_run_without_bets():
    case = full_rank_case(1, 2)
    told = announced(case.environment.grid)
    with_lottery = build(case.environment, case.prior, delta=0.25).expect(told)
    plain = build(case.environment, case.prior)
    _, paid = plain.lottery(0).expect(told.values)
    np.testing.assert_allclose(with_lottery.payments, 0.75 * plain.expect(told).payments + 0.25 * paid, atol=1e-9)
