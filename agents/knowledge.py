"""What each player knows: a partition of the states, and her own opinion of how likely they are.

A *state* carries a profile of types and, where there is more to know than that, a label that insiders may see or a
signal. Player i's partition is *i-consistent*: every cell leaves no doubt about her own type. A cell of it is
a *type* in the paper's sense, a pair of own value and belief [AzarChenMicali2012, section 2.2]_.

`KNOWLEDGE` is the registry of knowledge structures: functions that name what each player can tell apart. Where states
are too many to list, `partition` returns `agents.factored.FactoredKnowledge`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import overload

import numpy as np

from agents.factored import FactoredKnowledge, FactoredSpace
from agents.nature import Drawn
from agents.sights import NotListed, Sight, Sights
from mechanisms.beliefs import Joint, Uniforms, joint
from mechanisms.draws import Inversion
from mechanisms.environment import BoolArray, Environment, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class StateSpace:
    """The states that nature draws from.

    Attributes
    ----------
    shape : number of types of each player.
    profiles : ``(states, players)`` types; several states may share a profile.
    weights : ``(states,)`` positive probabilities that sum to one.
    labels : ``(states,)`` names of what is common about a state, or None.
    listed : ``(states,)`` the row of each state in the list that the prior was given as; states of probability
        zero are left out. None where none were.
    """

    shape: tuple[int, ...]
    profiles: IntArray
    weights: FloatArray
    labels: tuple[str, ...] | None = None
    listed: IntArray | None = None

    def __post_init__(self) -> None:
        if not (self.weights > 0).all():
            raise ValueError(f"a state's probability must be positive, but one is {self.weights.min()}")
        if abs(self.weights.sum() - 1.0) > 1e-9:
            raise ValueError(f"state probabilities must be positive and sum to 1, not {self.weights.sum():.12g}")

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def players(self) -> int:
        """Number of players."""
        return len(self.shape)

    @cached_property
    def prior(self) -> Joint:
        """D: the distribution of profiles."""
        return joint(self.shape, self.profiles, self.weights)

    @cached_property
    def _inversion(self) -> Inversion:
        return Inversion(self.weights)

    @cached_property
    def _columns(self) -> IntArray:
        return np.ascontiguousarray(self.profiles.T)

    def draw(self, rng: Uniforms, size: int) -> Drawn:
        """Return independent draws of the state, one uniform draw each."""
        states = self._inversion(rng.random(size))
        return Drawn(np.take(self._columns, states, axis=1).T, states)

    @classmethod
    def from_joint(cls, prior: Joint) -> StateSpace:
        """Return the space in which a state is a profile and nothing more."""
        return cls(prior.shape, prior.atoms, prior.weights)

    @classmethod
    def listing(cls, space: FactoredSpace) -> StateSpace:
        """Return the same space as a list: profiles by component where the components are states, else profiles.

        Raises
        ------
        ValueError : if there are too many profiles.
        """
        if space.labels is None:
            table = space.prior.table
            return replace(cls.from_joint(table), listed=table.keys)
        tables = [part.table for part in space.parts]
        size = math.prod(space.shape)
        return cls(
            space.shape,
            np.concatenate([table.atoms for table in tables]),
            np.concatenate([w * table.weights for w, table in zip(space.weights, tables, strict=True)]),
            tuple(label for label, table in zip(space.labels, tables, strict=True) for _ in table.weights),
            np.concatenate([s * size + table.keys for s, table in enumerate(tables)]),
        )


@dataclass(frozen=True, eq=False)
class Knowledge:
    """Everybody's partition and opinion.

    Attributes
    ----------
    cells : ``(states, players)`` the number of the cell that each player finds herself in.
    names : per player, a short name of each cell: her own type, and what else she knows.
    opinions : ``(players, states)`` each player's own prior; D for everybody who is not misinformed.
    """

    space: StateSpace
    cells: IntArray
    names: tuple[tuple[str, ...], ...]
    opinions: FloatArray

    def types(self, player: int) -> IntArray:
        """Return the type that a player has in each of her cells, ``(cells,)``."""
        first = np.unique(self.cells[:, player], return_index=True)[1]
        return self.space.profiles[first, player]

    def names_of(self, player: int) -> tuple[str, ...]:
        """Return a short name of each of a player's cells."""
        return self.names[player]

    def prior(self, player: int, subjects: Sequence[int]) -> Joint:
        """Return a player's opinion of some players' types before she learns anything."""
        return self.belief(player, np.ones(len(self.space), dtype=bool), subjects)

    def within(self, player: int) -> FloatArray:
        """Return ``(states,)``: what a player thinks of each state when it is the true one's cell she sees."""
        mine = self.opinions[player]
        totals = np.bincount(self.cells[:, player], mine)
        return mine / totals[self.cells[:, player]]

    def posterior(self, player: int, cell: int) -> Joint:
        """Return what a player believes in a cell about the others' types."""
        subjects = [j for j in range(self.space.players) if j != player]
        return self.belief(player, self.cells[:, player] == cell, subjects)

    def belief(self, player: int, states: BoolArray, subjects: Sequence[int]) -> Joint:
        """Return a player's opinion of some players' types, given some of the states."""
        weights = self.opinions[player][states]
        shape = tuple(self.space.shape[j] for j in subjects)
        return joint(shape, self.space.profiles[states][:, list(subjects)], weights / weights.sum())

    def pooled(self, members: Sequence[int]) -> IntArray:
        """Return ``(states,)``: the cell of what some players know together."""
        return np.unique(self.cells[:, list(members)], axis=0, return_inverse=True)[1].reshape(-1)


Space = StateSpace | FactoredSpace
Facts = Sequence[Sights | Sequence[str]]
Structure = Callable[..., Facts]


