"""What a learner is: a rule that turns the payoffs it is shown into a mixed report, for many tables at once.

A *row* is one decision that is met again and again: a type in a world. A learner keeps a number for every row and
option and knows nothing else: not what an option announces, nor who the rivals are. What it is shown of a round is its
*feedback*:

- ``bandit``: the payoff of the option it chose;
- ``full``: what every option would have earned against this round's announcements, the house's coins in expectation;
- ``mean``: what every option earns in expectation against the rivals' present mixes, in every row at once.

The rules work on any repeated game; `agents.learning.repeated` plays them on matrices.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np

from mechanisms.environment import BoolArray, FloatArray, IntArray

FeedbackKind = Literal["bandit", "full", "mean"]
Memory = Mapping[str, Literal["level", "mix", "fresh"]]
_EQUAL = 1e-12


@dataclass(frozen=True, eq=False)
class Task:
    """What a learner knows before it starts.

    Attributes
    ----------
    allowed : ``(rows, options)`` which options a row has; at least one.
    low, high : ``(rows,)`` no payoff of the row lies outside.
    first : ``(rows, options)`` the mix of each row's first choice; even over what is allowed unless given.
    horizon : how many times a row will choose at most, where that is known.
    """

    allowed: BoolArray
    low: FloatArray
    high: FloatArray
    first: FloatArray | None = None
    horizon: int | None = None

    def __post_init__(self) -> None:
        if not self.allowed.any(axis=1).all():
            raise ValueError(f"row {int((~self.allowed.any(axis=1)).argmax())} has no option")
        if (self.high < self.low).any():
            row = int((self.high < self.low).argmax())
            raise ValueError(f"row {row} has its highest payoff, {self.high[row]}, below its lowest, {self.low[row]}")

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.allowed)

    @property
    def options(self) -> int:
        """Number of options, those included that a row does not have."""
        return self.allowed.shape[1]

    @cached_property
    def span(self) -> FloatArray:
        """``(rows,)`` the range of payoffs; 1 where it is nothing."""
        width = self.high - self.low
        return np.where(width > 0, width, 1.0)

    @cached_property
    def even(self) -> FloatArray:
        """``(rows, options)`` the even mix of what is allowed."""
        even: FloatArray = self.allowed / self.allowed.sum(axis=1, keepdims=True)
        return even


@dataclass(frozen=True, eq=False)
class Lesson:
    """What some rows are shown of a round.

    Attributes
    ----------
    mix : ``(n, options)`` the mix that each of them chose by.
    chosen : ``(n,)`` the option drawn from it; None under mean feedback, where nothing need be drawn.
    payoffs : ``(n,)`` the payoff of the chosen option (bandit), or ``(n, options)`` that of every option (full, mean);
        those of options that are not allowed may be anything finite.
    """

    mix: FloatArray
    chosen: IntArray | None
    payoffs: FloatArray


class Learner(ABC):
    """Base class: override `prepare`, `policy` and `update`.

    Rows are independent; in one call each row occurs at most once, so arrays may be assigned to in place. All
    arithmetic is row by row (no matrix product over rows), so that any split of the rows gives the same bits.

    Attributes
    ----------
    accepts : the kinds of feedback that it can learn from; the first is its own.
    guarantee : what is proven of it, in a sentence.
    memory : the names of its tables that hold what it has learnt, ``(rows,)``, ``(rows, options)`` or
        ``(rows, options, options)``, and where an option starts there that joins later: ``level`` with the mean of the
        others, for sums of payoffs; in a ``mix``, with nothing of it; or ``fresh``, as all options did.
    visits : ``(rows,)`` how often each row has learnt.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    guarantee: ClassVar[str]
    accepts: ClassVar[tuple[FeedbackKind, ...]]
    memory: ClassVar[Memory]
    random_start: ClassVar[bool] = False
    """Whether worlds should start from different mixes: those of a rule without noise would all be alike."""

    def begin(self, task: Task) -> None:
        """Forget everything and start on a task."""
        self.task = task
        self.visits: IntArray = np.zeros(task.rows, dtype=np.int64)
        self.prepare()

    def resume(self, task: Task, rows: IntArray, options: IntArray) -> None:
        """Go on with another task, keeping what is remembered of the rows and options in common with the last one.

        A row left with no mix that is possible starts afresh.

        Parameters
        ----------
        rows, options : for each row and option of the new task its number in the last one, -1 where it is new.
        """
        names = ("visits", *self.memory)
        known, before = {name: getattr(self, name) for name in names}, self.task.allowed
        self.begin(task)
        fresh = {name: getattr(self, name).copy() for name in names}
        new, old = np.flatnonzero(rows >= 0), rows[rows >= 0]
        places = np.where(options >= 0, options, 0)
        met = np.broadcast_to(options >= 0, (len(new), task.options))
        if self.accepts == ("bandit",):  # who saw nothing of an option while it was another's double
            met = met & before[np.ix_(old, places)]
        self.visits[new] = known["visits"][old]
        for name, how in self.memory.items():
            table = known[name][old]
            if table.ndim > 1:
                table = _carried(table, how, before[old], places, met, fresh[name][new])
            if how == "mix":
                table = proportional(table, task.allowed[new])
            getattr(self, name)[new] = table
        mix = self.policy(np.arange(task.rows))
        lost = ~np.isclose(mix.sum(axis=1), 1.0) | ((mix > 0) & ~task.allowed).any(axis=1)
        for name in names:
            getattr(self, name)[lost] = fresh[name][lost]

    def mix(self, rows: IntArray) -> FloatArray:
        """Return ``(n, options)`` what each of those rows chooses by now."""
        first = self.task.first
        if first is None:
            return self.policy(rows)
        fresh = self.visits[rows] == 0
        if fresh.all():
            return first[rows]
        mix = self.policy(rows)
        mix[fresh] = first[rows[fresh]]
        return mix

    def learn(self, rows: IntArray, lesson: Lesson) -> None:
        """Take in what a round showed to some rows."""
        self.visits[rows] += 1
        self.update(rows, lesson)

    @abstractmethod
    def prepare(self) -> None:
        """Make the tables for `task`."""

    @abstractmethod
    def policy(self, rows: IntArray) -> FloatArray:
        """Return ``(n, options)`` the mixes of some rows: a fresh array, 0 where an option is not allowed."""

    @abstractmethod
    def update(self, rows: IntArray, lesson: Lesson) -> None:
        """Change the tables of those rows; `visits` counts this round already."""


