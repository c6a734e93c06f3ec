"""What options are worth: the tables agree with the mechanism's expectation row by row, for seats and rings."""

import numpy as np
import pytest

from agents.induced import Induced
from agents.learning import Hedge
from agents.learning.arena import Arena
from agents.learning.learning import Learning
from agents.learning.stakes import _extremes
from agents.strategies import Truthful
from mechanisms import MECHANISMS
from mechanisms.outcomes import Reports
from tests.priors import SAMPLE, options_of, random_case

VALUES, BELIEFS = ("shade", "overbid", "every"), ("uniform", "sharpened", "prior", "role-aware")


def seated(game, *, ring=(), seats=None, worlds=1, values=VALUES, beliefs=BELIEFS):
    """Strategies of which some learn, prepared."""
    strategies = [
        Learning(Hedge(), values=values, beliefs=beliefs, ring=ring if i in ring else ())
        if seats is None or i in seats
        else Truthful()
        for i in range(game.players)
    ]
    for seat, strategy in zip(game.seats, strategies, strict=True):
        strategy.prepare(seat, worlds)
    return strategies


def rounds_of(game, strategies, seed: int, count: int):
    """Random states and random announcements out of the options."""
    rng = np.random.default_rng(seed)
    states = rng.integers(0, len(game.space.weights), count)
    values, beliefs = np.zeros((count, game.players), dtype=int), np.zeros((count, game.players), dtype=int)
    for i, strategy in enumerate(strategies):
        cells = game.seats[i].information[states]
        if isinstance(strategy, Learning):
            rows = np.where(strategy.options.allowed[cells], rng.random((count, len(strategy.options))), -1.0)
            chosen = rows.argmax(axis=1)
            values[:, i], beliefs[:, i] = (
                strategy.options.values[cells, chosen],
                strategy.options.beliefs[cells, chosen],
            )
        else:
            values[:, i], beliefs[:, i] = game.seats[i].types[cells], game.seats[i].posteriors[cells]
    return states, Reports(values, beliefs)


def worth_of(game, player, owners, states, reports, told_values, told_beliefs):
    """What an announcement of a player is worth to some owners in each row, by the mechanism itself."""
    values, beliefs = reports.values.copy(), reports.beliefs.copy()
    values[:, player], beliefs[:, player] = told_values, told_beliefs
    outcomes = game.mechanism.expect(Reports(values, beliefs))
    types = game.space.profiles[states]
    return sum(outcomes.utility_of(game.environment, j, types[:, j]) for j in owners)


def assert_the_tables_are_right(game, strategies, *, count=40, seed=1):
    arena = Arena(game, strategies)
    states, reports = rounds_of(game, strategies, seed, count)
    arena.open(reports, states)
    for i, strategy in arena.learners.items():
        owners = strategy.ring or (i,)
        contexts = strategy.information(game.seats[i])[states]
        cells = game.seats[i].information[states]
        assert (strategy.contexts[contexts] == cells).all()
        found = arena.full(i)
        assert found.shape == (count, len(strategy.options))
        for k in range(len(strategy.options)):
            told = strategy.options.values[cells, k], strategy.options.beliefs[cells, k]
            wanted = worth_of(game, i, owners, states, reports, *told)
            assert found[:, k] == pytest.approx(wanted, abs=1e-9)
        bounds = arena.stakes[i].low[contexts], arena.stakes[i].high[contexts]
        assert (found >= bounds[0][:, None] - 1e-9).all()
        assert (found <= bounds[1][:, None] + 1e-9).all()


@pytest.mark.parametrize("name", SAMPLE)
@pytest.mark.parametrize("kind", ["own-value", "graph", "state"])
def test_options_are_worth_what_the_mechanism_expects(name, kind):
    case = random_case(7, 3, kind, most=3)
    options = options_of(MECHANISMS[name], epsilon=0.3, delta=0.2, ties="uniform")
    game = case.game(name, **options)
    assert_the_tables_are_right(game, seated(game))


