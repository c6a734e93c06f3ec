"""OPT for one good by linear program, players who can change places folded into one [DobzinskiFuKleinberg2011]_.

A variable is the chance with which a player of some group buys, given her type and the multisets of the others' types:
averaging an optimum over the orders of exchangeable players gives an optimum that is the same for all of them. Types
of one player given the others' are a *chain*, along which chances do not fall. Every variable is in one chain and in
one row that says that one good is sold at most.

Variables at the lower end of a chain are left out where they can be zero. If every sum ``g_j + ... + g_k`` of gains up
to the k-th is at most zero, putting ``x_1 .. x_k`` to zero keeps all rows and loses nothing, as
``sum_{l<=k} g_l x_l = sum_{j<=k} (x_j - x_{j-1}) (g_j + ... + g_k)``. The multipliers of the rows between them are then
``max(0, g_l + (the one before))``, which leave no gain above zero; so the bound is that of the whole program.

Every belief is solved from scratch. Starting from another belief's basis takes about half the time of HiGHS's own run
(3 x 5 values: 0.7 ms against 1.5; 3 x 12: 5.5 against 19), but the vertex that comes out then depends on the beliefs
met before, and so would outcomes at profiles where several are optimal.

References
----------
.. [DobzinskiFuKleinberg2011] S. Dobzinski, H. Fu, R. Kleinberg, Optimal auctions with correlated bidders are easy,
   STOC 2011.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from scipy import sparse

from mechanisms.beliefs import Belief, Joint
from mechanisms.environment import BoolArray, Environment, FloatArray, IntArray, full_grid, strides
from mechanisms.optimal import limits
from mechanisms.optimal.gains import line_gains, line_payments
from mechanisms.optimal.highs import check_size, highs, snap
from mechanisms.optimal.optimum import Certificate, ListedOptimum, Optimum, Sale
from mechanisms.optimal.orbits import Exchangeable, Multisets, singletons

_NOISE = 1e-14
_LARGEST = 1e4  # HiGHS's tolerance for gains is 1e-10, and there may be many that are small
_MASS = 1e-9
_TABLED = 100_000


@dataclass(frozen=True, eq=False)
class Chains:
    """The variables of one group: ``(chains, values)``, a chain for each multiset of the others' types.

    Attributes
    ----------
    values : the group's grid.
    sets : per group, the multisets of the others' types.
    cells : ``(chains, values)`` the number of the whole profile's multisets.
    times : ``(chains, values)`` how many of the profile's players have that variable.
    orders : ``(chains,)`` how many pairs of a player of the group and a profile of the others a chain stands for.
    """

    values: IntArray
    sets: tuple[Multisets, ...]
    cells: IntArray
    times: IntArray
    orders: FloatArray


@dataclass(frozen=True, eq=False)
class Folding:
    """Profiles up to the order of players within groups."""

    environment: Environment
    groups: tuple[tuple[int, ...], ...]

    @cached_property
    def sets(self) -> tuple[Multisets, ...]:
        """Per group, the multisets of its players' types."""
        return tuple(Multisets(self.environment.shape[group[0]], len(group)) for group in self.groups)

    @property
    def variables(self) -> int:
        """Number of variables, of all chains together."""
        return _variables(self.sets)

    def fitting(self, limit: int) -> str:
        """Return how many values each the same groups could have under a limit on variables."""
        values = 1
        while _variables([Multisets(values + 1, len(group)) for group in self.groups]) <= limit:
            values += 1
        return f"{values} values each would fit, or any number if they were independent"

    def density(self, belief: Belief) -> tuple[FloatArray, FloatArray]:
        """Return the probability of one profile of each, and the number of profiles that it stands for."""
        counts = [s.count for s in self.sets]
        profiles = np.empty((prod(counts), self.environment.players), dtype=np.int64)
        orders = np.ones(len(profiles))
        for group, s, at in zip(self.groups, self.sets, full_grid(counts).T, strict=True):
            profiles[:, group] = s.rows[at]
            orders *= s.orders[at]
        return belief.prob(profiles), orders

    @cached_property
    def chains(self) -> tuple[Chains, ...]:
        """The variables by group."""
        return tuple(self._chains(g) for g in range(len(self.groups)))

    def _chains(self, g: int) -> Chains:
        whole = self.sets[g]
        fewer = Multisets(whole.kinds, whole.size - 1)
        sets = (*self.sets[:g], fewer, *self.sets[g + 1 :])
        kinds = np.arange(whole.kinds)
        rest = np.repeat(fewer.rows, whole.kinds, axis=0)
        own = np.tile(kinds, fewer.count)[:, None]
        inserted = whole.number(np.concatenate([rest, own], axis=1)).reshape(fewer.count, whole.kinds)
        times = 1 + (rest == own).sum(axis=1).reshape(fewer.count, whole.kinds)
        at = full_grid([s.count for s in sets])
        steps = strides([s.count for s in self.sets])
        others = np.delete(at, g, axis=1) @ np.delete(steps, g)
        orders = np.full(len(at), float(whole.size))
        for s, numbers in zip(sets, at.T, strict=True):
            orders *= s.orders[numbers]
        cells = others[:, None] + inserted[at[:, g]] * steps[g]
        return Chains(self.environment.values[self.groups[g][0]], sets, cells, times[at[:, g]], orders)

    def chain(self, player: int, profiles: IntArray) -> IntArray:
        """Return ``(rounds,)``: the chain that each profile is in for a player."""
        at = np.zeros(len(profiles), dtype=np.int64)
        group = next(g for g, members in enumerate(self.groups) if player in members)
        for s, members in zip(self.chains[group].sets, self.groups, strict=True):
            at = at * s.count + s.number(profiles[:, [j for j in members if j != player]])
        return at


