"""OPT for independent values of one good, in closed form, without a grid of profiles [Myerson1981]_.

The highest positive ironed virtual value buys; ties go to the lowest index, or are shared. Revenue is the sum of the
players' interim payments, and ``E[max(0, highest ironed virtual value)]`` bounds it from above: ironing gives the
multipliers of the linear program, and the bound needs the distribution of a maximum only.

A table that is a product up to rounding has every mechanism's revenue within the same relative distance of the
product's, so the bound is raised by it.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms.beliefs import Belief, Joint
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.highest import mean_highest, win_chances
from mechanisms.optimal.gains import line_payments
from mechanisms.optimal.ironing import Factored, factored, ironed_virtual_values, virtual_ranks
from mechanisms.optimal.optimum import Certificate, Optimum, Sale
from mechanisms.ties import Ties, chosen_probabilities

PRODUCT = 1e-12


@dataclass(frozen=True, eq=False)
class MyersonOptimum(Optimum):
    """Myerson's auction.

    Attributes
    ----------
    grids : each player's increasing values.
    ranks : per player ``(values,)``, the rank of her ironed virtual value among all players', 0 where it is not
        positive.
    ties : who buys among equal ranks.
    """

    grids: tuple[IntArray, ...]
    ranks: tuple[IntArray, ...]
    ties: Ties

    def at(self, profiles: IntArray) -> Sale:
        """Return what happens at announced types ``(rounds, players)``: allocations, or shares if ties are shared."""
        scores = np.stack([own[profiles[:, i]] for i, own in enumerate(self.ranks)], axis=1)
        rounds = np.arange(len(scores))
        winner = scores.argmax(axis=1)
        rank = scores[rounds, winner]
        scores[rounds, winner] = -1
        rival = scores.argmax(axis=1)
        best = scores[rounds, rival]
        scores[rounds, winner] = rank
        low, high = self._reach(winner, np.maximum(best, 1)), self._reach(winner, np.maximum(best, 0) + 1)
        payments = np.zeros(scores.shape)
        if self.ties == "lowest-index":
            payments[rounds, winner] = np.where(rank > 0, np.where(rival < winner, high, low), 0.0)
            return Sale(np.where(rank > 0, winner + 1, 0), payments)
        tied = (scores == best[:, None]).sum(axis=1) + (rank > best)  # with the winner, were she of that rank
        price = np.where(best > 0, high - (high - low) / tied, low)
        payments[rounds, winner] = np.where((rank > best) & (rank > 0), price, 0.0)
        chosen = np.where(rank[:, None] > 0, chosen_probabilities(scores, "uniform"), 0.0)
        for i in np.flatnonzero((chosen * (rank == best)[:, None]).any(axis=0)).tolist():
            at = np.flatnonzero((rank == best) & (chosen[:, i] > 0.0))
            payments[at, i] = chosen[at, i] * self._reach(np.full(len(at), i), rank[at])
        return Sale(np.column_stack([1.0 - chosen.sum(axis=1), chosen]), payments)

    def _reach(self, player: IntArray, rank: IntArray) -> FloatArray:
        """Return ``(rounds,)``: the least value with which a player has at least a rank, or her largest."""
        flat, starts, width = self._flat
        spot = np.searchsorted(flat, player * width + np.minimum(rank, width - 1))
        ends = np.append(starts[1:], len(flat))
        return np.concatenate(self.grids)[np.minimum(spot, ends[player] - 1)].astype(float)

    @cached_property
    def _flat(self) -> tuple[IntArray, IntArray, int]:
        sizes = [len(own) for own in self.ranks]
        everybody = np.concatenate(self.ranks)
        width = int(everybody.max()) + 2
        starts = np.append(0, np.cumsum(sizes)[:-1])
        return np.repeat(np.arange(len(sizes)) * width, sizes) + everybody, starts, width


def myerson_optimum(environment: Environment, belief: Belief, *, ties: Ties = "lowest-index") -> MyersonOptimum:
    """Return the optimal auction for one good and independent values.

    Raises
    ------
    ValueError : if the environment is not one good, or values are not independent to a relative 1e-12.
    """
    found = factored(belief, PRODUCT)
    if found is None or not environment.single_good:
        raise ValueError("Myerson's auction is optimal for one good and independent values, and here they are not")
    return solve_factored(environment, belief, found, ties=ties)


def solve_factored(
    environment: Environment, belief: Belief, found: Factored, *, ties: Ties = "lowest-index"
) -> MyersonOptimum:
    """Return the optimal auction, given a belief as a product."""
    grids, factors = environment.values, found.product.factors
    kept: dict[tuple[int, bytes], FloatArray] = {}
    virtual = []
    for grid, factor in zip(grids, factors, strict=True):
        key = id(factor), grid.tobytes()
        if key not in kept:
            kept[key] = ironed_virtual_values(grid, factor)
        virtual.append(kept[key])
    ranks = virtual_ranks(virtual, grids)
    bound = mean_highest([np.maximum(own, 0.0) for own in virtual], factors) * (1.0 + found.apart)
    paid, violation, sold = 0.0, 0.0, 0.0
    for grid, factor, rank, won in zip(grids, factors, ranks, win_chances(ranks, factors, ties=ties), strict=True):
        chance = np.where(rank > 0, won, 0.0)
        paid += float(factor @ line_payments(grid, chance))
        sold += float(factor @ chance)
        violation = max(violation, float(-np.diff(chance, prepend=0.0).min()))
    certificate = Certificate(paid, bound, max(0.0, violation, sold - 1.0))
    optimum = MyersonOptimum(environment.shape, environment.players + 1, certificate, "myerson", grids, ranks, ties)
    if not isinstance(belief, Joint):
        return optimum
    earned = float(belief.weights @ optimum.at(belief.atoms).payments.sum(axis=1))
    exact = Certificate(earned, bound, certificate.infeasibility)
    return MyersonOptimum(optimum.shape, optimum.outcomes, exact, "myerson", grids, ranks, ties)
