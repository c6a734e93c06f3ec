"""Logit response: those who revise answer the rivals' present play by the logit rule, more and more precisely.

References
----------
.. [McKelveyPalfrey1995] R. McKelvey and T. Palfrey, Quantal response equilibria for normal form games, Games and
   Economic Behavior 10.
.. [FudenbergLevine1998] D. Fudenberg and D. Levine, The Theory of Learning in Games, MIT Press: chapter 4.
.. [AlosFerrerNetzer2010] C. Alos-Ferrer and N. Netzer, The logit-response dynamics, Games and Economic Behavior 68.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, positive, share, softmax
from mechanisms.environment import FloatArray, IntArray


class LogitResponse(Learner):
    """Mixes move a step towards the logit response to the rivals' present mixes [FudenbergLevine1998]_.

    At constant precision its rest points are the logit quantal response equilibria [McKelveyPalfrey1995]_, lambda being
    the precision over the range of payoffs. It is the mean motion of the random revisions of [AlosFerrerNetzer2010]_,
    and needs the expectation: a response to one round's announcements is another one on average.

    Parameters
    ----------
    precision : in units of one over the row's range of payoffs: an option that is worse by a tenth of the range is e
        times as rare at a precision of 10.
    growth : in the t-th round the precision is multiplied by ``t ** growth``.
    step : the share of a large population behind the seat that revises in a round.
    """

    name = "logit-response"
    summary = "moves towards the logit response to what the others do right now, ever more precisely"
    guarantee = "none: where it rests at constant precision is a logit equilibrium, but it may cycle"
    accepts = ("mean",)
    memory: ClassVar[Memory] = {"_mix": "mix"}
    random_start = True

    def __init__(self, *, precision: float = 10.0, growth: float = 0.75, step: float = 0.1) -> None:
        positive("precision", precision)
        share("growth", growth)
        positive("step", step)
        share("step", step)
        self._precision, self._growth, self._step = precision, growth, step

    def prepare(self) -> None:
        """Start from the first mix."""
        self._mix = (self.task.even if self.task.first is None else self.task.first).copy()

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the present mix."""
        return self._mix[rows]

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Move a step towards the logit response."""
        factor = self._precision * np.power(self.visits[rows], self._growth) / self.task.span[rows]
        response = softmax(lesson.payoffs * factor[:, None], self.task.allowed[rows])
        self._mix[rows] += self._step * (response - self._mix[rows])
