"""Independent types, kept as one distribution a player: `Product`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mechanisms.beliefs.belief import Uniforms
from mechanisms.beliefs.joint import SUM_TOLERANCE, Joint, independent
from mechanisms.draws import Inversion
from mechanisms.environment import BoolArray, FloatArray, IntArray

LISTED = 2_000_000


@dataclass(frozen=True, eq=False)
class Product:
    """A distribution under which the players' types are independent.

    Parameters
    ----------
    factors : per player, ``(types,)`` probabilities that sum to one. Beliefs share these arrays: a thousand players'
        posteriors about each other take room for the references only.

    Use `product` to build one from numbers that a user gave.
    """

    factors: tuple[FloatArray, ...]

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of types of each player."""
        return tuple(len(factor) for factor in self.factors)

    @cached_property
    def squared_norm(self) -> float:
        """``prod_j |F_j|^2``."""
        return math.prod(float(factor @ factor) for factor in self.factors)

    @property
    def support(self) -> IntArray:
        """Profiles of positive probability, a box, in row-major order."""
        return self.table.support

    @cached_property
    def table(self) -> Joint:
        """The same distribution as a table.

        Raises
        ------
        ValueError : if its grid has more than `LISTED` profiles.
        """
        check_listed(self.shape)
        return independent(self.factors)

    @cached_property
    def _inversions(self) -> tuple[Inversion, ...]:
        made = {id(factor): Inversion(factor) for factor in self.factors}
        return tuple(made[id(factor)] for factor in self.factors)

    def prob(self, profiles: IntArray) -> FloatArray:
        """Return the probability of each profile ``(..., players)``."""
        profiles = np.asarray(profiles)
        chance = np.ones(profiles.shape[:-1])
        for i, factor in enumerate(self.factors):
            chance = chance * factor[profiles[..., i]]
        return chance

    def possible(self, profiles: IntArray) -> BoolArray:
        """Return whether each profile ``(..., players)`` can happen."""
        profiles = np.asarray(profiles)
        can: BoolArray = np.ones(profiles.shape[:-1], dtype=bool)
        for i, factor in enumerate(self.factors):
            can = can & (factor > 0.0)[profiles[..., i]]
        return can

    def sample(self, rng: Uniforms, size: int) -> IntArray:
        """Return ``(size, players)`` independent draws, one uniform draw a player each."""
        drawn = np.empty((len(self.factors), size), dtype=np.int64)
        for i, invert in enumerate(self._inversions):
            drawn[i] = invert(rng.random(size))
        return drawn.T

    def marginal(self, players: Sequence[int]) -> Product:
        """Return the distribution of some of the players (positions in this belief)."""
        return Product(tuple(self.factors[i] for i in players))

    def given(self, event: FloatArray | BoolArray) -> Joint:
        """Return the distribution conditioned on an event, or re-weighted by a likelihood, per atom: a table."""
        return self.table.given(event)

    def given_types(self, likelihoods: Mapping[int, FloatArray | BoolArray]) -> Product:
        """Return the distribution re-weighted by a likelihood ``(types,)`` of some players' types each.

        Raises
        ------
        ValueError : if the event has probability zero.
        """
        factors = list(self.factors)
        for i, likelihood in likelihoods.items():
            factors[i], _ = reweighted(factors[i], likelihood)
        return Product(tuple(factors))

    def conditional(self, player: int, others: IntArray) -> FloatArray:
        """Return ``(rounds, types of player)``: her distribution, or zeros where the others' profile cannot happen."""
        rest = self.marginal([i for i in range(len(self.factors)) if i != player])
        return rest.possible(others)[:, None] * self.factors[player]


def product(marginals: Sequence[ArrayLike]) -> Product:
    """Return a `Product`, given each player's marginal; equal marginals are kept once.

    Raises
    ------
    ValueError : if a probability is negative or not finite, or a marginal does not sum to one within 1e-9.

    >>> product([[0.5, 0.5]] * 1000).shape[:3]
    (2, 2, 2)
    """
    kept: dict[bytes, FloatArray] = {}
    return Product(tuple(_factor(i, marginal, kept) for i, marginal in enumerate(marginals)))


def _factor(player: int, marginal: ArrayLike, kept: dict[bytes, FloatArray]) -> FloatArray:
    given = np.asarray(marginal, dtype=float)
    key = given.tobytes()
    if key not in kept:
        if given.ndim != 1 or not len(given):
            raise ValueError(f"player {player}'s marginal must be a list of probabilities, not of shape {given.shape}")
        for wrong in given[~(np.isfinite(given) & (given >= 0))][:1]:
            raise ValueError(f"probabilities must be non-negative numbers, but one of player {player}'s is {wrong}")
        if abs(given.sum() - 1.0) > SUM_TOLERANCE:
            raise ValueError(f"player {player}'s probabilities sum to {given.sum():.12g}, not 1")
        kept[key] = given / given.sum()
    return kept[key]


def reweighted(factor: FloatArray, likelihood: FloatArray | BoolArray) -> tuple[FloatArray, float]:
    """Return a distribution re-weighted by a likelihood, and the probability of the event.

    Raises
    ------
    ValueError : if the event has probability zero.
    """
    weights = factor * likelihood
    total = float(weights.sum())
    if not total > 0:
        raise ValueError("cannot condition on an event of probability zero")
    return weights / total, total


def check_listed(shape: Sequence[int]) -> None:
    """Raise a ValueError, with the numbers, if a grid of profiles is too large to list."""
    size = math.prod(shape)
    if size > LISTED:
        told = f"{size:,}" if size < 10**12 else f"some 10^{math.log10(size):.0f}"
        raise ValueError(f"a table of {told} profiles is asked for; the limit is {LISTED:,}")
