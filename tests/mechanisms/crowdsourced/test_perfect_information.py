"""Perfect information: all the welfare but epsilon from who knows everything, and guesses from who does not."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.game import Game
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from analysis.deviation import deviations
from analysis.revenue import benchmarks, revenue_of
from mechanisms import BeliefBook, Environment, Reports, Setting, assignment, joint, public_good, single_good
from mechanisms.crowdsourced.perfect_information import PerfectInformation
from tests.priors import Case, cases, independent_case, random_belief

PAIR = single_good([[1, 5, 10], [1, 5]])
TRIO = single_good([[1, 4], [2, 3], [1, 5]])
GOODS = assignment(["a", "b"], [[[1, 2, 4], [3, 0, 3]], [[2, 2, 2], [0, 5, 6]], [[4, 1, 5], [2, 2, 3]]])
BRIDGE = public_good([[1, 6], [2, 3], [4, 5]])
EVERYWHERE = pytest.mark.parametrize(
    "environment", [PAIR, TRIO, GOODS, BRIDGE], ids=["pair", "trio", "goods", "bridge"]
)


def build(environment: Environment, **options) -> PerfectInformation:
    size = len(environment.grid)
    prior = joint(environment.shape, environment.grid, np.full(size, 1 / size))
    return PerfectInformation(Setting(environment, BeliefBook(), prior), **{"epsilon": 0.4, **options})


def everything_known(environment: Environment, **options) -> Game:
    mechanism = build(environment, **options)
    space = StateSpace.from_joint(mechanism._setting.prior)
    knowledge = partition(space, environment, KNOWLEDGE["complete"](environment, space))
    return Game(mechanism, knowledge)


def game_of(case: Case, **options) -> Game:
    return Game(
        PerfectInformation(Setting(case.environment, BeliefBook(), case.prior), **{"epsilon": 0.4, **options}),
        case.knowledge,
    )


def worth(environment: Environment, player: int, kind: int, allocation) -> int:
    return int(environment.worth[player][kind, allocation[player]])


def most(environment: Environment, types) -> int:
    """The largest welfare of a profile of types, by a loop over allocations."""
    rows = environment.allocations.tolist()
    return max(sum(worth(environment, i, k, row) for i, k in enumerate(types)) for row in rows)


def most_ever(environment: Environment) -> int:
    """The largest sum of what an allocation can be worth to its players, each of whatever type."""
    return max(
        sum(max(worth(environment, i, k, row) for k in range(size)) for i, size in enumerate(environment.shape))
        for row in environment.allocations.tolist()
    )


# --- from players who know everything


@EVERYWHERE
@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.9])
def test_revenue_is_the_welfare_less_its_share_of_epsilon(environment, epsilon):
    game = everything_known(environment, epsilon=epsilon)
    welfare = np.array([most(environment, types) for types in game.space.profiles.tolist()])
    outcomes = game.mechanism.expect(game.truthful_play.reports)
    np.testing.assert_allclose(outcomes.revenue, welfare * (1 - epsilon / most_ever(environment)), atol=1e-12)
    assert (outcomes.revenue >= welfare - epsilon - 1e-12).all()


def test_commissions_fall_with_the_sales_that_the_lottery_takes_over():
    plain, strict = (everything_known(TRIO, epsilon=0.5, **options) for options in ({}, {"delta": 0.3}))
    rewards = [game.mechanism.expect(game.truthful_play.reports).rewards for game in (plain, strict)]
    assert rewards[0].max() > 0
    np.testing.assert_allclose(rewards[1], 0.7 * rewards[0])


@settings(max_examples=20)
@given(cases(kinds=("complete",)), st.sampled_from([0.05, 0.5]))
def test_revenue_beats_opt_less_epsilon(case, epsilon):
    game = game_of(case, epsilon=epsilon)
    assert revenue_of(game).total >= benchmarks(game).opt - epsilon - 1e-9
    welfare = sum(w * max(v) for v, w in zip(case.profiles, case.weights, strict=True))
    assert revenue_of(game).total >= welfare - epsilon - 1e-9


def reports_of(mechanism: PerfectInformation, types, player: int):
    """Every value and every point claim of a player beside the others' truth, as reports, truth first."""
    shape = mechanism.environment.shape
    truth = [mechanism.book.add(point(shape, types, i)) for i in range(len(shape))]
    lies = [
        (value, mechanism.book.add(joint(rest(shape, player), [claim], [1.0])))
        for value in range(shape[player])
        for claim in product(*map(range, rest(shape, player)))
    ]
    told = [(types[player], truth[player]), *lies]
    values = np.tile(np.array(types), (len(told), 1))
    beliefs = np.tile(np.array(truth), (len(told), 1))
    values[:, player], beliefs[:, player] = np.array(told).T
    return Reports(values, beliefs)


