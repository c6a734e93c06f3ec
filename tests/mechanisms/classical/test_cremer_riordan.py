"""A leader and followers: efficient, balanced, truth dominant for followers and best for an independent leader."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from mechanisms import BeliefBook, Joint, Reports, Setting, digital_goods, independent, joint, public_good, single_good
from mechanisms.classical.cremer_riordan import CremerRiordan
from tests.mechanisms.classical.checks import announced, assert_play_is_expect_in_the_mean, money

VALUES = [[1, 4, 9], [2, 5], [1, 6, 7]]
SHAPE = (3, 2, 3)


def built(prior: Joint, cost: int = 12, leader: int = 0, values: list[list[int]] = VALUES) -> CremerRiordan:
    return CremerRiordan(Setting(public_good(values), BeliefBook(), prior), cost=cost, leader=leader)


def independent_prior(seed: int) -> Joint:
    rng = np.random.default_rng(seed)
    return independent([rng.dirichlet(np.ones(size)) for size in SHAPE])


def leader_apart(seed: int, leader: int) -> Joint:
    """Return a prior whose leader is independent of the followers, who are correlated with each other."""
    rng = np.random.default_rng(seed)
    own = rng.dirichlet(np.ones(SHAPE[leader]))
    rest = rng.dirichlet(np.full(int(np.prod(SHAPE)) // SHAPE[leader], 0.5)).reshape(np.delete(SHAPE, leader))
    table = np.moveaxis(np.multiply.outer(own, rest), 0, leader)
    return joint(SHAPE, np.indices(SHAPE).reshape(3, -1).T, table.ravel())


def utilities(mechanism: CremerRiordan, player: int) -> np.ndarray:
    """Return ``(types, *grid of announcements)``: a player's utility by true type."""
    environment = mechanism.environment
    outcomes = mechanism.expect(announced(mechanism))
    rows = len(environment.grid)
    by_type = [outcomes.utility_of(environment, player, np.full(rows, k)) for k in range(environment.shape[player])]
    return np.stack(by_type).reshape(-1, *environment.shape)


def gains(mechanism: CremerRiordan, player: int, belief: Joint) -> np.ndarray:
    """Return ``(types, announcements)``: the interim gain over truth, the others truthful, by that belief."""
    table = belief.prob(mechanism.environment.grid).reshape(mechanism.environment.shape)
    others = tuple(i for i in range(mechanism.environment.players) if i != player)
    found = []
    for kind, utility in enumerate(utilities(mechanism, player)):
        weights = np.take(table, kind, axis=player)
        mine = np.moveaxis(utility, player, 0)
        worth = (mine * weights).sum(axis=tuple(range(1, len(others) + 1))) / weights.sum()
        found.append(worth - worth[kind])
    return np.array(found)


@pytest.mark.parametrize("leader", [0, 1, 2])
@pytest.mark.parametrize("cost", [0, 7, 12, 30])
@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_efficient_and_the_budget_balances_in_every_profile(seed, cost, leader):
    mechanism = built(leader_apart(seed, leader), cost, leader)
    outcomes = mechanism.expect(announced(mechanism))
    provided = outcomes.allocation[:, 1]
    totals = np.array([sum(values) for values in money(mechanism.environment)])
    np.testing.assert_array_equal(provided, totals > cost)
    np.testing.assert_allclose(outcomes.payments.sum(axis=1), provided * cost, atol=1e-9)
    assert mechanism.expenses.tolist() == [0, cost]


@pytest.mark.parametrize("leader", [0, 1, 2])
@pytest.mark.parametrize("prior", [independent_prior(1), leader_apart(2, 0), leader_apart(3, 2)], ids=range(3))
def test_truth_is_dominant_for_followers_whatever_the_prior(prior, leader):
    mechanism = built(prior, leader=leader)
    for j in {0, 1, 2} - {leader}:
        for kind, utility in enumerate(utilities(mechanism, j)):
            mine = np.moveaxis(utility, j, 0)
            assert (mine[kind] - mine).min() >= -1e-9


