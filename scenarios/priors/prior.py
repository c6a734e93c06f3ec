"""A prior made from its model: `Prior`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.factored import FactoredSpace
from agents.knowledge import StateSpace
from mechanisms.beliefs import Joint, Mixture, Product

MAX_STATES = 2_000_000


@dataclass(frozen=True, eq=False)
class Prior:
    """A distribution of everybody's types, and what there is to say about it.

    Attributes
    ----------
    belief : the distribution.
    labels : the common state that each component of a mixture stands for; None where a component is no more than a
        part of a formula.
    notes : plain sentences, such as how exact the distribution is.
    states : the states as the scenario lists them, where it does; several may share a profile.
    """

    belief: Joint | Product | Mixture
    labels: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()
    states: StateSpace | None = None

    @property
    def size(self) -> int:
        """How many states a list of them would have, at most."""
        if isinstance(self.belief, Joint):
            return len(self.belief.atoms)
        return math.prod(self.belief.shape) * (1 if self.labels is None else len(self.labels))

    def space(self, *, listed: bool | None = None) -> StateSpace | FactoredSpace:
        """Return what nature draws from: a list of states where that fits, else the distribution itself.

        Parameters
        ----------
        listed : whether to list; by default where there are no more than `MAX_STATES` states.

        Raises
        ------
        ValueError : if a list is asked for that does not fit, or none where there is nothing but a list.
        """
        if self.states is not None:
            return self._only_listed(self.states, listed)
        if isinstance(self.belief, Joint):
            return self._only_listed(StateSpace.from_joint(self.belief), listed)
        factored = FactoredSpace(self.belief, self.labels)
        if listed is None:
            listed = self.size <= MAX_STATES
        return StateSpace.listing(factored) if listed else factored

    def _only_listed(self, space: StateSpace, listed: bool | None) -> StateSpace:
        if listed is False:
            raise ValueError(f"a table of {len(space):,} states has no factors to draw from")
        return space
