"""Tie rules: who is the chosen highest bidder i*, and with what probability.

The rule is part of the mechanism's definition. The same weights decide who is chosen and condition the price
on having been chosen, so that the two never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, eq=False)
class Rivals:
    """What one player a round has against her, ``(rounds,)`` each.

    Attributes
    ----------
    best : the highest other bid, 0 where there is none.
    at_tie : the probability that she is i* with that bid herself.
    """

    best: IntArray
    at_tie: FloatArray

    def win_weights(self, grids: IntArray) -> FloatArray:
        """Return ``(rounds, values)``: the probability that she is i* with each value of `grids`, of that shape."""
        best, at_tie = self.best[:, None], self.at_tie[:, None]
        return np.where(grids > best, 1.0, np.where(grids == best, at_tie, 0.0))


def rivals(bids: IntArray, chosen: IntArray, ties: Ties) -> Rivals:
    """Return what the `chosen` player of each round has against her.

    >>> rivals(np.array([[3, 2, 2], [3, 2, 2]]), np.array([2, 0]), "uniform").at_tie
    array([0.5       , 0.33333333])
    """
    at = np.arange(len(bids))
    others = bids.copy()
    others[at, chosen] = -1
    first = others.argmax(axis=1)
    highest = others[at, first]
    best = np.maximum(highest, 0)
    if ties == "uniform":
        return Rivals(best, 1.0 / (1 + (others == best[:, None]).sum(axis=1)))
    return Rivals(best, np.where((highest == best) & (first < chosen), 0.0, 1.0))
