r"""Lookahead with pooling: bids inside one interval count as equal when the highest bidder is chosen.

Lookahead falls short for irregular identical independent values, because the optimal auction must not tell bids
inside an ironed interval apart [Myerson1981]_. Lookahead with pooling may treat the values of an interval the same
while it chooses the provisional winner, for all bidders alike, and prices her afterwards
[FeldmanGravinTangWald2022]_, who prove 4/7 of OPT for independent values, and no more than 1/2 for correlated ones.

They leave the intervals to the seller. Here they are the best for D: every way to cut the values into intervals is
searched, by a recurrence, since what is earned while the highest other bid lies in an interval depends on that
interval alone. One value an interval is among the ways, so it never earns less than lookahead under the same tie
rule. The ironed intervals of identical independent values are another, so there it reaches OPT, regular or not.

The provisional winner is chosen in the highest pool that is bid, by index or by a coin. With chance a, which the
others' bids fix, she wins a tie in that pool: then her price is the best from the pool's lowest value up. Else she
is chosen only for a bid above the pool, and her price is the best above it. So a bid in the pool is offered the
first price if chosen, and a bid above it the first with chance a and the second with chance 1 - a: a lottery between
two truthful posted prices. Both are the best given the others' bids and that she is chosen; where that event has
probability zero the first is the second-highest bid and the second the pool's highest value, and the outcome says so.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
.. [FeldmanGravinTangWald2022] M. Feldman, N. Gravin, Z. Tang, A. Wald, Lookahead auctions with pooling, SAGT 2022.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Belief, Joint
from mechanisms.classical.priced import Offer
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.distinct import distinct_rows
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports
from mechanisms.ties import Ties, chosen_probabilities

_EQUAL = 1e-12


@dataclass(frozen=True, eq=False)
class Pools:
    """A cut of all players' values into intervals.

    Attributes
    ----------
    lowest, highest : ``(pools,)`` the ends of each interval, money, increasing.
    revenue : what lookahead with these pools earns.
    """

    lowest: IntArray
    highest: IntArray
    revenue: float

    def of(self, bids: IntArray) -> IntArray:
        """Return the number of the interval that holds each bid, in the shape of the bids; 0 below all of them."""
        return np.maximum(np.searchsorted(self.lowest, bids, side="right") - 1, 0)


def best_pools(environment: Environment, belief: Belief, ties: Ties) -> Pools:
    """Return the pools with which lookahead earns most, no wider than need be."""
    values = np.unique(np.concatenate(environment.values))
    size = len(values)
    earned = np.zeros((size, size))
    table = belief.table
    for i in range(environment.players):
        earned += _earned(environment, table, i, values, ties)
    best, start = np.zeros(size + 1), np.zeros(size, dtype=np.int64)
    for end in range(size):
        income = best[: end + 1] + earned[: end + 1, end]
        start[end] = np.flatnonzero(income >= income.max() * (1.0 - _EQUAL))[-1]
        best[end + 1] = income[start[end]]
    cuts, end = [], size - 1
    while end >= 0:
        cuts.append((start[end], end))
        end = start[end] - 1
    lowest, highest = values[np.array(cuts[::-1])].T
    return Pools(lowest, highest, float(best[size]))


def _earned(environment: Environment, belief: Joint, player: int, values: IntArray, ties: Ties) -> FloatArray:
    """Return ``(values, values)``: what a player pays while the best other bid is in the pool from row to column."""
    size = len(values)
    others = np.delete(belief.support, player, axis=1)
    others = others[distinct_rows(others)[0]]
    grids = environment.values
    bids = np.stack([grids[j][kinds] for j, kinds in enumerate(np.insert(others, player, 0, axis=1).T)], axis=1)
    bids[:, player] = 0
    best = np.searchsorted(values, bids.max(axis=1))
    income = best_income(belief.conditional(player, others), grids[player], np.append(values, values[-1] + 1))
    earned = np.zeros((size, size))
    for low in range(size):
        chance = tie_chances(bids, player, np.full(len(bids), values[low]), ties)
        winning, losing = np.zeros(size), np.zeros((size, size))
        np.add.at(winning, best, chance * income[:, low])
        np.add.at(losing, best, (1.0 - chance)[:, None] * income[:, 1:])
        earned[low, low:] = np.cumsum(winning[low:]) + np.diagonal(np.cumsum(losing[low:], axis=0), offset=low)
    return earned


def best_income(weights: FloatArray, grid: IntArray, thresholds: IntArray) -> FloatArray:
    """Return ``(rounds, thresholds)``: the most that a posted price of at least each threshold earns.

    Parameters
    ----------
    weights : ``(rounds, values)`` joint weights of her values with what the others announced.
    grid : her increasing values, money.
    thresholds : money.
    """
    income = grid * np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
    upward = np.maximum.accumulate(income[:, ::-1], axis=1)[:, ::-1]
    return np.column_stack([upward, np.zeros(len(income))])[:, np.searchsorted(grid, thresholds)]


def best_offer(weights: FloatArray, grid: IntArray, thresholds: IntArray, otherwise: IntArray) -> Offer:
    """Return the best price of at least the threshold in each round, the lowest among equals.

    Parameters
    ----------
    weights : ``(rounds, values)`` joint weights of her values with what the others announced.
    grid : her increasing values, money.
    thresholds : ``(rounds,)`` money.
    otherwise : ``(rounds,)`` the price where no value that high is possible.
    """
    tail = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
    income = np.where(grid >= thresholds[:, None], grid * tail, 0.0)
    best = income.max(axis=1, keepdims=True)
    pick = (income >= best * (1.0 - _EQUAL)).argmax(axis=1)
    empty = best[:, 0] <= 0.0
    return Offer(np.where(empty, otherwise, grid[pick]).astype(float), empty.astype(float))


def tie_chances(bids: IntArray, player: int, lowest: IntArray, ties: Ties) -> FloatArray:
    """Return ``(rounds,)``: the chance that `player` is chosen if she and the best other bid share a pool.

    `bids` ``(rounds, players)``, her own being ignored; `lowest` ``(rounds,)`` is the pool's lowest value.
    """
    tied = (bids >= lowest[:, None]).astype(np.int64)
    tied[:, player] = 1
    return chosen_probabilities(tied, ties)[:, player]


class PoolingLookahead(SingleGoodMechanism):
    """Lookahead with the best pools, for a seller who knows D."""

    name = "pooling-lookahead"
    summary = "lookahead that treats bids in one interval as equal, with the best intervals; the seller knows D"
    about = About(
        source="Feldman, Gravin, Tang, Wald 2022; Ronen 2001",
        seller="D",
        players="their own value",
        promises="what lookahead earns, so half of OPT; OPT for identical independent values, regular or not",
        fails="bidders that differ, where OPT passes the highest pool over",
    )
    solution = "dominant"
    uses_prior = True
    random_allocation = True

    @cached_property
    def pools(self) -> Pools:
        """The intervals of values that are treated the same."""
        return best_pools(self.environment, self.listed(self._setting.prior), self.ties)

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return the probability that each player is chosen in the highest pool."""
        return chosen_probabilities(self.pools.of(self.bids(values)), self.ties)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Offer the good to `role` at the price from her pool up, or above it."""
        bids, grid = self.bids(reports.values), self.environment.values[role]
        own, second = bids[:, role], np.delete(bids, role, axis=1).max(axis=1, initial=0)
        pool = self.pools.of(second)
        low, high = self.pools.lowest[pool], self.pools.highest[pool]
        weights = self._setting.prior.conditional(role, np.delete(reports.values, role, axis=1))
        first, then = best_offer(weights, grid, low, second), best_offer(weights, grid, high + 1, high)
        chance = np.where(own > high, tie_chances(bids, role, low, self.ties), 1.0)
        wins = np.stack([chance * (own >= first.price), (1.0 - chance) * (own >= then.price)], axis=1)
        payments, allocation = np.zeros(bids.shape), np.zeros((len(bids), len(self.environment.allocations)))
        payments[:, role] = wins[:, 0] * first.price + wins[:, 1] * then.price
        allocation[:, role + 1] = wins.sum(axis=1)
        allocation[:, 0] = 1.0 - allocation[:, role + 1]
        fallback = chance * first.fallback + (1.0 - chance) * then.fallback
        return Settled(allocation, payments, np.zeros_like(payments), fallback)

    @property
    def share(self) -> float:
        """A half, as it earns no less than lookahead."""
        return 0.5
