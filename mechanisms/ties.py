"""Tie rules: who is the chosen highest bidder i*, and with what probability.

The rule is part of the mechanism's definition. The same weights decide who is chosen and condition the price
on having been chosen, so that the two never disagree.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechanisms.environment import FloatArray, IntArray

Ties = Literal["lowest-index", "uniform"]
TIES: tuple[Ties, ...] = ("lowest-index", "uniform")


def chosen_probabilities(bids: IntArray, ties: Ties) -> FloatArray:
    """Return ``(rounds, players)``: the probability that each player is i*, given bids of that shape.

    >>> chosen_probabilities(np.array([[2, 3, 3]]), "uniform")
    array([[0. , 0.5, 0.5]])
    """
    top = bids == bids.max(axis=1, keepdims=True)
    if ties == "uniform":
        return top / top.sum(axis=1, keepdims=True)
    return (top & (np.cumsum(top, axis=1) == 1)).astype(float)


def win_weights(player: int, grid: IntArray, others: IntArray, ties: Ties) -> FloatArray:
    """Return ``(rounds, values)``: the probability that `player` is i* with each value of her grid.

    `others` ``(rounds, players - 1)`` are the other bids, in order of index.
    """
    best = others.max(axis=1, initial=0)[:, None]
    if ties == "uniform":
        tied = (others == best).sum(axis=1)[:, None]
        at_tie = 1.0 / (1 + tied)
    else:
        loses = (others[:, :player] == best).any(axis=1)[:, None]
        at_tie = np.where(loses, 0.0, 1.0)
    return np.where(grid > best, 1.0, np.where(grid == best, at_tie, 0.0))
