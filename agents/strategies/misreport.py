"""Fixed misreports of value, of belief, or of both."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from agents.game import Seat
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
        value_rule, value_parameters = self._value
        belief_rule, belief_parameters = self._belief
        return Plan(
            seat.information,
            _apply(VALUE_RULES[value_rule], seat, value_rule, value_parameters),
            _apply(BELIEF_RULES[belief_rule], seat, belief_rule, belief_parameters),
        )


def _rule(given: Rule, known: Mapping[str, Any], kind: str) -> tuple[str, dict[str, Any]]:
    parameters = {"rule": given} if isinstance(given, str) else dict(given)
    name = parameters.pop("rule", None)
    if name not in known:
        near = get_close_matches(str(name), known, 1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
        raise ValueError(f"unknown {kind} rule {name!r}{hint}")
    return str(name), parameters


def _apply(rule: Any, seat: Seat, name: str, parameters: dict[str, Any]) -> Any:
    try:
        return rule(seat, **parameters)
    except TypeError as error:
        raise ValueError(f"rule {name!r} does not take {parameters}: {error}") from None
