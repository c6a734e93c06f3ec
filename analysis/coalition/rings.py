"""What rings gain by lying together, exactly, and what it costs their members, the outsiders and the seller.

Outsiders are truthful. In every information set of what a ring knows together it takes the best joint report in the
menu of `analysis.coalition.menu`, its members weighing the states by their mean opinion. *Interim* is by that opinion;
what the seller and the outsiders lose is under D. Collusion is outside the paper, whose theorems are about players on
their own [AzarChenMicali2012]_. A ring of one is a plain deviation.

Three notions of what a ring can agree on, see `NOTIONS`: ``side-payments``, whatever gives the members most together;
``no-loss``, the most together of what makes no member lose in interim expectation; ``all-gain``, the same of what makes
every member gain.

References
----------
.. [AzarChenMicali2012] P. Azar, J. Chen, S. Micali, Crowdsourced Bayesian auctions, ITCS 2012.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from agents.game import Game
from agents.pool import Pool
from agents.strategies import belief_menu
from analysis.coalition.menu import Menu, member_menu
from analysis.coalition.price import Outlook, outlook, price_of
from analysis.coalition.search import NOTIONS, Scheme, best_schemes, check_fit, utility_tables
from analysis.coalition.tables import RingRows, ring_rows
from mechanisms.environment import IntArray
from mechanisms.outcomes import Reports

__all__ = ["NOTIONS", "Coalitions", "Witness", "coalitions", "stakes"]

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Witness:
    """The information set in which rings of one size gain most, and how.

    Attributes
    ----------
    ring : the members' seats.
    information : what they know together.
    gain : interim, all members' together; 0 if no ring of that size gains.
    reports : what they announce.
    """

    ring: tuple[int, ...]
    information: str
    gain: float
    reports: str


@dataclass(frozen=True, eq=False)
class Coalitions:
    """The best joint lies of every ring, by what a ring can agree on.

    A ring is written as its seats, ``0+1``. Gains and losses are against truthful play, in units of value.

    Attributes
    ----------
    members : a row per ring, notion, information set and member: ``ring, size, notion, information, seat, value,
        value_report, belief_report, gain, loss_expost, risk``. `gain` is interim. `loss_expost` is the largest loss in
        a state of the set, coins averaged. `risk` is the most that her belief alone costs her in any state and role
        that the coins can give her, against her true belief beside the same other reports: in M and L at most
        epsilon, her score.
    sets : a row per ring, notion and information set: ``ring, size, notion, information, probability, gain, gainers,
        losers, reports, seller_loss, outsiders_gain, loss_expost, risk``. `probability` is under D, `gain` the members'
        interim gain together, `gainers` and `losers` seats by interim gain, `seller_loss` revenue lost given the set
        under D, `loss_expost` and `risk` the largest of a member.
    rings : a row per ring and notion: ``ring, size, notion, gain, gain_max, gainers, losers, seller_loss,
        outsiders_gain, loss_expost, risk``. `gain`, `seller_loss` and `outsiders_gain` are means over the sets,
        weighted by D; `gainers` and `losers` go by members' mean gains; `gain_max` is the largest in any set.
    """

    members: pd.DataFrame
    sets: pd.DataFrame
    rings: pd.DataFrame

    def best(self, size: int, *, notion: str = "side-payments") -> Witness:
        """Return the largest gain of any ring of that size in any information set."""
        row = _top(self._of(self.sets, notion, [size]))
        ring = tuple(map(int, row["ring"].split("+")))
        return Witness(ring, row["information"], float(row["gain"]), row["reports"])

    def proof(self, size: int, *, notion: str = "side-payments") -> bool:
        """Return whether no ring of up to that size gains in any information set."""
        return not bool((self._of(self.sets, notion, range(1, size + 1))["gain"] > 0).any())

    def by_size(self) -> pd.DataFrame:
        """Return a row per size and notion: ``size, notion, gain, ring, information, reports, gain_mean, ring_mean``.

        `gain` is the largest in any information set, with its witness; `gain_mean` the largest mean of any ring.
        """
        rows = []
        for size in self.sets["size"].unique().tolist():
            for notion in NOTIONS:
                top, mean = (_top(self._of(table, notion, [size])) for table in (self.sets, self.rings))
                where = {name: top[name] for name in ("size", "notion", "gain", "ring", "information", "reports")}
                rows.append({**where, "gain_mean": mean["gain"], "ring_mean": mean["ring"]})
        return pd.DataFrame(rows)

    @staticmethod
    def _of(table: pd.DataFrame, notion: str, sizes: Iterable[int]) -> pd.DataFrame:
        wanted, known = list(sizes), table["size"].unique().tolist()
        if not wanted or not set(wanted) <= set(known):
            raise ValueError(f"rings of sizes {known} were looked at, not of {wanted}")
        if notion not in NOTIONS:
            raise ValueError(f"unknown notion {notion!r}; there are {', '.join(NOTIONS)}")
        return table[(table["notion"] == notion) & table["size"].isin(wanted)]


def _top(rows: pd.DataFrame) -> pd.Series[Any]:
    """Return the row of largest gain, the first of equals."""
    return rows.iloc[int(rows["gain"].to_numpy().argmax())]


def coalitions(game: Game, *, size: int = 2, other_types: int = 12, memory: int = 1 << 30) -> Coalitions:
    """Return what every ring of 1 to `size` members gains by its best joint reports, the outsiders being truthful.

    Parameters
    ----------
    other_types : how many of a member's other posteriors are in her menu.
    memory : the most bytes that the tables of one information set may take, besides blocks of `agents.game.BLOCK` rows.

    Gains of up to 1e-9 of the largest worth are rounding and count as none.

    Raises
    ------
    ValueError : if there are no rings of that size, or the tables would not fit; or if truth is worth minus infinity to
        a ring, as it can be with a logarithmic score and misinformed players.
    """
    if not 1 <= size <= game.players:
        raise ValueError(f"rings have 1 to {game.players} members, not {size}")
    named = [belief_menu(seat, other_types=other_types) for seat in game.seats]
    truth = outlook(game, game.truthful_play.reports)
    rows = [
        part
        for members in range(1, size + 1)
        for ring in combinations(range(game.players), members)
        for part in _ring_rows(game, ring, [named[i] for i in ring], truth, memory)
    ]
    return Coalitions(
        pd.DataFrame([record for part in rows for record in part.members]),
        pd.DataFrame([record for part in rows for record in part.sets]),
        pd.DataFrame([record for part in rows for record in part.rings]),
    )


def stakes(
    make: Callable[[int], Game],
    factors: Sequence[int],
    *,
    size: int,
    other_types: int = 12,
    memory: int = 1 << 30,
) -> pd.DataFrame:
    """Return what the ring of `size` members that gains most, with side payments, gains at higher stakes.

    Parameters
    ----------
    make : builds the game with all values multiplied by a factor and epsilon as it is.

    Returns
    -------
    A row per factor: ``factor, mechanism, epsilon, size, ring, gain, gain_max, risk, seller_loss``. `epsilon` is nan
    where the mechanism has none; the rest as in `Coalitions.rings`, `gain` being the ring's mean.
    """
    rows = []
    for factor in factors:
        game = make(factor)
        rings = coalitions(game, size=size, other_types=other_types, memory=memory).rings
        top = _top(rings[(rings["size"] == size) & (rings["notion"] == "side-payments")])
        epsilon = float(getattr(game.mechanism, "epsilon", np.nan))
        figures = {name: top[name] for name in ("size", "ring", "gain", "gain_max", "risk", "seller_loss")}
        rows.append({"factor": factor, "mechanism": game.mechanism.name, "epsilon": epsilon, **figures})
    return pd.DataFrame(rows)


def _ring_rows(
    game: Game, ring: tuple[int, ...], named: Sequence[dict[str, IntArray]], truth: Outlook, memory: int
) -> list[RingRows]:
    """Return a ring's rows, notion by notion."""
    pool = game.pool(ring)
    tolerance = _ROUNDING * max(1.0, *(float(table.max()) for table in game.environment.worth))
    menus, schemes = [], []
    for cell in range(len(pool.types)):
        menu = [member_menu(pool, m, cell, names) for m, names in enumerate(named)]
        check_fit(game, ring, menu, memory)
        states = np.flatnonzero(pool.information == cell)
        tables = utility_tables(game, ring, menu, states, pool.profiles(cell)[1])
        menus.append(menu)
        schemes.append(best_schemes(tables, tolerance=tolerance))
    rows = []
    for notion in NOTIONS:
        chosen = [found[notion] for found in schemes]
        price = price_of(game, pool, _reports(game, pool, menus, chosen), truth, tolerance=tolerance)
        rows.append(ring_rows(pool, notion, menus, chosen, price))
    return rows


def _reports(game: Game, pool: Pool, menus: Sequence[Sequence[Menu]], chosen: Sequence[Scheme]) -> Reports:
    """Return everybody's reports in each state, the ring's by its schemes."""
    reports = game.truthful_play.reports.take(np.arange(len(game.space)))
    for m, seat in enumerate(pool.members):
        values = [menu[m].values[scheme.places[2 * m]] for menu, scheme in zip(menus, chosen, strict=True)]
        beliefs = [menu[m].beliefs[scheme.places[2 * m + 1]] for menu, scheme in zip(menus, chosen, strict=True)]
        reports.values[:, seat.index] = np.array(values)[pool.information]
        reports.beliefs[:, seat.index] = np.array(beliefs)[pool.information]
    return reports
