"""UCB1: the option with the highest upper confidence bound, by optimism in the face of uncertainty.

References
----------
.. [AuerCesaBianchiFischer2002] P. Auer, N. Cesa-Bianchi and P. Fischer, Finite-time analysis of the multiarmed bandit
   problem, Machine Learning 47: Theorem 1.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, best, positive
from mechanisms.environment import FloatArray, IntArray


class Ucb1(Learner):
    """Choose what has earned most on average plus a margin for doubt [AuerCesaBianchiFischer2002]_.

    Every option is tried once, in an order drawn at random; then the margin of an option tried n times by the row's
    t-th choice is ``width sqrt(2 ln t / n)`` ranges. It is made for payoffs drawn afresh from fixed distributions.

    Parameters
    ----------
    width : scale of the margin; 1 is that of the theorem.
    """

    name = "ucb1"
    summary = "the report with the highest average payoff plus a margin for how seldom it was tried"
    guarantee = (
        "if payoffs are independent draws from fixed distributions, expected regret at most the sum over worse reports "
        "of 8 range^2 ln T / gap + (1 + pi^2 / 3) gap; none against rivals who learn"
    )
    accepts = ("bandit",)
    memory: ClassVar[Memory] = {"_earned": "fresh", "_tried": "fresh"}

    def __init__(self, *, width: float = 1.0) -> None:
        positive("width", width)
        self._width = width

    def prepare(self) -> None:
        """Start with nothing tried."""
        self._earned = np.zeros(self.task.allowed.shape)
        self._tried = np.zeros(self.task.allowed.shape)
        self._span = self.task.span

    def policy(self, rows: IntArray) -> FloatArray:
        """Return even mixes of what is untried, or else of the highest bounds."""
        allowed, tried, span = self.task.allowed[rows], self._tried[rows], self._span[rows]
        untried = allowed & (tried == 0)
        opening = untried.any(axis=1, keepdims=True)
        times = np.maximum(tried, 1.0)
        doubt = np.sqrt(2.0 * np.log(np.maximum(self.visits[rows], 1)))
        bounds = self._earned[rows] / times + (self._width * span * doubt)[:, None] / np.sqrt(times)
        return best(np.where(opening, 0.0, bounds), np.where(opening, untried, allowed), span)

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add the payoff to those of the option that was chosen."""
        self._earned[rows, lesson.chosen] += lesson.payoffs
        self._tried[rows, lesson.chosen] += 1.0
