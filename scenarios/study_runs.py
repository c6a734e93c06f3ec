"""What studies need of runs beyond their record."""

from __future__ import annotations

import mesa
import numpy as np

from agents.strategies import Truthful
from analysis.emergence.measures import learning
from analysis.revenue import revenue_of
from mechanisms.environment import BoolArray, FloatArray, IntArray
from scenarios.learning import Phase
from scenarios.market import Market


def with_even_luck(phase: Phase, seed: int) -> FloatArray:
    """Return ``(windows, worlds)`` net revenue, as it was in each window but for luck.

    Truthful bidders are played against the same draws of nature and the house, and what they bring beyond their exact
    mean is taken off: a control variate. The mean over draws stays as it is, and the noise that all play has in common
    goes.

    Parameters
    ----------
    phase : the first of a run.
    seed : the run's.
    """
    game, course = phase.experiment.game, phase.course
    market = Market(game, [Truthful() for _ in game.seats], worlds=course.worlds, seed=seed)
    luck = np.zeros(course.revenue.shape)
    for window, length in enumerate(course.lengths.tolist()):
        for _ in range(length):
            market.step()
            luck[window] += market.outcomes.revenue
    mesa.Agent._ids.pop(market, None)  # Mesa would keep the model alive for the process's whole life
    found: FloatArray = course.revenue - luck + revenue_of(game).total * course.lengths[:, None]
    return found


def agreement(late: IntArray, beliefs: IntArray) -> dict[int, FloatArray]:
    """Return ``(worlds,)`` shares of late reports with each belief, by id, from ``(worlds, types, options)`` counts."""
    visits = late.sum(axis=(1, 2))
    return {int(b): (late * (beliefs == b)).sum(axis=(1, 2)) / visits for b in np.unique(beliefs)}


def value_regrets(phase: Phase, worlds: BoolArray, *, context: int) -> dict[str, float]:
    """Return what a type would have earned more by always telling the truth, and by its best lie about its value alone.

    Over all rounds, in the mean over seats and over those worlds that are asked for; NaN if there are none.

    Returns
    -------
    dict : ``regret_truth, regret_lie``.
    """
    found = []
    for i, seat in phase.course.seats.items():
        options = learning(phase.strategies, i).options
        lies = options.allowed[context] & options.true_belief[context] & ~options.true_value[context]
        more = (seat.hindsight - seat.earned[:, :, None])[worlds, context]
        mean = more.mean(axis=0) if worlds.any() else np.full(len(options), np.nan)
        found.append((mean[options.truth[context]], mean[lies].max()))
    truth, lie = np.mean(found, axis=0).tolist()
    return {"regret_truth": truth, "regret_lie": lie}
