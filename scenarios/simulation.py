"""Playing a scenario's rounds, in one process or several: the same bits either way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import mesa
import numpy as np

from mechanisms.environment import FloatArray
from scenarios.distribution import Distribution, combined
from scenarios.experiment import Experiment, assemble
from scenarios.market import Market
from scenarios.scenario import Scenario
from scenarios.streams import Block
from scenarios.windows import LEAVES, Windows, leaf_blocks, side_by_side
from scenarios.workers import Tell, in_workers, part

_AT_ONCE = 1 << 21  # seats in worlds; more are played in one block after another, so that memory stays in bounds


@dataclass(frozen=True, eq=False)
class Played:
    """What remains of the rounds that were played.

    Attributes
    ----------
    rounds_played : number of rounds.
    totals : per world, ``(worlds,)`` sums of revenue, prices, rewards and the benchmarks.
    utility_totals : ``(worlds, players)`` sums of the bidders' utilities.
    windows : means by window of rounds.
    revenue : the distribution of a round's revenue, over rounds and worlds.
    """

    rounds_played: int
    totals: dict[str, FloatArray]
    utility_totals: FloatArray
    windows: Windows
    revenue: Distribution

    @property
    def worlds(self) -> int:
        """Number of worlds."""
        return len(self.utility_totals)


def simulate(
    experiment: Experiment,
    by_state: Mapping[str, FloatArray],
    *,
    workers: int = 1,
    tell: Tell = lambda share, what: None,
) -> Played:
    """Play the scenario's rounds in every world.

    Parameters
    ----------
    by_state : named benchmarks, ``(states,)`` each, to be averaged over the states drawn.
    workers : processes to play in; at most one a leaf of worlds (see `scenarios.windows`) has something to do.
    tell : called with the share done and what is being done.
    """
    worlds, workers = experiment.scenario.run.worlds, min(workers, LEAVES)
    blocks = leaf_blocks(worlds, max(workers, -(-worlds * experiment.game.players // _AT_ONCE)))
    if workers == 1 or len(blocks) == 1:
        return play_blocks(experiment, by_state, blocks, tell)
    shares = [blocks[k * len(blocks) // workers : (k + 1) * len(blocks) // workers] for k in range(workers)]
    jobs = [partial(_play_apart, experiment.scenario, by_state, share) for share in shares if share]
    return together(in_workers(jobs, workers=workers, tell=tell, what="playing rounds"))


def play_blocks(
    experiment: Experiment, by_state: Mapping[str, FloatArray], blocks: Sequence[Block], tell: Tell
) -> Played:
    """Play blocks of worlds one after the other."""
    parts = [_play(experiment, by_state, block, part(tell, k, len(blocks))) for k, block in enumerate(blocks)]
    return together(parts)


def together(parts: Sequence[Played]) -> Played:
    """Return what remains of blocks of worlds that were played apart, in their order."""
    first = parts[0]
    return Played(
        first.rounds_played,
        {name: np.concatenate([part.totals[name] for part in parts]) for name in first.totals},
        np.concatenate([part.utility_totals.T for part in parts], axis=1).T,
        side_by_side([part.windows for part in parts]),
        combined([part.revenue for part in parts]),
    )


def _play_apart(scenario: Scenario, by_state: Mapping[str, FloatArray], blocks: Sequence[Block], tell: Tell) -> Played:
    return play_blocks(assemble(scenario), by_state, blocks, tell)


def _play(experiment: Experiment, by_state: Mapping[str, FloatArray], block: Block, tell: Tell) -> Played:
    settings = experiment.scenario.run
    market = Market(
        experiment.game,
        experiment.strategies(),
        worlds=settings.worlds,
        seed=settings.seed,
        block=block,
        rounds=settings.rounds,
        by_state=by_state,
    )
    for done in range(settings.rounds):
        market.step()
        if done % 16 == 0:
            tell(done / settings.rounds, "playing rounds")
    mesa.Agent._ids.pop(market, None)  # Mesa would keep the model alive for the process's whole life
    return Played(
        market.rounds_played,
        market.totals,
        market.utility_totals,
        market.record.windows(),
        market.tally.distribution(),
    )
