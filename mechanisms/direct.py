"""Rounds that are settled one by one, in blocks: where reports do not come again, and where allocations are many.

Nothing here needs a table of reports, or of allocations by rounds; memory depends on the size of a block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mechanisms.allocations import lottery
from mechanisms.beliefs import Uniforms
from mechanisms.draws import draw
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.outcomes import Income, Outcomes, Reports
from mechanisms.terms import Settled

if TYPE_CHECKING:
    from mechanisms.mechanism import Mechanism

BLOCK = 1 << 20


@dataclass(frozen=True, eq=False)
class Coins:
    """The house's coins, ``(rounds,)`` each, or None where there is no such coin."""

    role: FloatArray | None
    allocation: FloatArray | None
    lottery: FloatArray | None


def toss(mechanism: Mechanism, reports: Reports, rng: Uniforms) -> Coins:
    """Return all coins of the rounds, whatever is reported."""
    wanted = (
        mechanism.random_role and reports.role is None,
        mechanism.random_allocation,
        mechanism.lottery_chance > 0.0,
    )
    return Coins(*(rng.random(len(reports)) if one else None for one in wanted))


def play(mechanism: Mechanism, reports: Reports, coins: Coins) -> Outcomes:
    """Return outcomes before Lemma 1's lottery, the role as drawn or given.

    Raises
    ------
    ValueError : if a given role cannot be.
    """
    rounds, players = reports.values.shape
    allocation, role = np.zeros(rounds, dtype=np.int64), np.zeros(rounds, dtype=np.int64)
    payments, rewards, fallback = np.zeros((rounds, players)), np.zeros((rounds, players)), np.zeros(rounds)
    for block in _blocks(mechanism, rounds):
        some = reports.part(block)
        role[block] = _role(mechanism, some, block.start, None if coins.role is None else coins.role[block])
        settled = mechanism.settle_each(some, role[block])
        if settled.allocation.ndim == 2 and coins.allocation is not None:
            settled = draw_allocation(mechanism.environment, some.values, settled, coins.allocation[block])
        allocation[block], payments[block] = settled.allocation, settled.payments
        rewards[block], fallback[block] = settled.rewards, settled.fallback
    return Outcomes(allocation, payments, rewards, role, fallback)


def roles(mechanism: Mechanism, values: IntArray, coin: FloatArray | None) -> IntArray:
    """Return the role in each round, ``(rounds,)``: the likeliest, or the one that the coin draws."""
    found = np.zeros(len(values), dtype=np.int64)
    for block in _blocks(mechanism, len(values)):
        chances = mechanism.role_probabilities(values[block])
        found[block] = chances.argmax(axis=1) if coin is None else draw(np.cumsum(chances, axis=1), coin[block])
    return found


def settle_by_role(mechanism: Mechanism, reports: Reports, roles: IntArray, *, of: int | None) -> Settled:
    """Settle rounds each with its own role, those of equal role together."""
    rounds, players = reports.values.shape
    distinct = np.unique(roles)
    if len(distinct) == 1:
        return mechanism.settle(reports, int(distinct[0]), of=of)
    places = [np.flatnonzero(roles == role) for role in distinct]
    parts = [mechanism.settle(reports.take(at), int(role), of=of) for role, at in zip(distinct, places, strict=True)]
    sure = all(part.allocation.ndim == 1 for part in parts)
    allocations = len(mechanism.environment.allocations)
    allocation = np.zeros(rounds, dtype=np.int64) if sure else np.zeros((rounds, allocations))
    payments, rewards, fallback = np.zeros((rounds, players)), np.zeros((rounds, players)), np.zeros(rounds)
    for at, part in zip(places, parts, strict=True):
        allocation[at] = part.allocation if sure else lottery(part.allocation, allocations)
        payments[at], rewards[at], fallback[at] = part.payments, part.rewards, part.fallback
    return Settled(allocation, payments, rewards, fallback)


