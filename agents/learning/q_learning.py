"""Q-learning: an estimate of what each option earns, moved towards each payoff received; choices explore around it.

Here a row has no state but the type, and the next type does not depend on the choice; so there is nothing to discount,
and an option's Q is a running mean of its payoffs.

References
----------
.. [WatkinsDayan1992] C. Watkins and P. Dayan, Q-learning, Machine Learning 8.
.. [Singh2000] S. Singh, T. Jaakkola, M. Littman and C. Szepesvari, Convergence results for single-step on-policy
   reinforcement-learning algorithms, Machine Learning 38: exploration that vanishes slowly enough.
.. [Tuyls2003] K. Tuyls, K. Verbeeck and T. Lenaerts, A selection-mutation model for Q-learning in multi-agent systems,
   AAMAS: Boltzmann Q-learning and the replicator dynamics.
.. [WaltmanKaymak2008] L. Waltman and U. Kaymak, Q-learning agents in a Cournot oligopoly model, Journal of Economic
   Dynamics and Control 32.
.. [Calvano2020] E. Calvano, G. Calzolari, V. Denicolo and S. Pastorello, Artificial intelligence, algorithmic pricing,
   and collusion, American Economic Review 110; there, unlike here, agents remember past prices.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, best, positive, share, softmax
from mechanisms.environment import FloatArray, IntArray


class _Estimator(Learner):
    """Keeps an estimate of what each option earns."""

    accepts = ("bandit",)
    memory: ClassVar[Memory] = {"_estimates": "fresh", "_tried": "fresh"}

    def __init__(self, *, rate: float | None = None, start: float = 1.0) -> None:
        if rate is not None and not 0 < rate <= 1:
            raise ValueError(f"rate must be above 0 and at most 1, not {rate}")
        share("start", start)
        self._rate, self._start = rate, start

    def prepare(self) -> None:
        """Start every option from the same estimate."""
        self._span = self.task.span
        first = self.task.low + self._start * (self.task.high - self.task.low)
        self._estimates = np.repeat(first[:, None], self.task.options, axis=1)
        self._tried = np.zeros(self._estimates.shape)

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Move the estimate of the option that was chosen."""
        self._tried[rows, lesson.chosen] += 1.0
        known = self._estimates[rows, lesson.chosen]
        rate = 1.0 / self._tried[rows, lesson.chosen] if self._rate is None else self._rate
        self._estimates[rows, lesson.chosen] = known + rate * (lesson.payoffs - known)


class QLearning(_Estimator):
    """Choose what is estimated to earn most, or now and then anything [WatkinsDayan1992]_.

    Parameters
    ----------
    rate : by how much of the difference an estimate moves towards a payoff; unless given, one over how often the option
        was chosen, which makes it the mean of its payoffs.
    explore : the probability of an even draw among all options at the first choice.
    anneal : at the row's t-th choice it is ``explore / t ** anneal``; at most 1, so that no option is ever given up.
    start : the first estimate of every option, from 0 for the lowest payoff to 1 for the highest; the default is
        optimistic, so that what was not tried looks best.
    """

    name = "q-learning"
    summary = "mostly the report that has earned most on average, sometimes one drawn at random"
    guarantee = (
        "if payoffs are independent draws from fixed distributions, estimates that are means tend to theirs, and play "
        "to the best reports while exploration falls and never ends; none against rivals who learn"
    )

    def __init__(
        self, *, rate: float | None = None, explore: float = 1.0, anneal: float = 0.5, start: float = 1.0
    ) -> None:
        super().__init__(rate=rate, start=start)
        share("explore", explore)
        share("anneal", anneal)
        self._explore, self._anneal = explore, anneal

    def prepare(self) -> None:
        """Start every option from the same estimate."""
        super().prepare()
        self._even = self.task.even

    def policy(self, rows: IntArray) -> FloatArray:
        """Return even mixes of the best estimates, mixed with even play."""
        explore = (self._explore / (self.visits[rows] + 1.0) ** self._anneal)[:, None]
        mix = best(self._estimates[rows], self.task.allowed[rows], self._span[rows])
        mix *= 1.0 - explore
        mix += explore * self._even[rows]
        return mix


class BoltzmannQ(_Estimator):
    """Choose in proportion to the exponential of estimates over a temperature [Tuyls2003]_, [WaltmanKaymak2008]_.

    Parameters
    ----------
    rate : by how much of the difference an estimate moves towards a payoff; unless given, one over how often the option
        was chosen, which makes it the mean of its payoffs.
    temperature : at the first choice, in units of the row's range of payoffs.
    anneal : at the row's t-th choice it is ``temperature / t ** anneal``; 0 keeps it, and play never settles.
    start : the first estimate of every option, from 0 for the lowest payoff to 1 for the highest; the default is
        optimistic, so that what was not tried looks best.
    """

    name = "boltzmann-q"
    summary = "reports with higher average payoffs exponentially more often, ever more so as it cools"
    guarantee = (
        "none: at a constant temperature estimates of payoffs drawn from fixed distributions tend to the means; a "
        "temperature that falls as a power of time may settle on a worse report first"
    )

    def __init__(
        self, *, rate: float | None = None, temperature: float = 1.0, anneal: float = 0.4, start: float = 1.0
    ) -> None:
        super().__init__(rate=rate, start=start)
        positive("temperature", temperature)
        share("anneal", anneal)
        self._temperature, self._anneal = temperature, anneal

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the exponential weights of the estimates."""
        colder = (self.visits[rows] + 1.0) ** self._anneal
        precision = colder / (self._temperature * self._span[rows])
        return softmax(self._estimates[rows] * precision[:, None], self.task.allowed[rows])
