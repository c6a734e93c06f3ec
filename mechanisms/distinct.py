"""Distinct rows of an integer table, so that what is costly is worked out once each."""

from __future__ import annotations

import numpy as np

from mechanisms.environment import IntArray


def distinct_rows(table: IntArray) -> tuple[IntArray, IntArray]:
    """Return where each distinct row first stands, and for every row the number of the distinct row.

    >>> first, inverse = distinct_rows(np.array([[1, 5], [0, 2], [1, 5]]))
    >>> first[inverse]
    array([0, 1, 0])
    """
    sizes = table.max(axis=0, initial=0).astype(float) + 1.0
    if np.prod(sizes) < 2.0**62:
        key = np.zeros(len(table), dtype=np.int64)
        for column, size in zip(table.T, sizes, strict=True):
            key = key * int(size) + column
        _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    else:
        _, first, inverse = np.unique(table, axis=0, return_index=True, return_inverse=True)
    return first, inverse.reshape(-1)
