"""The search for pure equilibria among types: conditional dominance, branching, and blocks of best replies.

A report is struck out while some report of the menu is better whatever the types left report, which loses no
equilibrium. Where few profiles remain, all seats but one are enumerated and the last one replies; otherwise a type's
reports are tried one by one. What the search may examine is bounded; best-reply dynamics need no bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from agents.agent_form import AgentForm, digits
from analysis.equilibrium.conditional import Left, strike
from mechanisms.environment import BoolArray, FloatArray, IntArray

LEAF = 1 << 12
BLOCK = 1 << 12
NODE = 50  # what a branch costs, in profiles examined
COMPARED = 1000  # payoffs compared in striking out that count as one profile examined
Alive = tuple[BoolArray, ...]
Chosen = list[IntArray]


@dataclass
class Search:
    """A bounded search of all pure equilibria.

    Attributes
    ----------
    left : how many profiles may still be examined; below zero once something was left out.
    most : how many equilibria are kept.
    found : per equilibrium, per seat ``(cells,)`` reports.
    """

    form: AgentForm
    left: int
    most: int
    found: list[Chosen] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing was left out so far."""
        return self.left >= 0 and len(self.found) <= self.most

    def run(self, left: Left) -> None:
        """Search what is left, struck out already."""
        if not self.complete or left.impossible:
            return
        sizes = left.sizes
        profiles = [math.prod(size.tolist()) for size in sizes]
        replying = int(np.argmax(profiles))
        if math.prod(profiles) // profiles[replying] <= LEAF:
            self._enumerate(left.alive, replying)
            return
        several = [agent for agent in self.form.agents if sizes[agent[0]][agent[1]] > 1]
        i, c = min(several, key=lambda agent: sizes[agent[0]][agent[1]])
        for place in np.flatnonzero(left.alive[i][c]).tolist():
            if not self.complete:
                return
            child = strike(self.form, left.only(i, c, place), changed=(i, c))
            self.left -= NODE + child.work // COMPARED
            self.run(child)

    def _enumerate(self, alive: Alive, replying: int) -> None:
        others = [agent for agent in self.form.agents if agent[0] != replying]
        options = [np.flatnonzero(alive[i][c]) for i, c in others]
        shape = tuple(map(len, options))
        for start in range(0, math.prod(shape), BLOCK):
            if not self.complete:
                return
            rows = np.arange(start, min(start + BLOCK, math.prod(shape)))
            places = digits(rows, shape).T
            chosen = [np.zeros((len(rows), cells), dtype=np.int64) for cells, _ in self.form.shapes]
            for (i, c), option, place in zip(others, options, places, strict=True):
                chosen[i][:, c] = option[place]
            for block in self._replied(chosen, replying, alive):
                self._keep(block, others)

    def _replied(self, chosen: Chosen, replying: int, alive: Alive) -> Iterator[Chosen]:
        """Yield the profiles, each with every combination of best replies of one seat, in blocks."""
        cells = self.form.shapes[replying][0]
        best = [_best(self.form, replying, c, chosen) & alive[replying][c] for c in range(cells)]
        fan = np.prod([mask.sum(axis=1, dtype=float) for mask in best], axis=0)
        self.left -= len(fan)
        for rows in _cut(fan):
            if fan[rows].sum() > max(self.left, 0):
                self.left = -1
                return
            self.left -= int(fan[rows].sum())
            at = rows
            told = np.zeros((len(rows), 0), dtype=np.int64)
            for mask in best:
                spread, reply = np.nonzero(mask[at])
                at, told = at[spread], np.column_stack([told[spread], reply])
            yield [told if j == replying else mine[at] for j, mine in enumerate(chosen)]

    def _keep(self, chosen: Chosen, agents: Sequence[tuple[int, int]]) -> None:
        """Keep the profiles in which those agents reply best too."""
        for i, c in agents:
            if not len(chosen[0]):
                return
            good = _best(self.form, i, c, chosen)[np.arange(len(chosen[0])), chosen[i][:, c]]
            chosen = [mine[good] for mine in chosen]
        room = self.most + 1 - len(self.found)
        self.found += [[mine[row] for mine in chosen] for row in range(min(len(chosen[0]), room))]
        if len(self.found) > self.most:
            self.left = -1


def _best(form: AgentForm, player: int, cell: int, chosen: Chosen) -> BoolArray:
    """Return ``(profiles, reports)``: the best replies, up to rounding, among all reports."""
    worth = form.replies(player, cell, chosen)
    best: BoolArray = worth >= worth.max(axis=1, keepdims=True) - form.tolerance
    return best


def _cut(fan: FloatArray) -> Iterator[IntArray]:
    """Yield the rows that fan out to at least one, in runs of about a block or of a single row."""
    rows = np.flatnonzero(fan)
    ends = np.cumsum(fan[rows]) // BLOCK
    for run in np.unique(ends):
        yield rows[ends == run]


def dynamics(
    form: AgentForm, alive: Alive, rng: np.random.Generator, *, starts: int, rounds: int = 200
) -> list[Chosen]:
    """Return the equilibria in what is alive that best replies, type by type, reach from random profiles of it."""
    chosen = [np.stack([rng.choice(np.flatnonzero(row), starts) for row in mask], axis=1) for mask in alive]
    for _ in range(rounds):
        moved = np.zeros(starts, dtype=bool)
        for i, c in form.agents:
            best = _best(form, i, c, chosen)
            stays = best[np.arange(starts), chosen[i][:, c]]
            chosen[i][:, c] = np.where(stays, chosen[i][:, c], best.argmax(axis=1))
            moved |= ~stays
        if not moved.any():
            break
    for mask, mine in zip(alive, chosen, strict=True):
        moved |= ~mask[np.arange(len(mask)), mine].all(axis=1)
    rows = np.unique(np.concatenate([mine[~moved] for mine in chosen], axis=1), axis=0)
    ends = np.cumsum([cells for cells, _ in form.shapes])[:-1]
    return [np.split(row, ends) for row in rows]
