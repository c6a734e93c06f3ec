"""Plots of equilibria: each takes a table of `analysis.equilibrium.checks` and an Axes, draws, and returns the Axes."""

from __future__ import annotations

from textwrap import fill, shorten
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from analysis.drawing import BLUE, amount, finish, plain, short

_GAIN: dict[str, Any] = {"facecolor": BLUE, "edgecolor": "black", "linewidth": 0.9}


def logit_shares(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw the share of truthful reports and NashConv along the logit equilibria; the latter on an axis at the right.

    The table is `LogitPath.summary`, in the order of the branch. Uniform play, where lambda is 0, has no place on the
    logarithmic axis and is written beside it.
    """
    shown = table[table["lambda"] > 0]
    handles: list[Artist] = []
    gap = max(1, len(shown) // 12)
    look: dict[str, Any] = {"markevery": gap, "mfc": "white", "ms": 6}
    label = "share of truthful reports (left)"
    handles += ax.plot(shown["lambda"], shown["truthful_share"], color=BLUE, marker="o", label=label, **look)
    ax.set_ylim(-0.02, 1.02)
    finish(ax, f"λ, rationality (1 / {unit or 'unit of value'})", "share of truthful reports", empty=shown.empty)
    if shown.empty:
        return ax
    ax.set_xscale("log")
    right = ax.twinx()
    label = "NashConv (right)"
    handles += right.plot(shown["lambda"], shown["nash_conv"], "--", color="0.2", marker="s", label=label, **look)
    low, high = ax.get_ylim()
    right.set_ylim(top=1.05 * float(table["nash_conv"].max()) or 1.0)
    right.set_ylim(bottom=right.get_ylim()[1] * low / high)
    right.set_ylabel(plain(amount("NashConv", unit)))
    right.spines["top"].set_visible(False)
    start = table[table["lambda"] == 0]
    if len(start):
        share, gain = start.iloc[0][["truthful_share", "nash_conv"]]
        text = f"uniform play: share {short(float(share))}, NashConv {short(float(gain))}"
        ax.set_title(text, loc="right", fontsize=8.5, color="0.25", pad=4)
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.06), ncols=2, frameon=False, fontsize=8.5)
    return ax


def gains_by_type(table: pd.DataFrame, ax: Axes, *, unit: str = "", limit: int = 16) -> Axes:
    """Draw what each type gains by her best report, the largest gains first, the report written beside the bar.

    The table is `EquilibriumCheck.table`; at most `limit` types are shown.
    """
    shown = table.sort_values("gain", ascending=False, kind="stable").head(limit)
    labels = []
    for row, (_, entry) in enumerate(shown.iterrows()):
        labels.append(plain(fill(f"seat {entry['seat']}: {entry['type']}", 26)))
        ax.barh(row, entry["gain"], height=0.62, **_GAIN)
        ax.annotate(_beside(entry), (entry["gain"], row), (5, 0), textcoords="offset points", va="center", size=8.5)
    ax.set_yticks(range(len(shown)), labels)
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    top = float(shown["gain"].max()) if len(shown) else 0.0
    ax.set_xlim(0.0, 2.0 * top if top > 0 else 1.0)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    what = "largest interim gain" + ("" if len(shown) == len(table) else f", {limit} of {len(table)} types")
    return finish(ax, amount(what, unit), "", empty=table.empty)


def _beside(entry: pd.Series[Any]) -> str:
    if entry["gain"] <= 0.0:
        return "0"
    belief = f" with {entry['belief_report']}" if entry["belief_report"] else ""
    return plain(shorten(f"{short(float(entry['gain']))}: says {entry['value_report']}{belief}", 52, placeholder=" …"))
