r"""Reserves learnt from the rivals' bids [Segal2003]_, [BaligaVohra2003]_.

With k copies, the k highest bidders may buy, ties to the lowest index. Each faces the larger of the k-th highest other
bid and the monopoly price of the *empirical distribution of the others' bids*, the p that maximises ``p`` times the
number of other bids of at least p, the lowest of equals. Nobody's bid moves her own price, so that truth is dominant,
and with many independent, identical values of a regular density the price is nearly the monopoly price.

With one good this price is never above the second bid: the empirical distribution puts nothing higher. The rule is then
Vickrey's, and a reserve bites only if the estimate is smoothed: `smoothing` adds that many bids spread evenly over the
bidder's own grid of values, the mean of a Dirichlet prior over distributions. With unlimited copies and no smoothing it
is the deterministic optimal-price auction, which can lose all but a share of the best single price. With no other bid
to learn from and no smoothing the price is 0.

The papers estimate demand from the rivals' bids in more ways than one; the empirical distribution is the choice made
here.

References
----------
.. [Segal2003] I. Segal, Optimal pricing mechanisms with unknown demand, American Economic Review 93.
.. [BaligaVohra2003] S. Baliga, R. Vohra, Market research and market design, Advances in Theoretical Economics 3.
"""

from __future__ import annotations

import math

import numpy as np

from mechanisms.about import About
from mechanisms.classical.monopoly import best_price
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.outcomes import Reports

MAX_SMOOTHING = 1e9


class EmpiricalReserve(Mechanism):
    """Each of the k highest bidders buys at a price worked out from the others' bids, if she reaches it.

    Parameters
    ----------
    smoothing : how many further bids the estimate imagines, spread evenly over the bidder's grid of values.

    Raises
    ------
    ValueError : for smoothing outside 0 to `MAX_SMOOTHING`, beyond which a bid hardly moves the estimate.
    """

    name = "empirical-reserve"
    summary = "each bidder's reserve is the monopoly price of the others' bids; with one good Vickrey, unless smoothed"
    solution = "dominant"
    has_role = False
    about = About(
        source="Segal 2003; Baliga, Vohra 2003",
        seller="nothing",
        players="their own value",
        promises="with many bidders nearly OPT for regular identical independent values",
        fails="few bidders; players unlike each other; bids made to measure, for which prices differ by one bid",
    )

    def __init__(self, setting: Setting, *, smoothing: float = 0.0, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if not 0.0 <= smoothing <= MAX_SMOOTHING:
            raise ValueError(f"smoothing must be a number from 0 to {MAX_SMOOTHING:,.0f}, not {smoothing}")
        self.smoothing = smoothing

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        everything = sum(math.comb(environment.players, size) for size in range(_copies(environment) + 1))
        if environment.services is None or len(environment.allocations) != everything:
            return "serves any players up to a number of copies, and this environment does not allow that"
        return None

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Serve those of the k highest bidders who reach their prices."""
        bids = self.bids(reports.values)
        prices = np.maximum(self._reserves(bids), _cutoffs(bids, _copies(self.environment)))
        order = np.argsort(-bids, axis=1, kind="stable")
        eligible = np.zeros(bids.shape, dtype=bool)
        np.put_along_axis(eligible, order[:, : _copies(self.environment)], True, axis=1)
        served = eligible & (bids >= prices)
        payments = np.where(served, prices, 0).astype(float)
        return Settled(self.environment.serving(served), payments, np.zeros_like(payments), np.zeros(len(bids)))

    def _reserves(self, bids: IntArray) -> IntArray:
        """Return ``(rounds, players)``: each player's monopoly price by the others' bids."""
        prices = np.unique(np.concatenate(self.environment.values))
        reaching = [(column[:, None] >= prices).astype(float) for column in bids.T]
        total = np.sum(reaching, axis=0)
        found = []
        for grid, own in zip(self.environment.values, reaching, strict=True):
            imagined = self.smoothing * (grid[:, None] >= prices).mean(axis=0)
            income: FloatArray = prices * (total - own + imagined)
            found.append(np.where(income.any(axis=1), best_price(prices, income), 0))
        return np.stack(found, axis=1)


def _copies(environment: Environment) -> int:
    return int(environment.served.sum(axis=1).max())


def _cutoffs(bids: IntArray, copies: int) -> IntArray:
    """Return ``(rounds, players)``: the k-th highest other bid, 0 where there are fewer."""
    if bids.shape[1] <= copies:
        return np.zeros_like(bids)
    others = [np.sort(np.delete(bids, i, axis=1), axis=1)[:, -copies] for i in range(bids.shape[1])]
    return np.stack(others, axis=1)
