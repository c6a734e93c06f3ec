"""One prior twice: as a product or a mixture, and as the list of its states."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from hypothesis import strategies as st

from agents.factored import FactoredSpace
from agents.game import Game
from agents.knowledge import KNOWLEDGE, StateSpace, partition
from agents.nature import Drawn
from mechanisms import MECHANISMS, BeliefBook, Setting, single_good
from mechanisms.beliefs import mixture, product
from tests.priors import random_parameters

STRUCTURES = ("own-value", "complete", "graph", "buckets", "state")


@dataclass(frozen=True)
class Twin:
    """Grids of values, a factored prior, what is known; `labels` name the components."""

    values: tuple[tuple[int, ...], ...]
    prior: object
    labels: tuple[str, ...] | None = None
    kind: str = "own-value"
    parameters: dict = field(default_factory=dict)

    @property
    def players(self):
        return len(self.values)

    @cached_property
    def environment(self):
        return single_good(self.values)

    @cached_property
    def space(self):
        return FactoredSpace(self.prior, self.labels)

    @cached_property
    def listed_space(self):
        """Every component with every profile, by a loop of its own."""
        parts = getattr(self.prior, "components", (self.prior,))
        weights = getattr(self.prior, "weights", (1.0,))
        states = [
            (profile, float(weight * np.prod([f[k] for f, k in zip(part.factors, profile, strict=True)])), s)
            for s, (weight, part) in enumerate(zip(weights, parts, strict=True))
            for profile in np.ndindex(self.environment.shape)
        ]
        states = [row for row in states if row[1] > 0]
        profiles, chances, components = map(np.array, zip(*states, strict=True))
        labels = None if self.labels is None else tuple(self.labels[s] for s in components)
        return StateSpace(self.environment.shape, profiles, chances, labels), components

    @cached_property
    def knowledge(self):
        """Factored."""
        return self._known(self.space)

    @cached_property
    def listed(self):
        """Listed."""
        return self._known(self.listed_space[0])

    def _known(self, space):
        facts = KNOWLEDGE[self.kind](self.environment, space, **self.parameters)
        return partition(space, self.environment, facts)

    def games(self, name, **options):
        """The same game twice, factored and listed, on a book each."""
        return tuple(
            Game(MECHANISMS[name](Setting(self.environment, BeliefBook(), self.prior.table), **options), knowledge)
            for knowledge in (self.knowledge, self.listed)
        )

    def states(self, drawn):
        """The number in the list of what was drawn."""
        space, components = self.listed_space
        found = {
            (s, *row): number for number, (s, row) in enumerate(zip(components, space.profiles.tolist(), strict=True))
        }
        drawn_components = np.zeros(len(drawn), dtype=int) if drawn.components is None else drawn.components
        return np.array([found[s, *row] for s, row in zip(drawn_components, drawn.types.tolist(), strict=True)])

    def pairs(self, player):
        """Every listed state, and for it the player's factored cell and her listed one."""
        space, components = self.listed_space
        cells = self.knowledge.cells(player, Drawn(space.profiles, None, components))
        return list(zip(range(len(space)), cells.tolist(), self.listed.cells[:, player].tolist(), strict=True))


@st.composite
def twins(draw, kinds=STRUCTURES, players=(1, 2, 3), most=3, components=(1, 2, 3), labelled=None):
    """Draw a prior with small odds, zeros among them, and what is known of it."""
    n = draw(st.sampled_from(players))
    value_sets = st.sets(st.integers(1, 9), min_size=1, max_size=most).map(lambda found: tuple(sorted(found)))
    values = tuple(draw(value_sets) for _ in range(n))
    odds = [st.lists(st.integers(0, 4), min_size=len(v), max_size=len(v)).filter(any).map(np.array) for v in values]
    size = draw(st.sampled_from(components))
    parts = [product([o / o.sum() for o in map(draw, odds)]) for _ in range(size)]
    weights = np.array(draw(st.lists(st.integers(1, 5), min_size=size, max_size=size)), dtype=float)
    kind = draw(st.sampled_from(kinds))
    seen = kind == "state" or (draw(st.booleans()) if labelled is None else labelled)
    labels = tuple(draw(st.lists(st.sampled_from("abc"), min_size=size, max_size=size))) if seen else None
    plain = size == 1 and labels is None and draw(st.booleans())
    prior = parts[0] if plain else mixture(weights / weights.sum(), parts)
    seed = draw(st.integers(0, 99))
    parameters = random_parameters(np.random.default_rng(seed), kind, [tuple(row[0] for row in values)])
    return Twin(values, prior, labels, kind, parameters)
