"""Replicator dynamics: what earns more than the mix grows, at a rate that is how much more.

References
----------
.. [TaylorJonker1978] P. Taylor and L. Jonker, Evolutionary stable strategies and game dynamics, Mathematical
   Biosciences 40.
.. [HofbauerSigmund1998] J. Hofbauer and K. Sigmund, Evolutionary Games and Population Dynamics, Cambridge.
.. [HairerNorsettWanner1993] E. Hairer, S. Norsett and G. Wanner, Solving Ordinary Differential Equations I, Springer:
   section III.1.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, positive, softmax
from mechanisms.environment import FloatArray, IntArray


class Replicator(Learner):
    """Replicator dynamics of a population behind each row [TaylorJonker1978]_, in steps of logarithms.

    In logarithms of the odds the equation is linear in payoffs, ``d/dt ln(x_k / x_l) = u_k - u_l``, so mixes stay
    inside the simplex whatever the step. A step is Adams and Bashforth's of second order, which takes the payoffs of
    this round and the last [HairerNorsettWanner1993]_; the plain product ``x_k exp(dt u_k)`` would spiral away from
    closed orbits hundreds of times as fast. An option that the first mix does not play is never played.

    Parameters
    ----------
    dt : time per round, in units of one over the row's range of payoffs.
    """

    name = "replicator"
    summary = "reports that earn more than the mix grow in it, those that earn less shrink"
    guarantee = (
        "none: strictly dominated reports die out and strict equilibria attract; in zero-sum games it circles, and "
        "only averages over time reach equilibrium [HofbauerSigmund1998]"
    )
    accepts = ("mean",)
    memory: ClassVar[Memory] = {"_alive": "fresh", "_logs": "level", "_last": "level"}
    random_start = True

    def __init__(self, *, dt: float = 0.5) -> None:
        positive("dt", dt)
        self._dt = dt

    def prepare(self) -> None:
        """Start from the first mix."""
        first = self.task.even if self.task.first is None else self.task.first
        self._alive = self.task.allowed & (first > 0.0)
        self._logs = np.log(np.where(self._alive, first, 1.0))
        self._last = np.zeros(first.shape)

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the present mix."""
        return softmax(self._logs[rows], self._alive[rows])

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Let every option grow by what it earned."""
        earned = self._dt * lesson.payoffs / self.task.span[rows][:, None]
        before = np.where(self.visits[rows][:, None] == 1, earned, self._last[rows])
        self._logs[rows] += 1.5 * earned - 0.5 * before
        self._last[rows] = earned