def rest(shape, player):
    return (*shape[:player], *shape[player + 1 :])


def point(shape, types, player):
    return joint(rest(shape, player), [rest(tuple(types), player)], [1.0])


@EVERYWHERE
@pytest.mark.parametrize("options", [{}, {"epsilon": 1.99}, {"epsilon": 0.0}])
def test_no_value_with_any_claim_beats_the_truth_in_any_state(environment, options):
    mechanism = build(environment, **options)
    for types in environment.grid.tolist():
        for player in range(environment.players):
            told = reports_of(mechanism, types, player)
            kinds = np.full(len(told), types[player])
            utility = mechanism.expect(told).utility_of(environment, player, kinds)
            assert utility.max() <= utility[0] + 1e-12
            assert utility[0] >= 0.0


@pytest.mark.parametrize("environment", [PAIR, GOODS], ids=["pair", "goods"])
def test_with_the_lottery_every_value_lie_loses(environment):
    mechanism = build(environment, delta=0.2)
    for types in environment.grid.tolist():
        for player in range(environment.players):
            told = reports_of(mechanism, types, player)
            utility = mechanism.expect(told).utility_of(environment, player, np.full(len(told), types[player]))
            lying = told.values[:, player] != types[player]
            assert utility.max() <= utility[0] + 1e-12
            assert utility[lying].max() < utility[0] - 1e-6


def test_claiming_too_little_of_the_buyer_costs_a_commission():
    """Values 10 and 5, both known: the welfare bound is 10 and c = 0.02. Bidder 1, claiming 5 of bidder 0, gets
    commissions of 0.1 in place of 0.2 by turns as proposer and as witness."""
    mechanism = build(PAIR)
    told = reports_of(mechanism, [2, 1], 1)
    utility = mechanism.expect(told).utility_of(PAIR, 1, np.ones(len(told), dtype=int))
    claims = [int(mechanism.book[number].atoms[0, 0]) for number in told.beliefs[:, 1].tolist()]
    assert utility[0] == pytest.approx(0.2)
    assert utility[list(zip(told.values[:, 1].tolist(), claims, strict=True)).index((1, 1))] == pytest.approx(0.1)


# --- outcomes by hand


def test_an_offer_by_hand():
    """Bidder 0 proposes, worth 4 by her own word, and claims 3 and 5; bidder 2 declines, announcing 1."""
    mechanism = build(TRIO, epsilon=1.0)
    share = 1.0 / (2 * 5)
    claims = [((2, 2), [1, 1]), ((2, 2), [0, 0]), ((2, 2), [1, 1])]
    ids = [mechanism.book.add(joint(shape, [claim], [1.0])) for shape, claim in claims]
    told = Reports(np.array([[1, 1, 0], [1, 1, 1]]), np.array([ids, ids]))
    settled = mechanism.settle(told, 0)
    np.testing.assert_array_equal(settled.allocation, [0, 3])
    np.testing.assert_allclose(settled.payments, [[0, 0, 0], [0, 0, 5 * (1 - share)]])
    np.testing.assert_allclose(settled.rewards, [[0, 0, 0], [5 * share, 0, 0]])
    # Bidder 2 proposes, worth 1 by her word and then 5, and claims 4 and 3; bidder 0 is her witness and claims 5.
    settled = mechanism.settle(told, 2)
    np.testing.assert_array_equal(settled.allocation, [1, 3])
    np.testing.assert_allclose(settled.payments, [[4 * (1 - share), 0, 0], [0, 0, 5 * (1 - share)]])
    np.testing.assert_allclose(settled.rewards, [[0, 0, 4 * share], [5 * share, 0, 0]])


def test_who_declines_goes_without_and_the_others_keep_theirs():
    """Two goods: 0 gets a, 1 gets b by the claims; 1 announces the type to whom b is worth 2, not 5."""
    mechanism = build(GOODS)
    told = reports_of(mechanism, [1, 1, 1], 1).take(np.array([0]))
    told.values[:, 1] = 0
    kept = mechanism.settle(told, 0)
    bundles = GOODS.allocations[int(kept.allocation[0])].tolist()
    assert bundles[1] == 0
    assert bundles[0] > 0
    assert kept.payments[0, 1] == 0.0 < kept.payments[0, 0]


