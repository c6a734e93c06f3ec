"""What is kept of the rounds of a market: means over worlds by window of rounds, in memory that does not grow.

Worlds are summed in *leaves*, parts of them that depend on their number alone, and the leaves are put together in
their order at the end. So worlds that are played apart, in blocks cut at the edges of leaves, leave the very bits of
all played at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mechanisms.environment import FloatArray, IntArray
from scenarios.streams import Block

ROWS = 4096
LEAVES = 64
ROUND_COLUMNS = (
    "round",
    "span",
    "revenue",
    "standard_error",
    "prices",
    "rewards",
    "truthful_values",
    "truthful_beliefs",
    "fallback",
)


def window_length(rounds: int | None) -> int:
    """Return the rounds a window has where that many are to be played; 1 where nobody knows.

    >>> window_length(4096), window_length(4097), window_length(None)
    (1, 2, 1)
    """
    return max(1, -(-(rounds or 1) // ROWS))


def leaf_edges(worlds: int) -> IntArray:
    """Return ``(leaves + 1,)``: where the leaves of that many worlds begin, and the last ends.

    >>> leaf_edges(3), len(leaf_edges(10_000))
    (array([0, 1, 2, 3]), 65)
    """
    leaves = min(worlds, LEAVES)
    return np.arange(leaves + 1) * worlds // leaves


def leaf_blocks(worlds: int, count: int) -> list[Block]:
    """Return about `count` blocks of about as many worlds each, cut at the edges of leaves."""
    edges = leaf_edges(worlds)
    leaves = len(edges) - 1
    cuts = edges[np.arange(min(count, leaves) + 1) * leaves // min(count, leaves)].tolist()
    return [Block(low, high - low, worlds) for low, high in pairwise(cuts)]


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of rounds, by leaf.

    Attributes
    ----------
    spans : ``(windows,)`` rounds in each.
    truths : ``(windows, 2)`` how often a seat told its true value in some world and round, and its plain posterior.
    sums : ``(windows, 5, leaves)`` of revenue, prices, rewards and fallback over rounds and worlds, and of the squares
        of what revenue in a world and window is off its mean in the leaf.
    sizes : ``(leaves,)`` worlds.
    seats : number of seats.
    """

    spans: IntArray
    truths: IntArray
    sums: FloatArray
    sizes: IntArray
    seats: int

    def table(self) -> dict[str, FloatArray | IntArray]:
        """Return the means over worlds by window, ``(windows,)`` each, named as in `ROUND_COLUMNS`.

        `round` is a window's last round, counted from 0, `span` how many it has; the standard error is that of the mean
        of a round, over worlds, and not a number for a single one.
        """
        worlds = int(self.sizes.sum())
        per_round = self.spans * worlds
        revenue, prices, rewards, fallback, _ = self.sums.sum(axis=2).T / per_round
        truths = self.truths / (per_round * self.seats)[:, None]
        columns = (revenue, self._errors(worlds), prices, rewards, *truths.T, fallback)
        return dict(zip(ROUND_COLUMNS, (np.cumsum(self.spans) - 1, self.spans, *columns), strict=True))

    def _errors(self, worlds: int) -> FloatArray:
        """Return the standard errors over worlds by Chan's rule for sums of squares in parts."""
        if worlds < 2:
            return np.full(len(self.spans), np.nan)
        by_leaf = self.sums[:, 0]
        with np.errstate(invalid="ignore"):  # a logarithmic score may have fined without bound
            off = by_leaf / self.sizes - by_leaf.sum(axis=1, keepdims=True) / worlds
            squares = self.sums[:, 4].sum(axis=1) + (off**2 * self.sizes).sum(axis=1)
        errors: FloatArray = np.sqrt(squares / (worlds - 1) / worlds) / self.spans
        return errors


def side_by_side(parts: Sequence[Windows]) -> Windows:
    """Return the windows of blocks of worlds that were played apart, in their order."""
    first = parts[0]
    return Windows(
        first.spans,
        np.sum([part.truths for part in parts], axis=0),
        np.concatenate([part.sums for part in parts], axis=2),
        np.concatenate([part.sizes for part in parts]),
        first.seats,
    )


class WindowRecord:
    """Keeps the windows of a block of worlds.

    Parameters
    ----------
    block : the worlds.
    seats : number of seats.
    length : rounds in a window.
    """

    def __init__(self, block: Block, *, seats: int, length: int) -> None:
        edges = leaf_edges(block.total) - block.first
        self._starts = np.concatenate([[0], edges[(edges > 0) & (edges < block.count)]])
        self._sizes = np.diff(self._starts, append=block.count)
        self._seats, self._length = seats, length
        self._open: list[FloatArray] = []
        self._span, self._truths = 0, (0, 0)
        self._rows: list[FloatArray] = []
        self._spans: list[int] = []
        self._told: list[tuple[int, int]] = []

    def take(self, figures: Sequence[FloatArray], truths: tuple[int, int]) -> None:
        """Take a round in.

        Parameters
        ----------
        figures : revenue, prices, rewards and fallback, ``(worlds,)`` each.
        truths : how many pairs of seat and world told the true value, and the plain posterior.
        """
        if self._span:
            for total, figure in zip(self._open, figures, strict=True):
                total += figure
        else:
            self._open = list(figures) if self._length == 1 else [figure.copy() for figure in figures]
        self._span += 1
        self._truths = (self._truths[0] + truths[0], self._truths[1] + truths[1])
        if self._span == self._length:
            self._rows.append(self._sums())
            self._spans.append(self._span)
            self._told.append(self._truths)
            self._span, self._truths = 0, (0, 0)

    def windows(self) -> Windows:
        """Return what was kept, an unfinished window at its end."""
        unfinished = self._span > 0
        rows = [*self._rows, self._sums()] if unfinished else self._rows
        spans = np.array([*self._spans, self._span] if unfinished else self._spans, dtype=np.int64)
        truths = [*self._told, self._truths] if unfinished else self._told
        return Windows(
            spans,
            np.array(truths, dtype=np.int64).reshape(-1, 2),
            np.array(rows).reshape(-1, 5, len(self._sizes)),
            self._sizes,
            self._seats,
        )

    def _sums(self) -> FloatArray:
        """Return ``(5, leaves)``: the sums of the open window."""
        sums = np.empty((5, len(self._sizes)))
        for row, figure in zip(sums[:4], self._open, strict=True):
            np.add.reduceat(figure, self._starts, out=row)
        with np.errstate(invalid="ignore"):
            off = self._open[0] - np.repeat(sums[0] / self._sizes, self._sizes)
            np.add.reduceat(off * off, self._starts, out=sums[4])
        return sums
