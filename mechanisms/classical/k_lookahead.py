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
from mechanisms.beliefs import joint
from mechanisms.builders import single_good
from mechanisms.classical.vickrey import SingleGoodMechanism
from mechanisms.distinct import distinct_rows
from mechanisms.environment import BoolArray, FloatArray, IntArray, flat_index
from mechanisms.mechanism import Setting, Settled
from mechanisms.optimal import Optimum, optimal_mechanism
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
    optimum : the auction on the grids that start there; None where the event has probability zero.
    """

    members: IntArray
    floors: IntArray
    optimum: Optimum | None

    def points(self, values: IntArray) -> IntArray:
        """Return the row of the optimum that stands for each profile ``(rounds, players)``."""
        assert self.optimum is not None
        return flat_index(values[:, self.members] - self.floors, self.shape)


class KLookahead(SingleGoodMechanism):
    """The optimal auction on the k highest bidders, for a seller who knows D.

    Parameters
    ----------
    k : how many bidders the auction is among; all of them if there are no more.

    Raises
    ------
    ValueError : if k is not positive.
    """
