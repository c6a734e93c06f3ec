"""Exploitability and distances to equilibria: against the game's own surface, and every profile tried one by one."""

from itertools import product

import numpy as np
import pytest

from agents.learning.arena import Arena
from agents.learning.hedge import Hedge
from agents.learning.learning import Learning
from agents.plan import Plan, pure_plan
from agents.strategies import STRATEGIES
from analysis.emergence.play import PLAYS, exploitability, nearest_equilibrium
from tests.analysis.emergence.courses import arena_of, course_of, honest, joined, option, pure, steady
from tests.priors import iid, independent_case, random_case

FEW = {"beliefs": ("truthful", "uniform", "mode")}


def printed(**options):
    return iid((10, 12, 40), (0.5, 0.3, 0.2), 2).game("L-printed", epsilon=0.5, delta=0.02, **options)


def gains(arena, seat, plans, *, own):
    """What the best report gains a seat before it knows its type: among its options, or of its whole menu."""
    game, menu, options = arena.game, arena.induced.menus[seat], arena.learners[seat].options
    shape = (len(game.seats[seat].types), game.seats[seat].menu_size, len(menu.beliefs))
    worth = game.surface(seat, np.broadcast_to(menu.beliefs, shape), play=game.play(plans)).interim
    play = plans[seat]
    total = 0.0
    for cell, mass in enumerate(np.bincount(game.seats[seat].information, game.knowledge.opinions[seat])):
        place = {belief: k for k, belief in enumerate(menu.beliefs.tolist())}
        reports = list(zip(options.values[cell], options.beliefs[cell], strict=True)) if own else None
        best = max(worth[cell, v, place[b]] for v, b in reports) if own else worth[cell].max()
        now = sum(
            odds * worth[cell, v, place[int(play.beliefs[cell, v])]] for v, odds in enumerate(play.values[cell]) if odds
        )
        total += mass * (best - now)
    return total


def random_play(arena, rng):
    """Options drawn at random, and the plans that report them."""
    chosen = {
        i: [int(rng.choice(np.flatnonzero(row))) for row in learner.options.allowed]
        for i, learner in arena.learners.items()
    }
    plans = []
    for i, seat in enumerate(arena.game.seats):
        options, cells = arena.learners[i].options, np.arange(len(seat.types))
        told = options.values[cells, chosen[i]], options.beliefs[cells, chosen[i]]
        plans.append(pure_plan(seat.information, *told, seat.menu_size))
    return pure(arena, lambda i, c: chosen[i][c]), plans


@pytest.mark.parametrize("game", [printed(), random_case(7, 3).game("L", epsilon=0.3, delta=0.1)])
def test_exploitability_of_pure_play_is_the_surface_s(game):
    arena, rng = arena_of(game, **FEW), np.random.default_rng(5)
    plays, plans = zip(*(random_play(arena, rng) for _ in range(4)), strict=True)
    found = exploitability(arena, steady(arena, joined(*plays)))
    for seat in range(game.players):
        for play in PLAYS:
            menu = [gains(arena, seat, plan, own=False) for plan in plans]
            assert found.menu[play, seat] == pytest.approx(menu, abs=1e-9)
            mine = [gains(arena, seat, plan, own=True) for plan in plans]
            assert found.options[play, seat] == pytest.approx(mine, abs=1e-9)
    total = sum(found.menu["late", seat] for seat in range(game.players))
    assert found.nash_conv("late") == pytest.approx(total)
    row = found.table.set_index(["play", "seat"]).loc[("average", "all")]
    assert row["menu"] == pytest.approx(total.mean())
    assert row["menu_error"] == pytest.approx(total.std(ddof=1) / 2)


def test_exploitability_of_mixed_play_is_the_surface_s():
    game = printed()
    arena, rng = arena_of(game, **FEW), np.random.default_rng(6)
    play, plans = {}, []
    for i, seat in enumerate(game.seats):
        odds = rng.multinomial(20, np.full(3, 1 / 3), size=3) / 20
        plans.append(Plan(seat.information, odds, np.repeat(seat.posteriors[:, None], 3, axis=1)))
        play[i] = np.zeros((1, 3, len(arena.learners[i].options)))
        for cell, kind in product(range(3), range(3)):
            play[i][0, cell, option(arena, i, cell, value=kind)] = odds[cell, kind]
    found = exploitability(arena, steady(arena, play))
    for seat in (0, 1):
        assert found.menu["average", seat] == pytest.approx([gains(arena, seat, plans, own=False)], abs=1e-9)
        assert found.options["final", seat] == pytest.approx([gains(arena, seat, plans, own=True)], abs=1e-9)


def test_average_late_and_final_play_are_told_apart():
    arena = arena_of(printed(), **FEW)
    rng = np.random.default_rng(8)
    first, last = random_play(arena, rng)[0], random_play(arena, rng)[0]
    found = exploitability(arena, course_of(arena, [first] * 9 + [last]))
    alone = exploitability(arena, steady(arena, last))
    mixed = {i: 0.9 * first[i] + 0.1 * last[i] for i in first}
    average = exploitability(arena, steady(arena, mixed))
    assert found.nash_conv("late") == pytest.approx(alone.nash_conv("average"))
    assert found.nash_conv("final") == pytest.approx(alone.nash_conv("average"))
    assert found.nash_conv("average") == pytest.approx(average.nash_conv("late"))


