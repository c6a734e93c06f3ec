"""Rings: exact gains in M and in L, never below truth, and where the paper's guarantees end."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.strategies import Collude, Truthful
from agents.strategies.collude import LIES
from tests.priors import KINDS, TIE_RULES, cases, iid, random_case, table


def ring_plans(game, ring):
    return [Collude(ring=ring).plan(game.seats[i]) for i in ring]


def prices_of(game, plans):
    """Expected payments per player and state."""
    play = game.play(plans)
    outcomes = game.mechanism.expect(play.reports)
    assert (play.chances == 1).all()
    return outcomes.payments


@pytest.mark.parametrize("kind", ["own-value", "complete"])
@pytest.mark.parametrize("top", [5, 50])
def test_in_m_a_pair_sells_itself_the_good_at_the_lowest_value(kind, top):
    """Whoever informs says that the other has her lowest value, and the other pays that.

    The member of lower value announces her lowest, too: she buys all the same, and makes her partner's forecast right.
    """
    epsilon, values = 0.1, (1, 2, top)
    case = iid(values, [1 / 3] * 3, 2, kind)
    game = case.game("M", epsilon=epsilon)
    plans = ring_plans(game, (0, 1))
    np.testing.assert_allclose(prices_of(game, plans), 0.5)  # half the time each pays 1

    pool = game.pool((0, 1))
    assert len(pool.types) == 9
    honest = pool.worth(game.truthful_plans)
    # truth leaves the other nothing: she pays her whole value, or a price of `top`; thirds score 2/3
    np.testing.assert_allclose(honest, epsilon * (1 if kind == "complete" else 2 / 3))
    for cell, types in enumerate(pool.types):
        own = [values[k] for k in types]
        lying = (sum(own) - 2) / 2 + epsilon / 2 * (1 + (max(own) == 1))
        assert pool.worth(plans)[cell] == pytest.approx(lying)
    assert (pool.worth(plans) - honest).max() > (top - 1) - epsilon  # without bound in the values


def test_in_m_a_ring_that_epsilon_pays_to_be_honest_is():
    case = iid((1, 2), [0.5, 0.5], 2, "complete")
    game = case.game("M", epsilon=10.0)
    for i, plan in enumerate(ring_plans(game, (0, 1))):
        np.testing.assert_array_equal(plan.pure_beliefs[plan.information], game.truthful_play.reports.beliefs[:, i])
        np.testing.assert_array_equal(plan.pure_values[plan.information], case.space.profiles[:, i])


def test_in_l_a_ring_with_the_highest_bidder_and_the_lowest_numbered_informant_sets_the_price():
    """Player 1 says that 0 has the lowest value with which she still wins; AGG, finding no agreement, believes it."""
    case = table([(1, 3, 5), (1, 2), (1, 2)], {(3, 1, 1): 0.5, (5, 1, 1): 0.5}, "complete")
    game = case.game("L", epsilon=0.03)
    pool, plans = game.pool((0, 1)), ring_plans(game, (0, 1))
    np.testing.assert_allclose(pool.worth(game.truthful_plans[:2]), 0.02)
    np.testing.assert_allclose(pool.worth(plans), [3 - 1 + 0.01, 5 - 1 + 0.01])
    np.testing.assert_allclose(prices_of(game, [*plans, game.truthful_plans[2]]), [[1, 0, 0]] * 2)
    # a later informant is not believed: the ring of 0 and 2 has nothing better than truth
    other, honest = game.pool((0, 2)), [game.truthful_plans[0], game.truthful_plans[2]]
    np.testing.assert_allclose(other.worth(ring_plans(game, (0, 2))), other.worth(honest))


def told(game, ring, member, lie):
    """What a member of a ring believes by a lie, in its first cell: profiles of the others, as indices."""
    pool = game.pool(ring)
    return game.book[LIES[lie](pool, ring.index(member), 0)].atoms.tolist()


def test_lies_by_hand():
    """The outsider has 2; player 0 wins from 3 on, or from 2 where she has that, and player 1 only above a tie."""
    profile = {(5, 4, 2): 1.0}
    game = table([(1, 3, 5), (1, 4), (1, 2)], profile).game("L", epsilon=0.1)
    assert told(game, (0, 1), 1, "truth") == [[2, 1]]
    assert told(game, (0, 1), 1, "favourite-lowest") == [[0, 1]]
    assert told(game, (0, 1), 1, "favourite-barely-wins") == [[2, 1]]  # she needs more than player 1's 4
    assert told(game, (0, 2), 2, "favourite-barely-wins") == [[2, 1]]
    assert told(game, (0, 1), 0, "favourite-barely-wins") == [[1, 1]]  # player 1 cannot beat 5: her highest
    assert told(game, (0, 1), 1, "all-lowest") == [[0, 0]]
    tied = table([(1, 2, 5), (1, 2, 4), (1, 2)], {(2, 4, 2): 1.0}).game("L", epsilon=0.1)
    assert told(tied, (1, 2), 2, "favourite-barely-wins") == [[1, 2]]  # 2 would lose the tie with player 0
    other = table([(1, 2, 5), (1, 2), (1, 2)], {(5, 2, 2): 1.0}).game("L", epsilon=0.1)
    assert told(other, (0, 1), 1, "favourite-barely-wins") == [[1, 1]]  # 2 wins the tie
    fair = table([(1, 2, 5), (1, 2, 4), (1, 2)], {(2, 4, 2): 1.0}).game("L", epsilon=0.1, ties="uniform")
    assert told(fair, (1, 2), 2, "favourite-barely-wins") == [[1, 1]]  # 2 may win the tie
    goods = table([(1, 2, 5), (1, 2)], {(5, 2): 1.0}).game("M", epsilon=0.1)
    assert told(goods, (0, 1), 1, "favourite-barely-wins") == [[2]]  # no bids to beat: the truth


@settings(max_examples=25)
@given(cases(players=(3,), kinds=KINDS, most=2), st.data(), st.sampled_from(["L", "L-printed"]))
def test_in_l_a_ring_of_three_bidders_never_earns_less_than_by_truth(case, data, name):
    ring = data.draw(st.sampled_from([(0, 1), (0, 2), (1, 2), (0, 1, 2)]))
    ties = data.draw(st.sampled_from(TIE_RULES))
    game = case.game(name, epsilon=0.2, delta=0.1, ties=ties)
    pool = game.pool(ring)
    honest = pool.worth([game.truthful_plans[i] for i in ring])
    assert (pool.worth(ring_plans(game, ring)) >= honest - 1e-12).all()


@pytest.mark.parametrize("name", ["M", "vickrey", "lookahead", "optimal"])
def test_a_ring_never_earns_less_than_by_truth_elsewhere(name):
    for seed in range(2):
        case = random_case(seed, 3, "own-value", most=2)
        game = case.game(name, **({"epsilon": 0.2} if name == "M" else {}), delta=0.05)
        for ring in [*combinations(range(3), 2), (0, 1, 2)]:
            pool = game.pool(ring)
            honest = pool.worth([game.truthful_plans[i] for i in ring])
            assert (pool.worth(ring_plans(game, ring)) >= honest - 1e-9).all()


def test_bid_suppression_in_a_second_price_auction():
    """The member of lower value bids the lowest value, and the winner pays that."""
    case = iid((1, 2, 5), [1 / 3] * 3, 2)
    game = case.game("vickrey")
    plans = ring_plans(game, (0, 1))
    assert prices_of(game, plans).sum(axis=1).tolist() == [1.0] * 9
    values = np.column_stack([plan.pure_values[plan.information] for plan in plans])
    winner = case.space.profiles.argmax(axis=1)
    for s in range(9):
        top = case.space.profiles[s].max()
        assert values[s, winner[s]] == top


def test_a_ring_goes_by_what_its_members_know_together():
    case = random_case(4, 3, "graph", most=3)
    game = case.game("L", epsilon=0.1, delta=0.1)
    strategies = {i: Collude(ring=[2, 0]) for i in (0, 2)}
    for i, strategy in strategies.items():
        strategy.prepare(game.seats[i], 5)
        np.testing.assert_array_equal(strategy.information(game.seats[i]), case.knowledge.pooled([0, 2]))
    alone = Truthful()
    alone.prepare(game.seats[0], 5)
    np.testing.assert_array_equal(alone.information(game.seats[0]), case.knowledge.cells[:, 0])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Collude(ring=[1]), r"different seats.*\[1\]"),
        (lambda: Collude(ring=[]), r"different seats.*\[\]"),
        (lambda: Collude(ring=[1, 1]), r"different seats.*\[1, 1\]"),
        (
            lambda: Collude(ring=[0, 1]).plan(random_case(1, 3).game("vickrey").seats[2]),
            r"seat 2.*\[0, 1\]",
        ),
        (lambda: Collude(ring=[0, 3]).plan(random_case(1, 3).game("vickrey").seats[0]), r"0\.\.2.* 3"),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()
