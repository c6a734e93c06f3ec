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
    reads something coarser than that posterior.
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

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the price that D and the others' bids give."""
        offer = self.offer(reports.values, role, self.posterior_weights(reports.values, role))
        allocation, payments = self.sale(reports.values, role, offer.price)
        return Settled(allocation, payments, np.zeros_like(payments), offer.fallback)
