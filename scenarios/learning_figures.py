"""What `learn` finds, as plain data: what each learner comes to report, and what that is worth to everybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from agents.learning.arena import Arena
from analysis.dominance.interim import eliminate_reports
from analysis.emergence.abandonment import abandonment, walks_two_steps
from analysis.emergence.basins import Basins, basins
from analysis.emergence.measures import late_shares, regrets, time_to_truth
from analysis.emergence.play import Exploitability, Nearest, exploitability, nearest_equilibrium
from analysis.emergence.worlds import mean_over_worlds
from analysis.revenue import revenue_of
from mechanisms.environment import FloatArray
from mechanisms.optimal import optimal_mechanism
from scenarios.errors import blame
from scenarios.experiment import Experiment
from scenarios.learning import OWN, Cast, Learned, Phase, Tell, set_aside
from scenarios.scenario import Scenario

_PLAYS = {"": "average", "_late": "late", "_current": "final"}
_SHARES = {"truthful_share_value": "value", "truthful_share_belief": "belief", "truthful_share": "truth"}
_REGRETS = {"regret_external": "external", "regret_to_truth": "to_truth"}


@dataclass(frozen=True, eq=False)
class Measured:
    """What is measured of one phase of one cast.

    Attributes
    ----------
    number : of the phase, from 0.
    abandoned : when reports were given up beside when they are eliminated; None if there is no elimination.
    notes : why something is missing.
    """

    cast: Cast
    number: int
    phase: Phase
    arena: Arena
    exploitability: Exploitability
    nearest: Nearest
    basins: Basins
    abandoned: pd.DataFrame | None
    notes: tuple[str, ...]


def measured(learned: Learned, *, tell: Tell = lambda share, what: None) -> list[Measured]:
    """Return what is measured of every phase of what a cast learnt; `tell` is called with the share done and a word."""
    found = []
    with blame(learned.cast.scenario.source):
        for number, phase in enumerate(learned.phases):
            tell(number / len(learned.phases), "measuring")
            found.append(_measured(learned.cast, number, phase))
    return found


def unasked(phase: Phase, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without figures in what it has on beliefs, where the mechanism asks for none; else as it is."""
    if phase.experiment.game.mechanism.elicits_beliefs:
        return table
    return table.assign(**{str(name): np.nan for name in table if "belief" in str(name)})


def yardsticks(experiment: Experiment) -> dict[str, Any]:
    """Return ``revenue_truthful, opt, bound`` of a scenario, exact; None, and a note, where there is none."""
    notes = list(experiment.notes)
    try:
        opt = optimal_mechanism(experiment.environment, experiment.space.prior).revenue
    except ValueError as error:
        opt = None
        notes.append(f"no OPT, and no bound: {error}")
    mechanism = experiment.game.mechanism
    if not mechanism.elicits_beliefs:
        notes.append(f"{mechanism.name} asks for no beliefs")
    bound = None if opt is None else mechanism.guarantee(opt)
    return {"revenue_truthful": revenue_of(experiment.game).total, "opt": opt, "bound": bound, "notes": notes}


def learning_figures(scenario: Scenario, found: Sequence[Sequence[Measured]]) -> dict[str, Any]:
    """Return the figures of learning runs, all money in units of value.

    Where there are shocks, rows name their phase, from 0, and the figures beside the scenario's name are those of
    phase 0; rounds are counted through the whole run, and each phase has a last tenth and regrets of its own.

    Parameters
    ----------
    found : per cast, what is measured of its phases.
    """
    phases = [yardsticks(seen.phase.experiment) for seen in found[0]]
    shocks = len(phases) > 1
    first = found[0][0].phase.experiment
    everything = [seen for cast in found for seen in cast]
    figures: dict[str, Any] = {
        "scenario": scenario.name,
        "mechanism": scenario.mechanism.kind,
        "epsilon": scenario.mechanism.epsilon,
        "delta": scenario.mechanism.delta,
        **scenario.run.model_dump(),
        "unit": first.unit,
        **{name: phases[0][name] for name in ("opt", "bound", "revenue_truthful")},
        "seats": [row for seen in everything for row in _seat_rows(seen, phases[seen.number], shocks)],
        "learners": [_learner_row(seen, shocks) for seen in everything],
    }
    if shocks:
        figures["phases"] = [
            {"phase": k, "first_round": seen.phase.start + 1, "set": change, **_money(phases[k])}
            for k, (seen, change) in enumerate(zip(found[0], [{}, *(s.set for s in scenario.shocks)], strict=True))
        ]
    own = all(seen.cast.label == OWN for seen in everything)
    notes = [*(() if own else set_aside(scenario)), *(note for phase in phases for note in phase["notes"])]
    figures["notes"] = list(dict.fromkeys(notes))
    return figures


