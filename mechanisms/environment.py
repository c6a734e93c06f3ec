"""Assignment environments: players, goods, feasible allocations and value tables.

One description serves every mechanism: a list of allocations (which bundle each player gets in each;
row 0 gives nobody anything) and, for each player, a table *type x bundle -> worth*. A single good is the
case of two bundles, nothing and the good [AzarChenMicali2012, section 2.1]_. `mechanisms.builders` has ways to
write one down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral

import numpy as np
from numpy.typing import NDArray

from mechanisms.allocations import check_allocations, is_one_winner, one_winner

MAX_WORTH = 10**12
_TABULATED = 1 << 20
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
        check_allocations(self.allocations, len(self.worth), self.bundles)

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
        if len(self.bundles) != 2 or not is_one_winner(self.allocations):
            return False
        return all((np.diff(table[:, -1]) > 0).all() for table in self.worth)

    @cached_property
    def values(self) -> tuple[IntArray, ...]:
        """Each player's increasing grid of values, where she is served or not (see `services`)."""
        if self.services is None:
            raise ValueError(f"{self._beyond_services()}; types are values only where each is served or not")
        return tuple(table[:, bundle] for table, bundle in zip(self.worth, self.services, strict=True))

    @cached_property
    def services(self) -> IntArray | None:
        """The one bundle that each player can be given, ``(players,)``; None where some have another number of them.

        A type is then a value, what being served is worth: a single good, copies for several, a public good.
        """
        if self.single_good:
            return np.ones(self.players, dtype=np.int64)
        given = [np.unique(column[column > 0]) for column in self.allocations.T]
        if any(len(bundles) != 1 for bundles in given):
            return None
        bundles = np.concatenate(given)
        increasing = all((np.diff(t[:, b]) > 0).all() for t, b in zip(self.worth, bundles, strict=True))
        return bundles if increasing else None

    def _beyond_services(self) -> str:
        """Return why `services` is None."""
        for i, column in enumerate(self.allocations.T):
            given = len(np.unique(column[column > 0]))
            if given != 1:
                return f"player {i} can be given {given} bundles" if given else f"player {i} can never be served"
        return "a player's types are not in increasing order"

    @cached_property
    def served(self) -> BoolArray:
        """Array ``(allocations, players)``: who gets something in each allocation."""
        return self.allocations > 0

    def serving(self, served: BoolArray) -> IntArray:
        """Return ``(rounds,)``: the allocation that serves exactly those ``(rounds, players)``, or -1.

        Raises
        ------
        ValueError : where `services` is None.
        """
        if self.services is None:
            raise ValueError(
                f"{self._beyond_services()}; a set of players is an allocation only where each is served or not"
            )
        if self.single_good:
            count, first = served.sum(axis=1), served.argmax(axis=1)
            return np.where(count == 1, first + 1, np.where(count == 0, 0, -1))
        keys, wanted = _packed(self.served), _packed(served)
        order = np.argsort(keys)
        spots = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(keys) - 1)
        found: IntArray = np.where(keys[order[spots]] == wanted, order[spots], -1)
        return found

    @cached_property
    def worth_of_allocation(self) -> tuple[IntArray, ...]:
        """Per player, an array ``(types, allocations)``: what each allocation is worth to each type."""
        return tuple(table[:, self.allocations[:, i]] for i, table in enumerate(self.worth))

    @cached_property
    def _flat_worth(self) -> tuple[FloatArray, ...]:
        return tuple(table.ravel().astype(float) for table in self.worth_of_allocation)

    def worth_to(self, player: int, types: IntArray, allocations: IntArray) -> FloatArray:
        """Return what drawn allocations are worth to a player of those types, ``(rounds,)``."""
        if self._tabulated:
            return self._flat_worth[player][types * len(self.allocations) + allocations]
        return self.worth[player][types, self.allocations[allocations, player]].astype(float)

    @cached_property
    def _tabulated(self) -> bool:
        return len(self.allocations) * sum(self.shape) <= _TABULATED

    def worths(self, players: IntArray, types: IntArray, bundles: IntArray) -> IntArray:
        """Return ``(rounds,)``: what each round's bundle is worth to that round's player of that type."""
        flat, starts = self._every_worth
        return flat[starts[players] + types * len(self.bundles) + bundles]

    @cached_property
    def _every_worth(self) -> tuple[IntArray, IntArray]:
        starts = np.append(0, np.cumsum([table.size for table in self.worth])[:-1])
        return np.concatenate([table.ravel() for table in self.worth]), starts

    @cached_property
    def prices(self) -> tuple[IntArray, IntArray]:
        """All positive worths, increasing, and how many players have each, ``(prices,)`` both."""
        own = [np.unique(table[table > 0]) for table in self.worth]
        return np.unique(np.concatenate(own), return_counts=True)

    @cached_property
    def solo(self) -> IntArray:
        """Array ``(players, bundles)``: the allocation that gives a player alone that bundle, or -1."""
        table = np.full((self.players, len(self.bundles)), -1)
        rows = np.flatnonzero(self.served.sum(axis=1) == 1)
        player = self.served[rows].argmax(axis=1)
        table[player, self.allocations[rows, player]] = rows
        return table

    @cached_property
    def downward_closed(self) -> bool:
        """Whether taking any one player's bundle away leaves a feasible allocation."""
        if self.single_good:
            return True
        feasible = {tuple(row) for row in self.allocations}
        return all(
            (*row[:i], 0, *row[i + 1 :]) in feasible
            for row in map(tuple, self.allocations)
            for i in range(self.players)
        )

    def without(self, player: int) -> Environment:
        """Return the environment of the other players, `player` getting nothing."""
        worth = self.worth[:player] + self.worth[player + 1 :]
        if self.single_good:
            return _good_for_some(worth, self.bundles)
        kept = np.delete(self.allocations[self.allocations[:, player] == 0], player, axis=1)
        rows = np.unique(kept, axis=0)  # sorted, so the empty allocation stays first
        return Environment(worth, rows, self.bundles)

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
        if self.services is not None:
            return str(row[self.services[player]])
        return "(" + ", ".join(map(str, row[1:])) + ")"


def _packed(served: BoolArray) -> NDArray[np.bytes_]:
    """Return sets of players ``(rows, players)`` as one key each, whatever their number."""
    bits = np.ascontiguousarray(np.packbits(served, axis=1))
    return bits.view(f"S{bits.shape[1]}")[:, 0]


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


def _good_for_some(worth: tuple[IntArray, ...], bundles: tuple[tuple[str, ...], ...]) -> Environment:
    """Return one good for players who have been checked: of a thousand, each is left out in turn."""
    if not worth:
        raise ValueError("an environment needs at least one player")
    environment = object.__new__(Environment)
    vars(environment).update(worth=worth, allocations=one_winner(len(worth)), bundles=bundles, single_good=True)
    return environment


def check_money(name: str, amount: float, *, least: int = 0) -> int:
    """Return an amount of money, or raise a ValueError unless it is a whole number from `least` to `MAX_WORTH`.

    >>> check_money("price", 2.5)
    Traceback (most recent call last):
    ValueError: price must be a whole number from 0 to 1,000,000,000,000, not 2.5
    """
    whole = isinstance(amount, Integral) or (isinstance(amount, float) and amount.is_integer())
    if not whole or not least <= amount <= MAX_WORTH:
        raise ValueError(f"{name} must be a whole number from {least} to {MAX_WORTH:,}, not {amount!r}")
    return int(amount)


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
