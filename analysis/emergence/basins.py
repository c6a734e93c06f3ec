"""Which basin each world ends in: worlds clustered by late play, and each cluster in words.

Worlds are joined by complete linkage [Sorensen1948]_ on the total variation between what their types report, averaged
over types by their seats' own opinion, and over seats: no two worlds of a basin differ by more than the threshold.

References
----------
.. [Sorensen1948] T. Sørensen, A method of establishing groups of equal amplitude in plant sociology based on similarity
   of species content, Biologiske Skrifter 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist, pdist

from agents.learning.arena import Arena
from analysis.emergence.course import Course
from analysis.emergence.habits import Habit, average, habits, masses_of, word
from analysis.emergence.worlds import Interval, interval_of_share, mean_over_worlds
from mechanisms.environment import FloatArray, IntArray

MANY, MOST, STEP = 1_000, 4_000, 0.01
COLUMNS = [
    "basin",
    "words",
    "worlds",
    "share",
    "low",
    "high",
    "truth",
    "revenue",
    "revenue_error",
    "regret",
    "sentence",
]


@dataclass(frozen=True, eq=False)
class Basin:
    """Worlds that end alike.

    Attributes
    ----------
    worlds : ``(worlds of the basin,)`` their numbers.
    share, interval : of all worlds, with a 95 % interval.
    habits : what each type reports most, on average over these worlds.
    words : one of `habits.WORDS`.
    truth : share of late play that is the truth or equivalent to it.
    revenue, revenue_error : the mean over these worlds in the last tenth of the rounds, per round, and its error.
    regret : the mean over these worlds and the learning seats, per round, against the best fixed report.
    """

    worlds: IntArray
    share: float
    interval: Interval
    habits: tuple[Habit, ...]
    words: str
    truth: float
    revenue: float
    revenue_error: float
    regret: float


@dataclass(frozen=True, eq=False)
class Basins:
    """The basins of a course, the largest first.

    Attributes
    ----------
    labels : ``(worlds,)`` the basin of each world.
    """

    basins: tuple[Basin, ...]
    labels: IntArray

    def __len__(self) -> int:
        return len(self.basins)

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a basin, columns as in `Basin`; ``worlds`` is their number, ``low, high`` the interval."""
        rows = [
            (
                k,
                b.words,
                len(b.worlds),
                b.share,
                *b.interval,
                b.truth,
                b.revenue,
                b.revenue_error,
                b.regret,
                describe(b),
            )
            for k, b in enumerate(self.basins)
        ]
        return pd.DataFrame(rows, columns=COLUMNS)

    @cached_property
    def by_words(self) -> pd.DataFrame:
        """A row for each word, basins of the same word together: ``words, basins, worlds, share, low, high``."""
        table = self.table.groupby("words", sort=False).agg(basins=("basin", "size"), worlds=("worlds", "sum"))
        table = table.sort_values("worlds", ascending=False, kind="stable").reset_index()
        bounds = [interval_of_share(count, len(self.labels)) for count in table["worlds"]]
        return table.assign(
            share=table["worlds"] / len(self.labels), low=[b.low for b in bounds], high=[b.high for b in bounds]
        )

    @cached_property
    def reports(self) -> pd.DataFrame:
        """A row per basin, seat and type: ``basin, seat, type, mass, report, share, truthful, truth``.

        ``report`` is what the type reports most, ``share`` how much of its late play that is, ``truthful`` whether it
        is the truth or equivalent, and ``truth`` the share of that.
        """
        rows = [
            (k, h.seat, h.name, h.mass, h.report, h.share, h.honest, h.truth)
            for k, basin in enumerate(self.basins)
            for h in basin.habits
        ]
        return pd.DataFrame(rows, columns=["basin", "seat", "type", "mass", "report", "share", "truthful", "truth"])


def basins(arena: Arena, course: Course, *, threshold: float = 0.25) -> Basins:
    """Return the worlds clustered by their play in the last tenth of the rounds.

    Where a type seldom occurs in these rounds its frequencies are noisy, and worlds that have learnt the same may seem
    apart: the last tenth should hold each type that matters some tens of times.

    With more than 1,000 worlds, frequencies are rounded to hundredths first. If more than 4,000 different rows are then
    left, the commonest 4,000 are clustered, the others join the nearest of these if it is within the threshold, and
    those that have none are clustered in the same way. Only then can two worlds of a basin differ by more than it.

    Parameters
    ----------
    threshold : the largest distance within a basin, from 0 to 1.

    Raises
    ------
    ValueError : if the threshold lies outside.
    """
    if not 0.0 <= threshold <= 1.0:
        raise ValueError(f"the threshold is a distance from 0 to 1, not {threshold}")
    play = {seat: mine.late_average for seat, mine in course.seats.items()}
    labels = _by_size(_clustered(*_frequencies(arena, play), threshold))
    found = [_basin(arena, course, play, np.flatnonzero(labels == k)) for k in range(labels.max() + 1)]
    return Basins(tuple(found), labels)


