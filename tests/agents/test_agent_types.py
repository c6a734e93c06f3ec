"""The agent form: interim payoffs, by the mechanism itself summed over states and reports."""

from itertools import product

import numpy as np
import pytest

from agents.agent_form import from_arrays
from agents.agent_types import AgentTypes, agent_types
from agents.game import Game
from agents.induced import Induced
from agents.menu import report_menu
from agents.misinformation import MISINFORMATION, misinform
from mechanisms import MECHANISMS, BeliefBook, Setting
from mechanisms.outcomes import Reports
from tests.priors import Case, iid, random_case

SHORT = ("prior",)
GAMES = [
    ("M", {"epsilon": 0.3, "delta": 0.1}),
    ("L", {"epsilon": 0.3, "delta": 0.1, "ties": "uniform"}),
    ("L-printed", {"epsilon": 0.4}),
    ("first-price", {}),
]
CASES = [
    random_case(3, 2, "own-value", most=3),
    random_case(9, 3, "own-value", most=2),
    random_case(8, 2, "graph", most=3),
]
every_game = pytest.mark.parametrize(("name", "options"), GAMES, ids=[name for name, _ in GAMES])
every_case = pytest.mark.parametrize("case", CASES, ids=["two", "three", "graph"])


def induced(game: Game, rules=SHORT) -> Induced:
    return Induced(game, menus=[report_menu(seat, rules=rules) for seat in game.seats])


def random_mixes(types: AgentTypes, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.dirichlet(np.full(reports, 0.4), cells) for cells, reports in types.form.shapes]


def over_menu(types: AgentTypes, mixes) -> list[np.ndarray]:
    """The same mixes over the menus: a group's probability is its first report's."""
    found = []
    for mix, menu, first in zip(mixes, types.induced.menus, types.first, strict=True):
        whole = np.zeros((len(mix), len(menu)))
        whole[:, first] = mix
        found.append(whole)
    return found


def by_loop(game: Game, menus, mixes, player: int, cell: int) -> np.ndarray:
    """What each report of the menu is worth to a type, one state and one profile of the others at a time."""
    knowledge, n = game.knowledge, game.players
    within, worth = knowledge.within(player), np.zeros(len(menus[player]))
    for s in np.flatnonzero(knowledge.cells[:, player] == cell):
        rows = [np.flatnonzero(mixes[j][knowledge.cells[s, j]]) if j != player else [0] for j in range(n)]
        for told in product(*rows):
            chance = np.prod([mixes[j][knowledge.cells[s, j], told[j]] for j in range(n) if j != player])
            for r in range(len(worth)):
                mine = [r if j == player else told[j] for j in range(n)]
                values = np.array([[int(menus[j].value_of(k)) for j, k in enumerate(mine)]])
                beliefs = np.array([[menus[j].beliefs[menus[j].belief_of(k)] for j, k in enumerate(mine)]])
                outcomes = game.mechanism.expect(Reports(values, beliefs))
                kind = game.space.profiles[s, player]
                worth[r] += within[s] * chance * outcomes.utility_of(game.environment, player, np.array([kind]))[0]
    return worth


@every_game
@every_case
def test_utilities_are_the_sums_over_states_and_reports(case: Case, name: str, options: dict):
    game = case.game(name, **options)
    types = agent_types(induced(game))
    mixes = random_mixes(types, 1)
    found, whole = types.form.utilities(mixes), over_menu(types, mixes)
    for i, c in types.form.agents:
        expected = by_loop(game, types.induced.menus, whole, i, c)
        assert found[i][c, types.groups[i]] == pytest.approx(expected, abs=1e-12)


def test_a_misinformed_seat_reckons_by_its_own_opinion():
    case = iid((1, 2, 4), (0.5, 0.3, 0.2), 2)
    rng = np.random.default_rng(4)
    wrong = MISINFORMATION["tempered"](case.space, 1, rng, power=3.0)
    knowledge = misinform(case.knowledge, 1, wrong)
    setting = Setting(case.environment, BeliefBook(), case.prior)
    game = Game(MECHANISMS["first-price"](setting), knowledge)
    types = agent_types(induced(game))
    mixes = random_mixes(types, 2)
    for c in range(3):
        expected = by_loop(game, types.induced.menus, over_menu(types, mixes), 1, c)
        assert types.form.utilities(mixes)[1][c, types.groups[1]] == pytest.approx(expected, abs=1e-12)
    assert types.form.masses[0] == pytest.approx([0.5, 0.3, 0.2])
    assert types.form.masses[1] == pytest.approx(np.bincount(knowledge.cells[:, 1], wrong))
    assert types.form.masses[1] != pytest.approx([0.5, 0.3, 0.2])


