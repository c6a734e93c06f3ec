"""Response oracles: zero-sum games solved with few options in play, epochs by definition, and what is never added."""

import numpy as np
import pytest

from agents.learning import ResponseOracles
from agents.learning.learner import Lesson, Task
from agents.learning.repeated import play_repeated
from tests.agents.learning.games import CHICKEN, PENNIES, RPS, coarse_gap, exploitability, value, zero_sum


def course_of(game, rounds, *, seed=0, worlds=1, **parameters):
    rng = np.random.default_rng(seed)
    learners = [ResponseOracles(**parameters) for _ in game]
    start = [rng.dirichlet(np.ones(size), size=worlds) for size in game[0].shape]
    course = play_repeated(
        game, learners, rounds, feedback="mean", rng=rng, worlds=worlds, first=start, keep=max(1, rounds // 10)
    )
    return course, [learner.size(np.arange(worlds)) for learner in learners]


@pytest.mark.parametrize("game", [PENNIES, RPS, zero_sum([[3, -1], [-2, 1]])], ids=["pennies", "rps", "uneven"])
def test_averages_are_the_equilibrium_of_small_zero_sum_games(game):
    course, sizes = course_of(game, 5000, worlds=4)
    for pair in zip(*course.average, strict=True):
        assert exploitability(game, pair) < 0.01 * (game[0].max() - game[0].min())
        assert pair[0] @ game[0] @ pair[1] == pytest.approx(value(game[0]), abs=0.01)
    assert all((size == len(game[0])).all() for size in sizes)


def test_large_zero_sum_games_need_few_options():
    """Of forty options a side some stay out, though nobody is told which; averages are nearly an equilibrium of all."""
    for seed in range(3):
        game = zero_sum(np.random.default_rng(seed).random((40, 40)))
        early, _ = course_of(game, 200, seed=seed)
        course, sizes = course_of(game, 6000, seed=seed, tolerance=0.01)
        gaps = [exploitability(game, [mix[0] for mix in c.average]) for c in (early, course)]
        assert gaps[1] < 0.05
        assert gaps[1] < gaps[0] / 2
        assert all(1 < size[0] < 40 for size in sizes)


def test_a_dominant_option_is_all_that_is_added():
    rng = np.random.default_rng(2)
    table = rng.random((8, 8))
    table[5] = 2.0
    course, sizes = course_of([table, table.T], 500, worlds=6)
    assert all((size <= 2).all() for size in sizes)
    assert all((path[-1, :, 5] > 0.99).all() for path in course.mixes)


def test_joint_play_is_nearly_a_coarse_correlated_equilibrium():
    course, _ = course_of(CHICKEN, 4000, worlds=5)
    assert max(coarse_gap(CHICKEN, joint) for joint in course.joint) < 0.05


def begin(first, **parameters):
    learner = ResponseOracles(**parameters)
    start = None if first is None else np.array([first])
    learner.begin(Task(np.ones((1, 4), dtype=bool), np.zeros(1), np.ones(1), first=start))
    return learner


def rounds(learner, payoffs, number):
    """Options in play after each of some rounds that pay the same."""
    rows, seen = np.arange(1), []
    for _ in range(number):
        learner.learn(rows, Lesson(learner.mix(rows), None, np.array([payoffs])))
        seen.append(int(learner.size(rows)[0]))
    return seen


def test_epochs_grow_by_their_share():
    """Of 4, 6, 9 and 13 rounds: in each another option is best, and joins at the end."""
    learner = begin([0.1, 0.2, 0.6, 0.1], epoch=4, growth=0.5)
    assert rounds(learner, [1.0, 0.0, 0.0, 0.0], 4) == [1, 1, 1, 2]
    assert rounds(learner, [0.0, 0.0, 0.5, 0.4], 6) == [2] * 6
    assert rounds(learner, [0.4, 0.0, 0.5, 0.6], 9) == [2] * 8 + [3]
    assert rounds(learner, [0.0, 1.0, 0.0, 0.0], 13) == [3] * 12 + [4]


def test_small_gains_are_left_alone():
    assert rounds(begin([0.0, 1.0, 0.0, 0.0], tolerance=0.1), [0.59, 0.5, 0.0, 0.0], 300)[-1] == 1
    assert rounds(begin([0.0, 1.0, 0.0, 0.0], tolerance=0.1), [0.61, 0.5, 0.0, 0.0], 300)[-1] == 2


def test_without_a_first_mix_it_starts_from_a_best_response():
    learner = begin(None)
    assert rounds(learner, [0.2, 0.2, 0.9, 0.1], 30) == [1] * 30
    assert learner.mix(np.arange(1)).tolist() == [[0.0, 0.0, 1.0, 0.0]]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"epoch": 0}, "epoch must be at least one round, not 0"),
        ({"growth": 0.0}, r"growth must be a positive number, not 0\.0"),
        ({"tolerance": -1.0}, r"tolerance must be a positive number, not -1\.0"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        ResponseOracles(**parameters)
