"""The Vickrey auction with one reserve for all, the best [HartlineRoughgarden2009]_ or a given one [Myerson1981]_.

The best reserve is the price r, of all values that a player can have, at which the auction's exact expected revenue
under D is the largest; of equally good ones the lowest. Between two values the revenue rises with r, so that no other
price is better. Unlike reserves taken from marginals it reads the whole of D, correlation included.

With better information the best reserve earns no less, being the best on average too. Nor do the others pay less in all
when a player leaves and her value is told: the larger of the old reserve and that value charges the same prices.

For independent values of regular densities the best such r earns at least a quarter of OPT [HartlineRoughgarden2009]_;
no bound is claimed on grids.

References
----------
.. [HartlineRoughgarden2009] J. Hartline, T. Roughgarden, Simple versus optimal mechanisms, EC 2009.
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.classical.monopoly import best_price
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import check_money
from mechanisms.mechanism import Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.ties import Ties


class OneReserve(SingleGoodMechanism):
    """The highest bidder buys at the larger of the second bid and one reserve for all, if she reaches it."""

    solution = "dominant"

    @property
    @abstractmethod
    def reserve(self) -> int:
        """The reserve, money."""

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the reserve or the highest other bid."""
        others = np.delete(self.bids(reports.values), role, axis=1)
        price = others.max(axis=1, initial=self.reserve)
        allocation, payments = self.sale(reports.values, role, price.astype(float))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))


class AnonymousReserve(OneReserve):
    """Vickrey with the reserve that earns the most under D."""

    name = "anonymous-reserve"
    summary = "Vickrey with one reserve for all, the best under D"
    uses_prior = True
    about = About(
        source="Hartline, Roughgarden 2009",
        seller="D",
        players="their own value",
        promises="at least what Vickrey earns; OPT, up to gaps of the grid, for regular identical independent values",
        fails="players unlike each other: one price for all can be too low for one and out of another's reach",
    )

    @cached_property
    def reserve(self) -> int:
        """The best reserve, money."""
        prior = self.listed(self._setting.prior)
        bids = self.bids(prior.atoms)
        best = bids.max(axis=1)
        second = np.partition(bids, -2, axis=1)[:, -2] if bids.shape[1] > 1 else np.zeros_like(best)
        prices, chances = np.unique(np.concatenate(self.environment.values)), prior.weights
        income = [chances @ np.where(best >= r, np.maximum(second, r), 0) for r in prices]
        return int(best_price(prices, np.array([income]))[0])


class ReservePrice(OneReserve):
    """Vickrey with a given reserve.

    Parameters
    ----------
    price : the reserve, money; with 0 it is Vickrey's auction.

    Raises
    ------
    ValueError : for a price that is no whole number from 0 to `MAX_WORTH`.
    """

    name = "reserve-price"
    summary = "Vickrey with a given reserve for all"
    about = About(
        source="Myerson 1981",
        seller="nothing",
        players="their own value",
        promises="the price, wherever anybody reaches it; the second bid where that is more",
        fails="a price that few reach, with which it earns less than Vickrey; a low one, which changes nothing",
    )

    def __init__(
        self,
        setting: Setting,
        *,
        price: int = 0,
        ties: Ties = "lowest-index",
        delta: float = 0.0,
        discount: float = 0.5,
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        self._price = check_money("price", price)

    @property
    def reserve(self) -> int:
        """The given reserve, money."""
        return self._price
