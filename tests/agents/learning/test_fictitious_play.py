"""Fictitious play: the value of zero-sum games, Shapley's cycle, and the smooth rule's bound and rest points."""

import math

import numpy as np
import pytest

from agents.learning import FictitiousPlay, SmoothFictitiousPlay
from agents.learning.repeated import play_repeated
from tests.agents.learning.games import (
    CHICKEN,
    HIGH,
    LOW,
    PENNIES,
    RPS,
    SEQUENCES,
    SHAPLEY,
    STAG_HUNT,
    exploitability,
    external_regret,
    learn_from,
    softmax_of,
    value,
    zero_sum,
)

SUPERGOLDEN = 1.4655712318767680


def course_of(game, rounds, *, first=None, worlds=1, kind=FictitiousPlay, **parameters):
    rng = np.random.default_rng(0)
    learners = [kind(**parameters) for _ in game]
    return play_repeated(game, learners, rounds, feedback="mean", rng=rng, worlds=worlds, first=first)


def test_averages_find_the_value_of_zero_sum_games():
    """[Robinson1951]."""
    games = [RPS, PENNIES, *(zero_sum(np.random.default_rng(seed).random((4, 6))) for seed in range(4))]
    for game in games:
        x, y = (mix[0] for mix in course_of(game, 8000).average)
        assert exploitability(game, (x, y)) < 0.04
        assert x @ game[0] @ y == pytest.approx(value(game[0]), abs=0.02)


def test_the_course_is_quantecons():
    """From the same first actions, in games without ties."""
    quantecon = pytest.importorskip("quantecon.game_theory.fictplay")
    form = pytest.importorskip("quantecon.game_theory.normal_form_game")
    for seed in range(3):
        game = [np.random.default_rng([seed, i]).random((6, 8)) for i in range(2)]
        course = course_of(game, 1500, first=[np.eye(6)[:1], np.eye(8)[:1]])
        players = form.NormalFormGame([form.Player(game[0]), form.Player(game[1].T.copy())])
        theirs = quantecon.FictitiousPlay(players).time_series(1500, init_actions=(0, 0))
        for path, beliefs in zip(course.mixes, theirs, strict=True):
            averages = path[:, 0].cumsum(axis=0) / np.arange(1, 1501)[:, None]
            assert averages == pytest.approx(beliefs, abs=1e-9)


def test_play_is_the_best_response_to_the_average():
    mixes, paid = learn_from(FictitiousPlay(), SEQUENCES["coins"], rounds=40, options=3, worlds=1)
    earned = [0.0] * 3
    for mix, payoffs in zip(mixes[:, 0].tolist(), paid[:, 0].tolist(), strict=True):
        top = [k for k in range(3) if earned[k] > max(earned) - 1e-9]
        assert mix == [1 / len(top) if k in top else 0.0 for k in range(3)]
        earned = [e + p for e, p in zip(earned, payoffs, strict=True)]


def test_shapleys_game_cycles_for_ever():
    """Runs grow by the root of r^3 = r^2 + 1, by Shapley's argument at the limit; averages circle and never settle.

    In the sixfold cycle of profiles, a player switches where the rivals' two actions have been played equally often:
    r^-1 + r^-2 = 1 + r^-5 for runs that grow by r.
    """
    r = SUPERGOLDEN
    assert r**3 - r**2 == pytest.approx(1)
    assert 1 / r + r**-2 == pytest.approx(1 + r**-5)
    start = [np.array([[1.0, 0.0, 0.0]]), np.array([[0.0, 1.0, 0.0]])]
    course = course_of(SHAPLEY, 20_000, first=start)
    profiles = course.mixes[0][:, 0].argmax(axis=1) * 3 + course.mixes[1][:, 0].argmax(axis=1)
    switches = np.flatnonzero(np.diff(profiles))
    runs = np.diff(switches)
    assert len(runs) > 15
    assert len(set(profiles[switches[-6:]].tolist())) == 6
    assert runs[-5:] / runs[-6:-1] == pytest.approx(SUPERGOLDEN, rel=0.01)
    averages = course.mixes[0][:, 0].cumsum(axis=0) / np.arange(1, 20_001)[:, None]
    late = averages[10_000:]
    assert (late.max(axis=0) - late.min(axis=0)).max() > 0.1


def test_games_of_common_interest_are_settled():
    """[MondererShapley1996]."""
    for seed in range(10):
        table = np.random.default_rng(seed).random((5, 5))
        course = course_of([table, table], 3000)
        row, column = (mix[-1, 0].argmax() for mix in course.mixes)
        assert table[row, column] == table[:, column].max() == table[row].max()


@pytest.mark.parametrize("parameters", [{}, {"temperature": 0.5}, {"temperature": 0.05, "anneal": 0.5}])
@pytest.mark.parametrize("sequence", SEQUENCES.values(), ids=SEQUENCES)
def test_smooth_regret_is_within_its_bound(sequence, parameters):
    h, a, options = parameters.get("temperature", 0.1), parameters.get("anneal", 0.75), 5
    regret = external_regret(*learn_from(SmoothFictitiousPlay(**parameters), sequence, rounds=1500, options=options))
    t = np.arange(1, 1501)
    bound = h * t ** (1 - a) * math.log(options) + (1 + t**a / a) / (8 * h)
    assert (regret <= bound[:, None]).all()


def test_smooth_weights_by_definition():
    learner = SmoothFictitiousPlay(temperature=0.2, anneal=0.6)
    mixes, paid = learn_from(learner, SEQUENCES["coins"], rounds=30, options=4, worlds=1)
    for turn in range(1, 30):
        heat = 0.2 * (HIGH - LOW) / turn**0.6
        expected = softmax_of((paid[:turn, 0].mean(axis=0) / heat).tolist())
        assert mixes[turn, 0] == pytest.approx(expected, abs=1e-11)


def test_a_constant_temperature_rests_on_a_logit_equilibrium():
    """Each mix is the logit response to the other where play converges, as it does in this game."""
    game = [np.array([[9.0, 0.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])]
    course = course_of(game, 15_000, kind=SmoothFictitiousPlay, temperature=0.25, anneal=0.0)
    x, y = (mix[-1, 0] for mix in course.mixes)
    assert x == pytest.approx(softmax_of((game[0] @ y / (0.25 * 9)).tolist()), abs=1e-3)
    assert y == pytest.approx(softmax_of((x @ game[1] / 0.25).tolist()), abs=1e-3)
    assert abs(y[0] - 0.5) > 0.05


@pytest.mark.parametrize("game", [CHICKEN, STAG_HUNT], ids=["chicken", "stag hunt"])
def test_the_smooth_rule_ends_near_a_best_response(game):
    start = [np.random.default_rng(i).dirichlet(np.ones(2), size=20) for i in range(2)]
    course = course_of(game, 2000, kind=SmoothFictitiousPlay, first=start, worlds=20)
    x, y = (mix[-1] for mix in course.mixes)
    assert (x.max(axis=1) > 0.99).all()
    assert max(exploitability(game, pair) for pair in zip(x, y, strict=True)) < 0.05


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"temperature": 0.0}, r"temperature must be a positive number, not 0\.0"),
        ({"anneal": 1.5}, r"anneal must be a number from 0 to 1, not 1\.5"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        SmoothFictitiousPlay(**parameters)
