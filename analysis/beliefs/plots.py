"""Plots of wrong beliefs: each takes a table for one kind of error and an Axes, draws, and returns the Axes.

Mechanisms differ by marker and line style, and their markers are hollow and of different sizes, so that lines that
coincide are seen to. Intervals are 95 %.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from analysis.drawing import Z95, amount, finish, plain, short

_MARKERS = "osD^vPX"
_NEAR = 1e-3  # gains below it are drawn on a plain scale, down to 0
_LINES = ("-", "--", "-.", ":")


def revenue_by_strength(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw each mechanism's revenue by the strength of the error, and OPT as a line.

    The table has columns ``mechanism, strength, revenue, opt`` and, for intervals, ``revenue_error``, as
    `analysis.beliefs.drift.drift` and the summary of `analysis.beliefs.second_order` have for one kind of error.
    """
    handles = _lines(table, "revenue", ax)
    opt = table["opt"].dropna()
    if len(opt):
        level = float(opt.mean())
        handles.append(ax.axhline(level, color="black", linewidth=2.2, zorder=1, label=f"OPT {short(level)}"))
    top = max(ax.get_ylim()[1], 0.0)
    low = float(table["revenue"].min()) if len(table) else 0.0
    ax.set_ylim(min(0.0, low) - 0.05 * top, 1.03 * top)
    return finish(ax, "strength of the error", amount("revenue per round", unit), handles, empty=table.empty)


def truth_by_strength(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of types for whom truth is best by the strength of the error, a line a mechanism.

    The table has columns ``mechanism, strength, truth_best``.
    """
    handles = _lines(table, "truth_best", ax)
    ax.set_ylim(-0.04, 1.06)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    return finish(ax, "strength of the error", "types for whom truth is best", handles, empty=table.empty)


def gain_by_strength(table: pd.DataFrame, ax: Axes, *, column: str = "gain_true", unit: str = "") -> Axes:
    """Draw the best gain of any type over the truth by the strength of the error, a line a mechanism.

    The table has columns ``mechanism, strength`` and the gain, with its error if it has one.
    """
    handles = _lines(table, column, ax)
    ax.set_yscale("symlog", linthresh=_NEAR)
    ax.set_ylim(bottom=-0.3 * _NEAR)
    return finish(ax, "strength of the error", amount("best gain over truth", unit), handles, empty=table.empty)


def _lines(table: pd.DataFrame, column: str, ax: Axes) -> list[Artist]:
    """Draw a column by strength, a line a mechanism, and return the handles."""
    colours = sns.color_palette("dark")
    handles: list[Artist] = []
    names = list(dict.fromkeys(table["mechanism"]))
    for index, name in enumerate(names):
        part = table[table["mechanism"] == name].sort_values("strength")
        error = f"{column}_error"
        half = Z95 * part[error].fillna(0.0) if error in part else None
        style: dict[str, Any] = {
            "marker": _MARKERS[index % len(_MARKERS)],
            "linestyle": _LINES[index % len(_LINES)],
            "color": colours[index % len(colours)],
            "markerfacecolor": "none",
        }
        size = 4.5 + 2.0 * (len(names) - 1 - index)
        ax.errorbar(part["strength"], part[column], half, capsize=4, markersize=size, **style)
        handles.append(Line2D([], [], label=plain(str(name)), **style))
    ticks = sorted(set(table["strength"]))
    if len(ticks) <= 8:
        ax.set_xticks(ticks, [short(tick) for tick in ticks])
    return handles
