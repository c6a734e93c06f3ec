"""Moves between instances: every way to make one simpler, and small random changes.

A distribution that is independent, or the same when players change places, is changed so that it stays so; a claim
about such distributions would otherwise say nothing about the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np

from analysis.claims.domain import alike, independent, marginal_odds, symmetric
from analysis.claims.generate import DELTAS, DISCOUNTS, Rng, product_states
from analysis.claims.instance import Instance
from mechanisms.ties import TIES

EPSILONS = (0.1, 1.0, 0.5, 0.01, 2.0, 5.0, 10.0)
SIMPLE_DELTAS = (0.5, 0.1, 0.2, 0.05, 0.8, 0.02)
SIMPLE_DISCOUNTS = (0.5, 0.75, 0.25, 0.9, 0.1)
_ATTEMPTS = 50
_MOST_STATES = 81
_LEAST_EPSILON = 0.01


def size(instance: Instance) -> tuple[int, ...]:
    """Return how complicated an instance is, for comparison in order: players, types, states, knowledge, numbers."""
    return (
        instance.players,
        sum(map(len, instance.worths)),
        len(instance.states),
        _knowledge_size(instance),
        sum(sum(row) for types in instance.worths for row in types),
        sum(instance.odds),
        _rank(EPSILONS, instance.epsilon),
        _rank(SIMPLE_DELTAS, instance.delta),
        _rank(SIMPLE_DISCOUNTS, instance.discount),
        TIES.index(instance.ties),
    )


def _rank(simple: Sequence[float], value: float) -> int:
    return simple.index(value) if value in simple else len(simple)


def _knowledge_size(instance: Instance) -> int:
    if instance.knowledge == "own-value":
        return 0
    if instance.knowledge == "graph":
        return 1 + len(instance.parameters["edges"])
    if instance.knowledge == "labels":
        return 2 + sum(len(set(row)) for row in instance.parameters["labels"])
    return 1


def simpler(instance: Instance) -> Iterator[Instance]:
    """Yield the valid instances that are one move away and simpler."""
    here = size(instance)
    for move in _MOVES:
        for found in move(instance):
            candidate = found.simplified()
            if size(candidate) < here and valid(candidate):
                yield candidate


def valid(instance: Instance) -> bool:
    """Whether the program's objects can be built from an instance."""
    try:
        return instance.environment is not None and instance.known is not None
    except ValueError:
        return False


def _kept(instance: Instance, rows: Sequence[int], **changes: Any) -> Instance:
    """Return the instance with some of its states."""
    parameters = dict(instance.parameters)
    if instance.knowledge == "labels":
        parameters["labels"] = [[row[s] for s in rows] for row in instance.parameters["labels"]]
    told = None if instance.labels is None else tuple(instance.labels[s] for s in rows)
    states = tuple(instance.states[s] for s in rows)
    odds = tuple(instance.odds[s] for s in rows)
    return replace(instance, **{"states": states, "odds": odds, "labels": told, "parameters": parameters, **changes})


def _fewer_players(instance: Instance) -> Iterator[Instance]:
    for gone in range(instance.players) if instance.players > 2 else ():
        rest = [i for i in range(instance.players) if i != gone]
        parameters = dict(instance.parameters)
        if instance.knowledge == "graph":
            pairs = [edge for edge in parameters["edges"] if gone not in edge]
            parameters["edges"] = [[rest.index(i), rest.index(j)] for i, j in pairs]
        if instance.knowledge == "state":
            parameters["insiders"] = [rest.index(i) for i in parameters["insiders"] if i != gone]
        if instance.knowledge == "labels":
            parameters["labels"] = [parameters["labels"][i] for i in rest]
        allocations = instance.allocations
        if allocations is not None:
            allocations = tuple(tuple(row[i] for i in rest) for row in allocations if row[gone] == 0)
        yield _merged(
            replace(
                instance,
                worths=tuple(instance.worths[i] for i in rest),
                states=tuple(tuple(state[i] for i in rest) for state in instance.states),
                parameters=parameters,
                allocations=allocations,
            )
        )