@overload
def partition(space: StateSpace, environment: Environment, facts: Facts) -> Knowledge: ...
@overload
def partition(space: FactoredSpace, environment: Environment, facts: Facts) -> FactoredKnowledge: ...
def partition(space: Space, environment: Environment, facts: Facts) -> Knowledge | FactoredKnowledge:
    """Return the knowledge of players who know their own type and some facts.

    Parameters
    ----------
    facts : per player, what she sees besides her own type: classes of others' types and the common state, or, where
        states are listed, one text per state ("" for nothing).
    """
    if isinstance(space, FactoredSpace):
        told = tuple(fact for fact in facts if isinstance(fact, Sights))
        if len(told) < len(facts):
            raise NotListed(space.shape, what="knowledge told state by state")
        return FactoredKnowledge(space, environment, told, {})
    columns, names = [], []
    for i, fact in enumerate(facts):
        words = fact.told(space.profiles, space.labels) if isinstance(fact, Sights) else fact
        pairs = list(zip(space.profiles[:, i].tolist(), words, strict=True))
        seen = {key: number for number, key in enumerate(sorted(set(pairs)))}
        columns.append([seen[key] for key in pairs])
        own = [environment.type_name(i, kind) for kind, _ in seen]
        names.append(tuple(f"{o} | {word}" if word else o for o, (_, word) in zip(own, seen, strict=True)))
    opinions = np.tile(space.weights, (space.players, 1))
    return Knowledge(space, np.array(columns, dtype=np.int64).T, tuple(names), opinions)


def own_value(environment: Environment, space: Space) -> list[Sights]:
    """Everybody knows her own type and D."""
    return [Sights()] * space.players


def complete(environment: Environment, space: Space) -> list[Sights]:
    """Everybody knows the whole profile (and the state's label, where there is one)."""
    edges = [(i, j) for i in range(space.players) for j in range(space.players) if i != j]
    seen = graph(environment, space, edges=edges)
    return [replace(each, state=space.labels is not None) for each in seen]


def graph(environment: Environment, space: Space, *, edges: Sequence[Sequence[int]]) -> list[Sights]:
    """Each player i knows the types of the players j that an edge [i, j] leads to: who knows whom."""
    known: list[set[int]] = [set() for _ in range(space.players)]
    for edge in edges:
        if len(edge) != 2 or not all(0 <= end < space.players for end in edge) or edge[0] == edge[1]:
            raise ValueError(f"an edge joins two different players out of 0..{space.players - 1}, not {edge}")
        known[edge[0]].add(edge[1])
    whole = [
        Sight(j, np.arange(kinds), tuple(f"{j}={environment.type_name(j, kind)}" for kind in range(kinds)))
        for j, kinds in enumerate(environment.shape)
    ]
    return [Sights(tuple(whole[j] for j in sorted(seen))) for seen in known]


def buckets(environment: Environment, space: Space, *, cuts: Sequence[int]) -> list[Sights]:
    """Everybody sees which bucket each other player's worth falls in; a bucket begins at each of `cuts`.

    For several goods a type's worth is that of the bundle she likes best.
    """
    if not cuts or any(high <= low for low, high in pairwise(cuts)):
        raise ValueError(f"cuts must be one or more increasing values, not {list(cuts)}")

    def names(player: int) -> tuple[str, ...]:
        last = f"{player}>={cuts[-1]}"
        return (f"{player}<{cuts[0]}", *(f"{player}>={low},<{high}" for low, high in pairwise(cuts)), last)

    coarse = [
        Sight(j, np.searchsorted(cuts, table.max(axis=1), side="right"), names(j))
        for j, table in enumerate(environment.worth)
    ]
    return [Sights((*coarse[:i], *coarse[i + 1 :]), joiner="; ") for i in range(space.players)]


def state(environment: Environment, space: Space, *, insiders: Sequence[int]) -> list[Sights]:
    """Insiders see the common state's label; the others know their own type only."""
    if space.labels is None:
        raise ValueError("knowledge of the state needs a prior whose profiles carry states")
    for i in insiders:
        if not 0 <= i < space.players:
            raise ValueError(f"an insider must be one of the players 0..{space.players - 1}, not {i}")
    return [Sights(state=i in insiders) for i in range(space.players)]


def labelled(environment: Environment, space: Space, *, labels: Sequence[Sequence[str | int]]) -> list[list[str]]:
    """Any partition: per player, a label for each of the prior's listed states; equal labels are one cell.

    States are in the order of the table; for independent types and bids, in row-major order of the grid.

    Raises
    ------
    ValueError : if a player's partition is not i-consistent, that is, one label covers two of her own types, or
        states are not listed.
    """
    if isinstance(space, FactoredSpace):
        raise NotListed(space.shape, what="knowledge by labels")
    rows = np.arange(len(space)) if space.listed is None else space.listed
    lengths = {len(row) for row in labels}
    if len(labels) != space.players or len(lengths) != 1 or not max(lengths) > rows.max():
        raise ValueError(
            f"labels must be {space.players} lists of a label for each state, not lists of {[len(r) for r in labels]}"
        )
    labels = [[row[k] for k in rows] for row in labels]
    for i, row in enumerate(labels):
        own: dict[str | int, int] = {}
        for label, kind in zip(row, space.profiles[:, i].tolist(), strict=True):
            if own.setdefault(label, kind) != kind:
                pair = sorted((own[label], kind))
                values = " and ".join(environment.type_name(i, k) for k in pair)
                raise ValueError(f"player {i}'s label {label!r} covers two of her own values, {values}")
    return [[str(label) for label in row] for row in labels]


KNOWLEDGE: dict[str, Structure] = {
    "own-value": own_value,
    "complete": complete,
    "graph": graph,
    "buckets": buckets,
    "state": state,
    "labels": labelled,
}
