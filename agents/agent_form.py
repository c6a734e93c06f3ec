"""The agent form of an induced game: every type of every seat chooses a report of her own.

Interim payoffs are contracted from tables against what the other types report, pure or mixed [Selten1975]_. Reports
that are the same to everybody are one report here, with the number that it stands for. `from_arrays` makes one of a
game in normal form; `agents.agent_types` one of an induced game.

References
----------
.. [Selten1975] R. Selten, Reexamination of the perfectness concept for equilibrium points in extensive games,
   International Journal of Game Theory 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agents.induced import ROUNDING
from mechanisms.environment import BoolArray, FloatArray, IntArray

Mixes = Sequence[FloatArray]


@dataclass(frozen=True, eq=False)
class AgentTerm:
    """One term of a seat's interim payoff, on what it reads.

    Attributes
    ----------
    players : whose reports it reads, its owner first.
    table : ``(own types or 1, places of the owner, places of each other player)``.
    places : per player in `players`, ``(reports,)`` the place of each report on her axis.
    kinds : ``(cells of the owner,)`` the row of the table that holds in each.
    spots : ``(groups, players)`` the cells of those players in each group of states, sorted by the owner's.
    weights : ``(groups,)`` the owner's belief in the group, given her cell.
    """

    players: tuple[int, ...]
    table: FloatArray
    places: tuple[IntArray, ...]
    kinds: IntArray
    spots: IntArray
    weights: FloatArray

    @cached_property
    def folds(self) -> tuple[FloatArray, ...]:
        """Per player, ``(reports, places)``: 1 where a report has that place."""
        sizes = self.table.shape[1:]
        return tuple(np.eye(size)[place] for size, place in zip(sizes, self.places, strict=True))

    def expected(self, mixes: Mixes) -> FloatArray:
        """Return ``(cells, reports)``: what the term is worth against reports drawn from `mixes`."""
        joint = self.weights[:, None]
        for axis, j in enumerate(self.players[1:], start=1):
            odds = (mixes[j] @ self.folds[axis])[self.spots[:, axis]]
            joint = (joint[:, :, None] * odds[:, None, :]).reshape(len(joint), -1)
        by_cell = np.add.reduceat(joint, np.searchsorted(self.spots[:, 0], np.arange(len(self.kinds))), axis=0)
        flat = self.table.reshape(*self.table.shape[:2], -1)
        worth = np.stack([flat[kind] @ row for kind, row in zip(self.kinds, by_cell, strict=True)])
        return worth[:, self.places[0]]

    def against(self, cell: int, chosen: Sequence[IntArray]) -> FloatArray:
        """Return ``(profiles, reports)``: the term in one cell against pure profiles."""
        table = self.table[self.kinds[cell]]
        total: FloatArray = np.zeros((len(chosen[0]), len(table)))
        for spot, weight in self.in_cell(cell):
            read = [self.places[a][chosen[j][:, spot[a]]] for a, j in enumerate(self.players) if a]
            total += weight * table[(slice(None), *read)].T if read else weight * table
        return total[:, self.places[0]]

    def in_cell(self, cell: int) -> list[tuple[IntArray, float]]:
        """Return the groups of states in a cell of the owner: cells, belief."""
        at = np.flatnonzero(self.spots[:, 0] == cell)
        return [(self.spots[g], float(self.weights[g])) for g in at]


@dataclass(frozen=True, eq=False)
class AgentForm:
    """A game among the types of the seats.

    Attributes
    ----------
    terms : per seat, what its payoff is the sum of.
    counts : per seat, ``(reports,)`` how many equivalent reports each stands for.
    masses : per seat, ``(cells,)`` how likely it thinks each of its types before it learns anything.
    """

    terms: tuple[tuple[AgentTerm, ...], ...]
    counts: tuple[IntArray, ...]
    masses: tuple[FloatArray, ...]

    @property
    def players(self) -> int:
        """Number of seats."""
        return len(self.terms)

    @cached_property
    def scale(self) -> float:
        """The largest payoff in absolute terms, at least 1: the unit for rounding errors."""
        return max(1.0, *(float(abs(term.table).max()) for mine in self.terms for term in mine))

    @property
    def tolerance(self) -> float:
        """Gains up to this are rounding."""
        return ROUNDING * self.scale

    @cached_property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        """Per seat, number of cells and of reports."""
        return tuple((len(mass), len(count)) for mass, count in zip(self.masses, self.counts, strict=True))

    @cached_property
    def agents(self) -> tuple[tuple[int, int], ...]:
        """Every seat and cell."""
        return tuple((i, c) for i, (cells, _) in enumerate(self.shapes) for c in range(cells))

    @cached_property
    def watchers(self) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """For each seat and cell, the others whose payoffs depend on what is reported there."""
        found: dict[tuple[int, int], dict[tuple[int, int], None]] = {agent: {} for agent in self.agents}
        for i, terms in enumerate(self.terms):
            for term in terms:
                for spot in term.spots.tolist():
                    for j, cell in zip(term.players[1:], spot[1:], strict=True):
                        found[j, cell][i, spot[0]] = None
        return {agent: list(watching) for agent, watching in found.items()}

    def everything(self) -> tuple[BoolArray, ...]:
        """Return per seat ``(cells, reports)``: all reports."""
        return tuple(np.ones(shape, dtype=bool) for shape in self.shapes)

    def uniform(self) -> tuple[FloatArray, ...]:
        """Return the mix in which every report that the seats' menus list is equally likely."""
        shares = (count / count.sum() for count in self.counts)
        return tuple(np.tile(share, (len(mass), 1)) for share, mass in zip(shares, self.masses, strict=True))

    def pure(self, chosen: Sequence[IntArray]) -> tuple[FloatArray, ...]:
        """Return the mix that plays, per seat, the reports ``(cells,)`` for sure."""
        return tuple(np.eye(len(count))[told] for count, told in zip(self.counts, chosen, strict=True))

    def utilities(self, mixes: Mixes) -> tuple[FloatArray, ...]:
        """Return per seat ``(cells, reports)``: interim utility of each report against the mixes."""
        return tuple(
            _sum([term.expected(mixes) for term in self.terms[i]], self.shapes[i]) for i in range(self.players)
        )

    def change(self, mixes: Mixes, towards: Mixes) -> tuple[FloatArray, ...]:
        """Return the derivative of `utilities` in the direction `towards`."""
        found = []
        for i, terms in enumerate(self.terms):
            parts = []
            for term in terms:
                for j in term.players[1:]:
                    parts.append(term.expected([*mixes[:j], towards[j], *mixes[j + 1 :]]))
            found.append(_sum(parts, self.shapes[i]))
        return tuple(found)

    def replies(self, player: int, cell: int, chosen: Sequence[IntArray]) -> FloatArray:
        """Return ``(profiles, reports)``: what each report is worth to one type against many pure profiles.

        Parameters
        ----------
        chosen : per seat, ``(profiles, cells)`` reports; the player's own are not read.
        """
        shape = (len(chosen[0]), self.shapes[player][1])
        return _sum([term.against(cell, chosen) for term in self.terms[player]], shape)

    def gains(self, mixes: Mixes) -> tuple[FloatArray, ...]:
        """Return per seat ``(cells,)``: the largest gain of each type by any report, zero up to rounding."""
        worth = self.utilities(mixes)
        gains = (u.max(axis=1) - (mix * u).sum(axis=1) for u, mix in zip(worth, mixes, strict=True))
        return tuple(np.where(gain < self.tolerance, 0.0, gain) for gain in gains)

    def nash_conv(self, mixes: Mixes) -> float:
        """Return the sum over seats of what a best response gains before types are known, by own opinion."""
        return sum(float(mass @ gain) for mass, gain in zip(self.masses, self.gains(mixes), strict=True))


