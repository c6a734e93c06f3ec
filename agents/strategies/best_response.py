"""Myopic best responses: the report that pays most against truthful play, or against the play seen so far.

Reports are sought among all own types and the named beliefs of `belief_menu`. Among equals truth is chosen, then
the first.
"""

from __future__ import annotations

import math

import numpy as np

from agents.game import Seat
from agents.plan import Plan, pure_plan
from agents.strategies.rules import belief_menu
from agents.strategies.strategy import Feedback, PlannedStrategy, Strategy, View
from mechanisms.beliefs import Uniforms
from mechanisms.distinct import distinct_rows
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Reports

_EQUAL = 1e-12


class _Menu:
    """A seat's reports: value reports x belief reports, flattened value by value."""

    def __init__(self, seat: Seat) -> None:
        seat.check_listed()
        tables = list(belief_menu(seat).values())  # the plain posterior first
        self.beliefs = np.stack(tables, axis=2)
        self.width = len(tables)
        self.truth = seat.types * self.width

    def best(self, worth: FloatArray, truth: IntArray) -> IntArray:
        """Return the best report of each row ``(rows, reports)``, truth's number being given."""
        rows = np.arange(len(worth))
        top = worth.max(axis=1)
        honest = worth[rows, truth] >= top - _EQUAL * np.maximum(1.0, abs(top))
        return np.where(honest, truth, worth.argmax(axis=1))


class BestResponse(PlannedStrategy):
    """The exact interim best response to truthful play."""

    name = "best-response"
    summary = "the exact best report against truthful rivals, among all values x the named beliefs"

    def plan(self, seat: Seat) -> Plan:
        """Return the best report of each cell."""
        menu = _Menu(seat)
        surface = seat.surface(menu.beliefs).reshape(len(seat.types), -1)
        best = menu.best(surface, menu.truth)
        value, belief = best // menu.width, best % menu.width
        ids = menu.beliefs[np.arange(len(best)), value, belief]
        return pure_plan(seat.information, value, ids, seat.menu_size)


class EmpiricalBestResponse(Strategy):
    """The best response to the announcements seen so far, each world by itself.

    In each cell it sums what every report would have earned against the announcements published in the rounds
    in which the seat was in that cell, coins in expectation. It starts from `weight` rounds' worth of truthful
    play. Having no stationary plan, it has no exact revenue.
    """

    name = "empirical-best-response"
    summary = "the best report against the announcements seen so far in the same cell (fictitious play)"

    def __init__(self, *, weight: float = 1.0) -> None:
        if not 0 < weight < math.inf:
            raise ValueError(f"weight must be a positive number, not {weight}")
        self._weight = weight

    def prepare(self, seat: Seat, worlds: int) -> None:
        """Start from truthful play."""
        self._seat = seat
        self._menu = _Menu(seat)
        start = seat.surface(self._menu.beliefs).reshape(len(seat.types), -1)
        self._sums = np.tile(self._weight * start, (worlds, 1, 1))
        self._chosen = np.zeros(worlds, dtype=np.int64)

    def report_value(self, view: View, rng: Uniforms) -> IntArray:
        """Choose the report that would have earned most."""
        sums = self._sums[np.arange(len(view.information)), view.information]
        self._chosen = self._menu.best(sums, self._menu.truth[view.information])
        return self._chosen // self._menu.width

    def report_belief(self, view: View, rng: Uniforms) -> IntArray:
        """Return the chosen report's belief."""
        value, belief = self._chosen // self._menu.width, self._chosen % self._menu.width
        return self._menu.beliefs[view.information, value, belief]

    def learn(self, view: View, feedback: Feedback) -> None:
        """Add what each report would have earned this round."""
        me = self._seat.index
        seen = np.column_stack([feedback.values, feedback.beliefs, view.information])
        seen[:, [me, me + feedback.values.shape[1]]] = 0
        first, inverse = distinct_rows(seen)
        earned = self._earned(feedback.values[first], feedback.beliefs[first], view.information[first])
        self._sums[np.arange(len(inverse)), view.information] += earned[inverse]

    def _earned(self, values: IntArray, beliefs: IntArray, cells: IntArray) -> FloatArray:
        menu, me = self._menu.beliefs, self._seat.index
        size = menu.shape[1] * menu.shape[2]
        told = Reports(np.repeat(values, size, axis=0), np.repeat(beliefs, size, axis=0))
        told.values[:, me] = np.tile(np.repeat(np.arange(menu.shape[1]), menu.shape[2]), len(values))
        told.beliefs[:, me] = menu[cells].reshape(-1)
        outcomes = self._seat.mechanism.expect(told, of=me)
        kinds = np.repeat(self._seat.types[cells], size)
        return outcomes.utility_of(self._seat.environment, me, kinds).reshape(len(values), size)
