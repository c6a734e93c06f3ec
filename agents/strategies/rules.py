"""Value rules and belief rules: the two halves of a misreport, by name.

A *value rule* says what type is announced in each cell, ``(cells, types)`` probabilities. A *belief rule* says
which belief is announced in each cell beside each announced type, ``(cells, types)`` ids. Any value rule goes with
any belief rule. `VALUE_RULES` and `BELIEF_RULES` are the registries.

Where states are not listed a belief rule keeps to products and mixtures if it can; if it cannot, it tabulates, or
refuses with `NotListed` where its tables would have more than `LISTED` profiles.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from fractions import Fraction

import numpy as np

from agents.game import Seat
from agents.misinformation import tempered_product
from agents.sights import NotListed
from mechanisms.beliefs import LISTED, Belief, Joint, Product, independent, joint
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.environment import BoolArray, FloatArray, IntArray

ValueRule = Callable[..., FloatArray]
BeliefRule = Callable[..., IntArray]

MOST_ROLES = 10_000
_EQUAL = 1e-12


def _pure(seat: Seat, announced: IntArray) -> FloatArray:
    table = np.zeros((len(announced), seat.menu_size))
    table[np.arange(len(announced)), announced] = 1.0
    return table


def true_value(seat: Seat) -> FloatArray:
    """Announce the true type."""
    return _pure(seat, seat.types)


def shade(seat: Seat, *, steps: int = 1, factor: float | None = None) -> FloatArray:
    """Announce less: `steps` types down, or the highest type worth at most `factor` times the true one.

    Types are ordered by their total worth; with several goods a `factor` bounds every bundle's worth. The lowest
    type is announced where nothing lower fits.
    """
    return _pure(seat, _moved(seat, -steps, factor, 1.0))


def overbid(seat: Seat, *, steps: int = 1, factor: float | None = None) -> FloatArray:
    """Announce more: `steps` types up, or the lowest type worth at least `factor` times the true one."""
    return _pure(seat, _moved(seat, steps, factor, -1.0))


def fixed(seat: Seat, *, value: int) -> FloatArray:
    """Always announce the same value (where served or not is all), or the type of that number (several goods)."""
    if seat.environment.services is not None:
        grid = seat.environment.values[seat.index]
        if value not in grid:
            raise ValueError(f"seat {seat.index} cannot announce {value}: her values are {grid.tolist()}")
        kind = int(np.flatnonzero(grid == value)[0])
    elif 0 <= value < seat.menu_size:
        kind = value
    else:
        raise ValueError(f"seat {seat.index} cannot announce type {value}: she has {seat.menu_size}")
    return _pure(seat, np.full(len(seat.types), kind))


def random_value(seat: Seat) -> FloatArray:
    """Announce a uniformly random type."""
    return np.broadcast_to(1.0 / seat.menu_size, (len(seat.types), seat.menu_size))


def _moved(seat: Seat, steps: int, factor: float | None, sign: float) -> IntArray:
    worth = seat.environment.worth[seat.index]
    order = np.argsort(worth.sum(axis=1), kind="stable")
    if factor is None and (steps > 0 if sign > 0 else steps < 0):
        raise ValueError(f"steps must be a number from 0 up, not -{abs(steps)}")
    if factor is None:
        rank = np.argsort(order)
        bounded = max(-len(order), min(len(order), steps))
        return order[np.clip(rank[seat.types] + bounded, 0, len(order) - 1)]
    if not 0 <= factor < math.inf or sign * factor > sign:
        side = "from 0 to 1" if sign > 0 else "from 1 up"
        raise ValueError(f"factor must be a number {side}, not {factor}")
    ladder = order[::-1] if sign > 0 else order  # the nearest fitting type comes first
    reach = sign * factor * worth[seat.types][:, None] + 1e-9
    fits: BoolArray = np.all(sign * worth[ladder][None] <= reach, axis=2)
    return np.where(fits.any(axis=1), ladder[fits.argmax(axis=1)], ladder[-1])


def posterior(seat: Seat) -> IntArray:
    """Announce the plain posterior, D_j: the truth."""
    return _by_cell(seat, seat.posteriors)


def role_aware(seat: Seat) -> IntArray:
    """Announce the posterior given that somebody else is i*, having announced the value that she does.

    Being asked, in L as printed, is news. Where that event has probability zero, or the mechanism gives
    no role to high bidders, it is the plain posterior.
    """
    table = _by_cell(seat, seat.posteriors)
    if not isinstance(seat.mechanism, SingleGoodMechanism):
        return table
    table = table.copy()
    for told in dict.fromkeys(seat.posteriors.tolist()):
        belief, cells = seat.book[told], seat.posteriors == told
        listed = _tabulated(seat, "role-aware", belief, seat.menu_size)
        for kind in range(seat.menu_size):
            profile = np.insert(listed.atoms, seat.index, kind, axis=1)
            asked = 1.0 - seat.mechanism.role_probabilities(profile)[:, seat.index]
            if asked.max() > asked.min():  # else it is no news, or cannot be
                table[cells, kind] = seat.book.add(_or_itself(belief, listed, listed.given(asked)))
    return table


def prior(seat: Seat) -> IntArray:
    """Announce the prior, hiding what own value and knowledge add to it."""
    return _constant(seat, seat.prior)


def uniform(seat: Seat) -> IntArray:
    """Announce that every profile is equally likely."""
    even = {size: np.full(size, 1.0 / size) for size in seat.belief_shape}
    factors = tuple(even[size] for size in seat.belief_shape)
    return _constant(seat, independent(factors) if seat.listed else Product(factors))


def sharpened(seat: Seat, *, power: float = 2.0) -> IntArray:
    """Announce the posterior's probabilities raised to a power above 1: overconfidence."""
    return _each(seat, lambda belief: _tempered(seat, "sharpened", belief, power))


