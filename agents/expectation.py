"""Exact expected payoffs in an agent form, for many worlds at once.

Every world has mixes of its own. Each term of a payoff is contracted world by world, one player at a time, the seats
that play alike in all worlds first and once. A world's numbers do not depend on which others are worked out with it:
products of matrices are taken inside a world, never across worlds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from agents.agent_form import AgentForm, AgentTerm, Mixes
from agents.agent_types import AgentTypes
from mechanisms.environment import FloatArray, IntArray

BLOCK = 1 << 16


class Expectation:
    """Interim utilities against many profiles of mixes.

    Mixes are, per seat, ``(worlds, cells, reports)``, or ``(1, cells, reports)`` where a seat plays alike in all worlds.

    Parameters
    ----------
    form : the game among types.
    block : how many numbers of a kind are worked on at a time; it bounds the memory and changes no result.
    """

    def __init__(self, form: AgentForm, *, block: int = BLOCK) -> None:
        self.form = form
        self.block = block
        self._routes: dict[tuple[int, int, tuple[int, ...]], _Route] = {}

    def utilities(self, player: int, mixes: Mixes) -> FloatArray:
        """Return ``(worlds, cells, reports)``: interim utility of each report of a seat, whose own mix is not read.

        Raises
        ------
        ValueError : if mixes have not the shape of the game, or differ in their numbers of worlds.
        """
        return self._utilities(player, self._checked(mixes), {})

    def gains(self, mixes: Mixes) -> tuple[FloatArray, ...]:
        """Return per seat ``(worlds, cells)``: the largest gain of each type by any report, zero up to rounding."""
        mixes = self._checked(mixes)
        folds: _Folds = {}
        return tuple(self._gain(i, mixes, folds) for i in range(self.form.players))

    def nash_conv(self, mixes: Mixes) -> tuple[FloatArray, ...]:
        """Return per seat ``(worlds,)``: what a best response gains before types are known, by own opinion.

        The sum over seats is NashConv.
        """
        return tuple(np.vecdot(gain, mass) for gain, mass in zip(self.gains(mixes), self.form.masses, strict=True))

    def _gain(self, player: int, mixes: Mixes, folds: _Folds) -> FloatArray:
        worth = self._utilities(player, mixes, folds)
        gain: FloatArray = worth.max(axis=2) - np.vecdot(mixes[player], worth)
        return np.where(gain < self.form.tolerance, 0.0, gain)

    def _utilities(self, player: int, mixes: Mixes, folds: _Folds) -> FloatArray:
        worlds = max(map(len, mixes))
        by_place: dict[bytes, tuple[IntArray, FloatArray]] = {}
        for number, term in enumerate(self.form.terms[player]):
            read = [
                _folded(mixes[j], j, place, folds) for j, place in zip(term.players[1:], term.places[1:], strict=True)
            ]
            worth = self._route(player, number, read).expected(read, self.block)
            place = term.places[0]
            known = by_place.get(place.tobytes())
            by_place[place.tobytes()] = (place, worth if known is None else known[1] + worth)
        total: FloatArray = np.zeros((worlds, *self.form.shapes[player]))
        for place, worth in by_place.values():
            total += np.take(worth, place, axis=2)
        return total

    def _route(self, player: int, number: int, read: Sequence[FloatArray]) -> _Route:
        fixed = tuple(axis for axis, odds in enumerate(read, start=1) if len(odds) == 1)
        key = player, number, fixed
        if key not in self._routes:
            self._routes[key] = _route(self.form.terms[player][number], [odds.shape[1] for odds in read], fixed)
        return self._routes[key]

    def _checked(self, mixes: Mixes) -> list[FloatArray]:
        shapes = self.form.shapes
        if len(mixes) != len(shapes):
            raise ValueError(f"{len(shapes)} seats have mixes, not {len(mixes)}")
        for i, (mix, shape) in enumerate(zip(mixes, shapes, strict=True)):
            if mix.ndim != 3 or mix.shape[1:] != shape:
                raise ValueError(f"mixes of seat {i} are (worlds, {shape[0]}, {shape[1]}), not {mix.shape}")
        if len({len(mix) for mix in mixes} - {1}) > 1:
            raise ValueError(f"seats have mixes for {[len(mix) for mix in mixes]} worlds; all must have as many, or 1")
        return [np.ascontiguousarray(mix, dtype=float) for mix in mixes]


def fold(types: AgentTypes, policies: Mixes) -> tuple[FloatArray, ...]:
    """Return per seat ``(worlds, cells, reports)`` of mixes ``(worlds, cells, menu)``: equivalent reports are added up."""
    return tuple(
        np.ascontiguousarray(policy, dtype=float) @ np.eye(len(first))[group]
        for policy, group, first in zip(policies, types.groups, types.first, strict=True)
    )


def unfold(types: AgentTypes, player: int, utilities: FloatArray) -> FloatArray:
    """Return ``(worlds, cells, menu)`` of utilities ``(worlds, cells, reports)``: equivalent reports are worth the same."""
    return np.take(utilities, types.groups[player], axis=2)


_Folds = dict[tuple[int, bytes], FloatArray]


def _folded(mix: FloatArray, player: int, place: IntArray, folds: _Folds) -> FloatArray:
    """Return ``(worlds, cells, places)``: how likely each place of an axis is."""
    key = player, place.tobytes()
    if key not in folds:
        size = int(place.max()) + 1
        same = size == len(place) and (place == np.arange(size)).all()
        folds[key] = mix if same else mix @ np.eye(size)[place]
    return folds[key]


@dataclass(frozen=True, eq=False)
class _Level:
    """How the groups of states that some rows stand for split by the cell of one more player.

    Attributes
    ----------
    axis : the player's axis in the term.
    cells : ``(rows, branches)`` her cell in each branch; a single row where it is the same in all.
    """

    axis: int
    cells: IntArray

    def odds(self, read: Sequence[FloatArray]) -> FloatArray:
        """Return ``(worlds, rows or 1, branches, places)``: how likely she reports what, in each branch."""
        mine = read[self.axis - 1]
        return mine[:, None] if len(self.cells) == 1 else mine[:, self.cells]


@dataclass(frozen=True, eq=False)
class _Route:
    """The order in which a term is summed over the others, with its table and weights laid out for that.

    Attributes
    ----------
    levels : the split of the owner's cells by the first other player, of the branches by the second, and so on.
    weights : ``(rows, branches)`` of the last: the owner's belief in the states; 0 in a branch that does not exist.
    tables : ``(own types or 1, places of the owner, *places of the others)`` in that order.
    kinds : per own type, the owner's cells in which that row of the table holds.
    """

    levels: tuple[_Level, ...]
    weights: FloatArray
    tables: FloatArray
    kinds: tuple[IntArray, ...]

    def expected(self, read: Sequence[FloatArray], block: int) -> FloatArray:
        """Return ``(worlds or 1, cells, places of the owner)``: what the term is worth.

        Parameters
        ----------
        read : per other player ``(worlds or 1, cells, places)``, in the order of the term.
        """
        free = sum(len(read[level.axis - 1]) > 1 for level in self.levels)
        joint = self.weights[None]
        for at in reversed(range(free, len(self.levels))):
            joint = self._joined(at, read, joint)
        if free == 0:
            return self._worth(joint)
        if free == 1 and len(self.levels) > 1:
            return self._against_one(read, joint[0])
        worlds = max(map(len, read))
        step = max(1, block // (self._cells * math.prod(self.tables.shape[2:])))
        found = np.empty((worlds, self._cells, self.tables.shape[1]))
        for start in range(0, worlds, step):
            here = [odds[start : start + step] if len(odds) > 1 else odds for odds in read]
            part = joint
            for at in reversed(range(free)):
                part = self._joined(at, here, part)
            found[start : start + step] = self._worth(part)
        return found

    @property
    def _cells(self) -> int:
        return sum(map(len, self.kinds))

    def _joined(self, at: int, read: Sequence[FloatArray], joint: FloatArray) -> FloatArray:
        """Return ``(worlds, rows, places)`` of one level's rows from those of the next, or from the weights."""
        odds = self.levels[at].odds(read)
        if at < len(self.levels) - 1:
            branches = joint.reshape(len(joint), -1, odds.shape[2], joint.shape[2])
            joined = odds.swapaxes(2, 3) @ branches
        elif odds.shape[2] == 1:
            joined = odds * self.weights[:, :, None]
        elif odds.shape[1] == 1:
            joined = self.weights @ odds[:, 0]
        else:
            joined = self.weights[:, None] @ odds
        return joined.reshape(len(joined), -1, math.prod(self.tables.shape[2 + at :]))

    def _worth(self, joint: FloatArray) -> FloatArray:
        """Return ``(worlds, cells, places of the owner)`` given how likely each type thinks what is reported."""
        found = np.empty((len(joint), self._cells, self.tables.shape[1]))
        for table, cells in zip(self.tables, self.kinds, strict=True):
            found[:, cells] = joint[:, cells] @ table.reshape(len(table), -1).T
        return found

    def _against_one(self, read: Sequence[FloatArray], joint: FloatArray) -> FloatArray:
        """Return the same where only the first player differs between worlds; `joint` is ``(rows, places)`` of the rest."""
        level = self.levels[0]
        odds = level.odds(read)
        own, hers = self.tables.shape[1:3]
        rest = joint.reshape(self._cells, -1, joint.shape[1])
        weighed = np.empty((self._cells, own, rest.shape[1], hers))
        for table, cells in zip(self.tables, self.kinds, strict=True):
            told = table.reshape(own, 1, hers, -1) @ rest[cells][:, None, :, :, None]
            weighed[cells] = told[..., 0]
        odds = odds.reshape(len(odds), odds.shape[1], -1, 1)
        return (weighed.reshape(self._cells, own, -1) @ odds)[..., 0]


