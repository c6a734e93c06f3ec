"""The arena: expected payoffs against mixes by brute force, what each kind of feedback shows, and what has no mixes."""

from itertools import product

import numpy as np
import pytest

from agents.learning import Hedge, Replicator
from agents.learning.arena import Arena
from agents.learning.learning import Learning
from agents.strategies import STRATEGIES, Misreport, Truthful
from mechanisms import MECHANISMS
from mechanisms.outcomes import Reports
from tests.agents.learning.test_stakes import rounds_of, seated
from tests.priors import options_of, random_case, table

SMALL = (("shade",), ("uniform", "sharpened"))
PAIR = table([[1, 2, 4], [1, 3]], {(1, 1): 0.4, (2, 3): 0.2, (4, 3): 0.2, (4, 1): 0.2})
THREE = table(
    [[1, 2], [1, 3], [2, 4]],
    {(1, 1, 2): 0.3, (2, 1, 4): 0.2, (1, 3, 4): 0.1, (2, 3, 2): 0.25, (2, 3, 4): 0.15},
    "graph",
    edges=[[0, 1], [2, 0]],
)


def random_mixes(strategy, worlds: int, seed: int) -> np.ndarray:
    """``(worlds, cells, options)``."""
    allowed = strategy.options.allowed
    weights = np.random.default_rng(seed).exponential(size=(worlds, *allowed.shape)) * allowed
    return weights / weights.sum(axis=2, keepdims=True)


def brute_mean(game, strategies, player: int, mixes) -> np.ndarray:
    """``(worlds, cells, options)`` by going through states and all that the others may announce."""
    others = [j for j in range(game.players) if j != player]
    mine = strategies[player].options
    worlds, cells, options = mixes[player].shape
    found = np.zeros((worlds, cells, options))
    share = game.knowledge.within(player)
    for state, chance in enumerate(share):
        cell = game.seats[player].information[state]
        for said in product(*(range(mixes[j].shape[2]) for j in others)):
            odds = np.full(worlds, chance)
            values, beliefs = np.zeros((options, game.players), int), np.zeros((options, game.players), int)
            for j, k in zip(others, said, strict=True):
                theirs, place = strategies[j].options, game.seats[j].information[state]
                odds = odds * mixes[j][:, place, k]
                values[:, j], beliefs[:, j] = theirs.values[place, k], theirs.beliefs[place, k]
            if not odds.any():
                continue
            values[:, player], beliefs[:, player] = mine.values[cell], mine.beliefs[cell]
            outcomes = game.mechanism.expect(Reports(values, beliefs))
            kinds = np.full(options, game.seats[player].types[cell])
            found[:, cell] += odds[:, None] * outcomes.utility_of(game.environment, player, kinds)
    return found


@pytest.mark.parametrize("name", ["M", "L", "L-printed", "unanimity", "first-price"])
@pytest.mark.parametrize("case", [PAIR, THREE, random_case(6, 2, "state", most=2)], ids=["pair", "three", "labelled"])
def test_expected_payoffs_against_mixes_are_those_of_brute_force(name, case):
    game = case.game(name, **options_of(MECHANISMS[name], epsilon=0.4, delta=0.1))
    strategies = seated(game, values=SMALL[0], beliefs=SMALL[1])
    arena = Arena(game, strategies)
    learnt = {i: random_mixes(strategy, 3, i) for i, strategy in arena.learners.items()}
    mixes = arena.mixes(learnt)
    for i, strategy in arena.learners.items():
        found, wanted = arena.mean(i, mixes), brute_mean(game, strategies, i, list(learnt.values()))
        allowed = np.broadcast_to(strategy.options.allowed, found.shape)
        assert found[allowed] == pytest.approx(wanted[allowed], abs=1e-9)


def test_rivals_with_plans_are_mixes_by_type():
    """Against truthful rivals each option earns what the game's own surface says."""
    game = THREE.game("L", epsilon=0.4)
    strategies = seated(game, seats={1}, values=SMALL[0], beliefs=SMALL[1])
    arena = Arena(game, strategies)
    options = strategies[1].options
    mixes = arena.mixes({1: random_mixes(strategies[1], 2, 0)})
    assert [len(mix) for mix in mixes] == [1, 2, 1]
    found = arena.mean(1, mixes)
    for k in range(len(options)):
        beliefs = np.repeat(options.beliefs[:, k][:, None, None], game.environment.shape[1], axis=1)
        surface = game.surface(1, beliefs).interim[np.arange(len(options.values)), options.values[:, k], 0]
        assert found[:, :, k] == pytest.approx(np.broadcast_to(surface, found.shape[:2]), abs=1e-9)


