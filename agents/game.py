"""The induced game: what each report is worth to a type, exactly.

Everything here is the mechanism's own `expect`, fed with blocks of report profiles and folded by type. Best
responses and learners read it as much as analysis does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agents.factored import FactoredKnowledge
from agents.knowledge import Knowledge, StateSpace
from agents.nature import Drawn
from agents.plan import Plan, Play, joint_play, pure_plan, weighted
from agents.pool import Pool
from agents.seat import Seat
from agents.sights import NotListed
from mechanisms.beliefs import Uniforms
from mechanisms.book import BeliefBook
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism
from mechanisms.outcomes import Reports

__all__ = ["BLOCK", "Game", "Seat", "Surface"]

BLOCK = 1 << 18


@dataclass(frozen=True, eq=False)
class Surface:
    """What each report of a seat is worth, by type.

    Attributes
    ----------
    interim : ``(types, value reports, belief reports)`` expected utility by the seat's own posterior.
    expost_gain : the same shape; the largest gain over truth in any state of the type, coins averaged.
    """

    interim: FloatArray
    expost_gain: FloatArray


class Game:
    """A mechanism, a state space and everybody's knowledge.

    Where the states are too many to list, what would go through them refuses with `NotListed`, a ValueError.

    Parameters
    ----------
    mechanism : built on the environment and the book that the game shares.
    knowledge : partitions and opinions over the states, listed or factored.
    """

    def __init__(self, mechanism: Mechanism, knowledge: Knowledge | FactoredKnowledge) -> None:
        self.mechanism = mechanism
        self.known = knowledge
        self._pools: dict[tuple[int, ...], Pool] = {}

    @property
    def environment(self) -> Environment:
        """The environment."""
        return self.mechanism.environment

    @property
    def book(self) -> BeliefBook:
        """The book of beliefs."""
        return self.mechanism.book

    @property
    def listed(self) -> bool:
        """Whether the states are listed."""
        return isinstance(self.known, Knowledge)

    def check_listed(self) -> None:
        """Raise `NotListed` unless the states are listed."""
        if isinstance(self.known, FactoredKnowledge):
            raise NotListed(self.known.space.shape)

    @property
    def knowledge(self) -> Knowledge:
        """Partitions and opinions over the states, where they are listed."""
        self.check_listed()
        assert isinstance(self.known, Knowledge)
        return self.known

    @property
    def factored(self) -> FactoredKnowledge:
        """Cells and opinions where states are not listed."""
        if isinstance(self.known, Knowledge):
            raise ValueError(f"the {len(self.known.space):,} states of this game are listed")
        return self.known

    @property
    def space(self) -> StateSpace:
        """The listed states."""
        return self.knowledge.space

    def draw(self, rng: Uniforms, size: int) -> Drawn:
        """Return independent draws of nature."""
        return self.known.space.draw(rng, size)

    def truthful_reports(self, drawn: Drawn) -> Reports:
        """Return what everybody announces in those draws, telling the truth."""
        beliefs = np.empty((self.players, len(drawn)), dtype=np.int64)
        for seat, row in zip(self.seats, beliefs, strict=True):
            row[:] = seat.posteriors[seat.cells(drawn)]
        return Reports(drawn.types.copy(order="K"), beliefs.T)

    @property
    def players(self) -> int:
        """Number of players."""
        return self.environment.players

    @cached_property
    def seats(self) -> tuple[Seat, ...]:
        """What each seat may know of the game."""
        return tuple(Seat(self, i) for i in range(self.players))

    @cached_property
    def truthful_plans(self) -> tuple[Plan, ...]:
        """Everybody announces her type and her plain posterior."""
        return tuple(pure_plan(seat.by_state, seat.types, seat.posteriors, seat.menu_size) for seat in self.seats)

    @cached_property
    def truthful_play(self) -> Play:
        """Truthful reports, one row a state."""
        return joint_play(self.space, self.truthful_plans)

    def play(self, plans: Sequence[Plan]) -> Play:
        """Return what the plans produce."""
        return joint_play(self.space, plans)

    def utilities(self, play: Play, player: int) -> FloatArray:
        """Return ``(rows,)``: a player's expected utility over the coins in each row of a play."""
        return self._in_blocks(play.states, play.reports, player)

    def surface(
        self,
        player: int,
        beliefs: IntArray,
        *,
        play: Play | None = None,
        values: IntArray | None = None,
        rows: int = BLOCK,
    ) -> Surface:
        """Return what every report of a player is worth to each of her types.

        Parameters
        ----------
        beliefs : ``(types, value reports, belief reports)`` ids of the beliefs to try, by own cell and announced
            value.
        play : how the others play; truthfully unless given. The player's own columns in it are ignored.
        values : the value reports to try, ``(value reports,)`` type indices; all of her grid unless given.
        rows : about how many profiles of reports to work out at a time.
        """
        play = self.truthful_play if play is None else play
        seat = self.seats[player]
        tried = np.arange(self.environment.shape[player]) if values is None else values
        menu = beliefs.shape[1] * beliefs.shape[2]
        cell = seat.information[play.states]

        def deviate(lies: IntArray) -> Reports:
            base, lie = lies // menu, lies % menu
            value, belief = lie // beliefs.shape[2], lie % beliefs.shape[2]
            reports = play.reports.take(base)
            reports.values[:, player] = tried[value]
            reports.beliefs[:, player] = beliefs[cell[base], value, belief]
            return reports

        truth = self._truth(play, player, rows)
        share = self.knowledge.within(player)[play.states] * play.chances
        interim = np.zeros((len(seat.types), menu))
        gain = np.full((len(seat.types), menu), -np.inf)
        step = max(1, rows // menu)
        for start in range(0, len(play.states), step):
            block = np.arange(start, min(start + step, len(play.states)))
            lies = (block[:, None] * menu + np.arange(menu)).ravel()
            utility = self._utility(play.states[np.repeat(block, menu)], deviate(lies), player).reshape(-1, menu)
            order = np.argsort(cell[block], kind="stable")
            cells, starts = np.unique(cell[block][order], return_index=True)
            interim[cells] += np.add.reduceat(weighted(share[block, None], utility)[order], starts)
            highest = np.maximum.reduceat((utility - truth[block, None])[order], starts)
            gain[cells] = np.maximum(gain[cells], highest)
        shape = (len(seat.types), *beliefs.shape[1:])
        return Surface(interim.reshape(shape), gain.reshape(shape))

    def pool(self, ring: tuple[int, ...]) -> Pool:
        """Return what the members of a ring know together."""
        if ring not in self._pools:
            self._pools[ring] = Pool(self, ring)
        return self._pools[ring]

    def truth(self, player: int, *, play: Play | None = None, rows: int = BLOCK) -> FloatArray:
        """Return ``(types,)``: what telling the truth is worth to each type, the others playing `play`.

        `rows` is about how many profiles of reports to work out at a time.
        """
        play = self.truthful_play if play is None else play
        cell = self.seats[player].information[play.states]
        share = self.knowledge.within(player)[play.states] * play.chances
        worth = weighted(share, self._truth(play, player, rows))
        return np.bincount(cell, worth, minlength=len(self.seats[player].types)).astype(float)

    def _truth(self, play: Play, player: int, rows: int) -> FloatArray:
        seat = self.seats[player]
        cell = seat.information[play.states]
        reports = play.reports.take(np.arange(len(play.states)))
        reports.values[:, player] = seat.types[cell]
        reports.beliefs[:, player] = seat.posteriors[cell]
        return self._in_blocks(play.states, reports, player, rows)

    def _in_blocks(self, states: IntArray, reports: Reports, player: int, rows: int = BLOCK) -> FloatArray:
        """Return the player's utility in each row, worked out in blocks."""
        utility = np.empty(len(states))
        for start in range(0, len(states), rows):
            block = np.arange(start, min(start + rows, len(states)))
            utility[block] = self._utility(states[block], reports.take(block), player)
        return utility

    def _utility(self, states: IntArray, reports: Reports, player: int) -> FloatArray:
        """Return the player's utility, expected over the coins, in each row."""
        outcomes = self.mechanism.expect(reports, of=player)
        return outcomes.utility_of(self.environment, player, self.space.profiles[states, player])