def test_where_nobody_can_be_left_out_one_refusal_ends_it():
    mechanism = build(BRIDGE)
    told = reports_of(mechanism, [1, 1, 1], 2).take(np.array([0]))
    assert mechanism.expect(told).prices[0] == pytest.approx(14 * (1 - 0.4 / 28))
    told.values[:, 2] = 0
    settled = mechanism.settle(told, 0)
    assert settled.allocation[0] == 0
    assert not settled.payments.any()
    assert not settled.rewards.any()


def test_a_claim_is_the_most_likely_profile_and_the_first_of_equals():
    mechanism = build(TRIO)
    beliefs = [([0.2, 0.5, 0.3], [0, 1]), ([0.4, 0.2, 0.4], [0, 0]), ([0.3, 0.2, 0.5], [1, 0])]
    for weights, expected in beliefs:
        number = mechanism.book.add(joint((2, 2), [[0, 0], [0, 1], [1, 0]], weights))
        told = Reports(np.array([[1, 0, 0]]), np.full((1, 3), number))
        np.testing.assert_array_equal(mechanism.claims(told, 0), [[1, *expected]])


# --- what nobody can lose, and what it does not withstand


@EVERYWHERE
@pytest.mark.parametrize("options", [{}, {"epsilon": 1.99}])
def test_a_truthful_player_never_loses_whatever_is_said(environment, options):
    mechanism = build(environment, **options)
    rng = np.random.default_rng(3)
    values = environment.grid[rng.integers(0, len(environment.grid), 2000)]
    beliefs = np.column_stack(
        [
            np.array([mechanism.book.add(random_belief(rng, rest(environment.shape, i))) for _ in range(12)])[
                rng.integers(0, 12, 2000)
            ]
            for i in range(environment.players)
        ]
    )
    for role in range(environment.players):
        told = Reports(values, beliefs, np.full(2000, role))
        assert mechanism.expect(told).utility(environment, values).min() >= -1e-12


def test_a_bad_equilibrium_is_left_in_which_a_bidder_understates_her_value():
    """Worths 10 and 5. Bidder 0 says 5 and bidder 1 claims it: the good goes for 5, and neither can do better alone."""
    mechanism = build(PAIR)
    honest = reports_of(mechanism, [2, 1], 0).take(np.array([0]))
    low = mechanism.book.add(joint((3,), [[1]], [1.0]))
    bad = Reports(np.array([[1, 1]]), np.array([[honest.beliefs[0, 0], low]]))
    before, after = mechanism.expect(honest), mechanism.expect(bad)
    assert before.revenue[0] == pytest.approx(10 * 0.96)
    assert after.revenue[0] == pytest.approx(5 * 0.96)
    for player, true in enumerate([2, 1]):
        told = reports_of(mechanism, [2, 1], player)
        told.values[:, 1 - player], told.beliefs[:, 1 - player] = bad.values[0, 1 - player], bad.beliefs[0, 1 - player]
        best = mechanism.expect(told).utility_of(PAIR, player, np.full(len(told), true)).max()
        assert best <= after.utility_of(PAIR, player, np.array([true]))[0] + 1e-12


def test_a_ring_of_two_pays_what_it_likes():
    """The same two bidders together: bidder 0 buys for 1 what is worth 10."""
    mechanism = build(PAIR)
    ids = [mechanism.book.add(joint((2,), [[0]], [1.0])), mechanism.book.add(joint((3,), [[0]], [1.0]))]
    outcomes = mechanism.expect(Reports(np.array([[0, 0]]), np.array([ids])))
    assert outcomes.utility(PAIR, np.array([[2, 1]])).sum() >= 9.0
    assert outcomes.revenue[0] <= 1.0


# --- players who know less


def guessing(first, second) -> Game:
    """Two bidders who know their own values, independent, as pairs of values and probabilities; epsilon is 0."""
    (values, chances), (others, odds) = first, second
    return game_of(independent_case([values, others], [chances, odds]), epsilon=0.0)


def test_who_knows_her_own_value_alone_guesses_low_and_the_seller_gets_the_guess():
    """Values 1 or 10, a 1 more likely: everybody claims 1, and that is what is paid. OPT is 10 * (1 - .36)."""
    game = guessing(((1, 10), (0.6, 0.4)), ((1, 10), (0.6, 0.4)))
    assert revenue_of(game).total == pytest.approx(1.0)
    assert benchmarks(game).opt == pytest.approx(6.4)