def _variables(sets: Sequence[Multisets]) -> int:
    counts = [s.count for s in sets]
    rest = [Multisets(s.kinds, s.size - 1).count * s.kinds for s in sets]
    return sum(own * prod(counts[:g]) * prod(counts[g + 1 :]) for g, own in enumerate(rest))


@dataclass(frozen=True, eq=False)
class FoldedOptimum(Optimum):
    """An optimum that treats the players of a group alike.

    Attributes
    ----------
    folding : the groups.
    chances, prices : per group ``(chains, values)``.
    """

    folding: Folding
    chances: tuple[FloatArray, ...]
    prices: tuple[FloatArray, ...]

    def at(self, profiles: IntArray) -> Sale:
        """Return what happens at announced types ``(rounds, players)``."""
        sold, payments = np.zeros((len(profiles), self.outcomes)), np.zeros(profiles.shape)
        for g, group in enumerate(self.folding.groups):
            for i in group:
                at = self.folding.chain(i, profiles), profiles[:, i]
                sold[:, i + 1], payments[:, i] = self.chances[g][at], self.prices[g][at]
        sold[:, 0] = 1.0 - sold[:, 1:].sum(axis=1)
        return Sale(np.clip(sold, 0.0, 1.0), payments)


def single_good_program(environment: Environment, belief: Belief) -> Optimum:
    """Solve OPT for one good on the grid of profiles: ``x_i(v)`` non-decreasing in ``v_i``, ``sum_i x_i(v) <= 1``."""
    return folded_program(environment, belief, singletons(environment.players))


def folded_program(
    environment: Environment, belief: Belief, alike: Exchangeable, *, most_variables: int | None = None
) -> Optimum:
    """Solve OPT for one good with exchangeable players folded.

    Raises
    ------
    TooLarge : if the program would have too many variables.
    ValueError : if HiGHS finds no optimum.
    """
    route = "lp" if alike.trivial else "folded lp"
    folding = Folding(environment, alike.groups)
    limit = limits.MAX_VARIABLES if most_variables is None else most_variables
    check_size(folding.variables, route, limit, fits=folding.fitting)
    density, orders = folding.density(belief)
    if abs(density @ orders - 1.0) > _MASS:
        raise ValueError(f"profiles up to order have a total probability of {density @ orders}, not 1")
    chains = folding.chains
    gains = [own.orders[:, None] * line_gains(own.values, density[own.cells]) for own in chains]
    flat, multipliers = _solve(chains, gains, len(density))
    ends = np.cumsum([own.cells.size for own in chains])[:-1]
    chances = tuple(x.reshape(own.cells.shape) for x, own in zip(np.split(flat, ends), chains, strict=True))
    prices = tuple(line_payments(own.values, x) for own, x in zip(chains, chances, strict=True))
    earned = sum(
        float(own.orders @ (density[own.cells] * paid).sum(axis=1)) for own, paid in zip(chains, prices, strict=True)
    )
    bound, taken = np.zeros(len(density)), np.zeros(len(density))
    for own, gain, x, rows in zip(chains, gains, chances, multipliers, strict=True):
        reduced = gain - np.diff(rows, axis=1, prepend=0.0)
        np.maximum.at(bound, own.cells, reduced / own.times)
        np.add.at(taken, own.cells, x * own.times)
    falls = max(float(-np.diff(x, axis=1, prepend=0.0).min()) for x in chances)
    certificate = Certificate(
        primal=earned,
        dual=float(bound.sum()) * (1.0 + alike.apart),
        infeasibility=max(0.0, falls, float(taken.max()) - 1.0),
    )
    found = FoldedOptimum(environment.shape, environment.players + 1, certificate, route, folding, chances, prices)
    return found if prod(environment.shape) > _TABLED and not alike.trivial else _listed(found, belief)


