"""The distribution of a figure over very many rounds, in memory that does not grow.

Figures are counted in 131,072 cells about 0, all as wide as some power of 2; where a figure falls beyond them, they are
merged in pairs until it does not. So the cells depend on the largest figure alone, and what is counted apart adds up to
the very same counts. Of each cell the smallest and the largest figure are kept: a quantile is known to lie between
them, and is exact where they are one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mechanisms.environment import FloatArray, IntArray

_CELLS = 1 << 16
_BATCH = 1 << 15
_FINEST = -40


@dataclass(frozen=True)
class Quantile:
    """A quantile, known to lie within `half_width` of `value`.

    Attributes
    ----------
    percent : the share of all rounds, in per cent, that bring at most this.
    """

    percent: int
    value: float
    half_width: float


@dataclass(frozen=True, eq=False)
class Distribution:
    """How often which figures occurred, in cells that are ``2**power`` wide.

    Attributes
    ----------
    cells : ``(cells,)`` the cells with something in them, increasing; cell k begins at ``k * 2**power``.
    counts, low, high : ``(cells,)`` how many figures are in each, the smallest and the largest.
    below, above : how many are minus and plus infinity.
    """

    power: int
    cells: IntArray
    counts: IntArray
    low: FloatArray
    high: FloatArray
    below: int = 0
    above: int = 0

    @property
    def rounds(self) -> int:
        """How many figures there are."""
        return int(self.counts.sum()) + self.below + self.above

    def quantile(self, percent: int) -> Quantile:
        """Return the least figure that at least `percent` per cent of all do not exceed.

        Raises
        ------
        ValueError : if there is none, or `percent` is not from 1 to 100.
        """
        if not self.rounds or not 1 <= percent <= 100:
            raise ValueError(f"no quantile at {percent} % of {self.rounds} figures")
        rank = -(-percent * self.rounds // 100) - self.below
        if rank <= 0:
            return Quantile(percent, -math.inf, 0.0)
        spot = int(np.searchsorted(np.cumsum(self.counts), rank))
        if spot == len(self.cells):
            return Quantile(percent, math.inf, 0.0)
        low, high = float(self.low[spot]), float(self.high[spot])
        return Quantile(percent, low + (high - low) / 2.0, (high - low) / 2.0)

    def coarser(self, power: int) -> Distribution:
        """Return the same in cells ``2**power`` wide, no narrower than they are."""
        if power == self.power:
            return self
        return _merged(power, [self])

    def table(self) -> pd.DataFrame:
        """Return the smallest and largest figure of each cell, how many are in it, and their share of all."""
        table = pd.DataFrame(
            {
                "low": np.concatenate([[-np.inf], self.low, [np.inf]]),
                "high": np.concatenate([[-np.inf], self.high, [np.inf]]),
                "rounds": np.concatenate([[self.below], self.counts, [self.above]]),
            }
        )
        return table[table["rounds"] > 0].reset_index(drop=True).assign(share=lambda t: t["rounds"] / self.rounds)

    def at_most(self, cells: int) -> Distribution:
        """Return the same in so wide cells that no more than that many have something in them."""
        found = self
        while len(found.cells) > max(cells, 2):
            found = found.coarser(found.power + 1)
        return found


def combined(parts: Sequence[Distribution]) -> Distribution:
    """Return the distribution of figures that were counted apart; their order makes no difference."""
    return _merged(max(part.power for part in parts), parts)


def _merged(power: int, parts: Sequence[Distribution]) -> Distribution:
    """Return everything in cells that wide."""
    cells, at = np.unique(np.concatenate([part.cells >> (power - part.power) for part in parts]), return_inverse=True)
    counts, low, high = np.zeros(len(cells), dtype=np.int64), np.full(len(cells), np.inf), np.full(len(cells), -np.inf)
    np.add.at(counts, at, np.concatenate([part.counts for part in parts]))
    np.minimum.at(low, at, np.concatenate([part.low for part in parts]))
    np.maximum.at(high, at, np.concatenate([part.high for part in parts]))
    below, above = sum(part.below for part in parts), sum(part.above for part in parts)
    return Distribution(power, cells, counts, low, high, below, above)


class Tally:
    """Counts figures as they come."""

    def __init__(self) -> None:
        self._batch = np.empty(0)
        self._waiting = 0
        self._power, self._below, self._above = _FINEST, 0, 0
        self._counts, self._low, self._high = np.empty(0, dtype=np.int64), np.empty(0), np.empty(0)

    def add(self, figures: FloatArray) -> None:
        """Count some figures."""
        if not len(self._batch):
            self._batch = np.empty(_BATCH)
            self._clear()
        for start in range(0, len(figures), _BATCH):
            part = figures[start : start + _BATCH]
            if self._waiting + len(part) > _BATCH:
                self._count()
            self._batch[self._waiting : self._waiting + len(part)] = part
            self._waiting += len(part)

    def distribution(self) -> Distribution:
        """Return what was counted so far."""
        self._count()
        used = np.flatnonzero(self._counts)
        low, high = self._low[used] + 0.0, self._high[used] + 0.0  # no -0.0, which is first or last by chance
        return Distribution(self._power, used - _CELLS, self._counts[used], low, high, self._below, self._above)

    def _clear(self) -> None:
        size = 2 * _CELLS
        self._counts = np.zeros(size, dtype=np.int64)
        self._low, self._high = np.full(size, np.inf), np.full(size, -np.inf)

    def _count(self) -> None:
        """Count what has been waiting."""
        figures, self._waiting = self._batch[: self._waiting], 0
        if not len(figures):
            return
        top = max(-float(figures.min()), float(figures.max()))
        if not math.isfinite(top):
            self._below += int((figures == -np.inf).sum())
            self._above += int((figures == np.inf).sum())
            figures = figures[np.isfinite(figures)]
            top = float(np.abs(figures).max(initial=0.0))
        self._reach(top)
        cells = np.floor(figures * 2.0**-self._power).astype(np.int64) + _CELLS
        np.add.at(self._counts, cells, 1)
        new = np.flatnonzero(self._low.take(cells) != figures)  # what is the smallest was once taken for the largest
        np.minimum.at(self._low, cells[new], figures[new])
        np.maximum.at(self._high, cells[new], figures[new])

    def _reach(self, top: float) -> None:
        """Widen the cells until figures of that size fall into them."""
        power = math.frexp(top)[1] - 16  # top < 2**(power + 16)
        if top > 0.0 and power > self._power:
            old = self.distribution().coarser(power)
            self._power = power
            self._clear()
            at = old.cells + _CELLS
            self._counts[at], self._low[at], self._high[at] = old.counts, old.low, old.high
