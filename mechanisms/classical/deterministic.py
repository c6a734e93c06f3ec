"""The best deterministic auction of a seller who knows D, found by exact search [PapadimitriouPierrakos2011]_.

See `mechanisms.integral` for the search and its limits.

References
----------
.. [PapadimitriouPierrakos2011] C. Papadimitriou, G. Pierrakos, On optimal single-item auctions, STOC 2011.
.. [ChenHuLuWang2011] X. Chen, G. Hu, P. Lu, L. Wang, On the approximation ratio of k-lookahead auction, WINE 2011.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.classical.k_lookahead import lookahead_share
from mechanisms.environment import Environment
from mechanisms.integral import IntegralOptimum, best_deterministic, oversize
from mechanisms.mechanism import Mechanism, Settled
from mechanisms.outcomes import Reports


class Deterministic(Mechanism):
    """The revenue-optimal mechanism for D among those that toss no coin, playable."""

    name = "deterministic"
    summary = "the best truthful mechanism for D that tosses no coin, by integer program; the seller knows D"
    about = About(
        source="Papadimitriou, Pierrakos 2011",
        seller="D",
        players="their own value",
        promises="OPT with two bidders; sqrt(e) / (sqrt(e) + 1) of it with more, as 2-lookahead needs no coin",
        fails="three bidders or more: NP-hard to find, so small grids only, and lotteries can earn more",
    )
    solution = "dominant"
    uses_prior = True
    has_role = False

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if not environment.single_good:
            return "sells a single good, and this environment is not built as one"
        return oversize(environment)

    @cached_property
    def optimum(self) -> IntegralOptimum:
        """The best allocation and its proof."""
        return best_deterministic(self.environment, self._setting.prior)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Look the announced profile up."""
        point = self.environment.flat(reports.values)
        payments = self.optimum.payments[point]
        return Settled(self.optimum.allocation[point], payments, np.zeros_like(payments), np.zeros(len(reports)))

    @property
    def share(self) -> float:
        """All of OPT with two bidders, else what 2-lookahead earns without coins [ChenHuLuWang2011]_."""
        return 1.0 if self.environment.players <= 2 else lookahead_share(2)
