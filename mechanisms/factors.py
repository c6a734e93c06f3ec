"""What the beliefs of a book are made of where they are no tables: single players' distributions, and products.

Each distinct one is kept once, under a number, so that what a thousand beliefs share is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mechanisms.beliefs import Mixture, Product
from mechanisms.environment import BoolArray, FloatArray, IntArray

DECIMALS = 12


@dataclass(frozen=True, eq=False)
class Parts:
    """A factored belief in normal form.

    Attributes
    ----------
    weights : ``(components,)`` positive probabilities.
    products : ``(components,)`` numbers of distinct products, increasing.
    """

    weights: FloatArray
    products: IntArray

    @property
    def key(self) -> tuple[object, ...]:
        """What equal beliefs have in common: the products, and the weights to 12 decimals."""
        return self.products.tobytes(), np.round(self.weights, DECIMALS).tobytes()


class Factors:
    """Numbers distinct distributions of one player's type, from 1, and distinct products of them, from 0.

    Factor 0 stands for nobody: it adds nothing to a logarithm and rules nothing out.
    """

    def __init__(self) -> None:
        self._factors: list[FloatArray] = [np.ones(0)]
        self._seen: list[Product | FloatArray] = []  # kept alive, as they are known by address
        self._rows: list[IntArray] = []
        self._of_array: dict[int, int] = {}
        self._of_product: dict[int, int] = {}
        self._factor_ids: dict[tuple[bytes, bytes], int] = {}
        self._product_ids: dict[bytes, int] = {}
        self._tables: Tables | None = None

    def parts(self, belief: Product | Mixture) -> Parts:
        """Return a belief in normal form: equal components are put together, and sorted by number."""
        if isinstance(belief, Product):
            return Parts(np.ones(1), np.array([self._product(belief)]))
        numbers = [self._product(component) for component in belief.components]
        products, inverse = np.unique(numbers, return_inverse=True)
        return Parts(np.bincount(inverse, belief.weights).astype(float), products)

    def row(self, product: int) -> IntArray:
        """Return ``(players it is about,)``: the number of each factor of a product."""
        return self._rows[product]

    @property
    def tables(self) -> Tables:
        """All factors at once."""
        if self._tables is None or len(self._tables.chances) < len(self._factors):
            self._tables = _tables(self._factors)
        return self._tables

    def _product(self, product: Product) -> int:
        if id(product) in self._of_product:
            return self._of_product[id(product)]
        row = np.array([self._factor(factor) for factor in product.factors], dtype=np.int64)
        number = self._product_ids.setdefault(row.tobytes(), len(self._rows))
        if number == len(self._rows):
            self._rows.append(row)
        self._of_product[id(product)] = number
        self._seen.append(product)
        return number

    def _factor(self, factor: FloatArray) -> int:
        known = self._of_array.get(id(factor))
        if known is not None:
            return known
        key = (np.round(factor, DECIMALS) + 0.0).tobytes(), (factor > 0.0).tobytes()
        number = self._factor_ids.setdefault(key, len(self._factors))
        if number == len(self._factors):
            self._factors.append(factor)
        self._of_array[id(factor)] = number
        self._seen.append(factor)
        return number


@dataclass(frozen=True, eq=False)
class Tables:
    """All factors of a book as arrays ``(factors, widest grid)``, filled up with zeros.

    Attributes
    ----------
    chances : probabilities.
    logs : their logarithms, 0 where the probability is zero.
    impossible : 1 where the probability is zero.
    words : ``(factors, words)`` the types of positive probability as bits.
    """

    chances: FloatArray
    logs: FloatArray
    impossible: IntArray
    words: NDArray[np.uint64]


def _tables(factors: Sequence[FloatArray]) -> Tables:
    chances = np.zeros((len(factors), max(map(len, factors))))
    impossible = np.zeros(chances.shape, dtype=np.int64)
    for row, (chance, factor) in enumerate(zip(chances, factors, strict=True)):
        chance[: len(factor)] = factor
        impossible[row, : len(factor)] = factor == 0.0
    return Tables(chances, np.log(np.where(chances > 0.0, chances, 1.0)), impossible, to_words(chances > 0.0))


def to_words(flags: BoolArray) -> NDArray[np.uint64]:
    """Return rows of flags as words of 64 bits each."""
    padded = np.zeros((len(flags), -(-max(flags.shape[1], 1) // 64) * 64), dtype=bool)
    padded[:, : flags.shape[1]] = flags
    return np.packbits(padded, axis=1).view(np.uint64)


def from_words(words: NDArray[np.uint64], width: int) -> BoolArray:
    """Return the first `width` flags of rows of words."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), axis=1, count=width).astype(bool)
