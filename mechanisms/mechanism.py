"""What every mechanism is: a pure function of reports and coins, over a leading axis of rounds.

A mechanism says who has a *role* (the informant of M, the chosen bidder i* of L) and how a round is settled
given that role. `Mechanism` derives from these two the exact expectation over the coins, `expect`, and the
tossing of them, `play`, so that exact analysis and simulation run the same code.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from mechanisms.about import About, Participation, Solution, Stage
from mechanisms.beliefs import Joint, Uniforms
from mechanisms.book import BeliefBook
from mechanisms.draws import draw
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.memo import ReportMemo
from mechanisms.outcomes import Outcomes, Reports
from mechanisms.rows import Rows
from mechanisms.settled import SettledTable
from mechanisms.strict import PriceLottery, RoleLotteries

_TABULATED = 1 << 20


@dataclass(frozen=True, eq=False)
class Setting:
    """What a mechanism may be built on: the environment, the book of beliefs, and the prior D.

    Only a classical Bayesian mechanism, whose seller knows D, reads the prior.
    """

    environment: Environment
    book: BeliefBook
    prior: Joint


@dataclass(frozen=True, eq=False)
class Settled:
    """A round's main stage given the role, before Lemma 1's lottery.

    Attributes
    ----------
    allocation : ``(rounds,)`` an allocation, or ``(rounds, allocations)`` a lottery over them.
    payments : ``(rounds, players)`` expected over that lottery; a player pays in proportion to the worth
        (as reported) of what she gets, so that no toss leaves a truthful player worse off.
    rewards : ``(rounds, players)``.
    fallback : ``(rounds,)`` whether the price fell back to the second price.
    """

    allocation: IntArray | FloatArray
    payments: FloatArray
    rewards: FloatArray
    fallback: FloatArray


@dataclass(frozen=True)
class Part:
    """A term of one player's expected utility, and the announcements that it depends on.

    Exact analysis tabulates each part on what it reads, so that no table over all announcements is needed.

    Attributes
    ----------
    values, beliefs : the players whose announced value, or belief, the term depends on.
    role : who has the role in it; None where the values decide.
    chance : probability of that role.
    trade, rewards : whether it holds what the player gets and pays, and what her belief is paid.
    """

    values: tuple[int, ...]
    beliefs: tuple[int, ...]
    role: int | None = None
    chance: float = 1.0
    trade: bool = True
    rewards: bool = True


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
        chances = self._role_chances(reports)
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

    def draw_role(self, values: IntArray, rng: Uniforms) -> IntArray:
        """Return the role in each round, ``(rounds,)``, tossing coins where it is random."""
        likeliest, edges = self._roles(values)
        return draw(edges, rng.random(len(values))) if self.random_role else likeliest

    def _roles(self, values: IntArray) -> tuple[IntArray, FloatArray]:
        """Return the likeliest role ``(rounds,)`` and cumulative role probabilities ``(rounds, cases)``."""
        if math.prod(self.environment.shape) > _TABULATED:
            chances = self.role_probabilities(values)
            return chances.argmax(axis=1), np.cumsum(chances, axis=1)
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
        rounds = len(reports)
        row = self._memo.rows(reports)
        table = self._table
        if reports.role is not None:
            role, slot = reports.role, table.slot[row, reports.role]
            if len(slot) and slot.min() < 0:
                raise ValueError(f"player {role[slot.argmin()]} cannot have the role in round {slot.argmin()}")
        elif self.random_role:
            role = draw(table.role_edges.gather(row), rng.random(rounds))
            slot = table.slot[row, role]
        else:
            role, slot = table.role[row], table.first_slot[row]
        rewards, fallback = table.rewards.gather(slot), table.fallback(slot)
        if self.random_allocation:
            allocation = draw(table.edges.gather(slot), rng.random(rounds))
            payments = table.payments.gather(slot * len(self.environment.allocations) + allocation)
        else:
            allocation, payments = table.allocation[slot], table.payments.gather(slot)
        if self.lottery_chance:
            coin = rng.random(rounds)
            hit = np.flatnonzero(coin < self.lottery_chance)
            sold, buyer, paid = self._lotteries.play(reports.values[hit], role[hit], coin[hit] / self.lottery_chance)
            allocation[hit], payments[hit], fallback[hit] = sold, 0.0, 0.0
            payments[hit, buyer] = paid
        return Outcomes(allocation, payments, rewards, role if self.has_role else None, fallback)

    def _role_chances(self, reports: Reports) -> FloatArray:
        if reports.role is None:
            return self.role_probabilities(reports.values)
        chances = np.zeros((len(reports), self.cases))
        chances[np.arange(len(reports)), reports.role] = 1.0
        return chances

    @cached_property
    def _lotteries(self) -> RoleLotteries:
        return RoleLotteries([self.lottery(role) for role in range(self.cases)])

    @cached_property
    def _table(self) -> SettledTable:
        return SettledTable(self)

    @cached_property
    def _memo(self) -> ReportMemo:
        return ReportMemo(self.environment.shape, self.elicits_beliefs, self._table.extend)
