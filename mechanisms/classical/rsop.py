"""The random sampling optimal price auction of digital goods [GoldbergHartlineKarlinSaksWright2006]_.

A fair coin for each bidder puts her on one of two sides. The price that earns most from either side is offered to
everybody on the other, so that nobody's bid bears on her own price.

With two bidders or more it earns at least F2 / 15 [FeigeFlaxmanHartlineKleinberg2005]_, and F2 / 4.68
[AlaeiMalekianSrinivasan2009]_, in expectation, whatever the bids; F2 / 4, which bids 1 and 2 attain, is conjectured.

Two conventions that the papers leave open: of equal best prices the lowest is offered, and a side without bidders
sells nothing to the other, as there is nobody to learn a price from (a price of 0 would earn no more).

References
----------
.. [GoldbergHartlineKarlinSaksWright2006] A. Goldberg, J. Hartline, A. Karlin, M. Saks, A. Wright, Competitive
   auctions, Games and Economic Behavior 55.
.. [FeigeFlaxmanHartlineKleinberg2005] U. Feige, A. Flaxman, J. Hartline, R. Kleinberg, On the competitive ratio of
   the random sampling auction, WINE 2005.
.. [AlaeiMalekianSrinivasan2009] S. Alaei, A. Malekian, A. Srinivasan, On random sampling auctions for digital goods,
   EC 2009.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Uniforms
from mechanisms.classical.digital import DigitalGoodsMechanism, best_single_price
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Setting, Settled
from mechanisms.outcomes import Reports

MAX_BIDDERS = 8


def sides(players: int, face: int) -> tuple[list[int], list[int]]:
    """Return the partition that a face of the house's coin stands for, player 0 being on the first side.

    >>> sides(3, 2)
    ([0, 1], [2])
    """
    second = [j for j in range(1, players) if face >> (j - 1) & 1]
    return [j for j in range(players) if j not in second], second


def split_prices(bids: IntArray, face: int) -> FloatArray:
    """Return ``(rounds, players)``: what each is offered when the partition is `face`; infinity for no offer.

    Parameters
    ----------
    bids : ``(rounds, players)``.
    """
    prices = np.empty(bids.shape)
    one, other = sides(bids.shape[1], face)
    prices[:, one] = best_single_price(bids[:, other])[:, None]
    prices[:, other] = best_single_price(bids[:, one])[:, None]
    return prices


class RandomSampling(DigitalGoodsMechanism):
    """RSOP: each half's best price, offered to the other half.

    The house's coin has a face for every partition, 2^(n - 1) of them, the sides being interchangeable.

    Raises
    ------
    ValueError : with more than `MAX_BIDDERS` players, whose partitions would not fit.
    """

    name = "rsop"
    summary = "random sampling: coins make two sides, and the best single price for each is offered to the other"
    solution = "dominant"
    about = About(
        source="Goldberg, Hartline, Karlin, Saks, Wright 2006; Alaei, Malekian, Srinivasan 2009",
        seller="nothing",
        players="their own value",
        promises="F2 / 4.68, F2 being the most that a price earns that two accept",
        fails="few bidders, or one worth more than the rest together; scarce goods",
    )

    def __init__(self, setting: Setting, *, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        n = setting.environment.players
        if n > MAX_BIDDERS:
            raise ValueError(
                f"rsop tries every partition, and {n} players have {2 ** (n - 1):,}; the limit is {MAX_BIDDERS} players"
            )

    @property
    def cases(self) -> int:
        """Number of partitions."""
        return 1 << (self.environment.players - 1)

    @property
    def random_role(self) -> bool:
        """The partition is drawn uniformly."""
        return self.cases > 1

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return the same chance for every partition."""
        return np.full((len(values), self.cases), 1.0 / self.cases)

    def draw_role(self, values: IntArray, rng: Uniforms) -> IntArray:
        """Return the partition in each round, ``(rounds,)``."""
        return np.minimum((rng.random(len(values)) * self.cases).astype(np.int64), self.cases - 1)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Offer each side of partition `role` the best price of the other."""
        bids = self.bids(reports.values)
        prices = split_prices(bids, role)
        buys = bids >= prices
        payments = np.where(buys, prices, 0.0)
        return Settled(self.environment.serving(buys), payments, np.zeros_like(payments), np.zeros(len(reports)))
