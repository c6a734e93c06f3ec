"""Expected payoffs for many worlds: by the agent form world by world, and by the mechanism under mixed plans."""

import tracemalloc
from itertools import product

import numpy as np
import pytest

from agents.agent_form import AgentForm, AgentTerm, from_arrays
from agents.agent_types import AgentTypes, agent_types
from agents.expectation import Expectation
from agents.induced import Induced
from agents.menu import report_menu
from agents.misinformation import MISINFORMATION, misinform
from agents.plan import Plan
from mechanisms import MECHANISMS, BeliefBook, Setting
from tests.priors import Case, Game, iid, random_case

GAMES = [
    ("M", {"epsilon": 0.3, "delta": 0.1}),
    ("L", {"epsilon": 0.3, "delta": 0.1, "ties": "uniform"}),
    ("L-printed", {"epsilon": 0.4}),
    ("unanimity", {"delta": 0.1}),
    ("vickrey", {}),
]
CASES = {
    "two": random_case(3, 2, "own-value", most=3),
    "three": random_case(9, 3, "own-value", most=2),
    "sparse": random_case(4, 3, "own-value", most=3),
    "graph": random_case(8, 3, "graph", most=2),
    "complete": random_case(2, 3, "complete", most=2),
    "insiders": random_case(6, 3, "state", most=2),
    "four": random_case(7, 4, "own-value", most=2),
}
every_game = pytest.mark.parametrize(("name", "options"), GAMES, ids=[name for name, _ in GAMES])
every_case = pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))


def fold(types, policies):
    """Return mixes over the reports of the form, per seat, from ``(worlds, cells, menu)``: equivalent ones add up."""
    return tuple(
        np.ascontiguousarray(policy, dtype=float) @ np.eye(len(first))[group]
        for policy, group, first in zip(policies, types.groups, types.first, strict=True)
    )


def unfold(types, player, utilities):
    """Return utilities ``(worlds, cells, menu)`` from those of the form's reports: equivalent ones share theirs."""
    return np.take(utilities, types.groups[player], axis=2)


def types_of(case: Case, name: str, options: dict) -> AgentTypes:
    game = case.game(name, **options)
    return agent_types(Induced(game, menus=[report_menu(seat, rules=("prior",)) for seat in game.seats]))


def random_mixes(form: AgentForm, worlds: int, seed: int) -> list[np.ndarray]:
    """Mixes with some reports that are never made."""
    rng = np.random.default_rng(seed)
    found = []
    for cells, reports in form.shapes:
        odds = rng.exponential(size=(worlds, cells, reports)) * (rng.random((worlds, cells, reports)) < 0.7)
        odds[..., rng.integers(reports)] += 1e-3
        found.append(odds / odds.sum(axis=2, keepdims=True))
    return found


def fixing(mixes: list[np.ndarray], fixed) -> list[np.ndarray]:
    return [mix[:1] if i in fixed else mix for i, mix in enumerate(mixes)]


def in_world(mixes: list[np.ndarray], w: int) -> list[np.ndarray]:
    return [mix[min(w, len(mix) - 1)] for mix in mixes]


def subsets(players: int) -> list[tuple[int, ...]]:
    return [tuple(np.flatnonzero(inside).tolist()) for inside in product((0, 1), repeat=players)]


def assert_as_world_by_world(form: AgentForm, seed: int):
    mixes = random_mixes(form, 3, seed)
    for fixed in subsets(form.players):
        here = fixing(mixes, fixed)
        worlds = max(map(len, here))
        for known in ((), fixed):
            expectation = Expectation(form, fixed=known)
            found = [expectation.utilities(i, here) for i in range(form.players)]
            for w in range(worlds):
                for mine, wanted in zip(found, form.utilities(in_world(here, w)), strict=True):
                    assert mine.shape == (worlds, *wanted.shape)
                    np.testing.assert_allclose(mine[w], wanted, rtol=1e-12, atol=1e-12 * form.scale)


@every_game
@every_case
def test_utilities_are_those_of_every_world(case: Case, name: str, options: dict):
    assert_as_world_by_world(types_of(case, name, options).form, 1)


def test_utilities_where_own_opinions_differ():
    case = random_case(9, 3, "own-value", most=3)
    wrong = MISINFORMATION["tempered"](case.space, 1, np.random.default_rng(4), power=3.0)
    setting = Setting(case.environment, BeliefBook(), case.prior)
    game = Game(MECHANISMS["M"](setting, epsilon=0.2), misinform(case.knowledge, 1, wrong))
    assert_as_world_by_world(agent_types(Induced(game)).form, 2)


