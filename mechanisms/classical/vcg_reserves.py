"""VCG with monopoly reserves, eager [HartlineRoughgarden2009]_ and lazy [DhangwatnotaiRoughgardenYan2010]_.

Each player's reserve is the monopoly price of her marginal under D, the lowest where several are best. *Lazy*: VCG
chooses whom to serve, and those below their reserve are then dropped. *Eager*: those below their reserve are dropped
first, and VCG runs on the rest. Whoever is served pays her VCG price or her reserve, whichever is more.

Hartline and Roughgarden treat the eager form, whose factor of two is for independent values: with monotone hazard rates
in any downward-closed environment, with regular values in a matroid. Both are statements about densities, so no bound
is claimed on a grid. The lazy form, and the two names, are Dhangwatnotai, Roughgarden and Yan's.

References
----------
.. [DhangwatnotaiRoughgardenYan2010] P. Dhangwatnotai, T. Roughgarden, Q. Yan, Revenue maximization with a single
   sample, EC 2010.
.. [HartlineRoughgarden2009] J. Hartline, T. Roughgarden, Simple versus optimal mechanisms, EC 2009.
"""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np

from mechanisms.about import About
from mechanisms.classical.monopoly import monopoly_reserves
from mechanisms.classical.vcg import pivotal
from mechanisms.environment import Environment, IntArray
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.outcomes import Reports

Timing = Literal["lazy", "eager"]


class VCGReserves(Mechanism):
    """VCG among players served or not, none of them below her monopoly reserve.

    Parameters
    ----------
    timing : "lazy" or "eager", when players below their reserve are dropped.
    """

    name = "vcg-reserves"
    summary = "VCG with monopoly reserves, lazy or eager, where each is served or not; the seller knows the marginals"
    solution = "dominant"
    uses_prior = True
    has_role = False
    about = About(
        source="Hartline, Roughgarden 2009; Dhangwatnotai, Roughgarden, Yan 2010",
        seller="each player's own distribution",
        players="their own value",
        promises="eager: half of OPT for independent densities of monotone hazard rate; no bound is claimed on grids",
        fails="irregular values; correlated values, of which reserves see the marginals only; several bundles",
    )

    def __init__(self, setting: Setting, *, timing: Timing = "lazy", delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if timing not in ("lazy", "eager"):
            raise ValueError(f"timing must be 'lazy' or 'eager', not {timing!r}")
        self.timing: Timing = timing

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if environment.services is None:
            return (
                "needs players who are served or not, and this environment has none or several bundles for one of them"
            )
        if not environment.downward_closed:
            return "drops players below their reserve, and this environment is not downward closed"
        return None

    @cached_property
    def reserves(self) -> IntArray:
        """Each player's monopoly price, ``(players,)``, money."""
        return monopoly_reserves(self.environment, self._setting.prior)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Serve the efficient set of players who reach their reserves."""
        environment, values = self.environment, reports.values
        reaches = self.bids(values) >= self.reserves
        admitted = reaches if self.timing == "eager" else None
        found = pivotal(environment, values, self.expenses, admitted=admitted)
        served = environment.served[found.allocation] & reaches
        payments = np.where(served, np.maximum(found.payments, self.reserves), 0.0)
        nothing = np.zeros(len(reports))
        return Settled(environment.serving(served), payments, np.zeros_like(payments), nothing)
