"""The induced game on menus: every seat's payoff from every profile of reports, in tables that stay small.

A payoff is a sum of the mechanism's parts, each tabulated only over the announcements that it reads: M's is the
average over informants, L's a trade and a reward. A matrix of payoffs is put together where it is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agents.game import BLOCK, Game
from agents.menu import Menu, report_menu
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Part
from mechanisms.outcomes import Reports

MEMORY = 1 << 30
ROUNDING = 1e-11


@dataclass(frozen=True, eq=False)
class Term:
    """One part of a seat's payoff.

    Attributes
    ----------
    table : an axis for the seat's own true type (of length 1 where it does not matter), one for the announced value of
        each player in `part.values`, one for the place in the menu of the belief of each player in `part.beliefs`.
    """

    part: Part
    table: FloatArray


class Induced:
    """A game whose players choose their reports from finite menus.

    Parameters
    ----------
    menus : a menu for each seat; `report_menu` unless given.
    memory : bytes that the tables of one seat may take.

    Raises
    ------
    ValueError : when the game's states are not listed; when a table is looked up that would not fit, or a payoff is
        not finite.
    """

    def __init__(self, game: Game, *, menus: Sequence[Menu] | None = None, memory: int = MEMORY) -> None:
        game.check_listed()
        self.game = game
        self.menus = tuple(menus or map(report_menu, game.seats))
        self.memory = memory
        self._terms: dict[int, tuple[Term, ...]] = {}
        self._classes: dict[tuple[int, int], IntArray] = {}

    @property
    def players(self) -> int:
        """Number of seats."""
        return self.game.players

    def terms(self, player: int) -> tuple[Term, ...]:
        """Return the terms of a seat's payoff."""
        if player not in self._terms:
            self._check_size(player)
            parts = self.game.mechanism.parts(player)
            self._terms[player] = tuple(Term(part, self._table(player, part)) for part in parts)
        return self._terms[player]

    def payoffs(self, player: int, kind: int, profiles: Sequence[IntArray]) -> FloatArray:
        """Return what report profiles are worth to a seat of a true type.

        Parameters
        ----------
        kind : her true type.
        profiles : a report number, or an array of them, for each seat; they broadcast against each other.
        """
        values = [menu.value_of(told) for menu, told in zip(self.menus, profiles, strict=True)]
        beliefs = [menu.belief_of(told) for menu, told in zip(self.menus, profiles, strict=True)]
        total: FloatArray = np.zeros(np.broadcast_shapes(*(np.shape(told) for told in profiles)))
        for term in self.terms(player):
            own = kind if len(term.table) > 1 else 0
            read = [values[j] for j in term.part.values] + [beliefs[j] for j in term.part.beliefs]
            total += term.table[(own, *read)]
        return total

    @cached_property
    def rounding(self) -> float:
        """What a difference of payoffs must exceed to be more than rounding, given the largest payoff."""
        worth = max(float(table.max()) for table in self.game.environment.worth)
        tables = [abs(term.table).max() for i in range(self.players) for term in self.terms(i)]
        return ROUNDING * max(1.0, worth, *map(float, tables))

    def classes(self, player: int, other: int) -> IntArray:
        """Return ``(reports,)``: for each report of another seat, the first one that is the same to this seat."""
        if (player, other) not in self._classes:
            columns = [table for term in self.terms(player) if (table := self._by_report(term, other)) is not None]
            rows = np.concatenate(columns, axis=1) if columns else np.zeros((len(self.menus[other]), 0))
            first: dict[bytes, int] = {}
            self._classes[player, other] = np.array([first.setdefault(row.tobytes(), k) for k, row in enumerate(rows)])
        return self._classes[player, other]

    def _by_report(self, term: Term, other: int) -> FloatArray | None:
        """Return ``(reports of the other, entries)`` of a term's table, or None if it reads nothing of hers."""
        part, table = term.part, term.table
        axes = [1 + part.values.index(other)] if other in part.values else []
        axes += [1 + len(part.values) + part.beliefs.index(other)] if other in part.beliefs else []
        if not axes:
            return None
        front = np.moveaxis(table, axes, range(len(axes)))
        front = front.reshape(*front.shape[: len(axes)], -1)
        values, beliefs = len(self.menus[other].value_names), len(self.menus[other].beliefs)
        if other not in part.beliefs:
            front = np.repeat(front[:, None], beliefs, axis=1)
        elif other not in part.values:
            front = np.repeat(front[None], values, axis=0)
        return np.ascontiguousarray(front.reshape(values * beliefs, -1))

    def _check_size(self, player: int) -> None:
        entries = sum(self._entries(player, part) for part in self.game.mechanism.parts(player))
        if 8 * entries > self.memory:
            sizes = ", ".join(str(len(menu.beliefs)) for menu in self.menus)
            raise ValueError(
                f"seat {player}'s payoffs in {self.game.mechanism.name} take {8 * entries / 2**20:,.1f} MiB with menus "
                f"of {sizes} beliefs; {self.memory / 2**20:,.1f} MiB are allowed: allow more, or give fewer beliefs"
            )

    def _entries(self, player: int, part: Part) -> int:
        kinds = self.game.environment.shape[player] if part.trade else 1
        return kinds * math.prod(self._axes(part))

    def _axes(self, part: Part) -> tuple[int, ...]:
        values = [self.game.environment.shape[j] for j in part.values]
        return (*values, *(len(self.menus[j].beliefs) for j in part.beliefs))

    def _table(self, player: int, part: Part) -> FloatArray:
        axes = self._axes(part)
        kinds = self.game.environment.shape[player] if part.trade else 1
        table = np.empty((kinds, math.prod(axes)))
        for rows, reports in self.announcements(part):
            table[:, rows] = self._payoffs_of_rows(player, part, reports)
        if not np.isfinite(table).all():
            raise ValueError(
                f"seat {player}'s payoffs in {self.game.mechanism.name} are not all finite: its score punishes "
                "some belief of the menu without bound"
            )
        return table.reshape(kinds, *axes)

    def announcements(self, part: Part) -> Iterator[tuple[IntArray, Reports]]:
        """Yield, in blocks, all announcements that a part reads, others being anything; rows are numbered from 0."""
        axes = self._axes(part)
        for start in range(0, math.prod(axes), BLOCK):
            rows = np.arange(start, min(start + BLOCK, math.prod(axes)))
            read, split = np.unravel_index(rows, axes), len(part.values)
            values = np.zeros((len(rows), self.players), dtype=np.int64)
            values[:, list(part.values)] = np.column_stack(read[:split])
            beliefs = np.tile([menu.beliefs[0] for menu in self.menus], (len(rows), 1))
            for j, place in zip(part.beliefs, read[split:], strict=True):
                beliefs[:, j] = self.menus[j].beliefs[place]
            yield rows, Reports(values, beliefs, None if part.role is None else np.full(len(rows), part.role))

    def _payoffs_of_rows(self, player: int, part: Part, reports: Reports) -> FloatArray:
        """Return ``(types, rows)``: a part's worth."""
        outcomes = self.game.mechanism.expect(reports, of=player)
        worth: FloatArray = np.zeros((1, len(reports)))
        if part.trade:
            worth = (
                self.game.environment.worth_of_allocation[player] @ outcomes.allocation.T - outcomes.payments[:, player]
            )
        return part.chance * (worth + outcomes.rewards[:, player] if part.rewards else worth)
