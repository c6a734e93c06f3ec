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
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from agents.strategies import BELIEF_RULES

Z95 = 1.959964
BLUE = "#0173b2"
_BARS: dict[str, dict[str, Any]] = {
    "mechanism": {"facecolor": BLUE, "edgecolor": "black"},
    "benchmark": {"facecolor": "0.88", "edgecolor": "0.3", "hatch": "///"},
    "bound": {"facecolor": "none", "edgecolor": "black", "linestyle": "--", "hatch": ".."},
}
_TRUTH: dict[str, Any] = {"facecolor": "white", "edgecolor": BLUE, "hatch": "///"}
_LIES: dict[str, Any] = {"facecolor": "#f6dcc0"}
_STAR: dict[str, Any] = {"linestyle": "", "marker": "*", "mfc": "white", "mec": "black"}


def new_axes(*, width: float = 7.5, height: float = 4.2) -> Axes:
    """Return the Axes of a new figure, `width` by `height` inches, that keeps its labels inside."""
    with sns.axes_style("ticks"):
        return _new_figure(width, height).add_subplot()


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
        handles.append(
            Line2D([], [], color="black", marker="D", mfc="white", label="simulated, 95 % interval")
        )
    ax.set_yticks(range(len(table)), [_plain(fill(str(name), 24)) for name in table["figure"]])
    ax.set_ylim(max(len(table), 1) - 0.5, -0.5)
    ax.axvline(0.0, color="black", linewidth=0.8)
    return _finish(ax, _amount("revenue per round", unit), "", handles, empty=table.empty)


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
            ends.append(_End(value, f"{name} {_short(value)}"))
    _label_ends(ax, ends)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.ticklabel_format(useOffset=False)
    name = "round" if size == 1 else f"round (means of {size} rounds)"
    return _finish(ax, name, _amount("revenue per round", unit), [handle], empty=table.empty)


