"""What a ring knows together, and what its joint plans earn it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from agents.plan import Plan, weighted
from mechanisms.beliefs import joint
from mechanisms.environment import FloatArray, IntArray

if TYPE_CHECKING:
    from agents.game import Game


class Pool:
    """What a ring knows together, and what its joint plans earn it, the outsiders being truthful.

    Its members weigh states by their mean opinion; where all of them rule out what they see, by D.

    Attributes
    ----------
    members : the ring's seats.
    information : ``(states,)`` the cell of the pooled knowledge.
    types : ``(cells, members)`` the members' own types.
    """

    def __init__(self, game: Game, ring: tuple[int, ...]) -> None:
        for seat in ring:
            if not 0 <= seat < game.players:
                raise ValueError(f"a ring's seats must be among 0..{game.players - 1}, not {seat}")
        self._game = game
        self.mechanism = game.mechanism
        self.members = tuple(game.seats[i] for i in ring)
        self.information = game.knowledge.pooled(ring)
        first = np.unique(self.information, return_index=True)[1]
        self.types = game.space.profiles[np.ix_(first, np.array(ring))]
        self._first = first
        opinion = game.knowledge.opinions[list(ring)].mean(axis=0)
        ruled_out = np.bincount(self.information, opinion)[self.information] == 0.0
        opinion = np.where(ruled_out, game.space.weights, opinion)
        self._share = opinion / np.bincount(self.information, opinion)[self.information]

    @cached_property
    def _height(self) -> IntArray:
        """Return ``(cells, members)``: the worth of the bundle that each member likes best."""
        tops = [seat.environment.worth[seat.index].max(axis=1) for seat in self.members]
        return np.stack([top[self.types[:, m]] for m, top in enumerate(tops)], axis=1)

    def favourite(self, liar: int | None) -> IntArray:
        """Return ``(cells,)``: the member of highest worth, but for the liar; the first of equals."""
        height = self._height.copy()
        if liar is not None:
            height[:, liar] = -1
        return height.argmax(axis=1)

    def lowest(self, member: int) -> int:
        """Return the number of a member's type of least total worth."""
        return int(self.floor[self.members[member].index])

    @cached_property
    def floor(self) -> IntArray:
        """Everybody's type of least total worth, ``(players,)``."""
        return np.array([table.sum(axis=1).argmin() for table in self._game.environment.worth])

    def profiles(self, cell: int) -> tuple[IntArray, FloatArray]:
        """Return the profiles that the ring thinks possible in a cell, and their probabilities."""
        rows = self.information == cell
        return self._game.space.profiles[rows].copy(), self._share[rows]

    def own_posterior(self, member: int, cell: int) -> int:
        """Return the id of what a member believes by herself."""
        seat = self.members[member]
        return int(seat.posteriors[seat.information[self._first[cell]]])

    def add(self, member: int, profiles: IntArray, weights: FloatArray) -> int:
        """Return the id of a belief that a member can announce, given whole profiles."""
        seat = self.members[member]
        return self._game.book.add(joint(seat.belief_shape, profiles[:, seat.subjects], weights))

    def worth(self, plans: Sequence[Plan]) -> FloatArray:
        """Return ``(cells,)``: the members' total interim utility if they play those plans."""
        everybody = list(self._game.truthful_plans)
        for seat, plan in zip(self.members, plans, strict=True):
            everybody[seat.index] = plan
        play = self._game.play(everybody)
        total = sum(self._game.utilities(play, seat.index) for seat in self.members)
        cells = self.information[play.states]
        return np.bincount(cells, weighted(self._share[play.states] * play.chances, np.asarray(total))).astype(float)
