"""Regret matching and regret matching+: options are played in proportion to how much they are regretted.

References
----------
.. [HartMasColell2000] S. Hart and A. Mas-Colell, A simple adaptive procedure leading to correlated equilibrium,
   Econometrica 68.
.. [CesaBianchiLugosi2006] N. Cesa-Bianchi and G. Lugosi, Prediction, Learning, and Games, Cambridge: Corollary 2.1.
.. [Tammelin2014] O. Tammelin, Solving large imperfect information games using CFR+, arXiv 1407.5042.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, proportional
from mechanisms.environment import FloatArray, IntArray


class RegretMatching(Learner):
    """Play in proportion to positive regrets: what an option would have earned more so far [HartMasColell2000]_.

    Regret is taken against what the mix earned in expectation, which estimates what was drawn without its noise. Where
    nothing is regretted the mix is even.
    """

    name = "regret-matching"
    summary = "each report in proportion to what it would have earned more than play so far"
    guarantee = "regret at most range x sqrt((K - 1) T) for any T, so joint play tends to coarse correlated equilibria"
    accepts = ("full", "mean")
    memory: ClassVar[Memory] = {"_regrets": "fresh"}

    def prepare(self) -> None:
        """Start without regrets."""
        self._regrets = np.zeros(self.task.allowed.shape)

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the mix in proportion to positive regrets."""
        return proportional(np.maximum(self._regrets[rows], 0.0), self.task.allowed[rows])

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add what every option would have earned more."""
        self._regrets[rows] += gains(lesson)


class RegretMatchingPlus(RegretMatching):
    """Regret matching that forgets negative regrets at once [Tammelin2014]_.

    What is said of its speed in zero-sum games is mostly about averages that weigh later rounds more; shares of play
    here count all rounds alike.
    """

    name = "regret-matching-plus"
    summary = "regret matching that forgets at once what was worse than play"

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add what every option would have earned more; never fall below nothing."""
        self._regrets[rows] = np.maximum(self._regrets[rows] + gains(lesson), 0.0)


def gains(lesson: Lesson) -> FloatArray:
    """Return ``(n, options)``: what every option would have earned more than the mix."""
    earned = (lesson.mix * lesson.payoffs).sum(axis=1, keepdims=True)
    more: FloatArray = lesson.payoffs - earned
    return more
