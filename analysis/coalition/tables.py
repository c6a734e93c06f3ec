"""The tables of a ring's best schemes: by member, by information set, and for the ring as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.pool import Pool
from analysis.coalition.menu import Menu
from analysis.coalition.price import Price
from analysis.coalition.search import Scheme
from mechanisms.environment import FloatArray

Record = dict[str, Any]


@dataclass(frozen=True, eq=False)
class RingRows:
    """Rows of the three tables of `Coalitions`."""

    members: list[Record]
    sets: list[Record]
    rings: list[Record]


def ring_name(ring: Sequence[int]) -> str:
    """Return how tables write a ring, or some of its members.

    >>> ring_name((0, 2))
    '0+2'
    """
    return "+".join(map(str, ring))


def ring_rows(
    pool: Pool, notion: str, menus: Sequence[Sequence[Menu]], schemes: Sequence[Scheme], price: Price
) -> RingRows:
    """Return a ring's rows for one notion, given its menus and its scheme in each information set."""
    ring = [seat.index for seat in pool.members]
    key = {"ring": ring_name(ring), "size": len(ring), "notion": notion}
    rows = RingRows([], [], [])
    for cell, (menu, scheme) in enumerate(zip(menus, schemes, strict=True)):
        place = {**key, "information": _information(pool, cell)}
        mine = [_member(pool, m, menu[m], scheme, price, cell) for m in range(len(ring))]
        rows.members.extend({**place, **row} for row in mine)
        costs = [price.seller_loss[cell], price.outsiders_gain[cell], price.loss_expost[cell], price.risk[cell]]
        rows.sets.append(
            {**place, "probability": price.probability[cell], "gain": price.gain[cell].sum()}
            | _sides(ring, price.gain[cell])
            | {"reports": "; ".join(map(_say, mine))}
            | _costs(*costs)
        )
    mean, weight = price.probability @ price.gain, price.probability
    costs = [weight @ price.seller_loss, weight @ price.outsiders_gain, price.loss_expost, price.risk]
    gains = {"gain": mean.sum(), "gain_max": price.gain.sum(axis=1).max()}
    rows.rings.append({**key, **gains, **_sides(ring, mean), **_costs(*costs)})
    return rows


def _information(pool: Pool, cell: int) -> str:
    """Return what a ring knows in a cell: its members' own types and what else each has seen."""
    state = np.flatnonzero(pool.information == cell)[0]
    return "; ".join(f"{seat.index}: {seat.names[seat.information[state]]}" for seat in pool.members)


def _member(pool: Pool, member: int, menu: Menu, scheme: Scheme, price: Price, cell: int) -> Record:
    seat = pool.members[member]
    value, belief = scheme.places[2 * member : 2 * member + 2]
    own, told = (seat.environment.type_name(seat.index, int(menu.values[k])) for k in (0, value))
    return {
        "seat": seat.index,
        "value": own,
        "value_report": told,
        "belief_report": menu.names[belief],
        "gain": price.gain[cell, member],
        "loss_expost": price.loss_expost[cell, member],
        "risk": price.risk[cell, member],
    }


def _sides(ring: Sequence[int], gains: FloatArray) -> Record:
    """Return the seats that gain and those that lose, where there are any."""
    up, down = (ring_name([i for i, gain in zip(ring, gains, strict=True) if sign * gain > 0]) for sign in (1, -1))
    return {"gainers": up, "losers": down}


def _costs(seller: float, outsiders: float, loss: FloatArray, risk: FloatArray) -> Record:
    return {"seller_loss": seller, "outsiders_gain": outsiders, "loss_expost": loss.max(), "risk": risk.max()}


def _say(member: Record) -> str:
    """Return a member's reports in words."""
    lies = []
    if member["value_report"] != member["value"]:
        lies.append(f"says {member['value_report']}")
    if member["belief_report"] != "truthful":
        lies.append(f"believes {member['belief_report']}")
    return f"{member['seat']} {' and '.join(lies) or 'truthful'}"
