"""Logit equilibria: closed forms, one equation a point, and play that tends to truth."""

import math

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import expit, softmax

from agents.agent_form import from_arrays
from agents.induced import Induced
from agents.menu import report_menu
from analysis.equilibrium.forms import by_type
from analysis.equilibrium.logit import COLUMNS, SUMMARY, follow, logit_path
from scenarios import assemble, load
from tests.priors import iid, random_case

PENNIES = [np.array([[9.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])]


def at(payoffs, greatest: float):
    """The last point of the branch, which is asked for exactly."""
    branch = follow(from_arrays(payoffs), greatest=greatest)
    assert branch.stopped == ""
    assert branch.last.rationality == pytest.approx(greatest, rel=1e-12)
    return [mix[0] for mix in branch.last.mixes]


@pytest.mark.parametrize("rationality", [0.1, 1.0, 7.0, 100.0])
def test_a_dominant_report_has_its_logistic_share(rationality: float):
    """Defection is worth one and a half more whatever the other does."""
    first = np.array([[3.0, 0.0], [4.5, 1.5]])
    x, y = at([first, first.T], rationality)
    assert x[1] == pytest.approx(expit(1.5 * rationality), abs=1e-8)
    assert y[1] == pytest.approx(x[1], abs=1e-8)


@pytest.mark.parametrize("rationality", [0.3, 2.0, 10.0, 300.0])
def test_asymmetric_matching_pennies(rationality: float):
    """The only logit equilibrium solves one equation in one unknown [McKelveyPalfrey1995]."""

    def response(p: float) -> float:
        return float(expit(rationality * ((1 - p) - p)))

    def error(p: float) -> float:
        return float(expit(rationality * (9 * response(p) - (1 - response(p))))) - p

    p = brentq(error, 0.0, 1.0, xtol=1e-14)
    x, y = at(PENNIES, rationality)
    assert x[0] == pytest.approx(p, abs=1e-7)
    assert y[0] == pytest.approx(response(p), abs=1e-7)


def test_matching_pennies_tend_to_their_mixed_equilibrium():
    x, y = at(PENNIES, 1e4)
    assert x == pytest.approx([0.5, 0.5], abs=1e-3)
    assert y == pytest.approx([0.1, 0.9], abs=1e-3)


def test_the_branch_of_a_coordination_game_selects_the_risk_dominant_equilibrium():
    """Worth 5 together against 4 alone and 2: the second action is risk dominant, the first pays more."""
    first = np.array([[5.0, 0.0], [4.0, 2.0]])
    x, y = at([first, first.T], 200.0)
    assert min(x[1], y[1]) > 0.999


def test_the_branch_may_turn_back():
    """Every point solves the equations, found again by plain sums, where lambda falls too."""
    turns = 0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        payoffs = [rng.normal(size=(4, 4, 4)) for _ in range(3)]
        branch = follow(from_arrays(payoffs), greatest=50.0)
        assert branch.stopped == ""
        rationality = np.array([point.rationality for point in branch.points])
        turns += int((np.diff(rationality) < 0).sum())
        for point in branch.points:
            x, y, z = (mix[0] for mix in point.mixes)
            utilities = [
                np.einsum("abc,b,c->a", payoffs[0], y, z),
                np.einsum("abc,a,c->b", payoffs[1], x, z),
                np.einsum("abc,a,b->c", payoffs[2], x, y),
            ]
            for mix, utility in zip((x, y, z), utilities, strict=True):
                assert mix == pytest.approx(softmax(point.rationality * utility), abs=1e-8)
            assert point.residual <= 1e-9
        leaps = [
            max(abs(p - q).max() for p, q in zip(one.mixes, two.mixes, strict=True))
            for one, two in zip(branch.points, branch.points[1:], strict=False)
        ]
        assert max(leaps) <= 0.1
    assert turns > 0


def test_the_branch_begins_at_uniform_play():
    branch = follow(from_arrays([np.ones((3, 2)), np.ones((3, 2))]), greatest=1.0)
    assert branch.points[0].rationality == 0.0
    assert [mix[0].tolist() for mix in branch.points[0].mixes] == [[1 / 3] * 3, [1 / 2] * 2]


def test_too_few_points_are_said_to_be():
    branch = follow(from_arrays(PENNIES), greatest=100.0, most=4)
    assert len(branch.points) == 4
    assert branch.stopped.startswith("4 points lead to lambda")


@pytest.mark.parametrize("name", ["L", "L-printed", "first-price"])
def test_merged_reports_have_the_odds_of_all_they_stand_for(name: str):
    """The branch of types and merged reports is that of the normal form by type, every report a strategy of its own."""
    game = iid((1, 3), (0.6, 0.4), 2).game(name, **({} if name == "first-price" else {"epsilon": 0.5}))
    induced = Induced(game, menus=[report_menu(seat, rules=("prior", "mode")) for seat in game.seats])
    path = logit_path(induced, greatest=20.0)
    whole = by_type(induced)
    branch = follow(from_arrays(whole.payoffs), greatest=20.0)
    for agent, (i, c) in enumerate(path.types.form.agents):
        odds = branch.last.mixes[agent][0]
        merged = np.bincount(path.types.groups[i], odds)
        assert path.branch.last.mixes[i][c] == pytest.approx(merged, abs=1e-7)


@pytest.mark.parametrize("mechanism", ["M", "L"])
@pytest.mark.parametrize("players", [2, 3])
def test_play_tends_to_truth_in_m_and_l(mechanism: str, players: int):
    game = random_case(2, players, "graph", most=3).game(mechanism, epsilon=0.2, delta=0.1)
    path = logit_path(Induced(game), greatest=1e6)
    assert path.branch.stopped == ""
    assert path.summary["truthful_share"].iloc[-1] > 0.999
    assert path.summary["truthful_share"].iloc[0] < 0.5
    assert path.summary["nash_conv"].iloc[-1] < 1e-4 < path.summary["nash_conv"].iloc[0]


def test_play_does_not_tend_to_truth_in_l_as_printed():
    game = iid((1, 2, 3), (1 / 3,) * 3, 2).game("L-printed", epsilon=0.5)
    path = logit_path(Induced(game), greatest=1e5)
    assert path.branch.stopped == ""
    assert path.summary["truthful_share"].iloc[-1] < 0.7
    assert path.summary["nash_conv"].iloc[-1] < 1e-4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ring-in-l", "timber"])
def test_the_branch_passes_where_branches_cross(name: str):
    """Where all must agree on a belief, many branches cross; on timber the first, long steps lead back to the start."""
    path = logit_path(Induced(assemble(load(name)).rival("unanimity")))
    assert path.branch.stopped == ""
    assert path.summary["nash_conv"].iloc[-1] == pytest.approx(0.0, abs=1e-3)


def test_lambda_is_per_unit_of_value():
    """All values and epsilon ten times as large, lambda a tenth: the same play."""
    odds = (0.5, 0.3, 0.2)
    small = Induced(iid((1, 2, 4), odds, 2).game("first-price"))
    large = Induced(iid((10, 20, 40), odds, 2).game("first-price"))
    one, ten = logit_path(small, greatest=8.0), logit_path(large, greatest=0.8)
    for mine, other in zip(one.branch.last.mixes, ten.branch.last.mixes, strict=True):
        assert mine == pytest.approx(other, abs=1e-7)


def test_the_tables():
    path = logit_path(Induced(iid((1, 2), (0.5, 0.5), 2).game("first-price")), greatest=4.0)
    assert list(path.table) == COLUMNS
    assert list(path.summary) == SUMMARY
    points = len(path.branch.points)
    assert len(path.table) == points * 2 * 2 * 2
    sums = path.table.groupby([path.table.index // 2])["probability"].sum()
    assert sums.to_numpy() == pytest.approx(1.0)
    last = path.reports(-1)
    assert last["lambda"].unique().tolist() == [path.branch.last.rationality]
    shares = last[last["truthful"]]["probability"]
    assert path.summary["truthful_share"].iloc[-1] == pytest.approx(shares.mean())
    assert path.summary["nash_conv"].iloc[-1] == pytest.approx(path.types.form.nash_conv(path.branch.last.mixes))
    assert math.isclose(path.summary["truthful_share"].iloc[0], 0.5)
