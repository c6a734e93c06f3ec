"""The cells of one player who sees classes of others' types one by one, and perhaps the common state: boxes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agents.nature import Drawn
from mechanisms.beliefs import Product
from mechanisms.environment import BoolArray, FloatArray, IntArray

_LEAST = np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class Digit:
    """One thing that a player sees; what it can be, of positive probability under D, is numbered from 0.

    Attributes
    ----------
    subject : whose type it is about; None for the common state.
    places : ``(types,)`` or ``(components,)``: the number of what is seen there, -1 where D rules it out.
    names : what seeing each is called.
    """

    subject: int | None
    places: IntArray
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)

    def mass(self, parts: Sequence[Product]) -> FloatArray:
        """Return ``(components, places)``: the probability of each under each component."""
        if self.subject is None:
            return (self.places[:, None] == np.arange(len(self))).astype(float)
        there = self.places >= 0
        rows = [np.bincount(self.places[there], part.factors[self.subject][there], len(self)) for part in parts]
        return np.stack(rows).astype(float)


def digit(subject: int | None, classes: IntArray, names: Sequence[str], parts: Sequence[Product]) -> Digit:
    """Return a digit from classes of types, or of components; what no component allows is left out."""
    if subject is None:
        possible: BoolArray = np.ones(len(classes), dtype=bool)
    else:
        possible = np.any([part.factors[subject] > 0.0 for part in parts], axis=0)
    kept, found = np.unique(classes[possible], return_inverse=True)
    places = np.full(len(classes), -1)
    places[possible] = found
    return Digit(subject, places, tuple(names[k] for k in kept))


class Cells:
    """One player's cells, numbered by mixed radix: her own type first, then whom she sees by index, then the state.

    Parameters
    ----------
    digits : her own type's first.
    weights, parts : the components of D.
    opinion : the components of her own prior, where that is not D, one by one those of D.
    joiner : what stands between two things seen in a name.
    """

    def __init__(
        self,
        digits: Sequence[Digit],
        weights: FloatArray,
        parts: Sequence[Product],
        *,
        opinion: tuple[FloatArray, Sequence[Product]] | None = None,
        joiner: str = ", ",
    ) -> None:
        self.digits = tuple(digits)
        self._true = weights, parts
        self._opinion = opinion or self._true
        self._joiner = joiner
        self._radices = tuple(len(each) for each in digits)
        self._seen = math.prod(self._radices[1:])
        self.products: dict[tuple[int, int], Product] = {}

    @cached_property
    def _logs(self) -> FloatArray:
        return self._log_masses(*self._true)

    @cached_property
    def _mine(self) -> FloatArray:
        """Log probabilities ``(components, cells)`` of each component and cell in her own opinion."""
        logs = self._logs if self._opinion is self._true else self._log_masses(*self._opinion)
        return logs[:, self._codes]

    def _log_masses(self, weights: FloatArray, parts: Sequence[Product]) -> FloatArray:
        with np.errstate(divide="ignore"):
            logs = np.log(weights)[:, None]
            for each in self.digits:
                logs = (logs[:, :, None] + np.log(each.mass(parts))[:, None, :]).reshape(len(weights), -1)
        return logs

    @cached_property
    def _codes(self) -> IntArray:
        """The combinations ``(cells,)`` of what she sees that some component allows."""
        return np.flatnonzero(self._logs.max(axis=0) > -np.inf)

    @cached_property
    def _numbers(self) -> IntArray:
        """The cell of each combination; -1 for those that cannot be."""
        numbers = np.full(math.prod(self._radices), -1)
        numbers[self._codes] = np.arange(len(self._codes))
        return numbers

    def __len__(self) -> int:
        return len(self._codes)

    def of(self, drawn: Drawn) -> IntArray:
        """Return ``(rounds,)``: the cell that she finds herself in."""
        code = np.zeros(len(drawn), dtype=np.int64)
        for each in self.digits:
            if each.subject is None:
                if drawn.components is None:
                    raise ValueError("a player sees the common state, but the draws do not say which it is")
                code = code * len(each) + each.places[drawn.components]
            else:
                code = code * len(each) + each.places[drawn.types[:, each.subject]]
        return code if len(self) == len(self._numbers) else self._numbers[code]

    @cached_property
    def types(self) -> IntArray:
        """Her own type in each cell, ``(cells,)``."""
        kinds = np.flatnonzero(self.digits[0].places >= 0)
        return kinds[self._codes // self._seen]

    @cached_property
    def chances(self) -> FloatArray:
        """The probability of each cell under D, ``(cells,)``."""
        total: FloatArray = np.exp(self._logs[:, self._codes]).sum(axis=0)
        return total

    @cached_property
    def opinions(self) -> FloatArray:
        """The probability of each cell in her own opinion, ``(cells,)``."""
        total: FloatArray = np.exp(self._mine).sum(axis=0)
        return total

    @cached_property
    def shares(self) -> FloatArray:
        """What she believes of the components in each cell, ``(cells, components)``; 0 for those ruled out alone."""
        logs = self._mine
        shares = np.exp(logs - logs.max(axis=0))
        shares = np.where(logs > -np.inf, np.maximum(shares / shares.sum(axis=0), _LEAST), 0.0)
        return np.ascontiguousarray(shares.T)

    def seen(self, cell: int) -> int:
        """Return the number of what she sees besides her own type."""
        return int(self._codes[cell]) % self._seen

    def event(self, cell: int, *, own: bool) -> dict[int, BoolArray]:
        """Return which types ``(types,)`` of the players she knows of are possible, her own only if asked for."""
        spots = np.unravel_index(int(self._codes[cell]), self._radices)
        pairs = zip(self.digits[0 if own else 1 :], spots[0 if own else 1 :], strict=True)
        return {each.subject: each.places == spot for each, spot in pairs if each.subject is not None}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A short name of each cell: her own type, and what else she sees."""
        spots = np.unravel_index(self._codes, self._radices)
        columns = [np.array(each.names, dtype=object)[spot] for each, spot in zip(self.digits, spots, strict=True)]
        if len(columns) == 1:
            return tuple(columns[0])
        return tuple(f"{own} | {self._joiner.join(rest)}" for own, *rest in zip(*columns, strict=True))
