"""Exact expected payoffs in an agent form, for many worlds at once.

Every world has mixes of its own. Each term of a payoff is contracted world by world, one player at a time, the seats
that play alike in all worlds first and once. A world's numbers do not depend on which others are worked out with it:
products of matrices are taken inside a world, never across worlds.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

import numpy as np

from agents.agent_form import AgentForm, AgentTerm, Mixes
from mechanisms.environment import FloatArray, IntArray

BLOCK = 1 << 19
WORLDS = 128


class Expectation:
    """Interim utilities against many profiles of mixes.

    Mixes are, per seat, ``(worlds, cells, reports)``; ``(1, cells, reports)`` where a seat plays alike in all worlds.

    Parameters
    ----------
    form : the game among types.
    fixed : seats that always play alike in all worlds. It saves work to know them; it may change the last bits, which
        the number of worlds never does.
    block : how many numbers of a kind are worked on at a time; it bounds the memory and changes no bit.
    """

    def __init__(self, form: AgentForm, *, fixed: Collection[int] = (), block: int = BLOCK) -> None:
        self.form = form
        self.fixed = frozenset(fixed)
        self.block = block
        self._routes: dict[tuple[int, int], _Route] = {}

    def utilities(self, player: int, mixes: Mixes) -> FloatArray:
        """Return ``(worlds, cells, reports)``: interim utility of each report of a seat, whose own mix is not read.

        Raises
        ------
        ValueError : if mixes have not the shape of the game, or differ in their numbers of worlds.
        """
        self._check(mixes)
        worlds = max(map(len, mixes))
        found = np.empty((worlds, *self.form.shapes[player]))
        differ = any(len(mix) > 1 for j, mix in enumerate(mixes) if j != player)
        step = self._step(player) if differ else worlds
        for start in range(0, worlds, step):
            part = slice(start, start + step)
            found[part] = self._utilities(player, [mix if len(mix) == 1 else mix[part] for mix in mixes])
        return found

    def gains(self, mixes: Mixes) -> tuple[FloatArray, ...]:
        """Return per seat ``(worlds, cells)``: the largest gain of each type by any report, zero up to rounding."""
        found = []
        for player, mix in enumerate(mixes):
            worth = self.utilities(player, mixes)
            gain = worth.max(axis=2) - np.vecdot(np.ascontiguousarray(mix), worth)
            found.append(np.where(gain < self.form.tolerance, 0.0, gain))
        return tuple(found)

    def nash_conv(self, mixes: Mixes) -> tuple[FloatArray, ...]:
        """Return per seat ``(worlds,)``: what a best response gains before types are known, by own opinion.

        The sum over seats is NashConv.
        """
        return tuple(np.vecdot(gain, mass) for gain, mass in zip(self.gains(mixes), self.form.masses, strict=True))

    def _utilities(self, player: int, mixes: Mixes) -> FloatArray:
        folds = _Folds(mixes)
        by_place: dict[bytes, tuple[IntArray, FloatArray]] = {}
        for number, term in enumerate(self.form.terms[player]):
            others = zip(term.players[1:], term.places[1:], strict=True)
            worth = self._route(player, number).expected([folds.of(j, places) for j, places in others])
            own = term.places[0]
            known = by_place.get(own.tobytes())
            by_place[own.tobytes()] = own, worth if known is None else known[1] + worth
        parts = (np.take(worth, own, axis=2) for own, worth in by_place.values())
        return sum(parts, start=np.zeros(self.form.shapes[player]))

    def _step(self, player: int) -> int:
        """Return how many worlds are worked on at a time."""
        sizes = (self._route(player, number).size for number in range(len(self.form.terms[player])))
        return max(1, min(WORLDS, self.block // max(sizes, default=1)))

    def _route(self, player: int, number: int) -> _Route:
        if (player, number) not in self._routes:
            term = self.form.terms[player][number]
            cells = [self.form.shapes[j][0] for j in term.players]
            fixed = [axis for axis, j in enumerate(term.players) if axis and j in self.fixed]
            self._routes[player, number] = _route(term, cells, fixed)
        return self._routes[player, number]

    def _check(self, mixes: Mixes) -> None:
        shapes = self.form.shapes
        if len(mixes) != len(shapes):
            raise ValueError(f"{len(shapes)} seats have mixes, not {len(mixes)}")
        for i, (mix, shape) in enumerate(zip(mixes, shapes, strict=True)):
            if mix.ndim != 3 or mix.shape[1:] != shape:
                raise ValueError(f"mixes of seat {i} are (worlds, {shape[0]}, {shape[1]}), not {mix.shape}")
            if i in self.fixed and len(mix) != 1:
                raise ValueError(f"seat {i} plays alike in all worlds, not in {len(mix)} ways")
        if len({len(mix) for mix in mixes} - {1}) > 1:
            raise ValueError(f"seats have mixes for {[len(mix) for mix in mixes]} worlds; all must have as many, or 1")


class _Folds:
    """Mixes over the places of an axis, each worked out once."""

    def __init__(self, mixes: Mixes) -> None:
        self._mixes = [np.ascontiguousarray(mix, dtype=float) for mix in mixes]
        self._known: dict[tuple[int, bytes], FloatArray] = {}

    def of(self, player: int, places: IntArray) -> FloatArray:
        """Return ``(worlds, cells, places)``: how likely a player's reports have each place."""
        key = player, places.tobytes()
        if key not in self._known:
            size, mix = int(places.max()) + 1, self._mixes[player]
            same = np.array_equal(places, np.arange(size))
            self._known[key] = mix if same else mix @ np.eye(size)[places]
        return self._known[key]


