"""The Vickrey auction with one reserve for all [HartlineRoughgarden2009]_.

The reserve is the price r, of all values that a player can have, at which the auction's exact expected revenue under D
is the largest; of equally good ones the lowest. Between two values the revenue rises with r, so that no other price is
better. Unlike reserves taken from marginals it reads the whole of D, correlation included.

With better information the best reserve earns no less, being the best on average too. Nor do the others pay less in all
when a player leaves and her value is told: the larger of the old reserve and that value charges the same prices.

For independent values of regular densities the best such r earns at least a quarter of OPT [HartlineRoughgarden2009]_;
no bound is claimed on grids.

References
----------
.. [HartlineRoughgarden2009] J. Hartline, T. Roughgarden, Simple versus optimal mechanisms, EC 2009.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.classical.monopoly import best_price
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.mechanism import Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.ties import Ties


class AnonymousReserve(SingleGoodMechanism):
    """The highest bidder buys at the larger of the second bid and one reserve for all, if she reaches it.

    Parameters
    ----------
    price : the reserve, money; None takes the best one under D, and then only does the seller need D.

    Raises
    ------
    ValueError : if the price is negative.
    """

    name = "anonymous-reserve"
    summary = "Vickrey with one reserve for all, the best under D or a given one"
    solution = "dominant"
    uses_prior = True
    monotone = True
    about = About(
        source="Hartline, Roughgarden 2009",
        seller="D, for the best reserve; nothing where it is given",
        players="their own value",
        promises="at least what Vickrey earns; OPT, up to gaps of the grid, for regular identical independent values",
        fails="players unlike each other: one price for all can be too low for one and out of another's reach",
    )

    def __init__(
        self,
        setting: Setting,
        *,
        price: int | None = None,
        ties: Ties = "lowest-index",
        delta: float = 0.0,
        discount: float = 0.5,
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        if price is not None and price < 0:
            raise ValueError(f"price must not be negative, unlike {price}")
        self._price = price

    @cached_property
    def reserve(self) -> int:
        """The reserve, money."""
        if self._price is not None:
            return self._price
        prior = self._setting.prior
        bids = self.bids(prior.support)
        best = bids.max(axis=1)
        second = np.partition(bids, -2, axis=1)[:, -2] if bids.shape[1] > 1 else np.zeros_like(best)
        prices, chances = np.unique(np.concatenate(self.environment.values)), prior.prob(prior.support)
        income = [chances @ np.where(best >= r, np.maximum(second, r), 0) for r in prices]
        return int(best_price(prices, np.array([income]))[0])

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the reserve or the highest other bid."""
        others = np.delete(self.bids(reports.values), role, axis=1)
        price = others.max(axis=1, initial=self.reserve)
        allocation, payments = self.sale(reports.values, role, price.astype(float))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))
