"""The BeliefBook: every distinct distribution once, under a small integer.

A million reports are then an integer array, a score is a gather, and whatever is expensive about a belief is
computed once. Equal tables (to 12 decimals) get the same id, and so do equal products, and mixtures of equal products
with equal weights; a mixture that is one product in truth is that product. A table is told apart from what it would be
as a product.
"""

from __future__ import annotations

import numpy as np

from mechanisms.beliefs import Belief, Joint, Mixture, Product
from mechanisms.environment import BoolArray, FloatArray, IntArray
from mechanisms.factors import DECIMALS, Factors, Parts
from mechanisms.spoken import Spoken

DENSE_ENTRIES = 1 << 25


class BeliefBook:
    """Interns beliefs and answers questions about arrays of their ids.

    >>> from mechanisms.beliefs import joint
    >>> book = BeliefBook()
    >>> book.add(joint((2,), [[0], [1]], [0.5, 0.5])), book.add(joint((2,), [[1], [0]], [0.5, 0.5]))
    (0, 0)
    """

    def __init__(self) -> None:
        self._beliefs: list[Belief] = []
        self._ids: dict[tuple[object, ...], int] = {}
        self._shelves: dict[tuple[int, ...], _Shelf] = {}
        self._shelf_row: list[int] = []
        self._parts: dict[int, Parts] = {}
        self._spoken: dict[int, Spoken] = {}
        self._factors = Factors()

    def __len__(self) -> int:
        return len(self._beliefs)

    def __getitem__(self, belief: int) -> Belief:
        return self._beliefs[belief]

    def add(self, belief: Belief) -> int:
        """Return the id of a belief, new or known.

        Raises
        ------
        ValueError : if it is no `Joint`, `Product` or `Mixture`.
        """
        if isinstance(belief, Joint):
            weights = np.round(belief.weights, DECIMALS) + 0.0
            return self._add((belief.shape, belief.keys.tobytes(), weights.tobytes()), belief, None)
        if not isinstance(belief, Product | Mixture):
            raise ValueError(f"a book holds tables, products and mixtures of products, not a {type(belief).__name__}")
        parts = self._factors.parts(belief)
        return self._add(parts.key, belief, parts)

    def _add(self, key: tuple[object, ...], belief: Belief, parts: Parts | None) -> int:
        known = self._ids.get(key)
        if known is not None:
            return known
        self._ids[key] = new = len(self._beliefs)
        self._beliefs.append(belief)
        if isinstance(belief, Joint):
            shelf = self._shelves.setdefault(belief.shape, _Shelf(belief.shape))
            self._shelf_row.append(shelf.add(new, belief))
        elif parts is not None:
            self._parts[new] = parts
            self._shelf_row.append(-1)
        return new

    def factored(self, ids: IntArray) -> BoolArray:
        """Return whether each belief is a product or a mixture."""
        if not self._parts:
            return np.zeros(np.shape(ids), dtype=bool)
        return np.array(self._shelf_row)[ids] < 0

    def spoken(self, players: int) -> Spoken:
        """Return what reports about everybody but the reporter are made of, where that is products."""
        if players not in self._spoken:
            self._spoken[players] = Spoken(players, self._factors, self._parts.get)
        return self._spoken[players]

    def prob(self, shape: tuple[int, ...], ids: IntArray, points: IntArray) -> FloatArray:
        """Return the probability that each table gives to a grid point (row-major index on `shape`).

        `ids` and `points` broadcast against each other.

        Raises
        ------
        ValueError : if one of the beliefs is about another grid, or is no table.
        """
        shelf = self._shelf(shape)
        return shelf.prob(self._rows(shelf, ids), points)

    def squared_norm(self, shape: tuple[int, ...], ids: IntArray) -> FloatArray:
        """Return the squared norm of each table."""
        shelf = self._shelf(shape)
        return shelf.norms[self._rows(shelf, ids)]

    def _shelf(self, shape: tuple[int, ...]) -> _Shelf:
        if shape not in self._shelves:
            raise ValueError(f"no belief in the book is about types of shape {shape}")
        return self._shelves[shape].refresh()

    def _rows(self, shelf: _Shelf, ids: IntArray) -> IntArray:
        rows = np.array(self._shelf_row)[ids]
        if (rows < 0).any() or not np.array_equal(shelf.members[np.minimum(rows, len(shelf.members) - 1)], ids):
            raise ValueError(f"a reported belief is not about the others' {shelf.size} profiles")
        return rows


class _Shelf:
    """The beliefs of one shape: a dense table while that fits, sorted keys beyond."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.size = int(np.prod(shape, dtype=np.int64))
        self._stored: list[Joint] = []
        self._ids: list[int] = []
        self._built = 0

    def add(self, number: int, belief: Joint) -> int:
        self._stored.append(belief)
        self._ids.append(number)
        return len(self._stored) - 1

    def refresh(self) -> _Shelf:
        """Bring the tables up to date with the beliefs added since."""
        if self._built < len(self._stored):
            self._built = len(self._stored)
            self.members = np.array(self._ids)
            self.norms = np.array([belief.squared_norm for belief in self._stored])
            rows = np.repeat(np.arange(self._built), [len(belief.keys) for belief in self._stored])
            keys = rows * self.size + np.concatenate([belief.keys for belief in self._stored])
            weights = np.concatenate([belief.weights for belief in self._stored])
            self._dense = self._built * self.size <= DENSE_ENTRIES
            if self._dense:
                self._table = np.zeros(self._built * self.size)
                self._table[keys] = weights
            else:
                self._keys, self._weights = keys, weights
        return self

    def prob(self, rows: IntArray, points: IntArray) -> FloatArray:
        keys = rows * self.size + points
        if self._dense:
            return self._table[keys]
        spots = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[spots] == keys, self._weights[spots], 0.0)
