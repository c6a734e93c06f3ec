"""The all-pay auction: the highest bidder wins, and everybody pays her bid [Krishna2010]_.

The announced value is the bid, as in `first_price`; values of probability zero can stand for finer bids. With n
bidders uniform on [0, 1] everybody bids ``(n - 1) / n * v^n`` in equilibrium, and the seller earns what Vickrey does.

References
----------
.. [Krishna2010] V. Krishna, Auction Theory, 2nd edition, Academic Press, 2010, chapter 3.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports


class AllPay(SingleGoodMechanism):
    """The highest bidder wins, and winners and losers alike pay their bids; truth can only lose."""

    name = "all-pay"
    summary = "all-pay auction: the highest bidder wins, everybody pays her bid; not truthful"
    participation = "none"
    about = About(
        source="Krishna 2010",
        seller="nothing",
        players="the distribution, and how the others bid",
        promises="with identical independent values, in equilibrium, what Vickrey earns",
        fails="truth loses the bid, won or not, and how to shade depends on what is common knowledge",
    )

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Give the good to `role`, and charge everybody her own bid."""
        payments = self.bids(reports.values).astype(float)
        allocation = np.full(len(reports), role + 1)
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))
