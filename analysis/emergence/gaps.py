"""What each option of a learning seat is worth beside the truth, exactly: how strong a signal learners have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from agents.learning.arena import Arena
from mechanisms.environment import FloatArray

COLUMNS = ["seat", "type", "option", "overbid", "value_lie", "belief_lie", "gain", "span", "probability"]


def truthful_mixes(arena: Arena) -> dict[int, FloatArray]:
    """Return per learning seat ``(1, contexts, options)``: the mixes of those who tell the truth."""
    told = {}
    for i, seat in arena.learners.items():
        contexts = np.arange(len(seat.contexts))
        told[i] = np.zeros((1, len(contexts), len(seat.options)))
        told[i][0, contexts, seat.options.truth[seat.contexts]] = 1.0
    return told


def gaps(arena: Arena, learnt: Mapping[int, FloatArray] | None = None) -> pd.DataFrame:
    """Return what each option but the truth earns more than the truth, in expectation against everybody's play.

    Parameters
    ----------
    learnt : per learning seat ``(worlds, contexts, options)`` what it plays, such as `SeatCourse.late_average`; the
        truth unless given. Gains are means over worlds.

    Returns
    -------
    DataFrame : a row per seat, type and option, options that announce the same left out: whether it overbids (announces
        a type that is worth more), in which halves it is false, ``gain`` (negative where the option is worse than the
        truth), ``span``, the range of all that the type can earn in a round, and the type's ``probability``.

    Raises
    ------
    ValueError : if some seat's play is no mix by its type.
    """
    mixes = arena.mixes(truthful_mixes(arena) if learnt is None else learnt)
    rows = []
    for i, learner in arena.learners.items():
        seat, options, stakes = arena.game.seats[i], learner.options, arena.stakes[i]
        worth = arena.mean(i, mixes).mean(axis=0)
        size = seat.environment.worth[i].sum(axis=1)
        mass = np.bincount(seat.information, arena.game.space.weights)
        for c, k in enumerate(learner.contexts.tolist()):
            for option in np.flatnonzero(options.allowed[k]).tolist():
                if option == options.truth[k]:
                    continue
                gain = float(worth[c, option] - worth[c, options.truth[k]])
                over = bool(size[options.values[k, option]] > size[seat.types[k]])
                lies = (not options.true_value[k, option], not options.true_belief[k, option])
                span = float(stakes.high[c] - stakes.low[c])
                rows.append((i, learner.names[c], options.names[option], over, *lies, gain, span, float(mass[k])))
    return pd.DataFrame(rows, columns=COLUMNS)
