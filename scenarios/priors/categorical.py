"""Mixtures of products of categorical distributions, fitted by expectation and maximisation.

Given one of a few hidden components, what the seats do is independent [McLachlanPeel2000]_. Pseudo-observations keep
the fit off the edges: each component is given its share of some auctions in which every seat does what it does on the
whole. They leave the seats' marginals as they are in the data.

References
----------
.. [McLachlanPeel2000] G. McLachlan, D. Peel, Finite Mixture Models, Wiley.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms.environment import FloatArray, IntArray

RESTARTS = 10
FOLDS = 5
MOST = 6
_FIRST, _STEPS, _GAIN, _LEAST = 30, 2000, 1e-9, 1e-300


@dataclass(frozen=True, eq=False)
class Counted:
    """Observed profiles of types.

    Attributes
    ----------
    flags : ``(profiles, all types of all seats)`` 1 where a seat has a type; seats one after another.
    counts : ``(profiles,)`` how often each profile was observed.
    base : ``(all types,)`` what every seat does on the whole, one distribution after another.
    shape : number of types of each seat.
    exchangeable : whether all seats have one distribution.
    """

    flags: FloatArray
    counts: FloatArray
    base: FloatArray
    shape: tuple[int, ...]
    exchangeable: bool

    @classmethod
    def of(cls, types: IntArray, shape: tuple[int, ...], *, exchangeable: bool) -> Counted:
        """Return observations ``(auctions, seats)`` counted."""
        profiles, counts = np.unique(types, axis=0, return_counts=True)
        flags = np.concatenate([np.eye(size)[column] for size, column in zip(shape, profiles.T, strict=True)], axis=1)
        base = counts @ flags / counts.sum()
        return cls(flags, counts.astype(float), _shared(base, shape, exchangeable), shape, exchangeable)

    def some(self, counts: FloatArray) -> Counted:
        """Return the same profiles, observed otherwise often."""
        return Counted(self.flags, counts, self.base, self.shape, self.exchangeable)


@dataclass(frozen=True, eq=False)
class Fit:
    """A mixture fitted.

    Attributes
    ----------
    weights : ``(components,)`` that sum to one.
    factors : ``(components, all types)`` distributions, those of the seats one after another.
    path : the objective after each step: log-likelihood, pseudo-observations included, in nats.
    """

    weights: FloatArray
    factors: FloatArray
    path: tuple[float, ...]

    def logs(self, flags: FloatArray) -> FloatArray:
        """Return ``(profiles, components)``: the log-probability of each component and profile together."""
        with np.errstate(divide="ignore"):
            log_weights = np.log(self.weights)
        logs: FloatArray = flags @ np.log(np.maximum(self.factors, _LEAST)).T + log_weights
        return logs

    def log_probabilities(self, flags: FloatArray) -> FloatArray:
        """Return ``(profiles,)``."""
        total: FloatArray = np.logaddexp.reduce(self.logs(flags), axis=1)
        return total


@dataclass(frozen=True)
class HeldOut:
    """How well a number of components tells auctions that it was not fitted to.

    Attributes
    ----------
    mean : log-likelihood per auction, in nats.
    standard_error : of the mean, over auctions.
    """

    components: int
    mean: float
    standard_error: float


def fit(seen: Counted, components: int, *, smoothing: float, rng: np.random.Generator) -> Fit:
    """Return the fit that goes on from the best of `RESTARTS` random beginnings, a few steps each.

    Parameters
    ----------
    smoothing : weight, in auctions, of all pseudo-observations together.
    """
    starts = RESTARTS if components > 1 else 1
    pseudo = smoothing / components
    begun = [_begun(seen, components, pseudo, rng) for _ in range(starts)]
    best = max((_climbed(seen, one, pseudo, _FIRST) for one in begun), key=lambda found: found.path[-1])
    return _climbed(seen, best, pseudo, _STEPS)


def held_out(seen: Counted, components: int, *, smoothing: float, seed: int) -> HeldOut:
    """Return the log-likelihood of auctions left out, each fifth of them by a fit to the rest."""
    auctions = int(seen.counts.sum())
    row = np.repeat(np.arange(len(seen.counts)), seen.counts.astype(int))
    order = np.random.default_rng([seed, 0]).permutation(auctions)
    fold = np.empty(auctions, dtype=np.int64)
    fold[order] = np.arange(auctions) % FOLDS
    told = np.empty(auctions)
    for k in range(min(FOLDS, auctions)):
        kept = np.bincount(row[fold != k], minlength=len(seen.counts)).astype(float)
        found = fit(seen.some(kept), components, smoothing=smoothing, rng=np.random.default_rng([seed, components, k]))
        told[fold == k] = found.log_probabilities(seen.flags)[row[fold == k]]
    return HeldOut(components, float(told.mean()), float(told.std(ddof=1) / np.sqrt(auctions)))


def _begun(seen: Counted, components: int, pseudo: float, rng: np.random.Generator) -> Fit:
    shares = rng.dirichlet(np.ones(components), size=len(seen.counts))
    return _fitted(seen, shares, pseudo)


def _climbed(seen: Counted, found: Fit, pseudo: float, steps: int) -> Fit:
    """Return what a number of steps lead to, fewer where they gain next to nothing."""
    path = list(found.path) or [_objective(seen, found, pseudo)]
    for _ in range(steps):
        logs = found.logs(seen.flags)
        shares = np.exp(logs - np.logaddexp.reduce(logs, axis=1, keepdims=True))
        found = _fitted(seen, shares, pseudo)
        path.append(_objective(seen, found, pseudo))
        if path[-1] - path[-2] <= _GAIN * abs(path[-1]):
            break
    return Fit(found.weights, found.factors, tuple(path))


def _fitted(seen: Counted, shares: FloatArray, pseudo: float) -> Fit:
    """Return the best mixture, given how much of each profile belongs to each component."""
    mass = seen.counts[:, None] * shares
    sizes = mass.sum(axis=0) + pseudo
    counts = mass.T @ seen.flags + pseudo * seen.base
    factors = counts / np.where(sizes > 0, sizes, 1.0)[:, None]
    factors[sizes == 0] = seen.base
    return Fit(sizes / sizes.sum(), _shared(factors, seen.shape, seen.exchangeable), ())


def _objective(seen: Counted, found: Fit, pseudo: float) -> float:
    data = seen.counts @ found.log_probabilities(seen.flags)
    if pseudo == 0:
        return float(data)
    made = np.log(found.weights).sum() + (np.log(np.maximum(found.factors, _LEAST)) @ seen.base).sum()
    return float(data + pseudo * made)


def _shared(rows: FloatArray, shape: tuple[int, ...], exchangeable: bool) -> FloatArray:
    """Return distributions averaged over the seats where those are exchangeable."""
    if not exchangeable:
        return rows
    each = rows.reshape(*rows.shape[:-1], len(shape), shape[0])
    mean: FloatArray = np.broadcast_to(each.mean(axis=-2, keepdims=True), each.shape).reshape(rows.shape)
    return mean
