"""Random instances with several goods, and with one good each of which not all can be sold together."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations, product

from analysis.claims.generate import Rng, finished, grid, marginal, product_states
from analysis.claims.instance import Instance, Types


def two_goods(rng: Rng) -> Instance:
    """Two goods and two or three players with two or three types, any worths of the bundles; correlated or not."""
    n = int(rng.integers(2, 4))
    worths = tuple(_types(rng, int(rng.integers(1, 5 - n)) if n > 2 else int(rng.integers(1, 4))) for _ in range(n))
    return _drawn(rng, Instance(worths, ((0,) * n,), (1,), bundles=((0,), (1,), (0, 1))))


def some_bundles(rng: Rng) -> Instance:
    """Two goods, of which only some assignments are feasible; downward closed."""
    base = two_goods(rng)
    full = base.environment.allocations.tolist()
    picked = [row for row in full if rng.random() < 0.4]
    closed = set(chain.from_iterable(_below(tuple(row)) for row in picked)) | {(0,) * base.players}
    return replace(base, allocations=tuple(sorted(closed)))


def alike_goods(rng: Rng) -> Instance:
    """Two goods and players whose types are independent and identically distributed."""
    n = int(rng.integers(2, 4))
    worths = (_types(rng, 2 if n == 3 else 3),) * n
    odds = tuple(rng.integers(1, 6, len(worths[0])).tolist())
    return _drawn(rng, Instance(worths, ((0,) * n,), (1,), bundles=((0,), (1,), (0, 1))), [odds] * n)


def groups(rng: Rng) -> Instance:
    """Identical players in two groups, a good for each, and only one group can be served."""
    n = int(rng.integers(3, 5))
    values = grid(rng, 2)
    first = int(rng.integers(1, n))
    teams = [set(range(first)), set(range(first, n))]
    rows = sorted(
        {
            tuple(i + 1 if i in served else 0 for i in range(n))
            for team in teams
            for size in range(len(team) + 1)
            for served in combinations(sorted(team), size)
        }
    )
    worths = ((tuple((v,) * n for v in values)),) * n
    base = Instance(worths, ((0,) * n,), (1,), bundles=tuple((k,) for k in range(n)), allocations=tuple(rows))
    return _drawn(rng, base, [marginal(rng, values)] * n)


def _types(rng: Rng, count: int) -> tuple[Types, ...]:
    found: set[Types] = set()
    while len(found) < count:
        found.add(tuple(rng.integers(0, 9, 3).tolist()))
    return tuple(sorted(found))


def _below(row: Types) -> list[Types]:
    return list(product(*((0, bundle) if bundle else (0,) for bundle in row)))


def _drawn(rng: Rng, base: Instance, margins: list[Types] | None = None) -> Instance:
    """Return the instance with a distribution of its own: the product of the margins, or independent, or any."""
    shape = [len(types) for types in base.worths]
    drawn = margins or [tuple(rng.integers(1, 6, size).tolist()) for size in shape]
    states, odds = product_states(drawn)
    if margins is None and rng.random() < 0.5:
        odds = tuple(rng.integers(1, 6, len(states)).tolist())
    return finished(rng, replace(base, states=states, odds=odds))