def test_cells_that_meet_uneven_numbers_of_others():
    """A made-up term: a cell meets one cell of the other, or up to three of ten; kinds are out of order."""
    rng = np.random.default_rng(11)
    spots = np.array([[0, 4], [1, 0], [1, 7], [1, 9], [2, 2], [2, 3]])
    places = (np.array([1, 0, 1]), np.array([0, 1, 2, 2]))
    term = AgentTerm((0, 1), rng.normal(size=(2, 2, 3)), places, np.array([1, 0, 1]), spots, rng.random(6))
    counts = (np.ones(3, dtype=int), np.ones(4, dtype=int))
    assert_as_world_by_world(AgentForm(((term,), ()), counts, (np.full(3, 1 / 3), np.full(10, 0.1))), 3)


def behaviour(game: Game, types: AgentTypes, rng: np.random.Generator) -> tuple[list[Plan], list[np.ndarray]]:
    """Random mixes of values, a random belief beside each, as plans and as mixes over the menus."""
    plans, policies = [], []
    for seat, menu in zip(game.seats, types.induced.menus, strict=True):
        cells, values, beliefs = len(seat.types), seat.menu_size, len(menu.beliefs)
        odds, told = rng.dirichlet(np.full(values, 0.6), cells), rng.integers(0, beliefs, (cells, values))
        plans.append(Plan(seat.information, odds, menu.beliefs[told]))
        policy = np.zeros((cells, values, beliefs))
        np.put_along_axis(policy, told[..., None], odds[..., None], axis=2)
        policies.append(policy.reshape(cells, -1))
    return plans, policies


@every_game
@pytest.mark.parametrize("case", [CASES["two"], CASES["sparse"], CASES["graph"]], ids=["two", "sparse", "graph"])
def test_utilities_are_the_mechanisms_own_under_mixed_plans(case: Case, name: str, options: dict):
    types = types_of(case, name, options)
    game, rng = types.induced.game, np.random.default_rng(5)
    worlds = [behaviour(game, types, rng) for _ in range(4)]
    policies = [np.stack(mine) for mine in zip(*(policies for _, policies in worlds), strict=True)]
    expectation, mixes = Expectation(types.form), fold(types, policies)
    for i, (seat, menu) in enumerate(zip(game.seats, types.induced.menus, strict=True)):
        tried = np.tile(menu.beliefs, (len(seat.types), seat.menu_size, 1))
        found = unfold(types, i, expectation.utilities(i, mixes))
        for w, (plans, _) in enumerate(worlds):
            wanted = game.surface(i, tried, play=game.play(plans)).interim
            np.testing.assert_allclose(found[w], wanted.reshape(found[w].shape), rtol=1e-11, atol=1e-12)


@every_game
@pytest.mark.parametrize("case", [CASES["sparse"], CASES["complete"]], ids=["sparse", "complete"])
@pytest.mark.parametrize("fixed", [(), (2,), (0, 2)], ids=["none fixed", "one fixed", "two fixed"])
def test_the_same_bits_for_any_split_of_the_worlds(case: Case, name: str, options: dict, fixed):
    form = types_of(case, name, options).form
    mixes = fixing(random_mixes(form, 50, 6), fixed)
    whole = Expectation(form, fixed=fixed)
    wanted, nash_conv = [whole.utilities(i, mixes) for i in range(3)], whole.nash_conv(mixes)
    for size, block in product((1, 3, 7, 32), (1, 1000)):
        split = Expectation(form, fixed=fixed, block=block)
        parts = [[m if len(m) == 1 else m[k : k + size] for m in mixes] for k in range(0, 50, size)]
        for i in range(3):
            assert np.array_equal(np.concatenate([split.utilities(i, part) for part in parts]), wanted[i])
        found = np.concatenate([np.stack(split.nash_conv(part)) for part in parts], axis=1)
        assert np.array_equal(found, np.stack(nash_conv))


def test_the_same_bits_however_mixes_lie_in_memory():
    form = types_of(CASES["sparse"], "L", {"epsilon": 0.3}).form
    mixes = random_mixes(form, 9, 7)
    turned = [np.asfortranarray(mix) for mix in mixes]
    alike = [mixes[0], mixes[1][:1], mixes[2]]
    repeated = [mixes[0], np.repeat(mixes[1][:1], 9, axis=0), mixes[2]]
    expectation = Expectation(form)
    for a, b in ((mixes, turned), (alike, repeated)):
        assert all(np.array_equal(expectation.utilities(i, a), expectation.utilities(i, b)) for i in range(3))
        assert np.array_equal(expectation.nash_conv(a), expectation.nash_conv(b))


