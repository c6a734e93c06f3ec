"""Bounds of realised payoffs: never left in play, and no wider than what some toss of the coins brings."""

import numpy as np
import pytest

from agents.induced import Induced
from agents.learning.bounds import realised_bounds
from agents.menu import report_menu
from mechanisms import MECHANISMS
from mechanisms.outcomes import Reports
from tests.priors import SAMPLE, iid, options_of, random_case, variants


def realised(induced, player, rounds, seed):
    """``(types, rounds)``: what random announcements are worth to each type of a player, all coins tossed."""
    rng = np.random.default_rng(seed)
    values = [menu.value_of(rng.integers(0, len(menu), rounds)) for menu in induced.menus]
    beliefs = [menu.beliefs[rng.integers(0, len(menu.beliefs), rounds)] for menu in induced.menus]
    game = induced.game
    out = game.mechanism.play(Reports(np.stack(values, axis=1), np.stack(beliefs, axis=1)), rng)
    kinds = range(game.environment.shape[player])
    return np.stack([out.utility_of(game.environment, player, np.full(rounds, kind)) for kind in kinds])


@pytest.mark.parametrize("kind", SAMPLE)
def test_no_realised_payoff_leaves_its_bounds(kind):
    for options in variants(MECHANISMS[kind]):
        game = random_case(3, 3, "own-value", most=3).game(kind, **options)
        induced = Induced(game, menus=[report_menu(seat, rules=("uniform",)) for seat in game.seats])
        for player in range(3):
            bounds, seen = realised_bounds(induced, player), realised(induced, player, 4000, 5)
            slack = 1e-9 * (1 + abs(bounds.high))
            assert (seen.min(axis=1) >= bounds.low - slack).all()
            assert (seen.max(axis=1) <= bounds.high + slack).all()


@pytest.mark.parametrize("kind", ["M", "vickrey", "first-price", "all-pay"])
def test_the_bounds_are_attained(kind):
    """A payoff of one part, or of parts that exclude each other, reaches them."""
    wanted = {"epsilon": 0.5, "delta": 0.3} if kind == "M" else {}
    game = iid((1, 2, 4), [0.3, 0.3, 0.4], 2).game(kind, **options_of(MECHANISMS[kind], **wanted))
    induced = Induced(game, menus=[report_menu(seat, rules=()) for seat in game.seats])
    bounds, seen = realised_bounds(induced, 0), realised(induced, 0, 60_000, 6)
    assert seen.min(axis=1) == pytest.approx(bounds.low, abs=1e-9)
    assert seen.max(axis=1) == pytest.approx(bounds.high, abs=1e-9)


def test_second_price_by_hand():
    """Whoever announces 4 may win and pay up to 4, or pay nothing against nobody; a price is at least 1 here."""
    game = iid((1, 2, 4), [0.3, 0.3, 0.4], 2).game("vickrey")
    bounds = realised_bounds(Induced(game), 0)
    assert bounds.low.tolist() == [-3.0, -2.0, 0.0]
    assert bounds.high.tolist() == [0.0, 1.0, 3.0]


def test_bounds_add_up_and_join():
    game = iid((1, 2), [0.5, 0.5], 2).game("vickrey")
    one = realised_bounds(Induced(game), 0)
    assert (one + one).high.tolist() == (2 * one.high).tolist()
    assert (one | (one + one)).low.tolist() == np.minimum(one.low, 2 * one.low).tolist()
