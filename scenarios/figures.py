"""The exact figures of a scenario, as plain data: what `revenue` and `deviations` print."""

from __future__ import annotations

from typing import Any

from analysis.deviation import Deviations
from analysis.estimate.findings import EstimatedDeviations
from analysis.memory import MEMORY
from analysis.revenue import Benchmarks, benchmarks, bound_holds, revenue_of
from scenarios.at_size import estimated_deviation_figures, revenue_at_size
from scenarios.experiment import Experiment

NO_PLAN = "a seat's strategy learns from play, so its revenue has no exact figure"
BEFORE_SHOCKS = "these are the figures before the first of the scenario's shocks"


def revenue_figures(
    experiment: Experiment, against: Benchmarks | None = None, *, samples: int | None = None, memory: int = MEMORY
) -> dict[str, Any]:
    """Return revenue, prices and rewards of the scenario as its seats play it, beside the benchmarks.

    All in units of value; multiply by `unit` for money. Where a seat's strategy has no stationary plan the first three
    are None and `notes` says why. `bound` is the paper's guarantee for truthful play, None where there is none. Where
    the prior's profiles are not listed, what has no closed form is estimated from about so many samples; see
    `scenarios.at_size`.
    """
    if not experiment.game.listed:
        return revenue_at_size(experiment, samples=samples, memory=memory)
    against = against or benchmarks(experiment.game, ties=experiment.scenario.mechanism.ties)
    plans = experiment.plans()
    exact = None if plans is None else revenue_of(experiment.game, plans)
    bound = experiment.game.mechanism.guarantee(against.opt)
    notes = list(experiment.notes)
    if experiment.scenario.shocks:
        notes.append(BEFORE_SHOCKS)
    if exact is None:
        notes.append(NO_PLAN)
    elif exact.fallback > 0:
        notes.append(
            f"with probability {exact.fallback:.4g} the beliefs rule the bids out and a fallback decides: "
            "for lookahead and L the price is then the second bid"
        )
    if exact is not None and exact.rewards < 0:
        notes.append(f"revenue counts fines of {-exact.rewards:.5g} as income; without them it is {exact.prices:.5g}")
    return {
        "scenario": experiment.scenario.name,
        "mechanism": experiment.scenario.mechanism.kind,
        "revenue": None if exact is None else exact.total,
        "prices": None if exact is None else exact.prices,
        "rewards": None if exact is None else exact.rewards,
        "opt": against.opt,
        "vickrey": against.mean("vickrey"),
        "lookahead": against.mean("lookahead"),
        "bound": bound,
        "bound_holds": None if exact is None else bound_holds(exact.total, bound),
        "truthful": experiment.truthful,
        "truthful_revenue": revenue_of(experiment.game).total,
        "opt_route": against.optimum.route,
        "opt_dual": against.optimum.certificate.dual,
        "opt_gap": against.optimum.certificate.gap,
        "opt_sound": against.optimum.certificate.sound,
        "unit": experiment.unit,
        "estimated": False,
        "standard_errors": {},
        "notes": notes,
    }


def deviation_figures(experiment: Experiment, found: Deviations | EstimatedDeviations) -> dict[str, Any]:
    """Return the best gains and every row of the surface, and where they are estimated, errors and bounds."""
    if isinstance(found, EstimatedDeviations):
        return estimated_deviation_figures(experiment, found)
    return {
        "scenario": experiment.scenario.name,
        "mechanism": experiment.scenario.mechanism.kind,
        "max_gain": found.max_gain,
        "max_gain_value": found.max_gain_value,
        "max_gain_belief": found.max_gain_belief,
        "unit": experiment.unit,
        "notes": [] if found.values is None else [some_values(found.values)],
        "rows": found.table.to_dict(orient="records"),
    }


def some_values(values: int) -> str:
    """Return which value reports were tried where not all could be."""
    return f"deviations: up to {values} value reports of each seat were tried, spread evenly (--values N tries N)"
