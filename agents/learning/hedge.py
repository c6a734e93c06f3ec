"""Hedge, or multiplicative weights: an option's weight is the exponential of what it would have earned so far.

References
----------
.. [FreundSchapire1997] Y. Freund and R. Schapire, A decision-theoretic generalization of on-line learning and an
   application to boosting, Journal of Computer and System Sciences 55.
.. [CesaBianchiLugosi2006] N. Cesa-Bianchi and G. Lugosi, Prediction, Learning, and Games, Cambridge: Theorems 2.2, 2.3.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, positive, softmax
from mechanisms.environment import FloatArray, IntArray


class Hedge(Learner):
    """Multiplicative weights [FreundSchapire1997]_.

    Parameters
    ----------
    rate : the learning rate in units of one over the row's range of payoffs. Unless given it is that of the theory:
        ``sqrt(8 ln K / T)`` where the horizon T is known, else ``sqrt(8 ln K / t)`` at the row's t-th choice.
    anneal : the rate is divided by ``t ** anneal``; only for a rate that is given.
    """

    name = "hedge"
    summary = "multiplicative weights: each report's weight is the exponential of what it would have earned"
    guarantee = "regret at most range x sqrt(T ln K / 2) for a known T, 2 x that plus range x sqrt(ln K / 8) for any T"
    accepts = ("full", "mean")
    memory: ClassVar[Memory] = {"_earned": "level"}

    def __init__(self, *, rate: float | None = None, anneal: float = 0.0) -> None:
        positive("rate", rate)
        if not 0 <= anneal <= 1:
            raise ValueError(f"anneal must be a number from 0 to 1, not {anneal}")
        if anneal and rate is None:
            raise ValueError(f"anneal (= {anneal}) goes with a rate; without one the rate falls as theory says")
        self._rate, self._anneal = rate, anneal

    def prepare(self) -> None:
        """Start every option from nothing."""
        self._earned = np.zeros(self.task.allowed.shape)
        self._spread = np.log(self.task.allowed.sum(axis=1))

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the exponential weights."""
        scores = self._earned.take(rows, axis=0)
        scores *= self._rates(rows)[:, None]
        return softmax(scores, self.task.allowed.take(rows, axis=0))

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add what every option would have earned."""
        self._earned[rows] = self._earned.take(rows, axis=0) + lesson.payoffs

    def _rates(self, rows: IntArray) -> FloatArray:
        turn = self.visits[rows] + 1.0
        if self._rate is not None:
            rate = self._rate / turn**self._anneal
        elif self.task.horizon is not None:
            rate = np.sqrt(8.0 * self._spread[rows] / self.task.horizon)
        else:
            rate = np.sqrt(8.0 * self._spread[rows] / turn)
        return rate / self.task.span[rows]
