"""Random games for the tests, and the bridge from one game to both the program and the slow oracle.

A `Case` is plain data. It builds the program's objects and, by code of its own, the oracle's: profiles of
money, cells as tuples of what is seen. Nothing here is taken from `agents.knowledge`.
"""

import inspect
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

import numpy as np
from hypothesis import strategies as st

from agents.game import Game
from agents.knowledge import KNOWLEDGE, Knowledge, StateSpace, partition
from mechanisms import (
    MECHANISMS,
    BeliefBook,
    Environment,
    Mechanism,
    Reports,
    Setting,
    independent,
    joint,
    single_good,
)
from mechanisms.beliefs import Joint
from tests import oracle

KINDS = ("own-value", "complete", "graph", "buckets", "state", "labels")
TIE_RULES = ("lowest-index", "uniform")
CONDITIONINGS = ("chosen", "at-least")


@dataclass(frozen=True)
class Case:
    """A single good: values by player, states as profiles of money with weights, and who knows what."""

    values: tuple[tuple[int, ...], ...]
    profiles: tuple[tuple[int, ...], ...]
    weights: tuple[float, ...]
    kind: str = "own-value"
    parameters: dict = field(default_factory=dict)
    labels: tuple[str, ...] | None = None

    @property
    def players(self) -> int:
        return len(self.values)

    @cached_property
    def environment(self) -> Environment:
        return single_good(self.values)

    @cached_property
    def space(self) -> StateSpace:
        types = np.array([types_of(self.values, profile) for profile in self.profiles])
        return StateSpace(self.environment.shape, types, np.array(self.weights), self.labels)

    @cached_property
    def knowledge(self) -> Knowledge:
        facts = KNOWLEDGE[self.kind](self.environment, self.space, **self.parameters)
        return partition(self.space, self.environment, facts)

    @property
    def prior(self) -> Joint:
        return self.space.prior

    def seen(self, player: int, state: int) -> tuple:
        """What a player sees in a state, own value included: the name of her cell for the oracle."""
        profile, own = self.profiles[state], self.profiles[state][player]
        label = self.labels[state] if self.labels else None
        if self.kind == "complete":
            return (profile, label)
        if self.kind == "graph":
            known = sorted({j for i, j in self.parameters["edges"] if i == player})
            return (own, tuple((j, profile[j]) for j in known))
        if self.kind == "buckets":
            return (own, tuple(sum(v >= cut for cut in self.parameters["cuts"]) for v in drop(profile, player)))
        if self.kind == "state":
            return (own, label if player in self.parameters["insiders"] else None)
        if self.kind == "labels":
            return (own, self.parameters["labels"][player][state])
        return (own,)

    def oracle(self, **options) -> oracle.Game:
        """The same game for the oracle."""
        states = list(zip(self.profiles, self.weights, strict=True))
        cells = [tuple(self.seen(i, s) for i in range(self.players)) for s in range(len(states))]
        return oracle.Game(list(map(list, self.values)), states, cells, **options)

    def game(self, mechanism: str, **options) -> Game:
        """The same game for the program, with a book of its own."""
        setting = Setting(self.environment, BeliefBook(), self.prior)
        return Game(MECHANISMS[mechanism](setting, **options), self.knowledge)


def drop(profile: tuple, player: int) -> tuple:
    """Return a profile without one player."""
    return (*profile[:player], *profile[player + 1 :])


def types_of(values, profile) -> tuple[int, ...]:
    """Return the indices that a profile of money has on the grids of values."""
    return tuple(row.index(value) for row, value in zip(values, profile, strict=True))


def iid(values, probabilities, players: int, kind: str = "own-value", **parameters) -> Case:
    """Return independent, identically distributed values."""
    return independent_case([values] * players, [probabilities] * players, kind, **parameters)


def independent_case(values, marginals, kind: str = "own-value", **parameters) -> Case:
    """Return independent values, one marginal a player."""
    weights = [float(np.prod(row)) for row in product(*marginals)]
    return table(values, dict(zip(product(*values), weights, strict=True)), kind, **parameters)


