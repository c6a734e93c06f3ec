"""Wrong opinions by one measure of strength, 0 being no error, so that unlike errors can stand in one table.

`OPINIONS` is the registry: each entry takes a player's right opinion and returns a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from agents.knowledge import Knowledge, StateSpace
from agents.misinformation import MAX_SAMPLE, misinform, sampled, shifted, tempered
from mechanisms.environment import FloatArray

Wrong = Callable[[StateSpace, int | None, np.random.Generator, float], FloatArray]


def _tempered(space: StateSpace, player: int | None, rng: np.random.Generator, strength: float) -> FloatArray:
    """Raise probabilities to the power ``1 + strength``: overconfident above 0, too cautious down to -1."""
    return tempered(space, 0, rng, power=1.0 + strength)


def _shifted(space: StateSpace, player: int | None, rng: np.random.Generator, strength: float) -> FloatArray:
    """Multiply the odds of the others' highest types by ``exp(strength)``: optimistic above 0, else pessimistic.

    With no player it is everybody's types.
    """
    if player is not None:
        return shifted(space, player, rng, shift=strength)
    for i in range(space.players):  # each rank counts for all players but one, and so once in all
        space = replace(space, weights=shifted(space, i, rng, shift=strength / space.players))
    return space.weights


def _sampled(space: StateSpace, player: int | None, rng: np.random.Generator, strength: float) -> FloatArray:
    """Estimate probabilities from a sample of ``1 / strength`` states, rounded; at 0 the sample is infinite."""
    if not 0.0 <= strength <= 2.0:
        raise ValueError(f"the strength of a sample's error must be from 0 to 2, not {strength}")
    if strength * MAX_SAMPLE < 1.0:
        return space.weights
    return sampled(space, 0, rng, size=round(1.0 / strength))


OPINIONS: dict[str, Wrong] = {"tempered": _tempered, "shifted": _shifted, "sampled": _sampled}


def with_error(
    knowledge: Knowledge,
    player: int,
    kind: str,
    strength: float,
    rng: np.random.Generator,
    *,
    common: bool = False,
) -> Knowledge:
    """Return the same knowledge with one player's opinion wrong in a named way.

    Parameters
    ----------
    common : whether the error is one that all players can share: a shift is then of everybody's types, not of those
        of the others alone.

    Raises
    ------
    ValueError : for an unknown kind, a strength that it does not take, or an opinion that rules out a type of hers.
    """
    if kind not in OPINIONS:
        raise ValueError(f"unknown error {kind!r}; there are {', '.join(OPINIONS)}")
    opinion = knowledge.opinions[player].copy()
    possible = np.flatnonzero(opinion > 0)
    right = StateSpace(knowledge.space.shape, knowledge.space.profiles[possible], opinion[possible])
    opinion[possible] = OPINIONS[kind](right, None if common else player, rng, strength)
    return misinform(knowledge, player, opinion)
