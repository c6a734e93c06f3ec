"""Running a scenario: simulate, compute exactly, tabulate, and write it all down."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from analysis.deviation import Deviations, deviations, values_within_reach
from analysis.estimate.findings import EstimatedDeviations
from analysis.revenue import benchmarks
from scenarios.at_size import deviations_at_size
from scenarios.errors import BadInput, blame
from scenarios.experiment import Experiment, assemble
from scenarios.figures import deviation_figures, revenue_figures
from scenarios.result import Result
from scenarios.scenario import Scenario, amended, load
from scenarios.simulation import simulate
from scenarios.store import free_folder, new_folder, write_json, write_table
from scenarios.tables import mean_error, run_tables

Progress = Callable[[float, str], None]
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
    if experiment.game.listed:
        against = benchmarks(experiment.game, ties=experiment.scenario.mechanism.ties)
        exact, by_state = revenue_figures(experiment, against), against.by_state
    else:
        exact, by_state = revenue_figures(experiment), {}
    played = simulate(experiment, by_state, workers=workers, tell=lambda share, what: tell(0.7 * share, what))
    tell(0.7, "deviations")
    found: Deviations | EstimatedDeviations
    if experiment.game.listed:
        found = deviations(experiment.game, values=values_within_reach(experiment.game))
    else:
        found = deviations_at_size(experiment)
    tell(0.8, "tables")
    tables = run_tables(experiment, played, exact, found)
    figures = {key: value for key, value in exact.items() if key != "notes"}
    figures["simulated"] = {
        name: dict(zip(("mean", "standard_error"), mean_error(totals / played.rounds_played), strict=True))
        for name, totals in played.totals.items()
    }
    figures["quantiles"] = tables["quantiles"].to_dict("records")
    best = deviation_figures(experiment, found)
    beside = ("scenario", "mechanism", "unit", "notes", "rows")
    figures["deviations"] = {key: best[key] for key in best if key not in beside}
    figures["run"] = experiment.scenario.run.model_dump()
    figures["versions"] = versions()
    notes = (*exact["notes"], *best.get("notes", ()))
    return Result(experiment.scenario, figures, tables, notes, folder)


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that the figures depend on."""
    return {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


def _write(experiment: Experiment, result: Result, folder: Path) -> None:
    from scenarios.pictures import draw

    for name, table in result.tables.items():
        write_table(table, folder / f"{name}.parquet")
        table.to_csv(folder / f"{name}.csv", index=False)
    write_json(result.figures, folder / "figures.json")
    text = experiment.as_toml()
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    draw(experiment, result, text, folder)
