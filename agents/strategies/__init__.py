"""Strategies, one family a file. A strategy sees its own view; none sees the model, the prior or a rival's secrets.

`STRATEGIES` is the registry: a class per name, which users extend by adding an entry.
"""

from agents.strategies.best_response import BestResponse, EmpiricalBestResponse
from agents.strategies.collude import Collude
from agents.strategies.misreport import Misreport
from agents.strategies.rules import BELIEF_RULES, VALUE_RULES, belief_menu
from agents.strategies.strategy import Feedback, PlannedStrategy, Strategy, View
from agents.strategies.truthful import Truthful

STRATEGIES: dict[str, type[Strategy]] = {
    kind.name: kind for kind in (Truthful, Misreport, Collude, BestResponse, EmpiricalBestResponse)
}

__all__ = [
    "BELIEF_RULES",
    "STRATEGIES",
    "VALUE_RULES",
    "BestResponse",
    "Collude",
    "EmpiricalBestResponse",
    "Feedback",
    "Misreport",
    "PlannedStrategy",
    "Strategy",
    "Truthful",
    "View",
    "belief_menu",
]
