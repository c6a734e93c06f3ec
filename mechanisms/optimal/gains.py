"""What serving a player is worth to the seller, and what truth-telling asks for, on the grid of profiles of one good.

Truth is dominant if and only if ``x_i(v)`` does not fall in ``v_i`` and payments are Myerson's sum; revenue is then
``sum_v sum_i x_i(v) gain_i(v)`` [Myerson1981]_, [DobzinskiFuKleinberg2011]_.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
.. [DobzinskiFuKleinberg2011] S. Dobzinski, H. Fu, R. Kleinberg, Optimal auctions with correlated bidders are easy,
   STOC 2011.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from scipy import sparse

from mechanisms.beliefs import Belief, Joint
from mechanisms.environment import FloatArray, IntArray, flat_index, full_grid, strides


def on_grid(belief: Belief, shape: tuple[int, ...]) -> FloatArray:
    """Return the belief as a full table of probabilities of that shape."""
    if not isinstance(belief, Joint):
        return belief.prob(full_grid(shape)).reshape(shape)
    density = np.zeros(prod(shape))
    density[flat_index(belief.support, shape)] = belief.weights
    return density.reshape(shape)


def virtual_gains(values: IntArray, density: FloatArray, player: int) -> FloatArray:
    """Return ``D(v) v_i - (v_i^+ - v_i) sum_{w > v_i} D(w, v_-i)`` on the grid: what serving her is worth."""
    along = np.moveaxis(density, player, -1)
    return np.moveaxis(line_gains(values, along), -1, player)


def line_gains(values: IntArray, along: FloatArray) -> FloatArray:
    """Return the gains ``(..., values)`` of a player whose probabilities run along the last axis."""
    gains = along * values
    gains[..., :-1] -= np.diff(values) * np.cumsum(along[..., :0:-1], axis=-1)[..., ::-1]
    return gains


def monotone_rows(shape: tuple[int, ...]) -> Any:
    """Return the rows ``x_i(v_k, v_-i) - x_i(v_{k+1}, v_-i) <= 0`` for all players."""
    size, steps = prod(shape), strides(shape)
    index = np.arange(size).reshape(shape)
    blocks = []
    for i, step in enumerate(steps):
        low = np.take(index, range(shape[i] - 1), axis=i).ravel()
        rows = np.arange(len(low))
        data = np.concatenate([np.ones(len(low)), -np.ones(len(low))])
        columns = np.concatenate([low, low + step])
        blocks.append(sparse.csr_matrix((data, (np.tile(rows, 2), columns)), shape=(len(low), size)))
    return sparse.block_diag(blocks, format="csr")


def myerson_sum(values: IntArray, x: FloatArray, player: int) -> FloatArray:
    """Return ``v_k x_k - sum_{l<k} (v_{l+1} - v_l) x_l`` on the grid, flattened."""
    return np.moveaxis(line_payments(values, np.moveaxis(x, player, -1)), -1, player).ravel()


def line_payments(values: IntArray, along: FloatArray) -> FloatArray:
    """Return Myerson's payments ``(..., values)`` of a player whose chances run along the last axis."""
    below = np.zeros_like(along)
    below[..., 1:] = np.cumsum(along[..., :-1] * np.diff(values), axis=-1)
    return along * values - below
