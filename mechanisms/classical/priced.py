"""Single-good mechanisms that choose the buyer by bids alone, and use a distribution only to set her price.

The paper's appendix F says that such a mechanism can be made crowdsourced as L is: the distribution is then put
together from what the others believe [AzarChenMicali2012]_.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports


@dataclass(frozen=True, eq=False)
class Offer:
    """The price offered in each round, and whether it is the second price for want of a posterior."""

    price: FloatArray
    fallback: FloatArray


class PosteriorPriced(SingleGoodMechanism):
    """Offers the good to the highest bidder i* at a price that depends on a posterior of her value.

    The seller knows D and conditions it on the others' bids. Override `offer`, and `posterior_weights` where the price
    reads something coarser than that posterior. The same names with `_each` are for rounds of different chosen.
    """

    uses_prior = True

    @abstractmethod
    def offer(self, values: IntArray, chosen: int, weights: FloatArray) -> Offer:
        """Return the offer to `chosen`, given weights ``(rounds, values of chosen)`` of her values.

        It must not depend on what `chosen` announces. A row of weights need not sum to one, and is zero where the
        others' announcements have probability zero.
        """

    def posterior_weights(self, values: IntArray, chosen: int) -> FloatArray:
        """Return ``(rounds, values of chosen)``: D's weights on her values beside the others' announcements."""
        return self._setting.prior.conditional(chosen, np.delete(values, chosen, axis=1))

    def offer_each(self, values: IntArray, chosen: IntArray, weights: FloatArray) -> Offer:
        """Return the offer to each round's `chosen`, ``(rounds,)``, given weights ``(rounds, widest grid)``.

        It asks `offer` player by player, unless a mechanism has a faster way.
        """
        price, fallback = np.zeros(len(values)), np.zeros(len(values))
        for player in np.unique(chosen).tolist():
            at = np.flatnonzero(chosen == player)
            found = self.offer(values[at], player, weights[at, : self.environment.shape[player]])
            price[at], fallback[at] = found.price, found.fallback
        return Offer(price, fallback)

    def posterior_weights_each(self, values: IntArray, chosen: IntArray) -> FloatArray:
        """Return ``(rounds, widest grid)``: the weights for each round's chosen, with zeros at the end.

        It asks `posterior_weights` player by player, unless a mechanism has a faster way.
        """
        found = np.zeros((len(values), max(self.environment.shape)))
        for player in np.unique(chosen).tolist():
            at = np.flatnonzero(chosen == player)
            found[at, : self.environment.shape[player]] = self.posterior_weights(values[at], player)
        return found

    def settle_each(self, reports: Reports, roles: IntArray, *, of: int | None = None) -> Settled:
        """Sell to each round's role at the price that D and the others' bids give."""
        offer = self.offer_each(reports.values, roles, self.posterior_weights_each(reports.values, roles))
        allocation, payments = self.sale_each(reports.values, roles, offer.price)
        return Settled(allocation, payments, np.zeros_like(payments), offer.fallback)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the price that D and the others' bids give."""
        offer = self.offer(reports.values, role, self.posterior_weights(reports.values, role))
        allocation, payments = self.sale(reports.values, role, offer.price)
        return Settled(allocation, payments, np.zeros_like(payments), offer.fallback)
