"""No swap regret: a Hedge for every option says where to go from there, and play is what these leave unchanged.

References
----------
.. [BlumMansour2007] A. Blum and Y. Mansour, From external to internal regret, Journal of Machine Learning Research 8.
.. [FosterVohra1997] D. Foster and R. Vohra, Calibrated learning and correlated equilibrium, Games and Economic
   Behavior 21.
.. [GrassmannTaksarHeyman1985] W. Grassmann, M. Taksar and D. Heyman, Regenerative analysis and steady state
   distributions for Markov chains, Operations Research 33.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from agents.learning.learner import Learner, Lesson, Memory, positive, proportional, softmax
from mechanisms.environment import FloatArray, IntArray

_FLOOR = 1e-30


class SwapRegret(Learner):
    """Blum and Mansour's rule over Hedge [BlumMansour2007]_; it keeps a table of options by options for every row.

    Option j's Hedge is charged the share of a round that j was played. The mix x solves x = x Q, Q being the rows that
    they advise; so whoever would rather have played k in place of j is a Hedge with regret.

    Parameters
    ----------
    rate : the learning rate of every Hedge in units of one over the row's range of payoffs. Unless given it is
        ``sqrt(8 K ln K / T)`` where the horizon T is known, else ``sqrt(8 K ln K / t)`` at the row's t-th choice.
    """

    name = "swap-regret"
    summary = "a rule without regret for any swap of one report for another, by Blum and Mansour"
    guarantee = (
        "swap regret at most range x sqrt(T K ln K / 2) for a known T, 1.5 x that for any T, so joint play tends to "
        "correlated equilibria"
    )
    accepts = ("full", "mean")
    memory: ClassVar[Memory] = {"_earned": "level"}

    def __init__(self, *, rate: float | None = None) -> None:
        positive("rate", rate)
        self._rate = rate

    def prepare(self) -> None:
        """Start every option's Hedge from nothing."""
        rows, options = self.task.allowed.shape
        self._earned = np.zeros((rows, options, options))

    def policy(self, rows: IntArray) -> FloatArray:
        """Return the mix that the advice leaves unchanged."""
        allowed = self.task.allowed[rows]
        n, options = allowed.shape
        scores = self._earned[rows] * self._rates(rows)[:, None, None]
        flat = softmax(scores.reshape(n * options, options), np.repeat(allowed, options, axis=0))
        return proportional(stationary(flat.reshape(n, options, options)), allowed)

    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Add to each option's Hedge its share of what every option would have earned."""
        self._earned[rows] += lesson.mix[:, :, None] * lesson.payoffs[:, None, :]

    def _rates(self, rows: IntArray) -> FloatArray:
        if self._rate is not None:
            return self._rate / self.task.span[rows]
        count = self.task.allowed[rows].sum(axis=1)
        rounds = self.visits[rows] + 1.0 if self.task.horizon is None else self.task.horizon
        rates: FloatArray = np.sqrt(8.0 * count * np.log(count) / rounds) / self.task.span[rows]
        return rates


def stationary(chains: FloatArray) -> FloatArray:
    """Return ``(n, states)`` the stationary distributions of ``(n, states, states)`` chains, rows summing to 1.

    Elimination without subtraction [GrassmannTaksarHeyman1985]_, exact to rounding in every entry. Probabilities below
    1e-30 are raised to it, which makes every chain irreducible.

    >>> stationary(np.array([[[0.5, 0.5], [0.25, 0.75]]])).round(12).tolist()
    [[0.333333333333, 0.666666666667]]
    """
    # Chains come last, so that steps run along them; a running sum adds in the same order however many there are.
    chain = np.ascontiguousarray(np.moveaxis(chains, 0, -1))
    np.maximum(chain, _FLOOR, out=chain)
    for k in range(len(chain) - 1, 0, -1):
        chain[:k, k] /= np.cumsum(chain[k, :k], axis=0)[-1]
        chain[:k, :k] += chain[:k, k, None] * chain[k, :k]
    mix = np.ones((len(chain), len(chains)))
    for k in range(1, len(chain)):
        more = np.cumsum(mix[:k] * chain[:k, k], axis=0)[-1]
        mix[:k] /= 1.0 + more
        mix[k] = more / (1.0 + more)
    return np.ascontiguousarray(mix.T)