def table(values, probabilities: dict, kind: str = "own-value", **parameters) -> Case:
    """Return a prior given as a dict from profile to probability."""
    possible = {profile: float(chance) for profile, chance in probabilities.items() if chance > 0}
    return Case(tuple(map(tuple, values)), tuple(possible), tuple(possible.values()), kind, parameters)


def random_case(seed: int, players: int, kind: str = "own-value", *, most: int = 4, labelled: bool = True) -> Case:
    """Return a correlated prior: sparse or full, with small integer odds (so that prices tie) or with any.

    Where states have labels some profiles come twice, under different labels.
    """
    rng = np.random.default_rng([seed, players, KINDS.index(kind)])
    grids = [
        rng.choice(np.arange(1, 10), int(rng.integers(1 if players > 2 else 2, most + 1)), replace=False)
        for _ in range(players)
    ]
    values = tuple(tuple(sorted(grid.tolist())) for grid in grids)
    grid = list(product(*values))
    share = rng.choice([0.35, 0.7, 1.0])
    profiles = [v for v in grid if rng.random() < share] or [grid[-1]]
    labels = None
    if kind == "state" or (labelled and rng.random() < 0.5):
        twice = [v for v in profiles if rng.random() < 0.4]
        labels = [str(rng.choice(["boom", "bust"])) for _ in profiles] + ["other"] * len(twice)
        profiles = profiles + twice
    size = len(profiles)
    odds = rng.integers(1, 5, size).astype(float) if rng.random() < 0.5 else rng.dirichlet(np.full(size, 0.7))
    odds = np.maximum(odds, 1e-4)
    parameters = random_parameters(rng, kind, profiles)
    return Case(
        values, tuple(profiles), tuple((odds / odds.sum()).tolist()), kind, parameters, labels and tuple(labels)
    )


def random_parameters(rng: np.random.Generator, kind: str, profiles) -> dict:
    """Return parameters for a knowledge structure on those states."""
    n = len(profiles[0])
    if kind == "graph":
        pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
        return {"edges": [list(pair) for pair in pairs if rng.random() < 0.5]}
    if kind == "buckets":
        return {"cuts": sorted(rng.choice(np.arange(2, 10), int(rng.integers(1, 4)), replace=False).tolist())}
    if kind == "state":
        return {"insiders": [i for i in range(n) if rng.random() < 0.6]}
    if kind == "labels":
        return {"labels": [[f"{v[i]}{rng.choice(list('ab'))}" for v in profiles] for i in range(n)]}
    return {}


# --- strategies for hypothesis


@st.composite
def cases(draw, players=(2, 3), kinds=("own-value",), most: int = 3) -> Case:
    """Draw a correlated prior with small integer odds, and what is known of it."""
    n = draw(st.sampled_from(players))
    value_sets = st.sets(st.integers(1, 9), min_size=1, max_size=most).map(lambda found: tuple(sorted(found)))
    values = tuple(draw(value_sets) for _ in range(n))
    grid = list(product(*values))
    odds = draw(st.lists(st.integers(0, 5), min_size=len(grid), max_size=len(grid)).filter(any))
    kept = [(profile, odd / sum(odds)) for profile, odd in zip(grid, odds, strict=True) if odd]
    kind = draw(st.sampled_from(kinds))
    profiles = tuple(profile for profile, _ in kept)
    parameters = random_parameters(np.random.default_rng(draw(st.integers(0, 99))), kind, profiles)
    labels = tuple(f"s{k % 2}" for k in range(len(kept))) if kind == "state" else None
    return Case(values, profiles, tuple(weight for _, weight in kept), kind, parameters, labels)


@st.composite
def distributions(draw, size: int | None = None, most: int = 6) -> np.ndarray:
    """Draw a probability vector with rational entries, zeros among them."""
    length = draw(st.integers(2, most)) if size is None else size
    odds = draw(st.lists(st.integers(0, 20), min_size=length, max_size=length).filter(any))
    return np.array(odds) / sum(odds)


@st.composite
def independents(draw, players=(1, 4), most=4):
    """Values and marginals of some players, irregular ones and values of probability zero among them."""
    values, marginals = [], []
    for _ in range(draw(st.integers(*players))):
        values.append(tuple(sorted(draw(st.sets(st.integers(1, 20), min_size=1, max_size=most)))))
        marginals.append(draw(distributions(len(values[-1]))))
    return values, marginals


