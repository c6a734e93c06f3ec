"""The Mesa agent: it observes, reports and settles, in all worlds at once. What to report is its strategy's."""

from __future__ import annotations

import mesa
import numpy as np

from agents.game import Seat
from agents.learning.arena import Arena
from agents.learning.learning import Learning
from agents.nature import Drawn
from agents.strategies.strategy import Feedback, PlannedStrategy, Strategy, View
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
        self.strategy = strategy
        self.stream = stream
        self.sit(seat, worlds)
        self._learns = type(strategy).learn is not Strategy.learn
        self.value: IntArray = np.zeros(worlds, dtype=np.int64)
        self.belief: IntArray = np.zeros(worlds, dtype=np.int64)
        self.utility: FloatArray = np.zeros(worlds)

    def sit(self, seat: Seat, worlds: int) -> None:
        """Take a seat, at the start or when the game has changed."""
        self.seat, strategy = seat, self.strategy
        if strategy.ring:
            seat.check_listed()
        strategy.prepare(seat, worlds)
        if not seat.listed:
            return
        self._information = strategy.information(seat)
        known = seat.pool(strategy.ring).information if strategy.ring else seat.information
        if len(np.unique([known, self._information], axis=1).T) > len(np.unique(known)):
            raise ValueError(f"seat {seat.index}'s strategy {strategy.name!r} acts on more than the seat can know")
        self._true_beliefs = seat.posteriors[seat.information]

    def observe(self, drawn: Drawn) -> None:
        """Find out which information set it is in."""
        listed = self.seat.listed
        self._view = View(self.seat, self._information[drawn.states] if listed else self.seat.cells(drawn))

    def hear_role(self, role: IntArray) -> None:
        """Learn who has the role, where the mechanism tells."""
        self._view.role = role

    def report_value(self) -> None:
        """Announce a type."""
        self.value = self.strategy.report_value(self._view, self.stream)
        if not isinstance(self.strategy, PlannedStrategy):
            self._check("type", self.value, self.seat.menu_size)
        self._view.announced = self.value

    def report_belief(self) -> None:
        """Announce a belief."""
        self.belief = self.strategy.report_belief(self._view, self.stream)
        if not isinstance(self.strategy, PlannedStrategy):
            self._check("belief id", self.belief, len(self.seat.book))

    def _check(self, what: str, told: IntArray, size: int) -> None:
        """Check a report of a strategy that is no plan: whole numbers, one a world, in range."""
        whole = isinstance(told, np.ndarray) and told.shape == self._view.information.shape and told.dtype.kind in "iu"
        if not whole or told.min(initial=0) < 0 or told.max(initial=0) >= size:
            raise ValueError(
                f"strategy {self.strategy.name!r} in seat {self.seat.index} must report, for each world, "
                f"a {what} as a whole number from 0 to {size - 1}, not {np.asarray(told).ravel()[:5].tolist()}"
            )

    def honesty(self, drawn: Drawn) -> tuple[float, float]:
        """Return in what share of the worlds it told its true value, and its plain posterior."""
        if type(self.strategy) is Truthful:
            return 1.0, 1.0
        seat = self.seat
        true = self._true_beliefs[drawn.states] if seat.listed else seat.posteriors[seat.cells(drawn)]
        return float((drawn.types[:, seat.index] == self.value).mean()), float((true == self.belief).mean())

    def settle(self, outcomes: Outcomes, types: IntArray) -> None:
        """Take the round's result in."""
        seat = self.seat
        self.utility = outcomes.utility_of(seat.environment, seat.index, types[:, seat.index])

    def learn(self, reports: Reports, arena: Arena | None) -> None:
        """Learn from the round, once everybody has settled."""
        if isinstance(self.strategy, Learning):
            assert arena is not None
            ring = self.strategy.ring or (self.seat.index,)
            purse = sum(bidder.utility for bidder in self.model.agents if bidder.seat.index in ring)
            shown = arena.shown(self.seat.index)
            self.strategy.learn(self._view, Feedback(reports.values, reports.beliefs, purse, shown))
        elif self._learns:
            self.strategy.learn(self._view, Feedback(reports.values, reports.beliefs, self.utility))
