"""OPT in any assignment environment: a linear program of lotteries and payments, by HiGHS."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from scipy import sparse

from mechanisms.beliefs import Belief
from mechanisms.environment import Environment, IntArray, strides
from mechanisms.optimal import limits
from mechanisms.optimal.gains import on_grid
from mechanisms.optimal.highs import check_size, highs, snap
from mechanisms.optimal.optimum import Certificate, ListedOptimum, Sale


def general_program(environment: Environment, belief: Belief, *, most_variables: int | None = None) -> ListedOptimum:
    """Solve OPT in any assignment environment: allocation probabilities and payments as variables.

    Payments are taken non-negative, which costs nothing: a menu that pays every type something can charge
    all of them that much more.

    Raises
    ------
    TooLarge : if the program would have too many variables.
    """
    shape, n, outcomes = environment.shape, environment.players, len(environment.allocations)
    size = prod(shape)
    limit = limits.MAX_GENERAL if most_variables is None else most_variables
    check_size(size * (outcomes + n), "general lp", limit)
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
    solved = highs(-gain, truth, np.zeros(truth.shape[0]), simplex, np.ones(size))
    x = snap(solved.x[: size * outcomes]).reshape(size, outcomes)
    payments = snap(top * solved.x[size * outcomes :]).reshape(size, n)
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
    return ListedOptimum(shape, outcomes, certificate, "general lp", Sale(x, payments))


def _truth_rows(environment: Environment, player: int, unit: float) -> Any:
    """Return one player's rows ``<= 0``: no type gains by any other report, and none pays beyond her worth."""
    shape, n, outcomes = environment.shape, environment.players, len(environment.allocations)
    size, kinds = prod(shape), shape[player]
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
