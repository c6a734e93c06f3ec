"""Finding equal reports fast: each distinct row of reports is settled once and then looked up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from mechanisms.environment import IntArray
from mechanisms.outcomes import Reports
from mechanisms.rows import Numbers

LIMIT = 1 << 20


class _Settle(Protocol):
    def __call__(self, reports: Reports) -> None: ...


class ReportMemo:
    """Maps rows of reports to the number of the distinct row, settling new ones as they come.

    A report of one seat becomes a small integer by a table look-up, and the seats' integers together index
    a joint table. Where that would pass `LIMIT` entries nothing is remembered any more.
    """

    def __init__(self, shape: Sequence[int], beliefs: bool, settle: _Settle) -> None:
        self._shape = tuple(shape)
        self._beliefs = beliefs
        self._settle = settle
        n = len(self._shape)
        self._width = 1
        self._lookup = [np.full(size, -1) for size in self._shape]
        self._seen: list[list[int]] = [[] for _ in range(n)]
        self._capacity = [1] * n
        self._full = math.prod(min(size, 2) for size in self._shape) > LIMIT
        self._joint = np.full(1, -1)
        self._rows_seen = Numbers(n)

    def rows(self, reports: Reports) -> IntArray | None:
        """Return ``(rounds,)``: the distinct row that each round's reports equal; None where they do not fit."""
        if self._full:
            return None
        locals_ = [self._local(i, reports) for i in range(len(self._shape))]
        if any(len(seen) > cap for seen, cap in zip(self._seen, self._capacity, strict=True)):
            self._grow()
            if self._full:
                return None
        key = locals_[0]
        for local, capacity in zip(locals_[1:], self._capacity[1:], strict=True):
            key = key * capacity + local
        rows = self._joint[key]
        if len(rows) and rows.min() < 0:
            new, first = np.unique(key[rows < 0], return_index=True)
            where = np.flatnonzero(rows < 0)[first]
            self._joint[new] = len(self._rows_seen) + np.arange(len(new))
            self._rows_seen.append(np.stack([x[where] for x in locals_], axis=1))
            self._settle(Reports(reports.values[where], reports.beliefs[where]))
            rows = self._joint[key]
        return rows

    def _local(self, seat: int, reports: Reports) -> IntArray:
        code = reports.values[:, seat]
        if self._beliefs:
            ids = reports.beliefs[:, seat]
            if len(ids) and ids.max() >= self._width:
                self._widen(int(ids.max()))
            code = code * self._width + ids
        local = self._lookup[seat][code]
        if len(local) and local.min() < 0:
            for new in np.unique(code[local < 0]):
                self._lookup[seat][new] = len(self._seen[seat])
                self._seen[seat].append(int(new))
            local = self._lookup[seat][code]
        return local

    def _widen(self, largest: int) -> None:
        old, self._width = self._width, max(2 * self._width, largest + 1)
        for seat, size in enumerate(self._shape):
            self._seen[seat] = [c // old * self._width + c % old for c in self._seen[seat]]
            self._lookup[seat] = np.full(size * self._width, -1)
            self._lookup[seat][self._seen[seat]] = np.arange(len(self._seen[seat]))

    def _grow(self) -> None:
        self._capacity = [
            max(cap, 1 << (len(seen) - 1).bit_length()) if len(seen) > cap else cap
            for seen, cap in zip(self._seen, self._capacity, strict=True)
        ]
        self._full = math.prod(self._capacity) > LIMIT
        if not self._full:
            self._joint = np.full(math.prod(self._capacity), -1)
            key = np.zeros(len(self._rows_seen), dtype=np.int64)
            for column, capacity in zip(self._rows_seen.filled.T, self._capacity, strict=True):
                key = key * capacity + column
            self._joint[key] = np.arange(len(key))
