"""What all plots share: a figure without pyplot, labels, legends, numbers as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import seaborn as sns
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Z95 = 1.959964
BLUE = "#0173b2"


def new_axes(*, width: float = 7.5, height: float = 4.2) -> Axes:
    """Return the Axes of a new figure, `width` by `height` inches, that keeps its labels inside."""
    with sns.axes_style("ticks"):
        return new_figure(width, height).add_subplot()


def new_figure(width: float, height: float) -> Figure:
    """Return a figure of that many inches that keeps its labels inside."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def finish(ax: Axes, across: str, up: str, handles: Sequence[Artist] = (), *, empty: bool) -> Axes:
    """Label the axes, put the legend above them, and say so if there is nothing to see."""
    ax.set(xlabel=plain(across), ylabel=plain(up))
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


def amount(name: str, unit: str) -> str:
    """Return an axis label with its unit."""
    return f"{name} ({unit or 'units of value'})"


def short(value: float) -> str:
    """Return a number in four significant digits, with a real minus sign."""
    return f"{value:.4g}".replace("-", "−")


def plain(text: str) -> str:
    """Keep dollar signs from starting a formula."""
    return text.replace("$", r"\$")


@dataclass(frozen=True)
class End:
    """A text that belongs at the right end of a line at height `y`."""

    y: float
    text: str
    colour: Any = "black"


def label_ends(ax: Axes, ends: Sequence[End]) -> None:
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
