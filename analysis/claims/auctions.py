"""Auctions that the claims compare with, worked out directly: reserves, critical payments, VCG.

Written profile by profile from their definitions and used for small instances only.

References
----------
.. [HartlineRoughgarden2009] J. Hartline, T. Roughgarden, Simple versus optimal mechanisms, EC 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product

import numpy as np

from analysis.claims.domain import marginal_odds
from analysis.claims.instance import Instance

Rule = Callable[[Sequence[int]], int | None]


def monopoly_prices(instance: Instance) -> tuple[tuple[int, ...], ...]:
    """Return each player's monopoly prices: all maximisers of ``p Pr(theta_i >= p)``, compared in integers."""
    found = []
    for values, odds in zip(instance.values, marginal_odds(instance), strict=True):
        income = [v * sum(odds[k:]) for k, v in enumerate(values)]
        found.append(tuple(v for v, r in zip(values, income, strict=True) if r == max(income)))
    return tuple(found)


def winner(bids: Sequence[int], reserves: Sequence[int], *, eager: bool) -> int | None:
    """Return who wins a Vickrey auction with reserves, ties to the lowest index, or None.

    Lazy: the highest bidder, if she reaches her reserve. Eager: the highest of those who reach theirs.
    """
    running = [i for i, bid in enumerate(bids) if not eager or bid >= reserves[i]]
    best = max(running, key=lambda i: bids[i], default=None)
    return None if best is None or bids[best] < reserves[best] else best


def second_price(bids: Sequence[int], reserves: Sequence[int], won: int, *, eager: bool) -> int:
    """Return the winner's price: her reserve or the highest other bid (that reaches its reserve, if eager)."""
    rivals = [b for j, b in enumerate(bids) if j != won and (not eager or b >= reserves[j])]
    return max([reserves[won], *rivals])


def critical_price(instance: Instance, rule: Rule, bids: Sequence[int], won: int) -> int:
    """Return the least value of the winner's grid with which she would still win."""
    return min(v for v in instance.values[won] if rule([*bids[:won], v, *bids[won + 1 :]]) == won)


def reserve_revenue(instance: Instance, *, critical: bool = False) -> float:
    """Return the most that Vickrey with monopoly reserves earns, lazy or eager, whichever monopoly prices are taken.

    With `critical` a winner pays the least value on her grid with which she would win: on a finite grid the
    second price can be raised that far without touching truth-telling.
    """
    options = product(product(*monopoly_prices(instance)), (False, True))
    return max(_mean_price(instance, reserves, eager, critical) for reserves, eager in options)


def critical_vickrey(instance: Instance) -> float:
    """Return the revenue of Vickrey's rule when winners pay the least value on their grid with which they win."""
    return _mean_price(instance, [0] * instance.players, False, True)


def _mean_price(instance: Instance, reserves: Sequence[int], eager: bool, critical: bool) -> float:
    total = 0
    for state, odd in zip(instance.states, instance.odds, strict=True):
        bids = [instance.values[i][kind] for i, kind in enumerate(state)]
        won = winner(bids, reserves, eager=eager)
        if won is None:
            continue
        if critical:
            total += odd * critical_price(instance, lambda b: winner(b, reserves, eager=eager), bids, won)
        else:
            total += odd * second_price(bids, reserves, won, eager=eager)
    return float(Fraction(total, sum(instance.odds)))


def vcg_revenue(instance: Instance) -> float:
    """Return VCG's revenue: everybody pays what her presence costs the others; the same however ties are broken."""
    types, environment = np.array(instance.states), instance.environment
    worth = [environment.worth_of_allocation[i][types[:, i]] for i in range(instance.players)]
    welfare = np.sum(worth, axis=0)
    without = sum((welfare - mine).max(axis=1) for mine in worth)
    paid = without - (instance.players - 1) * welfare.max(axis=1)
    return float(instance.weights @ paid)
