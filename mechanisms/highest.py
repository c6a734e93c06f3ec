"""The highest of independent scores: who has it, and how high the two highest are, near-linear in players x scores.

Products of distribution functions are kept as sums of logarithms, added from the highest score down: where a product
matters the sum is small, so that nothing is lost by adding up a hundred thousand terms. Factors of zero are counted
apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mechanisms.environment import FloatArray, IntArray
from mechanisms.ties import Ties

_NEVER = 1e-40
Levels = Sequence[IntArray] | Sequence[FloatArray]


@dataclass(frozen=True, eq=False)
class _Steps:
    """Each player's different scores, from the highest of all down, then by player: taken out one after the other.

    Attributes
    ----------
    level : how high it is.
    upto, below : the probability that she is no higher, and that she is lower.
    of_type : per player ``(types,)``, the step of each type.
    """

    level: FloatArray
    upto: FloatArray
    below: FloatArray
    of_type: tuple[IntArray, ...]

    @property
    def emptied(self) -> FloatArray:
        """1 where nothing is left of a player once the step is taken, so that a factor of zero appears."""
        return ((self.below <= 0.0) & (self.upto > 0.0)).astype(float)

    @property
    def logs(self) -> FloatArray:
        """What the step adds to the sum of the logarithms of all factors but those of zero."""
        upto = np.where(self.upto > 0.0, self.upto, 1.0)
        return np.where(self.below > 0.0, np.log(np.where(self.below > 0.0, self.below, upto) / upto), -np.log(upto))

    @property
    def starts(self) -> IntArray:
        """Where each score starts."""
        return np.flatnonzero(np.append(True, np.diff(self.level) != 0.0))


def win_chances(levels: Levels, chances: Sequence[FloatArray], *, ties: Ties = "lowest-index") -> list[FloatArray]:
    """Return per player ``(types,)``: the probability that she is the chosen highest, given each type of hers.

    With uniform ties this takes some ``players^2 / 2`` operations a score where all can have it.

    Parameters
    ----------
    levels : per player ``(types,)``, the score of each type, non-decreasing.
    chances : per player ``(types,)``, the probability of each type; they sum to one.

    >>> win_chances([np.array([1, 2])] * 2, [np.array([0.5, 0.5])] * 2)[1]
    array([0. , 0.5])
    """
    steps = _steps(levels, chances)
    logs, zeros = _before(steps.logs), _before(steps.emptied)
    share = np.ones(len(logs))
    if ties == "uniform":
        ends = np.append(steps.starts[1:], len(logs))
        for start, end in zip(steps.starts.tolist(), ends.tolist(), strict=True):
            logs[start:end], zeros[start:end] = logs[start], zeros[start]
            share[start:end] = _shares(steps.below[start:end], steps.upto[start:end])
    own = np.where(steps.upto > 0.0, steps.upto, 1.0)
    alone = zeros - (steps.upto <= 0.0) < 0.5  # no factor but her own is zero
    won = np.where(alone, share * np.exp(np.minimum(logs - np.log(own), 0.0)), 0.0)
    return [won[at] for at in steps.of_type]


@dataclass(frozen=True, eq=False)
class Tie:
    """The others' chances at one score.

    Attributes
    ----------
    players, types : ``(steps,)`` whose score it is, and the first type of hers that has it.
    rivals : ``(steps, most + 1)`` the probability that none of the others is higher and that many of them have it.
    """

    players: IntArray
    types: IntArray
    rivals: FloatArray


def rivals_tied(levels: Levels, chances: Sequence[FloatArray]) -> Iterator[Tie]:
    """Yield for each score how many others have it when none is higher.

    These are the coefficients of ``prod_j (F_j(lower) + f_j z)``, worked out at roots of unity to some 1e-15. Players
    of equal chances are taken together; where all differ it takes some ``players^2`` operations a score. Scores that
    are the highest with a chance below 1e-40 are left out.
    """
    steps = _steps(levels, chances)
    logs, zeros = _before(steps.logs), _before(steps.emptied)
    players, types = np.empty(len(logs), dtype=np.int64), np.empty(len(logs), dtype=np.int64)
    for i, at in enumerate(steps.of_type):
        players[at], types[at[::-1]] = i, np.arange(len(at))[::-1]
    for start, end in zip(steps.starts, np.append(steps.starts[1:], len(logs)), strict=True):
        upto, below = steps.upto[start:end], steps.below[start:end]
        own = np.where(upto > 0.0, upto, 1.0)
        alone = zeros[start] - (upto <= 0.0) < 0.5
        scale = np.where(alone, np.exp(np.minimum(logs[start] - np.log(own), 0.0)), 0.0)
        if scale.max() < _NEVER:
            continue
        yield Tie(players[start:end], types[start:end], scale[:, None] * _tie_counts((upto - below) / own))


def _tie_counts(rates: FloatArray) -> FloatArray:
    """Return ``(players, players)``: how likely so many of the others are to have it, each at her own rate."""
    different, inverse, counts = np.unique(rates, return_inverse=True, return_counts=True)
    roots = np.exp(-2j * np.pi * np.arange(len(rates)) / len(rates))
    factors = 1.0 + different[:, None] * (roots - 1.0)
    powers = factors ** counts[:, None]
    ones = np.ones((1, len(rates)))
    before = np.cumprod(np.concatenate([ones, powers[:-1]]), axis=0)
    after = np.cumprod(np.concatenate([ones, powers[:0:-1]]), axis=0)[::-1]
    spectra = before * after * factors ** (counts[:, None] - 1)
    found: FloatArray = np.maximum(np.fft.ifft(spectra, axis=1).real, 0.0)[inverse]
    return found


def mean_highest(levels: Levels, chances: Sequence[FloatArray]) -> float:
    """Return the expectation of the highest of independent non-negative scores.

    >>> mean_highest([np.array([1, 2])] * 2, [np.array([0.5, 0.5])] * 2)
    1.75
    """
    steps = _steps(levels, chances)
    logs, zeros = _after(steps.logs, steps.starts), _after(steps.emptied, steps.starts)
    highest = np.where(zeros < 0.5, np.exp(np.minimum(logs, 0.0)), 0.0)
    return _mean(steps.level[steps.starts], 1.0 - highest)


def mean_second_highest(levels: Levels, chances: Sequence[FloatArray]) -> float:
    """Return the expectation of the second highest of independent non-negative scores; 0 where there is only one.

    >>> mean_second_highest([np.array([1, 2])] * 2, [np.array([0.5, 0.5])] * 2)
    1.25
    """
    if len(levels) < 2:
        return 0.0
    steps = _steps(levels, chances)
    logs, zeros = _after(steps.logs, steps.starts), _after(steps.emptied, steps.starts)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(steps.below > 0.0, (steps.upto - steps.below) / (steps.below * steps.upto), 0.0)
    above = _after(odds, steps.starts)  # sum_i (1 - F_i) / F_i
    none = np.exp(np.minimum(logs, 0.0))
    at_most_one = np.where(zeros < 0.5, none * (1.0 + above), np.where(zeros < 1.5, none, 0.0))
    return _mean(steps.level[steps.starts], 1.0 - at_most_one)


def _mean(levels: FloatArray, reached: FloatArray) -> float:
    """Return the expectation of a score, given how likely it is to be at least each level, from the highest down."""
    return float(-np.diff(levels, append=0.0) @ np.clip(reached, 0.0, 1.0))


def _before(steps: FloatArray) -> FloatArray:
    return np.append(0.0, np.cumsum(steps)[:-1])


def _after(steps: FloatArray, starts: IntArray) -> FloatArray:
    """Return the sum of all steps at each score and above."""
    return np.cumsum(np.add.reduceat(steps, starts))


def _shares(below: FloatArray, upto: FloatArray) -> FloatArray:
    """Return each tied player's mean share of a tie at one score, others no higher, over the chance that they are not.

    ``E[1 / (1 + c)]``, c of the others being tied, is the integral over z in [0, 1] of the product of
    ``F_j(lower) + f_j z``: a polynomial, which Gauss's rule integrates exactly.
    """
    tied = np.flatnonzero(upto > below)
    if not len(tied):
        return np.ones(len(upto))
    z, weights = _gauss(len(tied) // 2 + 1)
    rates = 1.0 - ((upto - below) / np.where(upto > 0.0, upto, 1.0))[:, None] * (1.0 - z)
    logs = np.log(np.maximum(rates, np.finfo(float).tiny))
    shares: FloatArray = np.exp(logs.sum(axis=0) - logs) @ weights
    return shares


@lru_cache(maxsize=8)
def _gauss(size: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes in [0, 1] and weights that sum to one."""
    nodes, weights = np.polynomial.legendre.leggauss(size)
    return 0.5 * (nodes + 1.0), 0.5 * weights


def _steps(levels: Levels, chances: Sequence[FloatArray]) -> _Steps:
    found, spots, level, upto = [], 0, [], []
    for own, chance in zip(levels, chances, strict=True):
        different, inverse = np.unique(own, return_inverse=True)
        sums = np.cumsum(np.bincount(inverse, chance))
        found.append(inverse + spots)
        level.append(different.astype(float))
        upto.append(sums / sums[-1])
        spots += len(different)
    player = np.repeat(np.arange(len(level)), [len(own) for own in level])
    lower = np.concatenate([np.append(0.0, own[:-1]) for own in upto])
    everything = np.concatenate(level)
    order = np.lexsort((player, -everything))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    at = tuple(place[own] for own in found)
    return _Steps(everything[order], np.concatenate(upto)[order], lower[order], at)
