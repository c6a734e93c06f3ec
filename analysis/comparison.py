"""What truthful play of a mechanism yields, to whom, and how far truth can be relied on: exact figures to compare.

Revenue alone does not compare mechanisms: it is that of truthful play, which a player may do better to leave (a gain by
lying) or not take part in at all (a loss at truth).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from agents.game import BLOCK, Game
from agents.plan import play_blocks
from agents.strategies import BELIEF_RULES
from analysis.deviation import deviations
from analysis.participation import Participation, participation
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Mechanism, Settled
from mechanisms.outcomes import Reports
from mechanisms.strict import PriceLottery

LARGEST_SURFACE = 1 << 25
LARGEST_TABLE = 1 << 27
POINTS = 64
_ROUNDING = 1e-12
Found = TypeVar("Found")


@dataclass(frozen=True)
class TruthfulPlay:
    """What truthful play yields, in exact expectation under D and over all coins, in units of value.

    Attributes
    ----------
    prices : what the players pay.
    rewards : what they are paid for beliefs.
    worth : what the allocation is worth to the players.
    surplus : the players' utilities, rewards included.
    expenses : what bringing the allocation about costs the seller.
    worst_ex_post : the least utility that any player has in any state, whatever the coins of the house.
    scale : the largest worth or payment, at least 1, in view of which what is small is rounding.
    """

    prices: float
    rewards: float
    worth: float
    surplus: float
    expenses: float
    worst_ex_post: float
    scale: float

    @property
    def revenue(self) -> float:
        """Prices less rewards; expenses are not taken off."""
        return self.prices - self.rewards

    @property
    def welfare(self) -> float:
        """What the allocation is worth, less what it costs."""
        return self.worth - self.expenses


@dataclass(frozen=True)
class Gains:
    """The best gain of any type from any value report x named belief report, the others truthful.

    Attributes
    ----------
    interim : in expectation by the type's own posterior; not a number where there is no lie to tell.
    expost : in the state where the lie gains most.
    """

    interim: float
    expost: float


@dataclass(frozen=True, eq=False)
class Measured:
    """A mechanism's figures; each is None where it cannot be computed, and `reasons` says why.

    Attributes
    ----------
    reasons : from the name of a missing figure, among play, gains and participation, to one sentence.
    """

    play: TruthfulPlay | None
    gains: Gains | None
    participation: Participation | None
    reasons: dict[str, str]

    @property
    def truthful_is_equilibrium(self) -> bool | None:
        """Whether no lie gains in expectation, beyond rounding; None where gains cannot be computed."""
        return None if self.gains is None else not self.gains.interim > 0.0


def measure(game: Game, *, other_types: int = 4, largest: int = LARGEST_SURFACE) -> Measured:
    """Return the figures of a game's mechanism.

    Parameters
    ----------
    other_types : how many of a seat's other posteriors are tried as belief reports.
    largest : reports x states that gains are sought among, at most.
    """
    reasons: dict[str, str] = {}
    play = _attempt("play", reasons, lambda: truthful_play(game))
    if play is None:
        return Measured(None, None, None, reasons)
    gains = _attempt("gains", reasons, lambda: best_gains(game, other_types=other_types, largest=largest))
    if gains is not None:  # payments can be far larger than worths, and rounding with them
        gains = Gains(_without_rounding(gains.interim, play.scale), _without_rounding(gains.expost, play.scale))
    stays = _attempt("participation", reasons, lambda: participation(game))
    return Measured(play, gains, stays, reasons)


def _without_rounding(figure: float, scale: float) -> float:
    return 0.0 if abs(figure) < _ROUNDING * scale else figure


def _attempt(name: str, reasons: dict[str, str], compute: Callable[[], Found]) -> Found | None:
    try:
        return compute()
    except ValueError as error:
        reasons[name] = str(error)
        return None


def largest_welfare(game: Game) -> float:
    """Return the expected worth of the best allocation in each state: all that there is to share out."""
    total = 0.0
    for start in range(0, len(game.space), _rows_at_once(game)):
        block = slice(start, start + _rows_at_once(game))
        profiles, weights = game.space.profiles[block], game.space.weights[block]
        worth = sum(table[profiles[:, i]] for i, table in enumerate(game.environment.worth_of_allocation))
        total += float(weights @ np.max(worth, axis=1))
    return total


def _rows_at_once(game: Game) -> int:
    return max(1, BLOCK // len(game.environment.allocations))


def truthful_play(game: Game) -> TruthfulPlay:
    """Return what truthful play yields, worked out in blocks of states."""
    mechanism, environment = game.mechanism, game.environment
    total, worst = np.zeros(5), np.inf
    scale = max(1.0, *(float(table.max()) for table in environment.worth))
    for play in play_blocks(game.space, game.truthful_plans, _rows_at_once(game)):
        outcomes = mechanism.expect(play.reports)
        types, weights = game.space.profiles[play.states], game.space.weights[play.states] * play.chances
        columns = [
            outcomes.prices,
            outcomes.rewards.sum(axis=1),
            outcomes.worth(environment, types).sum(axis=1),
            outcomes.utility(environment, types).sum(axis=1),
            outcomes.allocation @ mechanism.expenses,
        ]
        total += [float(weights @ column) for column in columns]
        scale = max(scale, float(abs(outcomes.payments).max()))
        worst = min(worst, _worst_ex_post(mechanism, play.reports))
    prices, rewards, worth, surplus, expenses = map(float, total)
    surplus, worst = _without_rounding(surplus, scale), _without_rounding(worst, scale)
    return TruthfulPlay(prices, rewards, worth, surplus, expenses, worst, scale)


def best_gains(game: Game, *, other_types: int = 4, largest: int = LARGEST_SURFACE) -> Gains:
    """Return the best interim and ex-post gains from lies among all values and the named beliefs.

    Beliefs that are certain of a profile are tried too, up to `POINTS` of them, for some mechanisms read no more of a
    belief than what it rules out, or what it thinks likeliest.

    Raises
    ------
    ValueError : if there are more than `largest` reports x states to try, or a block of them needs too large a table.
    """
    asks = game.mechanism.elicits_beliefs
    points = min(POINTS, math.prod(game.environment.shape)) if asks else 0
    beliefs = len(BELIEF_RULES) - 1 + other_types + points if asks else 1
    tried = len(game.space) * beliefs * sum(game.environment.shape)
    if tried > largest:
        raise ValueError(f"deviations need {tried:,} reports x states; the limit is {largest:,}")
    width = len(game.environment.allocations)
    if min(tried, BLOCK) * width > LARGEST_TABLE:
        raise ValueError(
            f"deviations need tables of {min(tried, BLOCK):,} x {width:,} allocations; the limit is {LARGEST_TABLE:,}"
        )
    table = deviations(game, other_types=other_types, points=points).table
    highest = table[["gain", "gain_expost"]].max() if len(table) else {"gain": np.nan, "gain_expost": np.nan}
    return Gains(float(highest["gain"]), float(highest["gain_expost"]))


def _worst_ex_post(mechanism: Mechanism, reports: Reports) -> float:
    """Return the least utility of any player in any round in which all tell the truth, over all coins."""
    chances = mechanism.role_probabilities(reports.values)
    worst = np.inf
    for role in range(mechanism.cases):
        rows = np.flatnonzero(chances[:, role] > 0.0)
        if len(rows):
            worst = min(worst, _worst_with_role(mechanism, reports.take(rows), role))
    return worst


def _worst_with_role(mechanism: Mechanism, reports: Reports, role: int) -> float:
    settled = mechanism.settle(reports, role)
    floors = []
    if mechanism.lottery_chance < 1.0:
        floors.append(_floor_of_settled(mechanism, settled, reports.values))
    if mechanism.lottery_chance > 0.0:
        by_type = _floor_of_lottery(mechanism.lottery(role))
        floors.append(np.stack([floor[types] for floor, types in zip(by_type, reports.values.T, strict=True)], axis=1))
    return float((np.min(floors, axis=0) + settled.rewards).min())


def _floor_of_settled(mechanism: Mechanism, settled: Settled, types: IntArray) -> FloatArray:
    """Return ``(rounds, players)``: the least worth less price, over the allocations that can be drawn.

    Where the allocation is drawn, `play` charges in proportion to worth; this does the same.
    """
    environment = mechanism.environment
    columns = []
    for i, kinds in enumerate(types.T):
        paid, worth = settled.payments[:, i], environment.worth_of_allocation[i][kinds]
        if settled.allocation.ndim == 1:
            columns.append(worth[np.arange(len(kinds)), settled.allocation.astype(np.int64)] - paid)
            continue
        expected = np.einsum("ra,ra->r", settled.allocation, worth)
        rate = np.divide(paid, expected, out=np.zeros_like(expected), where=expected > 0.0)
        kept = (1.0 - rate)[:, None] * worth
        columns.append(np.where(settled.allocation > 0.0, kept, np.inf).min(axis=1))
    return np.stack(columns, axis=1)


def _floor_of_lottery(lottery: PriceLottery) -> list[FloatArray]:
    """Return, per player, the least that Lemma 1's lottery leaves each of her types, ``(types,)``."""
    player = lottery.offers[0]
    sold, paid = lottery.results
    floors = []
    for i, size in enumerate(lottery.environment.shape):
        mine = np.flatnonzero(player == i)
        kept = lottery.environment.worth_of_allocation[i][np.arange(size), sold[mine, :size]] - paid[mine, :size]
        others = np.zeros((int((player != i).any()), size))  # whatever is offered to another leaves her nothing
        floors.append(np.concatenate([kept, others]).min(axis=0))
    return floors
