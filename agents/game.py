"""The induced game: what each report is worth to a type, exactly.

Everything here is the mechanism's own `expect`, fed with blocks of report profiles and folded by type. Best
responses and learners read it as much as analysis does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from agents.knowledge import Knowledge, StateSpace
from agents.plan import Plan, Play, joint_play, pure_plan, weighted
from agents.pool import Pool
from mechanisms.beliefs import Joint
from mechanisms.book import BeliefBook
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.mechanism import Mechanism
from mechanisms.outcomes import Reports

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

    Parameters
    ----------
    mechanism : built on the environment and the book that the game shares.
    knowledge : partitions and opinions over the states.
    """

    def __init__(self, mechanism: Mechanism, knowledge: Knowledge) -> None:
        self.mechanism = mechanism
        self.knowledge = knowledge
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
    def space(self) -> StateSpace:
        """The states."""
        return self.knowledge.space

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
        return tuple(
            pure_plan(seat.information, seat.types, seat.posteriors, self.environment.shape[seat.index])
            for seat in self.seats
        )

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
        self, player: int, beliefs: IntArray, *, play: Play | None = None, values: IntArray | None = None
    ) -> Surface:
        """Return what every report of a player is worth to each of her types.

        Parameters
        ----------
        beliefs : ``(types, value reports, belief reports)`` ids of the beliefs to try, by own cell and announced
            value.
        play : how the others play; truthfully unless given. The player's own columns in it are ignored.
        values : the value reports to try, ``(value reports,)`` type indices; all of her grid unless given.
        """
        play = self.truthful_play if play is None else play
        seat = self.seats[player]
        tried = np.arange(self.environment.shape[player]) if values is None else values
        menu = beliefs.shape[1] * beliefs.shape[2]
        cell = seat.information[play.states]

        def deviate(rows: IntArray) -> Reports:
            base, lie = rows // menu, rows % menu
            value, belief = lie // beliefs.shape[2], lie % beliefs.shape[2]
            reports = play.reports.take(base)
            reports.values[:, player] = tried[value]
            reports.beliefs[:, player] = beliefs[cell[base], value, belief]
            return reports

        truth = self._truth(play, player)
        share = self.knowledge.within(player)[play.states] * play.chances
        interim = np.zeros((len(seat.types), menu))
        gain = np.full((len(seat.types), menu), -np.inf)
        step = max(1, BLOCK // menu)
        for start in range(0, len(play.states), step):
            block = np.arange(start, min(start + step, len(play.states)))
            rows = (block[:, None] * menu + np.arange(menu)).ravel()
            utility = self._utility(play.states[np.repeat(block, menu)], deviate(rows), player).reshape(-1, menu)
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

    def truth(self, player: int, *, play: Play | None = None) -> FloatArray:
        """Return ``(types,)``: what telling the truth is worth to each type, the others playing `play`."""
        play = self.truthful_play if play is None else play
        cell = self.seats[player].information[play.states]
        share = self.knowledge.within(player)[play.states] * play.chances
        worth = weighted(share, self._truth(play, player))
        return np.bincount(cell, worth, minlength=len(self.seats[player].types)).astype(float)

    def _truth(self, play: Play, player: int) -> FloatArray:
        seat = self.seats[player]
        cell = seat.information[play.states]
        reports = play.reports.take(np.arange(len(play.states)))
        reports.values[:, player] = seat.types[cell]
        reports.beliefs[:, player] = seat.posteriors[cell]
        return self._in_blocks(play.states, reports, player)

    def _in_blocks(self, states: IntArray, reports: Reports, player: int) -> FloatArray:
        """Return the player's utility in each row, worked out in blocks."""
        utility = np.empty(len(states))
        for start in range(0, len(states), BLOCK):
            rows = np.arange(start, min(start + BLOCK, len(states)))
            utility[rows] = self._utility(states[rows], reports.take(rows), player)
        return utility

    def _utility(self, states: IntArray, reports: Reports, player: int) -> FloatArray:
        """Return the player's utility, expected over the coins, in each row."""
        outcomes = self.mechanism.expect(reports, of=player)
        return outcomes.utility_of(self.environment, player, self.space.profiles[states, player])


class Seat:
    """What one seat may know: its own types and posteriors, the rules, and what reports are worth to it.

    Strategies get this, never the game: no rival's type, posterior or plan can be read from it.

    Attributes
    ----------
    index : the seat.
    types : ``(cells,)`` own type in each of its cells.
    subjects : the players whom its announced belief is about.
    posteriors : ``(cells,)`` id of the belief that is the truth in each cell: its posterior about the others, or
        its prior about everybody where the mechanism asks for that.
    information : ``(states,)`` its cell in each state.
    names : a short name of each cell.
    """

    def __init__(self, game: Game, index: int) -> None:
        self._game = game
        knowledge = game.knowledge
        self.index = index
        self.environment = game.environment
        self.book = game.book
        self.mechanism = game.mechanism
        self.information = knowledge.cells[:, index]
        self.types = knowledge.types(index)
        self.names = knowledge.names[index]
        self.subjects = game.mechanism.subjects(index)
        if game.mechanism.asks_for_prior:
            self.posteriors = np.full(len(self.types), game.book.add(self.prior))
        else:
            beliefs = [knowledge.posterior(index, cell) for cell in range(len(self.types))]
            self.posteriors = np.array([game.book.add(belief) for belief in beliefs])

    @property
    def menu_size(self) -> int:
        """Number of types that the seat can announce."""
        return self.environment.shape[self.index]

    @property
    def belief_shape(self) -> tuple[int, ...]:
        """Number of types of each player whom its announced belief is about."""
        return tuple(self.environment.shape[j] for j in self.subjects)

    @cached_property
    def prior(self) -> Joint:
        """Its own prior about those players, before it learns anything."""
        everything = np.ones(len(self.information), dtype=bool)
        return self._game.knowledge.belief(self.index, everything, self.subjects)

    def posterior(self, cell: int) -> Joint:
        """Return its belief in a cell."""
        return self.book[int(self.posteriors[cell])]

    def surface(self, beliefs: IntArray) -> FloatArray:
        """Return ``(types, value reports, belief reports)``: interim utilities against truthful play."""
        return self._game.surface(self.index, beliefs).interim

    def pool(self, ring: Sequence[int]) -> Pool:
        """Return what the members of a ring know together."""
        return self._game.pool(tuple(ring))
