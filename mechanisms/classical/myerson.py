r"""Myerson's optimal auction for independent values, by ironed virtual values [Myerson1981]_, [Elkind2007]_.

The highest positive ironed virtual value buys, for the least with which she would; ties across players, and within a
pool, are broken by the tie rule. `mechanisms.optimal.ironing` says what the values are, and which count as equal.

References
----------
.. [Myerson1981] R. Myerson, Optimal auction design, Mathematics of Operations Research 6.
.. [Elkind2007] E. Elkind, Designing and learning optimal finite support auctions, SODA 2007.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Product
from mechanisms.classical.monopoly import marginal_weights
from mechanisms.classical.ranked import RankedAuction
from mechanisms.environment import FloatArray, IntArray
from mechanisms.mechanism import Setting
from mechanisms.optimal.ironing import ironed_virtual_values, is_product, virtual_ranks
from mechanisms.ties import Ties


class Myerson(RankedAuction):
    """The highest positive ironed virtual value buys, for the least with which she would still."""

    name = "myerson"
    solves_prior = 1
    summary = "the optimal auction for independent values; the seller knows each player's distribution"
    uses_prior = True
    about = About(
        source="Myerson 1981",
        seller="each player's own distribution",
        players="their own value",
        promises="OPT where values are independent, regular or not",
        fails="correlated values: it plays by the marginals, and may earn less than lookahead or Vickrey",
    )

    def __init__(
        self, setting: Setting, *, ties: Ties = "lowest-index", delta: float = 0.0, discount: float = 0.5
    ) -> None:
        super().__init__(setting, ties=ties, delta=delta, discount=discount)
        grids, virtual_values = setting.environment.values, list[FloatArray]()
        known: dict[tuple[bytes, bytes], FloatArray] = {}
        for i, grid in enumerate(grids):
            weights = marginal_weights(setting.prior, i)
            key = grid.tobytes(), weights.tobytes()
            if key not in known:
                known[key] = ironed_virtual_values(grid, weights)
            virtual_values.append(known[key])
        self.virtual_values = tuple(virtual_values)
        self.ranks = virtual_ranks(self.virtual_values, grids)

    def reach(self, player: int, ranks: IntArray) -> FloatArray:
        """Return her least value of at least those ranks, or her largest where there is none."""
        spots = np.searchsorted(self.ranks[player], ranks)
        grid = self.environment.values[player]
        return grid[np.minimum(spots, len(grid) - 1)].astype(float)

    def reach_each(self, players: IntArray, ranks: IntArray) -> FloatArray:
        """Return the same where each round has a player of its own, ``(rounds,)``."""
        keys, starts, width = self._ladder
        spots = np.searchsorted(keys, players * width + np.minimum(ranks, width - 1)) - starts[players]
        return self.grids[players, np.minimum(spots, np.array(self.environment.shape)[players] - 1)].astype(float)

    @cached_property
    def _ladder(self) -> tuple[IntArray, IntArray, int]:
        """All ranks, increasing as each player's start above those of the one before; starts; and the step."""
        sizes = [len(own) for own in self.ranks]
        together = np.concatenate(self.ranks)
        width = int(together.max()) + 2
        return np.repeat(np.arange(len(sizes)) * width, sizes) + together, np.append(0, np.cumsum(sizes)[:-1]), width

    @property
    def share(self) -> float | None:
        """All of it where D is a `Product`, and so is what is left of it by any news of each player's type."""
        return 1.0 if isinstance(self._setting.prior, Product) else None

    @cached_property
    def independent(self) -> bool:
        """Whether values are independent under D, to a relative 1e-9."""
        return is_product(self._setting.prior)

    def guarantee(self, opt: float) -> float | None:
        """Return ``(1 - delta) OPT`` where values are independent [Myerson1981]_."""
        return (1.0 - self.delta) * opt if self.independent else None
