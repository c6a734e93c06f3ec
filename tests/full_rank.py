"""Correlated priors under which each type of each player believes something that the others' beliefs do not make up."""

from itertools import product

import numpy as np

from tests.priors import Case, table


def full_rank_case(seed: int, players: int, kind: str = "own-value", **parameters) -> Case:
    """Return random values on two to four points (as many for all of two players), any profile being possible.

    Its odds make high values come together, which keeps the beliefs of different types well apart.
    """
    rng = np.random.default_rng([seed, players, 77])
    sizes = [int(rng.integers(2, 5))] * 2 if players == 2 else rng.integers(2, 5, players).tolist()
    values = [tuple(sorted(rng.choice(np.arange(1, 12), size, replace=False).tolist())) for size in sizes]
    ranks = [np.linspace(0, 1, size) for size in sizes]
    odds = {
        tuple(grid[k] for grid, k in zip(values, place, strict=True)): rng.uniform(0.2, 1)
        + 3 * np.exp(-10 * np.var([rank[k] for rank, k in zip(ranks, place, strict=True)]))
        for place in product(*map(range, sizes))
    }
    total = sum(odds.values())
    return table(values, {profile: odd / total for profile, odd in odds.items()}, kind, **parameters)
