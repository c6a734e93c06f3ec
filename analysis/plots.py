"""Plots: each takes a tidy table and an Axes, draws, and returns the Axes.

Everything reads in black and white: kinds differ by hatch, marker or line style, and numbers are written out.
Intervals are 95 %. An empty table gives labelled, empty axes. `new_axes` makes an Axes without pyplot.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from analysis.drawing import BLUE, Z95, amount, finish, new_axes, plain, short
from analysis.heat import deviation_grid, deviation_heat

__all__ = [
    "Z95",
    "deviation_grid",
    "deviation_heat",
    "knowledge_revenue",
    "new_axes",
    "region_map",
    "revenue_bars",
    "revenue_by_round",
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
    and bound.
    """
    numbers = table[["exact", "simulated", "standard_error"]].to_numpy(float)
    for row, (group, (exact, simulated, error)) in enumerate(zip(table["group"], numbers, strict=True)):
        half = 0.0 if math.isnan(error) else Z95 * error
        ax.barh(row, exact, height=0.62, linewidth=0.9, **_BARS[group])
        ax.errorbar(simulated, row, xerr=half, fmt="D", color="black", mfc="white", ms=5, capsize=4)
        end = (np.nanmax([0.0, exact, simulated + half]), row)
        text = _bar_text(exact, simulated, half)
        ax.annotate(text, end, (5, 0), textcoords="offset points", va="center", size=8.5)
    handles: list[Artist] = [
        Patch(label=group if group == "bound" else f"{group}, exact", **style)
        for group, style in _BARS.items()
        if (table["group"] == group).any()
    ]
    if table["simulated"].notna().any():
        handles.append(Line2D([], [], color="black", marker="D", mfc="white", label="simulated, 95 % interval"))
    ax.set_yticks(range(len(table)), [plain(fill(str(name), 24)) for name in table["figure"]])
    ax.set_ylim(max(len(table), 1) - 0.5, -0.5)
    ax.axvline(0.0, color="black", linewidth=0.8)
    return finish(ax, amount("revenue per round", unit), "", handles, empty=table.empty)


def revenue_by_round(
    table: pd.DataFrame, ax: Axes, *, exact: float | None = None, opt: float | None = None,
    bound: float | None = None, unit: str = "", smooth: int | None = None,
) -> Axes:  # fmt: skip
    """Draw the mean over worlds by round with its interval; exact figures are lines labelled at the right.

    The table has columns ``round, revenue, standard_error``. Blocks of `smooth` rounds are averaged, by
    default so that at most 200 points are left; their intervals take rounds as independent, which a learner's
    are not.
    """
    size = smooth or max(1, math.ceil(len(table) / 200))
    blocks = _blocks(table.sort_values("round"), size)
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
    for name, value, dash in (("OPT", opt, "-"), ("exact", exact, "--"), ("bound", bound, ":")):
        if value is not None and math.isfinite(value):
            ax.axhline(value, color="black", linestyle=dash, linewidth=1.2)
            ends.append(_End(value, f"{name} {short(value)}"))
    _label_ends(ax, ends)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.ticklabel_format(useOffset=False)
    name = "round" if size == 1 else f"round (means of {size} rounds)"
    return finish(ax, name, amount("revenue per round", unit), [handle], empty=table.empty)


def truthful_by_round(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the shares of true values and of plain posteriors among all reports, by round.

    The table has columns ``round, truthful_values, truthful_beliefs``; many rounds are averaged in blocks.
    """
    size = max(1, math.ceil(len(table) / 200))
    shares = table.groupby(np.arange(len(table)) // size)[["round", "truthful_values", "truthful_beliefs"]].mean()
    styles = {"truthful_values": ("true value", "-", "o"), "truthful_beliefs": ("plain posterior", "--", "s")}
    handles = []
    for column, (label, line, marker) in styles.items():
        gap = max(1, len(shares) // 12)
        look: dict[str, Any] = {"ls": line, "marker": marker, "markevery": gap, "mfc": "white", "label": label}
        handles += ax.plot(shares["round"], shares[column], color=BLUE if line == "-" else "0.2", **look)
    ax.set_ylim(-0.02, 1.02)
    name = "round" if size == 1 else f"round (means of {size} rounds)"
    return finish(ax, name, "share of reports", handles, empty=table.empty)


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
        ends.append(_End(float(part["revenue"].iloc[-1]), str(name), colours[index % len(colours)]))
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
        ends.append(_End(float(opt.iloc[-1]), f"OPT {short(float(opt.iloc[-1]))}"))
    ax.set_xticks(range(len(place)), [plain(fill(str(name), 16)) for name in place])
    ax.set_xlim(-0.25, max(len(place), 1) - 0.92)
    ax.ticklabel_format(axis="y", useOffset=False)
    _label_ends(ax, ends)
    name = amount("revenue per round", unit)
    return finish(ax, "what players know, from least to most", name, empty=table.empty)


@dataclass(frozen=True)
class _End:
    """A text that belongs at the right end of a line at height `y`."""

    y: float
    text: str
    colour: Any = "black"


def _label_ends(ax: Axes, ends: Sequence[_End]) -> None:
    """Write the texts beside the right edge, moved apart where they would overlap."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high)
    ends = sorted(ends, key=lambda end: end.y)
    places = [(end.y - low) / (high - low) for end in ends]
    gap = 13.0 / 72.0 * ax.figure.dpi / ax.bbox.height
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    for i in reversed(range(len(places))):
        places[i] = min(places[i], 1.0 - gap * (len(places) - 1 - i))
    arrow = {"arrowstyle": "-", "color": "0.5", "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
    for end, place in zip(ends, places, strict=True):
        at: dict[str, Any] = {"xycoords": ax.get_yaxis_transform(), "textcoords": "axes fraction"}
        text = ax.annotate(plain(end.text), (1.0, end.y), (1.035, place), **at, arrowprops=arrow)
        text.set(color=end.colour, fontsize=9, verticalalignment="center")


def _blocks(table: pd.DataFrame, size: int) -> pd.DataFrame:
    variance = table["standard_error"].astype(float) ** 2
    grouped = table.assign(variance=variance).groupby(np.arange(len(table)) // size)
    means = grouped[["round", "revenue", "variance"]].mean()
    return means.assign(standard_error=np.sqrt(means["variance"].astype(float) / grouped.size()))


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


def _bar_text(exact: float, simulated: float, half: float) -> str:
    parts = [] if math.isnan(exact) else [short(exact)]
    if not math.isnan(simulated):
        digits = max(0, 1 - math.floor(math.log10(half))) if half > 0 else 4
        spread = f" ± {half:.{digits}f}" if half > 0 else ""
        parts.append(f"(simulated {simulated:.{digits}f}{spread})".replace("-", "−"))
    return " ".join(parts) or "–"