@every_game
def test_gains_and_nash_conv_are_those_of_every_world(name: str, options: dict):
    form = types_of(CASES["sparse"], name, options).form
    for fixed in ((), (1,), (0, 1, 2)):
        mixes = fixing(random_mixes(form, 4, 8), fixed)
        gains = Expectation(form, fixed=fixed).gains(mixes)
        total = sum(Expectation(form, fixed=fixed).nash_conv(mixes))
        for w in range(max(map(len, mixes))):
            for mine, wanted in zip(gains, form.gains(in_world(mixes, w)), strict=True):
                np.testing.assert_allclose(mine[w], wanted, rtol=1e-12, atol=1e-12 * form.scale)
            assert total[w] == pytest.approx(form.nash_conv(in_world(mixes, w)), rel=1e-12)


def test_nothing_is_gained_in_equilibrium_and_what_is_known_elsewhere():
    pennies = np.array([[1.0, -1.0], [-1.0, 1.0]])
    expectation = Expectation(from_arrays([pennies, -pennies]))
    row = np.array([[[0.5, 0.5]], [[1.0, 0.0]]])
    column = np.array([[[0.5, 0.5]], [[0.25, 0.75]]])
    mine, hers = expectation.nash_conv([row, column])
    assert mine.tolist() == [0.0, 1.0]
    assert hers.tolist() == [0.0, 0.5]


def test_truth_is_no_worse_than_anything_in_a_second_price_auction():
    types = types_of(iid((1, 2, 3), (0.5, 0.3, 0.2), 3), "vickrey", {})
    truth = [np.eye(shape[1])[told][None] for told, shape in zip(types.truth, types.form.shapes, strict=True)]
    assert all((gain == 0).all() for gain in Expectation(types.form).gains(truth))


def test_equivalent_reports_are_added_up_and_share_their_worth():
    types = agent_types(Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("L-printed", epsilon=0.2)))
    assert any(count.max() > 1 for count in types.form.counts)
    rng = np.random.default_rng(9)
    policies = [rng.dirichlet(np.ones(len(menu)), (5, 3)) for menu in types.induced.menus]
    mixes = fold(types, policies)
    for i, (policy, mix) in enumerate(zip(policies, mixes, strict=True)):
        for group in types.groups[i]:
            assert mix[:, :, group] == pytest.approx(policy[:, :, types.groups[i] == group].sum(axis=2))
        worth = Expectation(types.form).utilities(i, mixes)
        assert (policy * unfold(types, i, worth)).sum(axis=2) == pytest.approx((mix * worth).sum(axis=2))


def test_working_memory_is_bounded():
    form = types_of(iid((1, 2, 3, 4), (0.25,) * 4, 3), "L", {"epsilon": 0.3}).form
    mixes = random_mixes(form, 4000, 10)
    expectation = Expectation(form, block=1 << 14)
    peaks = []
    for worlds in (1000, 4000):
        here = [mix[:worlds] for mix in mixes]
        expectation.utilities(0, [mix[:1] for mix in mixes])
        tracemalloc.start()
        found = expectation.utilities(0, here)
        peaks.append(tracemalloc.get_traced_memory()[1] - found.nbytes)
        tracemalloc.stop()
    assert peaks[1] < 1.1 * peaks[0] < 1e7


def test_mixes_of_another_shape_are_refused():
    form = from_arrays([np.eye(2), np.eye(2)])
    mix = np.full((3, 1, 2), 0.5)
    with pytest.raises(ValueError, match=r"seat 1 are \(worlds, 1, 2\), not \(3, 2, 1\)"):
        Expectation(form).utilities(0, [mix, mix.reshape(3, 2, 1)])
    with pytest.raises(ValueError, match="2 seats have mixes, not 1"):
        Expectation(form).gains([mix])
    with pytest.raises(ValueError, match=r"\[3, 2\] worlds"):
        Expectation(form).nash_conv([mix, mix[:2]])
    with pytest.raises(ValueError, match="seat 1 plays alike in all worlds, not in 3 ways"):
        Expectation(form, fixed=[1]).utilities(0, [mix, mix])
