"""Deviation gains: what a type gains, exactly, by reporting something else than the truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agents.game import Game, Seat
from agents.strategies import belief_menu
from agents.strategies.rules import BELIEF_RULES, spread
from analysis.memory import MEMORY, rows_within
from mechanisms.environment import BoolArray, Environment, FloatArray, IntArray

_ROUNDING = 1e-12
WORK = 12_000_000  # rows of reports on grids of ten values, about a microsecond each
COLUMNS = [
    "seat",
    "type",
    "value",
    "value_report",
    "belief_report",
    "gain",
    "gain_expost",
    "probability",
]


@dataclass(frozen=True, eq=False)
class Deviations:
    """The deviation-gain surface of every type, the others truthful.

    Attributes
    ----------
    table : a row per seat, type and report other than the truth. `gain` is interim: expected utility by the type's
        own posterior, less that of the truth. `gain_expost` is the largest gain in any state of the type, coins
        averaged. `probability` is that of the type under D.
    values : how many value reports of a seat were tried at most, where not all.
    """

    table: pd.DataFrame
    values: int | None = None

    @property
    def max_gain(self) -> float:
        """The best gain of any type from any report."""
        return _highest(self.table)

    @property
    def max_gain_value(self) -> float:
        """The best gain with the value misreported and the belief told as it is."""
        told = self.table["belief_report"] == "truthful"
        return _highest(self.table[told & (self.table["value_report"] != self.table["value"])])

    @property
    def max_gain_belief(self) -> float:
        """The best gain with the belief misreported and the value told as it is."""
        return _highest(self.table[self.table["value_report"] == self.table["value"]])

    def best(self) -> pd.DataFrame:
        """Return each seat's best deviation, a row a seat."""
        return self.table.loc[self.table.groupby("seat")["gain"].idxmax()].reset_index(drop=True)


def _highest(table: pd.DataFrame) -> float:
    return float(table["gain"].max()) if len(table) else float("nan")


def deviations(
    game: Game, *, other_types: int = 12, points: int = 0, values: int | None = None, memory: int = MEMORY
) -> Deviations:
    """Return the interim and ex-post gains of every type from every value report x named belief report.

    A report that is the truth under another name (a prior that equals the posterior, say) is left out.

    Parameters
    ----------
    other_types : how many of the seat's other posteriors are tried as belief reports.
    points : how many beliefs that are certain of one profile are.
    values : how many value reports of a seat are tried, spread evenly; all unless given.
    memory : bytes that the profiles of reports worked on at a time may take, about.
    """
    rows = rows_within(memory, game.environment)
    menus = [belief_menu(seat, other_types=other_types, points=points) for seat in game.seats]
    frames = [_seat_table(game, seat, menu, values, rows) for seat, menu in zip(game.seats, menus, strict=True)]
    some = values if values is not None and values < max(game.environment.shape) else None
    return Deviations(pd.concat(frames, ignore_index=True), some)


def values_within_reach(game: Game, *, other_types: int = 12, work: int = WORK) -> int | None:
    """Return how many value reports of a seat fit in about so many rows on grids of ten values; None if all do."""
    beliefs = len(BELIEF_RULES) + other_types if game.mechanism.elicits_beliefs else 1
    wide = max(1.0, max(game.environment.shape) / 10.0)  # a row takes as long as the grid that prices are sought on
    reach = max(2, int(work / (len(game.space) * len(game.seats) * beliefs * wide)))
    return None if reach >= max(game.environment.shape) else reach