def test_mixes_add_up_what_no_payoff_tells_apart():
    game = PAIR.game("L", epsilon=0.4)
    strategies = seated(game)
    arena = Arena(game, strategies)
    learnt = {i: random_mixes(strategy, 4, i) for i, strategy in arena.learners.items()}
    for i, mix in enumerate(arena.mixes(learnt)):
        assert mix.sum(axis=2) == pytest.approx(1.0)
        groups = arena.types.groups[i][arena.stakes[i].reports]
        for cell, group in product(range(len(groups)), range(mix.shape[2])):
            wanted = learnt[i][:, cell, groups[cell] == group].sum(axis=1)
            assert mix[:, cell, group] == pytest.approx(wanted)


def test_each_kind_of_feedback_shows_its_own():
    game = PAIR.game("L", epsilon=0.4)
    kinds = {0: "full", 1: "mean"}
    strategies = [Learning(Hedge(), values=("shade",), beliefs=("uniform",), feedback=kinds[i]) for i in (0, 1)]
    for seat, strategy in zip(game.seats, strategies, strict=True):
        strategy.prepare(seat, 5)
    arena = Arena(game, strategies)
    for strategy in strategies:
        strategy._begin(np.random.default_rng(1))
    states, reports = rounds_of(game, strategies, 2, 5)
    arena.open(reports, states)
    assert np.array_equal(arena.shown(0), arena.full(0))
    assert np.array_equal(arena.shown(1), arena.mean(1, arena.mixes()))
    assert arena.shown(1).shape == (5, len(game.seats[1].types), len(strategies[1].options))


def test_what_is_open_is_this_round():
    """Nothing is remembered from the round before."""
    game = PAIR.game("L", epsilon=0.4)
    strategies = seated(game, worlds=6)
    arena = Arena(game, strategies)
    for seed in (1, 2):
        states, reports = rounds_of(game, strategies, seed, 6)
        arena.open(reports, states)
        fresh = Arena(game, seated(game, worlds=6))
        fresh.open(reports, states)
        assert np.array_equal(arena.full(0), fresh.full(0))


@pytest.mark.parametrize("strategy", ["best-response", "misreport"])
def test_planned_rivals_have_mixes(strategy):
    game = PAIR.game("L", epsilon=0.4)
    rival = Misreport(value="random", belief="uniform") if strategy == "misreport" else STRATEGIES[strategy]()
    strategies = [Learning(Replicator()), rival]
    for seat, player in zip(game.seats, strategies, strict=True):
        player.prepare(seat, 1)
    arena = Arena(game, strategies)
    assert arena.why_no_mixes() is None
    mix = arena.mixes({0: random_mixes(strategies[0], 1, 1)})[1]
    assert mix.sum(axis=2) == pytest.approx(1.0)
    assert (mix > 0).sum() == (len(mix[0]) * 2 if strategy == "misreport" else len(mix[0]))


def test_what_has_no_mixes_is_said():
    game = THREE.game("L", epsilon=0.4)
    ring = Arena(game, seated(game, ring=(0, 1), values=SMALL[0], beliefs=SMALL[1]))
    assert ring.why_no_mixes() == "seat 0 reports by what its ring knows"
    with pytest.raises(ValueError, match="seat 0 reports by what its ring knows"):
        ring.mixes()
    strategies = [Learning(Replicator()), STRATEGIES["empirical-best-response"](), Truthful()]
    for seat, strategy in zip(game.seats, strategies, strict=True):
        strategy.prepare(seat, 1)
    with pytest.raises(ValueError, match=r"mean feedback .*seat 1 changes its play without being a learner"):
        Arena(game, strategies)


def test_a_rival_that_learns_otherwise_may_announce_any_named_belief():
    """Those of the rules are in the arena's menus; another is refused by its number."""
    game = PAIR.game("L", epsilon=0.4)
    strategies = [Learning(Hedge()), STRATEGIES["empirical-best-response"]()]
    for seat, strategy in zip(game.seats, strategies, strict=True):
        strategy.prepare(seat, 1)
    arena = Arena(game, strategies)
    arena.open(
        Reports(np.array([[0, 0]]), np.array([[game.seats[0].posteriors[0], len(game.book) + 3]])), np.array([0])
    )
    with pytest.raises(ValueError, match=r"seat 1 announced belief \d+, which none of the known rules announces"):
        arena.full(0)
