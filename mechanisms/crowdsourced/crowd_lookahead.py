"""L, the crowdsourced lookahead auction: as repaired, and as printed [AzarChenMicali2012, section 4.3]_.

Both sell to the highest bidder i* at ℒ's price for AGG of the others' beliefs, made strict by Lemma 1. As printed,
only the others are asked, after i* is known, and are paid ``(eps / 2n)(2 + BSR)`` while i* is paid eps: a player's
reward then depends on her own bid. The repaired form asks everybody at once and pays everybody the score.
"""

from __future__ import annotations

import numpy as np

from mechanisms.about import About
from mechanisms.classical.lookahead import Conditioning, Lookahead
from mechanisms.crowdsourced.crowd_priced import CrowdPriced
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Setting
from mechanisms.outcomes import Reports
from mechanisms.ties import Ties


class CrowdLookahead(CrowdPriced):
    """L repaired: everybody announces value and belief at once, and everybody is paid the score.

    Parameters
    ----------
    epsilon : the most that is paid in rewards, money.
    delta, discount : of Lemma 1; 0 < delta makes truth strictly dominant.
    conditioning : of ℒ, "chosen" or "at-least".
    score : "brier", "spherical" or "logarithmic".
    """

    name = "L"
    summary = "crowdsourced lookahead, repaired: all announce at once, all are paid the score"
    classical = Lookahead
    about = About(
        source="Azar, Chen, Micali 2012, section 4, repaired",
        seller="nothing",
        players="their own value, and any fact about the rest",
        promises="(1 - delta) OPT / 2 - epsilon; what others know is priced in; second-order beliefs may be wrong",
        fails="rings with the highest bidder; noisy signals, of which the lowest-numbered informant's alone counts",
    )

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
        super().__init__(
            setting,
            epsilon=epsilon,
            delta=delta,
            discount=discount,
            ties=ties,
            score=score,
            conditioning=conditioning,
        )


class CrowdLookaheadPrinted(CrowdLookahead):
    """L as printed: i* is known before beliefs are asked for, and is paid epsilon herself."""

    name = "L-printed"
    summary = "crowdsourced lookahead as printed: only the others are asked, i* is paid epsilon"
    stage = "before-beliefs"
    solution = "none"
    about = About(
        source="Azar, Chen, Micali 2012, section 4, as printed",
        seller="nothing",
        players="their own value, and any fact about the rest",
        promises="(1 - delta) OPT / 2 - epsilon by the paper, whose proof leaves (1 - 1/n) epsilon of rewards out",
        fails="overbidding for i*'s reward pays unless epsilon is small against delta",
    )

    def rewards(self, reports: Reports, role: int | IntArray, *, of: int | None = None) -> FloatArray:
        """Return ``(rounds, players)``: epsilon to i*, the score times ``epsilon / n`` to each other."""
        rewards = super().rewards(reports, role, of=of)
        rewards[np.arange(len(rewards)), role] = self.epsilon
        return rewards
