"""Revenue with luck taken off: the same mean, less noise."""

import numpy as np
import pytest

from analysis.revenue import revenue_of
from scenarios.learning import casts, learn
from scenarios.scenario import load
from scenarios.study_runs import with_even_luck

FEW = ["run.worlds=40", "run.rounds=200"]


def test_truthful_play_has_no_luck_left():
    """Learners whose only option is the truth are truthful bidders: nothing but the exact mean remains."""
    seats = 'seats=[{strategy="hedge", values=["truthful"], beliefs=["truthful"]}]'
    phase = learn(casts(load("insiders", overrides=[*FEW, seats]))[0]).phases[0]
    even = with_even_luck(phase, 1)
    exact = revenue_of(phase.experiment.game).total
    assert even == pytest.approx(np.broadcast_to(exact * phase.course.lengths[:, None], even.shape))


def test_it_makes_intervals_narrower_and_moves_no_mean_far():
    phase = learn(casts(load("insiders", overrides=FEW), ["fictitious-play"])[0]).phases[0]
    plain, even = phase.course.revenue.sum(axis=0), with_even_luck(phase, 1).sum(axis=0)
    assert even.std() < 0.7 * plain.std()
    assert abs(even.mean() - plain.mean()) < 4 * plain.std() / np.sqrt(len(plain))
