"""What studies need of runs beyond their record."""

from __future__ import annotations

import mesa
import numpy as np

from agents.strategies import Truthful
from analysis.revenue import revenue_of
from mechanisms.environment import FloatArray
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
