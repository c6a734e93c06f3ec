"""Best-response dynamics: steps by definition, rest points, cycles and what inertia does to them."""

import numpy as np
import pytest

from agents.learning import BestResponseDynamics
from agents.learning.learner import Lesson, Task
from agents.learning.repeated import play_repeated
from tests.agents.learning.games import CHICKEN, DILEMMA, PENNIES, RPS, STAG_HUNT


def course_of(game, first, rounds=40, inertia=0.0):
    rng = np.random.default_rng(0)
    learners = [BestResponseDynamics(inertia=inertia) for _ in game]
    start = [np.array(mix, dtype=float) for mix in first]
    return play_repeated(game, learners, rounds, feedback="mean", rng=rng, worlds=len(start[0]), first=start)


def step(mix, payoffs, inertia):
    """One revision, one number at a time."""
    top = [k for k, p in enumerate(payoffs) if p > max(payoffs) - 1e-9]
    there = sum(mix[k] for k in top)
    target = [(mix[k] / there if there else 1 / len(top)) if k in top else 0.0 for k in range(len(mix))]
    return [inertia * m + (1 - inertia) * t for m, t in zip(mix, target, strict=True)]


@pytest.mark.parametrize("inertia", [0.0, 0.7])
def test_steps_by_definition(inertia):
    rng = np.random.default_rng(1)
    learner, rows = BestResponseDynamics(inertia=inertia), np.arange(4)
    mix = rng.dirichlet(np.ones(5), size=4)
    mix[0] = np.eye(5)[2]
    learner.begin(Task(np.ones((4, 5), dtype=bool), np.zeros(4), np.full(4, 2.0), first=mix))
    for _ in range(60):
        payoffs = rng.integers(3, size=(4, 5)).astype(float)
        shown = learner.mix(rows)
        assert shown == pytest.approx(mix, abs=1e-12)
        learner.learn(rows, Lesson(shown, None, payoffs))
        mix = np.array([step(m, p, inertia) for m, p in zip(mix.tolist(), payoffs.tolist(), strict=True)])


@pytest.mark.parametrize("inertia", [0.0, 0.5])
@pytest.mark.parametrize(
    ("game", "equilibrium"),
    [
        (PENNIES, ([0.5, 0.5], [0.5, 0.5])),
        (RPS, ([1 / 3] * 3, [1 / 3] * 3)),
        (CHICKEN, ([2 / 3, 1 / 3], [2 / 3, 1 / 3])),
        (CHICKEN, ([1, 0], [0, 1])),
        (STAG_HUNT, ([2 / 3, 1 / 3], [2 / 3, 1 / 3])),
        (STAG_HUNT, ([0, 1], [0, 1])),
        (DILEMMA, ([0, 1], [0, 1])),
    ],
)
def test_equilibria_are_rest_points(game, equilibrium, inertia):
    course = course_of(game, [[mix] for mix in equilibrium], inertia=inertia)
    for path, mix in zip(course.mixes, equilibrium, strict=True):
        assert path[:, 0] == pytest.approx(np.tile(mix, (40, 1)), abs=1e-12)


def test_myopic_play_walks_around_matching_pennies():
    course = course_of(PENNIES, [[[1, 0]], [[1, 0]]], rounds=9)
    seen = np.stack([path[:, 0, 0] for path in course.mixes], axis=1).astype(int).tolist()
    assert seen == [[1, 1], [1, 0], [0, 0], [0, 1], [1, 1], [1, 0], [0, 0], [0, 1], [1, 1]]


def test_inertia_settles_what_myopic_players_cannot():
    """In chicken both swerve, then both dare, for ever; slow ones settle on one who dares if they differ at all."""
    myopic = course_of(CHICKEN, [[[1, 0]], [[1, 0]]])
    assert all((path[-1] != path[-2]).all() for path in myopic.mixes)
    slow = course_of(CHICKEN, [[[0.9, 0.1]], [[0.5, 0.5]]], rounds=200, inertia=0.9)
    assert [path[-1, 0].round(6).tolist() for path in slow.mixes] == [[1.0, 0.0], [0.0, 1.0]]


def test_where_it_ends_depends_on_the_start():
    """Whoever believes that the other hunts the stag with more than two thirds does so too."""
    shares = np.array([0.05, 0.5, 0.66, 0.67, 0.9])
    start = np.column_stack([shares, 1 - shares])
    course = course_of(STAG_HUNT, [start, start], inertia=0.5)
    assert course.mixes[0][-1, :, 0].round(6).tolist() == [0, 0, 0, 1, 1]


def test_bad_inertia_is_refused():
    with pytest.raises(ValueError, match=r"inertia must be a number from 0 to below 1, not 1\.0"):
        BestResponseDynamics(inertia=1.0)
