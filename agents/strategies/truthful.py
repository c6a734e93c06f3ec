"""Telling the truth."""

from __future__ import annotations

from agents.game import Seat
from agents.plan import Plan, pure_plan
from agents.strategies.strategy import PlannedStrategy


class Truthful(PlannedStrategy):
    """Announces the true type and the plain posterior."""

    name = "truthful"
    summary = "announces the true value and the plain posterior"

    def plan(self, seat: Seat) -> Plan:
        """Return true types with plain posteriors."""
        return pure_plan(seat.by_state, seat.types, seat.posteriors, seat.menu_size)
