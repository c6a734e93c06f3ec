"""What every option of a seat would earn against the others' announcements: tables to look up in many worlds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from agents.induced import Induced, Term
from agents.learning.options import Options
from agents.menu import Menu
from mechanisms.environment import FloatArray, IntArray


class Stakes:
    """The payoffs at stake for a seat: ``(options,)`` for each of its contexts and the others' announcements.

    Terms that read the same announcements of the others share a table, a row of which is what is looked up.

    Parameters
    ----------
    induced : the game on menus that hold everything that can be announced.
    player : whose options they are.
    options, cells : what they are, and the seat's type in each context.
    owners : whose payoffs are added up: the seat itself, or its ring.
    kinds : ``(contexts, owners)`` their true types.

    Attributes
    ----------
    reports : ``(contexts, options)`` the number of each option in the seat's menu.
    low, high : ``(contexts,)`` the lowest and the highest payoff, coins in expectation, whatever the others announce;
        wider only where tables that read different things would not fit together.

    Raises
    ------
    ValueError : if the tables would not fit in the induced game's memory.
    """

    def __init__(
        self,
        induced: Induced,
        player: int,
        options: Options,
        cells: IntArray,
        *,
        owners: Sequence[int],
        kinds: IntArray,
    ) -> None:
        self.player = player
        self.reports = _numbers(induced.menus[player], options)[cells]
        terms: dict[tuple[tuple[int, ...], tuple[int, ...]], list[tuple[Term, IntArray]]] = {}
        for owner, kind in zip(owners, kinds.T, strict=True):
            for term in induced.terms(owner):
                read = tuple(tuple(j for j in who if j != player) for who in (term.part.values, term.part.beliefs))
                terms.setdefault((read[0], read[1]), []).append((term, kind))
        self._check_size(induced, list(terms))
        self._tables = [_Table(induced, player, read[0], read[1], parts, self.reports) for read, parts in terms.items()]
        self.low, self.high = _extremes(self._tables, induced.memory)

    def payoffs(self, contexts: IntArray, values: IntArray, places: IntArray) -> FloatArray:
        """Return ``(worlds, options)``: what every option earns, the house's coins in expectation.

        Parameters
        ----------
        contexts : ``(worlds,)`` the seat's own.
        values, places : ``(worlds, players)`` types announced, and the places of the beliefs in the menus; the seat's
            own are not read.
        """
        first, *rest = self._tables
        worth = first.look_up(contexts, values, places)
        for table in rest:
            worth += table.look_up(contexts, values, places)
        return worth

    def _check_size(self, induced: Induced, reads: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> None:
        shape, menus = induced.game.environment.shape, induced.menus
        entries = sum(
            math.prod(shape[j] for j in values) * math.prod(len(menus[j].beliefs) for j in beliefs)
            for values, beliefs in reads
        )
        size, options = 8 * entries * self.reports.size, self.reports.shape[1]
        if size > induced.memory:
            raise ValueError(
                f"what seat {self.player}'s {options} reports earn takes {size / 2**20:,.1f} MiB of tables; "
                f"{induced.memory / 2**20:,.1f} MiB are allowed: allow more, or give learners fewer beliefs"
            )


class _Table:
    """The terms of some payoffs that read the same announcements of the others."""

    def __init__(
        self,
        induced: Induced,
        player: int,
        values: tuple[int, ...],
        beliefs: tuple[int, ...],
        parts: Sequence[tuple[Term, IntArray]],
        reports: IntArray,
    ) -> None:
        self._values, self._beliefs = values, beliefs
        menu = induced.menus[player]
        self._sizes = [induced.game.environment.shape[j] for j in values]
        self._sizes += [len(induced.menus[j].beliefs) for j in beliefs]
        self.rows: FloatArray = np.zeros((len(reports), math.prod(self._sizes), reports.shape[1]))
        for term, kinds in parts:
            table = _own_last(term, player)
            value = menu.value_of(reports) if player in term.part.values else np.zeros_like(reports)
            belief = menu.belief_of(reports) if player in term.part.beliefs else np.zeros_like(reports)
            for context, kind in enumerate(kinds):
                mine = table[kind if len(table) > 1 else 0]
                self.rows[context] += mine[:, value[context], belief[context]]
        self._flat = self.rows.reshape(-1, reports.shape[1])

    @property
    def axes(self) -> dict[tuple[str, int], int]:
        """What is read, the value or the belief of which player, with the number of different ones."""
        names = [("value", j) for j in self._values] + [("belief", j) for j in self._beliefs]
        return dict(zip(names, self._sizes, strict=True))

    def spread(self, context: int, sizes: Mapping[tuple[str, int], int]) -> FloatArray:
        """Return a context's payoffs with an axis for each of `sizes`, of length 1 if it is not read, options last."""
        names = list(self.axes)
        order = sorted(range(len(names)), key=lambda k: names[k])
        table = self.rows[context].reshape(*self._sizes, -1).transpose(*order, len(names))
        return table.reshape(*(size if name in self.axes else 1 for name, size in sizes.items()), -1)

    def look_up(self, contexts: IntArray, values: IntArray, places: IntArray) -> FloatArray:
        """Return ``(worlds, options)``."""
        read = [values[:, j] for j in self._values] + [places[:, j] for j in self._beliefs]
        row = contexts
        for size, told in zip(self._sizes, read, strict=True):
            row = row * size + told
        found: FloatArray = self._flat.take(row, axis=0)
        return found


def _extremes(tables: Sequence[_Table], memory: int) -> tuple[FloatArray, FloatArray]:
    """Return ``(contexts,)`` each: the least and the most that the tables add up to."""
    sizes = dict(sorted({axis: size for table in tables for axis, size in table.axes.items()}.items()))
    contexts, _, options = tables[0].rows.shape
    if 8 * options * math.prod(sizes.values()) > memory:
        lows, highs = [t.rows.min(axis=(1, 2)) for t in tables], [t.rows.max(axis=(1, 2)) for t in tables]
        return np.sum(lows, axis=0), np.sum(highs, axis=0)
    low, high = np.zeros(contexts), np.zeros(contexts)
    for context in range(contexts):
        total: FloatArray = np.zeros((*sizes.values(), options))
        for table in tables:
            total += table.spread(context, sizes)
        low[context], high[context] = total.min(), total.max()
    return low, high


def _own_last(term: Term, player: int) -> FloatArray:
    """Return ``(types or 1, others' announcements, own values or 1, own beliefs or 1)`` of a term's table."""
    part, table = term.part, term.table
    axes = [1 + k for k, j in enumerate((*part.values, *part.beliefs)) if j != player]
    own = [1 + part.values.index(player)] if player in part.values else []
    own += [1 + len(part.values) + part.beliefs.index(player)] if player in part.beliefs else []
    shape = [table.shape[axis] for axis in own]
    if player not in part.values:
        shape.insert(0, 1)
    if player not in part.beliefs:
        shape.append(1)
    return table.transpose(0, *axes, *own).reshape(len(table), -1, *shape)


def _numbers(menu: Menu, options: Options) -> IntArray:
    """Return ``(cells, options)``: the number of each option in a menu."""
    place = {belief: k for k, belief in enumerate(menu.beliefs.tolist())}
    if len(menu.beliefs) == 1:
        return options.values.copy()
    told = np.array([[place[belief] for belief in row] for row in options.beliefs.tolist()])
    return options.values * len(menu.beliefs) + told
