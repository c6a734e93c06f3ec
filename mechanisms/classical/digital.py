"""Digital goods: copies for everybody, and what a seller who knew the bids would earn at one price.

Revenue without a prior is held against F, the best single price, and against F2, the best single price at which at
least two buy, as no truthful auction comes near F where one bid is far above the rest
[GoldbergHartlineKarlinSaksWright2006]_.

References
----------
.. [GoldbergHartlineKarlinSaksWright2006] A. Goldberg, J. Hartline, A. Karlin, M. Saks, A. Wright, Competitive
   auctions, Games and Economic Behavior 55.
"""

from __future__ import annotations

import numpy as np

from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism


class DigitalGoodsMechanism(Mechanism):
    """A mechanism for players who can be served in any combination."""

    has_role = False

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if environment.services is not None and len(environment.allocations) == 2**environment.players:
            return None
        return "serves any set of players, and this environment does not allow that"


def best_single_price(bids: IntArray) -> FloatArray:
    """Return ``(rounds,)``: the price that earns most from bids ``(rounds, bidders)``, the lowest of equal ones.

    Infinity where there is no bidder.

    >>> best_single_price(np.array([[3, 3, 4], [1, 2, 2], [2, 1, 1]]))
    array([3., 2., 1.])
    """
    if not bids.shape[1]:
        return np.full(len(bids), np.inf)
    falling = -np.sort(-bids, axis=1)
    income = falling * np.arange(1, bids.shape[1] + 1)
    last = bids.shape[1] - 1 - income[:, ::-1].argmax(axis=1)
    return falling[np.arange(len(bids)), last].astype(float)


def best_single_price_revenue(bids: IntArray, *, winners: int = 1) -> FloatArray:
    """Return ``(rounds,)``: the most that one price earns if at least `winners` must buy: F, or F2 with two.

    >>> bids = np.array([[10, 3, 1]])
    >>> best_single_price_revenue(bids), best_single_price_revenue(bids, winners=2)
    (array([10.]), array([6.]))
    """
    falling = -np.sort(-bids, axis=1)
    income = falling * np.arange(1, bids.shape[1] + 1)
    return income[:, winners - 1 :].max(axis=1, initial=0).astype(float)