def _carried(
    table: FloatArray, how: str, allowed: BoolArray, places: IntArray, met: BoolArray, fresh: FloatArray
) -> FloatArray:
    """Return a table by the options of a new task: what is remembered where they were `met`, else as newcomers start.

    Parameters
    ----------
    table, allowed : what is remembered, and which options there were; ``(n, options of the last task)``, or of pairs.
    places : ``(options,)`` the numbers of the new task's options in the last one.
    met, fresh : ``(n, options)`` whether a row has met each, and the table as it begins.
    """
    start: FloatArray | float = fresh if table.ndim == 2 else 0.0
    if how == "level":
        among = allowed if table.ndim == 2 else allowed[:, None, :]
        start = (table * among).sum(axis=-1, keepdims=True) / among.sum(axis=-1, keepdims=True)
    elif how == "mix":
        start = 0.0
    moved = np.where(met if table.ndim == 2 else met[:, None, :], table.take(places, axis=-1), start)
    return moved if table.ndim == 2 else np.where(met[:, :, None], moved.take(places, axis=1), 0.0)


def softmax(scores: FloatArray, allowed: BoolArray) -> FloatArray:
    """Return mixes proportional to the exponential of ``(n, options)`` scores, among what is allowed."""
    shown = np.where(allowed, scores, -np.inf)
    shown -= shown.max(axis=1, keepdims=True)
    np.exp(shown, out=shown)
    shown /= shown.sum(axis=1, keepdims=True)
    return shown


def best(scores: FloatArray, allowed: BoolArray, scale: FloatArray | float = 1.0) -> FloatArray:
    """Return the even mixes of the allowed options whose scores are the highest, up to rounding in units of `scale`."""
    shown = np.where(allowed, scores, -np.inf)
    top = shown.max(axis=1)
    winners = shown >= (top - _EQUAL * np.maximum(scale, abs(top)))[:, None]
    mix: FloatArray = winners / winners.sum(axis=1, keepdims=True)
    return mix


def proportional(weights: FloatArray, allowed: BoolArray) -> FloatArray:
    """Return mixes proportional to ``(n, options)`` weights from 0 up; even over what is allowed where all are 0."""
    shown = np.where(allowed, weights, 0.0)
    totals = shown.sum(axis=1, keepdims=True)
    none = totals[:, 0] <= 0.0
    shown[none] = allowed[none]
    shown /= np.where(none[:, None], shown.sum(axis=1, keepdims=True), totals)
    return shown


def choose(mix: FloatArray, uniforms: FloatArray) -> IntArray:
    """Return ``(n,)`` the option that each uniform draw picks from its row's mix; never one of probability 0."""
    edges = mix.T.copy()
    for option in range(1, len(edges)):  # the same sums as cumsum along the rows, all rows at once
        edges[option] += edges[option - 1]
    picked: IntArray = (edges <= uniforms * edges[-1]).sum(axis=0)
    beyond = np.flatnonzero(picked == len(edges))  # a draw that was rounded up to the whole
    picked[beyond] = len(edges) - 1 - (mix[beyond, ::-1] > 0).argmax(axis=1)
    return picked


def positive(name: str, value: float | None) -> None:
    """Check that a parameter, where it is given, is a positive number, and none that sums of payoffs overflow with."""
    if value is not None and not 0 < value < float("inf"):
        raise ValueError(f"{name} must be a positive number, not {value}")
    if value is not None and not 1e-12 <= value <= 1e9:
        raise ValueError(f"{name} must lie between 1e-12 and 1e9, not {value}")


def share(name: str, value: float) -> None:
    """Check that a parameter is a number from 0 to 1."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, not {value}")
