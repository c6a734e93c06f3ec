"""A ring with a common purse: its members pool what they know and lie for the one who is likely to win.

In every information set of the pooled knowledge the ring weighs a small menu of joint lies exactly, the outsiders
being truthful, and takes the one that earns its members most together. A lie is about the *favourite*, the ring's
member with the highest value but for the liar herself:

- ``favourite-lowest``: "she has her lowest value", the outsiders as the pooled posterior has them;
- ``favourite-barely-wins``: "she has the lowest value with which she would still be the highest bidder";
- ``all-lowest``: "everybody has her lowest value".

Each with the ring's other members announcing their true values, or their lowest (bid suppression). The paper leaves
collusion out; an informant of M risks at most epsilon by such a lie, while it can save her partner the whole price.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from agents.game import Seat
from agents.plan import Plan, pure_plan
from agents.pool import Pool
from agents.strategies.strategy import PlannedStrategy
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.ties import win_weights


class Collude(PlannedStrategy):
    """A member of a ring; every member's seat names the same ring.

    Parameters
    ----------
    ring : the members' seats, two or more.
    """

    name = "collude"
    summary = "a ring (ring = [seats]) pools its knowledge and lies for its likely winner"

    def __init__(self, *, ring: Sequence[int]) -> None:
        self.ring = tuple(sorted(ring))
        if len(set(self.ring)) != len(self.ring) or len(self.ring) < 2:
            raise ValueError(f"a ring needs two or more different seats, not {list(ring)}")

    def plan(self, seat: Seat) -> Plan:
        """Return this member's part in the ring's best joint lie."""
        if seat.index not in self.ring:
            raise ValueError(f"seat {seat.index} colludes in a ring of others, {list(self.ring)}")
        pool = seat.pool(self.ring)
        schemes = [_scheme(pool, lie, suppress=suppress) for lie in LIES for suppress in (False, True)]
        worth = np.stack([pool.worth(scheme) for scheme in schemes])
        top = worth.max(axis=0)
        best = (worth >= top - 1e-12 * np.maximum(1.0, abs(top))).argmax(axis=0)  # truth comes first and wins ties
        mine = self.ring.index(seat.index)
        rows = np.arange(len(best))
        values = np.stack([scheme[mine].values.argmax(axis=1) for scheme in schemes])[best, rows]
        beliefs = np.stack([scheme[mine].beliefs[:, 0] for scheme in schemes])[best, rows]
        return pure_plan(pool.information, values, beliefs, seat.menu_size)


def _scheme(pool: Pool, lie: str, *, suppress: bool) -> list[Plan]:
    """Return every member's plan under one joint lie."""
    top = pool.favourite(None)
    plans = []
    for member, seat in enumerate(pool.members):
        honest = pool.types[:, member]
        values = np.where(top == member, honest, pool.lowest(member)) if suppress else honest
        beliefs = [LIES[lie](pool, member, cell) for cell in range(len(honest))]
        plans.append(pure_plan(pool.information, values, np.array(beliefs), seat.menu_size))
    return plans


def _truth(pool: Pool, member: int, cell: int) -> int:
    return pool.own_posterior(member, cell)


def _favourite_lowest(pool: Pool, member: int, cell: int) -> int:
    favourite = pool.favourite(member)[cell]
    profiles, weights = pool.profiles(cell)
    profiles[:, pool.members[favourite].index] = pool.lowest(favourite)
    return pool.add(member, profiles, weights)


def _favourite_barely_wins(pool: Pool, member: int, cell: int) -> int:
    favourite = pool.favourite(member)[cell]
    profiles, weights = pool.profiles(cell)
    mechanism = pool.mechanism
    if not isinstance(mechanism, SingleGoodMechanism):
        return _truth(pool, member, cell)
    who = pool.members[favourite].index
    grid = mechanism.environment.values[who]
    others = np.delete(mechanism.bids(profiles), who, axis=1)
    wins = win_weights(who, grid, others, mechanism.ties) > 0
    profiles[:, who] = np.where(wins.any(axis=1), wins.argmax(axis=1), len(grid) - 1)
    return pool.add(member, profiles, weights)


def _all_lowest(pool: Pool, member: int, cell: int) -> int:
    profiles, weights = pool.profiles(cell)
    return pool.add(member, np.broadcast_to(pool.floor, profiles.shape), weights)


LIES: dict[str, Callable[[Pool, int, int], int]] = {
    "truth": _truth,
    "favourite-lowest": _favourite_lowest,
    "favourite-barely-wins": _favourite_barely_wins,
    "all-lowest": _all_lowest,
}
