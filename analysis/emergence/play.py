"""How far play is from equilibrium, exactly, on the induced game: exploitability, and the distance to an equilibrium.

Reports that no payoff tells apart are one report. What a type plays on average is taken by itself: play in which seats
move together is not told from play in which each has the same frequencies alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from agents.learning.arena import Arena
from analysis.emergence.course import Course
from analysis.emergence.worlds import mean_over_worlds
from analysis.equilibrium.mixed import nash
from analysis.equilibrium.pure import pure_equilibria
from mechanisms.environment import FloatArray, IntArray

LIMIT = 100_000
_CELLS = 8_192  # payoffs of a normal form of two seats that QuantEcon solves in about a second


@dataclass(frozen=True, eq=False)
class Exploitability:
    """What a best response gains a learning seat before types are known, by its own opinion, in units of value.

    Attributes
    ----------
    seats : those that learn.
    options, menu : by play (``average``, ``late``, ``final``) and seat, ``(worlds,)`` gains a round: by the best of the
        seat's own options, and by the best of its whole menu, which is every value with every belief among its
        options. Empty if there is a reason.
    reason : why nothing can be said, or None.
    """

    seats: tuple[int, ...]
    options: Mapping[tuple[str, int], FloatArray]
    menu: Mapping[tuple[str, int], FloatArray]
    reason: str | None

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per play and learning seat, and one of seat "all" for their sum (NashConv).

        Columns ``play, seat, options, options_error, menu, menu_error``: means over worlds and their standard errors.
        """
        rows: list[tuple[object, ...]] = []
        everybody: tuple[int | str, ...] = (*self.seats, "all")
        for play in PLAYS:
            for seat in everybody:
                figures: list[float] = []
                for gains in (self.options, self.menu):
                    figures += self._figures(gains, play, seat)
                rows.append((play, seat, *figures))
        return pd.DataFrame(rows, columns=["play", "seat", "options", "options_error", "menu", "menu_error"])

    def nash_conv(self, play: str) -> FloatArray:
        """Return ``(worlds,)``: the sum over learning seats of what the best of their menus gains."""
        return np.asarray(sum(self.menu[play, seat] for seat in self.seats))

    def _figures(self, gains: Mapping[tuple[str, int], FloatArray], play: str, seat: int | str) -> list[float]:
        if self.reason is not None:
            return [np.nan, np.nan]
        wanted = self.seats if isinstance(seat, str) else (seat,)
        mean, error = mean_over_worlds(np.asarray(sum(gains[play, i] for i in wanted)))
        return [float(mean), float(error)]


PLAYS = ("average", "late", "final")


def exploitability(arena: Arena, course: Course) -> Exploitability:
    """Return what a best response gains against average play, late play and the final mixes, in each world.

    The game is among the seats that learn: the others play as they do, and are not asked whether they would gain.
    """
    seats, reason = tuple(course.seats), arena.why_no_mixes()
    options: dict[tuple[str, int], FloatArray] = {}
    menu: dict[tuple[str, int], FloatArray] = {}
    for play in PLAYS if reason is None else ():
        learnt = _play(course, play)
        mixes = arena.mixes(learnt)
        by_menu = arena.expectation.nash_conv(mixes)
        for i in seats:
            menu[play, i] = np.broadcast_to(by_menu[i], (course.worlds,))
            worth = arena.mean(i, mixes)  # an option that is not allowed announces what another does
            gain = worth.max(axis=2) - (worth * learnt[i]).sum(axis=2)
            gain = np.where(gain < arena.types.form.tolerance, 0.0, gain)
            options[play, i] = np.broadcast_to((gain * arena.types.form.masses[i]).sum(axis=1), (course.worlds,))
    return Exploitability(seats, options, menu, reason)