def _route(term: AgentTerm, cells: Sequence[int], fixed: tuple[int, ...]) -> _Route:
    """Return the cheapest order in which the axes in `fixed` are summed first, the others having so many cells."""
    free = [axis for axis in range(1, len(term.players)) if axis not in fixed]
    orders = [(*first, *last) for first in permutations(free) for last in permutations(fixed)]
    return min((_laid_out(term, cells, order) for order in orders), key=_effort)


def _laid_out(term: AgentTerm, cells: Sequence[int], order: Sequence[int]) -> _Route:
    rows = term.spots[:, 0]
    levels, count, branches = [], len(term.kinds), 1
    for axis in order:
        split, place = np.unique(np.stack([rows, term.spots[:, axis]], axis=1), axis=0, return_inverse=True)
        first = np.searchsorted(split[:, 0], np.arange(count))
        slot = np.arange(len(split)) - first[split[:, 0]]
        branches = int(slot.max()) + 1
        if 2 * branches >= cells[axis - 1]:
            branches, slot = cells[axis - 1], split[:, 1]
            table = np.arange(branches)[None]
        else:
            table = np.zeros((count, branches), dtype=np.int64)
            table[split[:, 0], slot] = split[:, 1]
        levels.append(_Level(axis, table))
        rows = (split[:, 0] * branches + slot)[place.reshape(-1)]
        count *= branches
    weights = np.bincount(rows, term.weights, count).reshape(-1, branches)
    tables = np.ascontiguousarray(term.table.transpose(0, 1, *(1 + axis for axis in order)))
    kinds = tuple(np.flatnonzero(term.kinds == kind) for kind in range(len(tables)))
    return _Route(tuple(levels), weights, tables, kinds)


def _effort(route: _Route) -> int:
    """Return how many products the sums over the others take."""
    effort, rows = 0, len(route.weights)
    for at in reversed(range(len(route.levels))):
        branches = route.levels[at].cells.shape[1]
        effort += rows * branches * math.prod(route.tables.shape[2 + at :])
        rows //= route.levels[at - 1].cells.shape[1] if at else 1
    return effort
