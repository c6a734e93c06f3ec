r"""The k-lookahead auction: the optimal auction on the k highest bidders, given the others' bids [Ronen2001]_.

Let S be the k highest bidders, ties broken by lowest index. The optimal dominant-strategy-truthful, ex-post
individually rational auction for D, conditioned on the other bids and on the event that S are the highest, sells to
S [DobzinskiFuKleinberg2011]_. Given the others' bids that event is a lower bound on each member's value, so it is
the linear program of `mechanisms.optimal` on grids that start there, and whoever is served pays at least what it
takes to be in S. With k = 1 it is the lookahead auction, with k = n the optimal one.

It earns at least ``(2k - 1) / (3k - 1)`` of OPT [DobzinskiFuKleinberg2011]_; a finer analysis of the same auction
gives ``e^(1-1/k) / (e^(1-1/k) + 1)``, which is tight for k = 2 [ChenHuLuWang2011]_.

Where the conditioning event has probability zero the highest bidder pays the second-highest bid, and the outcome
says so. There is no rule that breaks ties by a coin: being in S would be a matter of chance, and the others' bids
would no longer fix the event.

References
----------
.. [Ronen2001] A. Ronen, On approximating optimal auctions, EC 2001.
.. [DobzinskiFuKleinberg2011] S. Dobzinski, H. Fu, R. Kleinberg, Optimal auctions with correlated bidders are easy,
   STOC 2011.
.. [ChenHuLuWang2011] X. Chen, G. Hu, P. Lu, L. Wang, On the approximation ratio of k-lookahead auction, WINE 2011.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Belief, Mixture, Product, joint
from mechanisms.builders import single_good
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.distinct import distinct_rows
from mechanisms.environment import BoolArray, IntArray
from mechanisms.mechanism import Setting, Settled
from mechanisms.optimal import Optimum, Sale, optimal_mechanism
from mechanisms.outcomes import Reports


def lookahead_share(k: int) -> float:
    """Return the share of OPT that k-lookahead earns at least, ``e^(1-1/k) / (e^(1-1/k) + 1)`` [ChenHuLuWang2011]_.

    >>> lookahead_share(1), round(lookahead_share(2), 4)
    (0.5, 0.6225)
    """
    return 1.0 / (1.0 + math.exp(1.0 / k - 1.0))


@dataclass(frozen=True, eq=False)
class Contest:
    """The optimal auction among the highest bidders, given the others' bids.

    Attributes
    ----------
    members : ``(k,)`` the highest bidders, in order of index.
    floors : ``(k,)`` the lowest type with which each of them is one.
    optimum : the auction on that grid.
    """

    members: IntArray
    floors: IntArray
    optimum: Optimum

    def sale(self, values: IntArray) -> Sale:
        """Return what the optimum does at announced profiles ``(rounds, players)``, to the members."""
        return self.optimum.at(values[:, self.members] - self.floors)


class KLookahead(SingleGoodMechanism):
    """The optimal auction on the k highest bidders, for a seller who knows D.

    Parameters
    ----------
    k : how many bidders the auction is among; everybody if there are no more.

    Raises
    ------
    ValueError : if k is not positive.
    """

    name = "k-lookahead"
    solves_prior = 1_000  # a program anew for almost every profile that is met
    summary = "the optimal auction on the k highest bidders, given the others' bids; the seller knows D"
    about = About(
        source="Ronen 2001; Dobzinski, Fu, Kleinberg 2011; Chen, Hu, Lu, Wang 2011",
        seller="D",
        players="their own value",
        promises="e^(1-1/k) / (e^(1-1/k) + 1) of OPT, correlated or not; OPT itself with k bidders or fewer",
        fails="a good that OPT would sell to a bidder below the k highest; a seller who has D wrong",
    )
    solution = "dominant"
    uses_prior = True
    has_role = False
    random_allocation = True

    def __init__(self, setting: Setting, *, k: int = 2, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if k < 1:
            raise ValueError(f"k, the number of highest bidders, must be at least 1, not {k}")
        self.k = min(k, self.environment.players)
        self._contests: dict[tuple[int, ...], Contest | None] = {}

    def highest(self, values: IntArray) -> BoolArray:
        """Return ``(rounds, players)``: who is among the k highest bidders."""
        order = np.argsort(-self.bids(values), axis=1, kind="stable")
        among: BoolArray = np.zeros(values.shape, dtype=bool)
        np.put_along_axis(among, order[:, : self.k], True, axis=1)
        return among

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Run the optimal auction on the k highest bidders; without one, `role` pays the second-highest bid."""
        values = reports.values
        others = np.delete(self.bids(values), role, axis=1)
        sold, payments = self.sale(values, role, others.max(axis=1, initial=0).astype(float))
        allocation = np.eye(len(self.environment.allocations))[sold]
        fallback = np.ones(len(values))
        told = np.where(self.highest(values), -1, values)
        first, inverse = distinct_rows(told + 1)
        for case, row in enumerate(first):
            contest = self.contest(told[row])
            if contest is None:
                continue
            at = np.flatnonzero(inverse == case)
            sale = contest.sale(values[at])
            allocation[at] = payments[at] = fallback[at] = 0.0
            allocation[np.ix_(at, np.append(0, contest.members + 1))] = sale.lottery(len(contest.members) + 1)
            payments[np.ix_(at, contest.members)] = sale.payments
        return Settled(allocation, payments, np.zeros_like(payments), fallback)

    def contest(self, told: IntArray) -> Contest | None:
        """Return the auction given the other bids, ``(players,)`` types with -1 for the k highest bidders.

        None where D gives those bids, and these k above them, probability zero.
        """
        key = tuple(told.tolist())
        if key not in self._contests:
            self._contests[key] = self._solve(told)
        return self._contests[key]

    def _solve(self, told: IntArray) -> Contest | None:
        members, rest = np.flatnonzero(told < 0), np.flatnonzero(told >= 0)
        grids = self.environment.values
        floors = np.array([self._floor(int(i), told) for i in members])
        prior = self._setting.prior
        if not prior.marginal(rest.tolist()).possible(told[rest]):
            return None
        reach = {int(i): np.arange(len(grids[i])) >= floor for i, floor in zip(members, floors, strict=True)}
        if not isinstance(prior, Product):  # independent values say nothing about each other
            reach |= {int(j): np.arange(len(grids[j])) == told[j] for j in rest}
        try:
            belief = prior.given_types(reach).marginal(members.tolist())
        except ValueError:  # an event of probability zero
            return None
        above = [grids[i][floor:].tolist() for i, floor in zip(members, floors, strict=True)]
        return Contest(members, floors, optimal_mechanism(single_good(above), _from(belief, floors)))

    def _floor(self, player: int, told: IntArray) -> int:
        """Return the lowest type with which a player is above everybody in `told`, ties to the lower index."""
        beaten = [
            int(np.searchsorted(self.environment.values[player], self.environment.values[j][kind] + (j < player)))
            for j, kind in enumerate(told)
            if kind >= 0
        ]
        return max(beaten, default=0)

    @property
    def share(self) -> float:
        """All of OPT with k bidders or fewer, else `lookahead_share` of k."""
        return 1.0 if self.k == self.environment.players else lookahead_share(self.k)


def _from(belief: Belief, floors: IntArray) -> Belief:
    """Return a belief with no type below the floors, its types numbered from there."""
    if isinstance(belief, Product):
        return Product(tuple(factor[floor:] for factor, floor in zip(belief.factors, floors, strict=True)))
    if isinstance(belief, Mixture):
        shifted = (
            Product(tuple(f[floor:] for f, floor in zip(c.factors, floors, strict=True))) for c in belief.components
        )
        return Mixture(belief.weights, tuple(shifted))
    shape = tuple(size - floor for size, floor in zip(belief.shape, floors.tolist(), strict=True))
    return joint(shape, belief.table.atoms - floors, belief.table.weights)
