"""Lemma 1: the price lottery that makes any dominant-strategy-truthful mechanism strictly so.

With probability ``delta`` the mechanism is replaced by a lottery: a uniform player, a uniform non-empty bundle,
a uniform price p of a finite set S of positive integers; the bundle is sold at ``p - discount`` if the reported
worth is at least p [AzarChenMicali2012, appendix A]_. S holds positive integers only: at price 0 the lottery
would lose money.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms.draws import Inversion
from mechanisms.environment import Environment, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class PriceLottery:
    """The lottery of Lemma 1 on some of an environment's players.

    Parameters
    ----------
    environment : downward closed, so that one player alone can be served.
    players : who takes part.
    discount : the lemma's epsilon', strictly between 0 and 1.

    S is the set of positive worths of the players who take part.
    """

    environment: Environment
    players: tuple[int, ...]
    discount: float

    def __post_init__(self) -> None:
        if not 0.0 < self.discount < 1.0:
            raise ValueError(f"discount must lie strictly between 0 and 1, not {self.discount}")
        if not self.environment.downward_closed:
            raise ValueError("Lemma 1 needs a downward-closed environment, and this one is not")

    @cached_property
    def prices(self) -> IntArray:
        """The price set S, increasing."""
        seen = np.unique(np.concatenate([self.environment.worth[i].ravel() for i in self.players]))
        return seen[seen > 0]

    @cached_property
    def offers(self) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Every offer: ``player, bundle, price, probability``, each ``(offers,)``."""
        columns = []
        for i in self.players:
            bundles = np.flatnonzero(self.environment.solo[i] >= 0)
            bundle, price = (grid.ravel() for grid in np.meshgrid(bundles, self.prices, indexing="ij"))
            share = np.full(len(price), 1.0 / (len(self.players) * max(len(price), 1)))
            columns.append((np.full(len(price), i), bundle, price, share))
        player, bundle, price, share = (np.concatenate(column) for column in zip(*columns, strict=True))
        return player, bundle, price, share

    @cached_property
    def expected(self) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Per player: ``(types, allocations)`` chances of what she gets, and ``(types,)`` payments."""
        who, sold, paid = self._results
        share = self.offers[3]
        tables = []
        for i, size in enumerate(self.environment.shape):
            mine = np.flatnonzero(who == i)
            allocation = np.zeros((size, len(self.environment.allocations)))
            np.add.at(allocation, (np.arange(size), sold[mine, :size]), share[mine, None])
            allocation[:, 0] = 0.0
            tables.append((allocation, share[mine] @ paid[mine, :size]))
        return tuple(tables)

    def expect(self, values: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return allocation probabilities ``(rounds, allocations)`` and payments ``(rounds, players)``."""
        allocation = np.zeros((len(values), len(self.environment.allocations)))
        payments = np.zeros(values.shape)
        for i in self.players:
            sold, paid = self.expected[i]
            allocation += sold[values[:, i]]
            payments[:, i] = paid[values[:, i]]
        allocation[:, 0] += 1.0 - allocation.sum(axis=1)
        return allocation, payments

    def play(self, values: IntArray, coin: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the allocations ``(rounds,)`` and payments ``(rounds, players)`` that uniform coins decide."""
        who, sold, paid = self._results
        drawn = self._inversion(coin)
        buyer = who[drawn]
        rows = np.arange(len(values))
        kind = values[rows, buyer]
        payments = np.zeros(values.shape)
        payments[rows, buyer] = paid[drawn, kind]
        return sold[drawn, kind], payments

    @cached_property
    def _inversion(self) -> Inversion:
        return Inversion(self.offers[3])

    @cached_property
    def _results(self) -> tuple[IntArray, IntArray, FloatArray]:
        """Who gets each offer, and ``(offers, types)``: the allocation and the payment that it leads to."""
        player, bundle, price, _ = self.offers
        sold = np.zeros((len(player), max(self.environment.shape)), dtype=np.int64)
        paid = np.zeros(sold.shape)
        for offer, (i, b, p) in enumerate(zip(player, bundle, price, strict=True)):
            buys = np.flatnonzero(self.environment.worth[i][:, b] >= p)
            sold[offer, buys] = self.environment.solo[i, b]
            paid[offer, buys] = p - self.discount
        return player, sold, paid