def _seat_table(game: Game, seat: Seat, menu: dict[str, IntArray], values: int | None, rows: int) -> pd.DataFrame:
    beliefs = np.stack(list(menu.values()), axis=2)
    if not game.mechanism.elicits_beliefs:
        beliefs = beliefs[:, :, :1]
    tried = np.array(spread(seat.menu_size, values))
    beliefs = beliefs[:, tried]
    surface = game.surface(seat.index, beliefs, values=tried, rows=rows)
    gain = rounded(surface.interim - game.truth(seat.index, rows=rows)[:, None, None], game.environment)
    cell, value, belief = np.nonzero(~_honest(seat, beliefs, tried))
    mass = np.bincount(seat.information, game.space.weights)
    money = worths(seat)
    return pd.DataFrame(
        {
            "seat": seat.index,
            "type": np.array(seat.names, dtype=object)[cell],
            "value": money[seat.types[cell]],
            "value_report": money[tried[value]],
            "belief_report": np.array(list(menu), dtype=object)[belief],
            "gain": gain[cell, value, belief],
            "gain_expost": rounded(surface.expost_gain, game.environment)[cell, value, belief],
            "probability": mass[cell],
        },
        columns=COLUMNS,
    )


def rounded(gain: FloatArray, environment: Environment) -> FloatArray:
    """Return zero for what is only rounding, in view of the largest worth."""
    top = max(1.0, *(float(table.max()) for table in environment.worth))
    return np.where(abs(gain) < _ROUNDING * top, 0.0, gain)


def _honest(seat: Seat, beliefs: IntArray, tried: IntArray) -> BoolArray:
    """Return which reports ``(types, values, beliefs)`` are the truth."""
    own = tried[None, :, None] == seat.types[:, None, None]
    honest: BoolArray = own & (beliefs == seat.posteriors[:, None, None])
    return honest


def worths(seat: Seat) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Return what types are called in tables: values where served or not is all, names otherwise."""
    if seat.environment.services is not None:
        return np.array(seat.environment.values[seat.index].tolist(), dtype=object)
    names = [seat.environment.type_name(seat.index, k) for k in range(seat.menu_size)]
    return np.array(names, dtype=object)


@dataclass(frozen=True, eq=False)
class Region:
    """Where in the plane of delta and epsilon no type gains by misreporting her value.

    Attributes
    ----------
    table : columns epsilon, delta, gain: the best gain of any type from any value misreport.
    border : columns delta, epsilon: the largest epsilon at which truth is still best, exactly.
    """

    table: pd.DataFrame
    border: pd.DataFrame


def truthful_region(make: Callable[[float, float], Game], epsilons: Sequence[float], deltas: Sequence[float]) -> Region:
    """Return the gains from value misreports over a grid of epsilon and delta, and the exact border.

    Utility is ``(1 - delta) A + delta B + epsilon C``, A being what the mechanism gives, B Lemma 1's lottery and C the
    reward for epsilon = 1. Three surfaces therefore give the gain everywhere.

    Parameters
    ----------
    make : builds the game for an epsilon and a delta, on one shared book of beliefs.
    """
    games = [make(e, d) for e, d in ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0))]
    base, lottery, both = map(_value_gains, games)
    reward = rounded(both - base, games[0].environment)
    rows = [
        (e, d, float(((1 - d) * base + d * lottery + e * reward).max(initial=-np.inf)))
        for d in deltas
        for e in epsilons
    ]
    border = []
    for d in deltas:
        margin = -((1 - d) * base + d * lottery)
        tempted = reward > 0.0
        limits = np.maximum(margin[tempted], 0.0) / reward[tempted]
        border.append((d, float(limits.min(initial=np.inf))))
    return Region(
        pd.DataFrame(rows, columns=["epsilon", "delta", "gain"]),
        pd.DataFrame(border, columns=["delta", "epsilon"]),
    )


def _value_gains(game: Game) -> FloatArray:
    """Return the gain of every type of every seat from every value misreport, flattened."""
    gains = []
    for seat in game.seats:
        beliefs = np.repeat(seat.posteriors[:, None, None], seat.menu_size, axis=1)
        gain = game.surface(seat.index, beliefs).interim - game.truth(seat.index)[:, None, None]
        gains.append(rounded(gain, game.environment)[~_honest(seat, beliefs, np.arange(seat.menu_size))])
    return np.concatenate(gains)