def deviation_heat(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw one type's interim gain over truth by value and belief report; truth is boxed, gains have a ▲.

    The table has columns ``seat, type, value, value_report, belief_report, gain``, for one seat and type. At
    most 16 value and 12 belief reports are shown: the truth and those with the largest gains.
    """
    _heat(table, ax, table["gain"], unit)
    if not table.empty:
        _gain_scale([ax], unit)
    return ax


def deviation_grid(table: pd.DataFrame, *, unit: str = "", limit: int = 6) -> Figure:
    """Return a figure with a heat map for each of the `limit` types with the largest gains, on one scale."""
    by_type = [part for _, part in table.groupby(["seat", "type"], sort=False)]
    chosen = sorted(by_type, key=lambda part: -part["gain"].max())[:limit] or [table]
    beliefs = max(len(_shown_beliefs(part)) for part in chosen)
    values = max(len(_shown_values(part)) for part in chosen)
    columns = 2 if beliefs <= 6 and len(chosen) > 1 else 1
    rows = math.ceil(len(chosen) / columns)
    height = rows * (1.7 + 0.3 * values)
    figure = _new_figure(2.6 + 0.8 * columns * max(beliefs, 4), height)
    with sns.axes_style("ticks"):
        axes = [figure.add_subplot(rows, columns, place + 1) for place in range(len(chosen))]
    for part, ax in zip(chosen, axes, strict=True):
        _heat(part, ax, pd.concat(chosen)["gain"], unit)
    if not table.empty:
        _gain_scale(axes, unit)
    return figure


def region_map(
    table: pd.DataFrame,
    border: pd.DataFrame,
    ax: Axes,
    *,
    unit: str = "",
    point: tuple[float, float] | None = None,
) -> Axes:
    """Draw where truth is best in the plane of ε and δ (hatched), its exact border, and contours of the gain.

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
    near = [] if point is None else [(0.9 * point[0], 0.8 * point[1]), (1.1 * point[0], 1.25 * point[1])]
    left, right = _limits([*spanned["epsilon"], *(epsilon for _, epsilon in near)])
    ax.set(xscale="log", xlim=(left, right), ylim=_limits([*spanned["delta"], *(delta for delta, _ in near)]))
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if right < 40 * left else (1.0,)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    handles: list[Artist] = [Patch(label="truth is best", **_TRUTH), Patch(label="some lie pays", **_LIES)]
    if len(border) > 1:
        delta, edge = border["delta"], border["epsilon"].clip(left / 2, 2 * right)
        ax.fill_betweenx(delta, left / 2, edge, linewidth=0, **_TRUTH)
        ax.fill_betweenx(delta, edge, 2 * right, linewidth=0, **_LIES)
        handles += ax.plot(edge, delta, color="black", linewidth=2.5, label="exact border")
    if min(grid.shape) > 1:
        _draw_gains(ax, grid, fill=len(border) < 2)
        handles.append(
            Line2D([], [], color="0.25", linewidth=0.9, label=_amount("best gain from a lie", unit))
        )
    else:
        for spots, marker, inside in ((table["gain"] <= 1e-12, "o", "w"), (table["gain"] > 1e-12, "X", "k")):
            ax.plot(table["epsilon"][spots], table["delta"][spots], marker, mec="black", mfc=inside)
    if point is not None:
        ax.plot(point[1], point[0], ms=16, zorder=5, **_STAR)
        handles.append(Line2D([], [], ms=12, label="this scenario", **_STAR))
    name = _amount("ε, the scale of rewards", unit)
    return _finish(ax, name, "δ, probability of the lottery", handles, empty=spanned.empty)


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
        ends.append(_End(float(opt.iloc[-1]), f"OPT {_short(float(opt.iloc[-1]))}"))
    ax.set_xticks(range(len(place)), [_plain(fill(str(name), 16)) for name in place])
    ax.set_xlim(-0.25, max(len(place), 1) - 0.92)
    ax.ticklabel_format(axis="y", useOffset=False)
    _label_ends(ax, ends)
    name = _amount("revenue per round", unit)
    return _finish(ax, "what players know, from least to most", name, empty=table.empty)


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
        text = ax.annotate(_plain(end.text), (1.0, end.y), (1.035, place), **at, arrowprops=arrow)
        text.set(color=end.colour, fontsize=9, verticalalignment="center")


def _blocks(table: pd.DataFrame, size: int) -> pd.DataFrame:
    variance = table["standard_error"].astype(float) ** 2
    grouped = table.assign(variance=variance).groupby(np.arange(len(table)) // size)
    means = grouped[["round", "revenue", "variance"]].mean()
    return means.assign(standard_error=np.sqrt(means["variance"].astype(float) / grouped.size()))


def _best(table: pd.DataFrame, report: str) -> pd.Series[float]:
    return table["gain"].astype(float).groupby(table[report].astype(str), sort=False).max()


def _shown_beliefs(table: pd.DataFrame, limit: int = 12) -> list[str]:
    """Return the belief reports to show: the truth, rules, then others, chosen by largest gain."""
    best = _best(table, "belief_report").drop("truthful", errors="ignore")
    kept = set(best.nlargest(limit - 1).index)
    names = [str(name) for name in best.index if name in kept]
    return ["truthful", *sorted(names, key=lambda name: name.split("(")[0] not in BELIEF_RULES)]


def _shown_values(table: pd.DataFrame, limit: int = 16) -> list[str]:
    """Return the value reports to show, the lowest first: the truth and those with the largest gains."""
    best = _best(table, "value_report")
    truth = [str(value) for value in table["value"].unique()]
    kept = {*truth, *best.drop(truth, errors="ignore").nlargest(limit - len(truth)).index}
    names = [name for name in dict.fromkeys([*best.index, *truth]) if name in kept]
    try:
        return sorted(names, key=float)
    except ValueError:
        return names


def _heat(table: pd.DataFrame, ax: Axes, scale: pd.Series[float], unit: str) -> None:
    """Draw one type's heat map, with colours that span the gains in `scale`."""
    if not table.empty:
        beliefs, values = _shown_beliefs(table), _shown_values(table)[::-1]
        reports = table.assign(value_report=table["value_report"].astype(str))
        gains = reports.pivot_table(
            index="value_report", columns="belief_report", values="gain", aggfunc="max"
        )
        gains = gains.reindex(index=values, columns=beliefs)
        row = values.index(str(table["value"].iloc[0]))
        gains.iloc[row, 0] = 0.0
        tiny = 1e-12 * max(1.0, float(scale.abs().max()))
        texts = gains.map(lambda gain: _gain_text(gain, tiny)).to_numpy()
        texts[row, 0] = "truth"
        font = {"size": 8 if len(beliefs) <= 8 else 7}
        style = {"annot": texts, "fmt": "", "annot_kws": font, "cmap": "vlag", "linewidths": 0.5}
        sns.heatmap(
            gains, ax=ax, cbar=False, norm=_two_sided(scale), xticklabels=False, yticklabels=False, **style
        )
        for text in ax.texts:
            text.set_fontweight("bold" if text.get_text().startswith(("▲", "truth")) else "normal")
        ax.add_patch(Rectangle((0, row), 1, 1, fill=False, edgecolor="black", linewidth=2.2, clip_on=False))
        ax.patch.set(facecolor="0.95", edgecolor="0.75", hatch="xx")  # where a report is not in the table
        names = [_plain(fill(name, 18)) for name in beliefs]
        ax.set_xticks(np.arange(len(names)) + 0.5, names, rotation=35, ha="right", rotation_mode="anchor")
        ax.set_yticks(np.arange(len(values)) + 0.5, [_plain(name) for name in values])
        ax.set_title(_plain(f"seat {table['seat'].iloc[0]}, type {table['type'].iloc[0]}"), size=10)
    rows = _of("value report", table["value_report"].nunique(), 16)
    rows = _amount(rows, unit) if pd.api.types.is_numeric_dtype(table["value_report"]) else rows
    _finish(ax, _of("belief report", table["belief_report"].nunique(), 12), rows, empty=table.empty)
    sns.despine(ax=ax, left=True, bottom=True)


def _two_sided(scale: pd.Series[float]) -> TwoSlopeNorm:
    """Return a scale centred on 0; neither side is below a tenth of the other, so that dust stays pale."""
    gains = scale.to_numpy(float)
    up, down = float(np.nanmax(gains, initial=0.0)), -float(np.nanmin(gains, initial=0.0))
    least = max(up, down) / 10 or 1.0
    return TwoSlopeNorm(0.0, -max(down, least), max(up, least))


def _gain_scale(axes: Sequence[Axes], unit: str) -> None:
    mesh = axes[0].collections[0]
    low, high = mesh.get_clim()
    bar = axes[0].figure.colorbar(mesh, ax=list(axes), aspect=25 * math.ceil(len(axes) / 2), pad=0.02)
    bar.set_ticks([low, low / 2, 0.0, high / 2, high])
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}".replace("-", "−")))
    bar.ax.yaxis.set_minor_locator(NullLocator())
    bar.set_label(_plain(fill(_amount("interim gain over truth", unit), 24)))


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
    levels = [step for step in steps if np.nanmin(gain[gain > 0], initial=high) < step < 0.8 * high][-7::2]
    if levels:
        lines = ax.contour(*at, levels, colors="0.25", linewidths=0.9)
        for text in ax.clabel(lines, fmt=_short, fontsize=8):
            text.set_bbox({"facecolor": _LIES["facecolor"], "edgecolor": "none", "pad": 0.5})


def _limits(values: Iterable[float]) -> tuple[float, float]:
    finite = [value for value in values if math.isfinite(value) and value >= 0]
    low, high = min(finite, default=0.1), max(finite, default=0.1)
    return low, high if high > low else low + 0.1


def _new_figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _finish(ax: Axes, across: str, up: str, handles: Sequence[Artist] = (), *, empty: bool) -> Axes:
    """Label the axes, put the legend above them, and say so if there is nothing to see."""
    ax.set(xlabel=_plain(across), ylabel=_plain(up))
    if empty:
        ax.text(0.5, 0.5, "nothing to show", transform=ax.transAxes, ha="center", va="center", color="0.35")
    elif handles:
        columns = 3 if len(handles) > 4 else 2
        ax.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=columns,
            frameon=False,
            fontsize=8.5,
        )
    sns.despine(ax=ax)
    return ax


def _amount(name: str, unit: str) -> str:
    return f"{name} ({unit or 'units of value'})"


def _of(name: str, count: int, limit: int) -> str:
    return name if count <= limit else f"{name}, {limit} of {count}"


def _bar_text(exact: float, simulated: float, half: float) -> str:
    parts = [] if math.isnan(exact) else [_short(exact)]
    if not math.isnan(simulated):
        digits = max(0, 1 - math.floor(math.log10(half))) if half > 0 else 4
        spread = f" ± {half:.{digits}f}" if half > 0 else ""
        parts.append(f"(simulated {simulated:.{digits}f}{spread})".replace("-", "−"))
    return " ".join(parts) or "–"


def _gain_text(gain: float, tiny: float) -> str:
    if math.isnan(gain):
        return ""
    if abs(gain) <= tiny:
        return "0"
    return f"▲ {gain:+.3g}" if gain > 0 else f"{gain:.3g}".replace("-", "−")


def _short(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _plain(text: str) -> str:
    """Keep dollar signs from starting a formula."""
    return text.replace("$", r"\$")
