"""Profiles up to the order of exchangeable players: multisets of types, numbered without listing the grid.

A multiset ``c_1 <= ... <= c_m`` of types from 0 up has the number ``sum_j C(c_j + j - 1, j)``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations_with_replacement

import numpy as np

from mechanisms.beliefs import Belief, Mixture, Product
from mechanisms.environment import Environment, FloatArray, IntArray

_EXCHANGEABLE = 1e-12


@dataclass(frozen=True, eq=False)
class Multisets:
    """All multisets of `size` out of `kinds` types."""

    kinds: int
    size: int

    @property
    def count(self) -> int:
        """How many there are."""
        return math.comb(self.kinds + self.size - 1, self.size)

    @cached_property
    def _terms(self) -> IntArray:
        """``(kinds, size)``: what type c at place j adds to the number."""
        rows = [[math.comb(c + j, j + 1) for j in range(self.size)] for c in range(self.kinds)]
        return np.array(rows, dtype=np.int64).reshape(self.kinds, self.size)

    def number(self, types: IntArray) -> IntArray:
        """Return ``(rounds,)``: the number of the multiset of types in each row ``(rounds, size)``."""
        numbers: IntArray = self._terms[np.sort(types, axis=1), np.arange(self.size)].sum(axis=1)
        return numbers

    @cached_property
    def rows(self) -> IntArray:
        """``(count, size)``: the types in each, in increasing order."""
        listed = combinations_with_replacement(range(self.kinds), self.size)
        rows = np.array(list(listed), dtype=np.int64).reshape(self.count, self.size)
        return rows[np.argsort(self.number(rows))]

    @cached_property
    def orders(self) -> FloatArray:
        """``(count,)``: the number of different profiles of each."""
        orders, left = np.ones(self.count), np.full(self.count, self.size)
        binomial = [np.array([float(math.comb(m, c)) for c in range(m + 1)]) for m in range(self.size + 1)]
        table = np.zeros((self.size + 1, self.size + 1))
        for m, row in enumerate(binomial):
            table[m, : m + 1] = row
        for kind in range(self.kinds):
            count = (self.rows == kind).sum(axis=1)
            orders *= table[left, count]
            left = left - count
        return orders


@dataclass(frozen=True)
class Exchangeable:
    """Groups of players who can change places.

    Attributes
    ----------
    groups : players by group, each in order of index.
    apart : how far a probability can be, relatively, from that of the profile with players in another order.
    """

    groups: tuple[tuple[int, ...], ...]
    apart: float

    @property
    def trivial(self) -> bool:
        """Whether nobody can change places with anybody."""
        return all(len(group) == 1 for group in self.groups)


def singletons(players: int) -> Exchangeable:
    """Return everybody in a group of her own."""
    return Exchangeable(tuple((i,) for i in range(players)), 0.0)


def exchangeable(environment: Environment, belief: Belief) -> Exchangeable:
    """Return the groups of players with equal grids under whose permutations a belief is the same.

    It is enough that changing places with the first of a group leaves it as it is, to a relative 1e-12.
    """
    groups: list[list[int]] = []
    apart = 0.0
    for i, grid in enumerate(environment.values):
        for group in groups:
            if not np.array_equal(grid, environment.values[group[0]]):
                continue
            distance = _swapped(belief, group[0], i)
            if distance <= _EXCHANGEABLE:
                group.append(i)
                apart = max(apart, distance)
                break
        else:
            groups.append([i])
    return Exchangeable(tuple(map(tuple, groups)), 2.0 * environment.players * apart)


def _swapped(belief: Belief, i: int, j: int) -> float:
    """Return the largest relative change of a probability when two players change places."""
    if isinstance(belief, Product | Mixture):
        parts: Sequence[Product] = (belief,) if isinstance(belief, Product) else belief.components
        same = all(
            part.factors[i] is part.factors[j] or np.array_equal(part.factors[i], part.factors[j]) for part in parts
        )
        return 0.0 if same else math.inf
    atoms, weights = belief.table.atoms.copy(), belief.table.weights
    atoms[:, [i, j]] = atoms[:, [j, i]]
    return float(np.max(abs(belief.prob(atoms) / weights - 1.0)))
