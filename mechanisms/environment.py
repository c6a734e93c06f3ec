"""Assignment environments: players, goods, feasible allocations and value tables.

One description serves every mechanism: a list of allocations (which bundle each player gets in each;
row 0 gives nobody anything) and, for each player, a table *type x bundle -> worth*. A single good is the
case of two bundles, nothing and the good [AzarChenMicali2012, section 2.1]_.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray

MAX_WORTH = 10**12
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Environment:
    """An assignment environment on finite type sets.

    Parameters
    ----------
    worth : one integer array ``(types of i, bundles)`` per player; column 0, the empty bundle, is zero.
    allocations : integer array ``(allocations, players)`` of bundle indices; row 0 is all zero.
    bundles : the goods in each bundle, bundle 0 being empty.

    Raises
    ------
    ValueError : if a worth is negative or not an integer, two types of a player are equal, a bundle index
        is unknown, or an allocation gives one good twice.
    """

    worth: tuple[IntArray, ...]
    allocations: IntArray
    bundles: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        _check_worth(self.worth, len(self.bundles))
        _check_allocations(self.allocations, len(self.worth), self.bundles)

    @property
    def players(self) -> int:
        """Number of players, n."""
        return len(self.worth)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Number of types of each player: the shape of the grid of profiles."""
        return tuple(len(table) for table in self.worth)

    @cached_property
    def single_good(self) -> bool:
        """Whether this is one good that at most one player gets, as built by `single_good`."""
        increasing = all((np.diff(table[:, -1]) > 0).all() for table in self.worth)
        return len(self.bundles) == 2 and increasing and np.array_equal(self.allocations, _one_winner(self.players))

    @cached_property
    def values(self) -> tuple[IntArray, ...]:
        """Single-good view: each player's increasing grid of values."""
        if not self.single_good:
            raise ValueError("this environment has several bundles; only a single good has a grid of values")
        return tuple(table[:, 1] for table in self.worth)

    @cached_property
    def worth_of_allocation(self) -> tuple[IntArray, ...]:
        """Per player, an array ``(types, allocations)``: what each allocation is worth to each type."""
        return tuple(table[:, self.allocations[:, i]] for i, table in enumerate(self.worth))

    @cached_property
    def _flat_worth(self) -> tuple[FloatArray, ...]:
        return tuple(table.ravel().astype(float) for table in self.worth_of_allocation)

    def worth_to(self, player: int, types: IntArray, allocations: IntArray) -> FloatArray:
        """Return what drawn allocations are worth to a player of those types, ``(rounds,)``."""
        return self._flat_worth[player][types * len(self.allocations) + allocations]

    @cached_property
    def solo(self) -> IntArray:
        """Array ``(players, bundles)``: the allocation that gives a player alone that bundle, or -1."""
        table = np.full((self.players, len(self.bundles)), -1)
        for row, bundles in enumerate(self.allocations):
            served = np.flatnonzero(bundles)
            if len(served) == 1:
                table[served[0], bundles[served[0]]] = row
        return table

    @cached_property
    def downward_closed(self) -> bool:
        """Whether taking any one player's bundle away leaves a feasible allocation."""
        feasible = {tuple(row) for row in self.allocations}
        return all(
            (*row[:i], 0, *row[i + 1 :]) in feasible
            for row in map(tuple, self.allocations)
            for i in range(self.players)
        )

    def without(self, player: int) -> Environment:
        """Return the environment of the other players, `player` getting nothing."""
        kept = np.delete(self.allocations[self.allocations[:, player] == 0], player, axis=1)
        rows = np.unique(kept, axis=0)  # sorted, so the empty allocation stays first
        if self.single_good:
            rows = _one_winner(self.players - 1)
        return Environment(self.worth[:player] + self.worth[player + 1 :], rows, self.bundles)

    def flat(self, profiles: IntArray) -> IntArray:
        """Return the row-major index ``(...)`` on the grid of profiles ``(..., players)``."""
        return flat_index(profiles, self.shape)

    @cached_property
    def grid(self) -> IntArray:
        """Every profile of types, ``(prod(shape), players)``, in row-major order."""
        return full_grid(self.shape)

    def type_name(self, player: int, kind: int) -> str:
        """Return a short name of a type: its value, or its worths by bundle."""
        row = self.worth[player][kind]
        return str(row[1]) if self.single_good else "(" + ", ".join(map(str, row[1:])) + ")"


def strides(shape: Sequence[int]) -> IntArray:
    """Return the row-major strides of a grid.

    >>> strides((2, 3, 4))
    array([12,  4,  1])
    """
    return np.append(np.cumprod(np.asarray(shape[:0:-1], dtype=np.int64))[::-1], 1)[-max(len(shape), 1) :]


def flat_index(profiles: IntArray, shape: Sequence[int]) -> IntArray:
    """Return the row-major index of profiles ``(..., players)`` on a grid of that shape."""
    if len(shape) == 0:
        return np.zeros(profiles.shape[:-1], dtype=np.int64)
    index = profiles[..., 0].astype(np.int64)
    for i, size in enumerate(shape[1:], start=1):
        index = index * size + profiles[..., i]
    return index


def full_grid(shape: Sequence[int]) -> IntArray:
    """Return all points of a grid, ``(prod(shape), len(shape))``, in row-major order."""
    return np.indices(tuple(shape)).reshape(len(shape), math.prod(shape)).T.astype(np.int64)


