"""What studies take from runs: revenue without luck, agreement on beliefs, regret for values."""

import numpy as np
import pytest

from analysis.revenue import revenue_of
from scenarios.learning import casts, learn
from scenarios.scenario import load
from scenarios.study_runs import agreement, value_regrets, with_even_luck

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


def test_agreement_is_a_count_of_reports():
    rng = np.random.default_rng(3)
    late, beliefs = rng.integers(0, 5, (4, 3, 6)), rng.integers(0, 3, (3, 6))
    shares = agreement(late, beliefs)
    for belief, share in shares.items():
        for world in range(4):
            count = sum(late[world, c, k] for c in range(3) for k in range(6) if beliefs[c, k] == belief)
            assert share[world] == pytest.approx(count / late[world].sum())
    assert np.sum(list(shares.values()), axis=0) == pytest.approx(np.ones(4))


def test_regret_for_the_truth_and_for_a_lie_about_the_value_alone():
    """Two bidders under unanimity who learn values only: what a 40 regrets is found in the record by option names."""
    changes = ["run.worlds=6", "run.rounds=50"]
    phase = learn(casts(load("common-lie", overrides=changes), ['hedge(beliefs=["truthful"])'])[0]).phases[0]
    worlds = np.array([True, False, True, False, False, True])
    truths, lies = [], []
    for i, seat in phase.course.seats.items():
        options = phase.strategies[i].options
        means = {}
        for k, name in enumerate(options.names):
            means[name] = sum(seat.hindsight[w, 1, k] - seat.earned[w, 1] for w in (0, 2, 5)) / 3
        truths.append(means.pop(options.names[options.truth[1]]))
        lies.append(max(means.values()))
    found = value_regrets(phase, worlds, context=1)
    assert len(means) == 2
    assert found["regret_truth"] == pytest.approx(sum(truths) / 2)
    assert found["regret_lie"] == pytest.approx(sum(lies) / 2)
    assert np.isnan(value_regrets(phase, ~np.ones(6, dtype=bool), context=1)["regret_lie"])
