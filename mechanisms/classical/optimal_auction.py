"""The optimal mechanism of a seller who knows D, in any assignment environment."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.mechanism import Mechanism, Settled
from mechanisms.optimal import Optimum, optimal_mechanism
from mechanisms.outcomes import Reports


class OptimalAuction(Mechanism):
    """The revenue-optimal DST, ex-post IR mechanism for D: the benchmark OPT, playable."""

    name = "optimal"
    solves_prior = 1
    summary = "the best dominant-strategy-truthful mechanism for D; the seller knows D"
    solution = "dominant"
    uses_prior = True
    about = About(
        source="Papadimitriou, Pierrakos 2011; Dobzinski, Fu, Kleinberg 2011",
        seller="D",
        players="their own value",
        promises="OPT: no mechanism that is truthful whatever the others do earns more",
        fails="a seller who has D wrong; correlated values on grids whose linear program does not fit",
    )
    has_role = False
    random_allocation = True

    @cached_property
    def optimum(self) -> Optimum:
        """The optimum, by the route that fits."""
        return optimal_mechanism(self.environment, self._setting.prior)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Do what the optimum does at the announced profile."""
        sale = self.optimum.at(reports.values)
        return Settled(sale.allocation, sale.payments, np.zeros_like(sale.payments), np.zeros(len(reports)))

    @property
    def share(self) -> float:
        """All of it."""
        return 1.0
