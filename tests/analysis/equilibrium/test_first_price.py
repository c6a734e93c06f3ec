"""Equilibria of first price on grids, against the definition in plain Python and against the program's own game."""

from itertools import pairwise, product

import numpy as np
import pytest

from agents.agent_types import agent_types
from agents.induced import Induced
from agents.menu import report_menu
from analysis.equilibrium.first_price import bid_worth, first_price_equilibria
from scenarios.experiment import assemble
from scenarios.scenario import load


def plain_worth(value, bid, told, bidders):
    """What a bid is worth, rival profile by rival profile, a tie being tossed for."""
    total = 0.0
    for rivals in product(told, repeat=bidders - 1):
        if bid >= max(rivals):
            total += (value - bid) / (1 + rivals.count(bid))
    return total / len(told) ** (bidders - 1)


def plain_equilibria(values, bids, bidders):
    found = []
    for told in product(bids, repeat=len(values)):
        rising = all(a <= b for a, b in pairwise(told))
        if rising and all(
            max(plain_worth(v, b, told, bidders) for b in bids) <= plain_worth(v, own, told, bidders) + 1e-9
            for v, own in zip(values, told, strict=True)
        ):
            found.append(told)
    return found


@pytest.mark.parametrize(
    ("values", "bids", "bidders"),
    [
        ([2, 4, 6, 8], range(1, 8), 2),
        ([3, 6, 9], range(10), 3),
        ([1, 2, 5], range(6), 2),
        ([1, 10], [0, 1, 4, 5, 6, 12], 2),
        ([2, 4, 6], [0, 1, 2, 3, 4], 4),
        ([5], [0, 2, 4, 5], 2),
    ],
)
def test_all_equilibria_are_found_and_no_others(values, bids, bidders):
    found = first_price_equilibria(values, list(bids), bidders=bidders)
    assert sorted(found) == sorted(plain_equilibria(values, list(bids), bidders))


def test_worths_are_those_of_every_rival_profile():
    worth = bid_worth([2, 5, 9], [0, 1, 2, 3, 7], [1, 2, 2], bidders=3)
    slow = [[plain_worth(v, b, (1, 2, 2), 3) for b in (0, 1, 2, 3, 7)] for v in (2, 5, 9)]
    assert worth == pytest.approx(np.array(slow), abs=1e-12)


def test_half_of_value_is_the_lowest_of_six_in_the_shipped_scenario():
    found = first_price_equilibria(range(2, 21, 2), range(1, 21), bidders=2)
    assert tuple(range(1, 11)) in found
    assert len(found) == 6
    half = np.arange(1, 11)
    assert all(((np.array(told) >= half) & (np.array(told) <= half + 1)).all() for told in found)


def test_nobody_gains_in_the_induced_game():
    """The same profiles in the mechanism's own payoffs, which know nothing of the formula."""
    game = assemble(load("first-price")).game
    types = agent_types(Induced(game, menus=[report_menu(seat, rules=()) for seat in game.seats]))
    for told in first_price_equilibria(range(2, 21, 2), range(1, 21), bidders=2):
        chosen = types.groups[0][np.array(told) - 1]
        assert types.form.nash_conv(types.form.pure([chosen, chosen])) == 0.0
    off = types.groups[0][np.arange(2, 12)]
    assert types.form.nash_conv(types.form.pure([off, off])) > 0.1