@st.composite
def beliefs(draw, shape: tuple[int, ...]) -> Joint:
    """Draw a belief on a grid, often sparse."""
    size = int(np.prod(shape))
    odds = draw(st.lists(st.sampled_from([0, 0, 0, 1, 2, 5]), min_size=size, max_size=size).filter(any))
    return joint(shape, np.indices(shape).reshape(len(shape), -1).T, np.array(odds) / sum(odds))


# --- reports


def belief_shape(mechanism: Mechanism, player: int) -> tuple[int, ...]:
    """Return the grid that a player's announced beliefs are about."""
    return tuple(mechanism.environment.shape[j] for j in mechanism.subjects(player))


def money_belief(case: Case, player: int, belief: Joint) -> dict:
    """Return a belief as the oracle writes it: money profiles of the others to probabilities."""
    grids = drop(case.values, player)
    return {
        tuple(grid[k] for grid, k in zip(grids, atom, strict=True)): float(weight)
        for atom, weight in zip(belief.atoms.tolist(), belief.weights, strict=True)
    }


def random_belief(rng: np.random.Generator, shape: tuple[int, ...]) -> Joint:
    """Return a random belief: a point, a sparse one or a full one."""
    size = int(np.prod(shape))
    atoms = np.indices(shape).reshape(len(shape), -1).T
    kept = rng.choice(size, int(rng.choice([1, max(1, size // 2), size])), replace=False)
    odds = rng.dirichlet(np.ones(len(kept))) if rng.random() < 0.5 else np.full(len(kept), 1 / len(kept))
    return joint(shape, atoms[kept], odds)


def belief_menus(mechanism: Mechanism, seed: int, size: int) -> list[np.ndarray]:
    """Return `size` ids of random beliefs per player."""
    rng = np.random.default_rng(seed)
    return [
        np.array([mechanism.book.add(random_belief(rng, belief_shape(mechanism, i))) for _ in range(size)])
        for i in range(mechanism.environment.players)
    ]


def random_reports(mechanism: Mechanism, seed: int, rounds: int, *, menu: int = 4) -> Reports:
    """Return random values, and random beliefs where the mechanism asks for them."""
    environment = mechanism.environment
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.integers(0, size, rounds) for size in environment.shape])
    told = np.zeros_like(values)
    if mechanism.elicits_beliefs:
        menus = belief_menus(mechanism, seed, menu)
        told = np.column_stack([ids[rng.integers(0, menu, rounds)] for ids in menus])
    return Reports(values, told)


def every_report(mechanism: Mechanism, menus: list[np.ndarray]) -> Reports:
    """Return the full grid of reports: all values of all players x all beliefs of their menus."""
    environment, n = mechanism.environment, mechanism.environment.players
    shape = (*environment.shape, *(len(menu) for menu in menus))
    points = np.indices(shape).reshape(len(shape), -1).T
    return Reports(points[:, :n], np.column_stack([menu[points[:, n + i]] for i, menu in enumerate(menus)]))


def value_lie_losses(mechanism: Mechanism, menus: list[np.ndarray], *, role: int | None = None) -> np.ndarray:
    """Return what every value lie of every type costs, against every report of the others.

    The menus hold the beliefs that are tried, her own included. With `role` given that player has the role
    throughout, and her own lies are left out.
    """
    environment = mechanism.environment
    reports = every_report(mechanism, menus)
    if role is not None:
        reports = Reports(reports.values, reports.beliefs, np.full(len(reports), role))
    outcomes = mechanism.expect(reports)
    shape = (*environment.shape, *(len(menu) for menu in menus))
    losses = []
    for i, kinds in enumerate(environment.shape):
        if i == role or kinds == 1:
            continue
        by_type = [outcomes.utility_of(environment, i, np.full(len(reports), kind)) for kind in range(kinds)]
        utility = np.moveaxis(np.stack(by_type, axis=-1).reshape(*shape, kinds), i, -2)
        honest = np.diagonal(utility, axis1=-2, axis2=-1)[..., None, :]
        losses.append((honest - utility)[..., ~np.eye(kinds, dtype=bool)].ravel())
    return np.concatenate(losses)


# --- mechanisms by what their constructor takes, so that a new entry of the registry is covered at once


def options_of(kind: type[Mechanism], **wanted) -> dict:
    """Return those of the options that the mechanism's constructor takes."""
    known = inspect.signature(kind).parameters
    return {name: value for name, value in wanted.items() if name in known}


def variants(kind: type[Mechanism]) -> list[dict]:
    """Return sets of options that between them use every parameter of a mechanism, epsilon always."""
    tried = [
        {"epsilon": 0.3},
        {"epsilon": 0.1, "delta": 0.25, "discount": 0.3, "ties": "uniform"},
        {"epsilon": 0.2, "ties": "uniform", "conditioning": "at-least", "score": "spherical"},
        {"epsilon": 0.2, "price": 3, "increment": 2, "reserve": 2, "smoothing": 1.5, "timing": "eager", "cost": 6},
    ]
    found: list[dict] = []
    for wanted in tried:
        options = options_of(kind, **wanted)
        if options not in found:
            found.append(options)
    return found


def suitable(kind: type[Mechanism], environment: Environment, seed: int = 14, **options) -> Joint | None:
    """Return a prior that the mechanism works on: one of full support, any, or one of independent types.

    None where the environment is none of the mechanism's.
    """
    if kind.unfit(environment) is not None:
        return None
    rng = np.random.default_rng(seed)
    size = len(environment.grid)
    marginals = [rng.dirichlet(np.ones(kinds)) for kinds in environment.shape]
    tried = [
        joint(environment.shape, environment.grid, rng.dirichlet(np.ones(size))),
        random_belief(rng, environment.shape),
        independent(marginals),
    ]
    for prior in tried:
        try:
            kind(Setting(environment, BeliefBook(), prior), **options)
        except ValueError:
            continue
        return prior
    return None


def works_on_any_prior(kind: type[Mechanism], environment: Environment) -> bool:
    """Whether a mechanism can be built for that environment on types without chance and on independent ones."""
    options = options_of(kind, epsilon=0.1)
    sure = joint(environment.shape, environment.grid[-1:], [1.0])
    flat = independent([np.full(size, 1.0 / size) for size in environment.shape])
    try:
        for prior in (sure, flat):
            kind(Setting(environment, BeliefBook(), prior), **options)
    except ValueError:
        return False
    return True


ONE_GOOD = single_good([[1, 2], [1, 2, 3], [2, 3]])
SELLERS = [name for name, kind in MECHANISMS.items() if works_on_any_prior(kind, ONE_GOOD)]
"""Mechanisms that sell a single good, whatever the prior."""
SAMPLE = ("M", "L", "L-printed", "unanimity", "vickrey", "optimal", "first-price", "single-sample", "sure-offers")
"""Sellers of every kind: stages, roles seen and unseen, lotteries, fines; for products of many things with many."""


def mechanism_variants() -> list:
    """Return every seller of a single good with each of its sets of options, for `pytest.mark.parametrize`."""
    return [(name, options) for name in SELLERS for options in variants(MECHANISMS[name])]


def variant_id(pair) -> str:
    """Return a readable name of one of them."""
    name, options = pair
    return "-".join([name, *(f"{key}={value}" for key, value in options.items())])


def build(name: str, environment: Environment, prior: Joint | None = None, **options) -> Mechanism:
    """Return a mechanism with a book of its own; the prior is uniform unless given."""
    if prior is None:
        size = len(environment.grid)
        prior = joint(environment.shape, environment.grid, np.full(size, 1 / size))
    return MECHANISMS[name](Setting(environment, BeliefBook(), prior), **options)


def truthful_figures(case: Case, mechanism: str, **options) -> tuple[float, float]:
    """Return the program's expected prices and rewards when everybody tells the truth."""
    game = case.game(mechanism, **options)
    outcomes = game.mechanism.expect(game.truthful_play.reports)
    weights = case.space.weights
    return float(weights @ outcomes.prices), float(weights @ outcomes.rewards.sum(axis=1))
