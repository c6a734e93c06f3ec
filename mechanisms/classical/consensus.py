"""The consensus revenue estimate auction of digital goods, CORE [GoldbergHartline2003]_.

Everybody's revenue target is put together from the others' bids alone: the largest ``c^(j + u)``, j any integer and u
uniform on [0, 1), that does not exceed F2 of the others' bids. The others' F2 is nearly the same for all, so that with
a good chance so is the target, R. It is then collected by sharing it as a cost: the largest number k of bidders who bid
at least R / k each pay that.

Where the targets differ each bidder is served or not, and pays, as if her own were everybody's. As it does not depend
on her bid, and sharing a cost is truthful, so is this.

A copy sold by itself at the second price, with probability ``single``, takes care of bids that two bidders dominate,
where the others' F2 says nothing. With k winners at F2's price, k at least 3, the others' F2 lies between
``(1 - 1/k) F2`` and F2, the targets agree with probability ``1 - log_c(k / (k - 1))``, and the auction earns in
expectation at least ``single / k + (1 - single) (1 - 1/k - 1/c) / ln c`` of F2; with k = 2 at least ``single / 2``.
The defaults maximise the least of these: ``c = 2`` and ``single = 1 / (1 + ln 2)`` give ``F2 / (2 + 2 ln 2)``, the
published 3.39.

References
----------
.. [GoldbergHartline2003] A. Goldberg, J. Hartline, Competitiveness via consensus, SODA 2003.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mechanisms.about import About
from mechanisms.classical.digital import DigitalGoodsMechanism, best_single_price_revenue
from mechanisms.distinct import distinct_rows
from mechanisms.environment import BoolArray, FloatArray, IntArray
from mechanisms.mechanism import Setting, Settled
from mechanisms.outcomes import Reports
from mechanisms.ties import chosen_probabilities

BASE = 2.0
SINGLE = 1.0 / (1.0 + math.log(2.0))
LEAST_BASE = 1.0 + 1e-6


def proven_ratio(base: float, single: float) -> float:
    """Return the F2 over revenue that is proven for those parameters, whatever the bids.

    >>> round(proven_ratio(BASE, SINGLE), 4)
    3.3863
    """
    last = math.ceil(base / (base - 1.0)) + 2  # beyond it, and from 3, the share is monotone in 1 / k
    shares = [single / 2.0]
    for fraction in [*(1.0 / k for k in range(3, max(last, 4))), 0.0]:
        agreed = max(1.0 - fraction - 1.0 / base, 0.0) / math.log(base)
        shares.append(single * fraction + (1.0 - single) * agreed)
    least = min(shares)
    return math.inf if least <= 0.0 else 1.0 / least


@dataclass(frozen=True, eq=False)
class Shares:
    """What u decides, by interval of u in which nothing but the targets' size changes.

    Attributes
    ----------
    chance : ``(rounds, intervals)`` length of each interval.
    served : ``(rounds, intervals, bidders)``.
    payments : the same shape; integrated over the interval.
    """

    chance: FloatArray
    served: BoolArray
    payments: FloatArray


def consensus_shares(bids: IntArray, base: float) -> Shares:
    """Return who is served at what expected price, exactly, for every u in [0, 1).

    Parameters
    ----------
    bids : ``(rounds, bidders)``.
    base : c, the ratio of neighbouring targets.
    """
    rounds, n = bids.shape
    order = np.argsort(-bids, axis=1, kind="stable")
    rank = np.argsort(order, axis=1) + 1
    income = np.take_along_axis(bids, order, axis=1) * np.arange(1, n + 1)
    most = np.maximum.accumulate(income[:, ::-1], axis=1)[:, ::-1].astype(float)  # of k or more equal shares
    known = np.stack([best_single_price_revenue(np.delete(bids, i, axis=1), winners=2) for i in range(n)], axis=1)
    level = np.log(np.maximum(known, 1.0)) / math.log(base)
    marks = np.concatenate([level, np.log(most) / math.log(base)], axis=1) % 1.0
    edges = np.sort(np.concatenate([np.zeros((rounds, 1)), marks, np.ones((rounds, 1))], axis=1), axis=1)
    low, high = edges[:, :-1], edges[:, 1:]
    middle = 0.5 * (low + high)
    power = np.floor(level[:, None] - middle[:, :, None])
    target = base ** (power + middle[:, :, None])
    sharers = (most[:, None, None, :] >= target[..., None]).sum(axis=3)
    served = (known[:, None] > 0.0) & (rank[:, None] <= sharers)
    collected = (base ** (power + high[:, :, None]) - base ** (power + low[:, :, None])) / math.log(base)
    payments = np.divide(collected, sharers, out=np.zeros_like(collected), where=served)
    return Shares(high - low, served, payments)


class Consensus(DigitalGoodsMechanism):
    """CORE, in exact expectation over u.

    The first coin decides between one copy at the second price (face 0) and the consensus estimate (face 1). `play`
    then draws the set of bidders served as u would, and charges each her expected price given that she is served: it
    is the auction in the mean, and no toss costs a truthful bidder anything.

    Parameters
    ----------
    base : c, the ratio of neighbouring targets.
    single : probability of selling one copy at the second price; bidders with equal bids by lowest index.

    Raises
    ------
    ValueError : for a base below `LEAST_BASE`, where rounding would decide who is served, or a probability outside
        [0, 1].
    """

    name = "consensus"
    summary = "consensus estimate: a revenue target from the others' bids, collected as a shared cost"
    solution = "dominant"
    about = About(
        source="Goldberg, Hartline 2003",
        seller="nothing",
        players="their own value",
        promises="F2 / 3.39, F2 being the most that a price earns that two accept",
        fails="one bidder worth more than the rest together; few bidders, whose targets rarely agree; scarce goods",
    )
    random_allocation = True

    def __init__(
        self,
        setting: Setting,
        *,
        base: float = BASE,
        single: float = SINGLE,
        delta: float = 0.0,
        discount: float = 0.5,
    ) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        if not LEAST_BASE <= base < math.inf:
            raise ValueError(f"base must be a number from {LEAST_BASE} up, not {base}")
        if not 0.0 <= single <= 1.0:
            raise ValueError(f"single must lie between 0 and 1, not {single}")
        self.base = base
        self.single = single

    @property
    def cases(self) -> int:
        """One copy, or the consensus estimate."""
        return 2

    @property
    def random_role(self) -> bool:
        """The first coin."""
        return True

    def role_probabilities(self, values: IntArray) -> FloatArray:
        """Return ``single`` and the rest."""
        return np.tile([self.single, 1.0 - self.single], (len(values), 1))

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Sell one copy at the second price, or collect everybody's target."""
        first, again = distinct_rows(reports.values)
        bids = self.bids(reports.values[first])
        if role == 0:
            chance, served, payments = _one_copy(bids)
        else:
            shares = consensus_shares(bids, self.base)
            chance, served, payments = shares.chance, shares.served, shares.payments.sum(axis=1)
        allocation = np.zeros((len(bids), len(self.environment.allocations)))
        number = self.environment.serving(served.reshape(-1, bids.shape[1])).reshape(chance.shape)
        np.add.at(allocation, (np.arange(len(bids))[:, None], number), chance)
        nothing = np.zeros(len(reports))
        return Settled(allocation[again], payments[again], np.zeros(reports.values.shape), nothing)


def _one_copy(bids: IntArray) -> tuple[FloatArray, BoolArray, FloatArray]:
    chosen = chosen_probabilities(bids, "lowest-index") > 0.0
    second = np.where(chosen, 0, bids).max(axis=1, keepdims=True)
    return np.ones((len(bids), 1)), chosen[:, None, :], np.where(chosen, second, 0.0)
