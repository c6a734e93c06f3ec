"""Finite games in normal form: names, and payoffs that are exact where they were given exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from numbers import Rational
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.dominance.payoff_table import PayoffTable
from analysis.dominance.rational import ObjectArray
from mechanisms.environment import FloatArray

LARGEST = 2.0**500
_EXACT_IN_FLOATS = 2**53
_NORMAL = 2.0**-1022
_ONE_BLOCK = np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Rationals:
    """A player's payoffs as ``numerators / denominator``, Python integers."""

    numerators: ObjectArray
    denominator: int

    def __getitem__(self, profile: tuple[int, ...]) -> Fraction:
        return Fraction(self.numerators[profile], self.denominator)


@dataclass(frozen=True, eq=False)
class NormalForm:
    """A finite game.

    Attributes
    ----------
    title : what the game is called.
    players : their names.
    strategies : the names of each player's strategies.
    payoffs : one array per player, ``(strategies of player 1, ..., strategies of player n)``.
    exact : the same payoffs as rationals, where they were given as such; None if the floats are what is meant.

    Raises
    ------
    ValueError : if there is no player, a player has no strategy, names are not text, an array has the wrong shape, or a
        payoff is not finite or out of range.
    """

    title: str
    players: tuple[str, ...]
    strategies: tuple[tuple[str, ...], ...]
    payoffs: tuple[FloatArray, ...]
    exact: tuple[Rationals, ...] | None = None

    def __post_init__(self) -> None:
        n = len(self.players)
        if not n or len(self.strategies) != n or len(self.payoffs) != n:
            counts = f"{n} players, {len(self.strategies)} lists of strategies, {len(self.payoffs)} arrays of payoffs"
            raise ValueError(f"a game needs as many of each and at least one, but has {counts}")
        for player, names, payoffs in zip(self.players, self.strategies, self.payoffs, strict=True):
            if not names:
                raise ValueError(f"player {player!r} has no strategy")
            if payoffs.shape != self.shape:
                raise ValueError(f"payoffs of {player!r} must have shape {self.shape}, but have {payoffs.shape}")
            largest = float(abs(payoffs).max())
            if not largest < LARGEST or 0.0 < largest < 1 / LARGEST:
                raise ValueError(f"the largest payoff of {player!r} must lie within 2^-500 and 2^500, but is {largest}")

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of strategies of each player."""
        return tuple(map(len, self.strategies))

    def payoff(self, player: int, profile: tuple[int, ...]) -> Fraction:
        """Return a payoff exactly."""
        return Fraction(float(self.payoffs[player][profile])) if self.exact is None else self.exact[player][profile]

    def table(self, player: int, alive: Sequence[NDArray[np.int64]]) -> PayoffTable:
        """Return a player's payoffs by own strategy and by profile of the others, up to a positive factor.

        Parameters
        ----------
        alive : the strategies of each player to keep.
        """
        order = [player, *(j for j in range(len(alive)) if j != player)]

        def kept(array: NDArray[Any]) -> NDArray[Any]:
            for axis, j in enumerate(order):
                array = array.take(alive[j], axis=axis) if len(alive[j]) < array.shape[axis] else array
            return array.reshape(len(alive[player]), -1)

        floats, integers = self._tables[player]
        return PayoffTable(kept(floats), _ONE_BLOCK, integers=None if integers is None else kept(integers))

    def unit(self, player: int) -> float:
        """What one unit of `table` is worth in payoffs."""
        exact = self.exact[player] if self.exact else None
        return 1 / exact.denominator if exact and self._tables[player][1] is None else 1.0

    @cached_property
    def _tables(self) -> tuple[tuple[FloatArray, ObjectArray | None], ...]:
        """Payoffs with the own strategy first: floats, and integers where floats would not be exact."""
        tables: list[tuple[FloatArray, ObjectArray | None]] = []
        for i, payoffs in enumerate(self.payoffs):
            if self.exact is None:
                tables.append((np.moveaxis(payoffs, i, 0), None))
                continue
            whole = np.moveaxis(self.exact[i].numerators, i, 0)
            if max(whole.max(), -whole.min()) <= _EXACT_IN_FLOATS:
                tables.append((whole.astype(np.float64), None))
            else:
                tables.append((np.moveaxis(payoffs, i, 0), whole))
        return tuple(tables)


def normal_form(
    *payoffs: ArrayLike,
    title: str = "",
    players: Sequence[str] | None = None,
    strategies: Sequence[Sequence[str]] | None = None,
) -> NormalForm:
    """Return a game from one array of payoffs per player; players and strategies are numbered from 1 unless named.

    Arrays of integers or of `Fraction` are kept exactly; floats mean their binary values.

    >>> game = normal_form([[3, 0], [5, 1]], [[3, 5], [0, 1]], title="Prisoner's dilemma")
    >>> game.shape, game.payoff(0, (1, 0))
    ((2, 2), Fraction(5, 1))
    """
    arrays = [np.asarray(array) for array in payoffs]
    shape = arrays[0].shape if arrays else ()
    if strategies is None:
        strategies = [[str(k + 1) for k in range(size)] for size in shape]
    if players is None:
        players = [f"Player {i + 1}" for i in range(len(arrays))]
    if all(array.dtype.kind in "iuO" for array in arrays):
        exact = tuple(_rationals(array) for array in arrays)
        floats = tuple(_floats(rationals) for rationals in exact)
    else:
        exact, floats = None, tuple(array.astype(np.float64) for array in arrays)
    return NormalForm(title, tuple(players), tuple(map(tuple, strategies)), floats, exact)


def _rationals(array: NDArray[np.generic]) -> Rationals:
    if array.dtype.kind in "iu":
        return Rationals(array.astype(object), 1)
    flat = array.ravel().tolist()
    wrong = next((entry for entry in flat if not isinstance(entry, Rational)), None)
    if wrong is not None:
        raise ValueError(f"exact payoffs must be integers or fractions, but one is {wrong!r}")
    denominator = math.lcm(*(entry.denominator for entry in flat))
    numerators = np.empty(array.size, dtype=object)
    numerators[:] = [entry.numerator * (denominator // entry.denominator) for entry in flat]
    return Rationals(numerators.reshape(array.shape), denominator)


def _floats(exact: Rationals) -> FloatArray:
    try:
        floats = (exact.numerators / exact.denominator).astype(np.float64)
    except OverflowError:
        raise ValueError("the largest payoff must lie within 2^-500 and 2^500, but is beyond floats") from None
    if ((exact.numerators != 0) & (abs(floats) < _NORMAL)).any():
        raise ValueError(f"a payoff that is not zero must not lie within {_NORMAL} of it, but one does")
    return floats