@dataclass(frozen=True, eq=False)
class _Level:
    """How the groups of states that some rows stand for split by the cell of one more player.

    Attributes
    ----------
    axis : the player's axis in the term.
    rows : how many rows split.
    cells : ``(rows, branches)`` her cell in each branch; a single row where it is the same in all.
    """

    axis: int
    rows: int
    cells: IntArray

    def spread(self, odds: FloatArray) -> FloatArray:
        """Return ``(worlds, rows or 1, branches, places)`` of odds ``(worlds, cells, places)``."""
        return odds[:, None] if len(self.cells) == 1 else odds[:, self.cells]


@dataclass(frozen=True, eq=False)
class _Route:
    """The order in which a term is summed over the others, with its table and weights laid out for that.

    Attributes
    ----------
    levels : the split of the owner's cells by the first other player, of the branches by the second, and so on.
    weights : ``(rows, branches)`` of the last: the owner's belief in the states; 0 in a branch that does not exist.
    tables : ``(own types or 1, places of the owner, *places of the others)`` in that order.
    kinds : per own type, the owner's cells in which that row of the table holds.
    alone : whether the first other player is the only one who may play differently in different worlds.
    """

    levels: tuple[_Level, ...]
    weights: FloatArray
    tables: FloatArray
    kinds: tuple[IntArray | slice, ...]
    alone: bool

    def expected(self, read: Sequence[FloatArray]) -> FloatArray:
        """Return ``(worlds or 1, cells, places of the owner)``: what the term is worth.

        Parameters
        ----------
        read : per other player ``(worlds or 1, cells, places)``, in the order of the term.
        """
        joint = self.weights[None]
        for at in reversed(range(int(self.alone), len(self.levels))):
            joint = self._joined(at, read[self.levels[at].axis - 1], joint)
        return self._against_one(read[self.levels[0].axis - 1], joint[0]) if self.alone else self._worth(joint)

    @cached_property
    def size(self) -> int:
        """How many numbers a world takes, at the widest."""
        return max((level.rows * self._width(at) for at, level in enumerate(self.levels)), default=1)

    @cached_property
    def effort(self) -> int:
        """How many products the sums over the others take in a world."""
        return sum(level.rows * level.cells.shape[1] * self._width(at) for at, level in enumerate(self.levels))

    @cached_property
    def _cells(self) -> int:
        return self.levels[0].rows if self.levels else len(self.weights)

    def _width(self, at: int) -> int:
        return math.prod(self.tables.shape[2 + at :])

    def _joined(self, at: int, odds: FloatArray, joint: FloatArray) -> FloatArray:
        """Return ``(worlds, rows, places)`` of one level's rows from those of the next, or from the weights."""
        odds = self.levels[at].spread(odds)
        if at < len(self.levels) - 1:
            branches = joint.reshape(len(joint), -1, odds.shape[2], joint.shape[2])
            joined = odds.swapaxes(2, 3) @ branches
        elif odds.shape[2] == 1:
            joined = odds * self.weights[:, :, None]
        elif odds.shape[1] == 1:
            joined = self.weights @ odds[:, 0]
        else:
            joined = self.weights[:, None] @ odds
        return joined.reshape(len(joined), -1, self._width(at))

    def _worth(self, joint: FloatArray) -> FloatArray:
        """Return ``(worlds, cells, places of the owner)`` given how likely each type thinks what is reported."""
        found = np.empty((len(joint), self._cells, self.tables.shape[1]))
        for table, cells in zip(self.tables, self.kinds, strict=True):
            found[:, cells] = joint[:, cells] @ table.reshape(len(table), -1).T
        return found

    def _against_one(self, odds: FloatArray, joint: FloatArray) -> FloatArray:
        """Return the same where only the first player's odds differ, given ``(rows, places)`` of the others."""
        odds = self.levels[0].spread(odds)
        own, hers = self.tables.shape[1:3]
        rest = joint.reshape(self._cells, -1, joint.shape[1])
        weighed = np.empty((self._cells, own, rest.shape[1], hers))
        for table, cells in zip(self.tables, self.kinds, strict=True):
            told = table.reshape(own, 1, hers, -1) @ rest[cells][:, None, :, :, None]
            weighed[cells] = told[..., 0]
        if odds.shape[1] == 1:
            weighed = weighed.reshape(1, self._cells * own, *weighed.shape[2:])
        worth = weighed.reshape(*weighed.shape[:2], -1) @ odds.reshape(*odds.shape[:2], -1, 1)
        return worth.reshape(len(odds), self._cells, own)


