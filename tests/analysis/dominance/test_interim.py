"""Iterated elimination among types: brute force over the rivals' strategies, the paper's claims, the exact border."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import linprog

from agents.induced import Induced
from agents.menu import Menu, report_menu
from analysis.dominance.interim import COLUMNS, eliminate_reports
from analysis.dominance.trace import elimination_trace
from analysis.drawing import new_axes
from scenarios import assemble, load
from scenarios.scenario import shipped
from tests.priors import Case, iid, random_case
from tests.scenarios.test_library import LARGE


class AnyGame(Induced):
    """A Bayesian game of any payoffs: own type x reports of all, types by state, every report its own class."""

    def __init__(self, cells, opinions, reports, payoffs):
        cells, n = np.array(cells), len(reports)
        counts = cells.max(axis=0) + 1
        within = [opinions[i] / np.bincount(cells[:, i], opinions[i])[cells[:, i]] for i in range(n)]
        seats = [
            SimpleNamespace(
                information=cells[:, i], types=np.arange(counts[i]), names=[f"t{c}" for c in range(counts[i])]
            )
            for i in range(n)
        ]
        knowledge = SimpleNamespace(cells=cells, within=within.__getitem__)
        self.game = SimpleNamespace(players=n, seats=seats, knowledge=knowledge)
        self.menus = tuple(
            Menu(tuple(map(str, range(size))), np.zeros(1, dtype=np.int64), ("",), np.zeros(count, dtype=np.int64))
            for size, count in zip(reports, counts, strict=True)
        )
        self.memory = 1 << 30
        self.table = payoffs

    rounding = 1e-9

    def payoffs(self, player, kind, profiles):
        return self.table[player][kind][tuple(profiles)].astype(float)

    def classes(self, player, other):
        return np.arange(len(self.menus[other]))


def random_game(seed: int, players: int) -> AnyGame:
    rng = np.random.default_rng([seed, players])
    states = int(rng.integers(1, 5))
    cells = np.column_stack([np.unique(rng.integers(0, 2, states), return_inverse=True)[1] for _ in range(players)])
    odds = rng.integers(1, 4, (players, states)).astype(float)
    reports = rng.integers(2, 4 if players == 2 else 3, players).tolist()
    tables = [rng.integers(-2, 4, (int(cells[:, i].max()) + 1, *reports)).astype(float) for i in range(players)]
    return AnyGame(cells, odds / odds.sum(axis=1, keepdims=True), reports, tables)


def brute_force(induced: Induced, *, mixed: bool, tolerance: float = 1e-7) -> list[np.ndarray]:
    """Survivors, each round against every profile of the rivals' pure strategies."""
    n, cells = induced.players, induced.game.knowledge.cells
    alive = [np.ones((len(m.truth), len(m)), dtype=bool) for m in induced.menus]
    while True:
        fallen = []
        for i, left in enumerate(alive):
            share = induced.game.knowledge.within(i)
            for cell, row in enumerate(left):
                states, own = np.flatnonzero(cells[:, i] == cell), np.flatnonzero(row)
                types = [(j, c) for j in range(n) if j != i for c in np.unique(cells[states, j])]
                choices = np.array(list(product(*(np.flatnonzero(alive[j][c]) for j, c in types))))
                table = np.zeros((len(own), len(choices)))
                kind = int(induced.game.seats[i].types[cell])
                for s in states:
                    said = {j: choices[:, types.index((j, cells[s, j]))][None, :] for j in range(n) if j != i}
                    table += share[s] * induced.payoffs(i, kind, [said.get(j, own[:, None]) for j in range(n)])
                lost = [r for r in range(len(own)) if beaten(table, r, mixed=mixed, tolerance=tolerance)]
                fallen += [(i, cell, own[r]) for r in lost]
        if not fallen:
            return alive
        for i, cell, report in fallen:
            alive[i][cell, report] = False


def beaten(table: np.ndarray, row: int, *, mixed: bool, tolerance: float = 1e-7) -> bool:
    better = table - table[row]
    if not mixed:
        return bool((better.min(axis=1) > tolerance).any())
    size = len(table)
    found = linprog(
        [*np.zeros(size), -1.0],
        A_ub=np.column_stack([-better.T, np.ones(table.shape[1])]),
        b_ub=np.zeros(table.shape[1]),
        A_eq=[[*np.ones(size), 0.0]],
        b_eq=[1.0],
        bounds=[(0, 1)] * size + [(None, None)],
    )
    assert found.status == 0
    return -found.fun > tolerance


