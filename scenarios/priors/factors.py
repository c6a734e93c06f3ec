"""The common factors behind copulas: given the factor, the players' ranks are independent.

Each factor has a fine rule, equal steps on a line outside which next to nothing lies, which converges faster than any
power of the step [TrefethenWeideman2014]_, and a coarse rule of a few Gauss nodes.

References
----------
.. [TrefethenWeideman2014] L. Trefethen, J. Weideman, The exponentially convergent trapezoidal rule, SIAM Review 56.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from mechanisms.environment import FloatArray

_OUTSIDE = 1e-19  # the probability of a factor beyond either end of its fine rule, at most
_MOST_STEPS = 1 << 18


@dataclass(frozen=True, eq=False)
class Rule:
    """Points of a common factor and their weights, ``(points,)`` each; the weights sum to one."""

    points: FloatArray
    weights: FloatArray


class Factor(Protocol):
    """A common factor."""

    def fine(self, halvings: int) -> Rule:
        """Return the fine rule, its first step halved a number of times."""
        ...

    def coarse(self, nodes: int) -> Rule:
        """Return a rule of a few nodes."""
        ...

    def below(self, player: int, ranks: FloatArray, points: FloatArray) -> FloatArray:
        """Return ``(points, ranks)``: the probability that a player's rank is no higher, given the factor."""
        ...


@dataclass(frozen=True)
class Gaussian:
    """One standard normal factor: player i's score is ``loading_i`` times it plus independent noise.

    Attributes
    ----------
    loadings : per player, between -1 and 1; two players' scores are correlated by the product of theirs.
    """

    loadings: tuple[float, ...]

    def fine(self, halvings: int) -> Rule:
        """Return equal steps between -9.1 and 9.1 or so."""
        steep = max(map(abs, self.loadings))
        sharp = np.sqrt(1 - steep**2) / steep if steep else np.inf
        top = -float(special.ndtri(_OUTSIDE))
        points = _steps(-top, top, 0.5 * min(1.0, sharp) / 2**halvings)
        return _normed(points, -(points**2) / 2)

    def coarse(self, nodes: int) -> Rule:
        """Return the nodes of Gauss and Hermite."""
        points, weights = special.roots_hermitenorm(nodes)
        return Rule(points, weights / weights.sum())

    def below(self, player: int, ranks: FloatArray, points: FloatArray) -> FloatArray:
        """Return ``Phi((Phi^-1(rank) - loading z) / sqrt(1 - loading^2))``."""
        loading = self.loadings[player]
        scores = (special.ndtri(ranks) - loading * points[:, None]) / np.sqrt(1 - loading**2)
        chances: FloatArray = special.ndtr(scores)
        return chances


@dataclass(frozen=True)
class Clayton:
    """A frailty V, gamma distributed with shape 1/theta: ``Pr(U_i <= u | V) = exp(-V (u^-theta - 1))`` [Joe2014]_.

    Its points are logarithms of V, so that neither a tiny frailty nor a huge power overflows.

    References
    ----------
    .. [Joe2014] H. Joe, Dependence Modeling with Copulas, CRC Press, section 4.6.
    """

    theta: float

    def fine(self, halvings: int) -> Rule:
        """Return equal steps of log V."""
        shape = 1 / self.theta
        low = (np.log(_OUTSIDE) + special.gammaln(shape + 1)) / shape  # as Pr(V < v) <= v^shape / Gamma(shape + 1)
        high = float(np.log(special.gammainccinv(shape, _OUTSIDE)))
        points = _steps(low, high, 0.5 * min(1.0, np.sqrt(self.theta)) / 2**halvings)
        return _normed(points, shape * points - np.exp(points))

    def coarse(self, nodes: int) -> Rule:
        """Return the quantiles of V at the nodes of Gauss and Legendre."""
        places, weights = np.polynomial.legendre.leggauss(nodes)
        with np.errstate(divide="ignore"):
            points = np.log(special.gammaincinv(1 / self.theta, (1 + places) / 2))
        return Rule(points, weights / weights.sum())

    def below(self, player: int, ranks: FloatArray, points: FloatArray) -> FloatArray:
        """Return ``exp(-V (rank^-theta - 1))``."""
        with np.errstate(divide="ignore", over="ignore"):
            powers = -self.theta * np.log(ranks)
            rates = powers + np.log(-np.expm1(-powers))
            chances: FloatArray = np.exp(-np.exp(points[:, None] + rates))
        return np.where(ranks == 1.0, 1.0, chances)


def _steps(low: float, high: float, step: float) -> FloatArray:
    count = int(np.ceil((high - low) / step)) + 1
    if count > _MOST_STEPS:
        raise ValueError(f"the copula is so close to perfect dependence that it needs {count:,} steps")
    return np.linspace(low, high, count)


def _normed(points: FloatArray, logs: FloatArray) -> Rule:
    weights = np.exp(logs - logs.max())
    return Rule(points, weights / weights.sum())
