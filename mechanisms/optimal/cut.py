r"""OPT for two bidders as a minimum cut [PapadimitriouPierrakos2011]_, [DobzinskiFuKleinberg2011]_.

With ``y = 1 - x_2`` every row of the program says that one variable is no more than another: ``x_1`` does not fall in
``v_1``, ``y`` does not rise in ``v_2``, and ``x_1 <= y``. So it is a closure of the greatest weight, which a maximum
flow finds, and a deterministic optimum exists. The flow on a row's arc is the row's multiplier, from which the bound
is recomputed in floats.

Of all optima the closure is the largest one: player 0 gets the good wherever she does in any optimum, and player 1
where no optimum does without her. The flow is one of whole numbers, some ``2^58`` units in all. So that rounding does
not decide between equals, every variable is given a bonus, ``1e-12`` of the sum of all gains when added up. What
is lost by that is within the certificate's gap.

References
----------
.. [PapadimitriouPierrakos2011] C. Papadimitriou, G. Pierrakos, On optimal single-item auctions, STOC 2011.
.. [DobzinskiFuKleinberg2011] S. Dobzinski, H. Fu, R. Kleinberg, Optimal auctions with correlated bidders are easy,
   STOC 2011.
"""

from __future__ import annotations

import numpy as np

from mechanisms.beliefs import Belief
from mechanisms.environment import BoolArray, Environment, FloatArray, IntArray
from mechanisms.optimal.gains import line_gains, on_grid
from mechanisms.optimal.optimum import Certificate, ListedOptimum, Sale

_UNITS = 2.0**58
_BONUS = 1e-12
_ENDLESS = 2**60


def cut_optimum(environment: Environment, belief: Belief) -> ListedOptimum:
    """Return the optimal auction of one good to two bidders, with threshold prices.

    Raises
    ------
    ValueError : if the environment is not one good for two.
    """
    if not environment.single_good or environment.players != 2:
        raise ValueError(f"the minimum cut is for one good and two bidders, not {environment.players}")
    density = on_grid(belief, environment.shape)
    first, second = environment.values
    gains = line_gains(first, density.T).T, line_gains(second, density)
    serves, spares, flows = _largest_closure(*gains)
    served = np.stack([serves, ~spares])
    prices = _thresholds(first, served[0].T).T, _thresholds(second, served[1])
    payments = np.stack([np.where(x, p, 0.0).ravel() for x, p in zip(served, prices, strict=True)], axis=1)
    reduced = np.maximum(gains[0] - _net(flows[0], 0), gains[1] - _net(flows[1], 1))
    falls = [(x.take(range(1, x.shape[i]), i) < x.take(range(x.shape[i] - 1), i)).any() for i, x in enumerate(served)]
    certificate = Certificate(
        primal=float(density.ravel() @ payments.sum(axis=1)),
        dual=float(np.maximum(reduced, 0.0).sum()),
        infeasibility=float(any(falls) or bool(served.all(axis=0).any())),
    )
    winners = (served[0] + 2 * served[1]).ravel().astype(np.int64)
    return ListedOptimum(environment.shape, 3, certificate, "cut", Sale(winners, payments))


def _largest_closure(
    first: FloatArray, second: FloatArray
) -> tuple[BoolArray, BoolArray, tuple[FloatArray, FloatArray]]:
    """Return ``x_1``, ``y`` and the flows, money, on the arcs between neighbouring values of each player."""
    from ortools.graph.python import max_flow

    size, shape = first.size, first.shape
    weights = np.concatenate([first.ravel(), -second.ravel()])
    total = float(abs(weights).sum())
    scale = _UNITS / total if total > 0.0 else 1.0
    amounts = np.rint(weights * scale).astype(np.int64) + int(np.ceil(_UNITS * _BONUS / (2 * size)))
    nodes = np.arange(2 * size, dtype=np.int32)
    at = nodes[:size].reshape(shape)
    wanted = amounts > 0
    source, sink = 2 * size, 2 * size + 1
    higher = at[:-1].ravel(), at[1:].ravel()
    lower = size + at[:, 1:].ravel(), size + at[:, :-1].ravel()
    rows = np.concatenate([higher[0], lower[0], at.ravel()]), np.concatenate([higher[1], lower[1], size + at.ravel()])
    tails = np.concatenate([rows[0], np.full(wanted.sum(), source), nodes[~wanted]]).astype(np.int32)
    heads = np.concatenate([rows[1], nodes[wanted], np.full((~wanted).sum(), sink)]).astype(np.int32)
    room = np.concatenate([np.full(len(rows[0]), _ENDLESS), amounts[wanted], -amounts[~wanted]])
    network = max_flow.SimpleMaxFlow()
    arcs = network.add_arcs_with_capacity(tails, heads, room)
    status = network.solve(source, sink)
    if status != network.OPTIMAL:
        raise ValueError(f"no maximum flow was found on {2 * size} nodes: {status}")
    chosen = np.ones(2 * size + 2, dtype=bool)
    chosen[np.asarray(network.get_sink_side_min_cut())] = False
    along = np.asarray(network.flows(arcs[: len(higher[0]) + len(lower[0])])) / scale
    flows = (
        along[: len(higher[0])].reshape(shape[0] - 1, shape[1]),
        along[len(higher[0]) :].reshape(shape[0], shape[1] - 1),
    )
    return chosen[:size].reshape(shape), chosen[size : 2 * size].reshape(shape), flows


def _net(flow: FloatArray, axis: int) -> FloatArray:
    """Return what the multipliers of a player's rows take from each of her variables."""
    width = [(0, 0), (0, 0)]
    width[axis] = (1, 1)
    padded = np.pad(flow, width)
    net: FloatArray = np.diff(padded, axis=axis)
    return net


def _thresholds(values: IntArray, served: BoolArray) -> FloatArray:
    """Return the least value ``(..., values)`` with which a player is served, given that along the last axis."""
    return np.broadcast_to(values[served.argmax(axis=-1)][..., None], served.shape).astype(float)
