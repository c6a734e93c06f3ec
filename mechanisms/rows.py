"""Tables that grow, row by row, without being copied each time: what is kept of the rounds met so far."""

from __future__ import annotations

import numpy as np

from mechanisms.environment import FloatArray, IntArray


class Rows:
    """Rows that grow, kept by column, so that gathering many of them gives contiguous columns.

    Room doubles when it runs out: learners bring new reports round after round.
    """

    def __init__(self, width: int) -> None:
        self._columns = np.zeros((width, 0))
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, rows: FloatArray) -> None:
        """Add ``(rows, width)``."""
        end = self._size + len(rows)
        if end > self._columns.shape[1]:
            grown = np.zeros((len(self._columns), max(end, 2 * self._size)))
            grown[:, : self._size] = self._columns[:, : self._size]
            self._columns = grown
        self._columns[:, self._size : end] = rows.T
        self._size = end

    def gather(self, rows: IntArray) -> FloatArray:
        """Return ``(len(rows), width)``."""
        return np.take(self._columns, rows, axis=1).T


class Numbers:
    """Whole numbers, ``(rows,)`` or ``(rows, width)``, that grow like `Rows`."""

    def __init__(self, *width: int) -> None:
        self._rows = np.zeros((0, *width), dtype=np.int64)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def append(self, rows: IntArray) -> None:
        """Add some."""
        end = self._size + len(rows)
        if end > len(self._rows):
            grown = np.zeros((max(end, 2 * self._size), *self._rows.shape[1:]), dtype=np.int64)
            grown[: self._size] = self._rows[: self._size]
            self._rows = grown
        self._rows[self._size : end] = rows
        self._size = end

    @property
    def filled(self) -> IntArray:
        """All of them."""
        return self._rows[: self._size]
