"""What a belief report earns in expectation of a proper score: exactly, without any table of profiles.

Under the belief D, Brier's share is ``(1 + 2 <D, F> - <F, F>) / 2`` and the spherical one ``<D, F> / |F|``. Inner
products of products and mixtures are sums of products over the players, taken in logarithms so that a thousand
players do not vanish [GneitingRaftery2007]_.

References
----------
.. [GneitingRaftery2007] T. Gneiting, A. E. Raftery, Strictly proper scoring rules, prediction, and estimation,
   JASA 102.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mechanisms.beliefs import Belief, Joint, Mixture, Product
from mechanisms.crowdsourced.crowd_priced import CrowdPriced
from mechanisms.crowdsourced.informant import Informant
from mechanisms.environment import FloatArray
from mechanisms.mechanism import Mechanism
from mechanisms.scoring import Score, brier_reward, spherical_reward


class InnerProducts:
    """Inner products of beliefs about the same players, those of two mixtures' components worked out once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[Product, Product, float]] = {}

    def log(self, one: Belief, other: Belief) -> float:
        """Return ``log <F, G>``; minus infinity where the supports do not meet.

        Raises
        ------
        ValueError : if the beliefs are about different types.
        """
        if one.shape != other.shape:
            raise ValueError(f"beliefs of shapes {one.shape} and {other.shape} are not about the same types")
        for listed, rest in ((one, other), (other, one)):
            if isinstance(listed, Joint):
                total = float(listed.weights @ rest.prob(listed.atoms))
                return math.log(total) if total > 0.0 else -math.inf
        left, right = _parts(one), _parts(other)
        with np.errstate(divide="ignore"):
            terms = np.log(np.multiply.outer(left[0], right[0]))
        terms += np.array([[self._of(f, g) for g in right[1]] for f in left[1]])
        top = float(terms.max())
        return top if top == -math.inf else top + math.log(float(np.exp(terms - top).sum()))

    def _of(self, one: Product, other: Product) -> float:
        key = id(one), id(other)
        if key not in self._known:
            dots = np.array([float(f @ g) for f, g in zip(one.factors, other.factors, strict=True)])
            with np.errstate(divide="ignore"):
                self._known[key] = one, other, float(np.log(dots).sum())
        return self._known[key][2]

    def share(self, score: Score, belief: Belief, told: Belief) -> float:
        """Return the expected share of the reward, by `belief`, from telling `told`.

        Raises
        ------
        ValueError : if the score is neither Brier's nor the spherical one.
        """
        meeting, norm = self.log(belief, told), self.log(told, told)
        if score is brier_reward:
            return 0.5 * (1.0 + 2.0 * math.exp(meeting) - math.exp(norm))
        if score is spherical_reward:
            return math.exp(meeting - 0.5 * norm)
        raise ValueError("only Brier's and the spherical score have exact expectations here")


@dataclass(frozen=True)
class PaidScore:
    """The rule by which a player's belief is paid, and what its share is multiplied by, over all coins."""

    rule: Score
    scale: float


def paid_score(mechanism: Mechanism) -> PaidScore | None:
    """Return how a player's belief is paid, if its own score is all that it decides for her.

    None where it decides more, where the score also depends on her announced value, as in L as printed, or where its
    expectation is not known in closed form.
    """
    if not isinstance(mechanism, CrowdPriced | Informant):
        return None
    kind, usual = type(mechanism), CrowdPriced if isinstance(mechanism, CrowdPriced) else Informant
    if any(getattr(kind, name, None) is not getattr(usual, name, None) for name in ("settle", "rewards")):
        return None
    found = PaidScore(mechanism.score, mechanism.epsilon / mechanism.environment.players)
    return found if found.rule in (brier_reward, spherical_reward) else None


def _parts(belief: Belief) -> tuple[FloatArray, tuple[Product, ...]]:
    if isinstance(belief, Mixture):
        return belief.weights, belief.components
    if isinstance(belief, Product):
        return np.ones(1), (belief,)
    raise ValueError(f"a {type(belief).__name__} has no components")
