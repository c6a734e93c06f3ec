"""Normal forms of the induced game: players who plan for every type beforehand, and players who are types.

Ex ante a strategy is a report for each type, and a payoff is expected by the seat's own opinion. By type every type is
a player of its own, and a payoff is interim, expected by its own posterior: the agent form [Selten1975]_. Both are the
induced game's tables added up over the states, and have the same pure equilibria.

References
----------
.. [Selten1975] R. Selten, Reexamination of the perfectness concept for equilibrium points in extensive games,
   International Journal of Game Theory 4.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.agent_form import digits
from agents.agent_types import AgentTypes
from agents.induced import Induced
from analysis.dominance.normal_form import NormalForm
from mechanisms.environment import BoolArray, FloatArray, IntArray

LIMIT = 2_000_000
_AXES = 64


@dataclass(frozen=True, eq=False)
class ExAnte:
    """The game in which every seat plans for all its types.

    Attributes
    ----------
    game : the normal form.
    plans : per seat, ``(strategies, types)`` the report of the menu that each strategy tells each type to make.
    """

    game: NormalForm
    plans: tuple[IntArray, ...]


def ex_ante(induced: Induced, *, reports: Sequence[BoolArray] | None = None, limit: int = LIMIT) -> NormalForm:
    """Return the game in which a strategy is a report for each type, named like ``4: 2 with prior; 7: 7 with prior``.

    Parameters
    ----------
    reports : per seat ``(types, reports of the menu)``, which reports to allow; all unless given.
    limit : how many payoffs the game may have.

    Raises
    ------
    ValueError : with the number of payoffs, where they are more than `limit`.
    """
    return ex_ante_plans(induced, reports=reports, limit=limit).game


def ex_ante_plans(induced: Induced, *, reports: Sequence[BoolArray] | None = None, limit: int = LIMIT) -> ExAnte:
    """Return the game `ex_ante` with what each of its strategies reports; parameters as there."""
    menus = _options(induced, reports)
    sizes = [math.prod(len(told) for told in mine) for mine in menus]
    _check(induced, "ex ante", induced.players, sizes, limit)
    shapes = [tuple(len(told) for told in mine) for mine in menus]
    places = [digits(np.arange(size), shape) for size, shape in zip(sizes, shapes, strict=True)]
    payoffs = tuple(_planned(induced, i, menus, places) for i in range(induced.players))
    plans = tuple(
        np.stack([told[place[:, c]] for c, told in enumerate(mine)], axis=1)
        for mine, place in zip(menus, places, strict=True)
    )
    names = tuple(tuple(_strategy_name(induced, i, row) for row in plan.tolist()) for i, plan in enumerate(plans))
    seats = tuple(f"seat {i}" for i in range(induced.players))
    return ExAnte(NormalForm(f"{induced.game.mechanism.name}, ex ante", seats, names, payoffs), plans)


def by_type(induced: Induced, *, reports: Sequence[BoolArray] | None = None, limit: int = LIMIT) -> NormalForm:
    """Return the game in which every type of every seat chooses a report; parameters as in `ex_ante`."""
    menus = _options(induced, reports)
    agents = [(i, c) for i, mine in enumerate(menus) for c in range(len(mine))]
    sizes = [len(menus[i][c]) for i, c in agents]
    _check(induced, "by type", len(agents), sizes, limit)
    payoffs = tuple(_interim(induced, i, c, menus, agents, sizes) for i, c in agents)
    names = tuple(tuple(induced.menus[i].name(r, c) for r in menus[i][c].tolist()) for i, c in agents)
    players = tuple(f"seat {i}: {induced.game.seats[i].names[c]}" for i, c in agents)
    return NormalForm(f"{induced.game.mechanism.name}, by type", players, names, payoffs)


def values_only(induced: Induced) -> tuple[BoolArray, ...]:
    """Return the reports in which every type says any value with its truthful belief."""
    kept = []
    for menu in induced.menus:
        belief = menu.belief_of(np.arange(len(menu)))
        kept.append(belief[None, :] == menu.belief_of(menu.truth)[:, None])
    return tuple(kept)


def different(types: AgentTypes, among: Sequence[BoolArray] | None = None) -> tuple[BoolArray, ...]:
    """Return one report of each group that no payoff tells apart, the truth where it is in the group.

    Parameters
    ----------
    among : per seat ``(types, reports of the form)``, the groups to keep; all unless given.
    """
    groups = types.form.everything() if among is None else among
    kept = [
        np.zeros((len(mask), len(menu)), dtype=bool) for mask, menu in zip(groups, types.induced.menus, strict=True)
    ]
    for i, mask in enumerate(groups):
        for c, place in np.argwhere(mask).tolist():
            kept[i][c, types.report(i, c, place)] = True
    return tuple(kept)


def _strategy_name(induced: Induced, player: int, reports: Sequence[int]) -> str:
    """Return what a plan is called: the report of each type."""
    types, menu = induced.game.seats[player].names, induced.menus[player]
    return "; ".join(f"{types[cell]}: {menu.name(told, cell)}" for cell, told in enumerate(reports))


def _options(induced: Induced, reports: Sequence[BoolArray] | None) -> list[list[IntArray]]:
    """Return, by seat and type, the reports of the menu to choose among."""
    options = []
    for i, (seat, menu) in enumerate(zip(induced.game.seats, induced.menus, strict=True)):
        shape = (len(seat.types), len(menu))
        mask = np.ones(shape, dtype=bool) if reports is None else reports[i]
        if mask.shape != shape:
            raise ValueError(f"reports of seat {i} must be {shape} (types, menu), not {mask.shape}")
        if not mask.any(axis=1).all():
            raise ValueError(f"type {seat.names[int(mask.any(axis=1).argmin())]} of seat {i} is left without a report")
        options.append([np.flatnonzero(row) for row in mask])
    return options


def _check(induced: Induced, form: str, players: int, sizes: Sequence[int], limit: int) -> None:
    entries = players * math.prod(sizes)
    if len(sizes) > _AXES:
        raise ValueError(
            f"{induced.game.mechanism.name} {form} has {len(sizes)} players; arrays have {_AXES} axes at most"
        )
    if entries > limit:
        choosers = len(sizes) if form == "by type" else sum(len(seat.types) for seat in induced.game.seats)
        fits = max(1, math.floor((limit / players) ** (1 / choosers) + 1e-9))
        raise ValueError(
            f"{induced.game.mechanism.name} {form} has {entries:,} payoffs ({players} players, "
            f"{' x '.join(map(str, sizes))} strategies) and {limit:,} are allowed: some {fits} for each of the "
            f"{choosers} types; give fewer reports (survivors alone, fewer beliefs), or allow more"
        )


def _grid(induced: Induced, player: int, state: int, menus: Sequence[Sequence[IntArray]]) -> FloatArray:
    """Return one player's payoffs in a state, an axis for each seat's reports there."""
    told = [mine[cell] for mine, cell in zip(menus, induced.game.knowledge.cells[state], strict=True)]
    kind = int(induced.game.space.profiles[state, player])
    return induced.payoffs(player, kind, np.ix_(*told))


def _planned(
    induced: Induced, player: int, menus: Sequence[Sequence[IntArray]], places: Sequence[IntArray]
) -> FloatArray:
    total: FloatArray = np.zeros([len(place) for place in places])
    for state, weight in enumerate(induced.game.knowledge.opinions[player]):
        cells = induced.game.knowledge.cells[state]
        at = np.ix_(*(place[:, cell] for place, cell in zip(places, cells, strict=True)))
        total += weight * _grid(induced, player, state, menus)[at]
    return total


def _interim(
    induced: Induced, player: int, cell: int, menus: Sequence[Sequence[IntArray]],
    agents: Sequence[tuple[int, int]], sizes: Sequence[int],
) -> FloatArray:  # fmt: skip
    total: FloatArray = np.zeros(sizes)
    within, cells = induced.game.knowledge.within(player), induced.game.knowledge.cells
    for state in np.flatnonzero(cells[:, player] == cell):
        present = [cells[state, i] == c for i, c in agents]
        shape = [size if here else 1 for size, here in zip(sizes, present, strict=True)]
        total += within[state] * _grid(induced, player, int(state), menus).reshape(shape)
    return total
