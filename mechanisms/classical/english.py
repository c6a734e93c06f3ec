"""The English auction, a clock that rises through levels [Neeman2003]_.

The announced value is when a player leaves: she accepts every level up to it. A level is held by one of those who
accept it, and the clock goes on while anybody but the holder accepts the next level. Whoever holds the last level buys
at it. The holder is the lowest-numbered, or, with uniform ties, the first in an order drawn beforehand; payments are
the average over that order.

So the last of two to stay pays the level at which the other left if she holds it, and the next level if she has to
take it from the other. That is what makes the truth dominant however far apart levels are: if whoever is left alone
always paid the next level, leaving together with the last rival, and winning the tie, would be cheaper. Where levels
are close the price is the second-highest value, as in Vickrey's auction.

Neeman's effectiveness of an auction is its expected revenue as a share of the expected total surplus, the mean of the
highest value, which no auction that players can leave alone exceeds. A reserve is where the clock starts.

References
----------
.. [Neeman2003] Z. Neeman, The effectiveness of English auctions, Games and Economic Behavior 43.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.classical.ranked import RankedAuction
from mechanisms.environment import FloatArray, IntArray, check_money
from mechanisms.mechanism import Setting
from mechanisms.ties import Ties


class English(RankedAuction):
    """The last to stay buys at the level at which the others have left.

    Parameters
    ----------
    increment : step of the clock, money; None stops at every value that some player can have.
    reserve : where the clock starts, money.

    Raises
    ------
    ValueError : for an increment that is no whole number from 1 to `MAX_WORTH`, or a reserve that is none from 0 to it.
    """

    name = "english"
    summary = "ascending clock; the announced value is when a player leaves"
    about = About(
        source="Neeman 2003",
        seller="nothing",
        players="their own value",
        promises="the second-highest value, up to a step of the clock: the gap between values, unless set",
        fails="few bidders, or one far above the rest: as Vickrey",
    )

    def __init__(
        self,
        setting: Setting,
        *,
        increment: int | None = None,
        reserve: int = 0,
        ties: Ties = "lowest-index",
        delta: float = 0.0,
        discount: float = 0.5,
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        self.increment = None if increment is None else check_money("increment", increment, least=1)
        self.reserve = check_money("reserve", reserve)
        values = np.unique(np.concatenate(self.environment.values))
        self._stops = np.concatenate([[self.reserve], values[values > self.reserve]])
        self.ranks = tuple(self._accepted(grid) for grid in self.environment.values)

    def _accepted(self, values: IntArray) -> IntArray:
        """Return how many levels each value accepts."""
        if self.increment is None:
            return np.searchsorted(self._stops, values, side="right")
        return np.maximum((values - self.reserve) // self.increment + 1, 0)

    def reach_each(self, players: IntArray, ranks: IntArray) -> FloatArray:
        """Return the levels of those numbers, the same for everybody."""
        return self.reach(0, ranks)

    def reach(self, player: int, ranks: IntArray) -> FloatArray:
        """Return the levels of those numbers, counted from 1."""
        if self.increment is None:
            return self._stops[np.minimum(ranks, len(self._stops)) - 1].astype(float)
        return (self.reserve + (ranks - 1) * self.increment).astype(float)
