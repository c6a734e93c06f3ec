"""Vickrey with monopoly reserves, eager [HartlineRoughgarden2009]_ and lazy [DhangwatnotaiRoughgardenYan2010]_.

A player's reserve is her monopoly price, the p that maximises ``p * Pr(theta_i >= p)`` under her own marginal of D; of
equally good prices the lowest. *Lazy*: the highest bidder i* buys at the larger of her reserve and the second bid, if
she reaches it, and otherwise nobody buys. *Eager*: bids below the bidder's own reserve are struck out first, and the
rest play Vickrey. The two differ where reserves do. Hartline and Roughgarden treat the eager form; the lazy one, and
the two names, are Dhangwatnotai, Roughgarden and Yan's.

Hartline and Roughgarden prove that the eager form earns half of OPT for independent values of regular densities. On
finite grids, whose announced second prices are not the least winning ones, no bound is claimed here.

References
----------
.. [DhangwatnotaiRoughgardenYan2010] P. Dhangwatnotai, T. Roughgarden, Q. Yan, Revenue maximization with a single
   sample, EC 2010.
.. [HartlineRoughgarden2009] J. Hartline, T. Roughgarden, Simple versus optimal mechanisms, EC 2009.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.classical.monopoly import marginal_weights, monopoly_price, monopoly_reserves
from mechanisms.classical.priced import Offer, PosteriorPriced
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports
from mechanisms.posteriors import padded
from mechanisms.ties import chosen_probabilities, rivals


class LazyReserves(PosteriorPriced):
    """The highest bidder buys at the larger of the second bid and her own reserve, if she reaches it."""

    name = "lazy-reserves"
    summary = "Vickrey; the highest bidder must also reach her own monopoly price, or nobody buys"
    solution = "dominant"
    about = About(
        source="Dhangwatnotai, Roughgarden, Yan 2010",
        seller="each player's own distribution",
        players="their own value",
        promises="OPT, up to gaps of the grid, for regular identical independent values",
        fails="correlated values, where a reserve ignores what the other bids say; a highest bidder below her reserve",
    )

    def offer(self, values: IntArray, chosen: int, weights: FloatArray) -> Offer:
        """Return the larger of the second bid and the monopoly price of `weights` ``(rounds, values of chosen)``.

        Where the weights are zero it is the second bid.
        """
        second = np.delete(self.bids(values), chosen, axis=1).max(axis=1, initial=0)
        reserve = monopoly_price(self.environment.values[chosen], weights)
        empty = weights.sum(axis=1) <= 0.0
        return Offer(np.where(empty, second, np.maximum(second, reserve)).astype(float), empty.astype(float))

    def offer_each(self, values: IntArray, chosen: IntArray, weights: FloatArray) -> Offer:
        """Return the same for each round's chosen."""
        second = rivals(self.bids(values), chosen, self.ties).best
        reserve, empty = monopoly_price(self.grids[chosen], weights), weights.sum(axis=1) <= 0.0
        return Offer(np.where(empty, second, np.maximum(second, reserve)).astype(float), empty.astype(float))

    def posterior_weights_each(self, values: IntArray, chosen: IntArray) -> FloatArray:
        """Return ``(rounds, widest grid)``: the marginal of each round's chosen."""
        return self._marginals[chosen]

    @cached_property
    def _marginals(self) -> FloatArray:
        prior = self._setting.prior
        return padded([marginal_weights(prior, i) for i in range(self.environment.players)])

    def posterior_weights(self, values: IntArray, chosen: int) -> FloatArray:
        """Return ``(rounds, values of chosen)``: her marginal, whatever the others announce."""
        weights = marginal_weights(self._setting.prior, chosen)
        return np.broadcast_to(weights, (len(values), len(weights)))


class EagerReserves(SingleGoodMechanism):
    """Of those who reach their own reserves the highest bidder buys, at her reserve or the next bid among them."""

    name = "eager-reserves"
    summary = "Vickrey among those who reach their own monopoly prices"
    solution = "dominant"
    uses_prior = True
    about = About(
        source="Hartline, Roughgarden 2009",
        seller="each player's own distribution",
        players="their own value",
        promises="half of OPT for independent values of regular densities; on grids no bound is claimed",
        fails="correlated values, where a reserve ignores what the other bids say; irregular distributions",
    )

    @cached_property
    def reserves(self) -> IntArray:
        """Each player's monopoly price, money, ``(players,)``."""
        return monopoly_reserves(self.environment, self._setting.prior)

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return the chance of each player to be the highest bidder who reaches her reserve, or of all if none does."""
        bids, standing = self.bids(values), self.standing(values)
        return chosen_probabilities(np.where(standing.any(axis=1, keepdims=True), standing, bids), self.ties)

    def standing(self, values: IntArray) -> IntArray:
        """Return the bids that reach their reserves, 0 for the others, ``(rounds, players)``."""
        bids = self.bids(values)
        return np.where(bids >= self.reserves, bids, 0)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at her reserve or the highest other bid that stands."""
        others = np.delete(self.standing(reports.values), role, axis=1)
        price = others.max(axis=1, initial=self.reserves[role])
        allocation, payments = self.sale(reports.values, role, price.astype(float))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))

    def settle_each(self, reports: Reports, roles: IntArray, *, of: int | None = None) -> Settled:
        """Sell to each round's role at her reserve or the highest other bid that stands."""
        second = rivals(self.standing(reports.values), roles, self.ties).best
        price = np.maximum(second, self.reserves[roles])
        allocation, payments = self.sale_each(reports.values, roles, price.astype(float))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))
