"""Ways to write an environment down: one good, copies or services, a public good, any assignment of goods."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise, product

import numpy as np

from mechanisms.allocations import disjoint, one_winner
from mechanisms.environment import Environment, check_money

MAX_DIGITAL = 12


def single_good(values: Sequence[Sequence[int]]) -> Environment:
    """Return the environment of one good, given each player's increasing grid of positive values.

    >>> single_good([[1, 2], [1, 3, 5]]).shape
    (2, 3)
    """
    _check_grids(values)
    worth = tuple(np.array([[0, v] for v in grid], dtype=np.int64) for grid in values)
    return Environment(worth, one_winner(len(values)), ((), ("good",)))


def services(values: Sequence[Sequence[int]], served: Sequence[Sequence[int]]) -> Environment:
    """Return the environment in which each player is served or not, given which sets can be served together.

    Player i's bundle i + 1 is a good of her own, worth her value to her and nothing to anybody else.

    Parameters
    ----------
    values : each player's increasing grid of positive values.
    served : sets of players that can be served; serving nobody is always possible. Subsets are not added.

    >>> services([[1, 2], [3]], [[0], [0, 1]]).downward_closed  # 1 cannot be served alone
    False
    """
    _check_grids(values)
    n = len(values)
    rows = {(0,) * n}
    for group in served:
        if len(set(group)) < len(group) or not set(group) <= set(range(n)):
            raise ValueError(f"a set of players served holds different numbers from 0 to {n - 1}, unlike {list(group)}")
        rows.add(tuple(i + 1 if i in group else 0 for i in range(n)))
    for i in range(n):
        if not any(row[i] for row in rows):
            raise ValueError(f"player {i} is in none of the sets that can be served")
    worth = []
    for i, grid in enumerate(values):
        table = np.zeros((len(grid), n + 1), dtype=np.int64)
        table[:, i + 1] = grid
        worth.append(table)
    bundles = ((), *((f"service {i}",) for i in range(n)))
    return Environment(tuple(worth), np.array(sorted(rows), dtype=np.int64), bundles)


def digital_goods(values: Sequence[Sequence[int]]) -> Environment:
    """Return the environment in which every set of players can be served [GoldbergHartlineKarlinSaksWright2006]_.

    >>> len(digital_goods([[1, 2]] * 3).allocations)
    8

    References
    ----------
    .. [GoldbergHartlineKarlinSaksWright2006] A. Goldberg, J. Hartline, A. Karlin, M. Saks, A. Wright, Competitive
       auctions, Games and Economic Behavior 55.
    """
    n = len(values)
    if n > MAX_DIGITAL:
        raise ValueError(
            f"digital goods for {n} players have {2.0**n:.3g} allocations; the limit is {MAX_DIGITAL} players"
        )
    return services(values, [group for size in range(1, n + 1) for group in combinations(range(n), size)])


def public_good(values: Sequence[Sequence[int]]) -> Environment:
    """Return the environment of a public good: all players are served, or nobody. It is not downward closed.

    >>> public_good([[1, 2]] * 3).downward_closed
    False
    """
    return services(values, [range(len(values))])


def assignment(
    goods: Sequence[str],
    valuations: Sequence[Sequence[Sequence[int]]],
    *,
    bundles: Sequence[Sequence[str]] | None = None,
    allocations: Sequence[Sequence[Sequence[str]]] | None = None,
) -> Environment:
    """Return an assignment environment for several goods.

    Parameters
    ----------
    goods : names of the goods.
    valuations : per player and type, the worth of each non-empty bundle, in the order of `bundles`.
    bundles : the non-empty bundles that valuations price; all subsets of the goods, small ones first, unless
        given.
    allocations : the feasible assignments, each a bundle per player; every way of giving disjoint bundles
        unless given.
    """
    if len(set(goods)) < len(goods) or not goods:
        raise ValueError(f"goods must be one or more different names, not {list(goods)}")
    if bundles is None:
        bundles = [list(c) for size in range(1, len(goods) + 1) for c in combinations(goods, size)]
    for bundle in bundles:
        if not bundle or len(set(bundle)) < len(bundle) or not set(bundle) <= set(goods):
            raise ValueError(f"a bundle holds one or more different goods out of {list(goods)}, not {list(bundle)}")
    known = ((), *(tuple(sorted(b, key=list(goods).index)) for b in bundles))
    _check_valuations(valuations, len(bundles))
    worth = tuple(
        np.array([[0, *row] for row in types], dtype=np.int64).reshape(-1, len(known)) for types in valuations
    )
    if allocations is None:
        rows = [pick for pick in product(range(len(known)), repeat=len(worth)) if disjoint([known[b] for b in pick])]
    else:
        order: dict[frozenset[str], int] = {frozenset(b): k for k, b in enumerate(known)}
        listed = []
        for given in allocations:
            picked = [frozenset(bundle) for bundle in given]
            if len(picked) != len(worth) or not set(picked) <= set(order):
                raise ValueError(f"an allocation gives each of {len(worth)} players a known bundle, unlike {given}")
            listed.append(tuple(order[bundle] for bundle in picked))
        rows = sorted({(0,) * len(worth), *listed})
    return Environment(worth, np.array(rows, dtype=np.int64), known)


def _check_valuations(valuations: Sequence[Sequence[Sequence[int]]], bundles: int) -> None:
    for i, types in enumerate(valuations):
        for k, row in enumerate(types):
            if len(row) != bundles:
                raise ValueError(f"player {i}'s type {k} has {len(row)} worths for {bundles} bundles: {list(row)}")
            for worth in row:
                check_money(f"player {i}'s worth", worth)


def _check_grids(values: Sequence[Sequence[int]]) -> None:
    for i, grid in enumerate(values):
        if len(grid) == 0:
            raise ValueError(f"player {i} has no values")
        for value in grid:
            check_money(f"player {i}'s value", value, least=1)
        for low, high in pairwise(grid):
            if high <= low:
                raise ValueError(f"player {i}'s values must increase, but {high} follows {low}")
