"""Players whose opinion of the states is not D.

Each function returns a player's own prior over the states, ``(states,)``. She still sees the same cells; her
posterior in a cell is this prior restricted to it. `MISINFORMATION` is the registry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from agents.knowledge import Knowledge, StateSpace
from mechanisms.environment import FloatArray

MAX_SHIFT = 500
MAX_SAMPLE = 10**9


def tempered(space: StateSpace, player: int, rng: np.random.Generator, *, power: float) -> FloatArray:
    """Raise the true probabilities to a power: above 1 overconfident, below 1 too cautious, 0 ignorant."""
    if not 0 <= power < math.inf:
        raise ValueError(f"power must be a number from 0 up, not {power}")
    weights = (space.weights / space.weights.max()) ** power
    return weights / weights.sum()


def shifted(space: StateSpace, player: int, rng: np.random.Generator, *, shift: float) -> FloatArray:
    """Tilt towards states in which the others' values are high (shift > 0) or low (shift < 0).

    A state's odds are multiplied by ``exp(shift * r)``, r the mean rank of the others' types scaled to [0, 1].
    """
    if not abs(shift) <= MAX_SHIFT:
        raise ValueError(f"shift must be a number from {-MAX_SHIFT} to {MAX_SHIFT}, not {shift}")
    spans = np.maximum(np.array(space.shape) - 1, 1)
    ranks = np.delete(space.profiles / spans, player, axis=1)
    weights = space.weights * np.exp(shift * (ranks.mean(axis=1) if ranks.shape[1] else 0.0))
    return weights / weights.sum()


def sampled(space: StateSpace, player: int, rng: np.random.Generator, *, size: int) -> FloatArray:
    """Estimate D from a finite sample of it, with one pseudo-observation spread evenly over the states."""
    if not 0 <= size <= MAX_SAMPLE:
        raise ValueError(f"size must be a number from 0 to {MAX_SAMPLE:,}, not {size}")
    counts = rng.multinomial(size, space.weights / space.weights.sum()).astype(float)
    return (counts + 1.0 / len(space)) / (size + 1.0)


MISINFORMATION: dict[str, Callable[..., FloatArray]] = {
    "tempered": tempered,
    "shifted": shifted,
    "sampled": sampled,
}


def misinform(knowledge: Knowledge, player: int, opinion: FloatArray) -> Knowledge:
    """Return the same knowledge with one player's opinion replaced.

    Raises
    ------
    ValueError : if the opinion gives one of her own cells no probability: she would then believe nothing there.
    """
    mass = np.bincount(knowledge.cells[:, player], opinion)
    if not (mass > 0).all():
        name = knowledge.names[player][int(mass.argmin())]
        raise ValueError(f"player {player}'s opinion rules out her own type {name}, which can occur")
    opinions = knowledge.opinions.copy()
    opinions[player] = opinion
    return replace(knowledge, opinions=opinions)
