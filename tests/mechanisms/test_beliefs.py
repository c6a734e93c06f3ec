"""Finite distributions: the laws of probability, against dictionaries, and every input error."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms import independent, joint
from mechanisms.environment import full_grid
from tests.priors import beliefs

SHAPE = (2, 3, 2)
GRID = full_grid(SHAPE)


def as_dict(belief):
    return dict(zip(map(tuple, belief.atoms.tolist()), belief.weights.tolist(), strict=True))


def test_equal_rows_are_added_and_zeros_dropped():
    belief = joint((2, 2), [[1, 1], [0, 1], [1, 1], [0, 0]], [0.25, 0.5, 0.25, 0.0])
    assert as_dict(belief) == {(0, 1): 0.5, (1, 1): 0.5}
    assert belief.keys.tolist() == [1, 3]
    assert belief.support.tolist() == [[0, 1], [1, 1]]
    assert belief.squared_norm == pytest.approx(0.5)


def test_a_sum_within_tolerance_is_scaled_to_one():
    belief = joint((2,), [[0], [1]], [0.5, 0.5 + 5e-10])
    assert belief.weights.sum() == pytest.approx(1.0, abs=1e-15)


@given(beliefs(SHAPE))
def test_prob_is_zero_off_the_support_and_sums_to_one(belief):
    table = as_dict(belief)
    assert belief.prob(GRID).tolist() == [table.get(tuple(point), 0.0) for point in GRID.tolist()]
    assert belief.prob(GRID).sum() == pytest.approx(1.0)
    assert belief.squared_norm == pytest.approx((belief.prob(GRID) ** 2).sum())
    assert (belief.prob(GRID.reshape(*SHAPE, 3)) == belief.prob(GRID).reshape(SHAPE)).all()


@given(beliefs(SHAPE), st.sampled_from([[0], [1], [2], [0, 2], [2, 0], [0, 1, 2]]))
def test_marginals_sum_the_others_out(belief, kept):
    other = tuple(k for k in range(3) if k not in kept)
    expected = belief.prob(GRID).reshape(SHAPE).sum(axis=other)
    expected = np.transpose(expected, [sorted(kept).index(k) for k in kept])
    marginal = belief.marginal(kept)
    assert marginal.shape == expected.shape
    np.testing.assert_allclose(marginal.prob(full_grid(marginal.shape)), expected.ravel(), atol=1e-12)


@given(beliefs(SHAPE), st.integers(0, 2))
def test_total_probability(belief, player):
    """D is the mixture of D given each type of a player, and of D given each likelihood and its complement."""
    mixed = np.zeros(len(GRID))
    for kind in range(SHAPE[player]):
        event = belief.atoms[:, player] == kind
        if event.any():
            mixed += belief.weights[event].sum() * belief.given(event).prob(GRID)
    np.testing.assert_allclose(mixed, belief.prob(GRID), atol=1e-12)

    chance = 0.1 + 0.8 * np.linspace(0, 1, len(belief.weights))
    yes = belief.weights @ chance
    mixed = yes * belief.given(chance).prob(GRID) + (1 - yes) * belief.given(1 - chance).prob(GRID)
    np.testing.assert_allclose(mixed, belief.prob(GRID), atol=1e-12)


@given(beliefs(SHAPE), st.integers(0, 2))
def test_conditional_weights_sum_to_the_others_marginal(belief, player):
    others = full_grid(SHAPE[:player] + SHAPE[player + 1 :])
    weights = belief.conditional(player, others)
    assert weights.shape == (len(others), SHAPE[player])
    rest = [k for k in range(3) if k != player]
    np.testing.assert_allclose(weights.sum(axis=1), belief.marginal(rest).prob(others), atol=1e-12)
    for row, point in enumerate(others.tolist()):
        for kind in range(SHAPE[player]):
            whole = np.array([*point[:player], kind, *point[player:]])
            assert weights[row, kind] == belief.prob(whole)


def test_conditional_of_a_lone_player_is_the_distribution():
    belief = joint((3,), [[0], [2]], [0.25, 0.75])
    assert belief.conditional(0, np.zeros((2, 0), dtype=np.int64)).tolist() == [[0.25, 0, 0.75]] * 2


def test_independent_types_multiply():
    belief = independent([[0.25, 0.75], [0.5, 0.0, 0.5]])
    assert as_dict(belief) == {(0, 0): 0.125, (0, 2): 0.125, (1, 0): 0.375, (1, 2): 0.375}
    assert belief.squared_norm == pytest.approx((0.25**2 + 0.75**2) * 0.5)


def test_samples_have_the_frequencies_of_the_distribution():
    belief = joint(SHAPE, GRID[[0, 3, 7, 11]], [0.1, 0.2, 0.3, 0.4])
    drawn = belief.sample(np.random.default_rng(3), 40_000)
    counts = np.array([(drawn == atom).all(axis=1).sum() for atom in belief.atoms])
    assert counts.sum() == 40_000
    error = np.sqrt(40_000 * belief.weights * (1 - belief.weights))
    assert (abs(counts - 40_000 * belief.weights) < 4 * error).all()


def test_the_coins_zero_and_almost_one_draw_the_first_and_the_last_atom():
    class Coins:
        def random(self, size):
            return np.array([0.0, np.nextafter(1.0, 0.0)])[:size]

    belief = joint((9,), np.arange(9)[:, None], np.full(9, 1 / 9))
    assert belief.sample(Coins(), 2).tolist() == [[0], [8]]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: joint((2,), [[0], [1]], [1.0]), "2 profiles but 1 probabilities"),
        (lambda: joint((2,), [[0], [1]], [1.25, -0.25]), r"probabilities.*-0\.25"),
        (lambda: joint((2,), [[0], [1]], [0.5, np.nan]), "probabilities.*nan"),
        (lambda: joint((2,), [[0], [1]], [0.5, 0.4]), r"sum to 0\.9"),
        (lambda: joint((2,), np.zeros((0, 1)), []), "sum to 0"),
        (lambda: joint((2, 3), [[0, 3]], [1.0]), r"grid.*\(2, 3\)"),
        (lambda: joint((2, 3), [[-1, 0]], [1.0]), r"grid.*\(2, 3\)"),
        (lambda: independent([[0.5, 0.4], [1.0]]), r"sum to 0\.9"),
        (lambda: joint((2,), [[0]], [1.0]).given(np.array([False])), "probability zero"),
    ],
)
def test_errors_show_what_is_wrong(build, message):
    with pytest.raises(ValueError, match=message):
        build()


def test_an_infinite_probability_is_named():
    with pytest.raises(ValueError, match="inf"):
        joint((2,), [[0], [1]], [0.5, np.inf])
