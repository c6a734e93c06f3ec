"""Heat maps of deviation gains."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Real
from textwrap import fill

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, NullLocator

from agents.strategies import BELIEF_RULES
from analysis.drawing import amount, finish, new_figure, plain


def deviation_heat(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    """Draw one type's interim gain over truth by value and belief report; truth is boxed, gains have a ▲.

    The table has columns ``seat, type, value, value_report, belief_report, gain``, for one seat and type. At
    most 16 value and 12 belief reports are shown: the truth and those with the largest gains. A report that the
    table lacks in the true value's row is the truth by another name.
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
    figure = new_figure(2.6 + 0.8 * columns * max(beliefs, 4), height)
    with sns.axes_style("ticks"):
        axes = [figure.add_subplot(rows, columns, place + 1) for place in range(len(chosen))]
    for part, ax in zip(chosen, axes, strict=True):
        _heat(part, ax, pd.concat(chosen)["gain"], unit)
    if not table.empty:
        _gain_scale(axes, unit)
    return figure


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
        gains = reports.pivot_table(index="value_report", columns="belief_report", values="gain", aggfunc="max")
        gains = gains.reindex(index=values, columns=beliefs)
        row = values.index(str(table["value"].iloc[0]))
        truths = gains.iloc[row].isna().to_numpy() | (np.arange(len(beliefs)) == 0)
        gains.iloc[row, truths] = 0.0
        tiny = 1e-12 * max(1.0, float(scale[np.isfinite(scale)].abs().max()))
        texts = gains.map(lambda gain: _gain_text(gain, tiny)).to_numpy(object, copy=True)
        texts[row, truths] = ["truth", *["= truth"] * (truths.sum() - 1)]
        font = {"size": 8 if len(beliefs) <= 8 else 7}
        style = {"annot": texts, "fmt": "", "annot_kws": font, "cmap": "vlag", "linewidths": 0.5}
        floor = float(scale[np.isfinite(scale)].min()) if np.isfinite(scale).any() else -1.0
        sns.heatmap(
            gains.clip(lower=floor),
            ax=ax,
            cbar=False,
            norm=_two_sided(scale),
            xticklabels=False,
            yticklabels=False,
            **style,
        )
        for text in ax.texts:
            text.set_fontweight("bold" if text.get_text().startswith(("▲", "truth")) else "normal")
        ax.add_patch(Rectangle((0, row), 1, 1, fill=False, edgecolor="black", linewidth=2.2, clip_on=False))
        ax.patch.set(facecolor="0.95", edgecolor="0.75", hatch="xx")  # where a report is not in the table
        names = [plain(fill(name, 18)) for name in beliefs]
        ax.set_xticks(np.arange(len(names)) + 0.5, names, rotation=35, ha="right", rotation_mode="anchor")
        ax.set_yticks(np.arange(len(values)) + 0.5, [plain(name) for name in values])
        ax.set_title(plain(f"seat {table['seat'].iloc[0]}, type {table['type'].iloc[0]}"), size=10)
    rows = _of("value report", table["value_report"].nunique(), 16)
    numbers = all(isinstance(report, Real) for report in table["value_report"])
    rows = amount(f"{rows}\n", unit) if numbers else rows
    finish(ax, _of("belief report", table["belief_report"].nunique(), 12), rows, empty=table.empty)
    sns.despine(ax=ax, left=True, bottom=True)


def _two_sided(scale: pd.Series[float]) -> TwoSlopeNorm:
    """Return a scale centred on 0; neither side is below a tenth of the other, so that dust stays pale."""
    gains = scale[np.isfinite(scale)].to_numpy(float)
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
    bar.set_label(plain(fill(amount("interim gain over truth", unit), 24)))


def _of(name: str, count: int, limit: int) -> str:
    return name if count <= limit else f"{name}, {limit} of {count}"


def _gain_text(gain: float, tiny: float) -> str:
    if math.isnan(gain):
        return ""
    if math.isinf(gain):
        return "−∞"
    if abs(gain) <= tiny:
        return "0"
    return f"▲ {gain:+.3g}" if gain > 0 else f"{gain:.3g}".replace("-", "−")
