"""The first-price auction, in which bids are not meant to be true [Vickrey1961]_, [Krishna2010]_.

The announced value is the bid, so bids are limited to each player's grid of values. A finer grid of bids is had by
listing more values: one of probability zero under D is never anybody's true value, and is a bid like any other.

References
----------
.. [Vickrey1961] W. Vickrey, Counterspeculation, auctions, and competitive sealed tenders, Journal of Finance 16.
.. [Krishna2010] V. Krishna, Auction Theory, 2nd edition, Academic Press, 2010, chapter 2.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import IntArray
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports


class FirstPrice(SingleGoodMechanism):
    """The highest bidder pays her own bid; truth earns nobody anything, and there is no guarantee."""

    name = "first-price"
    summary = "first-price auction: the highest bidder pays her bid; not truthful"
    about = About(
        source="Vickrey 1961; Krishna 2010",
        seller="nothing",
        players="the distribution, and how the others bid",
        promises="with identical independent values, in equilibrium, what Vickrey earns",
        fails="truth earns nothing, and how to shade depends on what is common knowledge",
    )

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at her own bid."""
        price = self.bids(reports.values)[:, role].astype(float)
        allocation, payments = self.sale(reports.values, role, price)
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))

    def settle_each(self, reports: Reports, roles: IntArray, *, of: int | None = None) -> Settled:
        """Sell to each round's role at her own bid."""
        told = reports.values[np.arange(len(reports)), roles]
        price = self.environment.worths(roles, told, np.ones_like(roles)).astype(float)
        allocation, payments = self.sale_each(reports.values, roles, price)
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))
