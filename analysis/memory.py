"""How many rows of reports are worked on at a time, so that a stated amount of memory is enough."""

from __future__ import annotations

from agents.game import BLOCK
from mechanisms.environment import Environment

MEMORY = 1 << 28


def row_bytes(environment: Environment) -> int:
    """Return about how many bytes a row of reports takes while its outcomes are worked out."""
    return 8 * (12 * environment.players + 4 * len(environment.allocations) + 8 * max(environment.shape))


def rows_within(memory: int, environment: Environment) -> int:
    """Return how many rows fit in about so many bytes: at least one, and no more than are worth doing at a time.

    >>> from mechanisms import single_good
    >>> rows_within(10_000, single_good([[1, 2], [1, 2]]))
    24
    """
    return min(BLOCK, max(1, memory // row_bytes(environment)))
