"""Settled outcomes of the distinct reports met so far, kept so that rounds are played by look-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mechanisms.allocations import lottery
from mechanisms.direct import Coins
from mechanisms.draws import draw
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Outcomes, Reports
from mechanisms.rows import Numbers, Rows
from mechanisms.terms import Settled

if TYPE_CHECKING:
    from mechanisms.mechanism import Mechanism


class SettledTable:
    """Settled outcomes of the distinct reports met so far, one slot per (report, possible role).

    Payments have a row a slot, or a row for each allocation of a slot where the allocation is drawn.
    """

    def __init__(self, mechanism: Mechanism) -> None:
        self._mechanism = mechanism
        n, cases = mechanism.environment.players, self._mechanism.cases
        self._role, self._first_slot, self._slot = Numbers(), Numbers(), Numbers(cases)
        self._allocation, self._fallback = Numbers(), Rows(1)
        self._payments, self._rewards, self._role_edges = Rows(n), Rows(n), Rows(cases)
        self._edges = Rows(len(mechanism.environment.allocations))

    def extend(self, reports: Reports) -> None:
        """Settle new distinct reports and append their slots."""
        mechanism = self._mechanism
        chances = mechanism.role_probabilities(reports.values)
        slot = np.full(chances.shape, -1)
        for role in range(chances.shape[1]):
            rows = np.flatnonzero(chances[:, role])
            if len(rows):
                slot[rows, role] = len(self._rewards) + np.arange(len(rows))
                self._append(reports.take(rows), mechanism.settle(reports.take(rows), role))
        likeliest = chances.argmax(axis=1)
        self._role.append(likeliest)
        self._role_edges.append(np.cumsum(chances, axis=1))
        self._slot.append(slot)
        self._first_slot.append(slot[np.arange(len(slot)), likeliest])

    def look_up(self, reports: Reports, row: IntArray, coins: Coins) -> Outcomes:
        """Return outcomes before Lemma 1's lottery, given the distinct row that each round's reports equal.

        Raises
        ------
        ValueError : if a given role cannot be.
        """
        if reports.role is not None:
            role, slot = reports.role, self._slot.filled[row, reports.role]
            if len(slot) and slot.min() < 0:
                raise ValueError(f"player {role[slot.argmin()]} cannot have the role in round {slot.argmin()}")
        elif coins.role is not None:
            role = draw(self._role_edges.gather(row), coins.role)
            slot = self._slot.filled[row, role]
        else:
            role, slot = self._role.filled[row], self._first_slot.filled[row]
        if coins.allocation is not None:
            allocation = draw(self._edges.gather(slot), coins.allocation)
            payments = self._payments.gather(slot * len(self._mechanism.environment.allocations) + allocation)
        else:
            allocation, payments = self._allocation.filled[slot], self._payments.gather(slot)
        return Outcomes(allocation, payments, self._rewards.gather(slot), role, self._fallback.gather(slot)[:, 0])

    def _append(self, reports: Reports, settled: Settled) -> None:
        environment = self._mechanism.environment
        self._rewards.append(settled.rewards)
        self._fallback.append(settled.fallback[:, None])
        if not self._mechanism.random_allocation:
            self._payments.append(settled.payments)
            self._allocation.append(settled.allocation.astype(np.int64))
            return
        worth = np.stack([environment.worth_of_allocation[i][k] for i, k in enumerate(reports.values.T)], axis=2)
        chances = lottery(settled.allocation, worth.shape[1])
        expected = np.einsum("ra,rai->ri", chances, worth)
        rates = np.divide(settled.payments, expected, out=np.zeros_like(expected), where=expected > 0)
        self._payments.append((rates[:, None, :] * worth).reshape(-1, worth.shape[2]))
        edges: FloatArray = np.cumsum(chances, axis=1)
        self._edges.append(np.divide(edges, edges[:, -1:]))