def flattened(seat: Seat, *, power: float = 0.5) -> IntArray:
    """Announce the posterior's probabilities raised to a power below 1: hedging."""
    return _each(seat, lambda belief: _tempered(seat, "flattened", belief, power))


def mode(seat: Seat) -> IntArray:
    """Announce certainty of the posterior's likeliest profile (the first, if several are)."""
    return _each(seat, lambda belief: _mode(seat, belief))


def other_type(seat: Seat, *, offset: int = 1) -> IntArray:
    """Announce the posterior of another of her cells, `offset` further on in their order (cyclic)."""
    return _by_cell(seat, np.roll(seat.posteriors, -(offset % len(seat.posteriors))))


def _tempered(seat: Seat, rule: str, belief: Belief, power: float) -> Belief:
    if not 0 <= power < math.inf:
        raise ValueError(f"power must be a number from 0 up, not {power}")
    if isinstance(belief, Product):
        return tempered_product(belief, power).belief
    table = _tabulated(seat, rule, belief)
    weights = (table.weights / table.weights.max()) ** power
    return _or_itself(belief, table, joint(table.shape, table.atoms, weights / weights.sum()))


def _mode(seat: Seat, belief: Belief) -> Belief:
    if isinstance(belief, Product):
        return _certain(seat, [int(factor.argmax()) for factor in belief.factors])
    table = _tabulated(seat, "mode", belief)
    if len(table.atoms) == 1:
        return belief
    return _certain(seat, table.atoms[table.weights.argmax()].tolist())


def _certain(seat: Seat, profile: Sequence[int]) -> Belief:
    if seat.listed:
        return joint(seat.belief_shape, [profile], [1.0])
    points = {key: np.eye(1, *key)[0] for key in zip(seat.belief_shape, profile, strict=True)}
    return Product(tuple(points[key] for key in zip(seat.belief_shape, profile, strict=True)))


