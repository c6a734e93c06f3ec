"""The first-price auction: outcomes by hand, and the equilibrium bids that truth is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.plan import pure_plan
from analysis.deviation import deviations
from analysis.revenue import revenue_of
from mechanisms import Reports, single_good
from tests.priors import KINDS, TIE_RULES, build, cases, table, truthful_figures


@pytest.mark.parametrize(
    ("ties", "winners"), [("lowest-index", [0.0, 1.0, 0.0, 0.0]), ("uniform", [0.0, 0.5, 0.0, 0.5])]
)
def test_the_highest_bid_wins_and_is_paid(ties, winners):
    mechanism = build("first-price", single_good([[1, 3], [2, 3], [1, 3]]), ties=ties)
    bids = Reports(np.array([[0, 1, 0], [1, 0, 1]]), np.zeros((2, 3), dtype=np.int64))
    outcomes = mechanism.expect(bids)
    np.testing.assert_allclose(outcomes.allocation, [[0, 0, 1, 0], winners])
    np.testing.assert_allclose(outcomes.payments, [[0, 3, 0], 3 * np.array(winners[1:])])
    np.testing.assert_array_equal(outcomes.rewards, 0.0)


@settings(max_examples=30)
@given(cases(players=(1, 2, 3), kinds=KINDS), st.sampled_from(TIE_RULES))
def test_truthful_bids_leave_nobody_anything(case, ties):
    prices, rewards = truthful_figures(case, "first-price", ties=ties)
    assert prices == pytest.approx(sum(w * max(v) for v, w in zip(case.profiles, case.weights, strict=True)))
    assert rewards == 0.0
    game = case.game("first-price", ties=ties)
    for i in range(case.players):
        np.testing.assert_allclose(game.truth(i), 0.0, atol=1e-12)


def test_nothing_is_guaranteed():
    assert build("first-price", single_good([[1, 2], [1, 2]])).guarantee(1.5) is None


def even_pair(top):
    """Two bidders with independent even values 2, 4, .., top on the grid of bids 1, 2, .., top."""
    values = range(2, top + 1, 2)
    grid = tuple(range(1, top + 1))
    return table([grid, grid], {(v, w): 1 / len(values) ** 2 for v in values for w in values})


@pytest.mark.parametrize("top", [6, 10, 20])
def test_bidding_half_ones_value_is_an_equilibrium_of_the_uniform_pair(top):
    """[Krishna2010]'s (n - 1) / n of the value, on a grid where half a value is a bid that has no true value."""
    case = even_pair(top)
    game = case.game("first-price", ties="uniform")
    halves = [pure_plan(s.information, (s.types + 1) // 2 - 1, s.posteriors, s.menu_size) for s in game.seats]
    play = game.play(halves)
    for seat in game.seats:
        beliefs = np.repeat(seat.posteriors[:, None, None], seat.menu_size, axis=1)
        worth = game.surface(seat.index, beliefs, play=play).interim[:, :, 0]
        own = np.arange(len(seat.types))
        np.testing.assert_allclose(worth.max(axis=1), worth[own, (seat.types + 1) // 2 - 1], atol=1e-12)
    mean_highest = sum(w * max(v) for v, w in zip(case.profiles, case.weights, strict=True))
    assert revenue_of(game, halves).total == pytest.approx(mean_highest / 2)


def test_the_best_shading_against_truth_by_hand():
    """Against true bids 2, 4, 6 of even odds, value 6 gains most from 4: two wins out of three less half a tie."""
    game = even_pair(6).game("first-price", ties="uniform")
    found = deviations(game).table
    six = found[(found["seat"] == 0) & (found["type"] == "6")].set_index("value_report")["gain"]
    expected = {1: 0.0, 2: 4 / 6, 3: 3 / 3, 4: 2 * (1 + 0.5) / 3, 5: 1 * 2 / 3}
    assert {bid: six[bid] for bid in expected} == pytest.approx(expected)
    assert deviations(game).max_gain == pytest.approx(1.0)
