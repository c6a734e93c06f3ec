"""Players whose opinion of the states is not D.

Each function returns a player's own prior over the states, ``(states,)``; where states are too many to list, a
product or a mixture, with a component for each of D's. She still sees the same cells; her posterior in a cell is this
prior restricted to it. `MISINFORMATION` is the registry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np

from agents.factored import FactoredKnowledge, FactoredSpace
from agents.knowledge import Knowledge, StateSpace
from agents.sights import NotListed
from mechanisms.beliefs import Mixture, Product
from mechanisms.environment import FloatArray

MAX_SHIFT = 500
MAX_SAMPLE = 10**9


@overload
def tempered(space: StateSpace, player: int, rng: np.random.Generator, *, power: float) -> FloatArray: ...
@overload
def tempered(space: FactoredSpace, player: int, rng: np.random.Generator, *, power: float) -> Product | Mixture: ...
def tempered(
    space: StateSpace | FactoredSpace, player: int, rng: np.random.Generator, *, power: float
) -> FloatArray | Product | Mixture:
    """Raise the true probabilities to a power: above 1 overconfident, below 1 too cautious, 0 ignorant."""
    if not 0 <= power < math.inf:
        raise ValueError(f"power must be a number from 0 up, not {power}")
    if isinstance(space, FactoredSpace):
        return _tempered_parts(space, power)
    weights = (space.weights / space.weights.max()) ** power
    return weights / weights.sum()


def _tempered_parts(space: FactoredSpace, power: float) -> Product | Mixture:
    """Temper factor by factor; a mixture's states are pairs of component and profile, if components are states."""
    if isinstance(space.prior, Mixture) and space.labels is None:
        raise NotListed(space.shape, what="a tempered opinion of a mixture whose components are no states")
    raised = [tempered_product(part, power) for part in space.parts]
    if isinstance(space.prior, Product):
        return raised[0].belief
    logs = power * np.log(space.weights) + np.array([each.log_total for each in raised])
    weights = np.maximum(np.exp(logs - logs.max()), np.finfo(float).tiny)
    return Mixture(weights / weights.sum(), tuple(each.belief for each in raised))


@dataclass(frozen=True, eq=False)
class Tempered:
    """A product raised to a power, and the log of the sum of what it was divided by."""

    belief: Product
    log_total: float


def tempered_product(belief: Product, power: float) -> Tempered:
    """Raise the probabilities of independent types to a power, impossible ones staying so: factor by factor."""
    made = {}
    for factor in belief.factors:
        if id(factor) not in made:
            top = factor.max()
            raised = np.where(factor > 0.0, (factor / top) ** power, 0.0)
            made[id(factor)] = raised / raised.sum(), math.log(raised.sum()) + power * math.log(top)
    kept = [made[id(factor)] for factor in belief.factors]
    return Tempered(Product(tuple(factor for factor, _ in kept)), sum(log for _, log in kept))


@overload
def shifted(space: StateSpace, player: int, rng: np.random.Generator, *, shift: float) -> FloatArray: ...
@overload
def shifted(space: FactoredSpace, player: int, rng: np.random.Generator, *, shift: float) -> Product | Mixture: ...
def shifted(
    space: StateSpace | FactoredSpace, player: int, rng: np.random.Generator, *, shift: float
) -> FloatArray | Product | Mixture:
    """Tilt towards states in which the others' values are high (shift > 0) or low (shift < 0).

    A state's odds are multiplied by ``exp(shift * r)``, r the mean rank of the others' types scaled to [0, 1].
    """
    if not abs(shift) <= MAX_SHIFT:
        raise ValueError(f"shift must be a number from {-MAX_SHIFT} to {MAX_SHIFT}, not {shift}")
    spans = np.maximum(np.array(space.shape) - 1, 1)
    if isinstance(space, FactoredSpace):
        others = [j for j in range(space.players) if j != player]
        tilts = {j: np.exp(shift * np.arange(space.shape[j]) / (spans[j] * len(others))) for j in others}
        return space.prior.given_types(tilts)
    ranks = np.delete(space.profiles / spans, player, axis=1)
    weights = space.weights * np.exp(shift * (ranks.mean(axis=1) if ranks.shape[1] else 0.0))
    return weights / weights.sum()


def sampled(space: StateSpace | FactoredSpace, player: int, rng: np.random.Generator, *, size: int) -> FloatArray:
    """Estimate D from a finite sample of it, with one pseudo-observation spread evenly over the states."""
    if isinstance(space, FactoredSpace):
        raise NotListed(space.shape, what="an opinion estimated from a sample")
    if not 0 <= size <= MAX_SAMPLE:
        raise ValueError(f"size must be a number from 0 to {MAX_SAMPLE:,}, not {size}")
    counts = rng.multinomial(size, space.weights / space.weights.sum()).astype(float)
    return (counts + 1.0 / len(space)) / (size + 1.0)


MISINFORMATION: dict[str, Callable[..., Any]] = {
    "tempered": tempered,
    "shifted": shifted,
    "sampled": sampled,
}


@overload
def misinform(knowledge: Knowledge, player: int, opinion: FloatArray) -> Knowledge: ...
@overload
def misinform(knowledge: FactoredKnowledge, player: int, opinion: Product | Mixture) -> FactoredKnowledge: ...
def misinform(
    knowledge: Knowledge | FactoredKnowledge, player: int, opinion: FloatArray | Product | Mixture
) -> Knowledge | FactoredKnowledge:
    """Return the same knowledge with one player's opinion replaced.

    Raises
    ------
    ValueError : if the opinion gives one of her own cells no probability: she would then believe nothing there.
    """
    if isinstance(knowledge, FactoredKnowledge):
        assert isinstance(opinion, Product | Mixture)
        return knowledge.misinformed(player, opinion)
    assert isinstance(opinion, np.ndarray)
    mass = np.bincount(knowledge.cells[:, player], opinion)
    if not (mass > 0).all():
        name = knowledge.names[player][int(mass.argmin())]
        raise ValueError(f"player {player}'s opinion rules out her own type {name}, which can occur")
    opinions = knowledge.opinions.copy()
    opinions[player] = opinion
    return replace(knowledge, opinions=opinions)
