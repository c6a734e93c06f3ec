"""One belief asked about a different player in each round, without a pass over all players for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms.beliefs import Belief, Mixture, Product
from mechanisms.environment import FloatArray, IntArray


def conditional_each(belief: Belief, chosen: IntArray, values: IntArray) -> FloatArray:
    """Return ``(rounds, widest grid)``: weights of the types of each round's `chosen` beside the others' values.

    Rows are what `Belief.conditional` gives, filled up with zeros.

    Parameters
    ----------
    chosen : ``(rounds,)`` players.
    values : ``(rounds, players)`` types; that of the chosen is not read.
    """
    if isinstance(belief, Product):
        return _beside(belief, chosen, values)[0]
    if isinstance(belief, Mixture):
        return _mixed(belief, chosen, values)
    found = np.zeros((len(values), max(belief.shape)))
    for player in np.unique(chosen).tolist():
        rows = np.flatnonzero(chosen == player)
        others = np.delete(values[rows], player, axis=1)
        found[rows, : belief.shape[player]] = belief.conditional(player, others)
    return found


def padded(rows: Sequence[FloatArray] | Sequence[IntArray]) -> FloatArray:
    """Return rows of different lengths as one array, filled up with zeros."""
    table = np.zeros((len(rows), max(map(len, rows))))
    for filled, row in zip(table, rows, strict=True):
        filled[: len(row)] = row
    return table


def _beside(belief: Product, chosen: IntArray, values: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the chosen's chances, zero where the others cannot be, and the log chance of the others."""
    chances = padded(belief.factors)
    told = chances[np.arange(len(chances)), values]
    told[np.arange(len(told)), chosen] = 1.0
    with np.errstate(divide="ignore"):
        logs: FloatArray = np.log(told).sum(axis=1)
    possible = np.isfinite(logs)
    return chances[chosen] * possible[:, None], logs


def _mixed(belief: Mixture, chosen: IntArray, values: IntArray) -> FloatArray:
    parts = [_beside(component, chosen, values) for component in belief.components]
    logs = np.stack([log for _, log in parts]) + np.log(belief.weights)[:, None]
    top = logs.max(axis=0)
    shares = np.exp(logs - np.where(np.isfinite(top), top, 0.0))
    total = shares.sum(axis=0)
    shares /= np.where(total > 0.0, total, 1.0)
    return np.einsum("cr,crt->rt", shares, np.stack([chances for chances, _ in parts]))
