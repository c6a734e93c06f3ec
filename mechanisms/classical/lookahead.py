r"""The 1-lookahead auction: the highest bidder is offered her monopoly price given the others' bids [Ronen2001]_.

The price maximises ``p * Pr(theta_i* >= p | theta_-i*, E)``. By default the event E is that i* is *the chosen*
highest bidder under the tie rule; ``conditioning="at-least"`` is the printed form, ``theta_i* >= max of the
others``, which prices a bidder who would lose a tie too low. Among equal maxima the lowest price is taken. Where
the conditioning event has probability zero the price is the second-highest bid, and the outcome says so.

References
----------
.. [Ronen2001] A. Ronen, On approximating optimal auctions, EC 2001.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from mechanisms.about import About
from mechanisms.classical.monopoly import monopoly_price
from mechanisms.classical.priced import Offer, PosteriorPriced
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Setting
from mechanisms.posteriors import conditional_each
from mechanisms.ties import Ties, rivals, win_weights

Conditioning = Literal["chosen", "at-least"]
CONDITIONINGS: tuple[Conditioning, ...] = ("chosen", "at-least")


def lookahead_offer(
    weights: FloatArray, player: int, grid: IntArray, others: IntArray, ties: Ties, conditioning: Conditioning
) -> Offer:
    """Return the lookahead price of `player` in each round.

    Parameters
    ----------
    weights : ``(rounds, values)`` joint weights of her values with what the others announced.
    grid : her increasing values, money.
    others : ``(rounds, players - 1)`` the other bids, money, in order of index.
    """
    best = others.max(axis=1, initial=0)
    if conditioning == "chosen":
        likelihood = win_weights(player, grid, others, ties)
    else:
        likelihood = (grid >= best[:, None]).astype(float)
    return _priced(weights * likelihood, grid, best)


def _priced(weights: FloatArray, grid: IntArray, best: IntArray) -> Offer:
    """Return the best price given weights ``(rounds, values)``, the second bid where all are zero."""
    empty = weights.sum(axis=1) <= 0.0
    return Offer(np.where(empty, best, monopoly_price(grid, weights)).astype(float), empty.astype(float))


class Lookahead(PosteriorPriced):
    """ℒ with a seller who knows D.

    Parameters
    ----------
    conditioning : "chosen" or "at-least", the event E.
    """

    name = "lookahead"
    summary = "Ronen's 1-lookahead; the seller knows D and prices the highest bidder given the others' bids"
    solution = "dominant"
    about = About(
        source="Ronen 2001",
        seller="D",
        players="their own value",
        promises="half of OPT, correlated or not; OPT for regular identical independent values",
        fails="irregular values, where OPT pools bids or passes the highest bidder over",
    )

    def __init__(
        self,
        setting: Setting,
        *,
        conditioning: Conditioning = "chosen",
        ties: Ties = "lowest-index",
        delta: float = 0.0,
        discount: float = 0.5,
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        if conditioning not in CONDITIONINGS:
            raise ValueError(f"unknown conditioning {conditioning!r}; there are {', '.join(CONDITIONINGS)}")
        self.conditioning: Conditioning = conditioning

    def offer(self, values: IntArray, chosen: int, weights: FloatArray) -> Offer:
        """Return the offer to `chosen`, given weights ``(rounds, values of chosen)`` of her values."""
        others = np.delete(self.bids(values), chosen, axis=1)
        grid = self.environment.values[chosen]
        return lookahead_offer(weights, chosen, grid, others, self.ties, self.conditioning)

    def offer_each(self, values: IntArray, chosen: IntArray, weights: FloatArray) -> Offer:
        """Return the offer to each round's chosen."""
        grids, others = self.grids[chosen], rivals(self.bids(values), chosen, self.ties)
        if self.conditioning == "chosen":
            return _priced(weights * others.win_weights(grids), grids, others.best)
        return _priced(weights * (grids >= others.best[:, None]), grids, others.best)

    def posterior_weights_each(self, values: IntArray, chosen: IntArray) -> FloatArray:
        """Return ``(rounds, widest grid)``: D's weights on the values of each round's chosen, with zeros at the end."""
        return conditional_each(self._setting.prior, chosen, values)

    @property
    def share(self) -> float | None:
        """A half [Ronen2001]_; none is known with the printed conditioning and three bidders or more.

        Those who tie for the highest bid then each count the tied profiles in their own prices.
        """
        printed = self.conditioning == "at-least" and self.environment.players > 2
        return None if printed else 0.5