def _sum(parts: Sequence[FloatArray], shape: tuple[int, int]) -> FloatArray:
    total: FloatArray = np.zeros(shape)
    for part in parts:
        total += part
    return total


def digits(numbers: IntArray, sizes: Sequence[int]) -> IntArray:
    """Return ``(numbers, places)``: numbers written in mixed radix, the last place fastest, however many places.

    >>> digits(np.array([0, 1, 5]), (2, 3)).tolist()
    [[0, 0], [0, 1], [1, 2]]
    """
    found = np.empty((len(numbers), len(sizes)), dtype=np.int64)
    for place in reversed(range(len(sizes))):
        numbers, found[:, place] = np.divmod(numbers, sizes[place])
    return found


def from_arrays(payoffs: Sequence[FloatArray]) -> AgentForm:
    """Return a game in normal form, payoffs ``(s_0, .., s_n-1)`` per player, as one of one type a seat."""
    terms = []
    for i, table in enumerate(payoffs):
        others = [j for j in range(len(payoffs)) if j != i]
        places = tuple(np.arange(table.shape[j]) for j in (i, *others))
        zeros = np.zeros((1, len(payoffs)), dtype=np.int64)
        moved = np.moveaxis(np.asarray(table, dtype=float), i, 0)[None]
        terms.append((AgentTerm((i, *others), moved, places, np.zeros(1, dtype=np.int64), zeros, np.ones(1)),))
    counts = tuple(np.ones(size, dtype=np.int64) for size in payoffs[0].shape)
    return AgentForm(tuple(terms), counts, tuple(np.ones(1) for _ in payoffs))
