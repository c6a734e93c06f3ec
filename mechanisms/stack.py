"""An array that grows row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Stack:
    """Rows that are added one by one and read all at once; shorter rows are filled up."""

    def __init__(self, shape: tuple[int, ...], *, fill: float = 0, dtype: type = np.int64) -> None:
        self._fill = fill
        self._data: NDArray[Any] = np.full((16, *shape), fill, dtype=dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    @property
    def rows(self) -> NDArray[Any]:
        """All rows, not to be kept while rows are added."""
        return self._data[: self._size]

    def append(self, row: ArrayLike) -> None:
        """Add a row, which makes all rows wider if it is too long."""
        new = np.asarray(row)
        wide = new.shape[0] > self._data.shape[1] if new.ndim else False
        if self._size == len(self._data) or wide:
            shape = (max(16, 2 * self._size), *np.maximum(new.shape, self._data.shape[1:]).astype(int).tolist())
            grown = np.full(shape, self._fill, dtype=self._data.dtype)
            grown[tuple(map(slice, self.rows.shape))] = self.rows
            self._data = grown
        self._data[self._size, ...][tuple(map(slice, new.shape))] = new
        self._size += 1
