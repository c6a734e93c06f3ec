"""Random instances by family.

The families are those that the claims are about or are silent on: independent, identical, correlated, sparse,
affiliated, one value common to all, symmetric, several goods, signals. None is made to break a claim; each claim
names those that it is tried on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from analysis.claims.domain import regular
from analysis.claims.instance import Instance, Types
from mechanisms.ties import TIES

Rng = np.random.Generator
Family = Callable[[Rng], Instance]
DELTAS = (0.02, 0.05, 0.1, 0.2, 0.5, 0.8)
DISCOUNTS = (0.1, 0.25, 0.5, 0.75, 0.9)
_STRUCTURES = ("own-value", "own-value", "graph", "buckets", "complete", "labels")
_ATTEMPTS = 200


def grid(rng: Rng, size: int) -> Types:
    """Return increasing values: consecutive, with gaps, or with a heavy tail."""
    style = rng.choice(4)
    first = int(rng.integers(1, 6))
    if style == 0:
        return tuple(range(first, first + size))
    if style == 1:
        ratio = int(rng.choice([2, 3, 10] if size < 4 else [2, 3]))
        return tuple(first * ratio**k for k in range(size))
    top = 12 if style == 2 else 60
    return tuple(sorted(rng.choice(np.arange(1, top + 1), size, replace=False).tolist()))


def marginal(rng: Rng, values: Sequence[int]) -> Types:
    """Return odds of values: small integers, or falling off about as the value grows; sometimes one never occurs."""
    if rng.random() < 0.3:
        survival = [max(1, round(60 * values[0] / v)) for v in values]
        falling = [high - low for high, low in zip(survival, [*survival[1:], 0], strict=True)]
        return tuple(max(1, odd) for odd in falling)
    odds = rng.integers(1, 8, len(values))
    if len(values) > 1 and rng.random() < 0.15:
        odds[rng.integers(len(values))] = 0
    return tuple(odds.tolist())


def size_of(rng: Rng, players: int) -> int:
    """Return a number of types such that the grid of profiles stays small."""
    return int(rng.integers(1 if players < 4 else 2, {2: 5, 3: 4, 4: 3}[players]))


def product_states(margins: Sequence[Types]) -> tuple[tuple[Types, ...], Types]:
    """Return the states and odds of independent types; types of odds zero do not occur."""
    states = [s for s in product(*(range(len(m)) for m in margins)) if all(margins[i][k] for i, k in enumerate(s))]
    return tuple(states), tuple(prod(margins[i][k] for i, k in enumerate(s)) for s in states)


def of_values(values: Sequence[Types]) -> tuple[tuple[Types, ...], ...]:
    """Return the worths of a single good."""
    return tuple(tuple((v,) for v in row) for row in values)


def finished(rng: Rng, instance: Instance) -> Instance:
    """Return the instance with random knowledge and parameters."""
    kind = str(rng.choice(_STRUCTURES))
    return replace(
        instance,
        knowledge=kind,
        parameters=facts(rng, kind, instance),
        epsilon=float(f"{10 ** rng.uniform(-2, 0.8):.1g}"),
        delta=float(rng.choice(DELTAS)),
        discount=float(rng.choice(DISCOUNTS)),
        ties=TIES[int(rng.integers(2))],
    )


def facts(rng: Rng, kind: str, instance: Instance) -> dict[str, Any]:
    """Return parameters of a knowledge structure."""
    n = instance.players
    if kind == "graph":
        return {"edges": [[i, j] for i in range(n) for j in range(n) if i != j and rng.random() < 0.5]}
    if kind == "buckets":
        tops = sorted({max(row) for types in instance.worths for row in types})
        return {"cuts": [int(rng.choice(tops))]}
    if kind == "labels":
        return {"labels": [[f"{s[i]}{rng.choice(list('xy'))}" for s in instance.states] for i in range(n)]}
    return {}


def players_of(rng: Rng) -> int:
    """Return a number of players, most often two."""
    return int(rng.choice([2, 2, 2, 3, 3, 4]))


def independent_values(rng: Rng) -> Instance:
    """Independent values, a grid and a marginal each."""
    n = players_of(rng)
    values = [grid(rng, size_of(rng, n)) for _ in range(n)]
    states, odds = product_states([marginal(rng, row) for row in values])
    return finished(rng, Instance(of_values(values), states, odds))


def iid_values(rng: Rng) -> Instance:
    """Independent values from one distribution."""
    n = players_of(rng)
    values = grid(rng, max(2, size_of(rng, n)))
    states, odds = product_states([marginal(rng, values)] * n)
    return finished(rng, Instance(of_values([values] * n), states, odds))


def regular_values(rng: Rng) -> Instance:
    """Independent values from one regular distribution."""
    return _first(rng, iid_values, regular)


def regular_independent(rng: Rng) -> Instance:
    """Independent values, all distributions regular."""
    return _first(rng, independent_values, regular)


def _first(rng: Rng, family: Family, wanted: Callable[[Instance], bool]) -> Instance:
    for _ in range(_ATTEMPTS):
        instance = family(rng)
        if wanted(instance):
            return instance
    raise ValueError(f"none of {_ATTEMPTS} instances is {wanted.__name__}")


def correlated(rng: Rng) -> Instance:
    """Any odds on the full grid of profiles, or on a part of it."""
    n = players_of(rng)
    values = [grid(rng, size_of(rng, n)) for _ in range(n)]
    profiles = list(product(*(range(len(row)) for row in values)))
    share = float(rng.choice([0.3, 0.6, 1.0]))
    states = [s for s in profiles if rng.random() < share] or profiles[-1:]
    return finished(rng, Instance(of_values(values), tuple(states), tuple(rng.integers(1, 8, len(states)).tolist())))


def affiliated(rng: Rng) -> Instance:
    """Values that rise together with a common shock: a mixture of two products."""
    n = players_of(rng)
    values = [grid(rng, max(2, size_of(rng, n))) for _ in range(n)]
    low = [tuple(sorted(rng.integers(1, 8, len(row)).tolist(), reverse=True)) for row in values]
    (states, bad), (_, good) = product_states(low), product_states([row[::-1] for row in low])
    odds = tuple(b + g for b, g in zip(bad, good, strict=True))
    return finished(rng, Instance(of_values(values), states, odds))


def common_value(rng: Rng) -> Instance:
    """One value common to all, or values in fixed proportion to it."""
    n = players_of(rng)
    base = grid(rng, int(rng.integers(2, 5)))
    factors = [1] * n if rng.random() < 0.5 else rng.integers(1, 5, n).tolist()
    values = [tuple(f * v for v in base) for f in factors]
    occurring = [(k, odd) for k, odd in enumerate(marginal(rng, base)) if odd]
    states = tuple((k,) * n for k, _ in occurring)
    return finished(rng, Instance(of_values(values), states, tuple(odd for _, odd in occurring)))


def symmetric_values(rng: Rng) -> Instance:
    """Values whose distribution stays the same when players change places."""
    n = players_of(rng)
    values = grid(rng, max(2, size_of(rng, n)))
    states = tuple(product(range(len(values)), repeat=n))
    drawn: dict[Types, int] = {}
    for state in states:
        key = tuple(sorted(state))
        drawn.setdefault(key, int(rng.choice([0, 1, 2, 5])))
    kept = tuple(s for s in states if drawn[tuple(sorted(s))]) or states[:1]
    odds = tuple(max(1, drawn[tuple(sorted(s))]) for s in kept)
    return finished(rng, Instance(of_values([values] * n), kept, odds))


def insiders(rng: Rng) -> Instance:
    """A common state, boom or bust, that values depend on and that some of the players see."""
    n = players_of(rng)
    values = [grid(rng, min(3, size_of(rng, n))) for _ in range(n)]
    parts = [product_states([marginal(rng, row) for row in values]) for _ in range(2)]
    states = parts[0][0] + parts[1][0]
    labels = ("boom",) * len(parts[0][0]) + ("bust",) * len(parts[1][0])
    base = finished(rng, Instance(of_values(values), states, parts[0][1] + parts[1][1], labels))
    seen = [i for i in range(n) if rng.random() < 0.6]
    return replace(base, knowledge="state", parameters={"insiders": seen})


def signalled(rng: Rng) -> Instance:
    """States that carry more than the profile: beside her own value some players see one of two signals.

    A profile sends a player the first signal, the second, or either, so that a signal can rule profiles out. One
    player has more types than the others: she is what there is to learn about.
    """
    n = int(rng.choice([2, 3, 3]))
    sizes = rng.choice([1, 1, 2], n)
    sizes[rng.integers(n)] = rng.integers(3, 5)
    values = [grid(rng, int(size)) for size in sizes]
    profiles = list(product(*(range(size) for size in sizes)))
    sent = rng.integers(0, 3, (len(profiles), n)) * rng.integers(0, 2, n)  # some players always see the first
    told = [(profile, sent[p], copy) for p, profile in enumerate(profiles) for copy in range(2)]
    signals = [[f"{state[i]}{'xy'[copy if by[i] == 2 else by[i]]}" for state, by, copy in told] for i in range(n)]
    odds = tuple(rng.integers(1, 9, len(told)).tolist())
    base = finished(rng, Instance(of_values(values), tuple(state for state, _, _ in told), odds))
    return replace(base, knowledge="labels", parameters={"labels": signals})
