"""What claims are measured by: losses from lies, what a ring gains, utilities toss by toss.

Losses and gains are money; a loss is positive where the truth is better. All are exact expectations over coins.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np

from agents.game import Game, Seat
from agents.plan import Play
from agents.strategies import belief_menu
from mechanisms.beliefs import Joint, independent, joint
from mechanisms.environment import BoolArray, FloatArray, IntArray, full_grid
from mechanisms.mechanism import Mechanism
from mechanisms.outcomes import Reports

_OTHER_TYPES = 4
_POINTS = 9
_APART = 1e-3


def others_menu(game: Game, size: int = 3) -> list[IntArray]:
    """Return, per player, ids of `size` beliefs that she might announce: a posterior, the uniform one, points."""
    menus = []
    for seat in game.seats:
        ids = [*seat.posteriors[:1], *_extremes(seat), *seat.posteriors[1:]]
        menus.append(np.array(list(dict.fromkeys(int(k) for k in ids))[:size]))
    return menus


def _extremes(seat: Seat) -> list[int]:
    shape = seat.belief_shape
    flat = independent([np.full(size, 1.0 / size) for size in shape])
    lowest = joint(shape, [[0] * len(shape)], [1.0])
    return [seat.book.add(flat), seat.book.add(lowest)]


def value_loss(mechanism: Mechanism, menus: Sequence[IntArray], *, role: int | None = None) -> float:
    """Return the least loss of any type from any value lie, whatever the others (and she) announce beside it.

    Infinite if nobody has a lie to tell. With `role` given that player has the role, and her own lies do not count.
    """
    environment, n = mechanism.environment, mechanism.environment.players
    shape = (*environment.shape, *(len(menu) for menu in menus))
    points = full_grid(shape)
    beliefs = np.column_stack([menu[points[:, n + i]] for i, menu in enumerate(menus)])
    roles = None if role is None else np.full(len(points), role)
    reports = Reports(points[:, :n], beliefs, roles)
    least = inf
    for i, kinds in enumerate(environment.shape):
        if i == role or kinds == 1:
            continue
        outcomes = mechanism.expect(reports, of=i)
        by_type = [outcomes.utility_of(environment, i, np.full(len(points), kind)) for kind in range(kinds)]
        utility = np.moveaxis(np.stack(by_type, axis=-1).reshape(*shape, kinds), i, -2)
        honest = np.diagonal(utility, axis1=-2, axis2=-1)[..., None, :]
        least = min(least, float((honest - utility)[..., ~np.eye(kinds, dtype=bool)].min()))
    return least


def separation(mechanism: Mechanism) -> float:
    """Return the least over types and value lies of the *largest* loss over the others' announcements."""
    environment, n = mechanism.environment, mechanism.environment.players
    reports = Reports(environment.grid, np.zeros_like(environment.grid))
    least = inf
    for i, kinds in enumerate(environment.shape):
        outcomes = mechanism.expect(reports, of=i)
        by_type = [outcomes.utility_of(environment, i, np.full(len(reports), kind)) for kind in range(kinds)]
        utility = np.moveaxis(np.stack(by_type, axis=-1).reshape(*environment.shape, kinds), i, -2)
        loss = np.diagonal(utility, axis1=-2, axis2=-1)[..., None, :] - utility
        worst = loss.max(axis=tuple(range(n - 1)))[~np.eye(kinds, dtype=bool)]
        least = min(least, float(worst.min(initial=inf)))
    return least


@dataclass(frozen=True)
class Losses:
    """The least interim loss of any type: from a false belief beside the true value, and from any lie at all."""

    belief: float
    any: float


def interim_loss(game: Game, *, play: Play | None = None) -> Losses:
    """Return the least interim losses against truthful values, each type judging by her own posterior.

    Beliefs closer to the truth than 0.001 in squared distance do not count as lies: what they cost is near zero.
    """
    belief, everything = inf, inf
    for seat in game.seats:
        menu = np.stack(list(belief_menu(seat, other_types=_OTHER_TYPES).values()), axis=2)
        surface = game.surface(seat.index, menu, play=play)
        loss = game.truth(seat.index, play=play)[:, None, None] - surface.interim
        own = np.arange(menu.shape[1])[None, :, None] == seat.types[:, None, None]
        told = near(game, seat, menu)
        belief = min(belief, float(loss[own & ~told].min(initial=inf)))
        everything = min(everything, float(loss[~(own & told)].min(initial=inf)))
    return Losses(belief, everything)


