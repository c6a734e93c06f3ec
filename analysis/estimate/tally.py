"""Stratified means and their standard errors [Cochran1977]_.

References
----------
.. [Cochran1977] W. G. Cochran, Sampling Techniques, third edition, Wiley, chapter 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np

from mechanisms.environment import FloatArray, IntArray


@dataclass(frozen=True)
class Estimate:
    """A mean with its standard error.

    An error of 0 says that the profiles drawn of each stratum all agreed, not that no others could differ.
    """

    mean: float
    standard_error: float

    def half_width(self, level: float = 0.95, *, figures: int = 1) -> float:
        """Return the half-width of the normal confidence interval, simultaneous over so many figures (Bonferroni)."""
        return critical(level, figures=figures) * self.standard_error


def critical(level: float, *, figures: int = 1, sides: int = 2) -> float:
    """Return how many standard errors give a confidence level at once for so many figures (Bonferroni).

    >>> round(critical(0.95), 2), round(critical(0.95, figures=10), 2)
    (1.96, 2.81)
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level lies strictly between 0 and 1, not {level}")
    return -NormalDist().inv_cdf((1.0 - level) / (sides * max(1, figures)))


class Tally:
    """Adds up figures of sampled profiles by stratum, in one pass, and without losing digits where they hardly vary.

    Parameters
    ----------
    chances : ``(strata,)`` probabilities of the strata.
    width : number of figures a profile.
    """

    def __init__(self, chances: FloatArray, width: int) -> None:
        self.chances = chances
        self.counts: IntArray = np.zeros(len(chances), dtype=np.int64)
        self._shift = np.zeros((len(chances), width))
        self._sum = np.zeros((len(chances), width))
        self._squares = np.zeros((len(chances), width))

    def add(self, strata: IntArray, figures: FloatArray) -> None:
        """Take in some profiles' figures ``(profiles, width)``; rows of one stratum follow each other."""
        found, first, counts = np.unique(strata, return_index=True, return_counts=True)
        fresh = self.counts[found] == 0
        opening = figures[first[fresh]]
        self._shift[found[fresh]] = np.where(np.isfinite(opening), opening, 0.0)
        apart = figures - self._shift[strata]
        self._sum[found] += np.add.reduceat(apart, first)
        self._squares[found] += np.add.reduceat(apart * apart, first)
        self.counts[found] += counts

    @cached_property
    def mean(self) -> FloatArray:
        """The stratified means, ``(width,)``."""
        self._check()
        means = self._shift + self._sum / self.counts[:, None]
        total: FloatArray = self.chances @ means
        return total

    @cached_property
    def variances(self) -> FloatArray:
        """Sample variances within the strata, ``(strata, width)``; 0 where a figure is minus infinity."""
        self._check()
        n = self.counts[:, None]
        with np.errstate(invalid="ignore"):
            spread = (self._squares - self._sum**2 / n) / (n - 1)
        return np.where(np.isfinite(spread), np.maximum(spread, 0.0), 0.0)

    @cached_property
    def standard_error(self) -> FloatArray:
        """Standard errors of the means, ``(width,)``."""
        root: FloatArray = np.sqrt((self.chances**2 / self.counts) @ self.variances)
        return root

    def estimate(self, figure: int) -> Estimate:
        """Return one figure's mean and standard error."""
        return Estimate(float(self.mean[figure]), float(self.standard_error[figure]))

    def _check(self) -> None:
        if (self.counts < 2).any():
            short = int(self.counts.argmin())
            raise ValueError(f"stratum {short} has {self.counts[short]} profiles; a standard error takes two")
