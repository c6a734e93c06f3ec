"""Named instances: small games from textbooks, which every claim that is about them is tried on as well.

They are of the plainest kinds, none of them made to break a claim; what breaks claims is left to the search.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from analysis.claims.generate import of_values, product_states
from analysis.claims.instance import Instance, Types


def _independent(values: Types, odds: Types, players: int) -> Instance:
    states, weights = product_states([odds] * players)
    return Instance(of_values([values] * players), states, weights)


def _affiliated() -> Instance:
    """Two values each, alike with odds of three to one."""
    states = tuple(product(range(2), repeat=2))
    return Instance(of_values([(1, 2)] * 2), states, tuple(3 if a == b else 1 for a, b in states))


_UNIFORM = {
    f"uniform-{players}x{size}": _independent(tuple(range(1, size + 1)), (1,) * size, players)
    for players, size in ((2, 2), (2, 3), (2, 4), (3, 2), (4, 2))
}
NAMED: dict[str, Instance] = {
    **_UNIFORM,
    "equal-revenue-pair": _independent((1, 2, 4), (2, 1, 1), 2),
    "high-or-low-pair": _independent((1, 10), (9, 1), 2),
    "affiliated-pair": _affiliated(),
    "complete-pair": replace(_UNIFORM["uniform-2x3"], knowledge="complete"),
    "neighbours-in-a-ring": replace(
        _UNIFORM["uniform-3x2"], knowledge="graph", parameters={"edges": ((0, 1), (1, 2), (2, 0))}
    ),
    "tossed-ties": replace(_UNIFORM["uniform-2x3"], ties="uniform"),
}
