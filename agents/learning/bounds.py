"""Between which bounds a payoff lies once all coins have been tossed: what a bandit can be sure of beforehand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.induced import Induced
from mechanisms.environment import FloatArray
from mechanisms.mechanism import Mechanism, Part, Settled
from mechanisms.outcomes import Reports


@dataclass(frozen=True, eq=False)
class Bounds:
    """``(types,)`` the least and the most that a player of each type can get."""

    low: FloatArray
    high: FloatArray

    def __add__(self, other: Bounds) -> Bounds:
        return Bounds(self.low + other.low, self.high + other.high)

    def __or__(self, other: Bounds) -> Bounds:
        """Return the bounds of what lies within either."""
        return Bounds(np.minimum(self.low, other.low), np.maximum(self.high, other.high))


def realised_bounds(induced: Induced, player: int) -> Bounds:
    """Return bounds of a player's realised payoff, whatever is announced from the menus and however the coins fall.

    They are attained in each part of the payoff; where two parts are paid together, their sum may be a little wide.
    """
    mechanism = induced.game.mechanism
    roles = range(mechanism.cases)
    found: dict[int, Bounds] = {}
    for part in mechanism.parts(player):
        mine = _of_part(induced, player, part)
        for role in roles if part.role is None else (part.role,):
            found[role] = found[role] + mine if role in found else mine
    total, *rest = found.values()
    for bounds in rest:
        total = total | bounds
    return total


def _of_part(induced: Induced, player: int, part: Part) -> Bounds:
    mechanism = induced.game.mechanism
    found: Bounds | None = None
    for _, reports in induced.announcements(part):
        chances = mechanism.role_probabilities(reports.values)
        for role in range(mechanism.cases) if part.role is None else (part.role,):
            rows = np.flatnonzero(chances[:, role] > 0) if part.role is None else np.arange(len(reports))
            if len(rows):
                mine = _of_role(mechanism, player, part, reports.take(rows), role)
                found = mine if found is None else found | mine
    assert found is not None  # some role has a chance
    return found


def _of_role(mechanism: Mechanism, player: int, part: Part, reports: Reports, role: int) -> Bounds:
    settled = mechanism.settle(reports, role, of=player)
    total = Bounds(np.zeros(1), np.zeros(1))
    if part.trade:
        total = _of_trade(mechanism, player, reports, settled)
        if mechanism.lottery_chance:
            total = total | _of_lottery(mechanism, player, role)
    if part.rewards:
        rewards = settled.rewards[:, player]
        total = total + Bounds(rewards.min(keepdims=True), rewards.max(keepdims=True))
    return total


def _of_trade(mechanism: Mechanism, player: int, reports: Reports, settled: Settled) -> Bounds:
    """Return what is got less what is paid; a drawn allocation is paid for in proportion to its announced worth."""
    worth, paid = mechanism.environment.worth_of_allocation[player], settled.payments[:, player]
    if settled.allocation.ndim == 1:
        gain = worth[:, settled.allocation.astype(np.int64)] - paid
        return Bounds(gain.min(axis=1), gain.max(axis=1))
    told = worth[reports.values[:, player]]
    expected = (settled.allocation * told).sum(axis=1)
    rate = np.divide(paid, expected, out=np.zeros_like(paid), where=expected > 0)
    low, high = np.full(len(worth), np.inf), np.full(len(worth), -np.inf)
    for allocation in range(worth.shape[1]):
        drawn = settled.allocation[:, allocation] > 0
        if drawn.any():
            price = (rate * told[:, allocation])[drawn]
            low = np.minimum(low, worth[:, allocation] - price.max())
            high = np.maximum(high, worth[:, allocation] - price.min())
    return Bounds(low, high)


def _of_lottery(mechanism: Mechanism, player: int, role: int) -> Bounds:
    """Return the same of Lemma 1's lottery, in which she may buy up to the highest worth that she can announce."""
    lottery, worth = mechanism.lottery(role), mechanism.environment.worth[player]
    low, high = np.zeros(len(worth)), np.zeros(len(worth))
    who, bundle, price, _ = lottery.offers
    for b, p in zip(bundle[who == player], price[who == player], strict=True):
        if worth[:, b].max() >= p:
            gain = worth[:, b] - (p - lottery.discount)
            low, high = np.minimum(low, gain), np.maximum(high, gain)
    return Bounds(low, high)
