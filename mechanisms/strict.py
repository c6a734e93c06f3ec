"""Lemma 1: the price lottery that makes any dominant-strategy-truthful mechanism strictly so.

With probability ``delta`` the mechanism is replaced by a lottery: a uniform player, a uniform non-empty bundle,
a uniform price p of a finite set S of positive integers; the bundle is sold at ``p - discount`` if the reported
worth is at least p [AzarChenMicali2012, appendix A]_. S holds positive integers only: at price 0 the lottery
would lose money.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

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
        seen, holders = self.environment.prices
        holders = holders.copy()
        for i in set(range(self.environment.players)).difference(self.players):
            table = self.environment.worth[i]
            holders[np.searchsorted(seen, np.unique(table[table > 0]))] -= 1
        return seen[holders > 0]

    @cached_property
    def _menus(self) -> tuple[IntArray, ...]:
        """What each player who takes part can be offered; the empty bundle where no allocation serves her alone."""
        found = [np.flatnonzero(row >= 0) for row in self.environment.solo[list(self.players)]]
        return tuple(menu if len(menu) and len(self.prices) else np.zeros(1, dtype=np.int64) for menu in found)

    @cached_property
    def _sums(self) -> FloatArray:
        """What all prices up to the k-th add up to, ``(1 + prices,)``."""
        return np.append(0.0, np.cumsum(self.prices - self.discount))

    def _ladder(self, menu: IntArray) -> IntArray:
        return self.prices if menu[0] else np.ones(1, dtype=np.int64)

    @cached_property
    def offers(self) -> tuple[IntArray, IntArray, IntArray, FloatArray]:
        """Every offer: ``player, bundle, price, probability``, each ``(offers,)``.

        A player whom no allocation serves alone is offered the empty bundle, which nobody buys.
        """
        columns = []
        for i, menu in zip(self.players, self._menus, strict=True):
            bundle, price = (grid.ravel() for grid in np.meshgrid(menu, self._ladder(menu), indexing="ij"))
            share = np.full(len(price), 1.0 / (len(self.players) * len(price)))
            columns.append((np.full(len(price), i), bundle, price, share))
        player, bundle, price, share = (np.concatenate(column) for column in zip(*columns, strict=True))
        return player, bundle, price, share

    @cached_property
    def results(self) -> tuple[IntArray, FloatArray]:
        """What each offer leads to with each type of its player, ``(offers, types)``: allocation and payment."""
        player, bundle, price, _ = self.offers
        buys = np.zeros((len(player), max(self.environment.shape)), dtype=bool)
        for i in self.players:
            mine = np.flatnonzero(player == i)
            worth = self.environment.worth[i][:, bundle[mine]].T
            buys[mine, : len(self.environment.worth[i])] = worth >= price[mine, None]
        sold = np.where(buys, self.environment.solo[player, bundle][:, None], 0)
        return sold, np.where(buys, price[:, None] - self.discount, 0.0)

    @cached_property
    def expected(self) -> dict[int, tuple[FloatArray, FloatArray]]:
        """Per player who takes part: ``(types, bundles)`` chances of being sold each, and ``(types,)`` payments."""
        tables = {}
        for i, menu in zip(self.players, self._menus, strict=True):
            worth, share = self.environment.worth[i], 1.0 / (len(self.players) * len(menu) * max(len(self.prices), 1))
            reached = np.searchsorted(self.prices, worth[:, menu], side="right")
            chances = np.zeros(worth.shape)
            chances[:, menu] = share * reached
            tables[i] = (chances, share * self._sums[reached].sum(axis=1))
        return tables

    def expect(self, values: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return allocation probabilities ``(rounds, allocations)`` and payments ``(rounds, players)``."""
        allocation = np.zeros((len(values), len(self.environment.allocations)))
        payments = np.zeros(values.shape)
        for i, menu in zip(self.players, self._menus, strict=True):
            sold, paid = self.expected[i]
            told = values[:, i]
            for bundle in menu[menu > 0]:
                allocation[:, self.environment.solo[i, bundle]] = sold[told, bundle]
            payments[:, i] = paid[told]
        allocation[:, 0] = 1.0 - allocation.sum(axis=1)
        return allocation, payments

    def utility_of(self, player: int, told: IntArray, types: IntArray) -> FloatArray:
        """Return ``(rounds,)``: what the lottery is worth to one player of those true types who announces `told`."""
        if player not in self.expected:
            return np.zeros(len(told))
        sold, paid = self.expected[player]
        return np.einsum("rb,rb->r", sold[told], self.environment.worth[player][types]) - paid[told]

    def income(self, values: IntArray) -> FloatArray:
        """Return ``(rounds,)``: what all pay, in expectation."""
        total = np.zeros(len(values))
        for i in self.players:
            total += self.expected[i][1][values[:, i]]
        return total

    def play(self, values: IntArray, coin: FloatArray) -> Toss:
        """Return what uniform coins ``(rounds,)`` decide."""
        players, sizes, starts, bundles = self._shelf
        draw = coin * len(self.players)
        place = np.minimum(draw.astype(np.int64), len(self.players) - 1)
        spot = np.minimum(((draw - place) * sizes[place]).astype(np.int64), sizes[place] - 1)
        ladder = max(len(self.prices), 1)
        bundle, buyer = bundles[starts[place] + spot // ladder], players[place]
        price = self.prices[spot % ladder] if len(self.prices) else np.ones(len(coin))
        kind = values[np.arange(len(values)), buyer]
        buys = self.environment.worths(buyer, kind, bundle) >= price  # never so of the empty bundle
        sold = np.where(buys, self.environment.solo[buyer, bundle], 0)
        return Toss(sold, buyer, np.where(buys, price - self.discount, 0.0))

    @cached_property
    def _shelf(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Players, each one's number of offers, where her bundles start among all players', and all these bundles."""
        counts = np.array([len(menu) for menu in self._menus])
        ladders = np.array([len(self._ladder(menu)) for menu in self._menus])
        starts = np.append(0, np.cumsum(counts)[:-1])
        return np.array(self.players), counts * ladders, starts, np.concatenate(self._menus)


class Toss(NamedTuple):
    """What coins decide, ``(rounds,)`` each: the allocation, to whom it was offered, and her price."""

    sold: IntArray
    buyer: IntArray
    paid: FloatArray


class RoleLotteries:
    """Lemma 1's lotteries of a mechanism, one for each role.

    Parameters
    ----------
    by_role : the lottery that is held when each player has the role; the same object where it is the same.
    """

    def __init__(self, by_role: Sequence[PriceLottery]) -> None:
        self._distinct = list(dict.fromkeys(by_role))
        number = {lottery: k for k, lottery in enumerate(self._distinct)}
        self._group = np.array([number[lottery] for lottery in by_role])

    def play(self, values: IntArray, role: IntArray, coin: FloatArray) -> Toss:
        """Return what uniform coins decide.

        Parameters
        ----------
        values : ``(rounds, players)`` announced types.
        role, coin : ``(rounds,)``.
        """
        toss = Toss(np.zeros_like(role), np.zeros_like(role), np.zeros(len(role)))
        for lottery, at in self._groups(role):
            for whole, part in zip(toss, lottery.play(values[at], coin[at]), strict=True):
                whole[at] = part
        return toss

    def utility_of(self, player: int, role: IntArray, told: IntArray, types: IntArray) -> FloatArray:
        """Return ``(rounds,)``: what the role's lottery is worth to a player of true `types` who announces `told`."""
        found = np.zeros(len(role))
        for lottery, at in self._groups(role):
            found[at] = lottery.utility_of(player, told[at], types[at])
        return found

    def income(self, values: IntArray, role: IntArray) -> FloatArray:
        """Return ``(rounds,)``: what all pay in the role's lottery, in expectation."""
        found = np.zeros(len(role))
        for lottery, at in self._groups(role):
            found[at] = lottery.income(values[at])
        return found

    def _groups(self, role: IntArray) -> Iterator[tuple[PriceLottery, IntArray | slice]]:
        if len(self._distinct) == 1:
            yield self._distinct[0], slice(None)
            return
        group = self._group[role]
        for number in np.unique(group):
            yield self._distinct[number], np.flatnonzero(group == number)
