"""Lemma 1: the price lottery that makes any dominant-strategy-truthful mechanism strictly so.

With probability ``delta`` the mechanism is replaced by a lottery: a uniform player, a uniform non-empty bundle,
a uniform price p of a finite set S of positive integers; the bundle is sold at ``p - discount`` if the reported
worth is at least p [AzarChenMicali2012, appendix A]_. S holds positive integers only: at price 0 the lottery
would lose money.
"""

from __future__ import annotations

from collections.abc import Sequence
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
        """Every offer: ``player, bundle, price, probability``, each ``(offers,)``.

        A player whom no allocation serves alone is offered the empty bundle, which nobody buys.
        """
        columns = []
        for i in self.players:
            bundles = np.flatnonzero(self.environment.solo[i] >= 0)
            bundle, price = (grid.ravel() for grid in np.meshgrid(bundles, self.prices, indexing="ij"))
            if not len(price):
                bundle, price = np.zeros(1, dtype=np.int64), np.ones(1, dtype=np.int64)
            share = np.full(len(price), 1.0 / (len(self.players) * len(price)))
            columns.append((np.full(len(price), i), bundle, price, share))
        player, bundle, price, share = (np.concatenate(column) for column in zip(*columns, strict=True))
        return player, bundle, price, share

    @cached_property
    def results(self) -> tuple[IntArray, FloatArray]:
        """What each offer leads to with each type of its player, ``(offers, types)``: allocation and payment."""
        player, bundle, price, _ = self.offers
        sold = np.zeros((len(player), max(self.environment.shape)), dtype=np.int64)
        paid = np.zeros(sold.shape)
        for offer, (i, b, p) in enumerate(zip(player, bundle, price, strict=True)):
            buys = np.flatnonzero(self.environment.worth[i][:, b] >= p)
            sold[offer, buys] = self.environment.solo[i, b]
            paid[offer, buys] = p - self.discount
        return sold, paid

    @cached_property
    def expected(self) -> tuple[tuple[FloatArray, FloatArray], ...]:
        """Per player: ``(types, allocations)`` chances of what she gets, and ``(types,)`` payments."""
        sold, paid = self.results
        who, _, _, share = self.offers
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


class RoleLotteries:
    """Lemma 1's lotteries of a mechanism, one for each role, drawn from in one pass.

    Parameters
    ----------
    by_role : the lottery that is held when each player has the role; the same object where it is the same.
    """

    def __init__(self, by_role: Sequence[PriceLottery]) -> None:
        distinct = list(dict.fromkeys(by_role))
        self._group = np.array([distinct.index(lottery) for lottery in by_role])
        self._groups = len(distinct)
        self._buyer = np.concatenate([lottery.offers[0] for lottery in distinct])
        self._inversion = Inversion(np.concatenate([lottery.offers[3] for lottery in distinct]) / len(distinct))
        self._sold, self._paid = (
            np.concatenate(tables) for tables in zip(*(lottery.results for lottery in distinct), strict=True)
        )

    def play(self, values: IntArray, role: IntArray, coin: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        """Return what uniform coins decide, each ``(rounds,)``: the allocation, to whom it was offered, her price.

        Parameters
        ----------
        values : ``(rounds, players)`` announced types.
        role, coin : ``(rounds,)``.
        """
        offer = self._inversion((coin + self._group[role]) / self._groups if self._groups > 1 else coin)
        buyer = self._buyer[offer]
        kind = values[np.arange(len(values)), buyer]
        return self._sold[offer, kind], buyer, self._paid[offer, kind]
