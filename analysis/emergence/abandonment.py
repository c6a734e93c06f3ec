"""Elimination by play: the order in which learners abandon reports, beside the order in which they fall by dominance.

The proof of two-step strict dominance eliminates false values first, and then, values being true, false beliefs
[AzarChenMicali2012]_. Whether play goes the same way is read from the rounds in which reports are given up for good.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from agents.learning.arena import Arena
from agents.strategies.strategy import Strategy
from analysis.dominance.interim import Elimination
from analysis.emergence.course import Course
from analysis.emergence.measures import learning
from analysis.emergence.worlds import for_good, shares_of
from mechanisms.environment import FloatArray

AHEAD = 0.75
COLUMNS = ["seat", "type", "option", "value_lie", "belief_lie", "truthful", "abandoned", "eliminated", "late_share"]
STEPS = ["seat", "type", "value_lies", "belief_lies", "in_order", "tau", "left", "verdict"]


def abandonment(
    arena: Arena,
    course: Course,
    elimination: Elimination,
    strategies: Sequence[Strategy],
    *,
    threshold: float = 0.01,
) -> pd.DataFrame:
    """Return when each option of each type was given up by learners, and when it falls by iterated elimination.

    Parameters
    ----------
    elimination : on the menus of the arena's induced game, such as ``eliminate_reports(arena.induced)``.
    strategies : one a seat, prepared, as they learnt.
    threshold : an option is given up once its share of the type's reports, in all worlds together, is below this in
        every window in which the type occurs.

    Returns
    -------
    DataFrame : a row per seat, type and option: ``value_lie, belief_lie``, the halves in which it is false,
        ``truthful``, ``abandoned``, the first round of the window from which it is given up (NaN if it never is),
        ``eliminated``, the round of elimination (NaN if it survives), ``late_share`` in the last tenth of the rounds.

    Raises
    ------
    ValueError : if the threshold is no share, or the elimination is on other menus.
    """
    if not 0.0 < threshold < 1.0:
        raise ValueError(f"the threshold is a share between 0 and 1, not {threshold}")
    _check_menus(arena, elimination)
    fell = {(fall.seat, fall.cell, fall.report): float(fall.round) for fall in elimination.falls}
    starts = (course.ends - course.lengths + 1).astype(float)
    rows = []
    for i, seat in course.seats.items():
        learner = learning(strategies, i)
        for c, name in enumerate(learner.names):
            told, visits = seat.reports[:, c], seat.visits[:, :, c].sum(axis=1)[:, None]
            given_up = for_good(told < threshold * visits, visits > 0, starts)
            late = shares_of(told[course.late].sum(axis=0), visits[course.late].sum(axis=0).repeat(told.shape[1]))
            cell = int(learner.contexts[c])
            for k in np.flatnonzero(learner.options.allowed[cell]).tolist():
                lies = (not learner.options.true_value[cell, k], not learner.options.true_belief[cell, k])
                when = fell.get((i, cell, int(arena.stakes[i].reports[c, k])), np.nan)
                honest = k == int(learner.options.truth[cell])
                rows.append((i, name, learner.options.names[k], *lies, honest, given_up[k], when, late[k]))
    return pd.DataFrame(rows, columns=COLUMNS)


def walks_two_steps(table: pd.DataFrame) -> pd.DataFrame:
    """Return whether play walks the proof's two steps, by seat and type.

    Parameters
    ----------
    table : as `abandonment` returns it.

    Returns
    -------
    DataFrame : ``value_lies, belief_lies``, the median round in which false values, and false beliefs beside the true
        value, were given up (infinite if most never are, NaN if there are none); ``in_order``, the share of pairs of
        the two in which the false value went first, ties counting half; ``tau``, Kendall's tau-b of the rounds of
        play and of elimination over all lies, what never goes being last (NaN where one of them is constant);
        ``left``, the share of lies never given up; ``verdict``: *nothing to compare*, *does not get there* (half of
        the lies or more are never given up), *value lies first* (in order in 75 % of pairs or more), *belief lies
        first* (25 % or less), *no clear order*.
    """
    rows = []
    for (seat, name), mine in table.groupby(["seat", "type"], sort=False):
        lies = mine[~mine["truthful"]]
        value = _rounds(lies[lies["value_lie"]], "abandoned")
        belief = _rounds(lies[~lies["value_lie"]], "abandoned")
        order = _in_order(value, belief)
        left = float(lies["abandoned"].isna().mean()) if len(lies) else np.nan
        tau = _tau(_rounds(lies, "abandoned"), _rounds(lies, "eliminated"))
        rows.append((seat, name, _median(value), _median(belief), order, tau, left, _verdict(order, left)))
    return pd.DataFrame(rows, columns=STEPS)


def _rounds(part: pd.DataFrame, column: str) -> FloatArray:
    """Return rounds, infinite for what never goes."""
    return part[column].fillna(np.inf).to_numpy(float)


def _median(rounds: FloatArray) -> float:
    return float(np.median(rounds)) if len(rounds) else np.nan


def _in_order(first: FloatArray, second: FloatArray) -> float:
    if not len(first) or not len(second):
        return np.nan
    earlier, same = first[:, None] < second, first[:, None] == second
    return float((earlier + 0.5 * same).mean())


def _tau(play: FloatArray, proof: FloatArray) -> float:
    if min(len(np.unique(play)), len(np.unique(proof))) < 2:
        return np.nan
    return float(kendalltau(play, proof).statistic)


def _verdict(order: float, left: float) -> str:
    if np.isnan(order):
        return "nothing to compare"
    if left >= 0.5:
        return "does not get there"
    if order >= AHEAD:
        return "value lies first"
    return "belief lies first" if order <= 1.0 - AHEAD else "no clear order"


def _check_menus(arena: Arena, elimination: Elimination) -> None:
    for i, (ours, theirs) in enumerate(zip(arena.induced.menus, elimination.induced.menus, strict=True)):
        if ours is not theirs and not np.array_equal(ours.beliefs, theirs.beliefs):
            raise ValueError(
                f"seat {i}'s menu has beliefs {ours.beliefs.tolist()} in the arena and {theirs.beliefs.tolist()} in "
                "the elimination: eliminate on the arena's induced game"
            )
