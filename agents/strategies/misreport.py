"""Fixed misreports of value, of belief, or of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agents.game import Seat
from agents.parameters import checked, entry
from agents.plan import Plan
from agents.strategies.rules import BELIEF_RULES, VALUE_RULES
from agents.strategies.strategy import PlannedStrategy

Rule = str | Mapping[str, Any]


class Misreport(PlannedStrategy):
    """Announces values by one rule and beliefs by another.

    Parameters
    ----------
    value, belief : a rule's name, or a mapping of `rule` and its parameters, such as
        ``{"rule": "overbid", "steps": 2}``.
    """

    name = "misreport"
    summary = "announces a value by one rule (value = …) and a belief by another (belief = …)"

    def __init__(self, *, value: Rule = "truthful", belief: Rule = "truthful") -> None:
        self._value = _rule(value, VALUE_RULES, "value")
        self._belief = _rule(belief, BELIEF_RULES, "belief")

    def plan(self, seat: Seat) -> Plan:
        """Return the two rules' tables."""
        value, value_parameters = self._value
        belief, belief_parameters = self._belief
        plan = Plan(
            seat.by_state,
            VALUE_RULES[value](seat, **value_parameters),
            BELIEF_RULES[belief](seat, **belief_parameters),
        )
        return plan.compact()


def _rule(given: Rule, known: Mapping[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    parameters = {"rule": given} if isinstance(given, str) else dict(given)
    name = str(parameters.pop("rule", ""))
    rule = entry(known, name, field=f"{kind} rule")
    return name, checked(rule, parameters, field=name, beside=["rule"])
