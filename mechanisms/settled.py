"""Settled outcomes of the distinct reports met so far, kept so that rounds are played by look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Reports
from mechanisms.rows import Numbers, Rows

if TYPE_CHECKING:
    from mechanisms.mechanism import Mechanism, Settled


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
        self._role, self._first_slot, self._slot = Numbers(), Numbers(), Numbers(cases)
        self._allocation, self._fallback = Numbers(), Rows(1)
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
        self._role.append(likeliest)
        self.role_edges.append(np.cumsum(chances, axis=1))
        self._slot.append(slot)
        self._first_slot.append(slot[np.arange(len(slot)), likeliest])

    @property
    def role(self) -> IntArray:
        """``(reports,)`` the likeliest role."""
        return self._role.filled

    @property
    def slot(self) -> IntArray:
        """``(reports, cases)`` the slot of each role; -1 where it has no chance."""
        return self._slot.filled

    @property
    def first_slot(self) -> IntArray:
        """``(reports,)`` the slot of the likeliest role."""
        return self._first_slot.filled

    @property
    def allocation(self) -> IntArray:
        """``(slots,)`` who gets what, where that is sure."""
        return self._allocation.filled

    def fallback(self, slots: IntArray) -> FloatArray:
        """Return ``(len(slots),)``: the chance that the mechanism fell back."""
        return self._fallback.gather(slots)[:, 0]

    def _append(self, reports: Reports, settled: Settled) -> None:
        environment = self._mechanism.environment
        self.rewards.append(settled.rewards)
        self._fallback.append(settled.fallback[:, None])
        if not self._mechanism.random_allocation:
            self.payments.append(settled.payments)
            self._allocation.append(settled.allocation.astype(np.int64))
            return
        worth = np.stack([environment.worth_of_allocation[i][k] for i, k in enumerate(reports.values.T)], axis=2)
        expected = np.einsum("ra,rai->ri", settled.allocation, worth)
        rates = np.divide(settled.payments, expected, out=np.zeros_like(expected), where=expected > 0)
        self.payments.append((rates[:, None, :] * worth).reshape(-1, worth.shape[2]))
        edges: FloatArray = np.cumsum(settled.allocation, axis=1).astype(float)
        self.edges.append(np.divide(edges, edges[:, -1:]))
