"""VCG: the allocation of the largest welfare, each player paying what her presence costs the others.

Vickrey's auction for any environment [Clarke1971]_, [Groves1973]_. The pivot is the largest welfare that the others
could have, over all allocations: in a downward-closed environment that is the largest without her. Among
allocations of equal welfare the first in the environment's list is taken, which on a single good gives a tie to the
lowest index. A cost of serving anybody at all, such as that of a public good, is taken off the welfare; what the
players pay need not cover it.

References
----------
.. [Clarke1971] E. Clarke, Multipart pricing of public goods, Public Choice 11.
.. [Groves1973] T. Groves, Incentives in teams, Econometrica 41.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mechanisms.about import About
from mechanisms.environment import BoolArray, Environment, FloatArray, IntArray, check_money
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.outcomes import Reports


@dataclass(frozen=True, eq=False)
class Pivotal:
    """The efficient allocation ``(rounds,)`` and Clarke's payments ``(rounds, players)``."""

    allocation: IntArray
    payments: FloatArray


def pivotal(
    environment: Environment, values: IntArray, expenses: FloatArray, *, admitted: BoolArray | None = None
) -> Pivotal:
    """Return the allocation of the largest welfare net of expenses, and what each player's presence costs the others.

    Parameters
    ----------
    values : ``(rounds, players)`` announced types.
    expenses : ``(allocations,)`` what each allocation costs the seller.
    admitted : ``(rounds, players)`` whose worth counts; everybody's unless given.
    """

    def worth(player: int) -> FloatArray:
        mine: FloatArray = environment.worth_of_allocation[player][values[:, player]].astype(float)
        return mine if admitted is None else mine * admitted[:, player, None]

    welfare = np.tile(-expenses, (len(values), 1))
    for i in range(environment.players):
        welfare += worth(i)
    allocation = welfare.argmax(axis=1)
    rows, payments = np.arange(len(values)), np.zeros(values.shape)
    for i in range(environment.players):
        others = welfare - worth(i)
        payments[:, i] = others.max(axis=1) - others[rows, allocation]
    return Pivotal(allocation, payments)


class VCG(Mechanism):
    """The efficient mechanism, in any environment.

    Parameters
    ----------
    cost : what serving anybody at all costs the seller, money.

    Raises
    ------
    ValueError : for a cost that is no whole number from 0 to `MAX_WORTH`.
    """

    name = "vcg"
    summary = "largest welfare; each pays what her presence costs the others; the seller knows nothing"
    solution = "dominant"
    has_role = False
    about = About(
        source="Vickrey 1961; Clarke 1971; Groves 1973",
        seller="nothing",
        players="their own value",
        promises="the largest welfare, and nobody loses, in any environment",
        fails="revenue, which can be nothing where nobody's rivals lose by her; costs, which payments may not cover",
    )

    def __init__(self, setting: Setting, *, cost: int = 0, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        self.cost = check_money("cost", cost)

    @cached_property
    def expenses(self) -> FloatArray:
        """What each allocation costs the seller: `cost` where anybody is served."""
        return np.where(self.environment.served.any(axis=1), float(self.cost), 0.0)

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Choose the efficient allocation and charge Clarke's payments."""
        found = pivotal(self.environment, reports.values, self.expenses)
        return Settled(found.allocation, found.payments, np.zeros_like(found.payments), np.zeros(len(reports)))
