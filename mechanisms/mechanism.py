"""What every mechanism is: a pure function of reports and coins, over a leading axis of rounds.

A mechanism says who has a *role* (the informant of M, the chosen bidder i* of L) and how a round is settled
given that role. `Mechanism` derives from these two the exact expectation over the coins, `expect`, and the
tossing of them, `play`, so that exact analysis and simulation run the same code.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cached_property
from typing import ClassVar

import numpy as np

from mechanisms import direct
from mechanisms.about import About, Participation, Solution, Stage
from mechanisms.beliefs import Belief, Joint, Uniforms
from mechanisms.draws import draw
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.memo import ReportMemo
from mechanisms.outcomes import Income, Outcomes, Reports
from mechanisms.rows import Rows
from mechanisms.settled import SettledTable
from mechanisms.strict import PriceLottery, RoleLotteries
from mechanisms.terms import Part, Setting, Settled

__all__ = ["Mechanism", "Part", "Setting", "Settled"]

_TABULATED = 1 << 20
_HAVE_FORMS = ("settle", "offer", "posterior_weights", "reach")


class Mechanism(ABC):
    """The base class: override `role_probabilities` (if there is a role) and `settle`.

    Parameters
    ----------
    setting : environment, book and prior.
    delta : probability of Lemma 1's price lottery; 0 runs the mechanism as it is.
    discount : Lemma 1's epsilon', strictly between 0 and 1.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    about: ClassVar[About] = About()
    solution: ClassVar[Solution] = "none"  # in what sense all players do best to tell the truth
    participation: ClassVar[Participation] = "ex post"  # when a truthful player never loses
    uses_prior: ClassVar[bool] = False  # the seller has to know D
    solves_prior: ClassVar[int] = 0  # what working D out takes, in units of work on one type of one player
    stage: ClassVar[Stage] = "never"
    has_role: ClassVar[bool] = True
    elicits_beliefs: ClassVar[bool] = False
    asks_for_prior: ClassVar[bool] = False
    fines: ClassVar[bool] = False  # rewards may be negative
    random_allocation: ClassVar[bool] = False

    def __init__(self, setting: Setting, *, delta: float = 0.0, discount: float = 0.5) -> None:
        if not 0.0 <= delta <= 1.0:
            raise ValueError(f"delta must lie between 0 and 1, not {delta}")
        if not 0.0 < discount < 1.0:
            raise ValueError(f"discount must lie strictly between 0 and 1, not {discount}")
        reason = self.unfit(setting.environment)
        if reason is not None:
            raise ValueError(f"{self.name} {reason}")
        if delta and not setting.environment.downward_closed:
            raise ValueError(f"delta = {delta} needs a downward-closed environment, and this one is not")
        self._setting = setting
        self.environment = setting.environment
        self.book = setting.book
        self.delta = delta
        self.discount = discount
        self._by_players: dict[tuple[int, ...], PriceLottery] = {}

    def __init_subclass__(cls, **options: object) -> None:
        """Let a subclass with a rule of its own not inherit a faster form of another's: its rounds go one by one."""
        super().__init_subclass__(**options)
        for name in _HAVE_FORMS:
            each = f"{name}_each"
            if name in vars(cls) and each not in vars(cls):
                plain = [vars(base)[each] for base in cls.__mro__ if each in vars(base)]
                if plain:
                    setattr(cls, each, plain[-1])

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why the mechanism does not work in an environment, as a verb phrase; None where it does."""
        return None

    @property
    def cases(self) -> int:
        """Number of roles: who has it, or, where nobody is seen to have one, faces of the house's first coin."""
        return self.environment.players

    @property
    def random_role(self) -> bool:
        """Whether the role takes a coin of its own."""
        return False

    @property
    def lottery_chance(self) -> float:
        """Probability of Lemma 1's lottery in place of what is settled."""
        return self.delta

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return ``(rounds, cases)``: the probability of each player having the role, or of each case."""
        probabilities = np.zeros((len(values), self.cases))
        probabilities[:, 0] = 1.0
        return probabilities

    @abstractmethod
    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Settle rounds in which player `role` has the role.

        With `of` given only that player's allocation, payment and reward must be right.
        """

    def settle_each(self, reports: Reports, roles: IntArray, *, of: int | None = None) -> Settled:
        """Settle rounds each with its own role, ``(rounds,)``: role by role, unless a mechanism has a faster way.

        A subclass that overrides `settle` alone is back at role by role.
        """
        return direct.settle_by_role(self, reports, roles, of=of)

    @cached_property
    def expenses(self) -> FloatArray:
        """What each allocation costs the seller to bring about, ``(allocations,)``: nothing, unless it is said."""
        return np.zeros(len(self.environment.allocations))

    @property
    def share(self) -> float | None:
        """The share of OPT that truthful play earns whatever D is, Lemma 1's lottery apart; None if none is known."""
        return None

    def guarantee(self, opt: float) -> float | None:
        """Return a lower bound on truthful revenue given OPT, as its source has it, or None where there is none."""
        return None if self.share is None else (1.0 - self.delta) * self.share * opt

    def bids(self, values: IntArray) -> IntArray:
        """Return the money that announced types stand for, ``(rounds, players)``, where each is served or not."""
        return np.stack([grid[values[:, i]] for i, grid in enumerate(self.environment.values)], axis=1)

    def subjects(self, player: int) -> tuple[int, ...]:
        """Return the players whom a player's announced belief is about: the others, unless the prior is asked for."""
        return tuple(j for j in range(self.environment.players) if self.asks_for_prior or j != player)

    def parts(self, player: int) -> tuple[Part, ...]:
        """Return terms that add up to a player's expected utility, each with the announcements that it reads."""
        everybody = tuple(range(self.environment.players))
        return (Part(everybody, everybody if self.elicits_beliefs else ()),)

    def listed(self, belief: Belief) -> Joint:
        """Return a belief as a table.

        Raises
        ------
        ValueError : naming the mechanism, if it has too many profiles.
        """
        try:
            return belief.table
        except ValueError as error:
            raise ValueError(f"{self.name} goes through all profiles: {error}") from None

    def lottery_players(self, role: int) -> tuple[int, ...]:
        """Return who takes part in Lemma 1's lottery when player `role` has the role."""
        return tuple(range(self.environment.players))

    def lottery(self, role: int) -> PriceLottery:
        """Return Lemma 1's lottery for that role."""
        players = self.lottery_players(role)
        if players not in self._by_players:
            self._by_players[players] = PriceLottery(self.environment, players, self.discount)
        return self._by_players[players]

    def expect(self, reports: Reports, *, of: int | None = None) -> Outcomes:
        """Return outcomes in exact expectation over all coins.

        With `of` given only that player's figures are right, which spares work in deviation analysis.
        """
        rounds, players = reports.values.shape
        allocation = np.zeros((rounds, len(self.environment.allocations)))
        payments, rewards = np.zeros((rounds, players)), np.zeros((rounds, players))
        fallback = np.zeros(rounds)
        chances = self.role_chances(reports)
        for role in range(self.cases):
            rows = np.flatnonzero(chances[:, role])
            if not len(rows):
                continue
            everything = len(rows) == rounds
            settled = self.settle(reports if everything else reports.take(rows), role, of=of)
            at = slice(None) if everything else rows
            chance = chances[at, role][:, None]
            kept = chance * (1.0 - self.lottery_chance)
            payments[at] += kept * settled.payments
            rewards[at] += chance * settled.rewards
            fallback[at] += kept[:, 0] * settled.fallback
            if settled.allocation.ndim == 1:
                allocation[rows, settled.allocation.astype(np.int64)] += kept[:, 0]
            else:
                allocation[at] += kept * settled.allocation
            if self.lottery_chance:
                sold, paid = self.lottery(role).expect(reports.values[at])
                allocation[at] += self.lottery_chance * chance * sold
                payments[at] += self.lottery_chance * chance * paid
        return Outcomes(allocation, payments, rewards, reports.role, fallback)

    def utility_of(self, reports: Reports, player: int, types: IntArray) -> FloatArray:
        """Return ``(rounds,)``: the expected utility of one player of those true types, over all coins.

        Equal to that of `expect`, whose table of allocations does not fit where there are many.
        """
        return direct.utility_of(self, reports, player, types)

    def income(self, reports: Reports) -> Income:
        """Return the seller's income in expectation over all coins: what `expect` has, without its allocations."""
        return direct.income(self, reports)

    def draw_role(self, values: IntArray, rng: Uniforms) -> IntArray:
        """Return the role in each round, ``(rounds,)``, tossing coins where it is random."""
        coin = rng.random(len(values)) if self.random_role else None
        if math.prod(self.environment.shape) > _TABULATED:
            return direct.roles(self, values, coin)
        likeliest, edges = self._roles(values)
        return likeliest if coin is None else draw(edges, coin)

    def _roles(self, values: IntArray) -> tuple[IntArray, FloatArray]:
        """Return the likeliest role ``(rounds,)`` and cumulative role probabilities ``(rounds, cases)``."""
        point = self.environment.flat(values)
        likeliest, edges = self._role_table
        return likeliest[point], edges.gather(point) if self.random_role else np.zeros((0, 0))

    @cached_property
    def _role_table(self) -> tuple[IntArray, Rows]:
        chances = self.role_probabilities(self.environment.grid)
        edges = Rows(chances.shape[1])
        edges.append(np.cumsum(chances, axis=1))
        return chances.argmax(axis=1), edges

    def play(self, reports: Reports, rng: Uniforms) -> Outcomes:
        """Toss the coins: the same outcomes as `expect` in the mean.

        Each call takes the same number of draws a round whatever is reported, so that one player's report
        leaves the house's other coins as they were.
        """
        row = self._memo.rows(reports)
        coins = direct.toss(self, reports, rng)
        drawn = direct.play(self, reports, coins) if row is None else self._table.look_up(reports, row, coins)
        if coins.lottery is not None and drawn.role is not None:
            hit = np.flatnonzero(coins.lottery < self.lottery_chance)
            shares = coins.lottery[hit] / self.lottery_chance
            found = self.lotteries.play(reports.values[hit], drawn.role[hit], shares)
            drawn.allocation[hit], drawn.payments[hit], drawn.fallback[hit] = found.sold, 0.0, 0.0
            drawn.payments[hit, found.buyer] = found.paid
        return drawn if self.has_role else replace(drawn, role=None)

    def role_chances(self, reports: Reports) -> FloatArray:
        """Return ``(rounds, cases)``: the probability of each role, certain where it was drawn before."""
        if reports.role is None:
            return self.role_probabilities(reports.values)
        chances = np.zeros((len(reports), self.cases))
        chances[np.arange(len(reports)), reports.role] = 1.0
        return chances

    @cached_property
    def lotteries(self) -> RoleLotteries:
        """Lemma 1's lotteries, by role."""
        return RoleLotteries([self.lottery(role) for role in range(self.cases)])

    @cached_property
    def _table(self) -> SettledTable:
        return SettledTable(self)

    @cached_property
    def _memo(self) -> ReportMemo:
        return ReportMemo(self.environment.shape, self.elicits_beliefs, self._table.extend)