def near(game: Game, seat: Seat, menu: IntArray) -> BoolArray:
    """Return which belief reports ``(types, values, beliefs)`` are the truth, or next to it."""
    points = full_grid(seat.belief_shape)
    tables = {int(k): game.book[int(k)].prob(points) for k in np.unique(np.append(menu, seat.posteriors))}
    distances = [
        [[float(np.square(tables[int(k)] - tables[int(told)]).sum()) for k in row] for row in reports]
        for reports, told in zip(menu, seat.posteriors, strict=True)
    ]
    return np.array(distances) < _APART


def misread(game: Game) -> Iterator[Play]:
    """Yield truthful play with everybody's belief reports replaced: by the uniform belief, by a point."""
    play = game.truthful_play
    extremes = np.array([_extremes(seat) for seat in game.seats])
    for column in extremes.T:
        beliefs = np.tile(column, (len(play.states), 1))
        yield replace(play, reports=Reports(play.reports.values, beliefs))


def ring_gain(game: Game) -> float:
    """Return the most that a pair gains together when one of them misreports her belief, the rest as it is.

    In expectation over what the two know together; side payments are theirs to settle. A lower bound on what a
    ring gains, as values stay true.
    """
    play, space = game.truthful_play, game.space
    honest = game.mechanism.expect(play.reports).utility(game.environment, space.profiles)
    best = -inf
    for seat in game.seats:
        for tried in _lies(seat):
            reports = play.reports.take(np.arange(len(space)))
            reports.beliefs[:, seat.index] = tried
            gain = game.mechanism.expect(reports).utility(game.environment, space.profiles) - honest
            for partner in range(game.players):
                if partner != seat.index:
                    cells = game.knowledge.pooled((seat.index, partner))
                    both = space.weights * (gain[:, seat.index] + gain[:, partner])
                    best = max(best, float((np.bincount(cells, both) / np.bincount(cells, space.weights)).max()))
    return best


def _lies(seat: Seat) -> list[IntArray]:
    """Return belief reports by state: the named ones, and points."""
    named = belief_menu(seat, other_types=_OTHER_TYPES).values()
    lies = [table[seat.information, seat.types[seat.information]] for table in named]
    points = full_grid(seat.belief_shape)[:_POINTS]
    return lies + [
        np.full(len(seat.information), seat.book.add(joint(seat.belief_shape, [point], [1.0]))) for point in points
    ]


@dataclass(frozen=True, eq=False)
class Toss:
    """Truthful announcements settled with the coin for the role tossed, one row a profile and belief.

    Attributes
    ----------
    role : who has the role.
    surplus, rewards : ``(rows, players)`` worth less payment, and what is paid beside; of a lottery over
        allocations the mean, whose sign is that of every toss as a buyer pays in proportion to what she gets.
    served : ``(rows, players)`` whether a player gets something, for deterministic rules.
    """

    role: int
    surplus: FloatArray
    rewards: FloatArray
    served: BoolArray


def tosses(game: Game, reports: Reports) -> Iterator[Toss]:
    """Yield what happens for every role that has a chance, the announced types being the true ones."""
    mechanism, environment = game.mechanism, game.environment
    chances = mechanism.role_probabilities(reports.values)
    for role in range(mechanism.cases):
        rows = np.flatnonzero(chances[:, role])
        if not len(rows):
            continue
        given = reports.take(rows)
        settled = mechanism.settle(given, role)
        lottery = settled.allocation
        if lottery.ndim == 1:
            lottery = np.eye(len(environment.allocations))[settled.allocation.astype(np.int64)]
        worth = np.stack(
            [(lottery * environment.worth_of_allocation[i][given.values[:, i]]).sum(1) for i in range(game.players)], 1
        )
        served = lottery @ (environment.allocations > 0) > 0.5
        yield Toss(role, worth - settled.payments, settled.rewards, served)


def lottery_surplus(mechanism: Mechanism, role: int) -> FloatArray:
    """Return what truthful buyers gain in every sale that Lemma 1's lottery can make."""
    lottery = mechanism.lottery(role)
    player, bundle, _, _ = lottery.offers
    sold, paid = lottery.results
    gains = [
        mechanism.environment.worth[i][kind, bundle[offer]] - paid[offer, kind]
        for offer, i in enumerate(player)
        for kind in range(mechanism.environment.shape[i])
        if sold[offer, kind]
    ]
    return np.array(gains, dtype=float)


def full_belief(belief: Joint, player: int, kind: int, types: int) -> dict[tuple[int, ...], float]:
    """Return a belief about the others as a table over whole profiles."""
    atoms = np.insert(belief.atoms, player, kind, axis=1)
    return {tuple(atom): float(weight) for atom, weight in zip(atoms.tolist(), belief.weights, strict=True)}
