"""What is known of OPT where no route to it fits: a lower and an upper bound, each with its reason.

Above, no mechanism earns more than expected welfare; knowing the component of a mixture can only help the seller, so
the mean of the components' optima is a bound; and lookahead earns half of OPT at least [Ronen2001]_. Below, what the
second-price or the lookahead auction earns.

References
----------
.. [Ronen2001] A. Ronen, On approximating optimal auctions, EC 2001.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms.beliefs import Belief, Mixture
from mechanisms.closed_forms import expected_welfare, lookahead_revenue, myerson_revenue, vickrey_revenue
from mechanisms.environment import Environment


@dataclass(frozen=True)
class OptimumBounds:
    """Bounds on OPT.

    Attributes
    ----------
    lower, upper : money.
    below, above : what gives each of them.
    """

    lower: float
    upper: float
    below: str
    above: str

    def __post_init__(self) -> None:
        if not self.lower <= self.upper * (1.0 + 1e-9):
            raise ValueError(f"the lower bound on OPT, {self.lower}, is above the upper one, {self.upper}")

    def __str__(self) -> str:
        return f"it is at least {self.lower:.6g} ({self.below}) and at most {self.upper:.6g} ({self.above})"


def optimum_bounds(environment: Environment, belief: Belief) -> OptimumBounds:
    """Return bounds on OPT without solving for it.

    For several goods, the expected welfare of a listed belief above, and nothing below.

    Raises
    ------
    ValueError : if several goods have a belief whose profiles are too many to list.
    """
    if not environment.single_good:
        atoms, weights = belief.table.atoms, belief.table.weights
        worth = sum(environment.worth_of_allocation[i][atoms[:, i]] for i in range(environment.players))
        return OptimumBounds(0.0, float(weights @ np.asarray(worth).max(axis=1)), "nothing is sold", "welfare")
    below = {"the second-price auction": vickrey_revenue(environment, belief)}
    above = {"welfare": expected_welfare(environment, belief)}
    try:
        earned = lookahead_revenue(environment, belief)
    except ValueError:
        pass
    else:
        below["the lookahead auction"] = earned
        above["twice the lookahead auction"] = 2.0 * earned
    if isinstance(belief, Mixture):
        optima = [myerson_revenue(environment, part) for part in belief.components]
        above["OPT where the component is known"] = float(belief.weights @ np.array(optima))
    best, least = max(below, key=below.__getitem__), min(above, key=above.__getitem__)
    return OptimumBounds(below[best], above[least], best, least)
