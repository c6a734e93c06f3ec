"""Fictitious play: the best answer, strict or smoothed, to what the rivals have done so far on average.

References
----------
.. [Brown1951] G. Brown, Iterative solution of games by fictitious play, in: Activity Analysis of Production and
   Allocation, Wiley.
.. [Robinson1951] J. Robinson, An iterative method of solving a game, Annals of Mathematics 54.
.. [MondererShapley1996] D. Monderer and L. Shapley, Fictitious play property for games with identical interests,
   Journal of Economic Theory 68.
.. [FudenbergLevine1995] D. Fudenberg and D. Levine, Consistency and cautious fictitious play, Journal of Economic
   Dynamics and Control 19.
.. [BenaimFaure2013] M. Benaim and M. Faure, Consistency of vanishingly smooth fictitious play, Mathematics of
   Operations Research 38.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, best, positive, share, softmax
from mechanisms.environment import FloatArray, IntArray


class FictitiousPlay(Learner):
    """The best response to the average of the rounds so far [Brown1951]_; even among equals.

    With more than one rival the average is over what they did together, so beliefs may be correlated.
    """

    name = "fictitious-play"
    summary = "the report that would have earned most so far"
    guarantee = (
        "none against all rivals; played by two, averages reach equilibria of zero-sum games and of games of common "
        "interest [Robinson1951, MondererShapley1996]"
    )
    accepts = ("full", "mean")
    memory: ClassVar[Memory] = {"_earned": "level"}

    def prepare(self) -> None:
        """Start every option from nothing."""
        self._earned = np.zeros(self.task.allowed.shape)

    def policy(self, rows: IntArray) -> FloatArray:
        """Return what is best against the average."""
        return best(self._average(rows), self.task.allowed[rows], self.task.span[rows])

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add what every option would have earned."""
        self._earned[rows] += lesson.payoffs

    def _average(self, rows: IntArray) -> FloatArray:
        average: FloatArray = self._earned[rows] / np.maximum(self.visits[rows], 1)[:, None]
        return average


class SmoothFictitiousPlay(FictitiousPlay):
    """The logit response to the average of the rounds so far [FudenbergLevine1995]_.

    Parameters
    ----------
    temperature : in units of the row's range of payoffs: an option whose average is worse by that much is e times as
        rare.
    anneal : after t rounds the temperature is divided by ``t ** anneal``. With 0 the rule rests on logit equilibria;
        with 1/2 it is Hedge with other constants; with 1 it is Hedge at a constant rate, ever closer to
        following the leader, and loses its guarantee.
    """

    name = "smooth-fictitious-play"
    summary = "mostly what would have earned most so far, others by the logit rule at a falling temperature"
    guarantee = (
        "regret at most range x (h T^(1-a) ln K + (1 + T^a / a) / (8 h)) at temperature h and 0 < a < 1, the anneal: "
        "none per round in the long run [BenaimFaure2013]"
    )

    def __init__(self, *, temperature: float = 0.1, anneal: float = 0.75) -> None:
        positive("temperature", temperature)
        share("anneal", anneal)
        self._temperature, self._anneal = temperature, anneal

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the logit response."""
        heat = self._temperature * self.task.span[rows] / np.maximum(self.visits[rows], 1) ** self._anneal
        return softmax(self._average(rows) / heat[:, None], self.task.allowed[rows])
