"""Single-good auctions that sell to the highest rank, for what it takes to win [Myerson1981]_.

A player's rank is a number that does not fall when her value rises; rank 0 is never served. Ties of rank are broken by
the tie rule. The payments that make truth dominant are Myerson's: if the best of the other ranks is r, reaching r takes
the money A and r + 1 the money B, and a tie at r is won with probability x, then a winner of rank r pays A and one of a
higher rank ``B - x (B - A)``. With ties to the lowest index x is 0 or 1: a winner pays the least with which she wins.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports
from mechanisms.ties import chosen_probabilities, rivals, win_weights


class RankedAuction(SingleGoodMechanism):
    """Sells to the highest positive rank; a subclass sets `ranks` and says what it takes to `reach` one.

    Attributes
    ----------
    ranks : per player ``(values,)``, the rank of each value, non-decreasing.
    """

    ranks: tuple[IntArray, ...]
    solution = "dominant"

    @abstractmethod
    def reach(self, player: int, ranks: IntArray) -> FloatArray:
        """Return ``(rounds,)``: the money at which `player` has at least those positive ranks.

        It is never above a value of that rank. Where no value of hers has the rank, any finite number will do.
        """

    def reach_each(self, players: IntArray, ranks: IntArray) -> FloatArray:
        """Return the same where each round has a player of its own, ``(rounds,)``: player by player."""
        found = np.zeros(len(players))
        for player in np.unique(players).tolist():
            at = np.flatnonzero(players == player)
            found[at] = self.reach(player, ranks[at])
        return found

    def scores(self, values: IntArray) -> IntArray:
        """Return the ranks of announced types, ``(rounds, players)``."""
        return np.stack([ranks[values[:, i]] for i, ranks in enumerate(self.ranks)], axis=1)

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return the probability that each player is the chosen one of the highest rank."""
        return chosen_probabilities(self.scores(values), self.ties)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role`, if her rank is positive, at Myerson's price."""
        scores = self.scores(reports.values)
        mine, others = scores[:, role], np.delete(scores, role, axis=1)
        best = others.max(axis=1, initial=0)
        tie_won = win_weights(role, best[:, None], others, self.ties)[:, 0]
        low, high = self.reach(role, np.maximum(best, 1)), self.reach(role, best + 1)
        price = np.where(mine > best, high - tie_won * (high - low), low)
        allocation, payments = self.sale(reports.values, role, np.where(mine > 0, price, np.inf))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))

    def settle_each(self, reports: Reports, roles: IntArray, *, of: int | None = None) -> Settled:
        """Sell to each round's role, if her rank is positive, at Myerson's price."""
        scores = self.scores(reports.values)
        mine, others = scores[np.arange(len(scores)), roles], rivals(scores, roles, self.ties)
        low, high = self.reach_each(roles, np.maximum(others.best, 1)), self.reach_each(roles, others.best + 1)
        price = np.where(mine > others.best, high - others.at_tie * (high - low), low)
        allocation, payments = self.sale_each(reports.values, roles, np.where(mine > 0, price, np.inf))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))
