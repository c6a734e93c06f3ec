"""What all plots share: a figure without pyplot, labels, legends, numbers as text."""

from __future__ import annotations

from collections.abc import Sequence

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