def test_or_guesses_high_and_who_is_worth_less_goes_without():
    """A 10 more likely: everybody claims 10. A tie goes to bidder 0, and an announced 1 is passed over. So bidder 0 is
    offered the good unless she proposes and is worth 1; who is worth 1 declines."""
    game = guessing(((1, 10), (0.4, 0.6)), ((1, 10), (0.4, 0.6)))
    proposes_0 = 0.6 * 10 + 0.4 * 0.6 * 10
    proposes_1 = 0.6 * 10
    assert revenue_of(game).total == pytest.approx((proposes_0 + proposes_1) / 2)


def test_lying_pays_where_values_are_not_known():
    """Bidder 0 is worth 1, most likely, and bidder 1 is worth 8. A bidder 0 worth 5 proposes to sell to bidder 1 if she
    tells the truth. If she says 10 she gets the good herself, for the 1 that bidder 1 claims; half the time."""
    game = guessing(((1, 5, 10), (0.6, 0.3, 0.1)), ((1, 8), (0.1, 0.9)))
    found = deviations(game)
    assert found.max_gain == pytest.approx((5 - 1) / 2)
    assert found.max_gain_value == pytest.approx((5 - 1) / 2)


# --- play, parts, bad input


@pytest.mark.parametrize("options", [{}, {"delta": 0.3, "discount": 0.4, "epsilon": 1.5}])
@pytest.mark.parametrize("environment", [TRIO, GOODS], ids=["trio", "goods"])
def test_play_agrees_with_expectation(environment, options):
    mechanism = build(environment, **options)
    rng = np.random.default_rng(2)
    values = environment.grid[rng.integers(0, len(environment.grid), 20_000)]
    ids = [
        np.array([mechanism.book.add(random_belief(rng, rest(environment.shape, i))) for _ in range(4)])
        for i in range(environment.players)
    ]
    told = Reports(values, np.column_stack([menu[rng.integers(0, 4, len(values))] for menu in ids]))
    played, expected = mechanism.play(told, rng), mechanism.expect(told)
    for left, right in ((played.payments, expected.payments), (played.rewards, expected.rewards)):
        error = left - right
        spread = error.std(axis=0, ddof=1) / np.sqrt(len(values))
        assert (abs(error.mean(axis=0)) <= 4 * spread + 1e-12).all()
    assert played.role is None


def test_parts_add_up_to_the_utility():
    mechanism = build(TRIO, delta=0.1)
    told = reports_of(mechanism, [1, 0, 1], 1)
    whole = mechanism.expect(told).utility_of(TRIO, 0, told.values[:, 0])
    total = np.zeros(len(told))
    for part in mechanism.parts(0):
        assert part.role is not None
        blank = told.beliefs.copy()
        for j in set(range(3)) - set(part.beliefs):
            blank[:, j] = blank[0, j - 1]
        outcomes = mechanism.expect(Reports(told.values, blank, np.full(len(told), part.role)))
        total += part.chance * outcomes.utility_of(TRIO, 0, told.values[:, 0])
    np.testing.assert_allclose(total, whole, atol=1e-12)


@pytest.mark.parametrize("epsilon", [-0.1, 2.0, float("nan")])
def test_epsilon_is_below_two(epsilon):
    with pytest.raises(ValueError, match=f"epsilon .* {epsilon}"):
        build(PAIR, epsilon=epsilon)


def test_from_epsilon_two_on_a_claim_above_the_worth_would_be_accepted():
    """A bidder worth 9 to whom 10 is claimed, at the bound: 10 (1 - 2 / 20) = 9."""
    near = single_good([[9, 10], [1]])
    for epsilon, accepted in ((1.99, False), (2.0, True)):
        mechanism = build(near, epsilon=1.99)
        mechanism.commission = epsilon / 20
        ids = [mechanism.book.add(joint(shape, [claim], [1.0])) for shape, claim in (((1,), [0]), ((2,), [1]))]
        settled = mechanism.settle(Reports(np.array([[0, 0]]), np.array([ids])), 1)
        assert (settled.allocation[0] == 1) == accepted


def test_one_player_knows_nobody():
    with pytest.raises(ValueError, match="two players"):
        build(single_good([[1, 2]]))


def test_nothing_is_guaranteed_without_knowing_what_is_known():
    assert build(PAIR).guarantee(1.0) is None
