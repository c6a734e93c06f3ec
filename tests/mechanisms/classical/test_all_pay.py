"""The all-pay auction: everybody pays, truth only loses, and the uniform equilibrium earns what Vickrey does."""

import numpy as np
import pytest

from mechanisms import Reports, joint, single_good
from tests.mechanisms.classical.checks import announced, assert_play_is_expect_in_the_mean
from tests.priors import TIE_RULES, build, random_case, truthful_figures


@pytest.mark.parametrize(
    ("ties", "winners"), [("lowest-index", [0.0, 1.0, 0.0, 0.0]), ("uniform", [0.0, 0.5, 0.0, 0.5])]
)
def test_the_highest_bid_wins_and_all_bids_are_paid(ties, winners):
    mechanism = build("all-pay", single_good([[1, 3], [2, 3], [1, 3]]), ties=ties)
    bids = Reports(np.array([[0, 1, 0], [1, 0, 1]]), np.zeros((2, 3), dtype=np.int64))
    outcomes = mechanism.expect(bids)
    np.testing.assert_allclose(outcomes.allocation, [[0, 0, 1, 0], winners])
    np.testing.assert_array_equal(outcomes.payments, [[1, 3, 1], [3, 2, 3]])


@pytest.mark.parametrize("ties", TIE_RULES)
def test_truth_earns_the_sum_of_values_and_loses_what_one_does_not_win(ties):
    for seed in range(6):
        case = random_case(seed, 1 + seed % 3)
        mean = sum(w * sum(v) for v, w in zip(case.profiles, case.weights, strict=True))
        assert truthful_figures(case, "all-pay", ties=ties)[0] == pytest.approx(mean)
        mechanism = build("all-pay", case.environment, ties=ties)
        reports = announced(mechanism)
        utility = mechanism.expect(reports).utility(case.environment, reports.values)
        assert utility.max() <= 1e-12
        assert case.players == 1 or utility.min() < 0
        assert_play_is_expect_in_the_mean(mechanism)


def uniform_pair(steps: int) -> tuple[float, float]:
    """Revenue, and the best gain from another bid, as shares of the top value, if two bidders bid v^2 / 2.

    Values are j / steps for j = 1..steps; money is counted in units of 1 / (2 steps^2), so that bids are whole.
    """
    values, bids = 2 * steps * np.arange(1, steps + 1), np.arange(1, steps + 1) ** 2
    grid = np.union1d(values, np.arange(1, steps**2 + 1))
    mechanism = build(
        "all-pay", single_good([grid, grid]), prior=joint((len(grid),) * 2, [[0, 0]], [1.0]), ties="uniform"
    )
    mine, theirs = np.arange(len(grid)), np.searchsorted(grid, bids)
    points = np.stack(np.meshgrid(mine, theirs, indexing="ij"), axis=-1).reshape(-1, 2)
    outcomes = mechanism.expect(Reports(points, points))
    won = outcomes.allocation[:, 1].reshape(len(grid), steps).mean(axis=1)
    paid = outcomes.payments[:, 0].reshape(len(grid), steps).mean(axis=1)
    utility = values[:, None] * won - paid
    top = float(values[-1])
    return 2 * paid[theirs].mean() / top, (utility.max(axis=1) - utility[np.arange(steps), theirs]).max() / top


def test_the_uniform_equilibrium_earns_a_third_and_leaves_nobody_a_better_bid():
    """[Krishna2010]'s ``(n - 1) / n v^n``, as the grid is refined; Vickrey earns ``(n - 1) / (n + 1)``, a third."""
    coarse, fine = uniform_pair(6), uniform_pair(12)
    for (revenue, gain), steps in ((coarse, 6), (fine, 12)):
        assert abs(revenue - 1 / 3) < 1 / steps
        assert 0 < gain <= 1 / (2 * steps)  # outbidding one tie
    assert abs(2 * fine[0] - coarse[0] - 1 / 3) < 1 / 6**2


def test_nothing_is_guaranteed():
    assert build("all-pay", single_good([[1, 2], [1, 2]])).guarantee(1.5) is None
