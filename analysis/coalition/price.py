"""What a ring's scheme gives and takes: its members, the outsiders, the seller, and the liars' own risk."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agents.game import BLOCK, Game
from agents.plan import weighted
from agents.pool import Pool
from mechanisms.environment import FloatArray, IntArray
from mechanisms.outcomes import Reports


@dataclass(frozen=True, eq=False)
class Outlook:
    """What everybody can expect in each state: ``(states, players)`` utilities and ``(states,)`` revenue."""

    utility: FloatArray
    revenue: FloatArray


@dataclass(frozen=True, eq=False)
class Price:
    """A ring's scheme against truthful play, by information set of the ring.

    Attributes
    ----------
    probability : ``(sets,)`` under D.
    gain : ``(sets, members)`` interim gains by the pool's opinion.
    loss_expost : ``(sets, members)`` the largest loss in a state of the set, coins averaged; at least 0.
    risk : ``(sets, members)`` the most that a member's belief alone costs her in a state and a role that she may find
        herself in, the other reports being the scheme's; at least 0.
    seller_loss, outsiders_gain : ``(sets,)`` expected under D, given the set.
    """

    probability: FloatArray
    gain: FloatArray
    loss_expost: FloatArray
    risk: FloatArray
    seller_loss: FloatArray
    outsiders_gain: FloatArray


def outlook(game: Game, reports: Reports) -> Outlook:
    """Return what one row of reports a state leads to, expected over the coins."""
    utility, revenue = np.empty(reports.values.shape), np.empty(len(reports))
    for start in range(0, len(reports), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(reports)))
        outcomes = game.mechanism.expect(reports.take(rows))
        utility[rows] = outcomes.utility(game.environment, game.space.profiles[rows])
        revenue[rows] = outcomes.revenue
    return Outlook(utility, revenue)


def price_of(game: Game, pool: Pool, reports: Reports, truth: Outlook, *, tolerance: float) -> Price:
    """Return what a scheme gives and takes.

    Parameters
    ----------
    reports : one row a state, the outsiders' truthful.
    truth : what truthful play leads to.
    tolerance : differences up to this are rounding.
    """
    seats = [seat.index for seat in pool.members]
    cells, weights = pool.information, game.space.weights
    played = outlook(game, reports)
    change = _difference(played.utility, truth.utility)
    outsiders = np.delete(change, seats, axis=1).sum(axis=1)
    probability = np.bincount(cells, weights).astype(float)

    def mean(column: FloatArray, weight: FloatArray = weights) -> FloatArray:
        return np.bincount(cells, weighted(weight, column)) / np.bincount(cells, weight)

    def largest(column: FloatArray) -> FloatArray:
        top = np.zeros(len(probability))
        np.maximum.at(top, cells, column)
        return top

    def by_member(fold: Callable[[FloatArray], FloatArray], columns: FloatArray) -> FloatArray:
        folded = np.stack([fold(column) for column in columns.T], axis=1)
        return np.where(abs(folded) <= tolerance, 0.0, folded)

    share = pool_share(pool)
    return Price(
        probability=probability,
        gain=by_member(lambda column: mean(column, share), change[:, seats]),
        loss_expost=by_member(largest, -change[:, seats]),
        risk=by_member(largest, np.stack([_belief_cost(game, reports, seat) for seat in seats], axis=1)),
        seller_loss=by_member(mean, _difference(truth.revenue, played.revenue)[:, None])[:, 0],
        outsiders_gain=by_member(mean, outsiders[:, None])[:, 0],
    )


def _difference(more: FloatArray, less: FloatArray) -> FloatArray:
    """Return a difference; of two equal infinities it is nothing."""
    return np.subtract(more, less, out=np.zeros(more.shape), where=more != less)


def pool_share(pool: Pool) -> FloatArray:
    """Return ``(states,)``: how likely the ring thinks each state, given what it knows there."""
    share = np.empty(len(pool.information))
    for cell in range(len(pool.types)):
        share[pool.information == cell] = pool.profiles(cell)[1]
    return share


def _belief_cost(game: Game, reports: Reports, player: int) -> FloatArray:
    """Return ``(states,)``: the most, over the roles that may be drawn, that a player's belief costs her."""
    honest = reports.take(np.arange(len(reports)))
    honest.beliefs[:, player] = game.truthful_play.reports.beliefs[:, player]
    cost = np.zeros(len(reports))
    lies = reports.beliefs[:, player] != honest.beliefs[:, player]
    chances = game.mechanism.role_probabilities(reports.values)
    for role in range(game.mechanism.cases):
        rows = np.flatnonzero(lies & (chances[:, role] > 0))
        if len(rows):
            worth = [_given_role(game, told.take(rows), rows, role, player) for told in (honest, reports)]
            cost[rows] = np.maximum(cost[rows], worth[0] - worth[1])
    return cost


def _given_role(game: Game, reports: Reports, states: IntArray, role: int, player: int) -> FloatArray:
    drawn = Reports(reports.values, reports.beliefs, np.full(len(reports), role))
    outcomes = game.mechanism.expect(drawn, of=player)
    return outcomes.utility_of(game.environment, player, game.space.profiles[states, player])
