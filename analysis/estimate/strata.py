"""Sampling from a factored prior by strata: the mixture's component, and the range of the highest bid.

A profile has the same numbers whatever the block it is drawn in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimate.ranges import Split
from mechanisms.beliefs import Mixture, Product
from mechanisms.environment import Environment, FloatArray, IntArray

MOST = 64


@dataclass(frozen=True, eq=False)
class Sample:
    """Profiles drawn by strata.

    Attributes
    ----------
    strata : ``(profiles,)`` the stratum of each, never decreasing.
    components : ``(profiles,)`` the component of the belief that each was drawn from; 0 throughout in a `Product`.
    types : ``(profiles, players)``.
    """

    strata: IntArray
    components: IntArray
    types: IntArray


class Strata:
    """A factored belief split into strata of known probability, from which profiles are drawn exactly.

    A stratum is a component of the mixture and a range of the highest bid among `players`; where there are more
    components than strata may be, several components.

    Parameters
    ----------
    belief : about all players whose types are wanted.
    bids : per player, ``(types,)`` the money that each type stands for, in any order; grids may differ.
    players : whose highest bid the ranges are of; all unless given.
    most : the largest number of strata.
    at : bids that should be ranges of their own where there is room, such as the value of one who faces `players`.
    """

    def __init__(
        self,
        belief: Product | Mixture,
        bids: Sequence[IntArray],
        *,
        players: Sequence[int] | None = None,
        most: int = MOST,
        at: Sequence[int] = (),
    ) -> None:
        if most < 1:
            raise ValueError(f"there is at least one stratum, not {most}")
        if tuple(map(len, bids)) != belief.shape:
            raise ValueError(f"bids are about types of shape {tuple(map(len, bids))}, the belief of {belief.shape}")
        parts = belief.components if isinstance(belief, Mixture) else (belief,)
        weights = belief.weights if isinstance(belief, Mixture) else np.ones(1)
        ranked = tuple(range(len(bids))) if players is None else tuple(players)
        room = max(1, most // len(parts))
        self.players = len(bids)
        self._splits = tuple(Split(part, bids, ranked, room, at) for part in parts)
        cells = [np.log(w) + split.logs for w, split in zip(weights, self._splits, strict=True)]
        chances = np.exp(np.concatenate(cells))
        kept = chances > 0.0
        self._component = np.repeat(np.arange(len(parts)), [len(cell) for cell in cells])[kept]
        self._range = np.concatenate([np.arange(len(cell)) for cell in cells])[kept]
        chances = chances[kept] / chances.sum()
        groups = _groups(chances, most)
        self.chances: FloatArray = np.bincount(groups, chances).astype(float)
        self._starts = np.searchsorted(groups, np.arange(len(self.chances)))
        self._edges = np.cumsum(chances)

    def __len__(self) -> int:
        return len(self.chances)

    def proportional(self, samples: int) -> IntArray:
        """Return ``(strata,)``: about so many profiles by probability, at least two a stratum.

        Raises
        ------
        ValueError : if two a stratum are more than `samples`.
        """
        return self._shared(samples, self.chances)

    def neyman(self, samples: int, deviations: FloatArray) -> IntArray:
        """Return ``(strata,)``: about so many profiles, half by probability and half where a pilot's figure varies.

        Parameters
        ----------
        deviations : ``(strata,)`` standard deviations. Neyman's share of a stratum is its probability times these; the
            other half guards against a pilot that has missed what is rare.
        """
        wanted = self.chances * deviations
        total = wanted.sum()
        return self._shared(samples, self.chances if total <= 0.0 else 0.5 * (self.chances + wanted / total))

    def _shared(self, samples: int, shares: FloatArray) -> IntArray:
        if samples < 2 * len(self):
            raise ValueError(f"{samples} samples are too few for {len(self)} strata, which take {2 * len(self)}")
        counts: IntArray = np.maximum(2, np.floor(shares * samples)).astype(np.int64)
        return counts

    def draw(self, seed: np.random.SeedSequence, counts: IntArray, *, rows: int) -> Iterator[Sample]:
        """Yield so many profiles of each stratum, `rows` at a time; the same ones whatever `rows` is."""
        rng = np.random.default_rng(seed)
        strata = np.repeat(np.arange(len(self)), counts)
        for start in range(0, len(strata), rows):
            block = strata[start : start + rows]
            yield self._sample(block, rng.random((len(block), self.players + 1)))

    def _sample(self, strata: IntArray, uniforms: FloatArray) -> Sample:
        ends = np.append(self._starts[1:], len(self._edges))[strata] - 1
        low = self._edges[ends] - self.chances[strata]
        cells = np.searchsorted(self._edges, low + uniforms[:, 0] * self.chances[strata], side="right")
        cells = np.clip(cells, self._starts[strata], ends)
        components, ranges = self._component[cells], self._range[cells]
        types = np.empty((self.players, len(strata)), dtype=np.int64)
        draws = np.ascontiguousarray(uniforms[:, 1:].T)
        for s, split in enumerate(self._splits):
            rows = np.flatnonzero(components == s)
            if len(rows):
                types[:, rows] = split.types(ranges[rows], draws[:, rows])
        return Sample(strata, components, types.T)


def _groups(chances: FloatArray, most: int) -> IntArray:
    """Return which stratum each cell belongs to: neighbours are merged, about equally likely, where they must be."""
    if len(chances) <= most:
        return np.arange(len(chances))
    middle = np.cumsum(chances) - 0.5 * chances
    return np.unique((middle * most).astype(np.int64), return_inverse=True)[1]


def bids_of(environment: Environment) -> tuple[IntArray, ...]:
    """Return per player, ``(types,)``, the money that she would give for what she likes best."""
    return tuple(table.max(axis=1) for table in environment.worth)
