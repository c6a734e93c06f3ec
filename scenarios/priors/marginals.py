"""Distributions of single players' types as a scenario writes them: one for all, one each, or uniform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from mechanisms.environment import FloatArray
from scenarios.errors import BadInput

_SLACK = 1e-9


def each(
    given: Sequence[Sequence[float]] | Literal["uniform"], shape: Sequence[int], *, field: str
) -> tuple[FloatArray, ...]:
    """Return every player's distribution; equal ones are one array.

    Raises
    ------
    BadInput : if the lists are not one for all or one a player, or one is no distribution on its player's types.

    >>> each("uniform", (2, 4), field="prior.marginals")
    (array([0.5, 0.5]), array([0.25, 0.25, 0.25, 0.25]))
    """
    if given == "uniform":
        made = {size: np.full(size, 1.0 / size) for size in set(shape)}
        return tuple(made[size] for size in shape)
    if len(given) not in (1, len(shape)):
        raise BadInput(f"{field} has {len(given)} lists for {len(shape)} players; give one for all or one each")
    kept: dict[tuple[float, ...], FloatArray] = {}
    for i, size in enumerate(shape):
        number = 0 if len(given) == 1 else i
        row = tuple(given[number])
        if len(row) != size:
            of = "" if len(given) == len(shape) else f" of player {i}"
            raise BadInput(f"{field}[{number}] has {len(row)} probabilities for {size} values{of}")
        if row not in kept:
            kept[row] = distribution(row, field=f"{field}[{number}]")
    return tuple(kept[tuple(given[0 if len(given) == 1 else i])] for i in range(len(shape)))


def distribution(row: Sequence[float], *, field: str) -> FloatArray:
    """Return probabilities as an array that sums to one.

    Raises
    ------
    BadInput : if one is no probability, or their sum is not 1 within 1e-9.
    """
    for k, p in enumerate(row):
        if not 0 <= p <= 1 + _SLACK:
            raise BadInput(f"{field}[{k}] is {p}, which is no probability")
    total = sum(row)
    if not abs(total - 1.0) <= _SLACK:
        raise BadInput(f"{field} sums to {total:.12g}, not 1")
    weights: FloatArray = np.array(row, dtype=float)
    return weights / weights.sum()
