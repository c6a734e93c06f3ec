"""What a type may think that her rivals report, when each rival's type reports the same wherever it occurs.

With two players, or while all rivals' types have the same reports left, a type may as well take each configuration of
her rivals' types by itself. With more players she may not: a rival who cannot tell two configurations apart
reports the same in both. `Rivals` finds the worst such conjecture for a report, exactly, by a mixed-integer
program, and `settled` decides dominance on conjectures found that way.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from agents.induced import Induced
from analysis.dominance.judge import judge
from mechanisms.environment import BoolArray, FloatArray, IntArray

_CONSTANT = 400
_FINE = 1e6


@dataclass(frozen=True, eq=False)
class Beaten:
    """What dominates a report: ``(own reports,)`` weights of a mixture, and the least that it gains."""

    mixture: FloatArray
    margin: float


@dataclass(frozen=True, eq=False)
class Worst:
    """The least advantage found, a bound below which there is none, and the conjecture by rival and type."""

    advantage: float
    bound: float
    chosen: list[dict[int, int]]


@dataclass(frozen=True, eq=False)
class Facing:
    """A type's payoffs ``(own reports, columns)`` against all that her rivals may report, and each column's block.

    A block is a set of configurations of the rivals' types in which the same reports are left; payoffs are times its
    probability.
    """

    payoffs: FloatArray
    blocks: IntArray


@dataclass(frozen=True, eq=False)
class Rivals:
    """What one type faces.

    Attributes
    ----------
    seat, kind : the type's seat and true value.
    own : ``(reports,)`` her own reports that are left.
    seats : the rivals' seats, in order.
    cells : ``(configurations, rivals)`` the rivals' types in each configuration that she thinks possible.
    weights : ``(configurations,)`` what she thinks of each.
    left : for each rival, by type, the reports left to it that differ to her.
    """

    induced: Induced
    seat: int
    kind: int
    own: IntArray
    seats: tuple[int, ...]
    cells: IntArray
    weights: FloatArray
    left: tuple[dict[int, IntArray], ...]

    def payoffs(self, reports: Sequence[IntArray]) -> FloatArray:
        """Return ``(own reports, columns)`` payoffs, given an array ``(columns,)`` of reports for each rival."""
        profiles: list[IntArray] = [np.zeros(1, dtype=np.int64)] * self.induced.players
        profiles[self.seat] = self.own[:, None]
        for seat, told in zip(self.seats, reports, strict=True):
            profiles[seat] = told[None, :]
        return self.induced.payoffs(self.seat, self.kind, profiles)

    def grid(self, row: int) -> list[IntArray]:
        """Return all that the rivals may report in a configuration, an array ``(columns,)`` for each."""
        sets = [left[int(cell)] for left, cell in zip(self.left, self.cells[row], strict=True)]
        return [axis.ravel() for axis in np.meshgrid(*sets, indexing="ij")]

    @property
    def signature(self) -> bytes:
        """What the type has left and faces: while it stays the same, so does what she loses."""
        sets = [told.tobytes() + b"|" for left in self.left for told in left.values()]
        return self.own.tobytes() + b"#" + b"".join(sets)

    def facing(self, *, expost: bool) -> Facing:
        """Return her payoffs by block of configurations, or all in one block, probabilities aside, for ex post.

        Her payoff does not depend on what the rivals are, so configurations with the same reports left are one block.
        Columns that differ by no more than rounding are kept once: rivals who can be exchanged give them twice.

        Raises
        ------
        ValueError : if the table would not fit into the induced game's memory.
        """
        groups: dict[bytes, list[int]] = {}
        for row in range(len(self.weights)):
            sets = [left[int(cell)].tobytes() for left, cell in zip(self.left, self.cells[row], strict=True)]
            groups.setdefault(b"|".join(sets), []).append(row)
        grids = [self.grid(rows[0]) for rows in groups.values()]
        size, memory = 8 * len(self.own) * sum(len(grid[0]) if grid else 1 for grid in grids), self.induced.memory
        if size > memory:
            raise ValueError(
                f"seat {self.seat}'s payoffs from {len(self.own)} reports take {size / 2**20:,.1f} MiB; "
                f"{memory / 2**20:,.1f} MiB are allowed: allow more, or give fewer beliefs"
            )
        weights = [1.0 if expost else float(self.weights[rows].sum()) for rows in groups.values()]
        tables = [weight * self.payoffs(grid) for weight, grid in zip(weights, grids, strict=True)]
        payoffs = np.concatenate(tables, axis=1)
        blocks = np.repeat(np.arange(len(tables)) * (not expost), [table.shape[1] for table in tables])
        keys = np.vstack([blocks, np.round(payoffs / self.induced.rounding)])
        kept = np.unique(keys, axis=1, return_index=True)[1]
        return Facing(payoffs[:, kept], blocks[kept])

    def worth(self, chosen: Sequence[dict[int, int]]) -> FloatArray:
        """Return ``(own reports,)`` payoffs when each rival's type reports what it is said to."""
        told = [np.array([by[int(c)] for c in self.cells[:, j]]) for j, by in enumerate(chosen)]
        return self.payoffs(told) @ self.weights

    def constants(self) -> list[list[dict[int, int]]]:
        """Return conjectures in which each rival reports one thing whatever her type, up to a number of them."""
        common = []
        for left in self.left:
            sets = [set(told.tolist()) for told in left.values()]
            common.append(sorted(set.intersection(*sets)))
        if math.prod(map(len, common)) > _CONSTANT:
            return []
        return [
            [dict.fromkeys(left, told) for left, told in zip(self.left, chosen, strict=True)]
            for chosen in product(*common)
        ]

    def first(self) -> list[dict[int, int]]:
        """Return the conjecture in which every rival's type reports the first thing left to it."""
        return [{cell: int(told[0]) for cell, told in left.items()} for left in self.left]

    def worst(self, mixture: FloatArray, report: int) -> Worst:
        """Return the least advantage of a mixture over a report, and the conjecture that leaves no more.

        HiGHS stops within 1e-6 of the optimum, in the program's own money: its unit is small against the payoffs.
        """
        spots = {(j, cell, int(told)): None for j, left in enumerate(self.left) for cell in left for told in left[cell]}
        place = {key: k for k, key in enumerate(spots)}
        costs, rows, columns, signs, height = [np.zeros(len(place))], [], [], [], 0
        for j, left in enumerate(self.left):
            for cell, told in left.items():
                columns += [place[j, cell, int(a)] for a in told]
                rows += [height] * len(told)
                signs += [1.0] * len(told)
                height += 1
        ones, width = height, len(place)
        for t, weight in enumerate(self.weights):
            grid = self.grid(t)
            matrix = self.payoffs(grid)
            costs.append(weight * (mixture @ matrix - matrix[report]))
            joint = width + np.arange(len(grid[0]))
            width += len(joint)
            for j, axis in enumerate(grid):
                cell = int(self.cells[t, j])
                for a in self.left[j][cell]:
                    mine = joint[axis == a]
                    columns += [*mine.tolist(), place[j, cell, int(a)]]
                    rows += [height] * (len(mine) + 1)
                    signs += [1.0] * len(mine) + [-1.0]
                    height += 1
        equal = sparse.csr_matrix((signs, (rows, columns)), shape=(height, width))
        level = np.where(np.arange(height) < ones, 1.0, 0.0)
        whole = np.where(np.arange(width) < len(place), 1, 0)
        flat = np.concatenate(costs)
        unit = max(float(abs(flat).max()), 1e-300) / _FINE
        solve: Any = milp
        solved = solve(
            flat / unit,
            options={"mip_rel_gap": 0.0},
            constraints=LinearConstraint(equal, level, level),
            integrality=whole,
            bounds=Bounds(0.0, 1.0),
        )
        if solved.status != 0:
            raise ValueError(f"HiGHS found no worst conjecture for seat {self.seat}: {solved.message}")
        chosen: list[dict[int, int]] = [{} for _ in self.left]
        for (j, cell, said), k in place.items():
            if solved.x[k] > 0.5:
                chosen[j][cell] = said
        found = self.worth(chosen)
        return Worst(float(mixture @ found - found[report]), float(solved.mip_dual_bound) * unit, chosen)


