"""What a route to OPT returns: the mechanism, its certificate, and the name of the route."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from mechanisms.allocations import lottery
from mechanisms.beliefs.product import check_listed
from mechanisms.environment import FloatArray, IntArray, flat_index, full_grid


class TooLarge(ValueError):
    """No route to OPT fits: the program would be too large.

    Attributes
    ----------
    route : the route that was refused.
    size, limit : its size and the limit, in variables or profiles.
    """

    def __init__(self, message: str, *, route: str = "", size: int = 0, limit: int = 0) -> None:
        super().__init__(message)  # the others are kept by pickle, which passes the message alone
        self.route, self.size, self.limit = route, size, limit


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


class Sale(NamedTuple):
    """What a mechanism does at some profiles.

    Attributes
    ----------
    allocation : ``(rounds,)`` allocations (0 for nobody, i + 1 for player i, where there is one good), or
        ``(rounds, allocations)`` probabilities.
    payments : ``(rounds, players)``, in expectation over the lottery.
    """

    allocation: IntArray | FloatArray
    payments: FloatArray

    def lottery(self, allocations: int) -> FloatArray:
        """Return the probabilities ``(rounds, allocations)``."""
        return lottery(self.allocation, allocations)


@dataclass(frozen=True, eq=False)
class Optimum(ABC):
    """An optimal mechanism.

    Attributes
    ----------
    shape : number of types of each player.
    outcomes : number of allocations.
    certificate : primal, dual, infeasibility.
    route : how it was found: "myerson", "cut", "lp", "folded lp" or "general lp".
    """

    shape: tuple[int, ...]
    outcomes: int
    certificate: Certificate
    route: str

    @property
    def revenue(self) -> float:
        """Expected revenue, OPT."""
        return self.certificate.primal

    @abstractmethod
    def at(self, profiles: IntArray) -> Sale:
        """Return what happens at announced types ``(rounds, players)``."""

    @cached_property
    def _listed(self) -> Sale:
        check_listed(self.shape)
        return self.at(full_grid(self.shape))

    @cached_property
    def allocation(self) -> FloatArray:
        """Probabilities ``(profiles, allocations)`` on the grid, in row-major order.

        Raises a ValueError, with the numbers, where the grid has too many profiles to list.
        """
        return self._listed.lottery(self.outcomes)

    @property
    def payments(self) -> FloatArray:
        """Expected payments ``(profiles, players)`` on the grid, in row-major order; a ValueError as above."""
        return self._listed.payments


@dataclass(frozen=True, eq=False)
class ListedOptimum(Optimum):
    """An optimal mechanism kept as a table on the grid of profiles.

    Attributes
    ----------
    sale : the allocation and payments at every profile, in row-major order.
    """

    sale: Sale

    def at(self, profiles: IntArray) -> Sale:
        """Return what happens at announced types ``(rounds, players)``."""
        point = flat_index(profiles, self.shape)
        return Sale(self.sale.allocation[point], self.sale.payments[point])

    @cached_property
    def _listed(self) -> Sale:
        return self.sale
