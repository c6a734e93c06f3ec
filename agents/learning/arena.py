"""What connects learners with a market: what each is shown of a round, and what every option of theirs was worth.

The house computes it; a learner gets its own payoff and no more unless its feedback says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from agents.agent_types import AgentTypes, agent_types
from agents.expectation import Expectation
from agents.game import Game, Seat
from agents.induced import MEMORY, Induced
from agents.learning.bounds import realised_bounds
from agents.learning.learning import Learning
from agents.learning.stakes import Stakes
from agents.menu import Menu, report_menu
from agents.plan import Plan
from agents.strategies.rules import belief_menu
from agents.strategies.strategy import Strategy
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Reports


class Arena:
    """A game in which some seats learn.

    Parameters
    ----------
    strategies : one a seat, prepared.
    memory : bytes that the tables of one seat may take.

    Attributes
    ----------
    learners : the strategies that learn, by seat.
    induced : the game on menus that hold all that any seat announces.
    stakes : per learning seat, what its options are worth.
    """

    def __init__(self, game: Game, strategies: Sequence[Strategy], *, memory: int = MEMORY) -> None:
        game.check_listed()
        self.game = game
        self.learners: dict[int, Learning] = {i: s for i, s in enumerate(strategies) if isinstance(s, Learning)}
        self._plans = [s.plan(seat) for seat, s in zip(game.seats, strategies, strict=True)]
        menus = [_menu(s, seat, plan) for s, seat, plan in zip(strategies, game.seats, self._plans, strict=True)]
        self.induced = Induced(game, menus=menus, memory=memory)
        self.stakes = {i: self._stakes(i, strategy) for i, strategy in self.learners.items()}
        self._places = [_places(menu) for menu in menus]
        self._seen: dict[int, FloatArray] = {}
        for i, strategy in self.learners.items():
            strategy.start(self.stakes[i].low, self.stakes[i].high)
        if any(strategy.feedback == "mean" for strategy in self.learners.values()):
            self._check_mixes()

    def open(self, reports: Reports, states: IntArray) -> None:
        """Take the announcements of a round in, and the mixes that they were drawn from."""
        self._reports, self._states = reports, states
        self._told: IntArray | None = None
        self._seen = {}
        mean = [i for i, strategy in self.learners.items() if strategy.feedback == "mean"]
        if mean:
            mixes = self.mixes()
            self._means = {i: self.mean(i, mixes) for i in mean}

    def shown(self, player: int) -> FloatArray | None:
        """Return what a learning seat is shown of the round besides its own payoff, as `Feedback.payoffs`."""
        kind = self.learners[player].feedback
        if kind == "bandit":
            return None
        return self._means[player] if kind == "mean" else self.full(player)

    def full(self, player: int) -> FloatArray:
        """Return ``(worlds, options)``: what each option of a seat would have earned, coins in expectation."""
        if player not in self._seen:
            if self._told is None:
                self._told = self._placed(self._reports.beliefs)
            contexts = self.learners[player].information(self.game.seats[player])[self._states]
            self._seen[player] = self.stakes[player].payoffs(contexts, self._reports.values, self._told)
        return self._seen[player]

    def mean(self, player: int, mixes: Sequence[FloatArray]) -> FloatArray:
        """Return ``(worlds, cells, options)``: what each option of a seat earns in expectation against mixes."""
        worth = self.expectation.utilities(player, mixes)
        numbers = self.groups(player)
        return np.take_along_axis(worth, np.broadcast_to(numbers, (len(worth), *numbers.shape)), axis=2)

    def mixes(self, learnt: Mapping[int, FloatArray] | None = None) -> list[FloatArray]:
        """Return per seat ``(worlds or 1, cells, reports of the agent form)``: how every type reports.

        Parameters
        ----------
        learnt : per learning seat ``(worlds, cells, options)``; its present mixes unless given.

        Raises
        ------
        ValueError : if a seat's play is no mix by type.
        """
        self._check_mixes()
        found = []
        for i, plan in enumerate(self._plans):
            if i in self.learners:
                mine = self.learners[i].mixes() if learnt is None else learnt[i]
                found.append(self.merged(i, mine))
            else:
                assert plan is not None
                found.append(self._planned(i, plan))
        return found

    def groups(self, player: int) -> IntArray:
        """Return ``(contexts, options)``: which report of the agent form each option of a learning seat is."""
        return self.types.groups[player][self.stakes[player].reports]

    def merged(self, player: int, mixes: FloatArray) -> FloatArray:
        """Return ``(worlds, contexts, reports of the form)`` of a learning seat's ``(worlds, contexts, options)``."""
        return _scattered(mixes, self.groups(player), self.types.form.shapes[player][1])

    @cached_property
    def types(self) -> AgentTypes:
        """The induced game among types."""
        return agent_types(self.induced)

    @cached_property
    def expectation(self) -> Expectation:
        """Exact expected payoffs among them."""
        return Expectation(self.types.form, fixed=[i for i in range(self.game.players) if i not in self.learners])

    def why_no_mixes(self) -> str | None:
        """Return why nothing is expected against play, or None: some seat's play is no mix by its type."""
        for i, plan in enumerate(self._plans):
            seat = self.game.seats[i]
            if i in self.learners and self.learners[i].ring:
                return f"seat {i} reports by what its ring knows"
            if i not in self.learners and plan is None:
                return f"seat {i} changes its play without being a learner"
            if plan is not None and len(np.unique([seat.information, plan.information], axis=1).T) > len(seat.types):
                return f"seat {i} reports by what its ring knows"
        return None

    def _check_mixes(self) -> None:
        reason = self.why_no_mixes()
        if reason is not None:
            raise ValueError(f"mean feedback needs everybody's mix by type, but {reason}")

    def _planned(self, player: int, plan: Plan) -> FloatArray:
        """Return ``(1, cells, reports)``."""
        seat, menu = self.game.seats[player], self.induced.menus[player]
        first = plan.information[np.unique(seat.information, return_index=True)[1]]
        odds, ids = plan.values[first], plan.beliefs[first]
        places = self._place(player, np.where(odds > 0, ids, menu.beliefs[0]))
        numbers = np.arange(odds.shape[1]) * len(menu.beliefs) + places
        return _scattered(odds[None], self.types.groups[player][numbers], self.types.form.shapes[player][1])

    def _placed(self, beliefs: IntArray) -> IntArray:
        """Return ``(worlds, players)``: where announced beliefs are in the menus."""
        return np.stack([self._place(j, beliefs[:, j]) for j in range(self.game.players)], axis=1)

    def _place(self, player: int, beliefs: IntArray) -> IntArray:
        if not self.game.mechanism.elicits_beliefs:
            return np.zeros_like(beliefs)
        known = self._places[player]
        places = known[np.minimum(beliefs, len(known) - 1)]
        if (places < 0).any():
            odd = int(beliefs[places < 0][0])
            raise ValueError(f"seat {player} announced belief {odd}, which none of the known rules announces")
        return places

    def _stakes(self, player: int, strategy: Learning) -> Stakes:
        seat = self.game.seats[player]
        if strategy.ring:
            owners, kinds = strategy.ring, seat.pool(strategy.ring).types
        else:
            owners, kinds = (player,), seat.types[:, None]
        stakes = Stakes(self.induced, player, strategy.options, strategy.contexts, owners=owners, kinds=kinds)
        if strategy.feedback == "bandit":  # who sees the coins fall
            bounds = [realised_bounds(self.induced, owner) for owner in owners]
            stakes.low = np.sum([b.low[kind] for b, kind in zip(bounds, kinds.T, strict=True)], axis=0)
            stakes.high = np.sum([b.high[kind] for b, kind in zip(bounds, kinds.T, strict=True)], axis=0)
        return stakes