def _merged(instance: Instance) -> Instance:
    """Return the instance with the odds of equal states added up, where no knowledge tells them apart."""
    if instance.knowledge == "labels":
        return instance
    told = instance.labels or ("",) * len(instance.states)
    added: dict[tuple[tuple[int, ...], str], int] = {}
    for state, label, odd in zip(instance.states, told, instance.odds, strict=True):
        added[state, label] = added.get((state, label), 0) + odd
    labels = None if instance.labels is None else tuple(label for _, label in added)
    return replace(instance, states=tuple(s for s, _ in added), odds=tuple(added.values()), labels=labels)


def _less_known(instance: Instance) -> Iterator[Instance]:
    if instance.knowledge != "own-value":
        yield _merged(replace(instance, knowledge="own-value", parameters={}, labels=None))
    if instance.knowledge == "graph":
        edges = instance.parameters["edges"]
        for k in range(len(edges)):
            yield replace(instance, parameters={"edges": edges[:k] + edges[k + 1 :]})
    if instance.knowledge == "labels":
        for i, row in enumerate(instance.parameters["labels"]):
            own = [str(state[i]) for state in instance.states]
            if len(set(row)) > len(set(own)):
                rows = [own if j == i else told for j, told in enumerate(instance.parameters["labels"])]
                yield replace(instance, parameters={"labels": rows})


def _fewer_types(instance: Instance) -> Iterator[Instance]:
    everyone = tuple(range(instance.players))
    groups = [everyone] if alike(instance) else []
    for who in [*groups, *((i,) for i in everyone)]:
        for kind in range(len(instance.worths[who[0]])):
            worths = tuple(
                types[:kind] + types[kind + 1 :] if i in who else types for i, types in enumerate(instance.worths)
            )
            rows = [s for s, state in enumerate(instance.states) if all(state[i] != kind for i in who)]
            if rows and all(worths):
                states = tuple(
                    tuple(k - (i in who and k > kind) for i, k in enumerate(instance.states[s])) for s in rows
                )
                yield _kept(instance, rows, worths=worths, states=states)


def _fewer_states(instance: Instance) -> Iterator[Instance]:
    for gone in _orbits(instance):
        rows = [s for s in range(len(instance.states)) if s not in gone]
        if rows:
            yield _kept(instance, rows)


def _orbits(instance: Instance) -> list[set[int]]:
    """Return the groups of states that change their odds together: one each, or those that are permutations."""
    if not symmetric(instance):
        return [{s} for s in range(len(instance.states))]
    found: dict[tuple[int, ...], set[int]] = {}
    for s, state in enumerate(instance.states):
        found.setdefault(min(permutations(state)), set()).add(s)
    return list(found.values())


def with_worth(instance: Instance, player: int, kind: int, bundle: int, worth: int) -> Instance:
    """Return the instance with one worth changed; of all players if they have the same types."""
    who = range(instance.players) if alike(instance) else (player,)
    row = instance.worths[player][kind]
    changed = (*row[:bundle], worth, *row[bundle + 1 :])
    if len(set(row)) == 1:
        changed = (worth,) * len(row)
    worths = tuple(
        (*types[:kind], changed, *types[kind + 1 :]) if i in who else types for i, types in enumerate(instance.worths)
    )
    return replace(instance, worths=worths)