@pytest.mark.parametrize("name", SAMPLE)
def test_a_ring_s_options_are_worth_what_its_members_get_together(name):
    case = random_case(8, 3, "graph", most=3)
    game = case.game(name, **options_of(MECHANISMS[name], epsilon=0.3, delta=0.2))
    assert_the_tables_are_right(game, seated(game, ring=(0, 2)))


@pytest.mark.parametrize("name", ["M", "L-printed"])
def test_rivals_who_do_not_learn_are_faced_too(name):
    case = random_case(9, 3, "buckets", most=3)
    game = case.game(name, epsilon=0.3, delta=0.2)
    assert_the_tables_are_right(game, seated(game, seats={1}))


def test_reports_are_the_numbers_of_options_in_the_menus():
    game = random_case(7, 2, "graph").game("L", epsilon=0.2)
    strategies = seated(game)
    arena = Arena(game, strategies)
    for i, strategy in arena.learners.items():
        menu, numbers = arena.induced.menus[i], arena.stakes[i].reports
        cells = strategy.contexts
        assert (menu.value_of(numbers) == strategy.options.values[cells]).all()
        assert (menu.beliefs[menu.belief_of(numbers)] == strategy.options.beliefs[cells]).all()


@pytest.mark.parametrize("kind", ["vickrey", "M", "L", "L-printed", "unanimity"])
def test_bounds_are_the_least_and_the_most_that_is_expected(kind):
    """All announcements of two seats from their menus, by the mechanism itself."""
    game = random_case(4, 2, "own-value", most=3).game(kind, **options_of(MECHANISMS[kind], epsilon=0.7, delta=0.2))
    strategies = seated(game, values=("every",), beliefs=("truthful", "uniform", "mode"))
    arena = Arena(game, strategies)
    for i, stakes in arena.stakes.items():
        mine, menu = strategies[i].options, arena.induced.menus[1 - i]
        other = np.arange(len(menu))
        for context, cell in enumerate(strategies[i].contexts):
            own, rival = np.meshgrid(np.arange(len(mine)), other, indexing="ij")
            values, beliefs = np.zeros((own.size, 2), dtype=int), np.zeros((own.size, 2), dtype=int)
            values[:, i], beliefs[:, i] = mine.values[cell][own.ravel()], mine.beliefs[cell][own.ravel()]
            values[:, 1 - i] = menu.value_of(rival.ravel())
            beliefs[:, 1 - i] = menu.beliefs[menu.belief_of(rival.ravel())]
            outcomes = game.mechanism.expect(Reports(values, beliefs))
            worth = outcomes.utility_of(game.environment, i, np.full(own.size, game.seats[i].types[cell]))
            assert stakes.low[context] == pytest.approx(worth.min(), abs=1e-9)
            assert stakes.high[context] == pytest.approx(worth.max(), abs=1e-9)


def test_bounds_are_still_valid_where_the_sum_does_not_fit():
    game = random_case(4, 3, "own-value", most=3).game("L-printed", epsilon=0.7, delta=0.2)
    for stakes in Arena(game, seated(game)).stakes.values():
        low, high = _extremes(stakes._tables, 0)
        assert (low <= stakes.low + 1e-12).all()
        assert (high >= stakes.high - 1e-12).all()


def test_tables_that_would_not_fit_are_refused_with_their_size():
    game = random_case(7, 3, "graph").game("L", epsilon=0.2)
    strategies = seated(game)
    least = max(8 * sum(term.table.size for term in Induced(game).terms(i)) for i in range(3))
    Arena(game, strategies, memory=least * 1000)
    with pytest.raises(ValueError, match=r"seat 0.* take [\d.,]+ MiB .*[\d.,]+ MiB are allowed: allow more, or give"):
        Arena(game, seated(game), memory=1000)
