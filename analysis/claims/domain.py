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
    """Whether every player's discrete virtual value ``v - (v^+ - v) Pr(> v) / Pr(v)`` is non-decreasing.

    A value on the grid that never occurs below one that does has virtual value minus infinity, so it is irregular; at
    the end of the grid it would be no better, and counts the same.
    """
    return _regular(instance, strictly=False)


def strictly_regular(instance: Instance) -> bool:
    """Whether every player's discrete virtual value increases."""
    return _regular(instance, strictly=True)


def _regular(instance: Instance, *, strictly: bool) -> bool:
    margins = marginal_odds(instance)
    one_worth = all(len(set(row)) == 1 for types in instance.worths for row in types)
    if not one_worth or not all(odd for odds in margins for odd in odds):
        return False
    rows = map(virtual_values, instance.values, margins)
    return all(low < high or (low == high and not strictly) for row in rows for low, high in pairwise(row))


def virtual_values(values: tuple[int, ...], odds: tuple[int, ...]) -> list[Fraction]:
    """Return each value's discrete virtual value, given positive odds."""
    steps = [high - low for low, high in pairwise(values)] + [0]
    above = [sum(odds[k + 1 :]) for k in range(len(odds))]
    return [v - Fraction(step * more, odd) for v, step, more, odd in zip(values, steps, above, odds, strict=True)]


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
