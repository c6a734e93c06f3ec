"""Settled outcomes of the distinct reports met so far, kept so that rounds are played by look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Reports

if TYPE_CHECKING:
    from mechanisms.mechanism import Mechanism, Settled


class Rows:
    """Rows that grow, kept by column, so that gathering many of them gives contiguous columns."""

    def __init__(self, width: int) -> None:
        self._columns = np.zeros((width, 0))

    def __len__(self) -> int:
        return self._columns.shape[1]

    def append(self, rows: FloatArray) -> None:
        """Add ``(rows, width)``."""
        self._columns = np.concatenate([self._columns, rows.T], axis=1)

    def gather(self, rows: IntArray) -> FloatArray:
        """Return ``(len(rows), width)``."""
        return np.take(self._columns, rows, axis=1).T


class SettledTable:
    """Settled outcomes of the distinct reports met so far, one slot per (report, possible role).

    Payments have a row a slot, or a row for each allocation of a slot where the allocation is drawn.
    """

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        n, cases = self._mechanism.environment.players, self._mechanism.cases
        self.role = np.zeros(0, dtype=np.int64)
        self.first_slot = np.zeros(0, dtype=np.int64)
        self.slot = np.zeros((0, cases), dtype=np.int64)
        self.allocation = np.zeros(0, dtype=np.int64)
        self.fallback = np.zeros(0)
        self.payments, self.rewards, self.role_edges = Rows(n), Rows(n), Rows(cases)
        self.edges = Rows(len(self._mechanism.environment.allocations))

    def extend(self, reports: Reports, *, fresh: bool) -> None:
        """Settle new distinct reports and append their slots; `fresh` starts the table anew."""
        if fresh:
            self.clear()
        mechanism = self._mechanism
        chances = mechanism.role_probabilities(reports.values)
        slot = np.full(chances.shape, -1)
        for role in range(chances.shape[1]):
            rows = np.flatnonzero(chances[:, role])
            if len(rows):
                slot[rows, role] = len(self.rewards) + np.arange(len(rows))
                self._append(reports.take(rows), mechanism.settle(reports.take(rows), role))
        likeliest = chances.argmax(axis=1)
        self.role = np.append(self.role, likeliest)
        self.role_edges.append(np.cumsum(chances, axis=1))
        self.slot = np.vstack([self.slot, slot])
        self.first_slot = np.append(self.first_slot, slot[np.arange(len(slot)), likeliest])

    def _append(self, reports: Reports, settled: Settled) -> None:
        environment = self._mechanism.environment
        self.rewards.append(settled.rewards)
        self.fallback = np.append(self.fallback, settled.fallback)
        if not self._mechanism.random_allocation:
            self.payments.append(settled.payments)
            self.allocation = np.append(self.allocation, settled.allocation.astype(np.int64))
            return
        worth = np.stack([environment.worth_of_allocation[i][k] for i, k in enumerate(reports.values.T)], axis=2)
        expected = np.einsum("ra,rai->ri", settled.allocation, worth)
        rates = np.divide(settled.payments, expected, out=np.zeros_like(expected), where=expected > 0)
        self.payments.append((rates[:, None, :] * worth).reshape(-1, worth.shape[2]))
        edges: FloatArray = np.cumsum(settled.allocation, axis=1).astype(float)
        self.edges.append(np.divide(edges, edges[:, -1:]))
