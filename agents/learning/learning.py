"""The strategy of a seat that learns: a learner, a table of type x report for it, and a seat to report from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agents.game import Seat
from agents.learning.learner import FeedbackKind, Learner, Lesson, Task, choose
from agents.learning.options import BELIEFS, VALUES, Options, make_options
from agents.strategies.strategy import Feedback, Strategy, View
from mechanisms.beliefs import Uniforms
from mechanisms.environment import FloatArray, IntArray


class Learning(Strategy):
    """A seat that learns what to report, by type, each world by itself.

    Parameters
    ----------
    learner : the rule, an object of the seat's own.
    values, beliefs : what it chooses among, as in `make_options`; an empty list leaves the truth alone.
    feedback : what it is shown of a round, one of those that the learner accepts; its own kind unless given.
    ring : seats that pool their knowledge and their payoffs, itself among them.

    Attributes
    ----------
    options : what the seat can announce, by its own type; once prepared.
    names : what each information set is called: a type, or what a ring knows.
    contexts : ``(contexts,)`` the seat's own type in each information set; its types, unless it is in a ring.
    chosen : ``(worlds,)`` the option of the last report.
    mixed : ``(worlds, options)`` the mix that it was drawn from.

    Raises
    ------
    ValueError : if the learner does not take that feedback, or the ring is none or cannot have it.
    """

    summary = "learns what to report from the payoffs it is shown"

    def __init__(
        self,
        learner: Learner,
        *,
        values: Sequence[str] = VALUES,
        beliefs: Sequence[str] = BELIEFS,
        feedback: FeedbackKind | None = None,
        ring: Sequence[int] = (),
    ) -> None:
        self.learner = learner
        self.options: Options
        self.name = learner.name  # type: ignore[misc]
        self.feedback: FeedbackKind = learner.accepts[0] if feedback is None else feedback
        if self.feedback not in learner.accepts:
            raise ValueError(f"feedback is {feedback!r}; {learner.name} learns from {' or '.join(learner.accepts)}")
        self.ring = tuple(sorted(ring))
        if ring and (len(set(ring)) < len(self.ring) or len(self.ring) < 2):
            raise ValueError(f"a ring needs two or more different seats, not {list(ring)}")
        if ring and self.feedback == "mean":
            raise ValueError(f"a ring learns from bandit or full feedback, and {learner.name} from mean feedback")
        self.names: tuple[str, ...] = ()
        self._started = False
        self._mixes: FloatArray | None = None  # of this round, which both the arena and the lesson need
        self._rules = {"values": tuple(values), "beliefs": tuple(beliefs)}

    def prepare(self, seat: Seat, worlds: int) -> None:
        """Find out what can be announced; a second time, what of it is new."""
        seat.check_listed()
        before = (self.names, self.options.names) if self.names else None
        self.seat = seat
        self.worlds = worlds
        try:
            self.options = make_options(seat, **self._rules)
        except ValueError as error:
            raise ValueError(f"seat {seat.index}: {error}") from None
        first = np.unique(self.information(seat), return_index=True)[1]
        self.contexts = seat.information[first]
        members = seat.pool(self.ring).members if self.ring else (seat,)
        self.names = tuple(" & ".join(m.names[m.information[state]] for m in members) for state in first)
        self._first_row = np.arange(worlds) * len(self.contexts)
        self._known = before and (_found(self.names, before[0]), _found(self.options.names, before[1]), len(before[0]))

    def start(self, low: FloatArray, high: FloatArray) -> None:
        """Begin to learn, or go on, no payoff in a context lying outside ``(contexts,)`` bounds."""
        self._mixes = None
        allowed = self.options.allowed[self.contexts]
        self._bounds = (np.tile(allowed, (self.worlds, 1)), np.tile(low, self.worlds), np.tile(high, self.worlds))
        if self._known is not None and self._started:
            contexts, options, width = self._known
            rows = np.where(contexts >= 0, np.arange(self.worlds)[:, None] * width + contexts, -1).reshape(-1)
            self.learner.resume(Task(*self._bounds), rows, options)
        else:
            self._started = False

    def information(self, seat: Seat) -> IntArray:
        """Return the seat's cells, or what its ring knows."""
        return seat.pool(self.ring).information if self.ring else seat.information

    def report_value(self, view: View, rng: Uniforms) -> IntArray:
        """Draw an option and announce its value."""
        if not self._started:
            self._begin(rng)
        self.rows = self._first_row + view.information
        self.mixed = self.learner.mix(self.rows)
        self.chosen = choose(self.mixed, rng.random(len(self.rows)))
        self._cells = self.contexts[view.information]
        return self.options.values[self._cells, self.chosen]

    def report_belief(self, view: View, rng: Uniforms) -> IntArray:
        """Announce the option's belief."""
        return self.options.beliefs[self._cells, self.chosen]

    def learn(self, view: View, feedback: Feedback) -> None:
        """Show the learner what it is to see of the round."""
        if self.feedback == "mean":
            assert feedback.payoffs is not None
            payoffs = feedback.payoffs.reshape(-1, len(self.options))
            mixes = self.mixes().reshape(payoffs.shape)
            self._mixes = None
            self.learner.learn(np.arange(len(payoffs)), Lesson(mixes, None, payoffs))
            return
        shown = feedback.payoff if feedback.payoffs is None else feedback.payoffs
        self._mixes = None
        self.learner.learn(self.rows, Lesson(self.mixed, self.chosen, shown))

    def mixes(self) -> FloatArray:
        """Return ``(worlds, contexts, options)`` the present mix in every information set; not to be changed."""
        if self._mixes is None:
            rows = np.arange(self.worlds * len(self.contexts))
            self._mixes = self.learner.mix(rows).reshape(self.worlds, len(self.contexts), -1)
        return self._mixes

    def _begin(self, rng: Uniforms) -> None:
        """Start the learner; from a mix drawn at random in each world, where it has no noise of its own."""
        allowed, low, high = self._bounds
        first = None
        if self.learner.random_start or self.feedback == "mean":
            draws = [rng.random(self.worlds) for _ in range(len(self.contexts) * len(self.options))]
            weights = -np.log1p(-np.stack(draws, axis=1).reshape(allowed.shape)) * allowed
            first = weights / weights.sum(axis=1, keepdims=True)  # even over the simplex
        self.learner.begin(Task(allowed, low, high, first=first))
        self._started = True


def _found(names: Sequence[str], among: Sequence[str]) -> IntArray:
    """Return where each name is among others; -1 where it is not."""
    place = {name: k for k, name in enumerate(among)}
    return np.array([place.get(name, -1) for name in names])
