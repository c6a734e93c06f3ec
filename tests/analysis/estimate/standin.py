"""A small factored game beside the same game listed, by brute force: what estimates are compared with."""

from dataclasses import dataclass

import numpy as np

from agents.game import Game
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from mechanisms import MECHANISMS, BeliefBook, Reports, Setting, single_good
from mechanisms.beliefs import mixture, product
from mechanisms.environment import full_grid
from tests.priors import random_parameters


@dataclass(frozen=True)
class Given:
    belief: object
    components: np.ndarray
    chance: float


class StandIn:
    """A Product or Mixture with the interface of a factored game, everything looked up in the listed game.

    A state of the listed game is a component and a profile.
    """

    def __init__(self, name, values, prior, kind="own-value", parameters=None, **options):
        self.environment = single_good(values)
        self.prior = prior
        parts = getattr(prior, "components", (prior,))
        weights = getattr(prior, "weights", np.ones(1))
        grid = full_grid(self.environment.shape)
        chances = np.concatenate([w * part.prob(grid) for w, part in zip(weights, parts, strict=True)])
        kept = np.flatnonzero(chances > 0)
        self.of_state = np.repeat(np.arange(len(parts)), len(grid))[kept]
        self._state = np.full(len(chances), -1)
        self._state[kept] = np.arange(len(kept))
        labels = tuple(f"s{s}" for s in self.of_state)
        space = StateSpace(self.environment.shape, np.tile(grid, (len(parts), 1))[kept], chances[kept], labels)
        facts = KNOWLEDGE[kind](self.environment, space, **(parameters or {}))
        self.book = BeliefBook()
        self.mechanism = MECHANISMS[name](Setting(self.environment, self.book, space.prior), **options)
        self.listed = Game(self.mechanism, partition(space, self.environment, facts))

    @property
    def space(self):
        return self

    @property
    def factored(self):
        return self

    @property
    def seats(self):
        return self.listed.seats

    def states(self, drawn):
        components = np.zeros(len(drawn), dtype=int) if drawn.components is None else drawn.components
        found = self._state[components * np.prod(self.environment.shape) + self.environment.flat(drawn.types)]
        assert (found >= 0).all()
        return found

    def truthful_reports(self, drawn):
        cells = self.listed.knowledge.cells[self.states(drawn)]
        told = [seat.posteriors[cells[:, seat.index]] for seat in self.seats]
        return Reports(drawn.types.copy(), np.stack(told, axis=1))

    def truthful_reports_on_the_grid(self):
        grid = self.environment.grid
        return Reports(grid, np.zeros_like(grid))

    def given(self, player, cell):
        """Condition on the cell, which must be a box for each component, by looking at all of its states."""
        space = self.listed.space
        states = np.flatnonzero(self.listed.knowledge.cells[:, player] == cell)
        components = np.unique(self.of_state[states])
        seen = {i: np.bincount(space.profiles[states, i], minlength=k) > 0 for i, k in enumerate(space.shape)}
        if not hasattr(self.prior, "components"):
            return Given(self.prior.given_types(seen), components, space.weights[states].sum())
        weights = np.array([space.weights[states[self.of_state[states] == s]].sum() for s in components])
        parts = [self.prior.components[s].given_types(seen) for s in components]
        return Given(mixture(weights / weights.sum(), parts), components, weights.sum())


def random_standin(seed, name, *, players=3, most=3, kind=None, components=2, **options):
    """A random small prior, often with zeros and equal marginals, under a random product partition."""
    rng = np.random.default_rng([seed, players])
    values = [
        sorted(rng.choice(np.arange(1, 10), int(rng.integers(1, most + 1)), replace=False)) for _ in range(players)
    ]

    def factor(size):
        odds = rng.integers(0, 5, size).astype(float)
        odds[rng.integers(size)] += 1.0
        return odds / odds.sum()

    parts = [product([factor(len(row)) for row in values]) for _ in range(components)]
    prior = parts[0] if components == 1 else mixture(rng.dirichlet(np.full(components, 3.0)), parts)
    kind = str(rng.choice(["own-value", "graph", "buckets", "state"])) if kind is None else kind
    parameters = random_parameters(rng, kind, [tuple(row[0] for row in values)])
    return StandIn(name, values, prior, kind, parameters, **options)
