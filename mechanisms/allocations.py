"""Allocations: the list for one good, what every list must be, and sure ones as lotteries."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@lru_cache(maxsize=16)
def one_winner(players: int) -> IntArray:
    """Return the allocations of one good: to nobody, or to each player. They are shared, and cannot be written to."""
    rows = np.eye(players + 1, players, k=-1, dtype=np.int64)
    rows.flags.writeable = False
    return rows


def is_one_winner(rows: IntArray) -> bool:
    """Return whether these are the allocations of one good."""
    if len(rows) != rows.shape[1] + 1:
        return False
    known = one_winner(rows.shape[1])
    return rows is known or np.array_equal(rows, known)


def lottery(allocation: IntArray | FloatArray, allocations: int) -> FloatArray:
    """Return what is allocated as probabilities ``(rounds, allocations)``, given them or ``(rounds,)`` numbers."""
    if allocation.ndim == 2:
        return allocation.astype(float, copy=False)
    sure = np.zeros((len(allocation), allocations))
    sure[np.arange(len(allocation)), allocation.astype(np.int64)] = 1.0
    return sure


def disjoint(bundles: Sequence[tuple[str, ...]]) -> bool:
    """Return whether no good is in two of the bundles."""
    goods = [good for bundle in bundles for good in bundle]
    return len(goods) == len(set(goods))


def check_allocations(rows: IntArray, players: int, bundles: tuple[tuple[str, ...], ...]) -> None:
    """Raise a ValueError unless these are distinct allocations of the bundles, the first one empty."""
    if rows.ndim != 2 or rows.shape[1] != players or not len(rows) or rows[0].any():
        raise ValueError("allocations must be (rows, players) bundle indices, the first row all empty")
    if (rows < 0).any() or (rows >= len(bundles)).any():
        raise ValueError(f"an allocation names bundle {rows.max()}, but there are {len(bundles)}")
    if rows is one_winner(players) and disjoint(bundles):
        return
    if len(np.unique(rows, axis=0)) < len(rows):
        raise ValueError(f"an allocation is listed twice among {rows.tolist()}")
    for good in dict.fromkeys(good for bundle in bundles for good in bundle):
        holds = np.array([bundle.count(good) for bundle in bundles])
        for row in rows[holds[rows].sum(axis=1) > 1][:1]:
            raise ValueError(f"allocation {[list(bundles[b]) for b in row]} gives one good twice")
