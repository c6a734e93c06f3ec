"""What an estimated deviation surface says: the best gain with its error, its bounds, and what was looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.estimate.tally import Estimate, critical

COLUMNS = [
    "seat",
    "type",
    "value",
    "value_report",
    "belief_report",
    "gain",
    "standard_error",
    "probability",
    "first_gain",
    "stage",
    "samples",
]


@dataclass(frozen=True)
class Tried:
    """How many were looked at, of how many there are."""

    tried: int
    there: int

    def __str__(self) -> str:
        return f"all {self.there:,}" if self.tried == self.there else f"{self.tried:,} of {self.there:,}"


@dataclass(frozen=True)
class Bounds:
    """Bounds on the best gain of the types and reports that were tried, which hold together at a confidence level."""

    lower: float
    upper: float
    level: float


@dataclass(frozen=True, eq=False)
class EstimatedDeviations:
    """The estimated deviation-gain surface, the others truthful.

    Gains after the fact are left out: a sample shows only some of the profiles.

    Attributes
    ----------
    table : a row per seat, type and report other than the truth that was tried. `gain` is interim, with its
        `standard_error` over `samples` profiles; `first_gain` is what the first stage found, by which reports were
        chosen for the second. `stage` is "fresh" where the gain is that of the second stage's own profiles, "first"
        where there was none, "exact" where nothing was sampled. `probability` is that of the type under D.
    seats : how many seats were tried.
    types : how many types of those seats were.
    values : about how many value reports were, where not all.
    """

    table: pd.DataFrame
    seats: Tried
    types: Tried
    values: int | None = None

    @property
    def scope(self) -> str:
        """What the best gain is the best of."""
        reports = self.table["belief_report"].nunique()
        values = "every value report" if self.values is None else f"some {self.values} value reports"
        return (
            f"{self.seats} seats, {self.types} of their types, {values}, "
            f"{reports} belief report{'s' if reports != 1 else ''}"
        )

    @property
    def max_gain(self) -> Estimate:
        """The gain of the report that looked best in the first stage, estimated anew."""
        return _nominee(self.table)

    @property
    def max_gain_value(self) -> Estimate:
        """The same among misreports of the value, the belief told as it is."""
        told = self.table["belief_report"] == "truthful"
        return _nominee(self.table[told & (self.table["value_report"] != self.table["value"])])

    @property
    def max_gain_belief(self) -> Estimate:
        """The same among misreports of the belief, the value told as it is."""
        return _nominee(self.table[self.table["value_report"] == self.table["value"]])

    def bounds(self, level: float = 0.95) -> Bounds:
        """Return simultaneous bounds on the best gain of what was tried, by the normal law and Bonferroni.

        The lower one is over the fresh and exact figures, the upper one over all.
        """
        if not len(self.table):
            return Bounds(float("nan"), float("nan"), level)
        gain, error = self.table["gain"].to_numpy(float), self.table["standard_error"].to_numpy(float)
        again = (self.table["stage"] != "first").to_numpy()
        half = 0.5 + 0.5 * level
        drawn = (self.table["stage"] != "exact").to_numpy()
        low = gain[again] - critical(half, figures=int(drawn[again].sum()), sides=1) * error[again]
        high = gain + critical(half, figures=int(drawn.sum()), sides=1) * error
        return Bounds(float(low.max(initial=-np.inf)), float(high.max()), level)

    def best(self) -> pd.DataFrame:
        """Return each seat's best-looking deviation, a row a seat."""
        return self.table.loc[self.table.groupby("seat")["first_gain"].idxmax()].reset_index(drop=True)


def _nominee(table: pd.DataFrame) -> Estimate:
    if not len(table):
        return Estimate(float("nan"), 0.0)
    row = int(table["first_gain"].to_numpy(float).argmax())
    return Estimate(*(float(table[name].to_numpy(float)[row]) for name in ("gain", "standard_error")))
