"""The best joint report of a ring in one information set, found among all of them in blocks.

Each member's expected utility is a sum of the mechanism's parts. A part is tabulated on the announcements of the ring
that it reads, and the tables are added up by broadcasting, one block of joint reports at a time: what is stored is the
parts' tables and never the joint one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.game import BLOCK, Game
from agents.plan import weighted
from analysis.coalition.menu import Menu
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Part
from mechanisms.outcomes import Reports

NOTIONS = ("side-payments", "no-loss", "all-gain")
SEARCHED = 1 << 32


@dataclass(frozen=True)
class Scheme:
    """A joint report of a ring: per member, the places of her value and of her belief in her menu."""

    places: tuple[int, ...]
    gain: float
    departures: int


def check_fit(game: Game, ring: Sequence[int], menus: Sequence[Menu], memory: int) -> None:
    """Refuse a search that would not fit.

    Raises
    ------
    ValueError : if the parts' tables of one information set take more than `memory` bytes, or there are more than
        `SEARCHED` joint reports; it says which menu or ring would fit.
    """
    values, beliefs = [len(menu.values) for menu in menus], [len(menu.beliefs) for menu in menus]
    table, joint = _cost(game, ring, values, beliefs)
    if table <= memory and joint <= SEARCHED:
        return

    def fits(members: int, most: int) -> bool:
        sizes = [min(size, most) for size in beliefs[:members]]
        table, joint = _cost(game, ring[:members], values[:members], sizes)
        return table <= memory and joint <= SEARCHED

    fewer = max((most for most in range(1, max(beliefs)) if fits(len(ring), most)), default=0)
    smaller = max((members for members in range(1, len(ring)) if fits(members, max(beliefs))), default=0)
    ways = [f"menus of {fewer} beliefs (other_types makes them smaller)"] if fewer else []
    ways += [f"rings of {smaller}"] if smaller else []
    raise ValueError(
        f"ring {list(ring)} with menus of {beliefs} beliefs needs {table:,} bytes of tables (the limit is {memory:,}) "
        f"and a search of {joint:,} joint reports (at most {SEARCHED:,}); {' or '.join(ways) or 'nothing'} would fit"
    )


def _cost(game: Game, ring: Sequence[int], values: Sequence[int], beliefs: Sequence[int]) -> tuple[int, int]:
    """Return the bytes of all tables, and the number of joint reports."""
    parts = [part for player in ring for part in game.mechanism.parts(player)]
    table = sum(8 * math.prod(_shape(part, ring, values, beliefs)) for part in parts)
    return table, math.prod(values) * math.prod(beliefs)


def _shape(part: Part, ring: Sequence[int], values: Sequence[int], beliefs: Sequence[int]) -> tuple[int, ...]:
    """Return the shape of a part's table: an axis for each member's values and beliefs, of length 1 if not read."""
    lengths = []
    for player, kinds, ids in zip(ring, values, beliefs, strict=True):
        lengths += [kinds if player in part.values else 1, ids if player in part.beliefs else 1]
    return tuple(lengths)


def utility_tables(
    game: Game, ring: Sequence[int], menus: Sequence[Menu], states: IntArray, share: FloatArray
) -> list[list[FloatArray]]:
    """Return per member the tables of her parts, expected over the states of one information set.

    Parameters
    ----------
    states, share : ``(states,)`` those that the ring thinks possible, and how likely it thinks them.

    Returns
    -------
    Tables with two axes a member of the ring, values and beliefs, of length 1 where the part does not read them.
    """
    return [[_table(game, ring, menus, states, share, player, part) for part in game.mechanism.parts(player)]
            for player in ring]  # fmt: skip


def _table(
    game: Game, ring: Sequence[int], menus: Sequence[Menu], states: IntArray, share: FloatArray, player: int, part: Part
) -> FloatArray:
    shape = _shape(part, ring, [len(menu.values) for menu in menus], [len(menu.beliefs) for menu in menus])
    table = np.empty(math.prod(shape))
    step = max(1, BLOCK // len(states))
    for start in range(0, len(table), step):
        entries = np.arange(start, min(start + step, len(table)))
        row = np.repeat(states, len(entries))
        reports = game.truthful_play.reports.take(row)
        for m, (places, menu) in enumerate(zip(_pairs(entries, shape), menus, strict=True)):
            reports.values[:, ring[m]] = np.tile(menu.values[places[0]], len(states))
            reports.beliefs[:, ring[m]] = np.tile(menu.beliefs[places[1]], len(states))
        worth = _term(game, part, player, row, reports).reshape(len(states), len(entries))
        table[entries] = weighted(share[:, None], worth).sum(axis=0)
    return table.reshape(shape)


def _pairs(entries: IntArray, shape: tuple[int, ...]) -> list[tuple[IntArray, IntArray]]:
    """Return, per member, the places of her value and her belief in each entry of a table."""
    axes = np.unravel_index(entries, shape)
    return list(zip(axes[::2], axes[1::2], strict=True))


def _term(game: Game, part: Part, player: int, states: IntArray, reports: Reports) -> FloatArray:
    """Return ``(rows,)``: one part of a player's utility, expected over the coins."""
    role = None if part.role is None else np.full(len(states), part.role)
    outcomes = game.mechanism.expect(Reports(reports.values, reports.beliefs, role), of=player)
    worth = np.zeros(len(states))
    if part.trade:
        types = game.space.profiles[states, player]
        worth += outcomes.worth_to(game.environment, player, types) - outcomes.payments[:, player]
    if part.rewards:
        worth += outcomes.rewards[:, player]
    return part.chance * worth


