"""Plots of what happened in the rounds that were played: by round, and the distribution over all of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from analysis.drawing import BLUE, Z95, End, amount, finish, label_ends, short

_POINTS = 200


def revenue_by_round(
    table: pd.DataFrame, ax: Axes, *, exact: float | None = None, opt: float | None = None,
    bound: float | None = None, unit: str = "", smooth: int | None = None, known: str = "exact",
) -> Axes:  # fmt: skip
    """Draw the mean over worlds by round with its interval; exact figures are lines labelled at the right.

    `known` is what the expected revenue is called: "estimated" where it is.

    The table has columns ``round, revenue, standard_error`` and, where a row stands for several rounds that end with
    that one, ``span``. Blocks of `smooth` rows are averaged, by default so that at most 200 points are left; their
    intervals take rows as independent, which a learner's are not.
    """
    blocks = _blocks(table, smooth)
    rounds, revenue = blocks["round"], blocks["revenue"]
    half = Z95 * blocks["standard_error"]
    label = "mean over worlds, 95 % interval"
    if len(blocks) > 12:
        ax.plot(rounds, revenue, color=BLUE, linewidth=1.3)
        ax.fill_between(rounds, revenue - half, revenue + half, color=BLUE, alpha=0.3, linewidth=0)
        handle: Artist = Patch(facecolor=BLUE, alpha=0.4, label=label)
    else:
        ax.errorbar(rounds, revenue, yerr=half.fillna(0.0), fmt="o-", color=BLUE, capsize=4)
        handle = Line2D([], [], color=BLUE, marker="o", label=label)
    ends = []
    for name, value, dash in (("OPT", opt, "-"), (known, exact, "--"), ("bound", bound, ":")):
        if value is not None and math.isfinite(value):
            ax.axhline(value, color="black", linestyle=dash, linewidth=1.2)
            ends.append(End(value, f"{name} {short(value)}"))
    label_ends(ax, ends)
    ax.ticklabel_format(useOffset=False)
    _number_rounds(ax)
    return finish(ax, _across(blocks), amount("revenue per round", unit), [handle], empty=table.empty)


def truthful_by_round(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the shares of true values and of plain posteriors among all reports, by round.

    The table has columns ``round, truthful_values, truthful_beliefs`` and perhaps ``span``, as in `revenue_by_round`;
    many rows are averaged in blocks.
    """
    shares = _blocks(table)
    styles = {"truthful_values": ("true value", "-", "o"), "truthful_beliefs": ("plain posterior", "--", "s")}
    handles = []
    for column, (label, line, marker) in styles.items():
        gap = max(1, len(shares) // 12)
        look: dict[str, Any] = {"ls": line, "marker": marker, "markevery": gap, "mfc": "white", "label": label}
        handles += ax.plot(shares["round"], shares[column], color=BLUE if line == "-" else "0.2", **look)
    ax.set_ylim(-0.02, 1.02)
    _number_rounds(ax)
    return finish(ax, _across(shares), "share of reports", handles, empty=table.empty)


def revenue_distribution(
    table: pd.DataFrame, quantiles: pd.DataFrame, ax: Axes, *, exact: float | None = None, unit: str = ""
) -> Axes:
    """Draw which share of rounds brought at most how much, with some quantiles marked.

    Parameters
    ----------
    table : columns ``high, share``: the largest revenue of each cell, increasing, and its share of the rounds.
    quantiles : columns ``percent, revenue``.
    exact : the expected revenue of a round.
    """
    share = table["share"].cumsum()
    finite = np.isfinite(table["high"].to_numpy(float))
    at, height = table["high"][finite], share[finite]
    handles: list[Artist] = []
    if len(at):
        start = height.iloc[0] - table["share"][finite].iloc[0]
        across, up = [at.iloc[0], *at], [start, *height]
        handles += ax.step(across, up, where="post", color=BLUE, linewidth=1.3, label="rounds simulated")
    marks = quantiles[np.isfinite(quantiles["revenue"].to_numpy(float))]
    if len(marks):
        name = ", ".join(f"{percent:g}" for percent in marks["percent"]) + " %"
        look: dict[str, Any] = {"linestyle": "", "marker": "o", "mfc": "white", "color": "black", "label": name}
        handles += ax.plot(marks["revenue"], marks["percent"] / 100.0, **look)
    if exact is not None and math.isfinite(exact):
        handles.append(ax.axvline(exact, color="black", linestyle="--", linewidth=1.2, label=f"mean {short(exact)}"))
    ax.set_ylim(-0.02, 1.02)
    ax.ticklabel_format(axis="x", useOffset=False)
    name = amount("revenue of a round", unit)
    return finish(ax, name, "share of rounds with at most this", handles, empty=table.empty)


def _blocks(table: pd.DataFrame, size: int | None = None) -> pd.DataFrame:
    """Return means of blocks of rows, each row weighing as much as it has rounds, at the middle of their rounds."""
    size = size or max(1, math.ceil(len(table) / _POINTS))
    table = table.sort_values("round").reset_index(drop=True).astype(float)
    span = table["span"] if "span" in table else pd.Series(1.0, index=table.index)
    block = np.arange(len(table)) // size
    weight = span / span.groupby(block).transform("sum")
    columns = table.assign(round=table["round"] - (span - 1.0) / 2.0).drop(columns=["span"], errors="ignore")
    means = columns.mul(weight, axis=0).groupby(block).sum(min_count=1)
    if "standard_error" in table:
        parts = (weight * table["standard_error"]) ** 2
        means["standard_error"] = np.sqrt(parts.groupby(block).sum(min_count=1))
    return means.assign(span=span.groupby(block).sum())


def _across(blocks: pd.DataFrame) -> str:
    most = int(blocks["span"].max()) if len(blocks) else 1
    return "round" if most == 1 else f"round (means of {most} rounds)"


def _number_rounds(ax: Axes) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
