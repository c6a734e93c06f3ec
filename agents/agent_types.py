"""The agent form of an induced game, and what its types and reports are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.agent_form import AgentForm, AgentTerm
from agents.induced import Induced, Term
from agents.plan import Plan, pure_plan
from mechanisms.environment import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class AgentTypes:
    """An induced game among types, reports that no payoff tells apart being one.

    Attributes
    ----------
    form : the payoffs.
    groups : per seat, ``(menu,)`` which report of the form each report of the menu is.
    first : per seat, ``(reports,)`` the first report of the menu in each group.
    truth : per seat, ``(cells,)`` the group of the truthful report.
    """

    induced: Induced
    form: AgentForm
    groups: tuple[IntArray, ...]
    first: tuple[IntArray, ...]
    truth: tuple[IntArray, ...]

    def report(self, player: int, cell: int, place: int) -> int:
        """Return the menu's number of a report: the truth, where that is one of the equivalent ones."""
        honest = self.truth[player][cell] == place
        return int(self.induced.menus[player].truth[cell] if honest else self.first[player][place])

    def name(self, player: int, cell: int, place: int) -> str:
        """Return what a report of a type is called."""
        return self.induced.menus[player].name(self.report(player, cell, place), cell)

    def type_name(self, player: int, cell: int) -> str:
        """Return what a type is called."""
        return self.induced.game.seats[player].names[cell]

    def plans(self, chosen: Sequence[IntArray]) -> tuple[Plan, ...]:
        """Return the plans that report, per seat, ``(cells,)`` for sure."""
        plans = []
        for i, (seat, menu) in enumerate(zip(self.induced.game.seats, self.induced.menus, strict=True)):
            told = np.array([self.report(i, c, int(place)) for c, place in enumerate(chosen[i])])
            beliefs = menu.beliefs[menu.belief_of(told)]
            plans.append(pure_plan(seat.information, menu.value_of(told), beliefs, seat.menu_size))
        return tuple(plans)

    def truthful_share(self, mixes: Sequence[FloatArray]) -> float:
        """Return the expected share of the seats that report the truth or something equivalent, under D."""
        game, shares = self.induced.game, []
        for seat, mix, truth in zip(game.seats, mixes, self.truth, strict=True):
            mass = np.bincount(seat.information, game.space.weights)
            shares.append(float(mass @ mix[np.arange(len(truth)), truth]))
        return float(np.mean(shares))

    def among(self, allowed: Sequence[BoolArray] | None) -> tuple[BoolArray, ...]:
        """Return per seat ``(cells, reports)``: the groups with a member in ``(cells, menu)``; all unless given."""
        if allowed is None:
            return self.form.everything()
        kept = tuple(np.zeros(shape, dtype=bool) for shape in self.form.shapes)
        for mine, mask, group, shape in zip(kept, allowed, self.groups, self.form.shapes, strict=True):
            if mask.shape != (shape[0], len(group)):
                raise ValueError(f"reports of a seat are {(shape[0], len(group))} (types, menu), not {mask.shape}")
            cell, told = np.nonzero(mask)
            mine[cell, group[told]] = True
        return kept


def agent_types(induced: Induced) -> AgentTypes:
    """Return the agent form of an induced game."""
    terms = [[_agent_term(induced, i, term) for term in induced.terms(i)] for i in range(induced.players)]
    groups = tuple(_groups(terms, j, len(menu)) for j, menu in enumerate(induced.menus))
    first = tuple(np.unique(group, return_index=True)[1] for group in groups)
    knowledge = induced.game.knowledge
    form = AgentForm(
        terms=tuple(tuple(_kept(term, first) for term in mine) for mine in terms),
        counts=tuple(np.bincount(group) for group in groups),
        masses=tuple(
            np.bincount(cells, mine).astype(float)
            for cells, mine in zip(knowledge.cells.T, knowledge.opinions, strict=True)
        ),
    )
    truth = tuple(group[menu.truth] for group, menu in zip(groups, induced.menus, strict=True))
    return AgentTypes(induced, form, groups, first, truth)


def _agent_term(induced: Induced, owner: int, term: Term) -> AgentTerm:
    """Return a term with one axis a player, equal slices being one place."""
    part, menus = term.part, induced.menus
    players = (owner, *sorted({*part.values, *part.beliefs} - {owner}))
    order, places = [0], []
    for j in players:
        place = np.zeros(len(menus[j]), dtype=np.int64)
        if j in part.values:
            order.append(1 + part.values.index(j))
            place = menus[j].value_of(np.arange(len(menus[j])))
        if j in part.beliefs:
            order.append(1 + len(part.values) + part.beliefs.index(j))
            place = place * len(menus[j].beliefs) + menus[j].belief_of(np.arange(len(menus[j])))
        places.append(place)
    sizes = [int(place.max()) + 1 for place in places]
    table = (term.table + 0.0).transpose(order).reshape(len(term.table), *sizes)  # + 0.0 leaves no -0.0
    for axis in range(len(players)):
        table, merged = _merged(table, axis + 1)
        places[axis] = merged[places[axis]]
    types = induced.game.seats[owner].types
    knowledge = induced.game.knowledge
    spots, group = np.unique(knowledge.cells[:, list(players)], axis=0, return_inverse=True)
    weights = np.bincount(group.reshape(-1), knowledge.within(owner)).astype(float)
    return AgentTerm(players, table, tuple(places), types if len(table) > 1 else 0 * types, spots, weights)


def _merged(table: FloatArray, axis: int) -> tuple[FloatArray, IntArray]:
    """Return the table with equal slices kept once, and where each slice went."""
    rows = np.ascontiguousarray(np.moveaxis(table, axis, 0)).reshape(table.shape[axis], -1)
    group = _numbered(rows)
    first = np.unique(group, return_index=True)[1]
    return np.ascontiguousarray(table.take(first, axis)), group


def _groups(terms: Sequence[Sequence[AgentTerm]], player: int, size: int) -> IntArray:
    """Return ``(menu,)``: groups of reports that no term of anybody's payoff tells apart."""
    read = [term.places[term.players.index(player)] for mine in terms for term in mine if player in term.players]
    return _numbered(np.stack([np.zeros(size, dtype=np.int64), *read], axis=1))


def _numbered(rows: FloatArray | IntArray) -> IntArray:
    """Return ``(rows,)``: equal rows have one number, in order of the first."""
    first: dict[bytes, int] = {}
    return np.array([first.setdefault(row.tobytes(), len(first)) for row in rows])


def _kept(term: AgentTerm, first: Sequence[IntArray]) -> AgentTerm:
    places = tuple(place[first[j]] for place, j in zip(term.places, term.players, strict=True))
    return AgentTerm(term.players, term.table, places, term.kinds, term.spots, term.weights)
