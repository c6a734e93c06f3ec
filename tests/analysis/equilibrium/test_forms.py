"""Normal forms of the induced game: loops over states through the mechanism, and the same equilibria in each."""

from itertools import product

import numpy as np
import pytest

from agents.agent_form import from_arrays
from agents.agent_types import agent_types
from agents.game import Game
from agents.induced import Induced
from agents.menu import report_menu
from agents.misinformation import MISINFORMATION, misinform
from analysis.equilibrium.forms import by_type, different, ex_ante, ex_ante_plans, values_only
from analysis.equilibrium.pure import find_pure, pure_equilibria
from mechanisms import MECHANISMS, BeliefBook, Setting
from mechanisms.outcomes import Reports
from tests.priors import iid, random_case, table

GAMES = [("M", {"epsilon": 0.3}), ("L-printed", {"epsilon": 0.4, "delta": 0.1}), ("first-price", {"ties": "uniform"})]
every_game = pytest.mark.parametrize(("name", "options"), GAMES, ids=[name for name, _ in GAMES])


def induced(game: Game) -> Induced:
    return Induced(game, menus=[report_menu(seat, rules=()) for seat in game.seats])


def some(game: Induced, seed: int, most: int = 2) -> tuple[np.ndarray, ...]:
    """One or two reports for each type."""
    rng = np.random.default_rng(seed)
    masks = []
    for seat, menu in zip(game.game.seats, game.menus, strict=True):
        mask = np.zeros((len(seat.types), len(menu)), dtype=bool)
        for row in mask:
            row[rng.choice(len(menu), min(most, len(menu)), replace=False)] = True
        masks.append(mask)
    return tuple(masks)


def utility(game: Induced, state: int, told, player: int) -> float:
    """What a player gets in a state from one profile of reports of the menus."""
    menus = game.menus
    values = np.array([[int(menu.value_of(r)) for menu, r in zip(menus, told, strict=True)]])
    beliefs = np.array([[menu.beliefs[menu.belief_of(r)] for menu, r in zip(menus, told, strict=True)]])
    outcomes = game.game.mechanism.expect(Reports(values, beliefs))
    return float(outcomes.utility_of(game.game.environment, player, game.game.space.profiles[[state], player])[0])


def misled(case, name: str, options: dict) -> Game:
    """The case with a misinformed first seat."""
    wrong = MISINFORMATION["tempered"](case.space, 0, np.random.default_rng(1), power=0.3)
    knowledge = misinform(case.knowledge, 0, wrong)
    return Game(MECHANISMS[name](Setting(case.environment, BeliefBook(), case.prior), **options), knowledge)


@every_game
@pytest.mark.parametrize("players", [2, 3])
def test_ex_ante_payoffs_are_sums_over_states_by_own_opinion(players: int, name: str, options: dict):
    game = induced(misled(random_case({2: 6, 3: 2}[players], players, most=2), name, options))
    allowed = some(game, 1)
    form = ex_ante(game, reports=allowed)
    choices = [list(product(*(np.flatnonzero(row) for row in mask))) for mask in allowed]
    assert form.shape == tuple(map(len, choices))
    assert form.shape != (1,) * players
    knowledge = game.game.knowledge
    for place in product(*map(range, form.shape)):
        plans = [mine[k] for mine, k in zip(choices, place, strict=True)]
        for i in range(players):
            expected = 0.0
            for s, cells in enumerate(knowledge.cells):
                told = [plan[c] for plan, c in zip(plans, cells, strict=True)]
                expected += knowledge.opinions[i, s] * utility(game, s, told, i)
            assert form.payoffs[i][place] == pytest.approx(expected, abs=1e-12)


@every_game
@pytest.mark.parametrize("players", [2, 3])
def test_payoffs_by_type_are_interim(players: int, name: str, options: dict):
    game = induced(misled(random_case({2: 6, 3: 2}[players], players, most=2), name, options))
    allowed = some(game, 2)
    form = by_type(game, reports=allowed)
    knowledge = game.game.knowledge
    agents = [(i, c) for i, mask in enumerate(allowed) for c in range(len(mask))]
    assert form.players == tuple(f"seat {i}: {game.game.seats[i].names[c]}" for i, c in agents)
    rng = np.random.default_rng(3)
    for _ in range(12):
        place = tuple(int(rng.integers(0, size)) for size in form.shape)
        told = {agent: np.flatnonzero(allowed[agent[0]][agent[1]])[k] for agent, k in zip(agents, place, strict=True)}
        for a, (i, c) in enumerate(agents):
            expected, within = 0.0, knowledge.within(i)
            for s in np.flatnonzero(knowledge.cells[:, i] == c):
                reports = [told[j, int(knowledge.cells[s, j])] for j in range(players)]
                expected += within[s] * utility(game, s, reports, i)
            assert form.payoffs[a][place] == pytest.approx(expected, abs=1e-12)


