"""Monopoly prices: against every price tried in fractions, and the lowest of equals."""

from fractions import Fraction

import numpy as np
import pytest

from mechanisms import joint
from mechanisms.classical.monopoly import marginal_weights, monopoly_price


def test_no_price_earns_more_and_no_lower_one_as_much():
    rng = np.random.default_rng(1)
    for _ in range(200):
        grid = np.sort(rng.choice(np.arange(1, 15), int(rng.integers(1, 6)), replace=False))
        odds = rng.integers(0, 4, len(grid))
        income = {
            int(p): int(p) * sum(Fraction(int(o)) for o, v in zip(odds, grid, strict=True) if v >= p) for p in grid
        }
        best = min(p for p in income if income[p] == max(income.values()))
        assert monopoly_price(grid, odds[None] / 7.0) == [best]


@pytest.mark.parametrize("top", [2, 3, 7, 12])
def test_where_every_price_earns_the_same_the_lowest_is_taken(top):
    """``Pr(theta >= k) = 1 / k`` on 1..top, up to rounding."""
    grid = np.arange(1, top + 1)
    weights = 1.0 / grid - np.append(1.0 / grid[1:], 0.0)
    assert monopoly_price(grid, weights[None]) == [1]
    weights[-1] *= 1 + 1e-9
    assert monopoly_price(grid, weights[None]) == [top]


def test_a_tie_that_rounding_hides_goes_to_the_lowest():
    """Odds 2, 2 and 3 on 1, 3 and 5: prices 3 and 5 both earn 15/7, and 5 earns more in floating point."""
    grid, weights = np.array([1, 3, 5]), np.array([2, 2, 3]) / 7
    income = grid * np.cumsum(weights[::-1])[::-1]
    assert income[2] > income[1]
    assert monopoly_price(grid, weights[None]) == [3]


def test_marginals_count_types_that_never_occur():
    belief = joint((2, 3), [[0, 0], [1, 0], [1, 2]], [0.2, 0.3, 0.5])
    np.testing.assert_allclose(marginal_weights(belief, 0), [0.2, 0.8])
    np.testing.assert_allclose(marginal_weights(belief, 1), [0.5, 0.0, 0.5])
