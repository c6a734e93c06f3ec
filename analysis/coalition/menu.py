"""What each member of a ring may announce in an information set of the ring's pooled knowledge.

*Values*: every type of her grid. *Beliefs*, each of them beside any value:

- the truth, her own posterior;
- the lies of `Collude`: the favourite has her lowest value, or the lowest that still wins; everybody has her lowest;
- the favourite, the ring's member of highest worth but for the liar herself, has any one of her lower types (or her
  own), the outsiders being as the pooled posterior has them and the other members as they are, or at their lowest;
- the named beliefs of `belief_menu` by what the member knows herself, role-aware ones for every announced value, and
  other posteriors of hers;
- certainty of a profile that the pool thinks possible, the favourite having any one of those types: where there are
  at most `POINTS` of them in the information set.

A best joint report is best in this menu. It is the same whatever role the member gets: reports that wait for the draw
of M's informant, or for i* in L as printed, are not tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from agents.pool import Pool
from agents.strategies.collude import LIES
from mechanisms.environment import IntArray

POINTS = 16


@dataclass(frozen=True, eq=False)
class Menu:
    """What one member may announce in one information set; the truth is the first of each.

    Attributes
    ----------
    values : ``(values,)`` types.
    beliefs : ``(beliefs,)`` distinct ids.
    names : ``(beliefs,)`` what the beliefs are called.
    """

    values: IntArray
    beliefs: IntArray
    names: tuple[str, ...]


def member_menu(pool: Pool, member: int, cell: int, named: Mapping[str, IntArray]) -> Menu:
    """Return what a member may announce in a cell of the pool.

    Parameters
    ----------
    member : her place in the ring.
    named : her seat's `belief_menu`, ``(own cells, types)`` ids by name.
    """
    seat = pool.members[member]
    own = int(pool.types[cell, member])
    values = np.array([own, *(k for k in range(seat.menu_size) if k != own)])
    found = {pool.own_posterior(member, cell): "truthful"}
    if pool.mechanism.elicits_beliefs:
        for name, belief in _beliefs(pool, member, cell, named):
            found.setdefault(belief, name)
    return Menu(values, np.array(list(found)), tuple(found.values()))


def _beliefs(pool: Pool, member: int, cell: int, named: Mapping[str, IntArray]) -> Iterator[tuple[str, int]]:
    """Yield names and ids; the first name of an id is the one it goes by."""
    for name, lie in LIES.items():
        yield name, lie(pool, member, cell)
    points = []
    if len(pool.members) > 1:
        yield from _about_favourite(pool, member, cell)
        points = _points(pool, member, cell)
    seat = pool.members[member]
    own = seat.information[np.flatnonzero(pool.information == cell)[0]]
    for name, ids in named.items():
        row = ids[own].tolist()
        for kind, belief in enumerate(row):
            said = f", having said {seat.environment.type_name(seat.index, kind)}"
            yield name + (said if len(set(row)) > 1 else ""), belief
    for profile in points if len(points) <= POINTS else ():
        told = ", ".join(seat.environment.type_name(j, int(profile[j])) for j in seat.subjects)
        yield f"certain of ({told})", pool.add(member, profile[None], np.ones(1))


def _lower_types(pool: Pool, member: int, cell: int) -> tuple[int, IntArray]:
    """Return the favourite's seat, and her types of lower total worth with her own as the last."""
    place = int(pool.favourite(member)[cell])
    who, own = pool.members[place].index, int(pool.types[cell, place])
    total = pool.mechanism.environment.worth[who].sum(axis=1)
    return who, np.append(np.flatnonzero(total < total[own]), own)


def _about_favourite(pool: Pool, member: int, cell: int) -> Iterator[tuple[str, int]]:
    who, kinds = _lower_types(pool, member, cell)
    seats = [seat.index for seat in pool.members]
    rest = [i for i in seats if i not in (who, seats[member])]
    for kind in kinds:
        profiles, weights = pool.profiles(cell)
        profiles[:, who] = kind
        name = f"{who} has {pool.mechanism.environment.type_name(who, int(kind))}"
        yield name, pool.add(member, profiles, weights)
        profiles[:, rest] = pool.floor[rest]
        yield f"{name}, other members lowest", pool.add(member, profiles, weights)


def _points(pool: Pool, member: int, cell: int) -> list[IntArray]:
    who, kinds = _lower_types(pool, member, cell)
    profiles = np.repeat(pool.profiles(cell)[0], len(kinds), axis=0)
    profiles[:, who] = np.tile(kinds, len(profiles) // len(kinds))
    return list(np.unique(profiles, axis=0))
