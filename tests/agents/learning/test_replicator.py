"""Replicator dynamics: known orbits, their constants and periods, basins, and rest points."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from agents.learning import Replicator
from agents.learning.repeated import play_repeated
from tests.agents.learning.games import CHICKEN, DILEMMA, PENNIES, RPS, STAG_HUNT


def course_of(game, first, rounds, dt=0.5):
    start = [np.array(mix, dtype=float) for mix in first]
    learners = [Replicator(dt=dt) for _ in game]
    return play_repeated(
        game, learners, rounds, feedback="mean", rng=np.random.default_rng(0), worlds=len(start[0]), first=start
    )


def orbit(game, first, times):
    """The continuous orbit ``(times, actions of both)`` by an integrator of another kind."""
    a, b = (table / (table.max() - table.min()) for table in game)
    size = len(a)

    def change(_, state):
        x, y = state[:size], state[size:]
        u, v = a @ y, x @ b
        return np.concatenate([x * (u - x @ u), y * (v - y @ v)])

    solved = solve_ivp(change, (0, times[-1]), np.concatenate(first), t_eval=times, rtol=1e-10, atol=1e-12)
    return solved.y.T


def product(course):
    """Sum of the logarithms of all shares, which the orbits of fair zero-sum games of even equilibrium keep."""
    return sum(np.log(path).sum(axis=2) for path in course.mixes)


START = ([0.5, 0.3, 0.2], [0.25, 0.35, 0.4])


def test_orbits_of_rock_paper_scissors_keep_the_product():
    """To the third power of the step: halving it takes an eighth of the drift over the same time."""
    drift = []
    for dt, rounds in ((0.5, 401), (0.25, 801)):
        constant = product(course_of(RPS, [[mix] for mix in START], rounds, dt))[:, 0]
        drift.append(abs(constant - constant[0]).max())
    assert drift[0] < 0.05
    assert drift[1] < drift[0] / 5
    assert plain_product(401, 0.5) > 100 * drift[0]


def plain_product(rounds, dt):
    """How far the step of first order drifts."""
    (a, b), (x, y) = (table / 2 for table in RPS), (np.array(mix) for mix in START)
    before = np.log(x).sum() + np.log(y).sum()
    for _ in range(rounds - 1):
        x, y = x * np.exp(dt * a @ y), y * np.exp(dt * x @ b)
        x, y = x / x.sum(), y / y.sum()
    return before - np.log(x).sum() - np.log(y).sum()


def test_orbits_follow_the_differential_equation():
    """Errors fall with the square of the step."""
    errors = []
    for dt, rounds in ((0.5, 101), (0.25, 201)):
        course = course_of(RPS, [[mix] for mix in START], rounds, dt)
        exact = orbit(RPS, START, np.linspace(0, 50, rounds))
        errors.append(abs(np.concatenate([path[:, 0] for path in course.mixes], axis=1) - exact).max())
    assert errors[0] < 0.05
    assert errors[1] < errors[0] / 3


def test_small_orbits_have_the_period_of_the_linear_system():
    """Near the even mix the rates are the eigenvalues +-i sqrt(3) / 3 of the game over its range, 2."""
    near = 1e-3
    start = [[np.array([1 / 3 + near, 1 / 3 - near / 2, 1 / 3 - near / 2])], [[1 / 3, 1 / 3, 1 / 3]]]
    course = course_of(RPS, start, 6001, dt=0.1)
    over = course.mixes[0][:, 0, 0] - 1 / 3
    crossings = np.flatnonzero((over[:-1] < 0) & (over[1:] >= 0))
    turns = crossings + over[crossings] / (over[crossings] - over[crossings + 1])
    assert len(turns) > 20
    assert 0.1 * np.diff(turns).mean() == pytest.approx(2 * math.pi * 2 * 3 / math.sqrt(3), rel=1e-3)


def test_averages_along_orbits_are_the_equilibrium():
    course = course_of(PENNIES, [[[0.8, 0.2]], [[0.6, 0.4]]], 5000)
    assert all(mix[0] == pytest.approx([0.5, 0.5], abs=0.01) for mix in course.average)
    assert max(path.max() for path in course.mixes) > 0.75


def test_basins_of_coordination_end_at_the_threshold():
    """With equal starts, stag survives above two thirds exactly."""
    shares = np.array([0.02, 0.5, 0.66, 0.67, 0.9])
    start = np.column_stack([shares, 1 - shares])
    course = course_of(STAG_HUNT, [start, start], 600)
    assert course.mixes[0][-1, :, 0].round(6).tolist() == [0, 0, 0, 1, 1]


def test_basins_of_chicken_are_told_by_who_swerves_more():
    rng = np.random.default_rng(6)
    start = [rng.dirichlet(np.ones(2), size=30) for _ in range(2)]
    course = course_of(CHICKEN, start, 800)
    assert ((course.mixes[0][-1, :, 0] > 0.5) == (start[0][:, 0] > start[1][:, 0])).all()
    assert course.mixes[0][-1, :, 0] + course.mixes[1][-1, :, 0] == pytest.approx(1.0, abs=1e-6)


def test_a_dominated_action_dies_at_the_rate_of_its_loss():
    """Cooperation always earns 1.5 less, the range being 4.5: its odds fall by exp(-1/3) per unit of time."""
    course = course_of(DILEMMA, [[[0.9, 0.1]], [[0.9, 0.1]]], 60)
    odds = course.mixes[0][:, 0, 0] / course.mixes[0][:, 0, 1]
    assert np.log(odds) == pytest.approx(math.log(9) - 0.5 / 3 * np.arange(60), abs=1e-9)


def test_what_is_not_played_is_never_played():
    course = course_of(DILEMMA, [[[1.0, 0.0]], [[0.5, 0.5]]], 100)
    assert (course.mixes[0][:, 0, 1] == 0).all()
    assert course.mixes[1][-1, 0, 1] > 0.99


def test_bad_steps_are_refused():
    with pytest.raises(ValueError, match=r"dt must be a positive number, not 0\.0"):
        Replicator(dt=0.0)