@pytest.mark.parametrize("leader", [0, 1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_truth_is_best_for_a_leader_whose_value_tells_nothing(seed, leader):
    for prior in (independent_prior(seed), leader_apart(seed, leader)):
        assert gains(built(prior, leader=leader), leader, prior).max() <= 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_followers_break_even_and_the_leader_has_the_expected_welfare(seed):
    prior = leader_apart(seed, 0)
    mechanism = built(prior)
    environment = mechanism.environment
    utility = mechanism.expect(announced(mechanism)).utility(environment, environment.grid)
    welfare = sum(
        weight * max(0, sum(grid[k] for grid, k in zip(VALUES, atom, strict=True)) - 12)
        for atom, weight in zip(prior.atoms, prior.weights, strict=True)
    )
    assert prior.prob(environment.grid) @ utility == pytest.approx([welfare, 0, 0], abs=1e-9)
    assert utility.min() < 0


def test_payments_by_hand():
    """In fractions, profile by profile: a follower pays x v_j - W + E W over her own value, the leader the rest."""
    marginals = [[Fraction(1, 2), Fraction(1, 2)], [Fraction(1, 4), Fraction(3, 4)], [Fraction(1, 3), Fraction(2, 3)]]
    values, cost = [[1, 5], [2, 3], [1, 4]], 8
    prior = independent([[float(p) for p in marginal] for marginal in marginals])
    mechanism = built(prior, cost, values=values)
    payments = mechanism.expect(announced(mechanism)).payments
    for row, profile in enumerate(product(*values)):
        total = sum(profile)
        paid = []
        for j in (1, 2):
            mean = sum(
                chance * max(0, total - profile[j] + value - cost)
                for value, chance in zip(values[j], marginals[j], strict=True)
            )
            paid.append((profile[j] if total > cost else 0) - max(0, total - cost) + mean)
        lead = (cost if total > cost else 0) - sum(paid)
        assert payments[row] == pytest.approx([float(lead), float(paid[0]), float(paid[1])], abs=1e-12)


def test_two_players():
    """Values 1 or 3 against 1 or 3, cost 4, even odds: the follower pays v - W + E W or E W, the leader the rest."""
    prior = independent([[0.5, 0.5]] * 2)
    mechanism = built(prior, 4, values=[[1, 3], [1, 3]])
    payments = mechanism.expect(announced(mechanism)).payments
    np.testing.assert_allclose(payments, [[0, 0], [0, 0], [-1, 1], [2, 2]], atol=1e-12)
    assert gains(mechanism, 0, prior).max() <= 1e-12


def test_a_leader_whose_value_tells_of_theirs_may_gain_by_a_lie():
    """Two players of values 1 or 3, cost 3; the other has the same value with chance 4/5.

    A leader of 3 who says so has the welfare expected by the marginal, (1 + 3) / 2. One who says 1 has 3 - 1 where the
    follower's 3 carries it, with chance 4/5, and the welfare expected of a 1 by the marginal, (0 + 1) / 2.
    """
    table = {(0, 0): 0.4, (0, 1): 0.1, (1, 0): 0.1, (1, 1): 0.4}
    prior = joint((2, 2), list(table), list(table.values()))
    mechanism = built(prior, 3, values=[[1, 3], [1, 3]])
    np.testing.assert_allclose(gains(mechanism, 0, prior), [[0, -0.5], [1.6 + 0.5 - 2, 0]], atol=1e-12)
    for kind, utility in enumerate(utilities(mechanism, 1)):
        mine = np.moveaxis(utility, 1, 0)
        assert (mine[kind] - mine).min() >= -1e-12


def test_a_leader_who_has_d_wrong_may_gain_by_a_lie():
    """The same with independent values of even odds, and a leader who thinks 9/10 in place of 1/2."""
    prior, belief = independent([[0.5, 0.5]] * 2), independent([[0.5, 0.5], [0.1, 0.9]])
    mechanism = built(prior, 3, values=[[1, 3], [1, 3]])
    assert gains(mechanism, 0, belief)[1, 0] == pytest.approx(1.8 + 0.5 - 2, abs=1e-12)
    assert gains(mechanism, 0, prior)[1, 0] == pytest.approx(1.0 + 0.5 - 2, abs=1e-12)


def test_the_leader_is_paid_more_the_higher_the_followers_are_thought_to_be():
    """Which is why she cannot be asked for the distribution that the charges are computed from."""
    sober, high = built(independent_prior(4)), built(joint(SHAPE, [[0, 1, 2]], [1.0]))
    paid = [mechanism.expect(announced(mechanism)).payments[:, 0] for mechanism in (sober, high)]
    assert (paid[1] <= paid[0] + 1e-12).all()
    assert paid[1].sum() < paid[0].sum() - 1


def test_announcements_that_d_rules_out_are_charged_by_the_marginal_and_say_so():
    """Followers 1 and 2 have equal types, so that (0, 1) and (1, 0) cannot be; then the marginal, even odds, counts."""
    values = [[1, 5], [2, 3], [1, 4]]
    chances = {(a, b, b): 0.25 for a in (0, 1) for b in (0, 1)}
    mechanism = built(joint((2, 2, 2), list(chances), list(chances.values())), 8, values=values)
    fallback = mechanism.expect(announced(mechanism)).fallback
    assert not fallback.any()  # each type of the other follower is possible by itself
    sure = built(joint((2, 2, 2), [[0, 0, 0], [1, 0, 0]], [0.5, 0.5]), 8, values=values)
    outcomes = sure.expect(announced(sure))
    strange = np.array([b or c for _, b, c in product((0, 1), repeat=3)])
    np.testing.assert_array_equal(outcomes.fallback, strange)
    profile = np.array([[1, 1, 1]])
    total = 5 + 3 + 4
    paid = sure.settle(Reports(profile, profile * 0), 0).payments[0]
    expected = [3 - (total - 8) + (total - 3 + 2 - 8), 4 - (total - 8) + (total - 4 + 1 - 8)]
    assert paid[1:].tolist() == expected
    assert paid.sum() == 8


def test_expected_outcomes_are_the_mean_of_played_ones():
    assert_play_is_expect_in_the_mean(built(leader_apart(1, 0)))


@pytest.mark.parametrize("environment", [single_good([[1, 2], [1, 2]]), digital_goods([[1, 2], [1, 2]])])
def test_goods_that_one_may_have_alone_are_refused(environment):
    uniform = independent([[0.5, 0.5]] * 2)
    with pytest.raises(ValueError, match="cremer-riordan decides on a public good, and this environment does not"):
        CremerRiordan(Setting(environment, BeliefBook(), uniform))


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match=r"the leader must be one of the players 0\.\.2, not 3"):
        built(independent_prior(0), leader=3)
    with pytest.raises(ValueError, match=r"cost .*from 0 to 1,000,000,000,000, not -1"):
        built(independent_prior(0), cost=-1)
    with pytest.raises(ValueError, match="needs at least two players"):
        built(independent([[1.0]]), values=[[3]])
