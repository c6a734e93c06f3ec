"""A sequential mechanism for a public good: one leader, and followers to whom truth is dominant [CremerRiordan1985]_.

The good is provided where announced values exceed its cost C. A follower j pays her value where it is provided, less
the welfare W of all net of the cost, plus a charge that does not depend on her: a Groves mechanism. The leader pays
the rest of C, so the budget balances whatever is announced. Each charge is the expected W over the follower's own
value, given what the other followers announce; then all that the leader's announcement moves, in expectation, is
the welfare of everybody. She does best to be truthful if she moves first and expects truth of the followers
("Stackelberg truthful"), and if her value tells nothing about theirs; they may be correlated among themselves.

The paper gives conditions for such charges to exist; these are a choice that meets them. With them followers
break even on average and the leader has the expected welfare, and any player may lose. Whoever computes the charges
must know D. A leader who announced it would exaggerate: charges are linear in her belief, and she is paid them. Where D
rules out what the other followers announce, the follower's marginal takes its place, and the outcome says so.

References
----------
.. [CremerRiordan1985] J. Cremer, M. Riordan, A sequential solution to the public goods problem, Econometrica 53.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.classical.monopoly import marginal_weights
from mechanisms.classical.public_good import PublicGoodMechanism
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Setting, Settled
from mechanisms.outcomes import Reports


class CremerRiordan(PublicGoodMechanism):
    """The leader expects the welfare of all; truth is dominant for everybody else; the budget balances.

    Parameters
    ----------
    cost : what the good costs, money.
    leader : the player who moves first.

    Raises
    ------
    ValueError : with one player, or if there is no such leader.
    """

    name = "cremer-riordan"
    summary = "public good: a leader who expects the welfare of all, truth dominant for the others, budget balanced"
    solution = "equilibrium"
    participation = "none"
    uses_prior = True
    about = About(
        source="Cremer, Riordan 1985 (its properties; the transfers are ours)",
        seller="D",
        players="the leader: the others' distribution; the others: their own value",
        promises="efficient, the budget balanced in every case, truth dominant for all but the leader",
        fails="a leader whose value tells of the others', or who has D wrong; any player may lose by taking part",
    )

    def __init__(self, setting: Setting, *, cost: int = 0, leader: int = 0) -> None:
        super().__init__(setting, cost=cost)
        n = setting.environment.players
        if n < 2:
            raise ValueError(f"{self.name} needs at least two players, a leader and a follower")
        if not 0 <= leader < n:
            raise ValueError(f"the leader must be one of the players 0..{n - 1}, not {leader}")
        self.leader = leader
        self._followers = [j for j in range(n) if j != leader]
        self._about_followers = setting.prior.marginal(self._followers)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Decide, charge the followers, and let the leader pay the rest of the cost."""
        bids = self.bids(reports.values)
        provided = self.provided(bids)
        payments, fallback = np.zeros(bids.shape), np.zeros(len(bids))
        for j in self._followers:
            charge, strange = self._charge(reports.values, bids, j)
            payments[:, j] = provided * bids[:, j] - self.welfare(bids.sum(axis=1)) + charge
            fallback = np.maximum(fallback, strange)
        payments[:, self.leader] = provided * self.cost - payments.sum(axis=1)
        return Settled(provided, payments, np.zeros_like(payments), fallback)

    def _charge(self, values: IntArray, bids: IntArray, follower: int) -> tuple[FloatArray, FloatArray]:
        """Return ``(rounds,)`` the expected welfare over a follower's own value, and whether D ruled the others out."""
        place, others = self._followers.index(follower), [j for j in self._followers if j != follower]
        weights = self._about_followers.conditional(place, values[:, others])
        strange = weights.sum(axis=1) <= 0.0
        grid = self.environment.values[follower]
        weights[strange] = marginal_weights(self._about_followers, place)
        rest = bids.sum(axis=1) - bids[:, follower]
        expected = (weights * self.welfare(rest[:, None] + grid)).sum(axis=1) / weights.sum(axis=1)
        return expected, strange.astype(float)