def test_strategies_say_what_each_type_reports():
    game = Induced(table([(1, 2), (3,)], {(1, 3): 0.5, (2, 3): 0.5}).game("first-price"))
    form = ex_ante_plans(game)
    assert form.game.strategies[0] == ("1: 1; 2: 1", "1: 1; 2: 2", "1: 2; 2: 1", "1: 2; 2: 2")
    assert form.game.strategies[1] == ("3: 3",)
    assert form.plans[0].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert form.game.players == ("seat 0", "seat 1")
    assert by_type(game).players == ("seat 0: 1", "seat 0: 2", "seat 1: 3")
    belief = Induced(table([(1, 2), (3, 4)], {(1, 3): 0.5, (2, 4): 0.5}).game("M", epsilon=0.1))
    assert "with " in ex_ante(belief, reports=values_only(belief)).strategies[0][0]


@pytest.mark.parametrize("name", ["vickrey", "first-price", "lookahead"])
def test_all_forms_have_the_same_pure_equilibria(name: str):
    game = Induced(iid((1, 3), (0.6, 0.4), 2).game(name))
    found = pure_equilibria(game)
    profiles = int(found.summary["profiles"].sum())
    for form in (ex_ante(game), by_type(game)):
        assert len(find_pure(from_arrays(form.payoffs)).chosen) == profiles > 0


def test_a_plan_s_payoff_is_its_types_payoffs_weighed():
    game = induced(random_case(4, 2, "graph", most=2).game("L", epsilon=0.2))
    types = agent_types(game)
    allowed = some(game, 5)
    form = ex_ante_plans(game, reports=allowed)
    last = tuple(len(mine) - 1 for mine in form.plans)
    chosen = [groups[plans[-1]] for groups, plans in zip(types.groups, form.plans, strict=True)]
    mixes = types.form.pure(chosen)
    for i, worth in enumerate(types.form.utilities(mixes)):
        expected = types.form.masses[i] @ (mixes[i] * worth).sum(axis=1)
        assert form.game.payoffs[i][last] == pytest.approx(expected, abs=1e-12)


def test_one_report_of_each_group_is_kept_and_the_truth_where_it_is_one():
    game = Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("L-printed", epsilon=0.2))
    types = agent_types(game)
    for i, mask in enumerate(different(types)):
        assert (mask.sum(axis=1) == types.form.shapes[i][1]).all()
        assert mask[np.arange(len(mask)), game.menus[i].truth].all()
        assert mask.shape[1] > types.form.shapes[i][1] or i == 1


def test_values_only_keep_the_truthful_belief():
    game = Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("L", epsilon=0.2))
    for mask, menu in zip(values_only(game), game.menus, strict=True):
        assert (mask.sum(axis=1) == 3).all()
        assert mask[np.arange(3), menu.truth].all()


def test_what_is_too_large_is_refused_with_what_would_fit():
    game = Induced(iid((1, 2, 3), (1 / 3,) * 3, 2).game("first-price"))
    assert ex_ante(game, limit=2 * 27 * 27).shape == (27, 27)
    with pytest.raises(ValueError, match=r"1,458 payoffs \(2 players, 27 x 27 .*1,457 are allowed: some 2 for each"):
        ex_ante(game, limit=1457)
    with pytest.raises(ValueError, match=r"4,374 payoffs \(6 players, 3 x 3 x 3 x 3 x 3 x 3 .*for each of the 6 types"):
        by_type(game, limit=4373)


def test_more_types_than_an_array_has_axes_are_refused():
    game = Induced(random_case(2, 3, "complete", most=3).game("first-price"))
    with pytest.raises(ValueError, match="by type has 123 players; arrays have 64 axes at most"):
        by_type(game, reports=[np.eye(3, dtype=bool)[menu.truth] for menu in game.menus])


def test_impossible_menus_are_refused():
    game = Induced(iid((1, 2), (0.5, 0.5), 2).game("first-price"))
    with pytest.raises(ValueError, match=r"reports of seat 0 must be \(2, 2\)"):
        ex_ante(game, reports=[np.ones((2, 3), dtype=bool)] * 2)
    empty = np.array([[True, True], [False, False]])
    with pytest.raises(ValueError, match="type 2 of seat 1 is left without a report"):
        by_type(game, reports=[np.ones((2, 2), dtype=bool), empty])