@pytest.mark.parametrize("mixed", [True, False])
@pytest.mark.parametrize("players", [2, 3])
@pytest.mark.parametrize("seed", range(50))
def test_survivors_equal_brute_force(seed, players, mixed):
    game = random_game(seed, players)
    found = eliminate_reports(game, mixed=mixed)
    for mine, wanted in zip(found.alive, brute_force(game, mixed=mixed), strict=True):
        np.testing.assert_array_equal(mine, wanted)


def test_a_rival_who_cannot_tell_states_apart_reports_the_same_in_both():
    """Coordination on a rival's word: 0 fears that rivals 1 and 2 agree only in the wrong state, which 1 cannot see.

    Against rivals who could tell the states apart her safe report would be a best reply; it is dominated because
    rival 1 says the same in both.
    """
    cells = [[0, 0, 0], [0, 0, 1]]
    risky = np.array([[[[3.0, -1.0], [-1.0, 3.0]], [[0.5, 0.5], [0.5, 0.5]]]])
    others = [np.zeros((1, 2, 2, 2)), np.zeros((2, 2, 2, 2))]
    others[1][0, ..., 0] = 1.0  # rival 2's first type says 0, her second says 1
    others[1][1, ..., 1] = 1.0
    game = AnyGame(cells, np.full((3, 2), 0.5), [2, 2, 2], [risky, *others])
    found = eliminate_reports(game)
    wanted = brute_force(game, mixed=True)
    np.testing.assert_array_equal(found.alive[0], wanted[0])
    assert found.alive[0].tolist() == [[True, False]]


@pytest.mark.parametrize(
    "name",
    [name for name in shipped() if load(name).mechanism.kind in ("M", "L") and name not in LARGE],
)
def test_truth_alone_survives_in_two_rounds_in_every_scenario_of_m_and_l(name):
    experiment = assemble(load(name))
    assert min(experiment.scenario.mechanism.delta, experiment.scenario.mechanism.epsilon) > 0
    found = eliminate_reports(Induced(experiment.game))
    assert found.truthful_only
    table = found.table()
    assert list(table.columns) == COLUMNS
    assert set(table.loc[table["round"] == 1, "value_lie"]) <= {True}
    second = table[table["round"] == 2]
    assert not second["value_lie"].any()
    assert second["belief_lie"].all()
    assert found.rounds <= 2
    assert (table["margin"] > 0).all()
    assert list(found.ties()) == []


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", ["M", "L"])
def test_truth_alone_survives_on_random_priors(name, seed):
    kind = ("own-value", "graph", "complete", "buckets")[seed % 4]
    case = random_case(seed, 2 + seed % 2, kind, most=3)
    found = eliminate_reports(Induced(case.game(name, epsilon=0.3, delta=0.1, discount=0.4)))
    assert found.truthful_only


@pytest.mark.parametrize(
    ("values", "conditioning"), [([1, 2, 3], "at-least"), ([1, 2, 5], "chosen"), ([1, 2, 5], "at-least")]
)
def test_the_border_of_l_as_printed_is_the_closed_form(values, conditioning):
    """With the plain posterior as the only belief, truth alone survives up to epsilon = 3 delta / 8, and no further."""
    case = iid(values, [1 / 3] * 3, 2)

    def survives(epsilon: float, delta: float) -> bool:
        game = case.game("L-printed", epsilon=epsilon, delta=delta, conditioning=conditioning)
        return eliminate_reports(Induced(game, menus=[report_menu(s, rules=()) for s in game.seats])).truthful_only

    for delta in (0.01, 0.05, 0.2):
        border = 3 * delta / 8
        assert survives(border * (1 - 1e-6), delta)
        assert not survives(border * (1 + 1e-6), delta)


def test_without_the_lottery_the_reports_that_tie_are_named():
    case = iid([1, 2, 3], [1 / 3] * 3, 2)
    found = eliminate_reports(Induced(case.game("L", epsilon=0.1)))
    assert not found.truthful_only
    left = {(seat, cell): set(reports.tolist()) for seat, cell, reports in found.survivors()}
    tied = list(found.ties())
    assert tied
    for seat, cell, report in tied:
        menu = found.induced.menus[seat]
        assert report in left[seat, cell]
        assert report != menu.truth[cell]
        others = [np.array(sorted(left[1 - seat, c])) for c in range(3)]
        for told in np.unique(np.concatenate(others)):
            profile = [np.array(told)] * 2
            kind = found.induced.game.seats[seat].types[cell]
            profile[seat] = np.array([report, menu.truth[cell]])
            lie, truth = found.induced.payoffs(seat, kind, profile)
            assert lie == pytest.approx(truth, abs=1e-10)


