"""What is reported to a mechanism and what comes back, over a leading axis of rounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mechanisms.environment import Environment, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Reports:
    """Announcements of all players in many rounds.

    Attributes
    ----------
    values : ``(rounds, players)`` announced types, as indices into each player's table.
    beliefs : ``(rounds, players)`` ids of announced beliefs about the others, in the mechanism's BeliefBook.
    role : ``(rounds,)`` the informant (M) or the chosen highest bidder i*, where it was drawn before the
        players finished speaking; None lets the mechanism draw it.
    """

    values: IntArray
    beliefs: IntArray
    role: IntArray | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: IntArray) -> Reports:
        """Return the reports of some of the rounds."""
        return Reports(self.values[rows], self.beliefs[rows], None if self.role is None else self.role[rows])

    def part(self, rows: slice) -> Reports:
        """Return the reports of successive rounds, without a copy."""
        return Reports(self.values[rows], self.beliefs[rows], None if self.role is None else self.role[rows])


@dataclass(frozen=True, eq=False)
class Income:
    """The seller's expected income in many rounds, exact over the coins, ``(rounds,)`` each.

    Attributes
    ----------
    prices : paid to the seller.
    rewards : paid to the players for their beliefs.
    fallback : probability that a price fell back to the second price.
    """

    prices: FloatArray
    rewards: FloatArray
    fallback: FloatArray


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Results of many rounds: expected ones over the coins, or drawn ones.

    Attributes
    ----------
    allocation : ``(rounds, allocations)`` probabilities, or ``(rounds,)`` the allocation drawn.
    payments : ``(rounds, players)`` prices paid to the seller.
    rewards : ``(rounds, players)`` money paid to the players for their beliefs.
    role : ``(rounds,)`` informant or i*, -1 where nobody has a role; expected outcomes average over it.
    fallback : ``(rounds,)`` probability (or 0/1) that a price fell back to the second price because the
        reported belief gave the others' values probability zero.
    """

    allocation: FloatArray | IntArray
    payments: FloatArray
    rewards: FloatArray
    role: IntArray | None
    fallback: FloatArray

    @property
    def prices(self) -> FloatArray:
        """Seller's income from prices, ``(rounds,)``."""
        return self.payments.sum(axis=1)

    @property
    def revenue(self) -> FloatArray:
        """Seller's income less rewards, ``(rounds,)``."""
        return self.payments.sum(axis=1) - self.rewards.sum(axis=1)

    def worth(self, environment: Environment, types: IntArray) -> FloatArray:
        """Return ``(rounds, players)``: what the allocation is worth to players of those true types."""
        return np.stack([self.worth_to(environment, i, types[:, i]) for i in range(environment.players)], axis=1)

    def worth_to(self, environment: Environment, player: int, types: IntArray) -> FloatArray:
        """Return ``(rounds,)``: what the allocation is worth to one player of those true types."""
        if self.allocation.ndim == 1:
            return environment.worth_to(player, types, self.allocation.astype(np.int64, copy=False))
        if environment.single_good:
            served: FloatArray = self.allocation[:, player + 1].astype(float, copy=False)
            return served * environment.values[player][types]
        return np.einsum("ra,ra->r", self.allocation, environment.worth_of_allocation[player][types])

    def utility_of(self, environment: Environment, player: int, types: IntArray) -> FloatArray:
        """Return ``(rounds,)``: one player's quasilinear utility, rewards included."""
        return self.worth_to(environment, player, types) - self.payments[:, player] + self.rewards[:, player]

    def utility(self, environment: Environment, types: IntArray) -> FloatArray:
        """Return ``(rounds, players)``: everybody's quasilinear utility, rewards included."""
        return self.worth(environment, types) - self.payments + self.rewards
