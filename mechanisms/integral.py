"""The best deterministic dominant-strategy-truthful, ex-post individually rational mechanism for one good.

The program of `mechanisms.optimal` with every allocation probability 0 or 1. For two bidders that program is totally
unimodular and loses nothing by it [DobzinskiFuKleinberg2011]_, and its optimum by closed form or cut is such a
mechanism; for three it can, and the best allocation is NP-hard to find, or even to come within some constant factor of
[PapadimitriouPierrakos2011]_. Lotteries never add more than two thirds [DobzinskiFuKleinberg2013]_. So with three the
linear program is solved first, and an integer program by HiGHS's branch and bound only where a lottery came out and the
grid is small.

HiGHS stops within absolute tolerances of its own, so gains are scaled up, the allocation is rounded and tested on
the grid, its revenue is recomputed, and a bound that is more than 1e-9 above that revenue is an error.

References
----------
.. [DobzinskiFuKleinberg2011] S. Dobzinski, H. Fu, R. Kleinberg, Optimal auctions with correlated bidders are easy,
   STOC 2011.
.. [DobzinskiFuKleinberg2013] S. Dobzinski, H. Fu, R. Kleinberg, Approximately optimal auctions for correlated bidders,
   Games and Economic Behavior, 2013.
.. [PapadimitriouPierrakos2011] C. Papadimitriou, G. Pierrakos, On optimal single-item auctions, STOC 2011.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from mechanisms.beliefs import Belief
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.optimal import (
    monotone_rows,
    myerson_sum,
    on_grid,
    optimal_mechanism,
    single_good_program,
    virtual_gains,
)

MAX_BINARIES = 2_000
_NODES = 100_000
_SCALE = 1e4  # HiGHS calls a gap of 1e-6 closed, whatever relative gap is asked for
_CLOSED = 1e-9


@dataclass(frozen=True, eq=False)
class IntegralOptimum:
    """A best deterministic mechanism on the grid of profiles.

    Attributes
    ----------
    allocation : ``(profiles,)`` who buys, numbered from 1, or 0 for nobody; profiles in row-major order.
    payments : ``(profiles, players)``.
    revenue : expected, recomputed from the payments.
    bound : an upper bound on the revenue of every deterministic mechanism.
    opt : an upper bound on that of every mechanism, lotteries allowed: OPT's certificate.
    """

    allocation: IntArray
    payments: FloatArray
    revenue: float
    bound: float
    opt: float

    def __post_init__(self) -> None:
        if self.bound - self.revenue > _CLOSED * max(1.0, abs(self.bound)):
            raise ValueError(f"the best allocation found earns {self.revenue}, and the bound is {self.bound}")

    @property
    def lottery_gain(self) -> float:
        """What lotteries add to the revenue, as a share of it; 0 where nothing can be earned."""
        return max(self.opt / self.revenue - 1.0, 0.0) if self.revenue > 0 else 0.0


def oversize(environment: Environment) -> str | None:
    """Return why a grid of profiles is too large to search, as a verb phrase; None where it is not."""
    binaries = environment.players * math.prod(environment.shape)
    if environment.players <= 2 or binaries <= MAX_BINARIES:
        return None
    return (
        f"is an integer program of {binaries:,} variables on this grid of profiles; "
        f"with three or more bidders the limit is {MAX_BINARIES:,}"
    )


def best_deterministic(environment: Environment, belief: Belief) -> IntegralOptimum:
    """Return the best deterministic mechanism for one good, with an upper bound that shows it to be so.

    Raises
    ------
    ValueError : if the grid is too large (see `oversize`), or the search ends without proof of optimality.
    """
    reason = oversize(environment)
    if reason is not None:
        raise ValueError(f"the best deterministic mechanism {reason}")
    shape, n = environment.shape, environment.players
    relaxed = (optimal_mechanism if n <= 2 else single_good_program)(environment, belief)
    opt = relaxed.certificate.dual
    density = on_grid(belief, shape)
    x, bound = relaxed.allocation[:, 1:].T, opt
    if not np.isin(x, (0.0, 1.0)).all():
        x, bound = _branch_and_bound(environment, density)
    payments = np.stack([myerson_sum(environment.values[i], x[i].reshape(shape), i) for i in range(n)], axis=1)
    allocation = np.arange(1, n + 1) @ x
    revenue = float(density.ravel() @ payments.sum(axis=1))
    return IntegralOptimum(allocation.astype(np.int64), payments, revenue, min(bound, opt), opt)


def _branch_and_bound(environment: Environment, density: FloatArray) -> tuple[FloatArray, float]:
    """Return the best 0/1 allocation ``(players, profiles)`` and HiGHS's upper bound on its revenue."""
    shape, n = environment.shape, environment.players
    size = density.size
    gain = np.concatenate([virtual_gains(environment.values[i], density, i).ravel() for i in range(n)])
    monotone = monotone_rows(shape)
    capacity = sparse.hstack([sparse.identity(size, format="csr")] * n, format="csr")
    unit = _SCALE / max(float(abs(gain).max()), 1e-300)
    solved = milp(
        -gain * unit,
        integrality=np.ones(n * size, dtype=np.int64),
        bounds=Bounds(0.0, 1.0),
        constraints=[LinearConstraint(monotone, -np.inf, 0.0), LinearConstraint(capacity, -np.inf, 1.0)],
        options={"mip_rel_gap": 0.0, "node_limit": _NODES},
    )
    if solved.status != 0:
        raise ValueError(f"HiGHS found no best allocation of {n * size} variables: {solved.message}")
    x = np.round(solved.x)
    if (monotone @ x).max(initial=0.0) > 0 or (capacity @ x).max() > 1 or x.min() < 0:
        raise ValueError(
            f"HiGHS's allocation is not monotone or sells twice once rounded, by {abs(solved.x - x).max()}"
        )
    return x.reshape(n, size), -float(solved.mip_dual_bound) / unit
