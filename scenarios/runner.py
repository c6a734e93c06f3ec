"""Running a scenario: simulate, compute exactly, tabulate, and write it all down."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from math import nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from agents.game import Game
from analysis.deviation import Deviations, Region, deviations, truthful_region
from analysis.revenue import Benchmarks, benchmarks, knowledge_table
from scenarios.errors import BadInput, blame
from scenarios.experiment import Experiment, assemble
from scenarios.figures import deviation_figures, revenue_figures
from scenarios.result import Result
from scenarios.scenario import Scenario, amended, load
from scenarios.simulation import Played, simulate
from scenarios.store import free_folder, new_folder, write_json, write_table

Progress = Callable[[float, str], None]
_MAX_PROGRAMS = 500
PERCENTS = (1, 5, 25, 50, 75, 95, 99)
_MAX_CELLS = 512
PACKAGES = ("crowdbayes", "mesa", "numpy", "scipy", "pandas", "seaborn", "matplotlib", "pydantic")


def run(
    source: str | Path | Scenario,
    *,
    out: str | Path | None = None,
    write: bool = True,
    seed: int | None = None,
    rounds: int | None = None,
    worlds: int | None = None,
    overrides: Sequence[str] = (),
    workers: int = 1,
    progress: Progress | None = None,
) -> Result:
    """Run a scenario and write its folder.

    Parameters
    ----------
    source : a path, a shipped name, or a scenario.
    out : the folder to make; ``runs/NAME`` (or the next free number) unless given.
    write : False computes without writing.
    seed, rounds, worlds : override the scenario's own.
    overrides : ``KEY=VALUE`` texts, as for the command line's ``--set``.
    workers : processes that play the rounds; the figures are the same bits whatever their number.
    progress : called with the share done and what is being done.

    Raises
    ------
    BadInput : if the scenario or the folder is bad; nothing is left behind.
    """
    settings = {"seed": seed, "rounds": rounds, "worlds": worlds}
    changes = [*overrides, *(f"run.{name}={value}" for name, value in settings.items() if value is not None)]
    scenario = amended(source, changes) if isinstance(source, Scenario) else load(source, overrides=changes)
    if scenario.shocks:
        raise BadInput(f"{scenario.source}: has shocks, which only `crowdbayes learn` plays")
    place = None
    if write:
        place = Path(out) if out is not None else free_folder(scenario.name)
    tell = progress or (lambda share, what: None)
    experiment = assemble(scenario)
    if place is None:
        with blame(scenario.source):
            return _compute(experiment, workers, tell, None)
    with new_folder(place) as partial:
        with blame(scenario.source):
            result = _compute(experiment, workers, tell, place)
        tell(0.9, "drawing")
        _write(experiment, result, partial)
    tell(1.0, "done")
    return result


def _compute(experiment: Experiment, workers: int, tell: Progress, folder: Path | None) -> Result:
    tell(0.0, "solving for OPT")
    against = benchmarks(experiment.game, ties=experiment.scenario.mechanism.ties)
    exact = revenue_figures(experiment, against)
    played = simulate(experiment, against.by_state, workers=workers, tell=lambda share, what: tell(0.7 * share, what))
    tell(0.7, "exact figures")
    found = deviations(experiment.game)
    tell(0.8, "exact figures")
    tables = _tables(experiment, played, against, exact, found)
    figures = {key: value for key, value in exact.items() if key != "notes"}
    figures["simulated"] = {
        name: dict(zip(("mean", "standard_error"), _mean(totals / played.rounds_played), strict=True))
        for name, totals in played.totals.items()
    }
    figures["quantiles"] = tables["quantiles"].to_dict("records")
    figures["deviations"] = {
        key: value for key, value in deviation_figures(experiment, found).items() if key.startswith("max_gain")
    }
    figures["run"] = experiment.scenario.run.model_dump()
    figures["versions"] = versions()
    return Result(experiment.scenario, figures, tables, tuple(exact["notes"]), folder)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that the figures depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _mean(by_world: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Return mean and standard error over worlds (not a number for a single world)."""
    if len(by_world) < 2:
        return float(by_world.mean()), float("nan")
    return float(by_world.mean()), float(by_world.std(ddof=1) / np.sqrt(len(by_world)))


