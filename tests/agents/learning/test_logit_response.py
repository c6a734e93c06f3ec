"""Logit response: steps by definition, logit equilibria as rest points, and play that tends to a best response."""

import numpy as np
import pytest

from agents.agent_form import from_arrays
from agents.learning import LogitResponse
from agents.learning.learner import Lesson, Task
from agents.learning.repeated import play_repeated
from analysis.equilibrium.logit import follow
from tests.agents.learning.games import CHICKEN, DILEMMA, STAG_HUNT, exploitability, softmax_of

UNEVEN = [np.array([[9.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])]
THREE = [np.random.default_rng(4).random((3, 4, 2)) for _ in range(3)]


@pytest.mark.parametrize("game", [UNEVEN, DILEMMA, THREE], ids=["uneven", "dilemma", "three players"])
@pytest.mark.parametrize("rationality", [0.5, 2.0])
def test_rest_points_are_logit_equilibria(game, rationality):
    """The same as the branch that is followed from uniform play, where there is no other."""
    spans = [float(table.max() - table.min()) for table in game]
    learners = [LogitResponse(precision=rationality * span, growth=0.0, step=0.1) for span in spans]
    course = play_repeated(game, learners, 1500, feedback="mean", rng=np.random.default_rng(0), keep=1499)
    branch = follow(from_arrays(game), greatest=rationality)
    for path, mix in zip(course.mixes, branch.last.mixes, strict=True):
        assert path[-1, 0] == pytest.approx(mix[0], abs=1e-6)


def test_steps_by_definition():
    learner, rng, rows = LogitResponse(precision=3.0, growth=0.5, step=0.25), np.random.default_rng(3), np.arange(1)
    mix = [0.2, 0.3, 0.5]
    learner.begin(Task(np.ones((1, 3), dtype=bool), np.zeros(1), np.full(1, 4.0), first=np.array([mix])))
    for turn in range(1, 30):
        payoffs = 4.0 * rng.random(3)
        shown = learner.mix(rows)
        assert shown[0] == pytest.approx(mix, abs=1e-12)
        learner.learn(rows, Lesson(shown, None, payoffs[None]))
        response = softmax_of((3.0 * turn**0.5 * payoffs / 4.0).tolist())
        mix = [0.75 * m + 0.25 * r for m, r in zip(mix, response, strict=True)]


@pytest.mark.parametrize("game", [CHICKEN, DILEMMA, STAG_HUNT], ids=["chicken", "dilemma", "stag hunt"])
def test_it_ends_near_a_best_response(game):
    rng = np.random.default_rng(0)
    start = [rng.dirichlet(np.ones(2), size=20) for _ in game]
    learners = [LogitResponse(), LogitResponse()]
    course = play_repeated(game, learners, 1000, feedback="mean", rng=rng, worlds=20, first=start)
    x, y = (path[-1] for path in course.mixes)
    assert (x.max(axis=1) > 0.999).all()
    assert max(exploitability(game, pair) for pair in zip(x, y, strict=True)) < 0.01


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"precision": 0.0}, r"precision must be a positive number, not 0\.0"),
        ({"growth": -1.0}, r"growth must be a number from 0 to 1, not -1\.0"),
        ({"step": 0.0}, r"step must be a positive number, not 0\.0"),
        ({"step": 1.5}, r"step must be a number from 0 to 1, not 1\.5"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        LogitResponse(**parameters)
