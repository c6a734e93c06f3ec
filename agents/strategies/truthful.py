"""Telling the truth."""

from __future__ import annotations

from agents.game import Seat
from agents.plan import Plan
from agents.strategies.rules import posterior, true_value
from agents.strategies.strategy import PlannedStrategy


class Truthful(PlannedStrategy):
    """Announces the true type and the plain posterior."""

    name = "truthful"
    summary = "announces the true value and the plain posterior"

    def plan(self, seat: Seat) -> Plan:
        """Return true types with plain posteriors."""
        return Plan(seat.information, true_value(seat), posterior(seat))
