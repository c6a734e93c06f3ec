"""Sure offers: goods are offered at prices that a player is sure the others will pay [ChenMicali2009]_.

A belief is a set of profiles that its owner thinks possible; an announced distribution stands for its support. The most
that she is sure another will pay for a bundle is its least worth to him in it. Her *best offer* assigns bundles to the
others at these prices so that they add up to the most; that is her *sure revenue*. The benchmark is one half of the
largest sure revenue of all, "one half of the maximum revenue that a player is sure he could generate by selling the
goods to his opponents via take-it-or-leave-it offers" [AzarChenMicali2012]_, footnote 4.

The star is the player whose sure revenue is largest. A fair coin decides: heads, her best offer is made to the others;
tails, she alone is offered what the best offer among the others holds for her. Offers are taken by those whose
announced worth reaches the price, and the seller keeps the income.

The benchmark is the paper's. The rules are chosen here to reach it, and need not be the paper's own: footnote 4 gives
the benchmark alone. Whatever a player says of the others, she is offered, with probability one half, her part of the
best offer among *the others*. So neither to become the star nor to hide what she knows changes what she can buy,
values are dominant, and heads alone earns the benchmark. For what she says she is paid ``(epsilon / n) R / (1 + R)``,
R being her sure revenue, and stands by it: she makes good every price of her best offer that the announced worths do
not reach. To hide what she is sure of costs her some of the payment. To claim more risks the whole price, though by a
chance that may be small: no bounded payment elicits the least of what is possible. Truth is an equilibrium where
epsilon is at most n times the least probability that any player gives to what she thinks possible.

References
----------
.. [ChenMicali2009] J. Chen, S. Micali, A new approach to auctions and resilient mechanism design, STOC 2009.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Belief, weights_of
from mechanisms.distinct import distinct_rows
from mechanisms.environment import BoolArray, Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Part, Setting, Settled
from mechanisms.outcomes import Reports


@dataclass(frozen=True, eq=False)
class Offers:
    """Take-it-or-leave-it offers to all players, in one round or many.

    Attributes
    ----------
    bundles : ``(..., players)``; bundle 0 is no offer.
    prices : the same shape, money.
    """

    bundles: IntArray
    prices: IntArray


def best_offer(environment: Environment, player: int, belief: Belief) -> Offers:
    """Return what a player offers the others, so that she is sure of the most; the first such allocation.

    What nobody is sure to pay for is not offered.

    Raises
    ------
    ValueError : if the belief is about other grids than the others' types.
    """
    others = [j for j in range(environment.players) if j != player]
    shape = tuple(environment.shape[j] for j in others)
    if belief.shape != shape:
        raise ValueError(f"player {player}'s belief is about types of shape {belief.shape}, not the others' {shape}")
    least = np.zeros((environment.players, len(environment.bundles)), dtype=np.int64)
    for k, j in enumerate(others):
        least[j] = environment.worth[j][weights_of(belief, k) > 0.0].min(axis=0)
    rows = environment.allocations[environment.allocations[:, player] == 0]
    prices = least[np.arange(environment.players), rows]
    best = prices.sum(axis=1).argmax()
    return Offers(np.where(prices[best] > 0, rows[best], 0), prices[best])


class SureOffers(Mechanism):
    """The star's best offer to the others, or the others' best offer to the star.

    Parameters
    ----------
    epsilon : the most that announcements are paid in all, money.

    Raises
    ------
    ValueError : with one player, who has nobody to offer anything.
    """

    name = "sure-offers"
    summary = "goods are offered at prices that the player who is sure of the most is sure the others will pay"
    solution = "none"
    participation = "interim"
    about = About(
        source="Chen, Micali 2009 (its benchmark; the rules are ours)",
        seller="nothing",
        players="their own value, and profiles that they rule out",
        promises="(1 - delta) / 2 of the most that a player is sure of earning by offers to the others, less epsilon",
        fails="nobody sure of much; claiming more than one is sure of pays, unless epsilon is small against its risk",
    )
    elicits_beliefs = True
    has_role = False
    fines = True

    def __init__(self, setting: Setting, *, epsilon: float, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if not 0.0 <= epsilon < math.inf:
            raise ValueError(f"epsilon must be a number from 0 up, not {epsilon}")
        if setting.environment.players < 2:
            raise ValueError(f"{self.name} needs at least two players, one to make the other an offer")
        self.epsilon = epsilon
        self._offers: dict[tuple[int, int], Offers] = {}
        self._numbers = {tuple(row): k for k, row in enumerate(setting.environment.allocations.tolist())}

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if environment.downward_closed:
            return None
        return "lets players refuse an offer, and this environment is not downward closed"

    @property
    def cases(self) -> int:
        """Heads and tails."""
        return 2

    @property
    def random_role(self) -> bool:
        """The coin is fair."""
        return True

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return one half for both."""
        return np.full((len(values), 2), 0.5)

    def parts(self, player: int) -> tuple[Part, ...]:
        """Return the trade, which reads her value and the others' beliefs, and the reward, which reads the rest."""
        others = tuple(j for j in range(self.environment.players) if j != player)
        return (Part((player,), others, rewards=False), Part(others, (player,), trade=False))

    def benchmark(self, reports: Reports) -> FloatArray:
        """Return ``(rounds,)``: half of the largest announced sure revenue."""
        made = [self._offered(reports, i) for i in range(self.environment.players)]
        return 0.5 * np.max([offers.prices.sum(axis=1) for offers in made], axis=0)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Make the star's offer to the others (role 0), or the others' to her (role 1)."""
        rounds, n = reports.values.shape
        made = [self._offered(reports, i) for i in range(n)]
        revenue = np.stack([offers.prices.sum(axis=1) for offers in made], axis=1)
        star = revenue.argmax(axis=1)
        at, is_star = np.arange(rounds), np.arange(n) == star[:, None]
        second = np.where(is_star, -1, revenue).argmax(axis=1)
        bundles, prices = np.stack([o.bundles for o in made]), np.stack([o.prices for o in made])
        source = star if role == 0 else second
        offer = Offers(bundles[source, at], prices[source, at])
        taken = self._accepted(reports, offer) & (is_star == (role == 1)) & (offer.bundles > 0)
        payments = np.where(taken, offer.prices, 0).astype(float)
        return Settled(
            self._allocation(np.where(taken, offer.bundles, 0)),
            payments,
            np.stack([self._reward(reports, offers) for offers in made], axis=1),
            np.zeros(rounds),
        )

    def _reward(self, reports: Reports, offers: Offers) -> FloatArray:
        """Return ``(rounds,)``: what an offer is paid, less its prices that announced worths do not reach."""
        sure = offers.prices.sum(axis=1)
        refused = np.where(self._accepted(reports, offers), 0, offers.prices).sum(axis=1)
        return self.epsilon / self.environment.players * sure / (1.0 + sure) - refused

    def _accepted(self, reports: Reports, offers: Offers) -> BoolArray:
        worth = [table[reports.values[:, j], offers.bundles[:, j]] for j, table in enumerate(self.environment.worth)]
        return np.stack(worth, axis=1) >= offers.prices

    def _offered(self, reports: Reports, player: int) -> Offers:
        """Return a player's best offers, ``(rounds, players)``."""
        ids, inverse = np.unique(reports.beliefs[:, player], return_inverse=True)
        found = [self._offer_of(player, int(belief)) for belief in ids]
        empty = np.zeros((0, self.environment.players), dtype=np.int64)
        bundles = np.array([offers.bundles for offers in found]) if found else empty
        prices = np.array([offers.prices for offers in found]) if found else empty
        return Offers(bundles[inverse], prices[inverse])

    def _offer_of(self, player: int, belief: int) -> Offers:
        key = (player, belief)
        if key not in self._offers:
            self._offers[key] = best_offer(self.environment, player, self.book[belief])
        return self._offers[key]

    def _allocation(self, bundles: IntArray) -> IntArray:
        """Return the number of each allocation ``(rounds, players)``."""
        first, inverse = distinct_rows(bundles)
        return np.array([self._numbers[tuple(row)] for row in bundles[first].tolist()], dtype=np.int64)[inverse]