def faced(induced: Induced, alive: Sequence[BoolArray], seat: int, cell: int) -> Rivals:
    """Return what a type faces when each type has the reports left that it has."""
    game = induced.game
    seats = tuple(j for j in range(game.players) if j != seat)
    share = game.knowledge.within(seat)
    states = np.flatnonzero((game.seats[seat].information == cell) & (share > 0))
    cells, place = np.unique(game.knowledge.cells[states][:, list(seats)], axis=0, return_inverse=True)
    weights = np.bincount(place.reshape(-1), share[states]).astype(float)
    left = []
    for spot, j in enumerate(seats):
        same = induced.classes(seat, j)
        left.append({int(c): np.unique(same[alive[j][c]]) for c in np.unique(cells[:, spot])})
    kind = int(game.seats[seat].types[cell])
    return Rivals(induced, seat, kind, np.flatnonzero(alive[seat][cell]), seats, cells, weights, tuple(left))


def settled(rivals: Rivals, report: int, *, mixed: bool) -> Beaten | None:
    """Return what strictly dominates a report (its place in `own`) whatever consistent conjecture holds, if anything.

    Conjectures are added until the report is a best reply to a mixture of them, or what beats it on those beats it
    on the worst of all.

    Raises
    ------
    ValueError : if rounding leaves the question open.
    """
    tolerance = rivals.induced.rounding
    known = [rivals.first(), *rivals.constants()]
    while True:
        table = np.stack([rivals.worth(chosen) for chosen in known], axis=1)
        verdict = judge(table, mixed=mixed, tolerance=tolerance, actions=[report])[0]
        if not verdict.dominated:
            return None
        worst = rivals.worst(verdict.mixture, report)
        if worst.bound > tolerance:
            return Beaten(verdict.mixture, min(worst.advantage, worst.bound))
        if worst.advantage > tolerance or worst.chosen in known:
            raise ValueError(
                f"the worst conjecture for seat {rivals.seat} is within rounding of a tie: {worst.advantage:.3g}, "
                f"and no less than {worst.bound:.3g}"
            )
        known.append(worst.chosen)