def _measured(cast: Cast, number: int, phase: Phase) -> Measured:
    arena, notes = phase.arena(), []
    abandoned = None
    try:
        abandoned = abandonment(arena, phase.course, eliminate_reports(arena.induced), phase.strategies)
    except ValueError as error:
        notes.append(f"play is not set beside elimination: {error}")
    exploited, nearest = exploitability(arena, phase.course), nearest_equilibrium(arena, phase.course)
    if exploited.reason is not None:
        notes.append(f"no exploitability, and no distance to equilibria: {exploited.reason}")
    elif nearest.reason is not None:
        notes.append(f"no distance to equilibria: {nearest.reason}")
    return Measured(
        cast, number, phase, arena, exploited, nearest, basins(arena, phase.course), abandoned, tuple(notes)
    )


def _seat_rows(seen: Measured, yardstick: dict[str, Any], shocks: bool) -> Iterator[dict[str, Any]]:
    course = seen.phase.course
    shares, regret = unasked(seen.phase, late_shares(course, seen.phase.strategies)), regrets(course)
    gains = seen.exploitability.table.set_index(["play", "seat"])
    revenue = _over_worlds(seen.phase.course.late_revenue)
    for (_, share), (_, loss) in zip(shares.iterrows(), regret.iterrows(), strict=True):
        seat = int(share["seat"])
        yield {
            **_who(seen, shocks),
            "seat": seat,
            "plays": seen.phase.strategies[seat].name,
            **{name: _pair(share[column], share[f"{column}_error"]) for name, column in _SHARES.items()},
            **{name: _pair(loss[column], loss[f"{column}_error"]) for name, column in _REGRETS.items()},
            **{
                f"exploitability{suffix}": _pair(*gains.loc[(play, seat), ["menu", "menu_error"]])
                for suffix, play in _PLAYS.items()
            },
            "revenue": revenue,
            "revenue_truthful": yardstick["revenue_truthful"],
            "opt": yardstick["opt"],
        }


def _learner_row(seen: Measured, shocks: bool) -> dict[str, Any]:
    gains = seen.exploitability.table
    total = gains[gains["seat"] == "all"].set_index("play")
    times = unasked(seen.phase, time_to_truth(seen.phase.course, seen.phase.strategies))
    rounds = ["round", "value_round", "belief_round", "median_round"]
    times[rounds] += seen.phase.start
    return {
        **_who(seen, shocks),
        "seat": seen.cast.learning,
        "nash_conv": {
            name: _pair(*total.loc[play, ["menu", "menu_error"]])
            for name, play in (("average", "average"), ("late", "late"), ("current", "final"))
        },
        "time_to_truth": _records(times),
        "ends": _records(seen.basins.by_words),
        "basins": [
            {**basin, "reports": _records(part.drop(columns="basin"))}
            for basin, (_, part) in zip(
                _records(seen.basins.table), seen.basins.reports.groupby("basin", sort=True), strict=True
            )
        ],
        "nearest_equilibrium": _nearest(seen.nearest),
        "two_steps": None if seen.abandoned is None else _two_steps(seen.abandoned, seen.phase.start),
        "notes": list(seen.notes),
    }


def _two_steps(abandoned: pd.DataFrame, start: int) -> list[dict[str, Any]]:
    steps = walks_two_steps(abandoned)
    steps[["value_lies", "belief_lies"]] += start
    return _records(steps)


def _nearest(nearest: Nearest) -> dict[str, Any]:
    return {
        "distance": _pair(nearest.mean, nearest.error),
        "to_truth": _over_worlds(nearest.to_truth),
        "equilibria": _records(nearest.table),
        "exhaustive": nearest.exhaustive,
        "reason": nearest.reason,
    }


def _who(seen: Measured, shocks: bool) -> dict[str, Any]:
    phase = {"phase": seen.number} if shocks else {}
    return {"learner": seen.cast.label, "against": seen.cast.against, **phase}


def _money(yardstick: dict[str, Any]) -> dict[str, Any]:
    return {name: yardstick[name] for name in ("revenue_truthful", "opt", "bound")}


def _over_worlds(figures: FloatArray) -> dict[str, float]:
    return _pair(*mean_over_worlds(np.asarray(figures)))


def _pair(mean: Any, error: Any) -> dict[str, float]:
    return {"mean": float(mean), "standard_error": float(error)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict(orient="records")]
