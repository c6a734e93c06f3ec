"""What every belief can be asked: the `Belief` protocol.

A belief is about some players, in order of index; its `shape` is their numbers of types. Mechanisms ask these
questions and no others, so that a belief about a thousand players never needs its table of profiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mechanisms.environment import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from mechanisms.beliefs.joint import Joint


class Uniforms(Protocol):
    """A source of uniform draws on [0, 1): a NumPy `Generator`, or one seat's stream in a market."""

    def random(self, size: int) -> FloatArray:
        """Return `size` draws."""
        ...


class Belief(Protocol):
    """A distribution over profiles of the players it is about."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of types of each player it is about."""
        ...

    @property
    def squared_norm(self) -> float:
        """Sum of squared probabilities."""
        ...

    @property
    def support(self) -> IntArray:
        """Profiles of positive probability, ``(atoms, players)``, in row-major order.

        Raises a ValueError, with the numbers, where they are too many to list.
        """
        ...

    @property
    def table(self) -> Joint:
        """The same distribution as a table of atoms; a ValueError, with the numbers, where that does not fit."""
        ...

    def prob(self, profiles: IntArray) -> FloatArray:
        """Return the probability of each profile ``(..., players)``."""
        ...

    def possible(self, profiles: IntArray) -> BoolArray:
        """Return whether each profile ``(..., players)`` can happen, even where its probability is below all floats."""
        ...

    def sample(self, rng: Uniforms, size: int) -> IntArray:
        """Return ``(size, players)`` independent draws."""
        ...

    def marginal(self, players: Sequence[int]) -> Belief:
        """Return the distribution of some of the players (positions in this belief)."""
        ...

    def given(self, event: FloatArray | BoolArray) -> Belief:
        """Return the distribution conditioned on an event, or re-weighted by a likelihood, per atom of the support."""
        ...

    def given_types(self, likelihoods: Mapping[int, FloatArray | BoolArray]) -> Belief:
        """Return the distribution re-weighted by a likelihood ``(types,)`` of some players' types each.

        What a player learns about the others one by one (a value, a bucket) is such an event; structured beliefs are
        closed under it.

        Raises
        ------
        ValueError : if the event has probability zero.
        """
        ...

    def conditional(self, player: int, others: IntArray) -> FloatArray:
        """Return ``(rounds, types of player)``: weights of her types beside each profile of the others.

        A row is proportional to the conditional distribution, and zero where the others' profile cannot happen. In
        a `Joint` it sums to the probability of that profile; beliefs about many players scale it, so that it does not
        vanish.
        """
        ...


def weights_of(belief: Belief, player: int) -> FloatArray:
    """Return ``(types,)``: the marginal distribution of one of the players a belief is about."""
    return belief.marginal([player]).prob(np.arange(belief.shape[player])[:, None])
