"""Writing down what learners do, round by round, as `analysis.emergence.course` keeps it."""

from __future__ import annotations

import numpy as np

from agents.learning.learning import Learning
from analysis.emergence.course import Course, SeatCourse, is_late, window_ends
from mechanisms.environment import FloatArray, IntArray
from scenarios.market import Market


class Recorder:
    """Keeps the course of a market; call `record` after each step."""

    def __init__(self, market: Market, rounds: int) -> None:
        assert market.arena is not None
        self._arena = market.arena
        self._ends = window_ends(rounds)
        self._late = is_late(self._ends)
        self._window = 0
        self._revenue, self._rewards = np.zeros((2, len(self._ends), market.worlds))
        self._seats = {i: _SeatRecorder(strategy, self._late) for i, strategy in self._arena.learners.items()}
        self._played = 0

    def record(self, market: Market) -> None:
        """Take a round in."""
        self._revenue[self._window] += market.outcomes.revenue
        self._rewards[self._window] += market.outcomes.rewards.sum(axis=1)
        for i, seat in self._seats.items():
            seat.record(self._arena.full(i))
        self._played += 1
        if self._played == self._ends[self._window]:
            for seat in self._seats.values():
                seat.close(self._window)
            self._window += 1

    def course(self) -> Course:
        """Return what was recorded."""
        seats = {i: seat.course() for i, seat in self._seats.items()}
        return Course(self._ends, self._late, self._revenue, self._rewards, seats)


class _SeatRecorder:
    """The record of one seat, in flat tables: row = world x context."""

    def __init__(self, strategy: Learning, late: IntArray) -> None:
        options, contexts = strategy.options, strategy.contexts
        self._strategy, self._late_windows = strategy, late
        self._shape = (strategy.worlds, len(contexts), len(options))
        rows, windows = strategy.worlds * len(contexts), len(late)
        self._true_value = np.ascontiguousarray(options.true_value[contexts])
        self._true_belief = np.ascontiguousarray(options.true_belief[contexts])
        self._truth = options.truth[contexts]
        self._in_window = np.zeros((rows, len(options)), dtype=np.int64)
        self._hindsight = np.zeros((rows, len(options)))
        self._earned = np.zeros(rows)
        self._late = np.zeros(self._shape, dtype=np.int64)
        self._total = np.zeros(self._shape, dtype=np.int64)
        counted = ("visits", "true_values", "true_beliefs", "truths")
        self._counts = {name: np.zeros((windows, *self._shape[:2]), dtype=np.int64) for name in counted}
        self._reports = np.zeros((windows, *self._shape[1:]), dtype=np.int64)
        self._external, self._to_truth = np.zeros((windows, strategy.worlds)), np.zeros((windows, strategy.worlds))

    def record(self, payoffs: FloatArray) -> None:
        """Take in what was reported, and ``(worlds, options)`` what every option was worth."""
        rows, chosen = self._strategy.rows, self._strategy.chosen
        self._in_window.reshape(-1)[rows * payoffs.shape[1] + chosen] += 1
        self._hindsight[rows] = self._hindsight.take(rows, axis=0) + payoffs
        self._earned[rows] += payoffs[np.arange(len(rows)), chosen]

    def close(self, window: int) -> None:
        """End a window."""
        counts = self._in_window.reshape(self._shape)
        self._total += counts
        if self._late_windows[window]:
            self._late += counts
        self._reports[window] = counts.sum(axis=0)
        both = self._true_value & self._true_belief
        self._counts["visits"][window] = counts.sum(axis=2)
        for name, mask in (("true_values", self._true_value), ("true_beliefs", self._true_belief), ("truths", both)):
            self._counts[name][window] = np.where(mask, counts, 0).sum(axis=2)
        hindsight, earned = self._hindsight.reshape(self._shape), self._earned.reshape(self._shape[:2])
        allowed = self._strategy.options.allowed[self._strategy.contexts]
        top = np.where(allowed, hindsight, -np.inf).max(axis=2)
        self._external[window] = (top - earned).sum(axis=1)
        self._to_truth[window] = (hindsight[:, np.arange(len(self._truth)), self._truth] - earned).sum(axis=1)
        self._in_window[:] = 0

    def course(self) -> SeatCourse:
        """Return the record."""
        return SeatCourse(
            **self._counts,
            reports=self._reports,
            total=self._total,
            late=self._late,
            hindsight=self._hindsight.reshape(self._shape),
            earned=self._earned.reshape(self._shape[:2]),
            external=self._external,
            to_truth=self._to_truth,
            final=self._strategy.mixes(),
        )
