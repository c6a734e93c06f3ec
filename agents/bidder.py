"""The Mesa agent: it observes, reports and settles, in all worlds at once. What to report is its strategy's."""

from __future__ import annotations

import mesa
import numpy as np

from agents.game import Seat
from agents.strategies.strategy import Feedback, Strategy, View
from agents.strategies.truthful import Truthful
from mechanisms.beliefs import Uniforms
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Outcomes, Reports


class Bidder(mesa.Agent):
    """One seat's player.

    Parameters
    ----------
    seat : what it may know.
    strategy : how it reports.
    stream : its own random draws.
    worlds : how many worlds it plays in at once.

    Attributes
    ----------
    value, belief : ``(worlds,)`` what it announced this round.
    utility : ``(worlds,)`` what the round was worth to it.
    """

    def __init__(self, model: mesa.Model, seat: Seat, strategy: Strategy, stream: Uniforms, worlds: int) -> None:
        super().__init__(model)
        self.seat = seat
        self.strategy = strategy
        self.stream = stream
        strategy.prepare(seat, worlds)
        self._information = strategy.information(seat)
        self._learns = type(strategy).learn is not Strategy.learn
        self._true_beliefs = seat.posteriors[seat.information]
        self.value: IntArray = np.zeros(worlds, dtype=np.int64)
        self.belief: IntArray = np.zeros(worlds, dtype=np.int64)
        self.utility: FloatArray = np.zeros(worlds)

    def observe(self, states: IntArray) -> None:
        """Find out which information set it is in."""
        self._view = View(self.seat, self._information[states])

    def hear_role(self, role: IntArray) -> None:
        """Learn who has the role, where the mechanism tells."""
        self._view.role = role

    def report_value(self) -> None:
        """Announce a type."""
        self.value = self.strategy.report_value(self._view, self.stream)
        self._view.announced = self.value

    def report_belief(self) -> None:
        """Announce a belief."""
        self.belief = self.strategy.report_belief(self._view, self.stream)

    def honesty(self, states: IntArray, types: IntArray) -> tuple[float, float]:
        """Return in what share of the worlds it told its true value, and its plain posterior."""
        if isinstance(self.strategy, Truthful):
            return 1.0, 1.0
        told = self._true_beliefs[states] == self.belief
        return float((types[:, self.seat.index] == self.value).mean()), float(told.mean())

    def settle(self, reports: Reports, outcomes: Outcomes, types: IntArray) -> None:
        """Take the round's result in."""
        seat = self.seat
        self.utility = outcomes.utility_of(seat.environment, seat.index, types[:, seat.index])
        if self._learns:
            self.strategy.learn(self._view, Feedback(reports.values, reports.beliefs, self.utility))
