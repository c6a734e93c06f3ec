"""What mechanisms for one public good share: all players are served or nobody, at a cost."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechanisms.environment import Environment, FloatArray, IntArray, check_money
from mechanisms.mechanism import Mechanism, Setting


class PublicGoodMechanism(Mechanism):
    """A mechanism that provides a public good where the announced values exceed its cost.

    Lemma 1's lottery serves one player alone, which is not feasible here, so there is no delta.

    Parameters
    ----------
    cost : what the good costs, money.

    Raises
    ------
    ValueError : for a cost that is no whole number from 0 to `MAX_WORTH`, or an environment that is no public good.
    """

    has_role = False

    def __init__(self, setting: Setting, *, cost: int = 0) -> None:
        super().__init__(setting)
        self.cost = check_money("cost", cost)

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        served = environment.served
        if environment.services is not None and len(served) == 2 and served[1].all():
            return None
        return "decides on a public good, and this environment does not serve all or nobody"

    @cached_property
    def expenses(self) -> FloatArray:
        """What each allocation costs the seller: nothing, or the good's cost."""
        return np.array([0.0, float(self.cost)])

    def welfare(self, total: IntArray) -> FloatArray:
        """Return what the efficient decision leaves of values that add up to `total`, net of the cost."""
        return np.maximum(total - self.cost, 0).astype(float)

    def provided(self, bids: IntArray) -> IntArray:
        """Return ``(rounds,)``: 1 where the bids exceed the cost, which is also the number of the allocation."""
        return (bids.sum(axis=1) > self.cost).astype(np.int64)