def _menu(strategy: Strategy, seat: Seat, plan: Plan | None) -> Menu:
    """Return all values with every belief that a seat can announce."""
    if not seat.mechanism.elicits_beliefs:
        return report_menu(seat, rules=())
    if isinstance(strategy, Learning):
        return report_menu(seat, rules=(), also=strategy.options.belief_names)
    if plan is not None:
        return report_menu(seat, rules=(), also={int(b): "as played" for b in np.unique(plan.beliefs[plan.values > 0])})
    return report_menu(seat, also={int(b): name for name, ids in belief_menu(seat).items() for b in np.unique(ids)})


def _places(menu: Menu) -> IntArray:
    """Return the place of each belief id in a menu; -1 for others, those beyond the last included."""
    places = np.full(int(menu.beliefs.max()) + 2, -1)
    places[menu.beliefs] = np.arange(len(menu.beliefs))
    return places


def _scattered(mixes: FloatArray, numbers: IntArray, reports: int) -> FloatArray:
    """Return ``(worlds, cells, reports)``: probabilities of options added up where `numbers` say."""
    found = np.zeros((*mixes.shape[:2], reports))
    cells = np.arange(mixes.shape[1])
    for option in range(mixes.shape[2]):
        found[:, cells, numbers[:, option]] += mixes[:, :, option]
    return found
