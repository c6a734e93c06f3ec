"""What one seat of a game may know."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from agents.nature import Drawn
from mechanisms.beliefs import Belief
from mechanisms.environment import FloatArray, IntArray

if TYPE_CHECKING:
    from agents.game import Game
    from agents.pool import Pool


class Seat:
    """What one seat may know: its own types and posteriors, the rules, and what reports are worth to it.

    Strategies get this, never the game: no rival's type, posterior or plan can be read from it.

    Attributes
    ----------
    index : the seat.
    listed : whether the states are listed.
    subjects : the players whom its announced belief is about.
    """

    def __init__(self, game: Game, index: int) -> None:
        self._game = game
        self.index = index
        self.listed = game.listed
        self.environment = game.environment
        self.book = game.book
        self.mechanism = game.mechanism
        self.subjects = game.mechanism.subjects(index)

    def check_listed(self) -> None:
        """Raise `NotListed`, a ValueError, unless the states are listed."""
        self._game.check_listed()

    @cached_property
    def information(self) -> IntArray:
        """Its cell in each state, ``(states,)``; a ValueError where states are not listed."""
        return self._game.knowledge.cells[:, self.index]

    @property
    def by_state(self) -> IntArray | None:
        """Its cell in each state, ``(states,)``; None where states are not listed."""
        return self.information if self.listed else None

    def cells(self, drawn: Drawn) -> IntArray:
        """Return ``(rounds,)``: the cell that it finds itself in."""
        if not self.listed:
            return self._game.factored.cells(self.index, drawn)
        assert drawn.states is not None
        return self.information[drawn.states]

    @cached_property
    def types(self) -> IntArray:
        """Its own type in each of its cells, ``(cells,)``."""
        return self._game.known.types(self.index)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """A short name of each cell."""
        return self._game.known.names_of(self.index)

    @cached_property
    def posteriors(self) -> IntArray:
        """Id of the belief that is the truth in each cell, ``(cells,)``.

        It is its posterior about the others, or its prior about everybody where the mechanism asks for that.
        """
        if self.mechanism.asks_for_prior:
            return np.full(len(self.types), self.book.add(self.prior))
        beliefs = [self._game.known.posterior(self.index, cell) for cell in range(len(self.types))]
        ids = {id(belief): self.book.add(belief) for belief in {id(belief): belief for belief in beliefs}.values()}
        return np.array([ids[id(belief)] for belief in beliefs])

    @property
    def menu_size(self) -> int:
        """Number of types that the seat can announce."""
        return self.environment.shape[self.index]

    @property
    def belief_shape(self) -> tuple[int, ...]:
        """Number of types of each player whom its announced belief is about."""
        return tuple(self.environment.shape[j] for j in self.subjects)

    @cached_property
    def prior(self) -> Belief:
        """Its own prior about those players, before it learns anything."""
        return self._game.known.prior(self.index, self.subjects)

    def posterior(self, cell: int) -> Belief:
        """Return its belief in a cell."""
        return self.book[int(self.posteriors[cell])]

    def surface(self, beliefs: IntArray) -> FloatArray:
        """Return ``(types, value reports, belief reports)``: interim utilities against truthful play."""
        return self._game.surface(self.index, beliefs).interim

    def pool(self, ring: Sequence[int]) -> Pool:
        """Return what the members of a ring know together."""
        return self._game.pool(tuple(ring))