def _listed(found: FoldedOptimum, belief: Belief) -> ListedOptimum:
    sale, certificate = found.at(full_grid(found.shape)), found.certificate
    if isinstance(belief, Joint):
        earned = float(belief.weights @ sale.payments[belief.keys].sum(axis=1))
        certificate = Certificate(earned, certificate.dual, certificate.infeasibility)
    return ListedOptimum(found.shape, found.outcomes, certificate, found.route, sale)


def _solve(chains: tuple[Chains, ...], gains: list[FloatArray], rows: int) -> tuple[FloatArray, list[FloatArray]]:
    """Return the variables, and per group ``(chains, values)`` the multipliers of rows ``x_k <= x_{k+1}``, last 0."""
    scale = max(max(float(abs(gain).max()) for gain in gains), 1e-300) / _LARGEST
    kept, multipliers = zip(*(_shrunk(gain) for gain in gains), strict=True)
    free = np.concatenate([keep.ravel() for keep in kept])
    cells = np.concatenate([own.cells.ravel() for own in chains])[free]
    times = np.concatenate([own.times.ravel() for own in chains]).astype(float)[free]
    follows = np.concatenate([np.pad(k[:, :-1] & k[:, 1:], ((0, 0), (0, 1))).ravel() for k in kept])[free]
    low = np.flatnonzero(follows)  # a chain's free variables are its last, so the next of hers is the next of all
    steps = np.repeat(np.arange(len(low)), 2), np.stack([low, low + 1], axis=1).ravel()
    monotone = sparse.csr_matrix((np.tile([1.0, -1.0], len(low)), steps), shape=(len(low), len(cells)))
    shared, where = np.unique(cells, return_inverse=True)
    capacity = sparse.csr_matrix((times, (where, np.arange(len(cells)))), shape=(len(shared), len(cells)))
    cost = -np.concatenate([gain.ravel() for gain in gains])[free] / scale
    x, found = np.zeros(len(free)), np.zeros(len(free))
    if len(cells):
        solved = highs(
            cost,
            sparse.vstack([monotone, capacity], format="csr"),
            np.concatenate([np.zeros(len(low)), np.ones(len(shared))]),
        )
        x[free] = snap(solved.x)
        inside = np.zeros(len(cells))
        inside[low] = scale * np.maximum(-solved.ineqlin.marginals[: len(low)], 0.0)
        found[free] = inside
    ends = np.cumsum([gain.size for gain in gains])[:-1]
    split = np.split(found, ends)
    return x, [own.reshape(gain.shape) + rest for own, gain, rest in zip(split, gains, multipliers, strict=True)]


def _shrunk(gains: FloatArray) -> tuple[BoolArray, FloatArray]:
    """Return which variables of chains ``(chains, values)`` are left, and the multipliers between the others."""
    best = np.zeros(gains.shape)  # the largest sum of gains that ends here
    carried = np.zeros(len(gains))
    for k in range(gains.shape[1]):
        best[:, k] = gains[:, k] + carried
        carried = np.maximum(best[:, k], 0.0)
    idle = best <= _NOISE * abs(gains).max(axis=1, keepdims=True, initial=0.0)
    places = np.arange(gains.shape[1])
    last = np.where(idle, places, -1).max(axis=1)[:, None]
    return places > last, np.where(places < last, np.maximum(best, 0.0), 0.0)
