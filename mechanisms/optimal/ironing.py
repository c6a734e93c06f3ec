"""Ironed virtual values, and whether a belief is one under which they give the optimum [Myerson1981]_, [Elkind2007]_.

On a grid, value ``v_k`` of probability ``f_k`` has the virtual value ``v_k - (v_{k+1} - v_k) Pr(theta > v_k) / f_k``:
the slope of the revenue curve between the quantiles of two neighbouring values. Ironing takes the slopes of its least
concave majorant instead, which pools neighbours whose virtual values fall.

A value of probability zero has the virtual value of the next lower one that can occur, and none if it is below all of
them. A virtual value counts as zero, or as equal to a lower one, if it is no more above it than 1e-12 of the least
value that has it. That is about what rounding leaves of it, and leaves truth dominant.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
.. [Elkind2007] E. Elkind, Designing and learning optimal finite support auctions, SODA 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from mechanisms.beliefs import Belief, Mixture, Product, weights_of
from mechanisms.environment import FloatArray, IntArray

_EQUAL = 1e-12
_PRODUCT = 1e-9


@dataclass(frozen=True, eq=False)
class Factored:
    """A belief under which values are independent, or nearly.

    Attributes
    ----------
    product : its marginals.
    apart : the largest relative distance of a probability from the product of the marginals.
    """

    product: Product
    apart: float


def factored(belief: Belief, within: float) -> Factored | None:
    """Return a belief as a product, if no probability is further than that from it; None where one is.

    What can be told without listing the profiles of a structured belief is told, no more.
    """
    if isinstance(belief, Product):
        return Factored(belief, 0.0)
    if isinstance(belief, Mixture) and all(_same(belief.components[0], part) for part in belief.components[1:]):
        return Factored(belief.components[0], 0.0)
    if len(belief.shape) == 1:
        return Factored(Product((weights_of(belief, 0),)), 0.0)
    try:
        table = belief.table
    except ValueError:
        return None
    margins = tuple(weights_of(belief, i) for i in range(len(belief.shape)))
    if len(table.atoms) != prod(int((margin > 0).sum()) for margin in margins):
        return None
    expected = np.prod([margin[table.atoms[:, i]] for i, margin in enumerate(margins)], axis=0)
    apart = float(np.max(abs(table.weights - expected) / np.maximum(expected, np.finfo(float).tiny)))
    return Factored(Product(tuple(margin / margin.sum() for margin in margins)), apart) if apart <= within else None


def _same(one: Product, other: Product) -> bool:
    return all(a is b or np.array_equal(a, b) for a, b in zip(one.factors, other.factors, strict=True))


def is_product(belief: Belief) -> bool:
    """Return whether the players' types are independent under a belief, to a relative 1e-9."""
    return factored(belief, _PRODUCT) is not None


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


def virtual_ranks(virtual_values: Sequence[FloatArray], grids: Sequence[IntArray]) -> tuple[IntArray, ...]:
    """Number the positive virtual values of all players together, from 1 up; others have rank 0."""
    margins = [_EQUAL * grid[np.searchsorted(own, own)] for own, grid in zip(virtual_values, grids, strict=True)]
    everyone, margin = np.concatenate(list(virtual_values)), np.concatenate(margins)
    order = np.lexsort((-margin, everyone))
    ranks = np.zeros(len(everyone), dtype=np.int64)
    rank, least = 0, 0.0
    for k in order[everyone[order] > 0.0].tolist():
        if everyone[k] - least > margin[k]:
            rank, least = rank + 1, everyone[k]
        ranks[k] = rank
    ends = np.cumsum([len(own) for own in virtual_values])[:-1]
    return tuple(np.split(ranks, ends))
