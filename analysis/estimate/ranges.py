"""Independent types given the range that the highest bid lies in: chances in closed form, and exact draws.

Within a range, the first player whose bid is above its lower end is drawn from the right conditional chances; those
before her bid up to it, those after her anything up to the upper end. One uniform draw a player decides all of this by
inversion.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms.beliefs import Product
from mechanisms.environment import BoolArray, FloatArray, IntArray


class Split:
    """Independent types split by the range of the highest bid; range k is ``(cuts[k - 1], cuts[k]]``.

    Attributes
    ----------
    logs : ``(ranges,)`` logarithms of the probabilities.
    """

    def __init__(
        self, belief: Product, bids: Sequence[IntArray], ranked: tuple[int, ...], room: int, at: Sequence[int]
    ) -> None:
        keys = [(id(factor), np.asarray(bid).tobytes()) for factor, bid in zip(belief.factors, bids, strict=True)]
        rows = dict(zip(keys, zip(belief.factors, bids, strict=True), strict=True))
        made = {key: Factor(factor, np.asarray(bid)) for key, (factor, bid) in rows.items()}
        self._factors = [made[key] for key in keys]
        self._ranked = frozenset(ranked)
        cuts = _cuts([self._factors[i] for i in ranked], room, at)
        tables = {key: factor.by_range(cuts) for key, factor in made.items()}
        self._by_player = [tables[key] for key in keys]
        self._attains = self._attaining(ranked, len(cuts))

    def _attaining(self, ranked: tuple[int, ...], ranges: int) -> dict[int, FloatArray]:
        """Return per ranked player ``(ranges,)``: the chance that she is above the lower end if none before her is."""
        logs, above = np.zeros(ranges), np.zeros(ranges)
        attains = {}
        for i in reversed(ranked):
            table = self._by_player[i]
            with np.errstate(divide="ignore", invalid="ignore"):
                logs = logs + np.log(table.up_to)
                mine = np.where(table.up_to > 0.0, table.within / table.up_to, 0.0)
                below = np.where(table.up_to > 0.0, table.under / table.up_to, 0.0)
                above = mine + below * above
                attains[i] = np.where(above > 0.0, mine / above, 0.0)
        with np.errstate(divide="ignore"):
            self.logs = logs + np.log(above) if ranked else logs
        return attains

    def types(self, ranges: IntArray, uniforms: FloatArray) -> IntArray:
        """Return ``(players, profiles)`` types drawn within the ranges, given uniform draws of that shape."""
        drawn = np.empty(uniforms.shape, dtype=np.int64)
        found = np.zeros(len(ranges), dtype=bool)
        for i, factor in enumerate(self._factors):
            if i not in self._ranked:
                drawn[i] = factor.whole(uniforms[i])
                continue
            attains = self._attains[i][ranges]
            hit = ~found & (uniforms[i] >= 1.0 - attains)
            drawn[i] = self._by_player[i].types(ranges, uniforms[i], attains, hit, found)
            found |= hit
        return drawn


class Factor:
    """One player's types in order of bid, with the distribution function."""

    def __init__(self, factor: FloatArray, bids: IntArray) -> None:
        kept = np.flatnonzero(factor > 0.0)
        self.order = kept[np.argsort(bids[kept], kind="stable")]
        self.bids = bids[self.order]
        self.masses = factor[self.order]
        self.edges = np.cumsum(self.masses)

    def whole(self, uniforms: FloatArray) -> IntArray:
        """Return types drawn from the whole distribution."""
        spots = np.searchsorted(self.edges, uniforms * self.edges[-1], side="right")
        return self.order[np.minimum(spots, len(self.order) - 1)]

    def by_range(self, cuts: IntArray) -> Ranges:
        """Return the distribution by ranges of the bid that end at increasing `cuts`."""
        counts = np.searchsorted(self.bids, cuts, side="right")
        spots = np.searchsorted(cuts, self.bids, side="left")
        inside = spots < len(cuts)
        within = np.bincount(spots[inside], self.masses[inside], minlength=len(cuts)).astype(float)
        return Ranges(self, counts, within)


@dataclass(frozen=True, eq=False)
class Ranges:
    """One player's distribution by ranges of the bid.

    Attributes
    ----------
    counts : ``(ranges,)`` how many of her types, in order of bid, are at most at the upper end.
    within : ``(ranges,)`` probability of the range.
    """

    factor: Factor
    counts: IntArray
    within: FloatArray

    @cached_property
    def up_to(self) -> FloatArray:
        """Probability of a bid up to the upper end."""
        sums: FloatArray = np.cumsum(self.within)
        return sums

    @cached_property
    def under(self) -> FloatArray:
        """Probability of a bid up to the lower end."""
        return np.concatenate([[0.0], self.up_to[:-1]])

    @cached_property
    def _below(self) -> IntArray:
        return np.concatenate([[0], self.counts[:-1]])

    def types(
        self, ranges: IntArray, uniforms: FloatArray, attains: FloatArray, hit: BoolArray, found: BoolArray
    ) -> IntArray:
        """Return types drawn within the ranges.

        They are above the lower end where she is the first to be (`hit`), up to the upper end after that (`found`) and
        up to the lower end before it.
        """
        misses = 1.0 - attains
        low = np.where(hit, self.under[ranges], 0.0)
        mass = np.where(hit, self.within[ranges], np.where(found, self.up_to[ranges], self.under[ranges]))
        scale = np.where(hit, attains, np.where(found, 1.0, misses))
        share = np.where(hit, uniforms - misses, uniforms) / np.where(scale > 0.0, scale, 1.0)
        spots = np.searchsorted(self.factor.edges, low + share * mass, side="right")
        first = np.where(hit, self._below[ranges], 0)
        last = np.where(hit | found, self.counts[ranges], self._below[ranges]) - 1
        return self.factor.order[np.clip(spots, first, last)]


def _cuts(factors: Sequence[Factor], room: int, at: Sequence[int]) -> IntArray:
    """Return the upper ends of at most `room` ranges of the highest bid.

    Every possible highest bid where they fit; else the bids in `at`, half of the rest by equal probability and half
    evenly over what there is, as small chances can decide what a low bidder gains.
    """
    if not factors:
        return np.zeros(1, dtype=np.int64)
    distinct = {id(factor): factor for factor in factors}
    least = max(int(factor.bids[0]) for factor in distinct.values())
    levels = np.unique(np.concatenate([factor.bids for factor in distinct.values()]))
    levels = levels[levels >= least]
    if len(levels) <= room:
        return levels
    logs = np.zeros(len(levels))
    times = Counter(map(id, factors))
    for key, factor in distinct.items():
        counts = np.searchsorted(factor.bids, levels, side="right")
        logs += times[key] * np.log(factor.edges[counts - 1] / factor.edges[-1])
    own = np.searchsorted(levels, np.repeat(at, 2), side="right") - 1 - np.tile([1, 0], len(at))
    own = own[own >= 0][: room - 1]
    left = room - 1 - len(own)
    halves = np.arange(1, left // 2 + 1) / (left // 2 + 1)
    equal = np.searchsorted(np.exp(logs), halves)
    even = np.linspace(0, len(levels) - 1, left - left // 2, endpoint=False).astype(np.int64)
    return levels[np.unique(np.concatenate([own, equal, even, [len(levels) - 1]]))]
