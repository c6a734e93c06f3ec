"""Plots of what rings gain: each takes a table of `analysis.coalition` and an Axes, draws, and returns the Axes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from analysis.coalition.search import NOTIONS
from analysis.drawing import BLUE, amount, finish, plain, short

_LOOKS: dict[str, dict[str, Any]] = {
    "side-payments": {"facecolor": BLUE, "edgecolor": "black"},
    "no-loss": {"facecolor": "0.88", "edgecolor": "0.3", "hatch": "///"},
    "all-gain": {"facecolor": "white", "edgecolor": "black", "hatch": ".."},
}
_LABELS = {"side-payments": "with side payments", "no-loss": "no member loses", "all-gain": "every member gains"}


def gain_by_stake(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw the ring's mean gain against the stakes, and the most that a liar risks by her belief, on log axes.

    The table is `stakes`'s, or several of them on top of each other: a marker for each mechanism, solid for the gain,
    dashed for the risk; dotted, the epsilon that bounds the risk. What is zero has no place on a logarithmic axis.
    """
    handles: list[Artist] = []
    for index, (name, part) in enumerate(table.groupby("mechanism", sort=False)):
        part = part.sort_values("factor")
        look: dict[str, Any] = {"marker": "osD^vP"[index % 6], "mfc": "white", "ms": 7}
        for column, line, what in (("gain", "-", "gain of the ring"), ("risk", "--", "risk of a liar")):
            shown = part[part[column] > 0]
            label = plain(f"{what} in {name}")
            if len(shown):
                colour = BLUE if column == "gain" else "0.2"
                handles += ax.plot(shown["factor"], shown[column], line, color=colour, label=label, **look)
    bounds = table["epsilon"].dropna().unique()
    for bound in bounds[bounds > 0]:
        ax.axhline(bound, color="black", linestyle=":", linewidth=1.4)
        handles.append(Line2D([], [], color="black", ls=":", label=f"ε = {short(float(bound))}"))
    ax.set(xscale="log", yscale="log")
    factors = np.sort(table["factor"].unique())
    ax.set_xticks(factors, [short(float(factor)) for factor in factors])
    ax.set_xticks([], minor=True)
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    return finish(ax, "stakes: factor on all values, ε as it is", amount("per round", unit), handles, empty=table.empty)


def gain_by_size(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw the largest gain of a ring in any information set, by size, a bar for each notion of what it can agree on.

    The table is `Coalitions.by_size`'s. The ring that gains it stands above the bar.
    """
    handles: list[Artist] = []
    sizes = sorted(table["size"].unique())
    for place, notion in enumerate(NOTIONS):
        part = table[table["notion"] == notion]
        if part.empty:
            continue
        handles.append(Patch(label=_LABELS[notion], **_LOOKS[notion]))
        at = part["size"].map(sizes.index).to_numpy(float) + 0.29 * (place - 1)
        ax.bar(at, part["gain"], width=0.27, linewidth=0.9, **_LOOKS[notion])
        for spot, gain, ring in zip(at, part["gain"], part["ring"], strict=True):
            text = f"{short(gain)}\n{ring}" if gain > 0 else "0"
            ax.annotate(text, (spot, gain), (0, 3), textcoords="offset points", ha="center", va="bottom", fontsize=8)
    ax.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    ax.set_xlim(-0.6, max(len(sizes), 1) - 0.4)
    ax.margins(y=0.14)
    ax.set_ylim(bottom=0.0)
    name = amount("largest gain in an information set", unit)
    return finish(ax, "members of the ring", name, handles, empty=table.empty)