def utility_of(mechanism: Mechanism, reports: Reports, player: int, types: IntArray) -> FloatArray:
    """Return ``(rounds,)``: one player's expected utility, over all coins."""
    total = np.zeros(len(reports))
    kept, environment = 1.0 - mechanism.lottery_chance, mechanism.environment
    for case in _cases(mechanism, reports, player):
        settled, kinds = case.settled, types[case.rounds]
        outcomes = Outcomes(settled.allocation, settled.payments, settled.rewards, None, settled.fallback)
        gain = kept * (outcomes.worth_to(environment, player, kinds) - settled.payments[:, player])
        if mechanism.lottery_chance:
            told = case.reports.values[:, player]
            gain += mechanism.lottery_chance * mechanism.lotteries.utility_of(player, case.roles, told, kinds)
        total += np.bincount(case.rounds, case.chances * (gain + settled.rewards[:, player]), len(total))
    return total


def income(mechanism: Mechanism, reports: Reports) -> Income:
    """Return the seller's expected income, over all coins."""
    rounds, kept = len(reports), 1.0 - mechanism.lottery_chance
    prices, rewards, fallback = np.zeros(rounds), np.zeros(rounds), np.zeros(rounds)
    for case in _cases(mechanism, reports, None):
        paid = kept * case.settled.payments.sum(axis=1)
        if mechanism.lottery_chance:
            paid += mechanism.lottery_chance * mechanism.lotteries.income(case.reports.values, case.roles)
        prices += np.bincount(case.rounds, case.chances * paid, rounds)
        rewards += np.bincount(case.rounds, case.chances * case.settled.rewards.sum(axis=1), rounds)
        fallback += np.bincount(case.rounds, case.chances * kept * case.settled.fallback, rounds)
    return Income(prices, rewards, fallback)


def draw_allocation(environment: Environment, values: IntArray, settled: Settled, coin: FloatArray) -> Settled:
    """Return rounds as settled, the allocation drawn; players pay in proportion to the worth of what they get."""
    edges: FloatArray = np.cumsum(settled.allocation, axis=1).astype(float)
    drawn = draw(np.divide(edges, edges[:, -1:]), coin)
    if environment.single_good:
        grids = environment.values
        worth = np.stack([grid[values[:, i]] for i, grid in enumerate(grids)], axis=1).astype(float)
        expected, got = settled.allocation[:, 1:] * worth, np.where(environment.allocations[drawn] > 0, worth, 0.0)
    else:
        tables = np.stack([environment.worth_of_allocation[i][k] for i, k in enumerate(values.T)], axis=2)
        expected, got = np.einsum("ra,rai->ri", settled.allocation, tables), tables[np.arange(len(drawn)), drawn]
    rates = np.divide(settled.payments, expected, out=np.zeros_like(expected), where=expected > 0)
    return Settled(drawn, rates * got, settled.rewards, settled.fallback)


class _Case(NamedTuple):
    """Rounds with a role that each can have there, and the chance of it; a round may come several times."""

    rounds: IntArray
    roles: IntArray
    chances: FloatArray
    reports: Reports
    settled: Settled


def _cases(mechanism: Mechanism, reports: Reports, of: int | None) -> Iterator[_Case]:
    for block in _blocks(mechanism, len(reports)):
        some = reports.part(block)
        chances = mechanism.role_chances(some)
        sure = np.count_nonzero(chances) == len(some)
        roles, rows = (chances.argmax(axis=1), np.arange(len(some))) if sure else np.nonzero(chances.T)
        for part in _blocks(mechanism, len(rows)):
            at, role = rows[part], roles[part]
            told = some if sure else some.take(at)
            yield _Case(block.start + at, role, chances[at, role], told, mechanism.settle_each(told, role, of=of))


def _blocks(mechanism: Mechanism, rounds: int) -> Iterator[slice]:
    """Return slices of rounds, whose reports and lotteries over allocations fill a bounded block."""
    environment = mechanism.environment
    width = max(environment.players, mechanism.cases)
    if mechanism.random_allocation:
        width = max(width, len(environment.allocations) * (1 if environment.single_good else environment.players))
    step = max(1, BLOCK // width)
    return (slice(start, min(start + step, rounds)) for start in range(0, rounds, step))


def _role(mechanism: Mechanism, reports: Reports, start: int, coin: FloatArray | None) -> IntArray:
    if reports.role is None:
        return roles(mechanism, reports.values, coin)
    chances = mechanism.role_probabilities(reports.values)[np.arange(len(reports)), reports.role]
    for impossible in np.flatnonzero(chances <= 0.0)[:1]:
        raise ValueError(f"player {reports.role[impossible]} cannot have the role in round {start + impossible}")
    return reports.role
