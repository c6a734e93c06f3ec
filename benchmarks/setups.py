"""What the benchmarks play: small environments with correlated priors, built the same way every time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from agents.factored import FactoredSpace
from agents.game import Game
from agents.knowledge import KNOWLEDGE, Knowledge, StateSpace, partition
from mechanisms import MECHANISMS, BeliefBook, Environment, Setting, joint, single_good
from mechanisms.beliefs import product
from mechanisms.environment import FloatArray, IntArray, full_grid

EPSILON, DELTA, DISCOUNT = 0.05, 0.05, 0.5
CROWDSOURCED = ("M", "L", "L-printed")


@dataclass(frozen=True)
class Setup:
    """One good, a prior as a table, and which rivals' values each bidder knows.

    Attributes
    ----------
    values : each bidder's increasing grid of values.
    profiles, weights : the prior: ``(atoms, bidders)`` indices into the grids, and their probabilities.
    known : per bidder, the seats whose values she knows beside her own.
    """

    name: str
    values: tuple[tuple[int, ...], ...]
    profiles: IntArray
    weights: FloatArray
    known: tuple[tuple[int, ...], ...]

    @cached_property
    def environment(self) -> Environment:
        """The environment."""
        return single_good(self.values)

    @cached_property
    def space(self) -> StateSpace:
        """The states, one a profile."""
        return StateSpace.from_joint(joint(self.environment.shape, self.profiles, self.weights))

    @cached_property
    def knowledge(self) -> Knowledge:
        """Who knows what."""
        edges = [(i, j) for i, seen in enumerate(self.known) for j in seen]
        return partition(self.space, self.environment, KNOWLEDGE["graph"](self.environment, self.space, edges=edges))

    def game(self, kind: str) -> Game:
        """Return a mechanism's game with a book of its own; rewards and Lemma 1 go with the crowdsourced ones."""
        setting = Setting(self.environment, BeliefBook(), self.space.prior)
        return Game(MECHANISMS[kind](setting, **_options(kind)), self.knowledge)


def _options(kind: str) -> dict[str, float]:
    """Return rewards and Lemma 1's chances where a mechanism has them."""
    return {"epsilon": EPSILON, "delta": DELTA, "discount": DISCOUNT} if kind in CROWDSOURCED else {}


def affiliated(sizes: Sequence[int], *, moods: int = 3) -> Setup:
    """Return a prior on the full grid: values independent given a common mood of the market, own value known."""
    profiles = full_grid(sizes)
    weights = sum(
        np.prod([_given_mood(i, size, mood / (moods - 1))[profiles[:, i]] for i, size in enumerate(sizes)], axis=0)
        for mood in range(moods)
    )
    values = tuple(tuple(range(1 + i, 1 + i + size)) for i, size in enumerate(sizes))
    return Setup("affiliated", values, profiles, weights / weights.sum(), ((),) * len(sizes))


def _given_mood(seat: int, size: int, mood: float) -> FloatArray:
    """Return a bidder's distribution of values in a mood between 0 and 1: a bell around it, wider for later seats."""
    spot = np.linspace(0.0, 1.0, size)
    bell = np.exp(-0.5 * ((spot - 0.2 - 0.6 * mood) / (0.2 + 0.05 * seat)) ** 2)
    return bell / bell.sum()


def sparse(size: int = 5) -> Setup:
    """Return a prior on the profiles whose values differ by a step at most; each knows the next bidder's value."""
    grid = full_grid((size,) * 3)
    profiles = grid[np.ptp(grid, axis=1) <= 1]
    weights = 1.0 + profiles @ np.array([7, 11, 13]) % 5
    return Setup("sparse", (tuple(range(1, size + 1)),) * 3, profiles, weights / weights.sum(), ((1,), (2,), (0,)))


def as_scenario(setup: Setup, kind: str, seat: dict[str, Any], run: dict[str, int]) -> dict[str, Any]:
    """Return a scenario's data: a setup in which all know their own value, a mechanism, and the same seat for all."""
    profiles = [[grid[k] for grid, k in zip(setup.values, p, strict=True)] for p in setup.profiles.tolist()]
    return {
        "name": "benchmark",
        "environment": {"kind": "single-good", "values": [list(grid) for grid in setup.values]},
        "prior": {"kind": "table", "profiles": profiles, "probabilities": setup.weights.tolist()},
        "knowledge": {"kind": "own-value"},
        "mechanism": {"kind": kind, **_options(kind)},
        "seats": [seat],
        "run": run,
    }


def thinned(setup: Setup, atoms: int, seed: int) -> Setup:
    """Return a setup with only some of its atoms, among them one for every value of every bidder."""
    size = len(setup.values[0])
    diagonal = (setup.profiles == setup.profiles[:, :1]).all(axis=1)
    others = np.random.default_rng(seed).permutation(np.flatnonzero(~diagonal))[: atoms - size]
    kept = np.sort(np.concatenate([np.flatnonzero(diagonal), others]))
    weights = setup.weights[kept]
    return Setup("thinned", setup.values, setup.profiles[kept], weights / weights.sum(), setup.known)


def independent(kind: str, bidders: int, values: int, seed: int) -> Game:
    """Return the game of bidders whose values are independent, each with a random distribution; own value known.

    The prior is a product, and its profiles are never listed.
    """
    environment = single_good([list(range(1, values + 1))] * bidders)
    prior = product(np.random.default_rng(seed).dirichlet(np.ones(values), bidders))
    space = FactoredSpace(prior)
    knowledge = partition(space, environment, KNOWLEDGE["own-value"](environment, space))
    return Game(MECHANISMS[kind](Setting(environment, BeliefBook(), prior), **_options(kind)), knowledge)
