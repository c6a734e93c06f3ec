"""Sequential posted prices: players arrive one by one and take or leave what is still there [ChawlaEtAl2010]_.

Players arrive in order of index. Each sees a price for every bundle that she can still be given, and takes the one
that she likes best, or nothing; among bundles that she likes equally the dearest, then the one listed first. So
truth is dominant and nobody loses, whatever the prices.

The paper bounds prices that are set in advance, of which some are random. Here they are found by dynamic programming
from the last player back: at every arrival, for everything that may be left, the menu that earns the most, what
later players are expected to pay included, among menus that price each bundle at a worth on the player's grid or not at
all. The types are taken as independent, with D's marginals. For a single good with independent values this is
the best of all sequential prices in that order, and earns half of OPT or more: the paper's argument, a prophet
inequality on ironed virtual values, needs a threshold price each, and those are on the grid.

References
----------
.. [ChawlaEtAl2010] S. Chawla, J. Hartline, D. Malec, B. Sivan, Multi-parameter mechanism design and sequential posted
   pricing, STOC 2010.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mechanisms.about import About
from mechanisms.beliefs import Belief
from mechanisms.classical.monopoly import marginal_weights
from mechanisms.environment import Environment, FloatArray, IntArray, full_grid
from mechanisms.mechanism import Mechanism, Setting, Settled
from mechanisms.optimal.ironing import is_product
from mechanisms.outcomes import Reports

MAX_CHOICES = 1 << 22
_EQUAL = 1e-12


@dataclass(frozen=True, eq=False)
class Arrival:
    """One player's arrival, in each of the situations that earlier players may have left.

    Attributes
    ----------
    prices : ``(situations, bundles)``; nothing costs 0, and what is not on offer is infinitely dear.
    after : ``(situations, bundles)`` the situation in which the next player arrives; the allocation, after the last.
    """

    prices: FloatArray
    after: IntArray


def choices(worth: FloatArray, prices: FloatArray) -> IntArray:
    """Return the bundle taken at each of ``(..., bundles)`` worths and prices: the best, then the dearest."""
    utility = np.where(np.isfinite(prices), worth - np.where(np.isfinite(prices), prices, 0.0), -np.inf)
    best = utility >= utility.max(axis=-1, keepdims=True)
    taken: IntArray = np.where(best, prices, -1.0).argmax(axis=-1)
    return taken


def best_menu(worth: IntArray, chances: FloatArray, later: FloatArray) -> tuple[FloatArray, float]:
    """Return the best prices ``(bundles,)`` for one player, and the income expected from her and later ones.

    Parameters
    ----------
    worth : ``(types, bundles)``.
    chances : ``(types,)``.
    later : ``(bundles,)`` the income expected from later players after each bundle, minus infinity where it is gone.

    Raises
    ------
    ValueError : if several bundles are there, and more than `MAX_CHOICES` combinations of menu, type and bundle.
    """
    there = np.isfinite(later)
    if there.sum() == 2:  # nothing and one bundle
        return _best_single_price(worth, chances, later)
    levels = [_levels(column) if open_ else np.array([np.inf]) for column, open_ in zip(worth.T, there, strict=True)]
    levels[0] = np.zeros(1)
    size = math.prod(len(level) for level in levels) * worth.size
    if size > MAX_CHOICES:
        raise ValueError(
            f"there are {size:,} combinations of a menu of prices, a type and a bundle; the limit is {MAX_CHOICES:,}"
        )
    picks = full_grid([len(level) for level in levels])
    menus = np.stack([level[pick] for level, pick in zip(levels, picks.T, strict=True)], axis=1)
    taken = choices(worth[None].astype(float), menus[:, None, :])
    income = (np.take_along_axis(menus, taken, axis=1) + later[taken]) @ chances
    best = _first_best(income)
    return menus[best], float(income[best])


def _best_single_price(worth: IntArray, chances: FloatArray, later: FloatArray) -> tuple[FloatArray, float]:
    """Return the same where one bundle is there, without a table of prices and types."""
    bundle = int(np.flatnonzero(np.isfinite(later))[1])
    order = np.argsort(worth[:, bundle])
    reached = np.append(np.cumsum(chances[order][::-1])[::-1], 0.0)
    levels = _levels(worth[:, bundle])
    buys = reached[np.searchsorted(worth[order, bundle], levels)]
    income = later[0] + buys * (np.where(np.isfinite(levels), levels, 0.0) + later[bundle] - later[0])
    best = _first_best(income)
    prices = np.full(len(later), np.inf)
    prices[[0, bundle]] = 0.0, levels[best]
    return prices, float(income[best])


def _first_best(income: FloatArray) -> int:
    return int((income >= income.max() - _EQUAL * max(1.0, income.max())).argmax())


def _levels(worths: IntArray) -> FloatArray:
    positive = np.unique(worths[worths > 0])
    return np.append(positive, np.inf)


class PostedPrices(Mechanism):
    """Take-it-or-leave-it prices to players in order of index, the best of a seller who knows the marginals.

    Attributes
    ----------
    arrivals : what each player is offered, in order of index.
    planned : the income that the plan expects, which is the revenue where types are independent.

    Raises
    ------
    ValueError : if the menus of a player are too many to try (see `best_menu`).
    """

    name = "posted-prices"
    summary = "players arrive in order and take or leave posted prices; the seller knows the marginals"
    solution = "dominant"
    uses_prior = True
    has_role = False
    about = About(
        source="Chawla, Hartline, Malec, Sivan 2010",
        seller="each player's own distribution",
        players="their own value",
        promises="half of OPT for a single good and independent values; nobody need know of any auction",
        fails="correlated values, of which prices see the marginals only; the order of arrival is given",
    )

    def __init__(self, setting: Setting, *, delta: float = 0.0, discount: float = 0.5) -> None:
        super().__init__(setting, delta=delta, discount=discount)
        self.arrivals, self.planned = _plan(setting.environment, setting.prior)

    @classmethod
    def unfit(cls, environment: Environment) -> str | None:
        """Return why it does not work in an environment."""
        if environment.downward_closed:
            return None
        return "serves one player at a time, and this environment is not downward closed"

    def settle(self, reports: Reports, role: int, *, of: int | None = None) -> Settled:
        """Let the players arrive and choose as their announced types would."""
        payments = np.zeros(reports.values.shape)
        situation = np.zeros(len(reports), dtype=np.int64)
        for i, arrival in enumerate(self.arrivals):
            prices = arrival.prices[situation]
            taken = choices(self.environment.worth[i][reports.values[:, i]].astype(float), prices)
            payments[:, i] = np.take_along_axis(prices, taken[:, None], axis=1)[:, 0]
            situation = arrival.after[situation, taken]
        return Settled(situation, payments, np.zeros_like(payments), np.zeros(len(reports)))

    def guarantee(self, opt: float) -> float | None:
        """Return ``(1 - delta) OPT / 2`` for a single good and independent values [ChawlaEtAl2010]_."""
        if not self.environment.single_good or not is_product(self._setting.prior):
            return None
        return (1.0 - self.delta) * opt / 2.0


def _plan(environment: Environment, prior: Belief) -> tuple[tuple[Arrival, ...], float]:
    """Return every player's offers and the income expected from all, by dynamic programming from the last back."""
    n, bundles = environment.players, len(environment.bundles)
    income = np.zeros(len(environment.allocations))
    following = environment.allocations
    arrivals: list[Arrival] = []
    for i in reversed(range(n)):
        here = np.unique(following[:, :i], axis=0)
        after = np.full((len(here), bundles), -1)
        known = {tuple(row): k for k, row in enumerate(here.tolist())}
        for k, row in enumerate(following.tolist()):
            after[known[tuple(row[:i])], row[i]] = k
        chances = marginal_weights(prior, i)
        later = np.where(after >= 0, income[after], -np.inf)
        try:
            menus = [best_menu(environment.worth[i], chances, row) for row in later]
        except ValueError as error:
            raise ValueError(f"posted prices for player {i}: {error}") from None
        arrivals.append(Arrival(np.stack([prices for prices, _ in menus]), after))
        income = np.array([total for _, total in menus])
        following = here
    return tuple(reversed(arrivals)), float(income[0])