def best_schemes(tables: Sequence[Sequence[FloatArray]], *, tolerance: float) -> dict[str, Scheme]:
    """Return the joint report of highest total utility by each notion of what a ring can agree on.

    ``side-payments``: any. ``no-loss``: no member loses. ``all-gain``: every member gains. Of equally good ones the
    first of those with the fewest departures from truth, which is the truth itself where nothing gains.

    Parameters
    ----------
    tables : per member, tables that broadcast; place 0 of each axis is the truth.
    tolerance : gains up to this are none.
    """
    shape = np.broadcast_shapes(*(table.shape for parts in tables for table in parts))
    truth = [sum(float(table.flat[0]) for table in parts) for parts in tables]
    if not np.isfinite(truth).all():
        raise ValueError(f"telling the truth is worth {truth} to the members, so no gain over it is defined")
    lead = next(axis for axis in range(len(shape) + 1) if math.prod(shape[axis:]) <= BLOCK)
    tail = shape[lead:]
    departed = (np.indices(tail, sparse=False) != 0).sum(axis=0).ravel() if tail else np.zeros(1, dtype=int)
    held = {notion: Scheme((0,) * len(shape), 0.0, 0) for notion in NOTIONS}
    for corner in np.ndindex(*shape[:lead]):
        gains = [_gains(parts, corner, tail) - honest for parts, honest in zip(tables, truth, strict=True)]
        total, worst = np.sum(gains, axis=0).ravel(), np.minimum.reduce(gains).ravel()
        departures = departed + np.count_nonzero(corner)
        for notion, floor in zip(NOTIONS, (-np.inf, -tolerance, tolerance), strict=True):
            fit = np.where(worst > floor, total, -np.inf)
            place = _pick(fit, departures, held[notion], tolerance)
            if place is not None:
                places = (*corner, *(int(k) for k in np.unravel_index(place, tail)))
                held[notion] = Scheme(places, float(fit[place]), int(departures[place]))
    return held


def _gains(parts: Sequence[FloatArray], corner: tuple[int, ...], tail: tuple[int, ...]) -> FloatArray:
    """Return the sum of a member's tables in a block of joint reports."""
    total = np.zeros(tail)
    for table in parts:
        total = total + table[tuple(k if size > 1 else 0 for k, size in zip(corner, table.shape, strict=False))]
    return total


def _pick(fit: FloatArray, departures: IntArray, held: Scheme, tolerance: float) -> int | None:
    """Return the place that takes the held scheme's, if one does."""
    top = float(fit.max())
    better = top > held.gain + tolerance
    if not better and top < held.gain - tolerance:
        return None
    near = np.flatnonzero(fit >= (top if better else held.gain) - tolerance)
    place = int(near[departures[near].argmin()])
    return place if better or departures[place] < held.departures else None
