"""AGG: putting the others' beliefs about i* together [AzarChenMicali2012, section 4.1]_.

AGG intersects the supports of everybody's reports but i*'s and conditions the lowest-numbered report on the
intersection; where that is empty it returns that report as it is. A report counts as a distribution over whole
profiles in which the reporter has the value she announced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mechanisms.beliefs import Joint, joint
from mechanisms.book import BeliefBook
from mechanisms.environment import BoolArray, FloatArray, IntArray, flat_index, strides
from mechanisms.spoken import blocks


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
    book: BeliefBook, shape: Sequence[int], chosen: int | IntArray, values: IntArray, beliefs: IntArray
) -> FloatArray:
    """Return ``(rounds, types of chosen)``: AGG's weights on i*'s type, the others having announced `values`.

    Every report but i*'s is pinned to its reporter's announcement, so their intersection holds the one profile
    that the others announced, with whatever types of i* all of them think possible beside it. It is therefore
    enough to look at that slice of each report. Rows are weights, not conditional probabilities.

    Parameters
    ----------
    chosen : i*, or ``(rounds,)`` one a round; the rows are then as long as the widest grid, zeros at the end.
    values, beliefs : ``(rounds, players)`` announced types and belief ids; the columns of i* are not read.
    """
    if isinstance(chosen, int | np.integer):
        told = beliefs.copy()
        told[:, chosen] = np.delete(beliefs, chosen, axis=1)[:, 0]
        if not book.factored(told).any():
            return _of_tables(book, shape, int(chosen), values, beliefs)
        role = np.full(len(values), chosen)
        return aggregate_conditional(book, shape, role, values, beliefs)[:, : shape[chosen]]
    told = beliefs.copy()
    told[np.arange(len(told)), chosen] = told[np.arange(len(told)), np.where(chosen == 0, 1, 0)]
    factored, found = book.factored(told), np.zeros((len(values), max(shape)))
    if not factored.any():
        for one in np.unique(chosen).tolist():
            rows = np.flatnonzero(chosen == one)
            found[rows, : shape[one]] = _of_tables(book, shape, one, values[rows], beliefs[rows])
        return found
    told[np.arange(len(told)), chosen] = -1
    for block in blocks(len(values), len(shape)):
        found[block] = _of_products(book, shape, chosen[block], values[block], told[block], factored[block])
    return found


def _of_tables(book: BeliefBook, shape: Sequence[int], chosen: int, values: IntArray, beliefs: IntArray) -> FloatArray:
    others = [j for j in range(len(shape)) if j != chosen]
    slices = [_slice(book, shape, chosen, j, values, beliefs[:, j]) for j in others]
    possible = np.logical_and.reduce([weights > 0.0 for weights in slices])
    agreed = possible.any(axis=1, keepdims=True)
    return np.where(possible | ~agreed, slices[0], 0.0)


def _of_products(
    book: BeliefBook,
    shape: Sequence[int],
    chosen: IntArray,
    values: IntArray,
    beliefs: IntArray,
    factored: BoolArray,
) -> FloatArray:
    """Return AGG's weights, each row's largest being one, where some reports are no tables; the ids of i* are -1."""
    spoken, rounds, width = book.spoken(len(shape)), np.arange(len(values)), max(shape)
    uses, told = spoken.uses(beliefs), np.ascontiguousarray(values.T)
    possible = _widened(spoken.possible_beside(uses, told, chosen), width)
    possible &= np.arange(width) < np.array(shape)[chosen][:, None]
    first = np.where(chosen == 0, 1, 0)
    logs = np.full(possible.shape, -np.inf)
    listed = ~factored & (beliefs >= 0)
    for one, j in np.argwhere(_pairs(chosen, listed)).tolist():
        rows = np.flatnonzero((chosen == one) & listed[:, j])
        weights = np.zeros((len(rows), width))
        weights[:, : shape[one]] = _slice(book, shape, one, j, values[rows], beliefs[rows, j])
        possible[rows] &= weights > 0.0
        mine = first[rows] == j
        with np.errstate(divide="ignore"):
            logs[rows[mine]] = np.log(weights[mine])
    rows = np.flatnonzero(~listed[rounds, first])
    if len(rows):
        slices = spoken.log_slices(uses[first[rows], rows], told[:, rows], chosen[rows])
        logs[rows] = _widened(slices, width, fill=-np.inf)
    logs = np.where(possible | ~possible.any(axis=1, keepdims=True), logs, -np.inf)
    top = logs.max(axis=1, keepdims=True)
    return np.exp(logs - np.where(np.isfinite(top), top, 0.0))


def _pairs(chosen: IntArray, listed: BoolArray) -> BoolArray:
    """Return, by i* and reporter, whether a table is ever reported."""
    players = listed.shape[1]
    pairs = np.zeros((players, players), dtype=bool)
    np.logical_or.at(pairs, chosen, listed)
    return pairs


def _widened(rows: NDArray[Any], width: int, *, fill: float = 0) -> NDArray[Any]:
    """Return rows cut or filled up to a width."""
    found = np.full((len(rows), width), fill, dtype=rows.dtype)
    found[:, : rows.shape[1]] = rows[:, :width]
    return found


def _slice(
    book: BeliefBook, shape: Sequence[int], chosen: int, owner: int, values: IntArray, ids: IntArray
) -> FloatArray:
    """Return the weights of ``(rounds, types of chosen)`` in `owner`'s tables, beside the announced values."""
    others = tuple(np.delete(np.array(shape), owner).tolist())
    profile = values.copy()
    profile[:, chosen] = 0
    base = flat_index(np.delete(profile, owner, axis=1), others)
    step = strides(others)[chosen - (owner < chosen)]
    return book.prob(others, ids[:, None], base[:, None] + step * np.arange(shape[chosen]))
