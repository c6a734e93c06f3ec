"""A small game as plain data: what the claims of the paper are tried on.

Probabilities are integer odds and worths are integers, so that independence, symmetry and regularity are decided
exactly and an instance can be made simpler step by step. The program's own objects are built from it on demand
and kept, so that a linear program is solved once for each instance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from agents.game import Game
from agents.knowledge import KNOWLEDGE, Knowledge, StateSpace, partition
from agents.parameters import keyword_parameters
from analysis.revenue import Revenue, revenue_of
from mechanisms import MECHANISMS, BeliefBook, Environment, Mechanism, Setting, assignment, single_good
from mechanisms.beliefs import Joint, joint
from mechanisms.environment import FloatArray
from mechanisms.optimal import Optimum, optimal_mechanism
from mechanisms.ties import Ties

Types = tuple[int, ...]


@dataclass(frozen=True)
class Instance:
    """A finite game: worths, states with odds, what the players know, and the mechanisms' parameters.

    Attributes
    ----------
    worths : per player and type, the worth of each bundle, integers; for a single good one number a type.
    states : the types in each state; odds : positive integers, the states' relative probabilities.
    labels : what is common about each state, or None.
    knowledge, parameters : an entry of `KNOWLEDGE` and what it takes.
    bundles : the goods, by number, in each bundle; one good and one bundle unless given.
    allocations : feasible assignments, a bundle's number (from 1; 0 is nothing) per player; None for all.
    epsilon, delta, discount, ties : of the mechanisms.

    Raises
    ------
    ValueError : if states and odds do not match, or an odd is not a positive integer.
    """

    worths: tuple[tuple[Types, ...], ...]
    states: tuple[Types, ...]
    odds: tuple[int, ...]
    labels: tuple[str, ...] | None = None
    knowledge: str = "own-value"
    parameters: Mapping[str, Any] = field(default_factory=dict)
    bundles: tuple[Types, ...] = ((0,),)
    allocations: tuple[Types, ...] | None = None
    epsilon: float = 0.1
    delta: float = 0.1
    discount: float = 0.5
    ties: Ties = "lowest-index"

    def __post_init__(self) -> None:
        if not self.states or len(self.states) != len(self.odds):
            raise ValueError(f"{len(self.states)} states but {len(self.odds)} odds")
        if not all(isinstance(odd, int) and odd > 0 for odd in self.odds):
            raise ValueError(f"odds must be positive integers, unlike {self.odds}")
        if self.labels is not None and len(self.labels) != len(self.states):
            raise ValueError(f"{len(self.states)} states but {len(self.labels)} labels")

    def __getstate__(self) -> dict[str, Any]:
        """Return the fields alone, for copies in other processes."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def players(self) -> int:
        """Number of players."""
        return len(self.worths)

    @property
    def one_good(self) -> bool:
        """Whether this is a single good."""
        return self.bundles == ((0,),) and self.allocations is None

    @property
    def values(self) -> tuple[Types, ...]:
        """Single good: each player's grid of values."""
        return tuple(tuple(row[0] for row in types) for types in self.worths)

    @property
    def top(self) -> float:
        """The largest worth, at least 1: the scale that tolerances are relative to."""
        return float(max(1, *(max(row) for types in self.worths for row in types)))

    @cached_property
    def environment(self) -> Environment:
        """The environment."""
        if self.one_good:
            return single_good(self.values)
        given = self.named_allocations
        return assignment(self.goods, self.worths, bundles=self.named_bundles, allocations=given)

    @property
    def goods(self) -> list[str]:
        """The goods' names, single letters."""
        return [chr(ord("a") + k) for k in range(1 + max(good for bundle in self.bundles for good in bundle))]

    @property
    def named_bundles(self) -> list[list[str]]:
        """The bundles by the goods' names."""
        return [[self.goods[k] for k in bundle] for bundle in self.bundles]

    @property
    def named_allocations(self) -> list[list[list[str]]] | None:
        """The feasible assignments by the goods' names, or None for all."""
        named: list[list[str]] = [[], *self.named_bundles]
        return None if self.allocations is None else [[named[b] for b in row] for row in self.allocations]

    @cached_property
    def space(self) -> StateSpace:
        """The states and their probabilities."""
        weights = np.array(self.odds, dtype=float) / sum(self.odds)
        return StateSpace(self.environment.shape, np.array(self.states, dtype=np.int64), weights, self.labels)

    @property
    def prior(self) -> Joint:
        """D."""
        return self.space.prior

    @property
    def weights(self) -> FloatArray:
        """The states' probabilities."""
        return self.space.weights

    @cached_property
    def welfare(self) -> float:
        """The expected worth of the best assignment, what no revenue exceeds."""
        worths = self.environment.worth_of_allocation
        total = sum(table[self.space.profiles[:, i]] for i, table in enumerate(worths))
        return float(self.weights @ np.max(total, axis=1))

    @cached_property
    def setting(self) -> Setting:
        """What mechanisms are built on; they share one book."""
        return Setting(self.environment, BeliefBook(), self.prior)

    @cached_property
    def known(self) -> Knowledge:
        """Who knows what."""
        return self._knowledge(self.knowledge, self.parameters)

    def _knowledge(self, kind: str, parameters: Mapping[str, Any]) -> Knowledge:
        return partition(self.space, self.environment, KNOWLEDGE[kind](self.environment, self.space, **parameters))

    @cached_property
    def _mechanisms(self) -> dict[tuple[Any, ...], Mechanism]:
        return {}

    def mechanism(self, kind: str, **options: Any) -> Mechanism:
        """Return a mechanism under the instance's parameters; a classical one is strict only if given a delta."""
        cls = MECHANISMS[kind]
        shared: dict[str, Any] = {"epsilon": self.epsilon, "ties": self.ties, "discount": self.discount}
        if cls.elicits_beliefs:
            shared["delta"] = self.delta
        takes = keyword_parameters(cls)
        chosen = {name: value for name, value in {**shared, **options}.items() if name in takes}
        key = (kind, *sorted(chosen.items()))
        if key not in self._mechanisms:
            self._mechanisms[key] = cls(self.setting, **chosen)
        return self._mechanisms[key]

    def game(self, kind: str, *, knowledge: str | None = None, **options: Any) -> Game:
        """Return the game of a mechanism, under another knowledge structure without parameters if one is named."""
        known = self.known if knowledge is None else self._knowledge(knowledge, {})
        return Game(self.mechanism(kind, **options), known)

    def revenue(self, kind: str, *, knowledge: str | None = None, **options: Any) -> Revenue:
        """Return a mechanism's exact revenue from truthful play."""
        return revenue_of(self.game(kind, knowledge=knowledge, **options))

    @cached_property
    def optimum(self) -> Optimum:
        """The optimal mechanism for D."""
        return optimal_mechanism(self.environment, self.prior)

    @property
    def opt(self) -> float:
        """OPT."""
        return self.optimum.revenue

    @cached_property
    def opt_without(self) -> FloatArray:
        """OPT of the others under D alone, ``(players,)``: what Appendix E calls OPT of n - 1 players."""
        return np.array([self.opt_given(i, np.zeros(len(self.states), dtype=np.int64)) for i in range(self.players)])

    def opt_given(self, player: int | None, cells: Sequence[int] | np.ndarray[Any, Any]) -> float:
        """Return the mean OPT of everybody, or of all but a player, when the state's cell is known.

        Parameters
        ----------
        cells : ``(states,)`` the number of the cell that each state is in.
        """
        kept = [j for j in range(self.players) if j != player]
        environment = self.environment if player is None else self.environment.without(player)
        total = 0.0
        for cell in np.unique(np.asarray(cells)):
            rows = np.asarray(cells) == cell
            mass = float(self.weights[rows].sum())
            inside = joint(environment.shape, self.space.profiles[rows][:, kept], self.weights[rows] / mass)
            total += mass * optimal_mechanism(environment, inside).revenue
        return total

    def simplified(self) -> Instance:
        """Return the instance with its odds in lowest terms."""
        common = math.gcd(*self.odds)
        return replace(self, odds=tuple(odd // common for odd in self.odds))