def test_only_learners_are_exploitable():
    game = printed()
    arena = arena_of(game, {1: STRATEGIES["truthful"]()}, **FEW)
    found = exploitability(arena, steady(arena, honest(arena)))
    assert found.table["seat"].tolist() == [0, "all"] * 3
    best = gains(arena, 0, game.truthful_plans, own=False)
    assert best > 0.01  # truth is not best in L as printed
    assert found.nash_conv("late") == pytest.approx([best])


def test_truth_is_not_exploitable_where_it_is_dominant():
    arena = arena_of(random_case(3, 3).game("L", epsilon=0.3, delta=0.1), **FEW)
    assert exploitability(arena, steady(arena, honest(arena))).nash_conv("average") == pytest.approx([0.0])


def ring_arena():
    game = iid((10, 40), (0.5, 0.5), 3, "complete").game("M", epsilon=0.5, delta=0.02)
    seated = [Learning(Hedge(), ring=[0, 1]), Learning(Hedge(), ring=[0, 1]), STRATEGIES["truthful"]()]
    for seat, strategy in zip(game.seats, seated, strict=True):
        strategy.prepare(seat, 1)
    return Arena(game, seated)


def test_rings_have_no_mix_by_type():
    arena = ring_arena()
    course = steady(arena, honest(arena, worlds=2))
    found = exploitability(arena, course)
    assert "ring" in found.reason
    assert found.table["menu"].isna().all()
    near = nearest_equilibrium(arena, course)
    assert near.reason == found.reason
    assert np.isnan(near.mean)
    assert near.which.tolist() == [-1, -1]
    assert near.table.empty


def test_distance_is_the_mass_of_the_types_that_lie():
    game = independent_case([(10, 40), (10, 50)], [(0.3, 0.7), (0.6, 0.4)]).game("L", epsilon=0.5, delta=0.1)
    arena = arena_of(game, **FEW)
    lies = pure(arena, lambda i, c: option(arena, i, c, value=1 - c) if i == 0 and c == 1 else option(arena, i, c))
    half = {i: (lies[i] + honest(arena)[i]) / 2 for i in lies}
    found = nearest_equilibrium(arena, steady(arena, joined(honest(arena), lies, half)))
    assert (found.names, found.exhaustive, found.reason) == (("truth",), True, None)
    assert found.distance == pytest.approx([0.0, 0.7 / 2, 0.7 / 4])
    assert found.to_truth == pytest.approx(found.distance)
    assert found.mean == pytest.approx(0.175)
    assert found.error == pytest.approx(0.175 / np.sqrt(3))
    assert found.table.iloc[0].tolist()[:3] == ["truth", 3, 1.0]


@pytest.mark.parametrize("mechanism", ["first-price", "vickrey"])
def test_the_nearest_is_the_least_over_all_equilibria(mechanism):
    game = iid((2, 3, 5), (0.3, 0.3, 0.4), 2).game(mechanism, ties="uniform")
    arena, rng = arena_of(game), np.random.default_rng(2)
    form = arena.types.form
    assert [len(count) for count in form.counts] == [3, 3]
    course = steady(arena, joined(*(random_play(arena, rng)[0] for _ in range(5))))
    equilibria = []
    for profile in product(range(3), repeat=6):
        plans = [
            pure_plan(seat.information, np.array(profile[3 * i : 3 * i + 3]), seat.posteriors, 3)
            for i, seat in enumerate(game.seats)
        ]
        if all(gains(arena, i, plans, own=False) < 1e-9 for i in (0, 1)):
            equilibria.append(profile)
    assert len(equilibria) > (mechanism == "vickrey")
    found = nearest_equilibrium(arena, course)
    assert len(found.names) == len(equilibria)
    for world in range(5):
        distances = [
            sum(
                0.5 * mass * (1.0 - course.seats[i].late_average[world, c, profile[3 * i + c]])
                for i, c in product((0, 1), range(3))
                for mass in [(0.3, 0.3, 0.4)[c]]
            )
            for profile in equilibria
        ]
        assert found.distance[world] == pytest.approx(min(distances))
        assert found.distances[found.which[world], world] == found.distance[world]


@pytest.mark.slow
def test_two_seats_without_a_pure_equilibrium_have_a_mixed_one():
    pytest.importorskip("quantecon")
    sure = independent_case([(1, 2, 3), (1, 2, 3)], [(0.0, 0.0, 1.0), (0.0, 0.0, 1.0)])
    arena = arena_of(sure.game("all-pay", ties="uniform"))
    found = nearest_equilibrium(arena, steady(arena, honest(arena)))
    assert (found.exhaustive, found.reason) == (True, None)
    form, mass = arena.types.form, arena.types.form.masses
    assert form.players == 2
    assert [len(m) for m in mass] == [1, 1]
    assert all(" or " in name for name in found.names)
    assert 0.0 < found.mean < 1.0


def test_a_search_cut_short_answers_nothing():
    game = iid((1, 2, 3, 4), (0.25,) * 4, 3).game("first-price", ties="uniform")
    arena = arena_of(game)
    found = nearest_equilibrium(arena, steady(arena, honest(arena)), limit=1)
    assert "cut short after 1 profiles" in found.reason
    assert np.isnan(found.distance).all()
    assert found.to_truth == pytest.approx([0.0])
