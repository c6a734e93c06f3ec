"""A plot of mechanisms side by side: what the seller gets, what the buyers keep, and whether truth holds."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from analysis.drawing import BLUE, amount, finish, new_axes, plain

_REVENUE: dict[str, Any] = {"facecolor": BLUE, "edgecolor": "black"}
_DOUBTFUL: dict[str, Any] = {"facecolor": "0.8", "edgecolor": "0.2", "linestyle": "--"}
_EXPENSES: dict[str, Any] = {"facecolor": "white", "edgecolor": "0.35", "hatch": "..."}
_SURPLUS: dict[str, Any] = {"facecolor": "white", "edgecolor": "0.35", "hatch": "////"}
_LOSS: dict[str, Any] = {"facecolor": "none", "edgecolor": "black", "hatch": "xxx"}
_LIE: dict[str, Any] = {"linestyle": "", "marker": "X", "ms": 8, "mfc": "white", "mec": "black"}
_LEFT: dict[str, Any] = {"linestyle": "", "marker": "D", "ms": 6, "mfc": "white", "mec": "black"}

_ORDER = (
    *("revenue", "revenue, in doubt", "truth is not an equilibrium", "seller's expenses"),
    *("buyers' surplus", "buyers' loss", "revenue if losers stay out", "OPT", "largest welfare"),
)


def comparison_bars(
    table: pd.DataFrame, *, opt: float | None = None, largest_welfare: float | None = None, unit: str = ""
) -> Axes:
    """Draw a bar a mechanism: revenue, and beside it the buyers' surplus; a cross where truth is no equilibrium.

    The table has columns ``mechanism, revenue, expenses, surplus, truthful_is_equilibrium, worst_interim,
    revenue_if_losers_stay_out``; what of the revenue goes to expenses is drawn apart, and mechanisms without revenue
    are left out. Everything is a share of OPT, or money where there is no OPT. Returns the axes of a new figure that is
    as high as the mechanisms need.
    """
    drawn = table[table["revenue"].notna()].reset_index(drop=True)
    scale = opt or 1.0
    ax = new_axes(height=1.5 + 0.3 * max(len(drawn), 3))
    used: dict[str, Artist] = {}
    for row, entry in enumerate(drawn.itertuples()):
        _draw_bar(ax, row, entry, scale, used)
    _draw_line(ax, used, 1.0 if opt else None, "OPT", "-")
    _draw_line(ax, used, None if largest_welfare is None else largest_welfare / scale, "largest welfare", ":")
    ax.axvline(0.0, color="black", linewidth=0.8)
    low, high = ax.get_xlim()
    ax.set_xlim(min(low * 1.05, 0.0), high * 1.03)
    ax.set_yticks(range(len(drawn)), [plain(str(name)) for name in drawn["mechanism"]])
    ax.set_ylim(max(len(drawn), 1) - 0.5, -0.5)
    if opt:
        ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    label = "share of OPT, per round" if opt else amount("money per round", unit)
    return finish(ax, label, "", [used[name] for name in _ORDER if name in used], empty=drawn.empty)


def _draw_bar(ax: Axes, row: int, entry: Any, scale: float, used: dict[str, Artist]) -> None:
    """Draw a mechanism's revenue, its buyers' surplus or loss and its markers; keep a handle of each in `used`."""
    revenue, surplus = entry.revenue / scale, entry.surplus / scale
    lies = entry.truthful_is_equilibrium is False
    loses = not pd.isna(entry.worst_interim) and entry.worst_interim < 0.0
    name, look = ("revenue, in doubt", _DOUBTFUL) if lies or loses else ("revenue", _REVENUE)
    what, kept = ("buyers' surplus", _SURPLUS) if surplus >= 0 else ("buyers' loss", _LOSS)
    spent = entry.expenses / scale
    parts = [(name, max(revenue - spent, 0.0), 0.0, look), (what, surplus, revenue, kept)]
    if spent:
        parts.insert(1, ("seller's expenses", spent, revenue - spent, _EXPENSES))
    for kind, width, left, style in parts:
        ax.barh(row, width, left=left, height=0.62, linewidth=0.9, **style)
        used[kind] = Patch(label=kind, **style)
    if lies:
        _draw_marker(ax, used, revenue, row, "truth is not an equilibrium", _LIE)
    if loses:
        _draw_marker(ax, used, entry.revenue_if_losers_stay_out / scale, row, "revenue if losers stay out", _LEFT)


def _draw_marker(ax: Axes, used: dict[str, Artist], at: float, row: int, name: str, style: dict[str, Any]) -> None:
    ax.plot(at, row, zorder=5, clip_on=False, **style)
    used[name] = Line2D([], [], label=name, **style)


def _draw_line(ax: Axes, used: dict[str, Artist], at: float | None, name: str, style: Any) -> None:
    if at is not None:
        ax.axvline(at, color="black", linestyle=style, linewidth=1.4)
        used[name] = Line2D([], [], color="black", linestyle=style, linewidth=1.4, label=name)
