"""The Mesa model: one round per step, in every world at once.

A *world* is an independent repetition of the whole experiment and the unit of replication of every interval. A step
draws a state of nature in each world, lets the bidders observe and report in the mechanism's own order, and settles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import mesa
import numpy as np

from agents.bidder import Bidder
from agents.game import Game
from agents.induced import MEMORY
from agents.learning.arena import Arena
from agents.learning.learning import Learning
from agents.nature import Drawn
from agents.strategies import Strategy
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Outcomes, Reports
from scenarios.distribution import Tally
from scenarios.streams import Block, Stream, seed_sequence
from scenarios.windows import WindowRecord, window_length


class Market(mesa.Model):
    """Repeated rounds of one mechanism among bidders with given strategies.

    Parameters
    ----------
    game : mechanism, states and knowledge.
    strategies : one per seat, each an object of its own.
    worlds : independent repetitions.
    seed : the root of all randomness.
    block : the part of the worlds to play, all of them unless given; their draws are the same either way.
    rounds : how many rounds will be played, if that is known: what is kept of them then does not grow with them.
    memory : bytes that the tables of what one learner's options earn may take.
    by_state : named benchmarks, ``(states,)`` each, to be averaged over the states drawn.

    Attributes
    ----------
    rounds_played : number of rounds so far.
    arena : what learners are shown, and their options' worth; None where nobody learns.
    drawn, reports, outcomes : the last round, ``(worlds, ...)``.
    totals : per world, ``(worlds,)`` sums so far of revenue, prices, rewards and the benchmarks.
    utility_totals : ``(worlds, players)`` sums of the bidders' utilities.
    record, tally : means by window of rounds, and how often which revenue came in.
    """

    def __init__(
        self,
        game: Game,
        strategies: Sequence[Strategy],
        *,
        worlds: int,
        seed: int,
        block: Block | None = None,
        rounds: int | None = None,
        by_state: Mapping[str, FloatArray] | None = None,
        memory: int = MEMORY,
    ) -> None:
        super().__init__(rng=seed)
        if len(strategies) != game.players or len({id(s) for s in strategies}) != len(strategies):
            raise ValueError(f"a market of {game.players} players needs a strategy object for each")
        block = block or Block(0, worlds, worlds)
        self.worlds = block.count
        self._memory = memory
        self.rounds_played = 0
        self._nature = Stream(seed_sequence(seed, "nature"), block)
        self._house = Stream(seed_sequence(seed, "house"), block)
        streams = [Stream(seed_sequence(seed, "seat", i), block) for i in range(game.players)]
        Bidder.create_agents(self, game.players, list(game.seats), list(strategies), streams, worlds=self.worlds)
        self._learns = any(type(strategy).learn is not Strategy.learn for strategy in strategies)
        self._enter(game)
        self._by_state = dict(by_state or {})
        self.record = WindowRecord(block, seats=game.players, length=window_length(rounds))
        self.tally = Tally()
        self.totals = {name: np.zeros(self.worlds) for name in ("revenue", "prices", "rewards", *self._by_state)}
        self.utility_totals = np.zeros((game.players, self.worlds)).T
        self.drawn: Drawn
        self.reports: Reports
        self.outcomes: Outcomes

    def change(self, game: Game) -> None:
        """Go on with another game of the same players and types; learners keep what they have learnt."""
        if game.environment.shape != self.game.environment.shape:
            raise ValueError(f"players have {self.game.environment.shape} types, not {game.environment.shape}")
        for bidder, seat in zip(self.agents, game.seats, strict=True):
            bidder.sit(seat, self.worlds)
        self._enter(game)

    def _enter(self, game: Game) -> None:
        self.game = game
        self.mechanism = game.mechanism
        strategies = [bidder.strategy for bidder in self.agents]
        learners = any(isinstance(strategy, Learning) for strategy in strategies)
        self.arena = Arena(game, strategies, memory=self._memory) if learners else None

    def step(self) -> None:
        """Play one round in every world."""
        self.drawn = self.game.draw(self._nature, self.worlds)
        types = self.drawn.types
        self.agents.do("observe", self.drawn)
        role = self._speak(types)
        self.outcomes = self.mechanism.play(self._collect(role), self._house)
        self.agents.do("settle", self.outcomes, types)
        if self.arena is not None and self.drawn.states is not None:
            self.arena.open(self.reports, self.drawn.states)
        if self._learns:
            self.agents.do("learn", self.reports, self.arena)
        self._record(types)
        self.rounds_played += 1

    def _speak(self, types: IntArray) -> IntArray | None:
        """Let everybody report, telling roles when the mechanism does."""
        stage, role = self.mechanism.stage, None
        if stage == "before-values":
            role = self.mechanism.draw_role(types, self._house)
            self.agents.do("hear_role", role)
        self.agents.do("report_value")
        if stage == "before-beliefs":
            role = self.mechanism.draw_role(self._values(), self._house)
            self.agents.do("hear_role", role)
        self.agents.do("report_belief")
        return role

    def _values(self) -> IntArray:
        return np.stack([bidder.value for bidder in self.agents]).T

    def _collect(self, role: IntArray | None) -> Reports:
        beliefs = np.stack([bidder.belief for bidder in self.agents]).T
        self.reports = Reports(self._values(), beliefs, role)
        return self.reports

    def _record(self, types: IntArray) -> None:
        prices, rewards = self.outcomes.prices, self.outcomes.rewards.sum(axis=1)
        revenue = prices - rewards
        for name, figure in (("revenue", revenue), ("prices", prices), ("rewards", rewards)):
            self.totals[name] += figure
        for name, table in self._by_state.items():
            self.totals[name] += table[self.drawn.states]
        for bidder, total in zip(self.agents, self.utility_totals.T, strict=True):
            total += bidder.utility
        shares = [bidder.honesty(self.drawn) for bidder in self.agents]
        values, beliefs = (sum(round(share * self.worlds) for share in told) for told in zip(*shares, strict=True))
        self.record.take((revenue, prices, rewards, self.outcomes.fallback), (values, beliefs))
        self.tally.add(revenue)

    def rounds(self) -> dict[str, FloatArray | IntArray]:
        """Return the means over worlds by window of rounds, ``(windows,)`` each, named as in `ROUND_COLUMNS`."""
        return self.record.windows().table()
