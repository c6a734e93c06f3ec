"""Proper scoring rules, as rewards between 0 and 1 where the rule is bounded [GneitingRaftery2007]_.

A rule maps the probability that a forecast F gave to what happened, and the squared norm of F, to a number.
Neither needs the table of F, so a rule works for every kind of belief.

References
----------
.. [Brier1950] G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78.
.. [GneitingRaftery2007] T. Gneiting, A. E. Raftery, Strictly proper scoring rules, prediction, and estimation,
   JASA 102.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from mechanisms.environment import FloatArray

Score = Callable[[FloatArray, FloatArray], FloatArray]


def brier(probability: FloatArray, squared_norm: FloatArray) -> FloatArray:
    """Return Brier's score ``2 F(w) - |F|^2 - 1``, between -2 and 0 [Brier1950]_.

    >>> float(brier(np.array(1.0), np.array(1.0)))
    0.0
    """
    return 2.0 * probability - squared_norm - 1.0


def brier_reward(probability: FloatArray, squared_norm: FloatArray) -> FloatArray:
    """Return ``(2 + BSR) / 2``, the share of epsilon that the paper pays, between 0 and 1."""
    return 0.5 * (2.0 + brier(probability, squared_norm))


def spherical_reward(probability: FloatArray, squared_norm: FloatArray) -> FloatArray:
    """Return the spherical score ``F(w) / |F|``, between 0 and 1."""
    return probability / np.sqrt(squared_norm)


def logarithmic_reward(
    probability: FloatArray, squared_norm: FloatArray, *, a: float = 1.0, b: float = 0.1
) -> FloatArray:
    """Return Good's ``a + b log F(w)``: strictly proper, but minus infinity where F said "impossible".

    The norm is not used: that is the rule's computational advantage (section 3, remarks).
    """
    with np.errstate(divide="ignore"):
        return _good(np.log(probability), a=a, b=b)


def _good(log_probability: FloatArray, *, a: float = 1.0, b: float = 0.1) -> FloatArray:
    if not b > 0:
        raise ValueError(f"the logarithmic score needs b > 0, not {b}")
    return a + b * log_probability


SCORES: dict[str, Score] = {
    "brier": brier_reward,
    "spherical": spherical_reward,
    "logarithmic": logarithmic_reward,
}


def from_logs(score: Score, log_probability: FloatArray, log_squared_norm: FloatArray) -> FloatArray:
    """Return a score from logarithms, for forecasts so wide that probability and norm are below all floats.

    >>> float(from_logs(spherical_reward, np.array(-2000.0), np.array(-4000.0)))
    1.0
    """
    rule, parameters = (score.func, score.keywords) if isinstance(score, partial) else (score, {})
    if rule is logarithmic_reward:
        return _good(log_probability, **parameters)
    if rule is spherical_reward:
        return np.exp(log_probability - 0.5 * log_squared_norm)
    return score(np.exp(log_probability), np.exp(log_squared_norm))


def reward_rule(name: str, **parameters: float) -> Score:
    """Return the named reward rule, its parameters fixed."""
    if name not in SCORES:
        raise ValueError(f"unknown score {name!r}; there are {', '.join(SCORES)}")
    return partial(SCORES[name], **parameters) if parameters else SCORES[name]
