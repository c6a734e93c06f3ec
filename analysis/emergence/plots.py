"""Plots of learning: truth, regret and revenue by round, elimination by play, and where worlds end.

Each takes a table of this package and an Axes, and returns the Axes. Bands and bars are 95 % intervals over worlds.
Kinds differ by marker and line style as well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, PercentFormatter

from analysis.drawing import BLUE, Z95, amount, finish, plain, short
from mechanisms.environment import FloatArray

_MARKERS, _LINES = "osD^vPX*", ("-", "--", "-.", ":")
_BASIN: dict[str, dict[str, Any]] = {
    "truthful": {"facecolor": BLUE},
    "mostly truthful": {"facecolor": "#8cc0e0"},
    "truthful values, other beliefs": {"facecolor": "white", "hatch": "///"},
    "mixed": {"facecolor": "0.9"},
}
_HALVES = (("value", "-", "true value"), ("belief", "--", "plain posterior"))
_KINDS: dict[str, dict[str, Any]] = {
    "false value": {"marker": "o", "color": "black", "mfc": "white"},
    "true value, false belief": {"marker": "s", "color": BLUE, "mfc": BLUE},
    "truth": {"marker": "*", "color": "black", "mfc": "black", "ms": 10},
}


def truth_by_round(table: pd.DataFrame, ax: Axes, *, hue: str = "seat") -> Axes:
    """Draw the shares of true values (solid) and of plain posteriors (dashed) among reports, by round.

    Parameters
    ----------
    table : columns ``round, value, value_error, belief, belief_error`` and `hue`, such as the rows of type "all" of
        `measures.shares`; one row per round and hue.
    hue : the column whose values are drawn apart, such as the seat or the learner.
    """
    handles: list[Artist] = []
    kinds = [kind for kind in _HALVES if table[kind[0]].notna().any()]  # no beliefs where nobody asks for them
    for name, part, look in _parts(table, hue):
        for column, line, _ in kinds:
            _banded(ax, part, column, {**look, "linestyle": line}, shares=True)
        handles.append(Line2D([], [], **look, linestyle="-", label=_named(hue, name)))
    handles += [Line2D([], [], color="0.2", ls=line, label=label) for _, line, label in kinds]
    ax.set_ylim(-0.02, 1.02)
    ax.yaxis.set_major_formatter(PercentFormatter(1.0))
    return finish(ax, "round", "share of reports, mean over worlds", handles, empty=table.empty)


def truth_by_type(table: pd.DataFrame, ax: Axes, *, column: str = "truth") -> Axes:
    """Draw the share of truth of each type, by round, as shades: the darker the more truthful, white where none.

    The table is that of `measures.shares`; its rows of type "all" are left out. `column` is one of its shares.
    """
    table = table[table["type"] != "all"]
    types = list(dict.fromkeys(zip(table["seat"], table["type"], strict=True)))
    rounds = np.sort(table["round"].unique())
    if len(types):
        grid = table.pivot_table(index=["seat", "type"], columns="round", values=column, dropna=False)
        edges = np.concatenate([[0], rounds])
        shades = grid.reindex(types).to_numpy(float)
        mesh = ax.pcolormesh(edges, np.arange(len(types) + 1), shades, cmap="Blues", vmin=0, vmax=1)
        bar = ax.figure.colorbar(mesh, ax=ax, format=PercentFormatter(1.0), pad=0.02)
        bar.set_label(f"share of {_SHARE_NAMES[column]}", size=9)
    ax.set_yticks(np.arange(len(types)) + 0.5, [plain(f"{name}   seat {seat}") for seat, name in types], size=8)
    ax.set_ylim(max(len(types), 1), 0)
    return finish(ax, "round", "type", empty=table.empty)


_SHARE_NAMES = {"truth": "truthful reports", "value": "true values", "belief": "plain posteriors"}


def regret_by_round(table: pd.DataFrame, ax: Axes, *, hue: str = "seat", unit: str = "") -> Axes:
    """Draw total external regret by round on logarithmic axes, with a guide that grows like the root of the rounds.

    Parameters
    ----------
    table : columns ``round, external, external_error``, per round so far, and `hue`, as in `measures.regret_path`.
        Where regret is not positive, nothing is drawn.
    """
    handles: list[Artist] = []
    tops = []
    for name, part, look in _parts(table, hue):
        rounds = part["round"].to_numpy(float)
        total = part["external"].to_numpy(float) * rounds
        half = Z95 * part["external_error"].fillna(0.0).to_numpy(float) * rounds
        seen = total > 0
        gap = max(1, int(seen.sum()) // 8)
        ax.plot(rounds[seen], total[seen], markevery=gap, **look)
        low = np.maximum(total - half, total / 10)  # an interval that reaches zero has no end on these axes
        ax.fill_between(rounds, low, total + half, where=seen, color=look["color"], alpha=0.2, linewidth=0)
        handles.append(Line2D([], [], **look, label=_named(hue, name)))
        tops += [(total[seen] / np.sqrt(rounds[seen])).max()] if seen.any() else []
    if tops:
        span = np.array([table["round"].min(), table["round"].max()], dtype=float)
        ax.set(xscale="log", yscale="log")
        handles += ax.plot(span, 1.3 * max(tops) * np.sqrt(span), ":", color="black", label="slope of √T")
    return finish(ax, "round T", amount("regret so far, mean over worlds", unit), handles, empty=not tops)


def revenue_by_round(
    table: pd.DataFrame,
    ax: Axes,
    *,
    hue: str | None = None,
    truthful: float | None = None,
    bound: float | None = None,
    opt: float | None = None,
    unit: str = "",
) -> Axes:
    """Draw the seller's revenue per round in each window, beside what truth would earn, the bound and OPT.

    Parameters
    ----------
    table : columns ``round, revenue, error``, as in `measures.revenue_path`, and `hue` if given.
    truthful, bound, opt : exact figures, drawn as lines.
    """
    handles: list[Artist] = []
    table = table if hue else table.assign(all="learnt, mean over worlds")
    for name, part, look in _parts(table, hue or "all"):
        _banded(ax, part, "revenue", {**look, "linestyle": "-"}, error="error")
        handles.append(Line2D([], [], **look, linestyle="-", label=_named(hue or "", name)))
    for label, value, line in (("truthful", truthful, "--"), ("bound", bound, ":"), ("OPT", opt, "-.")):
        if value is not None and math.isfinite(value):
            handle = ax.axhline(value, color="black", linestyle=line, linewidth=1.3, label=f"{label} {short(value)}")
            handles.append(handle)
    ax.ticklabel_format(useOffset=False)
    return finish(ax, "round", amount("revenue per round", unit), handles, empty=table.empty)


def abandonment_order(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw each report by the round in which it falls by elimination and the round from which learners give it up.

    The table is that of `abandonment.abandonment`. What never goes is in the last column, or in the top row.
    """
    latest = float(np.nanmax(table["abandoned"].to_numpy(float), initial=1.0))
    top, last = 2.0 * latest, float(np.nanmax(table["eliminated"].to_numpy(float), initial=0.0)) + 1.0
    kinds = np.where(table["truthful"], "truth", np.where(table["value_lie"], *list(_KINDS)[:2]))
    across = table["eliminated"].fillna(last).to_numpy(float)
    up = table["abandoned"].fillna(top).to_numpy(float)
    handles: list[Artist] = []
    for place, (kind, look) in enumerate(_KINDS.items()):
        at = np.flatnonzero(kinds == kind)
        spread = 0.16 * (place - 1) + _spread(len(at))
        style = {"ms": 5, "linestyle": "", "alpha": 0.75, "clip_on": False, **look}
        handles += ax.plot(across[at] + spread, up[at], label=kind, **style)
    rounds = np.arange(1, last)
    ax.set_xticks([*rounds, last], [*(f"round {int(k)}" for k in rounds), "survives"])
    ax.set(xlim=(0.5, last + 0.5), yscale="log", ylim=(0.9, 1.15 * top))
    ticks = [t for t in 10.0 ** np.arange(0, 12) if t < 0.7 * top]
    ax.set_yticks([*ticks, top], [*(f"{t:,.0f}" for t in ticks), "never"])
    ax.minorticks_off()
    ax.axhline(math.sqrt(top * latest), color="0.7", linewidth=0.8)
    return finish(ax, "elimination", "round of play from which it is given up", handles, empty=table.empty)


