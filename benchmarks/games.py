"""The families of games on which elimination is timed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Payoffs = list[NDArray[np.float64]]


def random(size: int, players: int = 2) -> Payoffs:
    """Return independent uniform payoffs."""
    rng = np.random.default_rng(size)
    return [rng.random((size,) * players) for _ in range(players)]


def cournot(size: int) -> Payoffs:
    """Return a duopoly with linear demand and quantities from zero to the monopolist's double."""
    own, other = np.indices((size, size))
    profit = (own * (size - 1 - own - other)).astype(float)
    return [profit, profit.T]


def beauty(size: int) -> Payoffs:
    """Return a contest to name nine tenths of the mean, with quadratic loss in units of a twentieth."""
    own, other = np.indices((size, size))
    loss = -((11.0 * own - 9.0 * other) ** 2)
    return [loss, loss.T]


def ladder(size: int) -> Payoffs:
    """Return a game in which one strategy falls in each of 2 (size - 1) rounds, the players taking turns.

    The first player wants to be one below the second, the second to be level with the first.
    """
    first, second = np.indices((size, size))
    return [-abs(first - second + 1.0), -abs(second - first + 0.0)]


def staircase(size: int) -> Payoffs:
    """Return a game in which each player's highest strategy falls in each of size - 1 rounds: undercut by one."""
    own, other = np.indices((size, size))
    payoff = -abs(own - other + 1.0)
    return [payoff, payoff.T]


def mixtures(size: int) -> Payoffs:
    """Return random payoffs where half the strategies are worse than a mixture of three, by little.

    Single strategies dominate next to none.
    """
    rng = np.random.default_rng(size)
    payoffs = []
    for _ in range(2):
        good = rng.random((size - size // 2, size))
        weights = np.zeros((size // 2, len(good)))
        for row in weights:
            row[rng.choice(len(good), 3, replace=False)] = rng.dirichlet(np.full(3, 3.0))
        payoffs.append(rng.permutation(np.vstack([good, weights @ good - 0.01])))
    return [payoffs[0], payoffs[1].T.copy()]


FAMILIES: dict[str, Callable[[int], Payoffs]] = {
    "random": random,
    "Cournot": cournot,
    "beauty contest": beauty,
    "staircase": staircase,
    "ladder": ladder,
    "mixed only": mixtures,
    "random, 3 players": lambda size: random(size, 3),
}
SIZES = {
    "random": (50, 200),
    "Cournot": (50, 100, 200),
    "beauty contest": (50, 100, 200),
    "staircase": (50, 100, 200),
    "ladder": (50, 100, 200),
    "mixed only": (50, 200),
    "random, 3 players": (20,),
}
