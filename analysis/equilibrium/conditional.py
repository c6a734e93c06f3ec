"""Conditional dominance among types: striking out reports that some other report beats whatever is left to the rest.

No pure equilibrium is lost: in one, every report is a best reply to the others, who are among what is left. The bound
on what a report gains over another is exact for two seats; for more, states of a type are bounded one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agents.agent_form import AgentForm
from mechanisms.environment import BoolArray, FloatArray, IntArray

BLOCK = 1 << 18


@dataclass(frozen=True, eq=False)
class Left:
    """What is left of a game.

    Attributes
    ----------
    alive : per seat ``(cells, reports)``, what each type may still report.
    rivals : the same for what may still beat a report: all that is not struck out, alive or not.
    work : how many payoffs were compared.
    """

    alive: tuple[BoolArray, ...]
    rivals: tuple[BoolArray, ...]
    work: int = 0

    @property
    def sizes(self) -> list[IntArray]:
        """Per seat ``(cells,)``, number of reports alive."""
        return [mask.sum(axis=1) for mask in self.alive]

    @property
    def impossible(self) -> bool:
        """Whether some type has nothing left, so that no pure equilibrium is."""
        return any(bool((size == 0).any()) for size in self.sizes)

    def only(self, player: int, cell: int, place: int) -> Left:
        """Return what is left if a type makes one report."""
        alive = tuple(mask.copy() for mask in self.alive)
        alive[player][cell] = np.arange(alive[player].shape[1]) == place
        return Left(alive, self.rivals)


def strike(form: AgentForm, left: Left | None = None, *, changed: tuple[int, int] | None = None) -> Left:
    """Return what is left once no report is worse than another whatever is left to the other types.

    A type may be left with nothing: then no pure equilibrium lies in what was given.

    Parameters
    ----------
    left : what to begin with; everything unless given.
    changed : the only type whose reports became fewer since `left` was last struck.
    """
    begun = Left(form.everything(), form.everything()) if left is None else left
    alive, rivals = (tuple(mask.copy() for mask in masks) for masks in (begun.alive, begun.rivals))
    work = 0
    first = dict.fromkeys(form.agents if changed is None else form.watchers[changed])
    for thorough in (False, True):
        waiting = dict.fromkeys(form.agents) if thorough and changed is None else dict(first)
        while waiting:
            i, c = next(iter(waiting))
            del waiting[i, c]
            rows, columns = np.flatnonzero(alive[i][c]), np.flatnonzero(rivals[i][c])
            if not thorough:
                columns = columns[[_reply(form, i, c, alive)[columns].argmax()]]
            bound, compared = _advantage(form, i, c, alive, rows, columns)
            work += compared
            fallen = rows[(bound < -form.tolerance).any(axis=1)]
            rivals[i][c, fallen] = False
            alive[i][c, fallen] = False
            if not alive[i][c].any():
                return Left(alive, rivals, work)
            if len(fallen):
                waiting |= dict.fromkeys(form.watchers[i, c])
                first |= dict.fromkeys(form.watchers[i, c])
    return Left(alive, rivals, work)


def _reply(form: AgentForm, player: int, cell: int, alive: Sequence[BoolArray]) -> FloatArray:
    """Return what each report of a type is worth, the others choosing evenly among what is alive."""
    mixes = [mask / mask.sum(axis=1, keepdims=True) for mask in alive]
    worth: FloatArray = sum(term.expected(mixes)[cell] for term in form.terms[player])
    return worth


def _advantage(
    form: AgentForm, player: int, cell: int, alive: Sequence[BoolArray], rows: IntArray, columns: IntArray
) -> tuple[FloatArray, int]:
    """Return ``(rows, columns)`` an upper bound on what one report gains over another, and how much it took."""
    total, compared = np.zeros((len(rows), len(columns))), 0
    for term in form.terms[player]:
        mine, row = np.unique(term.places[0][rows], return_inverse=True)
        other, column = np.unique(term.places[0][columns], return_inverse=True)
        table = term.table[term.kinds[cell]]
        pair = np.zeros((len(mine), len(other)))
        for spot, weight in term.in_cell(cell):
            read = table
            for a, j in enumerate(term.players[1:], start=1):
                read = read.take(np.flatnonzero(np.bincount(term.places[a][alive[j][spot[a]]])), axis=a)
            flat = read.reshape(len(read), -1)
            part, rest = flat[mine], flat[other]
            step = max(1, BLOCK // part.size)
            for start in range(0, len(rest), step):
                gains = part[:, None] - rest[None, start : start + step]
                pair[:, start : start + step] += weight * gains.max(axis=2)
            compared += part.size * len(other)
        total += pair[np.ix_(row, column)]
    return total, compared