def test_weak_elimination_goes_at_least_as_far_as_strict():
    case = iid([1, 2, 3], [1 / 3] * 3, 2)
    for name, options in (("vickrey", {}), ("L", {"epsilon": 0.1}), ("lookahead", {})):
        induced = Induced(case.game(name, **options))
        strict, weak = eliminate_reports(induced), eliminate_reports(induced, weak=True)
        for more, fewer in zip(strict.alive, weak.alive, strict=True):
            assert not (fewer & ~more).any()


def test_weak_elimination_of_one_round_in_vickrey_is_the_textbook_one():
    """Every lie is weakly dominated by the truth that some rival's bid separates it from [Vickrey1961]."""
    case = iid([1, 2, 3], [1 / 3] * 3, 2)
    found = eliminate_reports(Induced(case.game("vickrey")), weak=True)
    first = [fall for fall in found.falls if fall.round == 1]
    assert {(fall.seat, fall.cell, fall.report) for fall in first} >= {(0, 0, 2), (0, 2, 0), (1, 0, 2), (1, 2, 0)}
    assert all(fall.margin >= 0.0 for fall in found.falls)


@pytest.mark.parametrize("seed", range(30))
def test_ex_post_dominance_is_dominance_state_by_state(seed):
    game = random_game(seed, 2)
    found = eliminate_reports(game, mixed=False, expost=True)
    alive = [np.ones_like(left) for left in found.alive]
    while True:
        fallen = []
        for i, left in enumerate(alive):
            for cell, row in enumerate(left):
                own = np.flatnonzero(row)
                faced = np.unique(game.game.knowledge.cells[game.game.knowledge.cells[:, i] == cell, 1 - i])
                told = np.unique(np.concatenate([np.flatnonzero(alive[1 - i][c]) for c in faced]))
                profile = [own[:, None], told[None, :]] if i == 0 else [told[None, :], own[:, None]]
                table = game.payoffs(i, cell, profile)
                fallen += [(i, cell, own[r]) for r in range(len(own)) if beaten(table, r, mixed=False)]
        if not fallen:
            break
        for i, cell, report in fallen:
            alive[i][cell, report] = False
    for mine, wanted in zip(found.alive, alive, strict=True):
        np.testing.assert_array_equal(mine, wanted)


def test_symmetric_seats_are_judged_once(monkeypatch):
    import analysis.dominance.interim as module

    calls = []
    genuine = module.judge
    monkeypatch.setattr(module, "judge", lambda *args, **rest: calls.append(1) or genuine(*args, **rest))
    case = iid([1, 2, 3], [1 / 3] * 3, 3)
    found = eliminate_reports(Induced(case.game("L", epsilon=0.2, delta=0.1, ties="uniform")))
    assert found.truthful_only
    assert len(calls) == 2 * 3  # two rounds, three types; the other two seats are looked up


def test_memory_is_a_bound():
    game = iid([1, 2, 3], [1 / 3] * 3, 2).game("L", epsilon=0.1, delta=0.1)
    induced = Induced(game)
    for seat in range(2):
        induced.terms(seat)
    induced.memory = 200
    with pytest.raises(ValueError, match=r"reports take .* MiB; .* MiB are allowed"):
        eliminate_reports(induced)


def test_the_trace_adds_up_and_can_be_drawn():
    found = eliminate_reports(Induced(assemble(load("insiders")).game))
    table = found.summary()
    for (seat, _), part in table.groupby(["seat", "type"]):
        assert part["fallen"].sum() + part["left"].iloc[-1] == len(found.induced.menus[seat])
        assert part["left"].min() == 1
    assert table["fallen"].sum() == len(found.falls)
    ax = elimination_trace(table, new_axes())
    assert len(ax.get_yticklabels()) == 17
    assert "left" in {text.get_text().split()[-1] for text in ax.texts}
    assert elimination_trace(table.iloc[:0], new_axes()) is not None


def test_payoffs_that_are_small_against_a_solver_s_tolerances_are_told_apart():
    """At epsilon = delta = 1e-5 margins are some 1e-7, below what HiGHS lets pass unless its unit is small."""
    chances = [0.17583137854206074, 0.015733206357882442, 0.19909091468905676, 0.14026262158151098]
    chances += [0.12433722668033989, 0.15697929278561676, 0.17561468579837367, 0.01215067356515873]
    values = ((4, 5), (2, 5), (4, 5))
    case = Case(values, tuple(product(*values)), tuple(chances), "state", {"insiders": [0]}, tuple("abaabbbb"))
    game = case.game("L-printed", epsilon=1e-5, delta=1e-5, score="spherical")
    induced = Induced(game, menus=[report_menu(seat, rules=()) for seat in game.seats])
    found = eliminate_reports(induced, mixed=False)
    for mine, wanted in zip(found.alive, brute_force(induced, mixed=False, tolerance=1e-10), strict=True):
        np.testing.assert_array_equal(mine, wanted)
