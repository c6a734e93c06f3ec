"""One chooser's payoffs as a table, in floats and exactly: what is cheap to ask of it, and what is certain.

A configuration of the opponents is one column from each block, and payoffs add up over blocks; an ordinary normal form
is a single block. Sums in floats come with a bound on their rounding error [Higham2002]_, so that a comparison which
clears the bound is as good as an exact one.

References
----------
.. [Higham2002] N. Higham, Accuracy and Stability of Numerical Algorithms, second edition, section 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from analysis.dominance.rational import ObjectArray, last_bit, whole
from mechanisms.environment import FloatArray, IntArray

_ROUNDOFF = 2.0**-53


@dataclass(frozen=True, eq=False)
class PayoffTable:
    """Payoffs of a chooser.

    Attributes
    ----------
    payoffs : ``(actions, columns)``, columns sorted by block.
    starts : ``(blocks,)`` the first column of each block.
    tolerance : advantages up to it are ties.
    integers : ``(actions, columns)`` the exact payoffs, up to one positive factor, where the floats only approximate
        them to a relative error of one unit roundoff; None if the floats are what is meant.
    """

    payoffs: FloatArray
    starts: IntArray
    tolerance: float = 0.0
    integers: ObjectArray | None = field(default=None)

    @property
    def faithful(self) -> bool:
        """Whether the floats are the payoffs themselves."""
        return self.integers is None

    @cached_property
    def ends(self) -> IntArray:
        """The column after each block's last, ``(blocks,)``."""
        return np.append(self.starts[1:], self.payoffs.shape[1])

    @cached_property
    def top(self) -> FloatArray:
        """The best payoff in each column, ``(columns,)``."""
        return self.payoffs.max(axis=0)

    @cached_property
    def size(self) -> float:
        """The largest payoff in absolute value, summed over blocks."""
        return float(np.maximum.reduceat(abs(self.payoffs).max(axis=0), self.starts).sum())

    def error(self, support: int | IntArray) -> FloatArray:
        """Return a bound on the error of an advantage computed with weights on so many rows or columns."""
        return np.asarray(8.0 * _ROUNDOFF * self.size * (support + len(self.starts) + 2))

    @cached_property
    def pairwise_error(self) -> float:
        """A bound on the error of the advantage of one action over another; zero where only a sign is asked."""
        exact = self.faithful and len(self.starts) == 1 and self.tolerance == 0.0
        return 0.0 if exact else float(self.error(1))

    def totals(self, gains: FloatArray) -> FloatArray:
        """Return the sums over each block, ``(..., blocks)``, of gains by column."""
        if len(self.starts) == 1:
            return gains.sum(axis=-1, keepdims=True)
        return np.add.reduceat(gains, self.starts, axis=-1)

    def least(self, gains: FloatArray) -> FloatArray:
        """Return the gain in the worst configuration, ``(...,)``, of gains by column."""
        if len(self.starts) == 1:
            return gains.min(axis=-1)
        return np.minimum.reduceat(gains, self.starts, axis=-1).sum(axis=-1)

    def mean(self, gains: FloatArray) -> FloatArray:
        """Return the gain on average over configurations, ``(...,)``, of gains by column."""
        return (self.totals(gains) / (self.ends - self.starts)).sum(axis=-1)

    def worst(self, gains: FloatArray | ObjectArray) -> IntArray:
        """Return the columns of the worst configuration, ``(..., blocks)``, of gains by column."""
        if len(self.starts) == 1:
            return gains.argmin(axis=-1)[..., None]
        picks = [start + gains[..., start:end].argmin(axis=-1) for start, end in self._spans]
        return np.stack(picks, axis=-1)

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return list(zip(self.starts.tolist(), self.ends.tolist(), strict=True))

    def shares(self, weights: FloatArray, otherwise: FloatArray) -> FloatArray:
        """Return column weights scaled to sum to one in each block; those of `otherwise` where all are zero."""
        sums = self.spread(self.totals(weights))
        if (sums > 0).all():
            return weights / sums
        return np.where(sums > 0, weights / np.where(sums > 0, sums, 1.0), otherwise)

    def spread(self, by_block: FloatArray) -> FloatArray:
        """Return figures by block ``(..., blocks)`` as figures that broadcast against columns."""
        return by_block if len(self.starts) == 1 else np.repeat(by_block, self.ends - self.starts, axis=-1)

    @cached_property
    def uniform(self) -> FloatArray:
        """Equal weights within each block, ``(columns,)``."""
        return np.repeat(1.0 / (self.ends - self.starts), self.ends - self.starts)

    def regret(self, conjectures: FloatArray, rows: IntArray) -> FloatArray:
        """Return how much each row loses to the best other row against its conjecture, ``(rows,)``."""
        worth = conjectures @ self.payoffs.T
        every = np.arange(len(rows))
        own = worth[every, rows].copy()
        worth[every, rows] = -np.inf
        return worth.max(axis=1) - own

    def others(self, row: int, *, weak: bool) -> IntArray:
        """Return every other action; for weak dominance, those that are not the same up to the tolerance."""
        if not weak:
            return np.delete(np.arange(len(self.payoffs)), row)
        if self.integers is not None:
            return np.flatnonzero((self.integers != self.integers[row]).any(axis=1))
        return np.flatnonzero(abs(self.payoffs - self.payoffs[row]).max(axis=1) > self.tolerance)

    def kept(self, rows: IntArray) -> PayoffTable:
        """Return the table of some of the actions."""
        integers = None if self.integers is None else self.integers[rows]
        return PayoffTable(self.payoffs[rows], self.starts, self.tolerance, integers)

    # --- exactly

    @cached_property
    def exponent(self) -> int:
        """The unit of the exact payoffs is two to its power."""
        return min(last_bit(self.payoffs), last_bit(np.array([self.tolerance])))

    def exact(self, rows: Sequence[int] | IntArray, columns: Sequence[int] | IntArray | None = None) -> ObjectArray:
        """Return some payoffs ``(rows, columns)`` as integers in a common unit."""
        at = np.arange(self.payoffs.shape[1]) if columns is None else np.asarray(columns, dtype=np.int64)
        place = np.ix_(np.asarray(rows, dtype=np.int64), at)
        return whole(self.payoffs[place], self.exponent) if self.integers is None else self.integers[place]

    @cached_property
    def exact_tolerance(self) -> int:
        """The tolerance in the unit of the exact payoffs."""
        return int(whole(np.array([self.tolerance]), self.exponent)[0]) if self.tolerance else 0

    def exact_least(self, gains: ObjectArray) -> int:
        """Return the gain in the worst configuration of exact gains by column."""
        return sum(gains[start:end].min() for start, end in self._spans)

    def exact_mean(self, gains: ObjectArray) -> tuple[Any, int]:
        """Return the gain on average over configurations, ``(...,)``, as integers and what they must be divided by."""
        sizes = (self.ends - self.starts).tolist()
        common = math.lcm(*sizes)
        sums = (gains[..., start:end].sum(axis=-1) * (common // (end - start)) for start, end in self._spans)
        return sum(sums), common
