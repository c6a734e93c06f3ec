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
    summary = "the best dominant-strategy-truthful mechanism for D, by linear program; the seller knows D"
    solution = "dominant"
    uses_prior = True
    about = About(
        source="Papadimitriou, Pierrakos 2011; Dobzinski, Fu, Kleinberg 2011",
        seller="D",
        players="their own value",
        promises="OPT: no mechanism that is truthful whatever the others do earns more",
        fails="a seller who has D wrong; grids whose linear program does not fit",
    )
    has_role = False
    random_allocation = True

    @cached_property
    def optimum(self) -> Optimum:
        """The solved program."""
        return optimal_mechanism(self.environment, self._setting.prior)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Look the announced profile up."""
        point = self.environment.flat(reports.values)
        payments = self.optimum.payments[point]
        nothing = np.zeros(len(reports))
        return Settled(self.optimum.allocation[point], payments, np.zeros_like(payments), nothing)

    @property
    def share(self) -> float:
        """All of it."""
        return 1.0
