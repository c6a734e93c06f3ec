"""Players whose opinion of the states is not D: what each distortion does, and that it stays private."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.knowledge import StateSpace
from agents.misinformation import MISINFORMATION, misinform, sampled, shifted, tempered
from tests.priors import cases, random_case, table

SPACE = StateSpace((2, 3), np.array([[0, 0], [0, 2], [1, 1], [1, 2]]), np.array([0.1, 0.2, 0.3, 0.4]))
RNG = np.random.default_rng


def test_tempering_by_hand():
    np.testing.assert_allclose(tempered(SPACE, 0, RNG(0), power=1.0), SPACE.weights)
    np.testing.assert_allclose(tempered(SPACE, 0, RNG(0), power=0.0), np.full(4, 0.25))
    np.testing.assert_allclose(tempered(SPACE, 0, RNG(0), power=2.0), np.array([1, 4, 9, 16]) / 30)


def test_shifting_by_hand():
    """Player 0 looks at player 1's rank among three: 0, 1, 1/2, 1."""
    np.testing.assert_allclose(shifted(SPACE, 0, RNG(0), shift=0.0), SPACE.weights)
    odds = SPACE.weights * np.exp(2.0 * np.array([0, 1, 0.5, 1]))
    np.testing.assert_allclose(shifted(SPACE, 0, RNG(0), shift=2.0), odds / odds.sum())
    odds = SPACE.weights * np.exp(-1.0 * np.array([0, 0, 1, 1]))
    np.testing.assert_allclose(shifted(SPACE, 1, RNG(0), shift=-1.0), odds / odds.sum())


@given(cases(players=(2, 3)), st.floats(0.1, 3.0))
def test_a_positive_shift_raises_the_others_and_a_negative_one_lowers_them(case, shift):
    ranks = np.delete(case.space.profiles / np.maximum(np.array(case.environment.shape) - 1, 1), 0, axis=1).mean(axis=1)
    high, true, low = (shifted(case.space, 0, RNG(0), shift=s) @ ranks for s in (shift, 0.0, -shift))
    assert low - 1e-9 <= true <= high + 1e-9


def test_samples_come_from_d_and_leave_no_state_out():
    """The first hundred thousand observations are D to within four standard errors."""
    estimate = sampled(SPACE, 0, RNG(1), size=100_000)
    assert (abs(estimate - SPACE.weights) < 4 * np.sqrt(0.25 / 100_000)).all()
    np.testing.assert_allclose(sampled(SPACE, 0, RNG(1), size=0), np.full(4, 0.25))
    few = sampled(SPACE, 0, RNG(2), size=3)
    assert few.sum() == pytest.approx(1.0)
    assert few.min() == pytest.approx(1 / 16)
    np.testing.assert_allclose((few * 4 - 0.25) % 1, 0, atol=1e-12)  # whole observations
    np.testing.assert_array_equal(few, sampled(SPACE, 0, RNG(2), size=3))
    assert (sampled(SPACE, 0, RNG(3), size=50) != sampled(SPACE, 0, RNG(4), size=50)).any()


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("tempered", {"power": 0.5}), ("shifted", {"shift": 3.0}), ("sampled", {"size": 2})],
)
def test_every_opinion_is_a_distribution_over_the_states(name, parameters):
    for seed in range(5):
        case = random_case(seed, 3, "state", most=3)
        opinion = MISINFORMATION[name](case.space, 1, RNG(seed), **parameters)
        assert opinion.shape == case.space.weights.shape
        assert opinion.sum() == pytest.approx(1.0)
        assert opinion.min() > 0


def test_only_the_misinformed_player_changes_her_mind():
    case = table([(1, 2), (1, 3)], {(1, 1): 0.1, (1, 3): 0.3, (2, 1): 0.4, (2, 3): 0.2})
    before = case.knowledge
    after = misinform(before, 1, np.array([0.3, 0.1, 0.2, 0.4]))
    np.testing.assert_allclose(after.posterior(1, 0).weights, [0.6, 0.4])
    np.testing.assert_allclose(after.posterior(1, 1).weights, [0.2, 0.8])
    np.testing.assert_allclose(before.posterior(1, 0).weights, [0.2, 0.8])
    np.testing.assert_allclose(after.posterior(0, 0).weights, before.posterior(0, 0).weights)
    np.testing.assert_array_equal(after.cells, before.cells)
    np.testing.assert_allclose(after.within(1), [0.6, 0.2, 0.4, 0.8])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: tempered(SPACE, 0, RNG(0), power=-0.5), r"power.*-0\.5"),
        (lambda: sampled(SPACE, 0, RNG(0), size=-3), "size.*-3"),
        (lambda: tempered(SPACE, 0, RNG(0), power=np.inf), "power.*inf"),
        (lambda: shifted(SPACE, 0, RNG(0), shift=1e6), r"shift.*1000000\.0"),
        (lambda: shifted(SPACE, 0, RNG(0), shift=np.nan), "shift.*nan"),
        (lambda: sampled(SPACE, 0, RNG(0), size=10**12), "size.*1000000000000"),
        (
            lambda: misinform(table([(1, 7), (1,)], {(1, 1): 0.5, (7, 1): 0.5}).knowledge, 0, np.array([1.0, 0.0])),
            "player 0's.* 7",
        ),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()