@dataclass(frozen=True, eq=False)
class Nearest:
    """The distance of late play to the nearest equilibrium, from 0 to 1.

    It is the total variation between the reports of a type, averaged over types by their seat's own opinion, and over
    seats.

    Attributes
    ----------
    names : of the equilibria found: *truth*, or what is reported.
    distances : ``(equilibria, worlds)``.
    to_truth : ``(worlds,)`` the distance to truthful play, whether or not that is an equilibrium; NaN if play is no mix
        by type.
    exhaustive : whether all pure equilibria are among these.
    reason : why there is no answer, or None.
    """

    names: tuple[str, ...]
    distances: FloatArray
    to_truth: FloatArray
    exhaustive: bool
    reason: str | None

    @cached_property
    def distance(self) -> FloatArray:
        """``(worlds,)`` to the nearest; NaN if there is a reason."""
        if self.reason is not None:
            return np.full(len(self.to_truth), np.nan)
        found: FloatArray = self.distances.min(axis=0)
        return found

    @cached_property
    def which(self) -> IntArray:
        """``(worlds,)`` the number of the nearest, the first of several; -1 if there is a reason."""
        if self.reason is not None:
            return np.full(len(self.to_truth), -1)
        return self.distances.argmin(axis=0)

    @property
    def mean(self) -> float:
        """The mean distance over worlds."""
        return float(mean_over_worlds(self.distance).mean)

    @property
    def error(self) -> float:
        """Its standard error over worlds."""
        return float(mean_over_worlds(self.distance).error)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row per equilibrium that is nearest to some world: ``equilibrium, worlds, share, distance, error``."""
        rows = []
        for k in np.unique(self.which[self.which >= 0]).tolist():
            mine = self.which == k
            mean, error = mean_over_worlds(self.distance[mine])
            rows.append((self.names[k], int(mine.sum()), float(mine.mean()), float(mean), float(error)))
        return pd.DataFrame(rows, columns=["equilibrium", "worlds", "share", "distance", "error"])


def nearest_equilibrium(arena: Arena, course: Course, *, limit: int = LIMIT) -> Nearest:
    """Return how far late play is from the nearest equilibrium of the game in which every seat may report as it likes.

    Candidates are all pure equilibria on the arena's menus. Where there is none, two seats play and the normal form is
    small, they are the mixed ones that QuantEcon finds, if it is installed; to compile it takes some seconds.

    Parameters
    ----------
    limit : how many profiles the search for pure equilibria may examine.
    """
    reason = arena.why_no_mixes()
    if reason is not None:
        return Nearest((), np.zeros((0, course.worlds)), np.full(course.worlds, np.nan), False, reason)
    types = arena.types
    play = arena.mixes(_play(course, "late"))
    to_truth = _distance(play, types.form.pure(types.truth), types.form.masses, course.worlds)
    found = pure_equilibria(types, limit=limit, starts=0)
    equilibria = [types.form.pure(chosen) for chosen in found.chosen]
    if not found.exhaustive:
        reason = f"the search for pure equilibria was cut short after {limit:,} profiles"
    elif not equilibria:
        equilibria = list(_mixed(arena))
        reason = None if equilibria else "no equilibrium was found: there is no pure one on the menus"
    names = tuple(_name(arena, mixes) for mixes in equilibria)
    rows = [_distance(play, mixes, types.form.masses, course.worlds) for mixes in equilibria]
    distances = np.array(rows).reshape(len(rows), course.worlds)
    return Nearest(names, distances, to_truth, found.exhaustive, reason)


def _play(course: Course, play: str) -> dict[int, FloatArray]:
    field = {"average": "average", "late": "late_average", "final": "final"}[play]
    return {i: getattr(seat, field) for i, seat in course.seats.items()}


def _distance(
    play: Sequence[FloatArray], other: Sequence[FloatArray], masses: Sequence[FloatArray], worlds: int
) -> FloatArray:
    """Return ``(worlds,)``: total variation by type, averaged by mass and over seats."""
    seats = [
        (abs(mine - theirs).sum(axis=2) / 2 * mass).sum(axis=1)
        for mine, theirs, mass in zip(play, other, masses, strict=True)
    ]
    return np.mean([np.broadcast_to(seat, (worlds,)) for seat in seats], axis=0)


def _mixed(arena: Arena) -> tuple[tuple[FloatArray, ...], ...]:
    """Return mixed equilibria of two seats, if they are to be had cheaply."""
    if arena.types.form.players != 2:
        return ()
    try:
        return nash(arena.types, limit=_CELLS).mixes
    except ValueError:  # the normal form is too large, or QuantEcon is not installed
        return ()


def _name(arena: Arena, mixes: Sequence[FloatArray]) -> str:
    """Return *truth*, or what those types report that do not tell the truth for sure, the likeliest first."""
    types, said = arena.types, []
    for i, mix in enumerate(mixes):
        for c, row in enumerate(mix):
            if row[types.truth[i][c]] == 1.0:
                continue
            used = np.flatnonzero(row > 0)
            used = used[np.argsort(-row[used], kind="stable")]
            shares = [f" ({row[r]:.0%})" if len(used) > 1 else "" for r in used]
            text = " or ".join(types.name(i, c, r) + share for r, share in zip(used.tolist(), shares, strict=True))
            said.append(f"{types.type_name(i, c)} of seat {i} says {text}")
    if not said:
        return "truth"
    rest = sum(map(len, mixes)) > len(said)
    return "; ".join(said) + ("; the others tell the truth" if rest else "")