def _tabulated(seat: Seat, rule: str, belief: Belief, tables: int = 1) -> Joint:
    """Return a belief as a table; where states are not listed, only if that many for each of the seat's fit."""
    if not seat.listed and len(np.unique(seat.posteriors)) * tables * math.prod(belief.shape) > LISTED:
        raise NotListed(belief.shape, what=f"the belief rule {rule!r}")
    return belief.table


def _or_itself(belief: Belief, table: Joint, changed: Joint) -> Belief:
    """Return the belief itself where a change left its table alone: the book tells a product from its table."""
    same = np.array_equal(table.atoms, changed.atoms) and np.abs(table.weights - changed.weights).max() <= _EQUAL
    return belief if same else changed


def _each(seat: Seat, change: Callable[[Belief], Belief]) -> IntArray:
    """Return what becomes of each cell's posterior, a posterior that cells share being changed once."""
    told = {belief: seat.book.add(change(seat.book[belief])) for belief in dict.fromkeys(seat.posteriors.tolist())}
    return _by_cell(seat, np.array([told[belief] for belief in seat.posteriors.tolist()]))


def _by_cell(seat: Seat, ids: IntArray) -> IntArray:
    """Return a table of ``(cells,)`` beliefs, the same beside every announced type: a view that takes no room."""
    return np.broadcast_to(ids[:, None], (len(ids), seat.menu_size))


def _constant(seat: Seat, belief: Belief) -> IntArray:
    return np.broadcast_to(seat.book.add(belief), (len(seat.types), seat.menu_size))


VALUE_RULES: dict[str, ValueRule] = {
    "truthful": true_value,
    "shade": shade,
    "overbid": overbid,
    "fixed": fixed,
    "random": random_value,
}
BELIEF_RULES: dict[str, BeliefRule] = {
    "truthful": posterior,
    "role-aware": role_aware,
    "prior": prior,
    "uniform": uniform,
    "sharpened": sharpened,
    "flattened": flattened,
    "mode": mode,
    "other-type": other_type,
}


def belief_menu(seat: Seat, *, other_types: int = 12, points: int = 0) -> dict[str, IntArray]:
    """Return the named belief reports that deviations are sought among, each ``(cells, types)`` ids.

    They are the rules with their defaults, the posteriors of up to `other_types` of the seat's cells and certainty of
    up to `points` profiles, spread evenly over what there is. Where states are not listed, rules whose tables would
    not fit are left out; so is "role-aware", a belief for each cell and announced type, beyond `MOST_ROLES` of them.
    """
    menu = {}
    many = len(seat.types) * seat.menu_size > MOST_ROLES
    for name, rule in BELIEF_RULES.items():
        if name != "other-type" and not (many and name == "role-aware"):
            with suppress(NotListed):
                menu[name] = rule(seat)
    for cell in spread(len(seat.types), other_types):
        menu[f"type {seat.names[cell]}"] = _by_cell(seat, np.full(len(seat.types), seat.posteriors[cell]))
    for point in spread(math.prod(seat.belief_shape), points):
        profile: list[int] = []
        for size in reversed(seat.belief_shape):
            point, kind = divmod(point, size)
            profile.insert(0, kind)
        names = [seat.environment.type_name(j, k) for j, k in zip(seat.subjects, profile, strict=True)]
        menu[f"certain of {', '.join(names)}"] = _constant(seat, _certain(seat, profile))
    return menu


def spread(size: int, most: int | None) -> list[int]:
    """Return up to `most` of the numbers below `size`, however many those are, spread evenly; all where it is None.

    >>> spread(100, 3), spread(10, 1), spread(10**30, 2), spread(3, None)
    ([0, 50, 99], [0], [0, 999999999999999999999999999999], [0, 1, 2])
    """
    count = size if most is None else min(size, most)
    steps = max(count - 1, 1)
    return [round(Fraction(k * (size - 1), steps)) for k in range(count)]
