"""What an instance's distribution is like: independent, identical, regular, symmetric; decided in integers."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, permutations, product
from math import prod

from analysis.claims.instance import Instance


def marginal_odds(instance: Instance) -> tuple[tuple[int, ...], ...]:
    """Return each player's marginal, as integer odds by type (zeros for types that do not occur)."""
    counts = [[0] * len(types) for types in instance.worths]
    for state, odd in zip(instance.states, instance.odds, strict=True):
        for i, kind in enumerate(state):
            counts[i][kind] += odd
    return tuple(map(tuple, counts))


def joint_odds(instance: Instance) -> dict[tuple[int, ...], int]:
    """Return the odds by profile, states of one profile added up."""
    table: dict[tuple[int, ...], int] = {}
    for state, odd in zip(instance.states, instance.odds, strict=True):
        table[state] = table.get(state, 0) + odd
    return table


def independent(instance: Instance) -> bool:
    """Whether the players' types are independent."""
    margins, table, total = marginal_odds(instance), joint_odds(instance), sum(instance.odds)
    scale = total ** (instance.players - 1)
    return all(
        table.get(profile, 0) * scale == prod(margins[i][k] for i, k in enumerate(profile))
        for profile in product(*(range(len(types)) for types in instance.worths))
    )


def alike(instance: Instance) -> bool:
    """Whether all players have the same types, in the same order."""
    return len(set(instance.worths)) == 1


def iid(instance: Instance) -> bool:
    """Whether types are independent and identically distributed."""
    return alike(instance) and len(set(marginal_odds(instance))) == 1 and independent(instance)


def symmetric(instance: Instance) -> bool:
    """Whether D stays the same when players change places."""
    if not alike(instance):
        return False
    table = joint_odds(instance)
    return all(
        table.get(tuple(state[i] for i in order), 0) == odd
        for state, odd in table.items()
        for order in permutations(range(instance.players))
    )


def regular(instance: Instance) -> bool:
    """Whether every player's discrete virtual value ``v - (v^+ - v) Pr(> v) / Pr(v)`` is non-decreasing."""
    return _one_worth(instance) and all(low <= high for row in _virtual_values(instance) for low, high in pairwise(row))


def strictly_regular(instance: Instance) -> bool:
    """Whether every player's discrete virtual value increases."""
    return _one_worth(instance) and all(low < high for row in _virtual_values(instance) for low, high in pairwise(row))


def _one_worth(instance: Instance) -> bool:
    """Whether a type is one number: what whatever a player gets is worth to her."""
    return all(len(set(row)) == 1 for types in instance.worths for row in types)


def _virtual_values(instance: Instance) -> list[list[Fraction]]:
    return list(map(_virtual, instance.values, marginal_odds(instance)))


def _virtual(values: tuple[int, ...], odds: tuple[int, ...]) -> list[Fraction]:
    seen = [(v, odd) for v, odd in zip(values, odds, strict=True) if odd]
    above = sum(odd for _, odd in seen)
    virtual = []
    for k, (value, odd) in enumerate(seen):
        above -= odd
        step = seen[k + 1][0] - value if k + 1 < len(seen) else 0
        virtual.append(value - Fraction(step * above, odd))
    return virtual


def plain_states(instance: Instance) -> bool:
    """Whether a state carries no more than its profile, so that knowledge is a partition of profiles."""
    return len(set(instance.states)) == len(instance.states)


def servable(instance: Instance) -> bool:
    """Whether any two types of a player differ in a bundle that some feasible assignment gives her."""
    solo = instance.environment.solo
    for i, types in enumerate(instance.worths):
        offered = [b - 1 for b in range(1, len(instance.bundles) + 1) if solo[i, b] >= 0]
        if len({tuple(row[b] for b in offered) for row in types}) < len(types):
            return False
    return True


def own_value_only(instance: Instance) -> bool:
    """Whether everybody knows her own type and D, and nothing else."""
    return instance.knowledge == "own-value"
