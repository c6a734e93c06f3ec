"""L, the crowdsourced lookahead auction: as repaired, and as printed [AzarChenMicali2012, section 4.3]_.

Both sell to the highest bidder i* at ℒ's price for AGG of the others' beliefs, made strict by Lemma 1. As printed,
only the others are asked, after i* is known, and are paid ``(eps / 2n)(2 + BSR)`` while i* is paid eps: a player's
reward then depends on her own bid. The repaired form asks everybody at once and pays everybody the score.
"""

from __future__ import annotations

import math

import numpy as np

from mechanisms.classical.lookahead import Conditioning, LookaheadAuction
from mechanisms.crowdsourced.aggregate import aggregate_conditional
from mechanisms.crowdsourced.rewards import belief_reward
from mechanisms.distinct import distinct_rows
from mechanisms.environment import FloatArray
from mechanisms.mechanism import Part, Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.scoring import reward_rule
from mechanisms.ties import Ties


class CrowdLookahead(LookaheadAuction):
    """L repaired: everybody announces value and belief at once, and everybody is paid the score.

    Parameters
    ----------
    epsilon : the most that is paid in rewards, money.
    delta, discount : of Lemma 1; 0 < delta makes truth strictly dominant.
    score : "brier", "spherical" or "logarithmic".
    """

    name = "L"
    summary = "crowdsourced lookahead, repaired: all announce at once, all are paid the score"
    elicits_beliefs = True

    def __init__(
        self,
        setting: Setting,
        *,
        epsilon: float,
        delta: float = 0.0,
        discount: float = 0.5,
        ties: Ties = "lowest-index",
        conditioning: Conditioning = "chosen",
        score: str = "brier",
    ) -> None:
        super().__init__(setting, conditioning=conditioning, ties=ties, delta=delta, discount=discount)
        if not 0.0 <= epsilon < math.inf:
            raise ValueError(f"epsilon must be a number from 0 up, not {epsilon}")
        if setting.environment.players < 2:
            raise ValueError(f"{self.name} needs at least two players, one to inform about the other")
        self.epsilon = epsilon
        self.score = reward_rule(score)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the price that the others' beliefs give, and pay the rewards."""
        shape = self.environment.shape
        keys = np.delete(np.concatenate([reports.values, reports.beliefs], axis=1), [role, role + len(shape)], 1)
        first, inverse = distinct_rows(keys)
        values, beliefs = reports.values[first], reports.beliefs[first]
        offer = self.offer(values, role, aggregate_conditional(self.book, shape, role, values, beliefs))
        allocation, payments = self.sale(reports.values, role, offer.price[inverse])
        return Settled(allocation, payments, self.rewards(reports, role), offer.fallback[inverse])

    def rewards(self, reports: Reports, role: int) -> FloatArray:
        """Return ``(rounds, players)``: everybody's score, each at most ``epsilon / n``."""
        share, shape = self.epsilon / self.environment.players, self.environment.shape
        scores = [belief_reward(self.book, shape, self.score, reports, j, scale=share) for j in range(len(shape))]
        return np.stack(scores, axis=1)

    def parts(self, player: int) -> tuple[Part, ...]:
        """Return the trade, which reads the others' beliefs, and the reward, which reads the player's own."""
        everybody = tuple(range(self.environment.players))
        others = tuple(j for j in everybody if j != player)
        return (Part(everybody, others, rewards=False), Part(everybody, (player,), trade=False))

    def guarantee(self, opt: float) -> float:
        """Return ``(1 - delta) OPT / 2 - epsilon`` (Lemma 5)."""
        return (1.0 - self.delta) * opt / 2.0 - self.epsilon


class CrowdLookaheadPrinted(CrowdLookahead):
    """L as printed: i* is known before beliefs are asked for, and is paid epsilon herself."""

    name = "L-printed"
    summary = "crowdsourced lookahead as printed: only the others are asked, i* is paid epsilon"
    stage = "before-beliefs"

    def rewards(self, reports: Reports, role: int) -> FloatArray:
        """Return ``(rounds, players)``: epsilon to i*, the score times ``epsilon / n`` to each other."""
        rewards = super().rewards(reports, role)
        rewards[:, role] = self.epsilon
        return rewards
