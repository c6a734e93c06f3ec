"""Plots: each takes a tidy table and an Axes, draws, and returns the Axes.

Everything reads in black and white: kinds differ by hatch, marker or line style, and numbers are written out.
Intervals are 95 %. An empty table gives labelled, empty axes. `new_axes` makes an Axes without pyplot.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from analysis.drawing import BLUE, Z95, End, amount, finish, label_ends, new_axes, plain, short
from analysis.heat import deviation_grid, deviation_heat
from analysis.rounds_plots import revenue_by_round, revenue_distribution, truthful_by_round

__all__ = [
    "Z95",
    "deviation_grid",
    "deviation_heat",
    "knowledge_revenue",
    "new_axes",
    "region_map",
    "revenue_bars",
    "revenue_by_round",
    "revenue_distribution",
    "truthful_by_round",
]
_BARS: dict[str, dict[str, Any]] = {
    "mechanism": {"facecolor": BLUE, "edgecolor": "black"},
    "benchmark": {"facecolor": "0.88", "edgecolor": "0.3", "hatch": "///"},
    "bound": {"facecolor": "none", "edgecolor": "black", "linestyle": "--", "hatch": ".."},
}
_TRUTH: dict[str, Any] = {"facecolor": "white", "edgecolor": BLUE, "hatch": "///"}
_LIES: dict[str, Any] = {"facecolor": "#f6dcc0"}
_STAR: dict[str, Any] = {"linestyle": "", "marker": "*", "mfc": "white", "mec": "black"}


def revenue_bars(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw revenues as bars: exact as the bar, simulated as a marker with its interval, bounds dotted.

    The table has columns ``figure, group, exact, simulated, standard_error``; groups are mechanism, benchmark
    and bound. Where there is a column ``estimated`` it stands in for what is not exact.
    """
    known = table["exact"].fillna(table["estimated"]) if "estimated" in table else table["exact"]
    guessed = table["exact"].isna() & known.notna()
    how = "exact or estimated" if "estimated" in table else "exact"
    numbers = table.assign(exact=known)[["exact", "simulated", "standard_error"]].to_numpy(float)
    for row, (group, (exact, simulated, error), guess) in enumerate(zip(table["group"], numbers, guessed, strict=True)):
        half = 0.0 if math.isnan(error) else Z95 * error
        ax.barh(row, exact, height=0.62, linewidth=0.9, **_BARS[group])
        ax.errorbar(simulated, row, xerr=half, fmt="D", color="black", mfc="white", ms=5, capsize=4)
        end = (np.nanmax([0.0, exact, simulated + half]), row)
        text = _bar_text(exact, simulated, half, "estimated " if guess else "")
        ax.annotate(text, end, (5, 0), textcoords="offset points", va="center", size=8.5)
    handles: list[Artist] = [
        Patch(label=group if group == "bound" else f"{group}, {how}", **style)
        for group, style in _BARS.items()
        if (table["group"] == group).any()
    ]
    if table["simulated"].notna().any():
        handles.append(Line2D([], [], color="black", marker="D", mfc="white", label="simulated, 95 % interval"))
    ax.set_yticks(range(len(table)), [plain(fill(str(name), 24)) for name in table["figure"]])
    ax.set_ylim(max(len(table), 1) - 0.5, -0.5)
    ax.axvline(0.0, color="black", linewidth=0.8)
    return finish(ax, amount("revenue per round", unit), "", handles, empty=table.empty)


def region_map(
    table: pd.DataFrame,
    border: pd.DataFrame,
    ax: Axes,
    *,
    unit: str = "",
    point: tuple[float, float] | None = None,
) -> Axes:
    """Draw where no value lie pays in the plane of ε and δ (hatched), its exact border, and contours of the gain.

    Parameters
    ----------
    table : columns ``epsilon, delta, gain``, the best gain of any type from any misreport, on a grid.
    border : columns ``delta, epsilon``, the largest ε at which truth is still best; may be infinite.
    point : the scenario's own ``(delta, epsilon)``.
    """
    table = table[table["epsilon"] > 0]
    border = border.dropna().sort_values("delta")
    grid = table.pivot_table(index="delta", columns="epsilon", values="gain")
    spanned = border if table.empty else table
    point = None if point is None or point[1] <= 0 else point  # a logarithmic axis has no place for 0
    near = [] if point is None else [(0.9 * point[0], 0.8 * point[1]), (1.1 * point[0], 1.25 * point[1])]
    left, right = _limits([*spanned["epsilon"][spanned["epsilon"] > 0], *(epsilon for _, epsilon in near)])
    ax.set(xscale="log", xlim=(left, right), ylim=_limits([*spanned["delta"], *(delta for delta, _ in near)]))
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if right < 40 * left else (1.0,)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    handles: list[Artist] = [Patch(label="no value lie pays", **_TRUTH), Patch(label="some value lie pays", **_LIES)]
    if len(border) > 1:
        delta, edge = border["delta"], border["epsilon"].clip(left / 2, 2 * right)
        ax.fill_betweenx(delta, left / 2, edge, linewidth=0, **_TRUTH)
        ax.fill_betweenx(delta, edge, 2 * right, linewidth=0, **_LIES)
        handles += ax.plot(edge, delta, color="black", linewidth=2.5, label="exact border")
    if min(grid.shape) > 1:
        _draw_gains(ax, grid, fill=len(border) < 2)
        handles.append(Line2D([], [], color="0.25", linewidth=0.9, label=amount("best gain from a lie", unit)))
    else:
        pays = table["gain"] > 1e-12
        for spots, marker, name in ((table[~pays], "o", "no lie pays"), (table[pays], "X", "a lie pays")):
            at = (spots["epsilon"], spots["delta"])
            handles += ax.plot(*at, marker, color="black", clip_on=False, label=f"computed: {name}")
    if point is not None:
        ax.plot(point[1], point[0], ms=16, zorder=5, **_STAR)
        handles.append(Line2D([], [], ms=12, label="this scenario", **_STAR))
    name = amount("ε, the scale of rewards", unit)
    return finish(ax, name, "δ, probability of the lottery", handles, empty=spanned.empty)


