"""EXP3 and EXP3-IX: exponential weights of estimates, for those who see no payoff but their own.

What an option earned is divided by how likely its choice was: that makes up for the rounds in which nobody saw it.

References
----------
.. [Auer2002] P. Auer, N. Cesa-Bianchi, Y. Freund and R. Schapire, The nonstochastic multiarmed bandit problem, SIAM
   Journal on Computing 32: Theorem 3.1, Corollary 3.2.
.. [Neu2015] G. Neu, Explore no more: improved high-probability regret bounds for non-stochastic bandits, Advances in
   Neural Information Processing Systems 28: Theorem 1.
"""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, positive, share, softmax
from mechanisms.environment import FloatArray, IntArray


class Exp3(Learner):
    """Exponential weights of estimated gains, mixed with even play [Auer2002]_.

    With K options and even play taking the share g, the rate of the weights is g / K. For the anytime default, the
    argument of Theorem 3.1 with falling shares bounds regret by ``K ln K / g_T + (e - 1) (g_1 + .. + g_T)``. Against
    rivals who react, regret is to the option that is best in expectation.

    Parameters
    ----------
    mixing : the share of even play. Unless given it is that of the theory: ``sqrt(K ln K / ((e - 1) T))`` where the
        horizon T is known, else ``sqrt(K ln K / (2 (e - 1) t))`` at the row's t-th choice, and at most 1.
    anneal : the share is divided by ``t ** anneal``; only for a share that is given.
    """

    name = "exp3"
    summary = "exponential weights of estimated gains, mixed with even play"
    guarantee = (
        "expected regret at most range x 2 sqrt((e - 1) T K ln K) for a known T, sqrt(2) x that for any T, from the "
        "payoffs of its own choices alone"
    )
    accepts = ("bandit",)
    memory: ClassVar[Memory] = {"_gains": "level"}

    def __init__(self, *, mixing: float | None = None, anneal: float = 0.0) -> None:
        if mixing is not None and not 0 < mixing <= 1:
            raise ValueError(f"mixing must be above 0 and at most 1, not {mixing}")
        _check_anneal(anneal, "mixing", mixing)
        self._mixing, self._anneal = mixing, anneal

    def prepare(self) -> None:
        """Start every option from nothing."""
        self._gains = np.zeros(self.task.allowed.shape)
        self._options = self.task.allowed.sum(axis=1)
        self._even, self._span = self.task.even, self.task.span

    def policy(self, rows: IntArray) -> FloatArray:
        """Return exponential weights, mixed with even play."""
        mixing = self._shares(rows)[:, None]
        mix = softmax(self._gains[rows] * (mixing / self._options[rows, None]), self.task.allowed[rows])
        mix *= 1.0 - mixing
        mix += mixing * self._even[rows]
        return mix

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add to the option that was chosen what it gained, over the probability of the choice."""
        gained = (lesson.payoffs - self.task.low[rows]) / self._span[rows]
        self._gains[rows, lesson.chosen] += gained / lesson.mix[np.arange(len(rows)), lesson.chosen]

    def _shares(self, rows: IntArray) -> FloatArray:
        turn = self.visits[rows] + 1
        if self._mixing is not None:
            return _annealed(self._mixing, turn, self._anneal)
        time = 2.0 * turn if self.task.horizon is None else float(self.task.horizon)
        options = self._options[rows]
        shares: FloatArray = np.minimum(1.0, np.sqrt(options * np.log(options) / ((math.e - 1.0) * time)))
        return shares


class Exp3IX(Learner):
    """Exponential weights of estimated losses, kept in bounds by implicit exploration [Neu2015]_.

    What the chosen option fell short of the highest payoff is divided by its probability plus half the rate, so that
    no estimate explodes and no even play is needed.

    Parameters
    ----------
    rate : the learning rate in units of one over the row's range of payoffs. Unless given it is that of the theory:
        ``sqrt(2 ln K / (K T))`` where the horizon T is known, else ``sqrt(ln K / (K t))`` at the row's t-th choice.
    anneal : the rate is divided by ``t ** anneal``; only for a rate that is given.
    """

    name = "exp3-ix"
    summary = "exponential weights of estimated losses, each divided by a bit more than its probability"
    guarantee = (
        "with probability 1 - d, regret at most range x (2 sqrt(2 K T ln K) + (sqrt(2 K T / ln K) + 1) ln(2 / d)) for "
        "a known T, range x (4 sqrt(K T ln K) + (2 sqrt(K T / ln K) + 1) ln(2 / d)) for any T"
    )
    accepts = ("bandit",)
    memory: ClassVar[Memory] = {"_losses": "level"}

    def __init__(self, *, rate: float | None = None, anneal: float = 0.0) -> None:
        positive("rate", rate)
        _check_anneal(anneal, "rate", rate)
        self._rate, self._anneal = rate, anneal

    def prepare(self) -> None:
        """Start every option from nothing."""
        self._losses = np.zeros(self.task.allowed.shape)
        self._options = self.task.allowed.sum(axis=1)
        self._span = self.task.span

    def policy(self, rows: IntArray) -> FloatArray:
        """Return exponential weights."""
        rates = self._rates(rows, self.visits[rows] + 1)
        return softmax(self._losses[rows] * -rates[:, None], self.task.allowed[rows])

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add to the option that was chosen what it lost, over a bit more than the probability of the choice."""
        lost = (self.task.high[rows] - lesson.payoffs) / self._span[rows]
        exploration = self._rates(rows, self.visits[rows]) / 2.0
        self._losses[rows, lesson.chosen] += lost / (lesson.mix[np.arange(len(rows)), lesson.chosen] + exploration)

    def _rates(self, rows: IntArray, turn: IntArray) -> FloatArray:
        if self._rate is not None:
            return _annealed(self._rate, turn, self._anneal)
        time = turn if self.task.horizon is None else self.task.horizon / 2.0
        options = self._options[rows]
        rates: FloatArray = np.sqrt(np.log(options) / (options * time))
        return rates


def _annealed(value: float, turn: IntArray, anneal: float) -> FloatArray:
    annealed: FloatArray = value / np.power(turn, anneal)
    return annealed


def _check_anneal(anneal: float, name: str, value: float | None) -> None:
    share("anneal", anneal)
    if anneal and value is None:
        raise ValueError(f"anneal (= {anneal}) goes with a {name}; without one it falls as theory says")