def _less(number: int) -> list[int]:
    """Return smaller numbers to try, down to 0: far ones first, so that large numbers fall quickly."""
    return sorted({1, number // 2, number * 3 // 4, number * 9 // 10, number - 1} & set(range(number)))


def _each_worth(instance: Instance, change: Callable[[int], int]) -> Instance:
    worths = tuple(tuple(tuple(map(change, row)) for row in types) for types in instance.worths)
    return replace(instance, worths=worths)


def _smaller_worths(instance: Instance) -> Iterator[Instance]:
    seen = sorted({w for types in instance.worths for row in types for w in row if w})
    yield _each_worth(instance, lambda w: seen.index(w) + 1 if w else 0)
    yield _each_worth(instance, lambda w: w // 2)
    yield _each_worth(instance, lambda w: max(w - 1, 0))
    for player, types in enumerate(instance.worths):
        for kind, row in enumerate(types):
            for bundle, worth in enumerate(row):
                for less in _less(worth):
                    if less >= (1 if instance.one_good else 0):
                        yield with_worth(instance, player, kind, bundle, less)


def with_odds(instance: Instance, states: set[int], odd: int) -> Instance:
    """Return the instance with the odds of some states changed."""
    return replace(instance, odds=tuple(odd if s in states else old for s, old in enumerate(instance.odds)))


def with_margin(instance: Instance, player: int, kind: int, odd: int) -> Instance:
    """Return an independent instance with one marginal odd changed; of all players if they are alike."""
    margins = [list(row) for row in marginal_odds(instance)]
    margins = [[odd // int(np.gcd.reduce(row)) for odd in row] for row in margins]
    for i in range(instance.players) if len({*map(tuple, margins)}) == 1 and alike(instance) else (player,):
        margins[i][kind] = odd
    states, odds = product_states([tuple(row) for row in margins])
    return replace(instance, states=states, odds=odds)


def _smaller_odds(instance: Instance) -> Iterator[Instance]:
    yield replace(instance, odds=(1,) * len(instance.odds))
    if not factored(instance):
        for orbit in _orbits(instance):
            odd = instance.odds[min(orbit)]
            for less in filter(None, _less(odd)):
                yield with_odds(instance, orbit, less)
        return
    for player, row in enumerate(marginal_odds(instance)):
        common = int(np.gcd.reduce(row))
        for kind, odd in enumerate(row):
            for less in filter(None, _less(odd // common)):
                yield with_margin(instance, player, kind, less)


def factored(instance: Instance) -> bool:
    """Whether the states are those of a product, in its order."""
    return independent(instance) and instance.states == product_states(marginal_odds(instance))[0]


def _plainer(instance: Instance) -> Iterator[Instance]:
    for name, simple in (("epsilon", EPSILONS), ("delta", SIMPLE_DELTAS), ("discount", SIMPLE_DISCOUNTS)):
        for value in simple[: _rank(simple, getattr(instance, name))]:
            changed: dict[str, Any] = {name: value}
            yield replace(instance, **changed)
    yield replace(instance, ties=TIES[0])


_MOVES = (_fewer_players, _less_known, _fewer_types, _fewer_states, _smaller_worths, _smaller_odds, _plainer)


def mutate(instance: Instance, rng: Rng) -> Instance:
    """Return a valid instance near a given one: a worth, an odd, a parameter or a simplification away."""
    for _ in range(_ATTEMPTS):
        found = (_other_worth, _other_odd, _other_parameter, _some_simpler)[rng.integers(4)](instance, rng).simplified()
        if found != instance and len(found.states) <= _MOST_STATES and valid(found):
            return found
    return instance


def _other_worth(instance: Instance, rng: Rng) -> Instance:
    player = int(rng.integers(instance.players))
    kind = int(rng.integers(len(instance.worths[player])))
    bundle = int(rng.integers(len(instance.bundles)))
    old = instance.worths[player][kind][bundle]
    return with_worth(
        instance, player, kind, bundle, int(rng.choice([old - 2, old - 1, old + 1, old + 2, 2 * old, old // 2]))
    )


def _other_odd(instance: Instance, rng: Rng) -> Instance:
    odd = int(rng.integers(1, 13))
    if factored(instance):
        player = int(rng.integers(instance.players))
        return with_margin(instance, player, int(rng.integers(len(instance.worths[player]))), odd)
    orbits = _orbits(instance)
    return with_odds(instance, orbits[int(rng.integers(len(orbits)))], odd)


def _other_parameter(instance: Instance, rng: Rng) -> Instance:
    epsilon = max(_LEAST_EPSILON, float(f"{instance.epsilon * rng.choice([0.25, 0.5, 2.0, 4.0]):.2g}"))
    return (
        replace(instance, epsilon=epsilon),
        replace(instance, delta=float(rng.choice(DELTAS))),
        replace(instance, discount=float(rng.choice(DISCOUNTS))),
        replace(instance, ties=TIES[int(rng.integers(2))]),
    )[rng.integers(4)]


def _some_simpler(instance: Instance, rng: Rng) -> Instance:
    found = list(_MOVES[int(rng.integers(len(_MOVES)))](instance))
    return found[int(rng.integers(len(found)))] if found else instance
