"""Figures of a course of learning: shares of truth, regret, revenue, and the time until truth is found.

The world is the unit: every mean is over worlds, every error is the standard error over worlds (NaN for a single
world). Exploitability and distances to equilibria are in `analysis.emergence.play`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from agents.learning.learning import Learning
from agents.strategies.strategy import Strategy
from analysis.emergence.course import Course, SeatCourse
from analysis.emergence.worlds import for_good, mean_over_worlds, shares_of
from mechanisms.environment import FloatArray, IntArray

ALL = "all"
_KINDS = {"value": "true_values", "belief": "true_beliefs", "truth": "truths"}
_SHARES = [f"{kind}{suffix}" for kind in _KINDS for suffix in ("", "_error")]
_REGRETS = ["external", "external_error", "to_truth", "to_truth_error"]
_TIMES = ["seat", "type", "round", "value_round", "belief_round", "median_round", "worlds_arrived"]


def shares(course: Course, strategies: Sequence[Strategy]) -> pd.DataFrame:
    """Return the shares of true values, of plain posteriors and of both, by seat, type and window of rounds.

    A world in which a type did not occur in a window is left out there. A row of type "all" is a seat's share of all
    rounds of the window.

    Parameters
    ----------
    strategies : one a seat, prepared, as they learnt.

    Returns
    -------
    DataFrame : columns ``seat, type, round`` (the last of the window), ``visits`` (in all worlds together), ``value,
        belief, truth``, each with its ``_error``.
    """
    frames = []
    for i, name, visits, told in _counts(course, strategies):
        columns = {"seat": i, "type": name, "round": course.ends, "visits": visits.sum(axis=1)}
        for kind, counts in told.items():
            columns[kind], columns[f"{kind}_error"] = mean_over_worlds(shares_of(counts, visits))
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)


def late_shares(course: Course, strategies: Sequence[Strategy]) -> pd.DataFrame:
    """Return each seat's shares of true values, of plain posteriors and of both in the last tenth of the rounds.

    Returns
    -------
    DataFrame : a row per learning seat, columns ``seat, value, value_error, belief, belief_error, truth, truth_error``.
    """
    rows = []
    for i, name, visits, told in _counts(course, strategies):
        if name == ALL:
            late = visits[course.late].sum(axis=0)
            means = [mean_over_worlds(shares_of(counts[course.late].sum(axis=0), late)) for counts in told.values()]
            rows.append((i, *(float(figure) for pair in means for figure in pair)))
    return pd.DataFrame(rows, columns=["seat", *_SHARES])


def regrets(course: Course) -> pd.DataFrame:
    """Return each seat's regret per round at the end, in units of value.

    ``external`` is against the best fixed option of each type in hindsight, ``to_truth`` against the truth; both take
    the rivals' announcements as they were and the house's coins in expectation.

    Returns
    -------
    DataFrame : a row per learning seat, columns ``seat, external, external_error, to_truth, to_truth_error``.
    """
    path = regret_path(course)
    return path[path["round"] == course.rounds].drop(columns="round").reset_index(drop=True)


def regret_path(course: Course) -> pd.DataFrame:
    """Return each seat's regret per round up to the end of each window, in units of value; columns as in `regrets`."""
    frames = []
    for i, seat in course.seats.items():
        columns = {"seat": i, "round": course.ends}
        for kind in ("external", "to_truth"):
            columns[kind], columns[f"{kind}_error"] = mean_over_worlds(getattr(seat, kind) / course.ends[:, None])
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)[["seat", "round", *_REGRETS]]


def revenue_path(course: Course) -> pd.DataFrame:
    """Return net revenue and rewards a round by window; columns ``round, revenue, error, rewards, rewards_error``."""
    revenue, error = mean_over_worlds(course.revenue / course.lengths[:, None])
    rewards, rewards_error = mean_over_worlds(course.rewards / course.lengths[:, None])
    columns = {"revenue": revenue, "error": error, "rewards": rewards, "rewards_error": rewards_error}
    return pd.DataFrame({"round": course.ends, **columns})


def time_to_truth(course: Course, strategies: Sequence[Strategy], *, threshold: float = 0.95) -> pd.DataFrame:
    """Return from which round on each type tells the truth for good.

    That is the first round of the first window from which the mean share over worlds is at least `threshold` in every
    window in which the type occurs; NaN if there is none. Rounds are the course's own, counted from the last shock.

    Returns
    -------
    DataFrame : columns ``seat, type``; ``round, value_round, belief_round``, when the whole report, the value and the
        belief become true for good; ``median_round``, the median over worlds of the first round from which the whole
        report is true for good in that world by itself (NaN if half of them never arrive); ``worlds_arrived``, the
        share of worlds that do.

    Raises
    ------
    ValueError : if the threshold is no share above 0.
    """
    if not 0.0 < threshold <= 1.0:
        raise ValueError(f"the threshold is a share above 0 and up to 1, not {threshold}")
    starts = (course.ends - course.lengths + 1).astype(float)
    rows = []
    for i, name, visits, told in _counts(course, strategies):
        by_world = {kind: shares_of(counts, visits) for kind, counts in told.items()}
        means = {kind: mean_over_worlds(share)[0] for kind, share in by_world.items()}
        when = {kind: float(for_good(mean >= threshold, ~np.isnan(mean), starts)) for kind, mean in means.items()}
        alone = for_good(by_world["truth"] >= threshold, visits > 0, starts)[(visits > 0).any(axis=0)]
        arrived = float(mean_over_worlds(np.isfinite(alone).astype(float)).mean)
        rows.append((i, name, when["truth"], when["value"], when["belief"], _median(alone), arrived))
    return pd.DataFrame(rows, columns=_TIMES)


def learning(strategies: Sequence[Strategy], seat: int) -> Learning:
    """Return the strategy of a learning seat.

    Raises
    ------
    ValueError : if it does not learn.
    """
    strategy = strategies[seat]
    if not isinstance(strategy, Learning):
        raise ValueError(f"seat {seat} does not learn: its strategy is {strategy.name}")
    return strategy


def _counts(course: Course, strategies: Sequence[Strategy]) -> Iterator[tuple[int, str, IntArray, dict[str, IntArray]]]:
    """Yield seat, type or "all", ``(windows, worlds)`` visits, and by kind in how many of them truth was told."""
    for i, seat in course.seats.items():
        told = _told(seat)
        for c, name in enumerate(learning(strategies, i).names):
            yield i, name, seat.visits[:, :, c], {kind: counts[:, :, c] for kind, counts in told.items()}
        yield i, ALL, seat.visits.sum(axis=2), {kind: counts.sum(axis=2) for kind, counts in told.items()}


def _told(seat: SeatCourse) -> dict[str, IntArray]:
    return {kind: getattr(seat, field) for kind, field in _KINDS.items()}


def _median(times: FloatArray) -> float:
    """Return the median of times, NaN meaning never; NaN if the middle world never arrives."""
    if not len(times):
        return np.nan
    middle = float(np.median(np.where(np.isnan(times), np.inf, times)))
    return middle if np.isfinite(middle) else np.nan
