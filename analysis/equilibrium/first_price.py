"""Symmetric equilibria of first-price auctions in which bids and values are on grids, exactly.

References
----------
.. [Chwe1989] M. Chwe, The discrete bid first auction, Economics Letters 31.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms.environment import FloatArray

_ROUNDING = 1e-9


def first_price_equilibria(values: Sequence[int], bids: Sequence[int], *, bidders: int) -> list[tuple[int, ...]]:
    """Return every symmetric pure equilibrium in bids that do not fall with the value, ties tossed for.

    Values are equally likely. Against rivals of whom each bids less with probability F and the same with f, a bid wins
    with probability ``((F + f)**n - F**n) / (n f)``, so profiles are built from the lowest value up: what a value gains
    by a bid below those that are still open is settled by then [Chwe1989]_.
    """
    found: list[tuple[int, ...]] = []
    _extend([], list(values), sorted(bids), bidders, found)
    return found


def bid_worth(values: Sequence[int], bids: Sequence[int], told: Sequence[int], *, bidders: int) -> FloatArray:
    """Return ``(values, bids)``: what a bid is worth to a value against rivals who bid `told`, equally likely each."""
    said, tried = np.asarray(told), np.asarray(bids)
    below = (said[:, None] < tried).mean(axis=0)
    same = (said[:, None] == tried).mean(axis=0)
    tossed = ((below + same) ** bidders - below**bidders) / (bidders * np.where(same > 0, same, 1.0))
    wins = np.where(same > 0, tossed, below ** (bidders - 1))
    gained: FloatArray = wins * (np.asarray(values)[:, None] - tried)
    return gained


def _extend(told: list[int], values: list[int], bids: list[int], bidders: int, found: list[tuple[int, ...]]) -> None:
    """Go on with every block of values that bid the same, as long as none of them gains by a lower bid."""
    done = len(told)
    if done == len(values):
        if _stable(told, values, bids, bidders, len(bids)):
            found.append(tuple(told))
        return
    floor = told[-1] if told else -1
    for place, bid in enumerate(bids):
        if bid <= floor or bid > values[done]:
            continue
        for last in range(done + 1, len(values) + 1):
            trial = told + [bid] * (last - done)
            if _stable(trial, values, bids, bidders, place + 1):
                _extend(trial, values, bids, bidders, found)


def _stable(told: list[int], values: list[int], bids: list[int], bidders: int, known: int) -> bool:
    """Return whether no value so far gains by one of the first `known` bids; the values above bid more than these."""
    full = told + [bids[-1] + 1] * (len(values) - len(told))
    gained = bid_worth(values, bids, full, bidders=bidders)[: len(told)]
    own = gained[np.arange(len(told)), np.searchsorted(bids, told)]
    return bool((gained[:, :known].max(axis=1) <= own + _ROUNDING).all())