def _tables(
    experiment: Experiment, played: Played, against: Benchmarks, exact: dict[str, Any], found: Deviations
) -> dict[str, pd.DataFrame]:
    per_world = {name: totals / played.rounds_played for name, totals in played.totals.items()}
    utilities = played.utility_totals / played.rounds_played
    tables = {
        "revenue": _revenue_table(experiment, per_world, exact),
        "seats": _seat_table(experiment, utilities, found),
        "rounds": pd.DataFrame(played.windows.table()),
        "quantiles": _quantile_table(played),
        "distribution": played.revenue.at_most(_MAX_CELLS).table(),
        "worlds": pd.DataFrame(
            {
                "world": np.arange(played.worlds),
                **per_world,
                **{f"utility_{i}": utilities[:, i] for i in range(utilities.shape[1])},
            }
        ),
        "deviations": found.table,
        "knowledge": knowledge_table(_structures(experiment), against.opt),
    }
    region = _region(experiment)
    if region is not None:
        tables |= {"region": region.table, "border": region.border}
    return tables


def _revenue_table(experiment: Experiment, per_world: dict[str, Any], exact: dict[str, Any]) -> pd.DataFrame:
    kind = exact["mechanism"]
    rows = [(f"{kind} as played", "mechanism", exact["revenue"], *_mean(per_world["revenue"]))]
    if not experiment.truthful:
        rows.append((f"{kind} if truthful", "mechanism", exact["truthful_revenue"], nan, nan))
    labels = {"opt": "OPT", "lookahead": "lookahead", "vickrey": "Vickrey"}
    rows += [
        (label, "benchmark", exact[name], *_mean(per_world[name]))
        for name, label in labels.items()
        if name in per_world
    ]
    if exact["bound"] is not None:
        rows.append((f"bound for {kind}", "bound", exact["bound"], nan, nan))
    table = pd.DataFrame(rows, columns=["figure", "group", "exact", "simulated", "standard_error"])
    return table.astype({"exact": float, "simulated": float, "standard_error": float})


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


def _seat_table(experiment: Experiment, utilities: Any, found: Deviations) -> pd.DataFrame:
    """Return, a row a seat, its strategy, its simulated utility and its best deviation from truthful play."""
    names = [entry.strategy for entry in experiment.scenario.seats]
    names = names * experiment.environment.players if len(names) == 1 else names
    means = [_mean(column) for column in utilities.T]
    left = pd.DataFrame(
        {
            "seat": range(len(names)),
            "strategy": names,
            "utility": [mean for mean, _ in means],
            "standard_error": [error for _, error in means],
        }
    )
    columns = ["seat", "type", "value_report", "belief_report", "gain"]
    return left.merge(found.best()[columns], on="seat", how="left")


def _structures(experiment: Experiment) -> list[tuple[str, str, Game]]:
    """Return truthful games of M and L under more and more knowledge, the scenario's own among them.

    M is left out where complete knowledge would take more than `_MAX_PROGRAMS` linear programs.
    """
    environment, kind = experiment.environment, experiment.scenario.knowledge.kind
    if environment.players < 2 or not environment.downward_closed:
        return []
    programs = environment.players * len(experiment.space)
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


def _write(experiment: Experiment, result: Result, folder: Path) -> None:
    from scenarios.pictures import draw

    for name, table in result.tables.items():
        write_table(table, folder / f"{name}.parquet")
        table.to_csv(folder / f"{name}.csv", index=False)
    write_json(result.figures, folder / "figures.json")
    text = experiment.as_toml()
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    draw(experiment, result, text, folder)
