"""The monopoly price of a distribution: the best single price for one buyer who would not be sold to otherwise."""

from __future__ import annotations

import numpy as np

from mechanisms.beliefs import Belief, weights_of
from mechanisms.environment import Environment, FloatArray, IntArray

_EQUAL = 1e-12


def best_price(prices: IntArray, income: FloatArray) -> IntArray:
    """Return ``(rounds,)``: the lowest of the increasing prices whose income ``(rounds, prices)`` is the largest.

    Prices are ``(prices,)``, or ``(rounds, prices)`` where they differ.

    Incomes within 1e-12 of the largest count as equal to it.
    """
    pick = (income >= income.max(axis=1, keepdims=True) * (1.0 - _EQUAL)).argmax(axis=1)
    found: IntArray = prices[pick] if prices.ndim == 1 else prices[np.arange(len(pick)), pick]
    return found


def monopoly_price(grid: IntArray, weights: FloatArray) -> IntArray:
    """Return ``(rounds,)``: the price p of the grid that maximises ``p * Pr(theta >= p)``, the lowest of equals.

    Parameters
    ----------
    grid : increasing values, money; ``(values,)``, or ``(rounds, values)`` where they differ.
    weights : ``(rounds, values)``, which need not sum to one; where all are zero every price is as good.

    >>> monopoly_price(np.array([1, 2, 3]), np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]))
    array([2, 1])
    """
    return best_price(grid, grid * np.cumsum(weights[:, ::-1], axis=1)[:, ::-1])


def monopoly_reserves(environment: Environment, belief: Belief) -> IntArray:
    """Return ``(players,)``: the monopoly price of each player's marginal, money."""
    prices = [monopoly_price(grid, marginal_weights(belief, i)[None]) for i, grid in enumerate(environment.values)]
    return np.concatenate(prices)


def marginal_weights(belief: Belief, player: int) -> FloatArray:
    """Return ``(values,)``: the probability of each type of one of the players a belief is about."""
    return weights_of(belief, player)