def describe(basin: Basin) -> str:
    """Return one plain sentence about a basin."""
    count = len(basin.worlds)
    head = f"{count} {'world' if count == 1 else 'worlds'} ({basin.share:.0%}): {basin.words}"
    lies = sorted((h for h in basin.habits if h.firm and not h.honest), key=lambda h: -h.mass)
    told = "; ".join(f"type {h.name} of seat {h.seat} says {h.report} in {h.share:.0%} of its play" for h in lies[:2])
    if len(lies) > 2:
        told += f"; {len(lies) - 2} more {'type lies' if len(lies) == 3 else 'types lie'}"
    told = told and f", {told}"
    return (
        f"{head}{told}; {basin.truth:.0%} of late reports are the truth or equivalent, "
        f"and the seller earns {basin.revenue:.4g} a round."
    )


def _frequencies(arena: Arena, play: Mapping[int, FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return ``(worlds, entries)`` late frequencies of reports, and what each entry counts in the distance."""
    rows, weights = [], []
    for seat, mixes in play.items():
        told = arena.merged(seat, mixes)
        rows.append(told.reshape(len(told), -1))
        weights.append(np.repeat(masses_of(arena, seat) / len(play), told.shape[2]))
    together = np.concatenate(rows, axis=1)
    used = together.any(axis=0)
    return together[:, used], np.concatenate(weights)[used]


def _clustered(rows: FloatArray, weights: FloatArray, threshold: float) -> IntArray:
    """Return ``(worlds,)``: the cluster of each row."""
    if len(rows) <= MANY:
        return _joined(rows * weights, threshold)
    rounded = np.round(rows / STEP).astype(np.int64)
    kept, first, place, counts = np.unique(rounded, axis=0, return_index=True, return_inverse=True, return_counts=True)
    points = kept * (STEP * weights)
    labels = np.zeros(len(kept), dtype=np.int64)
    left = np.lexsort([first, -counts])
    while len(left):
        core, left = left[:MOST], left[MOST:]
        labels[core] = labels.max() + 1 + _joined(points[core], threshold)
        near, distance = _nearest(points[left], points[core])
        labels[left] = np.where(distance <= threshold, labels[core][near], labels[left])
        left = left[distance > threshold]
    return labels[place.reshape(-1)]


def _nearest(points: FloatArray, among: FloatArray) -> tuple[IntArray, FloatArray]:
    """Return ``(points,)`` which of some points is nearest to each, and how far it is."""
    near, distance = np.zeros(len(points), dtype=np.int64), np.zeros(len(points))
    for start in range(0, len(points), MANY):
        some = slice(start, start + MANY)
        apart = cdist(points[some], among, "cityblock") / 2
        near[some], distance[some] = apart.argmin(axis=1), apart.min(axis=1)
    return near, distance


def _joined(points: FloatArray, threshold: float) -> IntArray:
    if len(points) == 1:
        return np.zeros(1, dtype=np.int64)
    tree = linkage(pdist(points, "cityblock") / 2, "complete")
    found: IntArray = fcluster(tree, threshold, "distance").astype(np.int64)
    return found


def _by_size(labels: IntArray) -> IntArray:
    """Return clusters numbered from the largest; of equal ones the one with the first world comes first."""
    _, first, place, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort([first, -counts])
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return number[place.reshape(-1)]


def _basin(arena: Arena, course: Course, play: Mapping[int, FloatArray], worlds: IntArray) -> Basin:
    found = habits(arena, {seat: mixes[worlds].mean(axis=0) for seat, mixes in play.items()})
    revenue, error = mean_over_worlds(course.late_revenue[worlds])
    regret = np.mean([mine.external[-1, worlds].mean() for mine in course.seats.values()]) / course.rounds
    return Basin(
        worlds=worlds,
        share=len(worlds) / course.worlds,
        interval=interval_of_share(len(worlds), course.worlds),
        habits=tuple(found),
        words=word(arena, found),
        truth=average(found, [habit.truth for habit in found]),
        revenue=float(revenue),
        revenue_error=float(error),
        regret=float(regret),
    )
