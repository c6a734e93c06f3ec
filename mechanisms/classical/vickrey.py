"""The second-price auction [Vickrey1961]_.

References
----------
.. [Vickrey1961] W. Vickrey, Counterspeculation, auctions, and competitive sealed tenders, Journal of Finance 16.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.posteriors import padded
from mechanisms.ties import TIES, Ties, chosen_probabilities, rivals


class SingleGoodMechanism(Mechanism):
    """A mechanism for one good that looks at the highest bidder i*, ties broken by a named rule.

    Raises
    ------
    ValueError : if the environment is not a single good, or the tie rule is unknown.
    """

    def __init__(
        self, setting: Setting, *, ties: Ties = "lowest-index", delta: float = 0.0, discount: float = 0.5
    ) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if ties not in TIES:
            raise ValueError(f"unknown tie rule {ties!r}; there are {', '.join(TIES)}")
        self.ties: Ties = ties

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        return None if environment.single_good else "sells a single good, and this environment is not built as one"

    @property
    def random_role(self) -> bool:
        """Whether ties are broken by a coin."""
        return self.ties == "uniform"

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return the probability that each player is the chosen highest bidder i*."""
        return chosen_probabilities(self.bids(values), self.ties)

    def sale(self, values: IntArray, winner: int, price: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return allocation and payments when `winner` buys at `price` if her announced value reaches it."""
        sold = self.environment.values[winner][values[:, winner]] >= price
        payments = np.zeros(values.shape)
        payments[:, winner] = np.where(sold, price, 0.0)
        return np.where(sold, winner + 1, 0), payments

    def sale_each(self, values: IntArray, winners: IntArray, price: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the same where each round has a winner of its own, ``(rounds,)``."""
        at = np.arange(len(values))
        sold = self.environment.worths(winners, values[at, winners], np.ones_like(winners)) >= price
        payments = np.zeros(values.shape)
        payments[at, winners] = np.where(sold, price, 0.0)
        return np.where(sold, winners + 1, 0), payments

    @cached_property
    def grids(self) -> IntArray:
        """All grids of values as one array ``(players, widest grid)``, filled up with zeros."""
        return padded(self.environment.values).astype(np.int64)


class Vickrey(SingleGoodMechanism):
    """The highest bidder buys at the second-highest bid."""

    name = "vickrey"
    summary = "second-price auction; the seller knows nothing and asks for values only"
    solution = "dominant"
    about = About(
        source="Vickrey 1961",
        seller="nothing",
        players="their own value",
        promises="the largest welfare; for regular iid values OPT with one bidder fewer, up to gaps of the grid",
        fails="few bidders, or one far above the rest: it earns the second value, however far below OPT",
    )

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the highest other bid."""
        others = np.delete(self.bids(reports.values), role, axis=1)
        allocation, payments = self.sale(reports.values, role, others.max(axis=1, initial=0).astype(float))
        nothing = np.zeros(len(reports))
        return Settled(allocation, payments, np.zeros_like(payments), nothing)

    def settle_each(self, reports: Reports, roles: IntArray, *, of: int | None = None) -> Settled:
        """Sell to each round's role at the highest other bid."""
        second = rivals(self.bids(reports.values), roles, self.ties).best
        allocation, payments = self.sale_each(reports.values, roles, second.astype(float))
        return Settled(allocation, payments, np.zeros_like(payments), np.zeros(len(reports)))
