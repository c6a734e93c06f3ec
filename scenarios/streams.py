"""The tree of random streams that one seed makes.

Nature, the house and each seat have a stream of their own, and each round takes the same number of draws from a
stream for every world, so changing one strategy leaves all other draws as they were, and a block of worlds
played apart gets the very draws that it would get among all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mechanisms.environment import FloatArray

Branch = Literal["nature", "house", "seat", "opinion", "analysis"]
_BRANCHES: tuple[Branch, ...] = ("nature", "house", "seat", "opinion", "analysis")


def seed_sequence(seed: int, branch: Branch, index: int = 0) -> np.random.SeedSequence:
    """Return a branch of the seed's tree."""
    return np.random.SeedSequence(seed, spawn_key=(_BRANCHES.index(branch), index))


@dataclass(frozen=True)
class Block:
    """Some of the worlds of an experiment: `count` of them from number `first` on, out of `total`."""

    first: int
    count: int
    total: int


class Stream:
    """Uniform draws for a block of worlds: every call is one draw for each world of the whole experiment."""

    def __init__(self, sequence: np.random.SeedSequence, block: Block) -> None:
        self._bits = np.random.PCG64DXSM(sequence)
        self._rng = np.random.Generator(self._bits)
        self._block = block
        self._bits.advance(block.first)

    def random(self, size: int) -> FloatArray:
        """Return one draw on [0, 1) for each world of the block; `size` must be their number."""
        if size != self._block.count:
            raise ValueError(f"this stream draws for {self._block.count} worlds at a time, not {size}")
        draws = self._rng.random(size)
        if self._block.count < self._block.total:
            self._bits.advance(self._block.total - self._block.count)
        return draws
