"""Iterated elimination in the induced game: every type of every seat is a player with a menu of reports.

A report falls if another, or a mixture, does strictly better in expectation by the type's own posterior, whatever the
rivals' types report of what is left to them (interim); or in each of her states (ex post). In a round all reports
that can fall do so at once. Strictly dominated reports may fall in any order; weakly dominated ones may not, so
that for weak dominance the survivors belong to this order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from agents.induced import Induced
from analysis.dominance.conjectures import Beaten, Rivals, faced, settled
from analysis.dominance.judge import judge
from mechanisms.environment import BoolArray, FloatArray, IntArray

SUMMARY = ["seat", "type", "round", "fallen", "value_lies", "margin", "left"]
COLUMNS = ["round", "seat", "type", "report", "dominated_by", "margin", "value_lie", "belief_lie"]


@dataclass(frozen=True)
class Fall:
    """A report that fell.

    Attributes
    ----------
    round : from 1.
    seat, cell, report : whose, of which type, and its number in the seat's menu.
    mixture : the reports that do better, with their weights; all of them were left in that round.
    margin : the least that they gain, by the type's posterior, whatever the rivals report.
    """

    round: int
    seat: int
    cell: int
    report: int
    mixture: dict[int, float]
    margin: float


@dataclass(frozen=True, eq=False)
class Elimination:
    """What iterated elimination leaves, and its trace.

    Attributes
    ----------
    alive : for each seat ``(types, reports)``, what survives.
    falls : every elimination, in order of round.
    mixed, weak, expost : the notion.
    """

    induced: Induced
    alive: tuple[BoolArray, ...]
    falls: tuple[Fall, ...]
    mixed: bool
    weak: bool
    expost: bool

    @property
    def truthful_only(self) -> bool:
        """Whether the truth is all that survives."""
        return all(
            bool((left.sum(axis=1) == 1).all() and left[np.arange(len(left)), menu.truth].all())
            for left, menu in zip(self.alive, self.induced.menus, strict=True)
        )

    @property
    def rounds(self) -> int:
        """Number of rounds in which something fell."""
        return max((fall.round for fall in self.falls), default=0)

    def survivors(self) -> Iterator[tuple[int, int, IntArray]]:
        """Yield seat, cell and the numbers of the reports left."""
        for seat, left in enumerate(self.alive):
            for cell, row in enumerate(left):
                yield seat, cell, np.flatnonzero(row)

    def ties(self) -> Iterator[tuple[int, int, int]]:
        """Yield seat, cell and number of each surviving lie that pays what truth pays against all that survives."""
        for seat, cell, left in self.survivors():
            truth = self.induced.menus[seat].truth[cell]
            if len(left) < 2 or truth not in left:
                continue
            payoffs = faced(self.induced, self.alive, seat, cell).facing(expost=True).payoffs
            honest = payoffs[np.flatnonzero(left == truth)[0]]
            same = (abs(payoffs - honest) <= self.induced.rounding).all(axis=1)
            yield from ((seat, cell, int(report)) for report in left[same] if report != truth)

    def summary(self) -> pd.DataFrame:
        """Return a row for each type and round, and one of round 0 for what is left at the end.

        Columns: `fallen`, the number of reports that fell, `value_lies`, how many of them misstate the value, `margin`,
        the smallest of their margins in units of value, and `left`, the number of reports left after the round.
        """
        table = self.table()
        rows = []
        for seat, cell, left in self.survivors():
            name = self.induced.game.seats[seat].names[cell]
            mine = table[(table["seat"] == seat) & (table["type"] == name)]
            remaining = len(self.induced.menus[seat])
            for number, part in mine.groupby("round"):
                remaining -= len(part)
                lies = int(part["value_lie"].sum())
                rows.append((seat, name, number, len(part), lies, part["margin"].min(), remaining))
            rows.append((seat, name, 0, 0, 0, float("nan"), len(left)))
        return pd.DataFrame(rows, columns=SUMMARY)

    def table(self) -> pd.DataFrame:
        """Return a row for each elimination.

        `report` and `dominated_by` are names (a mixture with its weights); `value_lie` and `belief_lie` say in which
        half the report differs from the truth; `margin` is in units of value.
        """
        rows = []
        for fall in self.falls:
            menu = self.induced.menus[fall.seat]
            truth = int(menu.truth[fall.cell])
            told, honest = divmod(fall.report, len(menu.beliefs)), divmod(truth, len(menu.beliefs))
            rows.append(
                (
                    fall.round,
                    fall.seat,
                    self.induced.game.seats[fall.seat].names[fall.cell],
                    menu.name(fall.report, fall.cell),
                    _mixture_name(partial(menu.name, cell=fall.cell), fall.mixture),
                    fall.margin,
                    told[0] != honest[0],
                    told[1] != honest[1],
                )
            )
        return pd.DataFrame(rows, columns=COLUMNS)


def _mixture_name(name: Callable[[int], str], mixture: dict[int, float]) -> str:
    """Return how a dominating mixture is written: a name, or names with their weights."""
    if len(mixture) == 1:
        return name(next(iter(mixture)))
    return " + ".join(f"{weight:.3g} x ({name(report)})" for report, weight in mixture.items())


@dataclass(eq=False)
class _Run:
    """One elimination under way; a type is looked at again only when what it faces has changed."""

    induced: Induced
    mixed: bool
    weak: bool
    expost: bool
    alive: list[BoolArray]
    seen: dict[tuple[int, int], bytes] = field(default_factory=dict)
    judged: dict[tuple[object, ...], dict[int, Beaten]] = field(default_factory=dict)

    def round(self, number: int) -> list[Fall]:
        falls = []
        for seat, left in enumerate(self.alive):
            for cell in range(len(left)):
                rivals = faced(self.induced, self.alive, seat, cell)
                facing = rivals.signature
                if len(rivals.own) > 1 and self.seen.get((seat, cell)) != facing:
                    falls += [
                        self._fall(number, rivals, cell, place, verdict) for place, verdict in self._judge(rivals)
                    ]
                    self.seen[seat, cell] = facing
        return falls

    def _fall(self, number: int, rivals: Rivals, cell: int, place: int, by: Beaten) -> Fall:
        mixture = {int(rivals.own[k]): float(by.mixture[k]) for k in np.flatnonzero(by.mixture)}
        return Fall(number, rivals.seat, cell, int(rivals.own[place]), mixture, by.margin)

    def _judge(self, rivals: Rivals) -> Iterator[tuple[int, Beaten]]:
        """Yield the places in `own` of what falls, with what beats it."""
        facing = rivals.facing(expost=self.expost)
        payoffs, blocks = facing.payoffs, facing.blocks
        beaten = _beaten_by_own_value(rivals, payoffs, blocks)
        yield from beaten.items()
        rest = [k for k in range(len(rivals.own)) if k not in beaten]
        found = self._verdicts(payoffs, blocks, rest)
        yield from found.items()
        if len(rivals.seats) > 1 and blocks[-1] > 0 and not self.weak:
            for place in rest:
                by = None if place in found else settled(rivals, place, mixed=self.mixed)
                if by is not None:
                    yield place, by

    def _verdicts(self, payoffs: FloatArray, blocks: IntArray, rest: list[int]) -> dict[int, Beaten]:
        """Judge reports, or look up what was found of a type in the same place: symmetric seats are judged once."""
        tolerance = self.induced.rounding
        key = (payoffs.shape, (np.round(payoffs / tolerance) + 0.0).tobytes(), blocks.tobytes(), tuple(rest))
        if key not in self.judged:
            verdicts = judge(
                payoffs,
                blocks,
                mixed=self.mixed,
                weak=self.weak,
                tolerance=tolerance,
                actions=rest,
                memory=self.induced.memory,
            )
            self.judged[key] = {
                place: Beaten(verdict.mixture, verdict.margin)
                for place, verdict in zip(rest, verdicts, strict=True)
                if verdict.dominated
            }
        return self.judged[key]


def eliminate_reports(induced: Induced, *, mixed: bool = True, weak: bool = False, expost: bool = False) -> Elimination:
    """Return what survives iterated elimination of dominated reports, with its trace.

    Parameters
    ----------
    mixed : whether a mixture of reports may dominate, or single reports only.
    weak : drop what is weakly dominated, all at once in each round.
    expost : a report must be beaten in each state of the type, not only in expectation over them.

    For weak dominance with three players or more, a rival is allowed to report differently in configurations that she
    cannot tell apart, so that fewer reports fall than might.
    """
    alive = [np.ones((len(menu.truth), len(menu)), dtype=bool) for menu in induced.menus]
    run = _Run(induced, mixed, weak, expost, alive)
    falls: list[Fall] = []
    while found := run.round(falls[-1].round + 1 if falls else 1):
        for fall in found:
            alive[fall.seat][fall.cell, fall.report] = False
        falls += found
    return Elimination(induced, tuple(alive), tuple(falls), mixed, weak, expost)


def _beaten_by_own_value(rivals: Rivals, payoffs: FloatArray, blocks: IntArray) -> dict[int, Beaten]:
    """Return the value lies that the true value with the same belief beats: the commonest case, and the plainest."""
    menu = rivals.induced.menus[rivals.seat]
    values, beliefs = menu.value_of(rivals.own), menu.belief_of(rivals.own)
    honest = {int(b): int(k) for k, b in enumerate(beliefs) if values[k] == rivals.kind}
    lies = [k for k in range(len(values)) if values[k] != rivals.kind and int(beliefs[k]) in honest]
    if not lies:
        return {}
    better = np.array([honest[int(beliefs[k])] for k in lies])
    starts = np.flatnonzero(np.diff(blocks, prepend=-1))
    margins = np.minimum.reduceat(payoffs[better] - payoffs[lies], starts, axis=1).sum(axis=1)
    pure = np.eye(len(values))
    return {
        lie: Beaten(pure[by], float(margin))
        for lie, by, margin in zip(lies, better, margins, strict=True)
        if margin > rivals.induced.rounding
    }
