"""Scores: figures by hand, bounds, and propriety: truth is the only best report."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mechanisms.scoring import SCORES, brier, brier_reward, logarithmic_reward, reward_rule, spherical_reward
from tests.priors import distributions

pairs = st.integers(2, 6).flatmap(lambda k: st.tuples(distributions(k), distributions(k)))


def expected_score(score, truth, report):
    """Mean score of a report, over what the truth makes possible."""
    scores = score(report, np.full(len(report), report @ report))
    return float(truth[truth > 0] @ scores[truth > 0])


@given(st.sampled_from(sorted(SCORES)), pairs)
def test_truth_is_the_unique_maximiser(name, pair):
    truth, report = pair
    assume(abs(truth - report).max() > 1e-6)
    score = reward_rule(name)
    assert expected_score(score, truth, truth) > expected_score(score, truth, report) + 1e-9


@given(pairs)
def test_the_loss_from_a_false_brier_report_is_its_squared_distance(pair):
    truth, report = pair
    loss = expected_score(brier, truth, truth) - expected_score(brier, truth, report)
    assert loss == pytest.approx(((truth - report) ** 2).sum(), abs=1e-12)


@given(distributions())
def test_bounds(report):
    norm = np.full(len(report), report @ report)
    assert (brier(report, norm) >= -2 - 1e-12).all()
    assert (brier(report, norm) <= 1e-12).all()
    for score in (brier_reward, spherical_reward):
        assert (score(report, norm) >= -1e-12).all()
        assert (score(report, norm) <= 1 + 1e-12).all()


def test_figures_by_hand():
    report, norm = np.array([0.25, 0.75, 0.0]), np.array(0.625)
    np.testing.assert_allclose(brier(report, norm), [-1.125, -0.125, -1.625])
    np.testing.assert_allclose(brier_reward(report, norm), [0.4375, 0.9375, 0.1875])
    np.testing.assert_allclose(spherical_reward(report, norm), report / np.sqrt(0.625))
    logs = logarithmic_reward(report, norm, a=2.0, b=3.0)
    np.testing.assert_allclose(logs, [2 + 3 * np.log(0.25), 2 + 3 * np.log(0.75), -np.inf])


def test_certainty_pays_one_if_right_and_nothing_if_wrong():
    right, wrong, norm = np.array(1.0), np.array(0.0), np.array(1.0)
    for score in (brier_reward, spherical_reward):
        assert score(right, norm) == 1.0
        assert score(wrong, norm) == 0.0


def test_parameters_are_kept():
    assert reward_rule("logarithmic", a=5.0, b=1.0)(np.array(1.0), np.array(1.0)) == 5.0
    assert reward_rule("brier") is brier_reward


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: reward_rule("quadratic"), "score.*'quadratic'.*brier"),
        (lambda: logarithmic_reward(np.array(0.5), np.array(1.0), b=-0.5), r"b > 0.*-0\.5"),
        (lambda: reward_rule("logarithmic", b=0.0)(np.array(0.5), np.array(1.0)), r"0\.0"),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()
