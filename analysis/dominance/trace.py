"""The elimination trace as a picture: who loses how many reports in which round, and by what margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from analysis.drawing import BLUE, finish, plain, short

_ROUNDS: Sequence[dict[str, Any]] = (
    {"facecolor": "0.92", "hatch": "///"},
    {"facecolor": "0.78", "hatch": "..."},
    {"facecolor": "0.64", "hatch": "xxx"},
    {"facecolor": "0.5", "hatch": "\\\\\\"},
    {"facecolor": "0.97", "hatch": "ooo"},
    {"facecolor": "0.85", "hatch": "---"},
)
_LEFT: dict[str, Any] = {"facecolor": BLUE}


def elimination_trace(table: pd.DataFrame, ax: Axes) -> Axes:
    """Draw for each type the reports that fall in each round, with the smallest margin, and what is left.

    `table` is `Elimination.summary`'s. A bar's segment is labelled with the number of reports and the
    smallest margin.
    """
    types = list(dict.fromkeys(zip(table["seat"], table["type"], strict=True)))
    widest = max((_size(table, key) for key in types), default=1)
    rounds = sorted({int(number) for number in table["round"] if number})
    for row, key in enumerate(types):
        mine = table[(table["seat"] == key[0]) & (table["type"] == key[1])]
        start = 0
        for number in rounds:
            for part in mine[mine["round"] == number].itertuples():
                text = f"{part.fallen}, ≥ {short(float(part.margin))}"
                start = _segment(ax, row, start, int(part.fallen), _style(number), text, widest)
        left = int(mine[mine["round"] == 0]["left"].iloc[0])
        _segment(ax, row, start, left, _LEFT, "", widest)
        ax.annotate(f"{left} left", (start + left, row), (4, 0), textcoords="offset points", va="center", size=8)
    ax.set_yticks(range(len(types)), [plain(f"{name}   seat {seat}") for seat, name in types], size=8)
    ax.set(ylim=(max(len(types), 1) - 0.4, -0.6), xlim=(0, 1.12 * widest))
    handles: list[Artist] = [Patch(edgecolor="black", label=_label(table, k), **_style(k)) for k in rounds]
    handles.append(Patch(edgecolor="black", label="survives", **_LEFT))
    return finish(ax, "reports (number that falls, ≥ smallest margin)", "type", handles, empty=table.empty)


def _size(table: pd.DataFrame, key: tuple[int, str]) -> int:
    mine = table[(table["seat"] == key[0]) & (table["type"] == key[1])]
    return int(mine["fallen"].sum() + mine[mine["round"] == 0]["left"].iloc[0])


def _label(table: pd.DataFrame, number: int) -> str:
    """Return a legend text that says what kind of lies fall in a round, where all are of one kind."""
    part = table[table["round"] == number]
    lies, fallen = part["value_lies"].sum(), part["fallen"].sum()
    kind = "value lies" if lies == fallen else "belief lies" if lies == 0 else "both kinds"
    return f"falls in round {number}: {kind}"


def _style(number: int) -> dict[str, Any]:
    return _ROUNDS[(number - 1) % len(_ROUNDS)]


def _segment(ax: Axes, row: int, start: int, width: int, style: dict[str, Any], text: str, widest: int) -> int:
    ax.barh(row, width, left=start, height=0.72, edgecolor="black", linewidth=0.7, **style)
    if text and width > 0.0165 * widest * len(text):
        label = ax.text(start + width / 2, row, text, ha="center", va="center", size=7.5)
        label.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.9})
    return start + width
