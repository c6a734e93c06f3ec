"""The record of a course of learning: who reported what, when, and what else it could have earned.

Rounds are gathered in windows. What is a number of rounds is a whole number; what is money is kept world by world, so
that the worlds may be played in any blocks and give the same bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mechanisms.environment import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class SeatCourse:
    """What one learning seat did; a *context* is its type, or what its ring knows.

    Attributes
    ----------
    visits : ``(windows, worlds, contexts)`` rounds in which it was in each context.
    true_values, true_beliefs, truths : the same shape; in how many of them it told its true value, its plain posterior,
        and both.
    reports : ``(windows, contexts, options)`` how often each option was reported, all worlds together.
    total, late : ``(worlds, contexts, options)`` how often each was reported in all rounds, and in the last tenth.
    hindsight : ``(worlds, contexts, options)`` what each option would have earned in all rounds together, the rivals'
        announcements as they were and the coins in expectation; a ring's members together.
    earned : ``(worlds, contexts)`` the same of the options that were chosen.
    external, to_truth : ``(windows, worlds)`` by the end of each window, what the best fixed option in each context
        would have earned more in all rounds so far, and what truth would have (negative if it earned less).
    final : ``(worlds, contexts, options)`` the mixes after the last round.
    """

    visits: IntArray
    true_values: IntArray
    true_beliefs: IntArray
    truths: IntArray
    reports: IntArray
    total: IntArray
    late: IntArray
    hindsight: FloatArray
    earned: FloatArray
    external: FloatArray
    to_truth: FloatArray
    final: FloatArray

    @property
    def average(self) -> FloatArray:
        """``(worlds, contexts, options)`` the average play; a context never met has its final mix."""
        return _frequencies(self.total, self.final)

    @property
    def late_average(self) -> FloatArray:
        """The average play in the last tenth; likewise."""
        return _frequencies(self.late, self.final)


@dataclass(frozen=True, eq=False)
class Course:
    """What a market of learners did, from one shock to the next.

    Attributes
    ----------
    ends : ``(windows,)`` the round with which each window ends, counted from 1.
    late : ``(windows,)`` whether a window is in the last tenth.
    revenue, rewards : ``(windows, worlds)`` the seller's net revenue and the rewards that are taken off in it (fines
        are below 0), summed over a window's rounds.
    seats : the seats that learn.
    """

    ends: IntArray
    late: IntArray
    revenue: FloatArray
    rewards: FloatArray
    seats: Mapping[int, SeatCourse]

    @property
    def rounds(self) -> int:
        """Number of rounds."""
        return int(self.ends[-1])

    @property
    def lengths(self) -> IntArray:
        """``(windows,)`` rounds in each window."""
        return np.diff(self.ends, prepend=0)

    @property
    def late_revenue(self) -> FloatArray:
        """``(worlds,)`` net revenue per round in the last tenth of the rounds."""
        found: FloatArray = self.revenue[self.late].sum(axis=0) / self.lengths[self.late].sum()
        return found

    @property
    def worlds(self) -> int:
        """Number of worlds."""
        return self.revenue.shape[1]


def window_ends(rounds: int, windows: int = 100) -> IntArray:
    """Return ``(windows,)``: about even windows, the last tenth of ten rounds or more being whole windows."""
    count = min(rounds, windows)
    return np.unique(np.ceil(np.arange(1, count + 1) * rounds / count).astype(np.int64))


def is_late(ends: IntArray) -> IntArray:
    """Return ``(windows,)``: which windows lie in the last tenth; the last one always does."""
    starts = np.concatenate([[0], ends[:-1]])
    late = 10 * starts >= 9 * ends[-1]
    late[-1] = True
    return late


def together(courses: Sequence[Course]) -> Course:
    """Return the course of blocks of worlds that were played apart."""
    first = courses[0]
    seats = {i: _together([course.seats[i] for course in courses]) for i in first.seats}
    revenue, rewards = (np.concatenate([getattr(c, kind) for c in courses], axis=1) for kind in ("revenue", "rewards"))
    return Course(first.ends, first.late, revenue, rewards, seats)


def _together(parts: Sequence[SeatCourse]) -> SeatCourse:
    by_window = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=1)
        for name in ("visits", "true_values", "true_beliefs", "truths", "external", "to_truth")
    }
    by_world = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("total", "late", "hindsight", "earned", "final")
    }
    reports = np.sum([part.reports for part in parts], axis=0)
    return SeatCourse(reports=reports, **by_window, **by_world)


def _frequencies(counts: IntArray, otherwise: FloatArray) -> FloatArray:
    visits = counts.sum(axis=2, keepdims=True)
    return np.where(visits > 0, counts / np.maximum(visits, 1), otherwise)
