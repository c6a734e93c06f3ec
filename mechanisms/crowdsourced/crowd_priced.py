"""L's recipe: a classical mechanism that uses D for prices only, priced by what the others believe.

The buyer is chosen by the announced values, as the classical mechanism chooses her; its price is worked out from AGG of
the others' beliefs in place of D; Lemma 1 makes it strict, and everybody is paid the score of her belief
[AzarChenMicali2012, section 4.3 and appendix F]_. `recipes.crowdsource_prices` makes a mechanism of it.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from mechanisms.about import Solution
from mechanisms.classical.priced import PosteriorPriced
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.crowdsourced.aggregate import aggregate_conditional
from mechanisms.crowdsourced.rewards import belief_reward, belief_rewards
from mechanisms.distinct import distinct_rows
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Part, Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.scoring import reward_rule
from mechanisms.ties import Ties


class CrowdPriced(SingleGoodMechanism):
    """Everybody announces value and belief at once, and everybody is paid the score: the repaired form of L's recipe.

    Parameters
    ----------
    epsilon : the most that is paid in rewards, money.
    delta, discount : of Lemma 1; 0 < delta makes truth strictly dominant.
    score : "brier", "spherical" or "logarithmic".
    options : of the classical mechanism.
    """

    classical: ClassVar[type[PosteriorPriced]]
    elicits_beliefs = True
    solution: ClassVar[Solution] = "two-step"

    def __init__(
        self,
        setting: Setting,
        *,
        epsilon: float,
        delta: float = 0.0,
        discount: float = 0.5,
        ties: Ties = "lowest-index",
        score: str = "brier",
        **options: Any,
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        if not 0.0 <= epsilon < math.inf:
            raise ValueError(f"epsilon must be a number from 0 up, not {epsilon}")
        if setting.environment.players < 2:
            raise ValueError(f"{self.name} needs at least two players, one to inform about the other")
        self.epsilon = epsilon
        self.score = reward_rule(score)
        self.inner = self.classical(setting, ties=ties, **options)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell to `role` at the price that the others' beliefs give, and pay the rewards."""
        shape = self.environment.shape
        keys = np.delete(np.concatenate([reports.values, reports.beliefs], axis=1), [role, role + len(shape)], 1)
        first, inverse = distinct_rows(keys)
        values, beliefs = reports.values[first], reports.beliefs[first]
        offer = self.inner.offer(values, role, aggregate_conditional(self.book, shape, role, values, beliefs))
        allocation, payments = self.sale(reports.values, role, offer.price[inverse])
        return Settled(allocation, payments, self.rewards(reports, role, of=of), offer.fallback[inverse])

    def settle_each(self, reports: Reports, roles: IntArray, *, of: int | None = None) -> Settled:
        """Sell to each round's role at the price that the others' beliefs give, and pay the rewards."""
        weights = aggregate_conditional(self.book, self.environment.shape, roles, reports.values, reports.beliefs)
        offer = self.inner.offer_each(reports.values, roles, weights)
        allocation, payments = self.sale_each(reports.values, roles, offer.price)
        return Settled(allocation, payments, self.rewards(reports, roles, of=of), offer.fallback)

    def rewards(self, reports: Reports, role: int | IntArray, *, of: int | None = None) -> FloatArray:
        """Return ``(rounds, players)``: everybody's score, each at most ``epsilon / n``; with `of` only that player's.

        `role` is i*, or ``(rounds,)`` one a round.
        """
        share, shape = self.epsilon / self.environment.players, self.environment.shape
        if of is None:
            return belief_rewards(self.book, shape, self.score, reports, scale=share)
        rewards = np.zeros(reports.values.shape)
        rewards[:, of] = belief_reward(self.book, shape, self.score, reports, of, scale=share)
        return rewards

    def guarantee(self, opt: float) -> float | None:
        """Return ``(1 - delta) b OPT - epsilon``, b being the classical mechanism's share (Lemma 5, for lookahead).

        As printed, rewards can be ``(1 - 1/n) epsilon`` more than the lemma's proof counts.
        """
        return None if self.inner.share is None else (1.0 - self.delta) * self.inner.share * opt - self.epsilon

    def parts(self, player: int) -> tuple[Part, ...]:
        """Return the trade, which reads the others' beliefs, and the reward, which reads the player's own."""
        everybody = tuple(range(self.environment.players))
        others = tuple(j for j in everybody if j != player)
        return (Part(everybody, others, rewards=False), Part(everybody, (player,), trade=False))