def basin_shares(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw the share of worlds that end in each basin, with intervals; blue is truthful.

    The table is that of `Basins.by_words` or `Basins.table`.
    """
    figures = table[["share", "low", "high"]].to_numpy(float)
    for row, (words, (share, low, high)) in enumerate(zip(table["words"], figures, strict=True)):
        look = _BASIN.get(words, {"facecolor": "#f6dcc0", "hatch": ".."})
        ax.barh(row, share, height=0.65, edgecolor="black", linewidth=0.8, **look)
        ax.errorbar(share, row, xerr=[[max(0.0, share - low)], [max(0.0, high - share)]], color="black", capsize=4)
        end = (max(share, high), row)
        ax.annotate(f"{share:.0%}", end, (5, 0), textcoords="offset points", va="center", size=9)
    ax.set_yticks(range(len(table)), [plain(fill(words, 24)) for words in table["words"]])
    ax.set(xlim=(0, 1.08), ylim=(max(len(table), 1) - 0.5, -0.5))
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.xaxis.set_major_formatter(PercentFormatter(1.0))
    return finish(ax, "share of worlds", "", empty=table.empty)


def mark_changes(ax: Axes, changes: Mapping[int, str]) -> Axes:
    """Draw a dotted line where something changes in play, just before the round, and write what it is beside it.

    Parameters
    ----------
    changes : by round, what changes when it begins.
    """
    for start, what in changes.items():
        rim = [withStroke(linewidth=3.0, foreground="white")]  # seen on dark shades too
        ax.axvline(start - 0.5, color="black", linestyle=":", linewidth=1.3, path_effects=rim)
        note = ax.annotate(
            plain(what),
            (start - 0.5, 1.0),
            (4, -4),
            xycoords=ax.get_xaxis_transform(),
            textcoords="offset points",
            rotation=90,
            va="top",
            size=8,
            bbox={"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1},
        )
        note.set_in_layout(False)
    return ax


def _parts(table: pd.DataFrame, hue: str) -> Iterator[tuple[Hashable, pd.DataFrame, dict[str, Any]]]:
    colours = sns.color_palette("colorblind", 8)
    for k, (name, part) in enumerate(table.groupby(hue, sort=False)):
        look = {"color": colours[k % 8], "marker": _MARKERS[k % 8], "mfc": "white", "ms": 6, "linewidth": 1.4}
        yield name, part.sort_values("round"), look


def _banded(
    ax: Axes, part: pd.DataFrame, column: str, look: dict[str, Any], *, error: str | None = None, shares: bool = False
) -> None:
    rounds, mean = part["round"].to_numpy(float), part[column].to_numpy(float)
    half = Z95 * part[error or f"{column}_error"].fillna(0.0).to_numpy(float)
    low, high = mean - half, mean + half
    if shares:
        low, high = np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
    ax.plot(rounds, mean, markevery=max(1, len(part) // 8), **look)
    ax.fill_between(rounds, low, high, color=look["color"], alpha=0.2, linewidth=0)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def _spread(count: int) -> FloatArray:
    """Return small offsets that keep points with the same coordinates apart."""
    return np.asarray(0.2 * ((0.6180339887 * np.arange(count)) % 1.0) - 0.1, dtype=np.float64)


def _named(hue: str, name: Hashable) -> str:
    return plain(f"seat {name}" if hue == "seat" else str(name))
