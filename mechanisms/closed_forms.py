"""Revenues that have a closed form for independent values, near-linear in players x values unless ties are shared.

Of one good under a `Product`: expected welfare, and what the second-price, the lookahead and Myerson's auction earn.
The first two do not look at D, so a `Mixture` has the mean over its components; and any belief whose profiles can be
listed has the first three by adding up over them.

The lookahead auction's price to i* depends on the others by the lowest value t with which she is chosen alone
[Ronen2001]_. If ``W_i(v)`` is the chance that she is chosen with value v, and ``R_i(t)`` the most that a price of at
least t earns from her, ``max_p p Pr(theta_i >= p)``, the revenue is ``sum_i sum_v W_i(v) (R_i(v) - R_i(v^+))``: the
steps of W, times R, summed by parts, so that no small difference of large numbers is taken.

References
----------
.. [Ronen2001] A. Ronen, On approximating optimal auctions, EC 2001.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mechanisms.beliefs import Belief, Joint, Mixture, Product
from mechanisms.classical.lookahead import lookahead_offer
from mechanisms.environment import Environment, FloatArray, IntArray
from mechanisms.highest import Tie, mean_highest, mean_second_highest, rivals_tied, win_chances
from mechanisms.ties import Ties, chosen_probabilities


def expected_welfare(environment: Environment, belief: Belief) -> float:
    """Return the expectation of the highest value, which no mechanism for one good can exceed.

    Raises
    ------
    ValueError : if the environment is not one good.

    >>> from mechanisms import single_good
    >>> from mechanisms.beliefs import product
    >>> expected_welfare(single_good([[1, 2]] * 2), product([[0.5, 0.5]] * 2))
    1.75
    """
    grids = _grids(environment, "expected welfare")
    if isinstance(belief, Mixture):
        return _mean(belief, [expected_welfare(environment, part) for part in belief.components])
    if isinstance(belief, Product):
        return mean_highest(grids, belief.factors)
    return float(belief.table.weights @ _bids(grids, belief.table).max(axis=1))


def vickrey_revenue(environment: Environment, belief: Belief) -> float:
    """Return what the second-price auction earns, the expectation of the second-highest value.

    Raises
    ------
    ValueError : if the environment is not one good.

    >>> from mechanisms import single_good
    >>> from mechanisms.beliefs import product
    >>> vickrey_revenue(single_good([[1, 2]] * 2), product([[0.5, 0.5]] * 2))
    1.25
    """
    grids = _grids(environment, "the second-price auction's revenue")
    if isinstance(belief, Mixture):
        return _mean(belief, [vickrey_revenue(environment, part) for part in belief.components])
    if isinstance(belief, Product):
        return mean_second_highest(grids, belief.factors)
    if environment.players < 2:
        return 0.0
    return float(belief.table.weights @ np.partition(_bids(grids, belief.table), -2, axis=1)[:, -2])


def lookahead_revenue(environment: Environment, belief: Belief, *, ties: Ties = "lowest-index") -> float:
    """Return what the lookahead auction earns, priced on the event that i* is the one chosen.

    A belief that is no `Product` is listed, and its profiles are added up.

    Raises
    ------
    ValueError : if the environment is not one good, or values are not independent and profiles too many to list.

    >>> from mechanisms import single_good
    >>> from mechanisms.beliefs import product
    >>> lookahead_revenue(single_good([[1, 2]] * 2), product([[0.5, 0.5]] * 2))
    1.5
    """
    grids = _grids(environment, "the lookahead auction's revenue")
    if not isinstance(belief, Product):
        return _listed_lookahead(grids, belief, ties)
    tails = [np.cumsum(factor[::-1])[::-1] for factor in belief.factors]
    best = [np.maximum.accumulate((grid * tail)[::-1])[::-1] for grid, tail in zip(grids, tails, strict=True)]
    if ties == "lowest-index":
        chances = win_chances(grids, belief.factors)
        return sum(float(won @ -np.diff(most, append=0.0)) for won, most in zip(chances, best, strict=True))
    return sum(_shared(tie, grids, belief.factors, tails, best) for tie in rivals_tied(grids, belief.factors))


def _shared(
    tie: Tie,
    grids: Sequence[IntArray],
    factors: Sequence[FloatArray],
    tails: Sequence[FloatArray],
    best: Sequence[FloatArray],
) -> float:
    """Return what the players who can bid one amount earn the seller by it, ties shared.

    With none of the others there it opens all prices from there on, as above; with c of them there the price can be
    that bid, which a player who bids no more takes with chance ``1 / (c + 1)``.
    """
    owners = list(zip(tie.players.tolist(), tie.types.tolist(), strict=True))
    value = np.array([grids[i][k] for i, k in owners], dtype=float)
    chance, tail = np.array([factors[i][k] for i, k in owners]), np.array([tails[i][k] for i, k in owners])
    most = np.array([best[i][k] for i, k in owners])
    beyond = np.array([best[i][k + 1] if k + 1 < len(best[i]) else 0.0 for i, k in owners])
    shares = 1.0 / np.arange(2, tie.rivals.shape[1] + 1)
    at_tie = value[:, None] * ((tail - chance)[:, None] + chance[:, None] * shares) - beyond[:, None]
    opened = tie.rivals[:, 0] @ (most - beyond)
    return float(opened + (tie.rivals[:, 1:] * np.maximum(at_tie, 0.0)).sum())


def _listed_lookahead(grids: Sequence[IntArray], belief: Belief, ties: Ties) -> float:
    try:
        table = belief.table
    except ValueError as error:
        reason = "the lookahead auction's revenue has a closed form for independent values only"
        raise ValueError(f"{reason}, and {error}") from None
    bids = _bids(grids, table).astype(np.int64)
    chosen = chosen_probabilities(bids, ties)
    total = 0.0
    for i, grid in enumerate(grids):
        rows = np.flatnonzero(chosen[:, i])
        weights = table.conditional(i, np.delete(table.atoms[rows], i, axis=1))
        offer = lookahead_offer(weights, i, grid, np.delete(bids[rows], i, axis=1), ties, "chosen")
        sold = chosen[rows, i] * (bids[rows, i] >= offer.price)
        total += float(table.weights[rows] @ (sold * offer.price))
    return total


def myerson_revenue(environment: Environment, belief: Belief) -> float:
    """Return what Myerson's auction earns: OPT.

    Raises
    ------
    ValueError : if the environment is not one good, or values are not independent.

    >>> from mechanisms import single_good
    >>> from mechanisms.beliefs import product
    >>> myerson_revenue(single_good([[1, 2]] * 2), product([[0.5, 0.5]] * 2))
    1.5
    """
    from mechanisms.optimal.myerson import myerson_optimum

    _grids(environment, "Myerson's revenue")
    if not isinstance(belief, Product):
        raise ValueError("Myerson's revenue has a closed form for independent values only")
    return myerson_optimum(environment, belief).revenue


def _grids(environment: Environment, what: str) -> tuple[IntArray, ...]:
    if not environment.single_good:
        raise ValueError(f"{what} has a closed form for one good only, not for {len(environment.bundles) - 1} bundles")
    return environment.values


def _mean(belief: Mixture, parts: list[float]) -> float:
    return float(belief.weights @ np.array(parts))


def _bids(grids: Sequence[IntArray], table: Joint) -> FloatArray:
    return np.stack([grid[table.atoms[:, i]] for i, grid in enumerate(grids)], axis=1).astype(float)
