"""AGG: putting the others' beliefs about i* together [AzarChenMicali2012, section 4.1]_.

AGG intersects the supports of everybody's reports but i*'s and conditions the lowest-numbered report on the
intersection; where that is empty it returns that report as it is. A report counts as a distribution over whole
profiles in which the reporter has the value she announced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mechanisms.beliefs import Joint, joint
from mechanisms.book import BeliefBook
from mechanisms.environment import FloatArray, IntArray, flat_index, strides


def pin(belief: Joint, player: int, kind: int, types: int) -> Joint:
    """Return a belief about the others as one about everybody, `player` having type `kind` of `types`."""
    shape = (*belief.shape[:player], types, *belief.shape[player:])
    return joint(shape, np.insert(belief.atoms, player, kind, axis=1), belief.weights)


def aggregate(reports: Mapping[int, Joint]) -> Joint:
    """Return AGG of whole-profile reports, keyed by the players who made them (everybody but i*)."""
    first = reports[min(reports)]
    common = set.intersection(*(set(report.keys.tolist()) for report in reports.values()))
    if not common:
        return first
    return first.given(np.isin(first.keys, list(common)))


def aggregate_conditional(
    book: BeliefBook, shape: Sequence[int], chosen: int, values: IntArray, beliefs: IntArray
) -> FloatArray:
    """Return ``(rounds, types of chosen)``: AGG's weights on i*'s type, the others having announced `values`.

    Every report but i*'s is pinned to its reporter's announcement, so their intersection holds the one profile
    that the others announced, with whatever types of i* all of them think possible beside it. It is therefore
    enough to look at that slice of each report. Rows are weights, not conditional probabilities.

    Parameters
    ----------
    values, beliefs : ``(rounds, players)`` announced types and belief ids; the columns of i* are not read.
    """
    others = [j for j in range(len(shape)) if j != chosen]
    slices = [_slice(book, shape, chosen, j, values, beliefs[:, j]) for j in others]
    possible = np.logical_and.reduce([weights > 0.0 for weights in slices])
    agreed = possible.any(axis=1, keepdims=True)
    return np.where(possible | ~agreed, slices[0], 0.0)


def _slice(
    book: BeliefBook, shape: Sequence[int], chosen: int, owner: int, values: IntArray, ids: IntArray
) -> FloatArray:
    """Return the weights of ``(rounds, types of chosen)`` in `owner`'s beliefs, beside the announced values."""
    others = tuple(np.delete(np.array(shape), owner).tolist())
    profile = values.copy()
    profile[:, chosen] = 0
    base = flat_index(np.delete(profile, owner, axis=1), others)
    step = strides(others)[chosen - (owner < chosen)]
    return book.prob(others, ids[:, None], base[:, None] + step * np.arange(shape[chosen]))
