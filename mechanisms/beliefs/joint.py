"""A distribution as a sparse table of profiles: `Joint`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from mechanisms.beliefs.belief import Uniforms
from mechanisms.draws import Inversion
from mechanisms.environment import BoolArray, FloatArray, IntArray, flat_index, full_grid

SUM_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Joint:
    """A distribution as a sparse table of atoms.

    Parameters
    ----------
    shape : number of types of each player.
    atoms : ``(atoms, players)`` distinct type indices.
    weights : ``(atoms,)`` positive probabilities that sum to one within 1e-9 (then scaled to do so exactly).

    Use `joint` to build one from rows that repeat or have probability zero.
    """

    shape: tuple[int, ...]
    atoms: IntArray
    weights: FloatArray

    @property
    def support(self) -> IntArray:
        """Profiles of positive probability, in row-major order."""
        return self.atoms

    @cached_property
    def keys(self) -> IntArray:
        """Row-major grid index of each atom, increasing."""
        return flat_index(self.atoms, self.shape)

    @cached_property
    def squared_norm(self) -> float:
        """Sum of squared probabilities."""
        return float(self.weights @ self.weights)

    @cached_property
    def _inversion(self) -> Inversion:
        return Inversion(self.weights)

    def prob(self, profiles: IntArray) -> FloatArray:
        """Return the probability of each profile ``(..., players)``."""
        keys = flat_index(np.asarray(profiles), self.shape)
        spot = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[spot] == keys, self.weights[spot], 0.0)

    def possible(self, profiles: IntArray) -> BoolArray:
        """Return whether each profile ``(..., players)`` can happen."""
        return self.prob(profiles) > 0.0

    def sample(self, rng: Uniforms, size: int) -> IntArray:
        """Return ``(size, players)`` independent draws."""
        return self.atoms[self._inversion(rng.random(size))]

    def marginal(self, players: Sequence[int]) -> Joint:
        """Return the distribution of some of the players (positions in this belief)."""
        kept = list(players)
        return joint(tuple(self.shape[i] for i in kept), self.atoms[:, kept], self.weights)

    def given(self, event: FloatArray | BoolArray) -> Joint:
        """Return the distribution conditioned on an event, or re-weighted by a likelihood, per atom.

        Raises
        ------
        ValueError : if the event has probability zero.
        """
        weights = self.weights * event
        total = weights.sum()
        if not total > 0:
            raise ValueError("cannot condition on an event of probability zero")
        return joint(self.shape, self.atoms, weights / total)

    def given_types(self, likelihoods: Mapping[int, FloatArray | BoolArray]) -> Joint:
        """Return the distribution re-weighted by a likelihood ``(types,)`` of some players' types each.

        Raises
        ------
        ValueError : if the event has probability zero.
        """
        weight = np.ones(len(self.atoms))
        for i, likelihood in likelihoods.items():
            weight = weight * likelihood[self.atoms[:, i]]
        return self.given(weight)

    @property
    def table(self) -> Joint:
        """The distribution itself."""
        return self

    def conditional(self, player: int, others: IntArray) -> FloatArray:
        """Return ``(rounds, types of player)``: joint weights of her types with each profile of the others.

        A row sums to the probability of that profile of the others; divide to condition on it.
        """
        grid = np.arange(self.shape[player])
        rows = np.repeat(others[:, None, :], len(grid), axis=1)
        return self.prob(np.insert(rows, player, np.broadcast_to(grid, rows.shape[:2]), axis=2))


def joint(shape: Sequence[int], profiles: ArrayLike, probabilities: ArrayLike) -> Joint:
    """Return a `Joint` from rows in any order: equal rows are added up, rows of probability zero dropped.

    Raises
    ------
    ValueError : if a probability is negative or not finite, they do not sum to one within 1e-9, or a type
        is outside its grid.

    >>> joint((2, 2), [[0, 1], [0, 1], [1, 0]], [0.25, 0.25, 0.5]).weights
    array([0.5, 0.5])
    """
    shape = tuple(int(size) for size in shape)
    weights = np.asarray(probabilities, dtype=float)
    atoms = np.asarray(profiles, dtype=np.int64).reshape(len(weights) if not shape else -1, len(shape))
    if len(weights) != len(atoms):
        raise ValueError(f"{len(atoms)} profiles but {len(weights)} probabilities")
    for wrong in weights[~(np.isfinite(weights) & (weights >= 0))][:1]:
        raise ValueError(f"probabilities must be non-negative numbers, but one is {wrong}")
    total = weights.sum()
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise ValueError(f"probabilities sum to {total:.12g}, not 1")
    for stray in atoms[((atoms < 0) | (atoms >= np.array(shape, dtype=np.int64))).any(axis=1)][:1]:
        raise ValueError(f"profile {stray.tolist()} has a type outside the grid of shape {shape}")
    keys, first, inverse = np.unique(flat_index(atoms, shape), return_index=True, return_inverse=True)
    sums: FloatArray = np.bincount(inverse, weights / total, minlength=len(keys)).astype(float)
    kept = sums > 0
    return Joint(shape, atoms[first[kept]], sums[kept])


def independent(marginals: Sequence[ArrayLike]) -> Joint:
    """Return the full table of independent types, given each player's marginal."""
    columns = [np.asarray(m, dtype=float) for m in marginals]
    shape = tuple(len(c) for c in columns)
    weights = np.ones(1)
    for column in columns:
        weights = np.multiply.outer(weights, column).ravel()
    return joint(shape, full_grid(shape), weights)
