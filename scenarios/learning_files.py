"""The tables and plots that `learn` writes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from textwrap import shorten
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from analysis.drawing import new_axes
from analysis.emergence import plots as draw
from analysis.emergence.measures import ALL, regret_path, revenue_path, shares, time_to_truth
from analysis.emergence.worlds import shares_of
from scenarios.learning_figures import Measured, unasked

_TOLD = {"value": "true_values", "belief": "true_beliefs", "truth": "truths"}


def tables(found: Sequence[Sequence[Measured]]) -> dict[str, pd.DataFrame]:
    """Return what was measured as tables; rows begin with learner, against, learning seat and phase.

    Rounds of the paths, and those of being true for good and of abandonment, are counted through the whole run.
    """
    makers: dict[str, Callable[[Measured], pd.DataFrame | None]] = {
        "shares": _shares,
        "regret": lambda seen: _moved(seen, regret_path(seen.phase.course), "round"),
        "revenue": lambda seen: _moved(seen, revenue_path(seen.phase.course), "round"),
        "time_to_truth": lambda seen: _moved(
            seen,
            unasked(seen.phase, time_to_truth(seen.phase.course, seen.phase.strategies)),
            *("round", "value_round", "belief_round", "median_round"),
        ),
        "exploitability": lambda seen: seen.exploitability.table,
        "equilibria": lambda seen: seen.nearest.table,
        "basins": lambda seen: seen.basins.table,
        "basin_reports": lambda seen: seen.basins.reports,
        "abandonment": lambda seen: None if seen.abandoned is None else _moved(seen, seen.abandoned, "abandoned"),
        "worlds": _worlds,
    }
    made = {name: [_labelled(seen, make(seen)) for cast in found for seen in cast] for name, make in makers.items()}
    kept = {name: [part for part in parts if part is not None] for name, parts in made.items()}
    return {name: pd.concat(parts, ignore_index=True) for name, parts in kept.items() if parts}


def plots(figures: Mapping[str, Any], found: Sequence[Sequence[Measured]]) -> dict[str, Axes]:
    """Return the plots by name: one of revenue, several for each cast, those that restart with a shock by its round."""
    unit = "" if figures["unit"] == 1.0 else f"× {figures['unit']:g}"
    exact = {"truthful": figures["revenue_truthful"], "bound": figures["bound"], "opt": figures["opt"]}
    parts = [_moved(seen, revenue_path(seen.phase.course), "round") for cast in found for seen in cast]
    titles = [seen.cast.title for cast in found for seen in cast]
    revenue = pd.concat([part.assign(cast=title) for part, title in zip(parts, titles, strict=True)])
    lines = {} if "phases" in figures else exact
    changes = {part["first_round"]: _changed(part["set"]) for part in figures.get("phases", [])[1:]}
    whole = {"revenue": draw.revenue_by_round(revenue, new_axes(), hue="cast", unit=unit, **lines)}
    drawn: dict[str, Axes] = {}
    for cast in found:
        name = _file_name(cast[0])
        told = pd.concat([_shares(seen) for seen in cast])
        whole[f"truth-{name}"] = draw.truth_by_round(told[told["type"] == ALL], new_axes())
        whole[f"types-{name}"] = draw.truth_by_type(told, new_axes(height=_height(told["type"].nunique())))
        for seen in cast:
            part = f"{name}-from-round-{seen.phase.start + 1}" if len(cast) > 1 else name
            drawn |= {f"{kind}-{part}": ax for kind, ax in _plots_of_phase(seen, unit)}
    return {name: draw.mark_changes(ax, changes) for name, ax in whole.items()} | drawn


def _shares(seen: Measured) -> pd.DataFrame:
    return _moved(seen, unasked(seen.phase, shares(seen.phase.course, seen.phase.strategies)), "round")


def _changed(keys: Mapping[str, Any]) -> str:
    """Return in a few words what a shock sets; values that are not short are left out."""
    named = {key.removesuffix(".kind").rpartition(".")[2]: value for key, value in keys.items()}
    said = [f"{name} = {value}" for name, value in named.items() if isinstance(value, str | float | int)]
    new = [name for name, value in named.items() if not isinstance(value, str | float | int)]
    return shorten(", ".join([*said, *([f"new {', '.join(new)}"] if new else [])]), 30, placeholder=" …")


def _plots_of_phase(seen: Measured, unit: str) -> Iterator[tuple[str, Axes]]:
    yield "regret", draw.regret_by_round(regret_path(seen.phase.course), new_axes(), unit=unit)
    words = seen.basins.by_words
    yield "basins", draw.basin_shares(words, new_axes(height=_height(len(words))))
    if seen.abandoned is not None:
        yield "abandonment", draw.abandonment_order(seen.abandoned, new_axes())


def _height(rows: int) -> float:
    return max(2.5, 0.3 * rows + 1.4)


def _file_name(seen: Measured) -> str:
    cast = seen.cast
    plain = re.sub(r"[^\w.]+", "-", cast.label).strip("-")
    return plain if cast.learning is None else f"{plain}-seat-{cast.learning}"


def _worlds(seen: Measured) -> pd.DataFrame:
    """Return a row per world and learning seat: shares of truth in the last tenth, regret a round, revenue, basin."""
    course = seen.phase.course
    rows = []
    for seat, mine in course.seats.items():
        visits = mine.visits[course.late].sum(axis=(0, 2))
        told = {
            f"late_{kind}": shares_of(getattr(mine, field)[course.late].sum(axis=(0, 2)), visits)
            for kind, field in _TOLD.items()
        }
        regret = {
            "regret_external": mine.external[-1] / course.rounds,
            "regret_to_truth": mine.to_truth[-1] / course.rounds,
        }
        columns: dict[str, Any] = {"world": range(course.worlds), "seat": seat, **told, **regret}
        table = pd.DataFrame({**columns, "late_revenue": seen.phase.course.late_revenue, "basin": seen.basins.labels})
        rows.append(unasked(seen.phase, table))
    return pd.concat(rows, ignore_index=True)


def _moved(seen: Measured, table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Count the rounds in some columns from the beginning of the run."""
    return table.assign(**{name: table[name] + seen.phase.start for name in columns})


def _labelled(seen: Measured, table: pd.DataFrame | None) -> pd.DataFrame | None:
    if table is None or table.empty:
        return None
    cast = seen.cast
    who = pd.DataFrame(
        {"learner": cast.label, "against": cast.against, "learning": cast.learning, "phase": seen.number},
        index=table.index,
    )
    return pd.concat([who, table], axis=1)
