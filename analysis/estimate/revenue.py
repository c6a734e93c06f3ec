"""Estimated revenue of a factored game, the coins averaged exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from agents.game import Game
from agents.nature import Drawn
from analysis.estimate.strata import MOST, Strata, bids_of
from analysis.estimate.tally import Estimate, Tally
from analysis.memory import MEMORY, rows_within
from mechanisms.beliefs import Mixture
from mechanisms.environment import FloatArray
from mechanisms.mechanism import Mechanism


@dataclass(frozen=True)
class Rival:
    """A classical mechanism, told the same values on the same profiles.

    Attributes
    ----------
    revenue : its expected revenue, where that is known exactly.
    """

    mechanism: Mechanism
    revenue: float | None = None


@dataclass(frozen=True)
class EstimatedRevenue:
    """A seller's expected income from truthful play, estimated, in units of value.

    Attributes
    ----------
    prices, rewards, total, fallback : as in `analysis.revenue.Revenue`.
    samples : how many profiles were drawn.
    rivals : what each rival earns.
    leads : per rival, total less what the rival earns on the same profiles.
    controlled : per rival whose revenue is known exactly, total as that revenue plus the lead: a control variate,
        much more precise where the two mechanisms do alike.
    """

    prices: Estimate
    rewards: Estimate
    total: Estimate
    fallback: Estimate
    samples: int
    rivals: dict[str, Estimate] = field(default_factory=dict)
    leads: dict[str, Estimate] = field(default_factory=dict)
    controlled: dict[str, Estimate] = field(default_factory=dict)


def estimated_revenue(
    game: Game,
    *,
    samples: int,
    seed: np.random.SeedSequence,
    rivals: Mapping[str, Rival] | None = None,
    memory: int = MEMORY,
    most: int = MOST,
) -> EstimatedRevenue:
    """Return the revenue of truthful play, estimated over profiles by strata of the highest bid.

    Parameters
    ----------
    samples : about how many profiles are drawn, in proportion to the strata's chances, at least two a stratum.
    seed : the same seed gives the same profiles whatever the memory.
    rivals : what to compare with on the same profiles, by name.
    memory : bytes that the profiles worked on at a time may take, about.
    most : the largest number of strata.

    Raises
    ------
    ValueError : if `samples` are fewer than two a stratum.
    """
    rivals = rivals or {}
    prior = game.factored.space.prior
    strata = Strata(prior, bids_of(game.environment), most=most)
    counts = strata.proportional(samples)
    tally = Tally(strata.chances, 4 + 2 * len(rivals))
    for block in strata.draw(seed, counts, rows=rows_within(memory, game.environment)):
        drawn = Drawn(block.types, None, block.components if isinstance(prior, Mixture) else None)
        tally.add(block.strata, _figures(game, drawn, rivals))
    prices, rewards, total, fallback = (tally.estimate(k) for k in range(4))
    leads = {name: tally.estimate(4 + 2 * k) for k, name in enumerate(rivals)}
    controlled = {
        name: Estimate(float(rival.revenue) + leads[name].mean, leads[name].standard_error)
        for name, rival in rivals.items()
        if rival.revenue is not None
    }
    earned = {name: tally.estimate(5 + 2 * k) for k, name in enumerate(rivals)}
    return EstimatedRevenue(prices, rewards, total, fallback, int(counts.sum()), earned, leads, controlled)


def _figures(game: Game, drawn: Drawn, rivals: Mapping[str, Rival]) -> FloatArray:
    """Return ``(profiles, figures)``: prices, rewards, total, fallback, then each rival's lead and revenue."""
    reports = game.truthful_reports(drawn)
    mine = game.mechanism.income(reports)
    total = mine.prices - mine.rewards
    columns = [mine.prices, mine.rewards, total, mine.fallback]
    for rival in rivals.values():
        theirs = rival.mechanism.income(reports)
        columns += [total - (theirs.prices - theirs.rewards), theirs.prices - theirs.rewards]
    return np.column_stack(columns)
