"""Means over worlds, the world being the unit of replication; and the time from which something holds for good.

References
----------
.. [Wilson1927] E. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
   Statistical Association 22.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from mechanisms.environment import BoolArray, FloatArray, IntArray

_Z95 = 1.959964  # that of the plots; to import it from them would import all that draws


class Mean(NamedTuple):
    """A mean over worlds with its standard error."""

    mean: FloatArray
    error: FloatArray


def shares_of(counts: IntArray, visits: IntArray) -> FloatArray:
    """Return counts as shares of visits; NaN where there were none."""
    found: FloatArray = np.full(visits.shape, np.nan)
    return np.divide(counts, visits, out=found, where=visits > 0)


def mean_over_worlds(figures: FloatArray) -> Mean:
    """Return mean and standard error over the last axis, NaN entries left out.

    The mean of none is NaN, and so is the error of one.

    >>> mean_over_worlds(np.array([1.0, 3.0, np.nan]))
    Mean(mean=array(2.), error=array(1.))
    """
    known = ~np.isnan(figures)
    count = known.sum(axis=-1)
    total = np.where(known, figures, 0.0).sum(axis=-1)
    mean = np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0)
    squares = np.where(known, (figures - mean[..., None]) ** 2, 0.0).sum(axis=-1)
    degrees = count * (count - 1.0)
    variance = np.divide(squares, degrees, out=np.full(count.shape, np.nan), where=degrees > 0)
    return Mean(mean, np.asarray(np.sqrt(variance)))


class Interval(NamedTuple):
    """A 95 % interval."""

    low: float
    high: float


def interval_of_share(count: int, total: int) -> Interval:
    """Return Wilson's interval for a share of worlds [Wilson1927]_; it has a width even where all worlds agree."""
    share, square = count / total, _Z95**2 / total
    centre = (share + square / 2) / (1 + square)
    half = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def for_good(holds: BoolArray, seen: BoolArray, starts: FloatArray) -> FloatArray:
    """Return the start of the first window from which something holds in every window in which it is seen.

    Parameters
    ----------
    holds, seen : ``(windows, ...)``, of shapes that broadcast; where it is not seen, `holds` is not read.
    starts : ``(windows,)``.

    Returns
    -------
    array : ``(...,)``; NaN where there is no such window.

    >>> for_good(np.array([True, False, False, True]), np.array([True, True, False, True]), np.arange(4.0))
    array(3.)
    """
    broken = seen & ~holds
    later = np.flip(np.logical_or.accumulate(np.flip(broken, axis=0), axis=0), axis=0)  # here or further on
    good = seen & ~later
    return np.where(good.any(axis=0), starts[good.argmax(axis=0)], np.nan)