def single_good(values: Sequence[Sequence[int]]) -> Environment:
    """Return the environment of one good, given each player's increasing grid of positive values.

    >>> single_good([[1, 2], [1, 3, 5]]).shape
    (2, 3)
    """
    for i, grid in enumerate(values):
        if len(grid) == 0:
            raise ValueError(f"player {i} has no values")
        for value in grid:
            if value != int(value):
                raise ValueError(f"player {i}'s values must be whole numbers, but one is {value}")
        for low, high in pairwise(grid):
            if high <= low:
                raise ValueError(f"player {i}'s values must increase, but {high} follows {low}")
        if grid[-1] > MAX_WORTH:
            raise ValueError(f"player {i}'s values reach {grid[-1]}; the limit is {MAX_WORTH:,}")
        if grid[0] <= 0:
            raise ValueError(f"player {i}'s values must be positive integers, but one is {grid[0]}")
    worth = tuple(np.array([[0, v] for v in grid], dtype=np.int64) for grid in values)
    return Environment(worth, _one_winner(len(values)), ((), ("good",)))


def _one_winner(players: int) -> IntArray:
    """Return the allocations of one good: to nobody, or to each player."""
    return np.vstack([np.zeros(players, dtype=np.int64), np.eye(players, dtype=np.int64)])


def assignment(
    goods: Sequence[str],
    valuations: Sequence[Sequence[Sequence[int]]],
    *,
    bundles: Sequence[Sequence[str]] | None = None,
    allocations: Sequence[Sequence[Sequence[str]]] | None = None,
) -> Environment:
    """Return an assignment environment for several goods.

    Parameters
    ----------
    goods : names of the goods.
    valuations : per player and type, the worth of each non-empty bundle, in the order of `bundles`.
    bundles : the non-empty bundles that valuations price; all subsets of the goods, small ones first, unless
        given.
    allocations : the feasible assignments, each a bundle per player; every way of giving disjoint bundles
        unless given.
    """
    if len(set(goods)) < len(goods) or not goods:
        raise ValueError(f"goods must be one or more different names, not {list(goods)}")
    if bundles is None:
        bundles = [list(c) for size in range(1, len(goods) + 1) for c in combinations(goods, size)]
    for bundle in bundles:
        if not bundle or len(set(bundle)) < len(bundle) or not set(bundle) <= set(goods):
            raise ValueError(f"a bundle holds one or more different goods out of {list(goods)}, not {list(bundle)}")
    known = ((), *(tuple(sorted(b, key=list(goods).index)) for b in bundles))
    _check_valuations(valuations, len(bundles))
    worth = tuple(
        np.array([[0, *row] for row in types], dtype=np.int64).reshape(-1, len(known)) for types in valuations
    )
    if allocations is None:
        rows = [pick for pick in product(range(len(known)), repeat=len(worth)) if _disjoint([known[b] for b in pick])]
    else:
        order: dict[frozenset[str], int] = {frozenset(b): k for k, b in enumerate(known)}
        listed = []
        for given in allocations:
            picked = [frozenset(bundle) for bundle in given]
            if len(picked) != len(worth) or not set(picked) <= set(order):
                raise ValueError(f"an allocation gives each of {len(worth)} players a known bundle, unlike {given}")
            listed.append(tuple(order[bundle] for bundle in picked))
        rows = sorted({(0,) * len(worth), *listed})
    return Environment(worth, np.array(rows, dtype=np.int64), known)


def _check_valuations(valuations: Sequence[Sequence[Sequence[int]]], bundles: int) -> None:
    for i, types in enumerate(valuations):
        for k, row in enumerate(types):
            if len(row) != bundles:
                raise ValueError(f"player {i}'s type {k} has {len(row)} worths for {bundles} bundles: {list(row)}")
            for worth in row:
                if worth != int(worth):
                    raise ValueError(f"player {i}'s worths must be whole numbers, but one is {worth}")


def _disjoint(bundles: Sequence[tuple[str, ...]]) -> bool:
    goods = [good for bundle in bundles for good in bundle]
    return len(goods) == len(set(goods))


def _check_worth(worth: tuple[IntArray, ...], bundles: int) -> None:
    if not worth:
        raise ValueError("an environment needs at least one player")
    for i, table in enumerate(worth):
        if table.ndim != 2 or table.shape[1] != bundles or not len(table):
            raise ValueError(f"player {i}'s worths have shape {table.shape}, not (types, {bundles})")
        if not np.issubdtype(table.dtype, np.integer) or (table < 0).any():
            raise ValueError(f"player {i}'s worths must be non-negative integers, unlike {table.tolist()}")
        if (table > MAX_WORTH).any():
            raise ValueError(f"player {i}'s worths reach {table.max()}; the limit is {MAX_WORTH:,}")
        if table[:, 0].any():
            raise ValueError(f"player {i} values the empty bundle at {table[:, 0].max()}, not 0")
        if len(np.unique(table, axis=0)) < len(table):
            raise ValueError(f"player {i} has two equal types among {table[:, 1:].tolist()}")


def _check_allocations(rows: IntArray, players: int, bundles: tuple[tuple[str, ...], ...]) -> None:
    if rows.ndim != 2 or rows.shape[1] != players or not len(rows) or rows[0].any():
        raise ValueError("allocations must be (rows, players) bundle indices, the first row all empty")
    if (rows < 0).any() or (rows >= len(bundles)).any():
        raise ValueError(f"an allocation names bundle {rows.max()}, but there are {len(bundles)}")
    if len(np.unique(rows, axis=0)) < len(rows):
        raise ValueError(f"an allocation is listed twice among {rows.tolist()}")
    for row in rows:
        if not _disjoint([bundles[b] for b in row]):
            raise ValueError(f"allocation {[list(bundles[b]) for b in row]} gives one good twice")