def knowledge_revenue(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw each mechanism's revenue over the knowledge structures, in the table's order, and OPT as a line.

    The table has columns ``knowledge, mechanism, revenue, opt`` and, for intervals, ``standard_error``.
    """
    place = {name: at for at, name in enumerate(dict.fromkeys(table["knowledge"]))}
    colours = sns.color_palette("dark")
    ends = []
    for index, (name, part) in enumerate(table.dropna(subset=["revenue"]).groupby("mechanism", sort=False)):
        error = Z95 * part["standard_error"].fillna(0.0) if "standard_error" in part else None
        ends.append(End(float(part["revenue"].iloc[-1]), str(name), colours[index % len(colours)]))
        style: dict[str, Any] = {
            "marker": "osD^vPX"[index % 7],
            "linestyle": ["-", "--", "-.", ":"][index % 4],
        }
        at = part["knowledge"].map(place)
        ax.errorbar(at, part["revenue"], error, color=ends[-1].colour, ms=7, mfc="white", capsize=4, **style)
    opt = table.groupby("knowledge", sort=False)["opt"].mean().dropna()
    if len(opt):
        middle = opt.index.map(place).to_numpy(float)
        ax.hlines(opt, middle - 0.5, middle + 0.5, "black")
        ends.append(End(float(opt.iloc[-1]), f"OPT {short(float(opt.iloc[-1]))}"))
    ax.set_xticks(range(len(place)), [plain(fill(str(name), 16)) for name in place])
    ax.set_xlim(-0.25, max(len(place), 1) - 0.92)
    ax.ticklabel_format(axis="y", useOffset=False)
    label_ends(ax, ends)
    name = amount("revenue per round", unit)
    return finish(ax, "what players know, from least to most", name, empty=table.empty)


def _draw_gains(ax: Axes, grid: pd.DataFrame, *, fill: bool) -> None:
    """Draw contours of the gains above 0 and, if asked, hatch where there are none."""
    gain = grid.to_numpy(float)
    low, high = np.nanmin(gain, initial=0.0), np.nanmax(gain, initial=0.0)
    at = (grid.columns.to_numpy(float), grid.index.to_numpy(float), gain)
    if fill:
        colours = [_TRUTH["facecolor"], _LIES["facecolor"]]
        areas = ax.contourf(*at, [low - 1.0, 1e-12, high + 1.0], colors=colours, hatches=["///", ""])
        areas.set(edgecolor=BLUE, linewidth=0)
    steps = [lead * 10.0**power for power in range(-15, 16) for lead in (1, 2, 5)]
    levels = [step for step in steps if 0.03 * high < step < 0.8 * high and step > low][::2]
    if levels:
        lines = ax.contour(*at, levels, colors="0.25", linewidths=0.9)
        for text in ax.clabel(lines, fmt=short, fontsize=8):
            text.set_bbox({"facecolor": _LIES["facecolor"], "edgecolor": "none", "pad": 0.5})


def _limits(values: Iterable[float]) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value) and value >= 0]
    low, high = min(finite, default=0.1), max(finite, default=0.1)
    return low, high if high > low else low + 0.1


def _bar_text(exact: float, simulated: float, half: float, how: str = "") -> str:
    parts = [] if math.isnan(exact) else [how + short(exact)]
    if not math.isnan(simulated):
        digits = max(0, 1 - math.floor(math.log10(half))) if half > 0 else 4
        spread = f" ± {half:.{digits}f}" if half > 0 else ""
        parts.append(f"(simulated {simulated:.{digits}f}{spread})".replace("-", "−"))
    return " ".join(parts) or "–"
