"""OPT: the best dominant-strategy-truthful, ex-post individually rational mechanism for a known D.

A linear program on the full grid of profiles, lotteries allowed, in any assignment environment; a smaller one
for a single good, where truth-telling is monotonicity and payments are Myerson's sum [Myerson1981]_,
[DobzinskiFuKleinberg2011]_. Solved by HiGHS. Every solution carries a certificate: its own revenue recomputed
from the allocation, and an upper bound recomputed from the dual multipliers.

The optimum's revenue is unique; its outcomes on profiles to which the belief gives probability zero are not, and
are those of the vertex that HiGHS returns.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
.. [DobzinskiFuKleinberg2011] S. Dobzinski, H. Fu, R. Kleinberg, Optimal auctions with correlated bidders are easy,
   STOC 2011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from mechanisms.beliefs import Belief
from mechanisms.environment import Environment, FloatArray, IntArray, flat_index, strides

MAX_VARIABLES = 4_000_000
_SNAP = 1e-9
_OPTIONS = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


@dataclass(frozen=True)
class Certificate:
    """Evidence that an optimum is one.

    Attributes
    ----------
    primal : revenue of the mechanism found, recomputed from its payments.
    dual : an upper bound on every mechanism's revenue, recomputed from non-negative multipliers.
    infeasibility : the largest violation of truth-telling, participation or feasibility.
    """

    primal: float
    dual: float
    infeasibility: float

    @property
    def sound(self) -> bool:
        """Whether bound and revenue agree to 1e-9, and the mechanism is one up to 1e-7 of its largest payment."""
        return self.gap <= 1e-9 and self.infeasibility <= 1e-7 * max(1.0, abs(self.dual))

    @property
    def gap(self) -> float:
        """Relative gap between bound and revenue."""
        return abs(self.dual - self.primal) / max(1.0, abs(self.dual))


@dataclass(frozen=True, eq=False)
class Optimum:
    """An optimal mechanism on the grid of profiles.

    Attributes
    ----------
    allocation : ``(profiles, allocations)`` probabilities, profiles in row-major order.
    payments : ``(profiles, players)`` expected payments.
    certificate : primal, dual, infeasibility.
    """

    allocation: FloatArray
    payments: FloatArray
    certificate: Certificate

    @property
    def revenue(self) -> float:
        """Expected revenue, OPT."""
        return self.certificate.primal


def optimal_mechanism(environment: Environment, belief: Belief) -> Optimum:
    """Return the revenue-optimal mechanism by the smaller of the two programs that applies.

    Raises
    ------
    ValueError : if the program would have more than `MAX_VARIABLES` variables, or HiGHS reports no optimum.
    """
    solve = single_good_program if environment.single_good else general_program
    return solve(environment, belief)


def single_good_program(environment: Environment, belief: Belief) -> Optimum:
    """Solve OPT for one good: ``x_i(v)`` non-decreasing in ``v_i``, ``sum_i x_i(v) <= 1``."""
    shape, n = environment.shape, environment.players
    size = int(np.prod(shape))
    _check_size(n * size)
    density = on_grid(belief, shape)
    gain = np.concatenate([virtual_gains(environment.values[i], density, i).ravel() for i in range(n)])
    monotone = monotone_rows(shape)
    capacity = sparse.hstack([sparse.identity(size, format="csr")] * n, format="csr")
    limits = np.concatenate([np.zeros(monotone.shape[0]), np.ones(size)])
    scale = max(float(abs(gain).max()), 1e-300)
    solved = _highs(-gain / scale, sparse.vstack([monotone, capacity], format="csr"), limits)
    x = _snap(solved.x).reshape(n, size)
    payments = np.stack([myerson_sum(environment.values[i], x[i].reshape(shape), i) for i in range(n)], 1)
    multipliers = scale * np.maximum(-solved.ineqlin.marginals[: monotone.shape[0]], 0.0)
    reduced = (gain - monotone.T @ multipliers).reshape(n, size)
    infeasibility = max(
        float((monotone @ x.ravel()).max(initial=0.0)), float((x.sum(axis=0) - 1.0).max()), float(-x.min())
    )
    allocation = np.column_stack([1.0 - x.sum(axis=0), x.T])
    certificate = Certificate(
        primal=float(density.ravel() @ payments.sum(axis=1)),
        dual=float(np.maximum(reduced.max(axis=0), 0.0).sum()),
        infeasibility=max(infeasibility, 0.0),
    )
    return Optimum(np.clip(allocation, 0.0, 1.0), payments, certificate)


def general_program(environment: Environment, belief: Belief) -> Optimum:
    """Solve OPT in any assignment environment: allocation probabilities and payments as variables.

    Payments are taken non-negative, which costs nothing: a menu that pays every type something can charge
    all of them that much more.
    """
    shape, n, outcomes = environment.shape, environment.players, len(environment.allocations)
    size = int(np.prod(shape))
    _check_size(size * (outcomes + n))
    density = on_grid(belief, shape).ravel()
    top = max(1.0, float(max(table.max() for table in environment.worth)))  # the program's unit of money
    truth = sparse.vstack([_truth_rows(environment, i, top) for i in range(n)], format="csr")
    simplex = sparse.hstack(
        [
            sparse.kron(sparse.identity(size), np.ones((1, outcomes))),
            sparse.csr_matrix((size, size * n)),
        ],
        format="csr",
    )
    gain = np.concatenate([np.zeros(size * outcomes), np.repeat(density, n)])
    solved = _highs(-gain, truth, np.zeros(truth.shape[0]), simplex, np.ones(size))
    x = _snap(solved.x[: size * outcomes]).reshape(size, outcomes)
    payments = _snap(top * solved.x[size * outcomes :]).reshape(size, n)
    multipliers = np.maximum(-solved.ineqlin.marginals, 0.0)
    reduced = top * (gain - truth.T @ multipliers)
    slack = np.maximum(reduced[size * outcomes :].reshape(size, n), 0.0)  # no payment exceeds the unit, top
    certificate = Certificate(
        primal=float(density @ payments.sum(axis=1)),
        dual=float(reduced[: size * outcomes].reshape(size, outcomes).max(axis=1).sum() + slack.sum()),
        infeasibility=max(
            top * float((truth @ np.concatenate([x.ravel(), payments.ravel() / top])).max(initial=0.0)),
            float(abs(x.sum(axis=1) - 1.0).max()),
        ),
    )
    return Optimum(x, payments, certificate)


def _check_size(variables: int) -> None:
    if variables > MAX_VARIABLES:
        raise ValueError(
            f"OPT on this grid of profiles is a linear program of {variables:,} variables; "
            f"the limit is {MAX_VARIABLES:,}"
        )


def on_grid(belief: Belief, shape: tuple[int, ...]) -> FloatArray:
    """Return the belief as a full table of probabilities of that shape."""
    density = np.zeros(int(np.prod(shape)))
    support = belief.support
    density[flat_index(support, shape)] = belief.prob(support)
    return density.reshape(shape)


def virtual_gains(values: IntArray, density: FloatArray, player: int) -> FloatArray:
    """Return ``D(v) v_i - (v_i^+ - v_i) sum_{w > v_i} D(w, v_-i)`` on the grid: what serving her is worth."""
    along = np.moveaxis(density, player, -1)
    above = np.cumsum(along[..., ::-1], axis=-1)[..., ::-1] - along
    gaps = np.append(np.diff(values), 0)
    return np.moveaxis(along * values - gaps * above, -1, player)


def monotone_rows(shape: tuple[int, ...]) -> Any:
    """Return the rows ``x_i(v_k, v_-i) - x_i(v_{k+1}, v_-i) <= 0`` for all players."""
    size, steps = int(np.prod(shape)), strides(shape)
    index = np.arange(size).reshape(shape)
    blocks = []
    for i, step in enumerate(steps):
        low = np.take(index, range(shape[i] - 1), axis=i).ravel()
        rows = np.arange(len(low))
        data = np.concatenate([np.ones(len(low)), -np.ones(len(low))])
        columns = np.concatenate([low, low + step])
        blocks.append(sparse.csr_matrix((data, (np.tile(rows, 2), columns)), shape=(len(low), size)))
    return sparse.block_diag(blocks, format="csr")


def myerson_sum(values: IntArray, x: FloatArray, player: int) -> FloatArray:
    """Return ``v_k x_k - sum_{l<k} (v_{l+1} - v_l) x_l`` on the grid, flattened."""
    along = np.moveaxis(x, player, -1)
    below = np.zeros_like(along)
    below[..., 1:] = np.cumsum(along[..., :-1] * np.diff(values), axis=-1)
    return np.moveaxis(along * values - below, -1, player).ravel()


def _truth_rows(environment: Environment, player: int, unit: float) -> Any:
    """Return one player's rows ``<= 0``: no type gains by any other report, and none pays beyond her worth."""
    shape, n, outcomes = environment.shape, environment.players, len(environment.allocations)
    size, kinds = int(np.prod(shape)), shape[player]
    worth = environment.worth_of_allocation[player] / unit
    points = np.arange(size)
    own = points // strides(shape)[player] % kinds
    truth, lies = np.repeat(points, kinds), np.tile(np.arange(kinds), size)
    told = truth + (lies - own[truth]) * strides(shape)[player]
    keep = told != truth
    truth, told = truth[keep], told[keep]

    def rows(at: IntArray, kind: IntArray, sign: float, offset: IntArray, height: int) -> Any:
        row = np.repeat(offset, outcomes + 1)
        column = np.concatenate(
            [at[:, None] * outcomes + np.arange(outcomes), (size * outcomes + at * n + player)[:, None]], 1
        )
        data = np.concatenate([sign * worth[kind], np.full((len(at), 1), -sign)], 1)
        shape_ = (height, size * (outcomes + n))
        return sparse.csr_matrix((data.ravel(), (row, column.ravel())), shape=shape_)

    lying = np.arange(len(truth))
    gain = rows(told, own[truth], 1.0, lying, len(lying)) + rows(truth, own[truth], -1.0, lying, len(lying))
    return sparse.vstack([gain, rows(points, own, -1.0, points, size)], format="csr")


def _highs(
    cost: FloatArray,
    rows: Any,
    limits: FloatArray,
    equal: Any = None,
    level: FloatArray | None = None,
) -> Any:
    solve: Any = linprog  # its stubs refuse sparse matrices, which it takes
    solved = solve(cost, A_ub=rows, b_ub=limits, A_eq=equal, b_eq=level, method="highs", options=dict(_OPTIONS))
    if solved.status != 0:
        raise ValueError(f"HiGHS found no optimum of a program of {len(cost)} variables: {solved.message}")
    return solved


def _snap(x: FloatArray) -> FloatArray:
    """Round entries within 1e-9 of an integer to it, so that a deterministic optimum is one exactly."""
    near = np.round(x)
    return np.where(abs(x - near) < _SNAP, near, x)
