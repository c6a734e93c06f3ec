"""A seat's menu of reports: every announced value with every belief of a finite list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.game import Seat
from agents.strategies import BELIEF_RULES
from mechanisms.environment import IntArray

RULES = tuple(name for name in BELIEF_RULES if name not in ("truthful", "other-type"))


@dataclass(frozen=True, eq=False)
class Menu:
    """The reports of one seat, numbered value by value: report ``value * len(beliefs) + belief``.

    Attributes
    ----------
    value_names : what each announced type is called.
    beliefs : ``(beliefs,)`` distinct ids; one that nobody reads where the mechanism does not ask.
    belief_names : what each is called.
    truth : ``(cells,)`` the number of each type's truthful report.
    """

    value_names: tuple[str, ...]
    beliefs: IntArray
    belief_names: tuple[str, ...]
    truth: IntArray

    def __len__(self) -> int:
        return len(self.value_names) * len(self.beliefs)

    def value_of(self, reports: IntArray) -> IntArray:
        """Return the announced type of each report."""
        return reports // len(self.beliefs)

    def belief_of(self, reports: IntArray) -> IntArray:
        """Return the place in `beliefs` of each report's belief."""
        return reports % len(self.beliefs)

    def belief_name(self, report: int, cell: int | None = None) -> str:
        """Return what a report's belief is called; a type's own posterior, if the type is given, the true belief."""
        belief = report % len(self.beliefs)
        true = cell is not None and belief == int(self.truth[cell]) % len(self.beliefs)
        return "true belief" if true and self.belief_names[belief] else self.belief_names[belief]

    def name(self, report: int, cell: int | None = None) -> str:
        """Return what a report is called, by a type if given: its value, and its belief where one is asked for."""
        value, belief = self.value_names[report // len(self.beliefs)], self.belief_name(report, cell)
        return f"{value} with {belief}" if belief else value


def report_menu(seat: Seat, *, rules: Sequence[str] = RULES, also: Mapping[int, str] | None = None) -> Menu:
    """Return all values with the posteriors of all the seat's types, and with what some belief rules make of them.

    A belief that several types or rules have in common is in the menu once, under its first name.

    Parameters
    ----------
    rules : names in `BELIEF_RULES`, used with their defaults.
    also : names of other beliefs, by id.
    """
    named: dict[int, str] = {}
    if seat.mechanism.elicits_beliefs:
        same = len(set(seat.posteriors.tolist())) == 1
        for cell, name in enumerate(seat.names):
            named.setdefault(int(seat.posteriors[cell]), "posterior" if same else f"posterior of type {name}")
        for rule in rules:
            table = BELIEF_RULES[rule](seat)
            for (cell, kind), belief in np.ndenumerate(table):
                named.setdefault(int(belief), _name(seat, rule, table, cell, kind))
        for other, name in (also or {}).items():
            named.setdefault(other, name)
    else:
        named[0] = ""
    ids = np.array(list(named))
    place = {belief: k for k, belief in enumerate(named)}
    told = [place.get(int(belief), 0) for belief in seat.posteriors]
    values = tuple(seat.environment.type_name(seat.index, kind) for kind in range(seat.menu_size))
    return Menu(values, ids, tuple(named.values()), seat.types * len(ids) + np.array(told))


def _name(seat: Seat, rule: str, table: IntArray, cell: int, kind: int) -> str:
    if (table == table[0, 0]).all():
        return rule
    if (table[cell] == table[cell, 0]).all():
        return f"{rule} of type {seat.names[cell]}"
    return f"{rule} of type {seat.names[cell]} saying {seat.environment.type_name(seat.index, kind)}"
