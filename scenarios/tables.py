"""The tables of a run: what was simulated beside what is exact, or estimated where exact figures are out of reach."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from agents.game import Game
from analysis.deviation import Deviations, Region, truthful_region
from analysis.estimate.findings import EstimatedDeviations
from analysis.revenue import knowledge_table
from scenarios.experiment import Experiment
from scenarios.simulation import Played

_MAX_PROGRAMS = 500
PERCENTS = (1, 5, 25, 50, 75, 95, 99)
_MAX_CELLS = 512
_MAX_SEATS = 64  # beyond so many, a world's utilities are left out


def run_tables(
    experiment: Experiment, played: Played, exact: dict[str, Any], found: Deviations | EstimatedDeviations
) -> dict[str, pd.DataFrame]:
    """Return the tables of a run by name, given the figures of `revenue` and the deviation gains."""
    per_world = {name: totals / played.rounds_played for name, totals in played.totals.items()}
    utilities = played.utility_totals / played.rounds_played
    seats = utilities.shape[1] if utilities.shape[1] <= _MAX_SEATS else 0
    tables = {
        "revenue": _revenue_table(experiment, per_world, exact),
        "seats": _seat_table(experiment, utilities, found),
        "rounds": pd.DataFrame(played.windows.table()),
        "quantiles": _quantile_table(played),
        "distribution": played.revenue.at_most(_MAX_CELLS).table(),
        "worlds": pd.DataFrame(
            {"world": np.arange(played.worlds), **per_world} | {f"utility_{i}": utilities[:, i] for i in range(seats)}
        ),
        "deviations": found.table,
    }
    if experiment.game.listed:
        tables["knowledge"] = knowledge_table(_structures(experiment), exact["opt"])
        region = _region(experiment)
        if region is not None:
            tables |= {"region": region.table, "border": region.border}
    return tables


def mean_error(by_world: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Return mean and standard error over worlds (not a number for a single world)."""
    if len(by_world) < 2:
        return float(by_world.mean()), float("nan")
    return float(by_world.mean()), float(by_world.std(ddof=1) / np.sqrt(len(by_world)))


def _revenue_table(experiment: Experiment, per_world: dict[str, Any], exact: dict[str, Any]) -> pd.DataFrame:
    """Return a row a figure; where some are estimated, these have columns of their own in place of `exact`."""
    kind, errors = exact["mechanism"], exact["standard_errors"]
    entries = [(f"{kind} as played", "mechanism", "revenue", "revenue")]
    if not experiment.truthful:
        entries.append((f"{kind} if truthful", "mechanism", "truthful_revenue", ""))
    labels = {"opt": "OPT", "lookahead": "lookahead", "vickrey": "Vickrey"}
    if exact["opt"] is None:
        labels = {"opt_lower": "OPT, at least", "opt_upper": "OPT, at most", **labels}
    entries += [
        (label, "bound" if name.startswith("opt_") else "benchmark", name, name)
        for name, label in labels.items()
        if exact[name] is not None
    ]
    if exact["bound"] is not None:
        entries.append((f"bound for {kind}", "bound", "bound", ""))
    rows = []
    for label, group, name, simulated in entries:
        figure = nan if exact[name] is None else exact[name]
        known = (nan, figure, errors[name]) if name in errors else (figure, nan, nan)
        played = mean_error(per_world[simulated]) if simulated in per_world else (nan, nan)
        rows.append((label, group, *known, *played))
    numbers = ["exact", "estimated", "estimated_error", "simulated", "standard_error"]
    table = pd.DataFrame(rows, columns=["figure", "group", *numbers]).astype(dict.fromkeys(numbers, float))
    return table if exact["estimated"] else table.drop(columns=["estimated", "estimated_error"])


def _quantile_table(played: Played) -> pd.DataFrame:
    """Return quantiles of a round's revenue; each lies within `half_width` of its figure."""
    found = [played.revenue.quantile(percent) for percent in PERCENTS]
    return pd.DataFrame(
        {
            "percent": PERCENTS,
            "revenue": [quantile.value for quantile in found],
            "half_width": [quantile.half_width for quantile in found],
        }
    )


def _seat_table(experiment: Experiment, utilities: Any, found: Deviations | EstimatedDeviations) -> pd.DataFrame:
    """Return, a row a seat, its strategy, its simulated utility and its best deviation from truthful play."""
    names = [entry.strategy for entry in experiment.scenario.seats]
    names = names * experiment.environment.players if len(names) == 1 else names
    means = [mean_error(column) for column in utilities.T]
    left = pd.DataFrame(
        {
            "seat": range(len(names)),
            "strategy": names,
            "utility": [mean for mean, _ in means],
            "standard_error": [error for _, error in means],
        }
    )
    columns = ["seat", "type", "value_report", "belief_report", "gain"]
    if isinstance(found, EstimatedDeviations):
        columns.append("gain_error")
        best = found.best().rename(columns={"standard_error": "gain_error"})
        return left.merge(best[columns], on="seat", how="left")
    return left.merge(found.best()[columns], on="seat", how="left")


def _structures(experiment: Experiment) -> list[tuple[str, str, Game]]:
    """Return truthful games of M and L under more and more knowledge, the scenario's own among them.

    M is left out where complete knowledge would take more than `_MAX_PROGRAMS` linear programs.
    """
    environment, kind = experiment.environment, experiment.scenario.knowledge.kind
    if environment.players < 2 or not environment.downward_closed:
        return []
    programs = environment.players * len(experiment.game.space)
    kinds = [name for name, fits in (("M", programs <= _MAX_PROGRAMS), ("L", environment.single_good)) if fits]
    steps: list[tuple[str, Callable[[str], Game]]] = [
        ("own value", lambda kind: experiment.informed(kind, "own-value")),
        ("everybody's", lambda kind: experiment.informed(kind, "complete")),
    ]
    if kind not in ("own-value", "complete") or experiment.scenario.knowledge.misinformed:
        steps.insert(1, ("this scenario's", experiment.rival))
    elif environment.players > 2:
        ring = [[i, (i + 1) % environment.players] for i in range(environment.players)]
        steps.insert(1, ("and one neighbour's", lambda kind: experiment.informed(kind, "graph", edges=ring)))
    return [(label, kind, game(kind)) for label, game in steps for kind in kinds]


def _region(experiment: Experiment) -> Region | None:
    """Return where L as printed is truthful about values on this scenario's states, if the scenario plays L."""
    if experiment.scenario.mechanism.kind not in ("L", "L-printed"):
        return None
    own = experiment.scenario.mechanism.epsilon
    top = max(float(table.max()) for table in experiment.environment.worth)
    low = min(0.001 * top, own / 2) if own > 0 else 0.001 * top
    return truthful_region(
        lambda epsilon, delta: experiment.rival("L-printed", epsilon=epsilon, delta=delta),
        np.geomspace(low, max(top, 2 * own), 41).tolist(),
        np.linspace(0.0, max(0.5, experiment.scenario.mechanism.delta), 41).tolist(),
    )