def _route(term: AgentTerm, cells: Sequence[int], fixed: Sequence[int]) -> _Route:
    """Return the cheapest order in which the axes in `fixed` are summed first; the players have so many cells."""
    free = [axis for axis in range(1, len(term.players)) if axis not in fixed]
    alone = len(free) == 1 and len(fixed) > 0
    orders = [(*first, *last) for first in permutations(free) for last in permutations(fixed)]
    return min((_laid_out(term, cells, order, alone=alone) for order in orders), key=lambda route: route.effort)


def _laid_out(term: AgentTerm, cells: Sequence[int], order: Sequence[int], *, alone: bool) -> _Route:
    rows = term.spots[:, 0]
    levels, count, branches = [], len(term.kinds), 1
    for axis in order:
        split, place = np.unique(np.stack([rows, term.spots[:, axis]], axis=1), axis=0, return_inverse=True)
        first = np.searchsorted(split[:, 0], np.arange(count))
        slot = np.arange(len(split)) - first[split[:, 0]]
        branches = int(slot.max()) + 1
        if 2 * branches >= cells[axis]:
            branches, slot = cells[axis], split[:, 1]
            table = np.arange(branches)[None]
        else:
            table = np.zeros((count, branches), dtype=np.int64)
            table[split[:, 0], slot] = split[:, 1]
        levels.append(_Level(axis, count, table))
        rows = (split[:, 0] * branches + slot)[place.reshape(-1)]
        count *= branches
    weights = np.bincount(rows, term.weights, count).astype(float).reshape(-1, branches)
    tables = np.ascontiguousarray(term.table.transpose(0, 1, *(1 + axis for axis in order)))
    kinds = tuple(_run(np.flatnonzero(term.kinds == kind)) for kind in range(len(tables)))
    return _Route(tuple(levels), weights, tables, kinds, alone)


def _run(cells: IntArray) -> IntArray | slice:
    """Return the slice that takes those cells, if they follow each other: it makes no copy."""
    follow = len(cells) > 0 and int(cells[-1]) - int(cells[0]) == len(cells) - 1
    return slice(int(cells[0]), int(cells[-1]) + 1) if follow else cells
