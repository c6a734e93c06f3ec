"""What a strategy is: it sees its own view and nothing else, and reports a value and a belief."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from agents.game import Seat
from agents.plan import Plan
from mechanisms.beliefs import Uniforms
from mechanisms.draws import draw
from mechanisms.environment import FloatArray, IntArray


@dataclass(eq=False)
class View:
    """What one seat sees of the current round, in every world at once; arrays are ``(worlds,)``.

    Attributes
    ----------
    seat : what the seat knows of the game before it starts.
    information : the information set it finds itself in: the cell of its partition, or of its ring's.
    role : who has the role, as far as the mechanism has told this seat; None where it has told nothing.
    announced : the type that the seat has announced this round; set between value and belief.
    """

    seat: Seat
    information: IntArray
    role: IntArray | None = None
    announced: IntArray | None = None


@dataclass(frozen=True, eq=False)
class Feedback:
    """What one seat is told when a round is settled: everybody's sealed announcements are opened.

    Those are opened too that the mechanism did not need, such as the belief of a player who was not asked: the
    counterfactual of a report in L as printed cannot be known otherwise.

    Attributes
    ----------
    values, beliefs : ``(worlds, players)`` everybody's announcements, which the mechanism publishes.
    payoff : ``(worlds,)`` the seat's own utility; its ring's together, where it learns for a common purse.
    payoffs : for a seat that learns from more than its payoff: what each of its options would have earned against these
        announcements, coins in expectation, ``(worlds, options)``; or what each earns in expectation against the
        rivals' present mixes, ``(worlds, cells, options)``.
    """

    values: IntArray
    beliefs: IntArray
    payoff: FloatArray
    payoffs: FloatArray | None = None


class Strategy(ABC):
    """Base class. Override `report_value` and `report_belief`, and `learn` if play should change with time.

    Each call must take the same number of draws from `rng` whatever it sees, so that runs stay comparable.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    ring: tuple[int, ...] = ()
    """The seats that it pools its knowledge with; every one of them must name the same ring."""

    def prepare(self, seat: Seat, worlds: int) -> None:  # noqa: B027 - most have nothing to prepare
        """Get ready to play in that seat, in that many worlds."""

    @abstractmethod
    def report_value(self, view: View, rng: Uniforms) -> IntArray:
        """Return the announced type in each world, ``(worlds,)``."""

    @abstractmethod
    def report_belief(self, view: View, rng: Uniforms) -> IntArray:
        """Return the id of the announced belief in each world, ``(worlds,)``."""

    def learn(self, view: View, feedback: Feedback) -> None:  # noqa: B027 - most do not learn
        """Take in what the settled round showed."""

    def plan(self, seat: Seat) -> Plan | None:
        """Return the strategy as tables if it is stationary; None means it has no exact figures."""
        return None

    def information(self, seat: Seat) -> IntArray:
        """Return ``(states,)``: the information set in each state, once prepared; the seat's cell by default."""
        return seat.information


class PlannedStrategy(Strategy):
    """A strategy that is a plan: override `plan`, and playing it is a look-up."""

    _plan: Plan

    @abstractmethod
    def plan(self, seat: Seat) -> Plan:
        """Return the tables."""

    def prepare(self, seat: Seat, worlds: int) -> None:
        """Make the plan."""
        self._plan = self.plan(seat)

    def information(self, seat: Seat) -> IntArray:
        """Return the plan's information sets: the seat's cells, or what its ring knows."""
        return self._plan.information

    def report_value(self, view: View, rng: Uniforms) -> IntArray:
        """Look the announcement up, or toss for it."""
        pure = self._plan.pure_values
        if pure is not None:
            return pure[view.information]
        return draw(self._plan.value_edges[view.information], rng.random(len(view.information)))

    def report_belief(self, view: View, rng: Uniforms) -> IntArray:
        """Look the belief up."""
        pure = self._plan.pure_beliefs
        if pure is not None:
            return pure[view.information]
        return self._plan.beliefs[view.information, view.announced]