@every_game
def test_replies_to_many_pure_profiles_are_the_utilities_against_each(name: str, options: dict):
    types = agent_types(induced(CASES[1].game(name, **options)))
    rng = np.random.default_rng(3)
    chosen = [rng.integers(0, reports, (5, cells)) for cells, reports in types.form.shapes]
    for row in range(5):
        worth = types.form.utilities(types.form.pure([mine[row] for mine in chosen]))
        for i, c in types.form.agents:
            assert types.form.replies(i, c, chosen)[row] == pytest.approx(worth[i][c], abs=1e-12)


@every_game
def test_the_change_is_the_slope_of_the_utilities(name: str, options: dict):
    types = agent_types(induced(CASES[1].game(name, **options)))
    mixes, other = random_mixes(types, 5), random_mixes(types, 6)
    towards = [q - p for p, q in zip(mixes, other, strict=True)]
    ahead, behind = (
        types.form.utilities([p + step * d for p, d in zip(mixes, towards, strict=True)]) for step in (1e-3, -1e-3)
    )
    for slope, high, low in zip(types.form.change(mixes, towards), ahead, behind, strict=True):
        assert slope == pytest.approx((high - low) / 2e-3, abs=1e-9)


@every_game
@every_case
def test_reports_are_one_exactly_where_nobody_can_tell_them_apart(case: Case, name: str, options: dict):
    game = induced(case.game(name, **options))
    types = agent_types(game)
    whole = np.ix_(*(np.arange(len(menu)) for menu in game.menus))
    kinds = [(i, k) for i in range(game.players) for k in range(game.game.environment.shape[i])]
    payoffs = [game.payoffs(i, kind, whole) for i, kind in kinds]
    for j, groups in enumerate(types.groups):
        rows = np.concatenate([np.moveaxis(table, j, 0).reshape(len(groups), -1) for table in payoffs], axis=1)
        same = (rows[:, None] == rows[None]).all(axis=2)
        assert np.array_equal(same, groups[:, None] == groups[None])
        assert types.form.counts[j].sum() == len(game.menus[j])


def test_a_report_is_called_the_truth_where_it_is_equivalent_to_it():
    """In L as printed nobody reads the belief of a bidder who is chosen whatever the others say."""
    game = Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("L-printed", epsilon=0.2))
    types = agent_types(game)
    assert types.form.counts[0].max() > 1
    for i, c in types.form.agents:
        truth = int(types.truth[i][c])
        assert types.report(i, c, truth) == game.menus[i].truth[c]
        assert types.name(i, c, truth) == game.menus[i].name(int(game.menus[i].truth[c]), c)


def test_plans_play_the_reports():
    types = agent_types(induced(CASES[0].game("L", epsilon=0.2)))
    rng = np.random.default_rng(7)
    chosen = [rng.integers(0, reports, cells) for cells, reports in types.form.shapes]
    for i, plan in enumerate(types.plans(chosen)):
        menu = types.induced.menus[i]
        told = np.array([types.report(i, c, int(place)) for c, place in enumerate(chosen[i])])
        assert plan.pure_values.tolist() == menu.value_of(told).tolist()
        assert plan.pure_beliefs.tolist() == menu.beliefs[menu.belief_of(told)].tolist()


def test_uniform_play_counts_every_report_of_the_menu():
    types = agent_types(Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("L-printed", epsilon=0.2)))
    assert any(count.max() > 1 for count in types.form.counts)
    for mix, menu, groups in zip(types.form.uniform(), types.induced.menus, types.groups, strict=True):
        assert mix[0][groups] / np.bincount(groups)[groups] == pytest.approx(np.full(len(menu), 1 / len(menu)))


def test_a_normal_form_is_a_game_among_one_type_each():
    rng = np.random.default_rng(8)
    payoffs = [rng.normal(size=(2, 3, 4)) for _ in range(3)]
    form = from_arrays(payoffs)
    x, y, z = mixes = [rng.dirichlet(np.ones(size)) for size in (2, 3, 4)]
    u, v, w = form.utilities([mix[None] for mix in mixes])
    assert u[0] == pytest.approx(np.einsum("abc,b,c->a", payoffs[0], y, z))
    assert v[0] == pytest.approx(np.einsum("abc,a,c->b", payoffs[1], x, z))
    assert w[0] == pytest.approx(np.einsum("abc,a,b->c", payoffs[2], x, y))
    gains = [u[0].max() - u[0] @ x, v[0].max() - v[0] @ y, w[0].max() - w[0] @ z]
    assert form.nash_conv([mix[None] for mix in mixes]) == pytest.approx(sum(gains))


def test_reports_of_another_shape_are_refused():
    types = agent_types(induced(CASES[0].game("first-price")))
    with pytest.raises(ValueError, match=r"not \(1, 1\)"):
        types.among([np.ones((1, 1), dtype=bool)] * 2)
