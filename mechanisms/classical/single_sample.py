"""The single-sample auction: one bid, drawn at random, is the reserve of the others [DhangwatnotaiRoughgardenYan2010]_.

A uniform player is set aside and gets nothing. The others play Vickrey with her bid as their reserve; as it is the same
for all, it makes no difference whether it is lazy or eager. A bid equal to the reserve buys. So the winner pays the
highest of all other bids, whoever was set aside.

With a single good it never earns more than Vickrey: exactly ``1 - 1/n`` of Vickrey's revenue where one bid is the
highest, and exactly Vickrey's where several are. The paper's mechanism is meant for wider environments, where a reserve
also prices players who meet no competition.

For independent, identical values of a regular density and n >= 2 bidders the paper shows that the revenue is at
least ``(1 / 2) ((n - 1) / n) OPT``: a price drawn from the distribution itself earns half of what the monopoly price
does. No bound is claimed on grids.

References
----------
.. [DhangwatnotaiRoughgardenYan2010] P. Dhangwatnotai, T. Roughgarden, Q. Yan, Revenue maximization with a single
   sample, EC 2010.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Settled
from mechanisms.outcomes import Reports
from mechanisms.ties import chosen_probabilities


class SingleSample(SingleGoodMechanism):
    """A random player is set aside; the others play Vickrey with her bid as reserve.

    A case of the house's coin is who is then the chosen highest bidder of the others.
    """

    name = "single-sample"
    summary = "a random bidder is set aside, and her bid is the others' reserve in a Vickrey auction"
    solution = "dominant"
    has_role = False
    about = About(
        source="Dhangwatnotai, Roughgarden, Yan 2010",
        seller="nothing",
        players="their own value",
        promises="(1 - 1/n) OPT / 2 for regular identical independent values, up to gaps of the grid",
        fails="with a single good it never earns more than Vickrey: 1 - 1/n of it, unless the highest bids tie",
    )

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if environment.players < 2:
            return "sets one player aside, and this environment has no other"
        return super().unfit(environment)

    @property
    def random_role(self) -> bool:
        """Whether a coin is tossed: always."""
        return True

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return the probability that each player is the chosen highest bidder of those who are not set aside."""
        bids, n = self.bids(values), self.environment.players
        chances = np.zeros(bids.shape)
        for aside in range(n):
            rest = np.delete(np.arange(n), aside)
            chances[:, rest] += chosen_probabilities(bids[:, rest], self.ties) / n
        return chances

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the highest of all other bids, the one set aside included."""
        others = np.delete(self.bids(reports.values), role, axis=1)
        allocation, payments = self.sale(reports.values, role, others.max(axis=1).astype(float))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))
