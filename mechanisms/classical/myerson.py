r"""Myerson's optimal auction for independent values, by ironed virtual values [Myerson1981]_, [Elkind2007]_.

On a grid, value ``v_k`` of probability ``f_k`` has the virtual value ``v_k - (v_{k+1} - v_k) Pr(theta > v_k) / f_k``:
the slope of the revenue curve between the quantiles of two neighbouring values. Ironing takes the slopes of its least
concave majorant instead, which pools neighbours whose virtual values fall. The highest positive ironed virtual value
buys, for the least with which she would; ties across players, and within a pool, are broken by the tie rule.

A value of probability zero has the virtual value of the next lower one that can occur, and none if it is below all of
them. A virtual value counts as zero, or as equal to a lower one, if it is no more above it than 1e-12 of the least
value that has it. That is about what rounding leaves of it, and leaves truth dominant.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
.. [Elkind2007] E. Elkind, Designing and learning optimal finite support auctions, SODA 2007.
"""

from __future__ import annotations

from functools import cached_property
from math import prod

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Belief
from mechanisms.classical.monopoly import marginal_weights
from mechanisms.classical.ranked import RankedAuction
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Setting
from mechanisms.ties import Ties

_EQUAL = 1e-12
_PRODUCT = 1e-9


def ironed_virtual_values(grid: IntArray, weights: FloatArray) -> FloatArray:
    """Return ``(values,)``: the ironed virtual value of each value, non-decreasing; -inf below all that can occur.

    Parameters
    ----------
    grid : increasing values, money.
    weights : ``(values,)`` their probabilities, not all zero.

    >>> ironed_virtual_values(np.array([1, 2, 3, 4]), np.full(4, 0.25))
    array([-2.,  0.,  2.,  4.])
    """
    possible = np.flatnonzero(weights > 0)
    values, chances = grid[possible], weights[possible]
    above = np.append(np.cumsum(chances[::-1])[::-1][1:], 0.0)
    gains = values * chances - np.append(np.diff(values), 0) * above
    sums: list[float] = []
    masses: list[float] = []
    sizes: list[int] = []
    for gain, chance in zip(gains.tolist(), chances.tolist(), strict=True):
        size = 1
        while sums and sums[-1] * chance >= gain * masses[-1]:
            gain, chance, size = gain + sums.pop(), chance + masses.pop(), size + sizes.pop()
        sums.append(gain)
        masses.append(chance)
        sizes.append(size)
    with np.errstate(over="ignore"):  # a value that hardly ever occurs can have the virtual value -inf
        ironed = np.repeat(np.array(sums) / np.array(masses), sizes)
    below = np.searchsorted(possible, np.arange(len(grid)), side="right")
    return np.concatenate([[-np.inf], ironed])[below]


class Myerson(RankedAuction):
    """The highest positive ironed virtual value buys, for the least with which she would still."""

    name = "myerson"
    summary = "the optimal auction for independent values; the seller knows each player's distribution"
    uses_prior = True
    about = About(
        source="Myerson 1981",
        seller="each player's own distribution",
        players="their own value",
        promises="OPT where values are independent, regular or not",
        fails="correlated values: it plays by the marginals, and may earn less than lookahead or Vickrey",
    )

    def __init__(
        self, setting: Setting, *, ties: Ties = "lowest-index", delta: float = 0.0, discount: float = 0.5
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        grids = setting.environment.values
        self.virtual_values = tuple(
            ironed_virtual_values(grid, marginal_weights(setting.prior, i)) for i, grid in enumerate(grids)
        )
        self.ranks = _ranks(self.virtual_values, grids)

    def reach(self, player: int, ranks: IntArray) -> FloatArray:
        """Return her least value of at least those ranks, or her largest where there is none."""
        spots = np.searchsorted(self.ranks[player], ranks)
        grid = self.environment.values[player]
        return grid[np.minimum(spots, len(grid) - 1)].astype(float)

    @cached_property
    def independent(self) -> bool:
        """Whether values are independent under D, to a relative 1e-9."""
        return is_product(self._setting.prior)

    def guarantee(self, opt: float) -> float | None:
        """Return ``(1 - delta) OPT`` where values are independent [Myerson1981]_."""
        return (1.0 - self.delta) * opt if self.independent else None


def is_product(belief: Belief) -> bool:
    """Return whether the players' types are independent under a belief, to a relative 1e-9."""
    margins = [marginal_weights(belief, i) for i in range(len(belief.shape))]
    atoms = belief.support
    if len(atoms) != prod(int((margin > 0).sum()) for margin in margins):
        return False
    expected = np.prod([margin[atoms[:, i]] for i, margin in enumerate(margins)], axis=0)
    return bool(np.allclose(belief.prob(atoms), expected, rtol=_PRODUCT, atol=0.0))


def _ranks(virtual_values: tuple[FloatArray, ...], grids: tuple[IntArray, ...]) -> tuple[IntArray, ...]:
    """Number the positive virtual values of all players together, from 1 up; others have rank 0."""
    margins = [_EQUAL * grid[np.searchsorted(own, own)] for own, grid in zip(virtual_values, grids, strict=True)]
    everyone, margin = np.concatenate(virtual_values), np.concatenate(margins)
    order = np.lexsort((-margin, everyone))
    ranks = np.zeros(len(everyone), dtype=np.int64)
    rank, least = 0, 0.0
    for k in order[everyone[order] > 0.0].tolist():
        if everyone[k] - least > margin[k]:
            rank, least = rank + 1, everyone[k]
        ranks[k] = rank
    ends = np.cumsum([len(own) for own in virtual_values])[:-1]
    return tuple(np.split(ranks, ends))
