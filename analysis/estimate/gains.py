"""The gains of one type from several reports, on profiles drawn once for all of them and for the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agents.game import Game
from agents.nature import Drawn
from analysis.estimate.strata import Sample, Strata, bids_of
from analysis.estimate.tally import Tally
from analysis.memory import rows_within
from mechanisms.beliefs import Mixture
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Reports


@dataclass(frozen=True, eq=False)
class Gains:
    """Estimated gains of some reports.

    Attributes
    ----------
    mean, standard_error : ``(reports,)``.
    deviations : ``(strata, reports)`` standard deviations within the strata.
    samples : number of profiles.
    """

    mean: FloatArray
    standard_error: FloatArray
    deviations: FloatArray
    samples: int


class Trial:
    """One type of one seat, facing truthful others drawn from her own belief.

    Profiles are drawn by strata of the others' highest bid. On each of them the truth and every report are tried, so
    that what they have in common cancels.

    Parameters
    ----------
    memory : bytes that the rows worked on at a time may take, about.
    most : the largest number of strata.

    Attributes
    ----------
    type, truth : her type, and the id of the belief that is the truth.
    chance : probability of her cell.
    strata : of what she believes about everybody.
    """

    def __init__(self, game: Game, player: int, cell: int, *, memory: int, most: int) -> None:
        self._game = game
        self._player = player
        seat = game.seats[player]
        self.type, self.truth = int(seat.types[cell]), int(seat.posteriors[cell])
        given = game.factored.given(player, cell)
        self.chance = given.chance
        self._components = given.components if isinstance(game.factored.space.prior, Mixture) else None
        bids = bids_of(game.environment)
        others = [j for j in range(len(bids)) if j != player]
        worth = int(bids[player][self.type])
        self.strata = Strata(given.belief, bids, players=others, most=most, at=[worth])
        self._rows = rows_within(memory, game.environment)

    def gains(self, values: IntArray, beliefs: IntArray, *, seed: np.random.SeedSequence, counts: IntArray) -> Gains:
        """Return what reports ``(reports,)`` gain over the truth, on so many profiles of each stratum.

        The same seed and counts give the same profiles, whatever is reported and however much fits in memory.
        """
        width = max(1, min(len(values), self._rows - 1))
        tallies = []
        for start in range(0, len(values), width):
            part = slice(start, start + width)
            tally = Tally(self.strata.chances, len(values[part]))
            for block in self.strata.draw(seed, counts, rows=max(1, self._rows // (width + 1))):
                tally.add(block.strata, self._differences(block, values[part], beliefs[part]))
            tallies.append(tally)
        return Gains(
            np.concatenate([np.zeros(0), *(tally.mean for tally in tallies)]),
            np.concatenate([np.zeros(0), *(tally.standard_error for tally in tallies)]),
            np.hstack([np.zeros((len(counts), 0)), *(np.sqrt(tally.variances) for tally in tallies)]),
            int(counts.sum()),
        )

    def _differences(self, block: Sample, values: IntArray, beliefs: IntArray) -> FloatArray:
        """Return ``(profiles, reports)``: utility of each report less that of the truth."""
        components = None if self._components is None else self._components[block.components]
        told = self._game.truthful_reports(Drawn(block.types, None, components))
        rows, tried = len(told), len(values) + 1
        reports = told.take(np.repeat(np.arange(rows), tried))
        reports.values[:, self._player] = np.tile(np.append(self.type, values), rows)
        reports.beliefs[:, self._player] = np.tile(np.append(self.truth, beliefs), rows)
        worth = self._worth(reports).reshape(rows, tried)
        return worth[:, 1:] - worth[:, :1]

    def _worth(self, reports: Reports) -> FloatArray:
        types = np.full(len(reports), self.type)
        return self._game.mechanism.utility_of(reports, self._player, types)
