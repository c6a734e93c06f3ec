"""The figures of a scenario whose profiles are too many to list: exact where a closed form is, estimated elsewhere."""

from __future__ import annotations

from typing import Any

from analysis.estimate.against import FactoredBenchmarks, exact_total, factored_benchmarks, is_benchmark_lookahead
from analysis.estimate.deviation import estimated_deviations
from analysis.estimate.findings import EstimatedDeviations
from analysis.estimate.revenue import EstimatedRevenue, estimated_revenue
from analysis.estimate.strata import MOST
from analysis.estimate.tally import Estimate
from analysis.memory import MEMORY
from analysis.revenue import bound_holds
from scenarios.experiment import Experiment
from scenarios.streams import seed_sequence

SAMPLES = 4_096
_WORK = 1 << 27  # profiles x players for each role of a mechanism; beyond, fewer profiles by default
SEATS, TYPES, VALUES, TRIES = 3, 3, 20, 128
_ROUNDING = 1e-12


def revenue_at_size(experiment: Experiment, *, samples: int | None = None, memory: int = MEMORY) -> dict[str, Any]:
    """Return truthful revenue, prices and rewards beside the benchmarks, as `scenarios.figures.revenue_figures` does.

    `standard_errors` holds those of the figures that are estimated; the others are exact. Where OPT is refused it is
    None, and `opt_lower` and `opt_upper` bound it. `bound_holds` is None where the sample does not decide it, too.

    Parameters
    ----------
    samples : about how many profiles are drawn; `SAMPLES` unless given, fewer where every player may get a role by
        chance, as in M, since each is then worked out for each profile.
    memory : bytes that the profiles worked on at a time may take, about.
    """
    scenario = experiment.scenario
    experiment.plans()  # a bad seat is told before anything is worked out
    against = factored_benchmarks(experiment.game, ties=scenario.mechanism.ties)
    seed = seed_sequence(scenario.run.seed, "analysis")
    if samples is None:
        roles = experiment.environment.players if experiment.game.mechanism.random_role else 1
        samples = max(2 * MOST, min(SAMPLES, _WORK // (roles * experiment.environment.players)))
    found = estimated_revenue(experiment.game, samples=samples, seed=seed, rivals=against.rivals, memory=memory)
    known = exact_total(experiment.game, against)
    total = min([found.total, *found.controlled.values()], key=lambda figure: figure.standard_error)
    total = total if known is None else Estimate(known, 0.0)
    prices = Estimate(total.mean + found.rewards.mean, total.standard_error + found.rewards.standard_error)
    rivals = {name: figure for name in ("vickrey", "lookahead") if (figure := _rival(against, found, name))}
    if is_benchmark_lookahead(experiment.game.mechanism):
        rivals["lookahead"] = total
    truthful, elicits = experiment.truthful, experiment.game.mechanism.elicits_beliefs
    estimates = {
        **({"revenue": total} if known is None and truthful else {}),
        **({"truthful_revenue": total, "prices": prices} if known is None else {}),
        **({"rewards": found.rewards} if elicits else {}),
        **{name: figure for name, figure in rivals.items() if against.rivals[name].revenue is None},
    }
    errors = {name: _plain(figure) for name, figure in estimates.items()}
    optimum = against.optimum
    low, high = (experiment.game.mechanism.guarantee(opt) for opt in (against.lowest, against.highest))
    certificate = None if optimum is None else optimum.certificate
    return {
        "scenario": scenario.name,
        "mechanism": scenario.mechanism.kind,
        "revenue": total.mean if truthful else None,
        "prices": prices.mean if truthful else None,
        "rewards": found.rewards.mean if truthful else None,
        "opt": None if optimum is None else optimum.revenue,
        **{name: rivals[name].mean if name in rivals else None for name in ("vickrey", "lookahead")},
        "bound": low,
        "bound_holds": _holds(total, low, high) if truthful else None,
        "truthful": truthful,
        "truthful_revenue": total.mean,
        "opt_route": None if optimum is None else optimum.route,
        "opt_lower": against.lowest,
        "opt_upper": against.highest,
        "opt_dual": None if certificate is None else certificate.dual,
        "opt_gap": None if certificate is None else certificate.gap,
        "opt_sound": None if certificate is None else certificate.sound,
        "unit": experiment.unit,
        "estimated": bool(errors),
        "standard_errors": errors,
        "samples": found.samples,
        "notes": [*experiment.notes, *_notes(experiment, against, found, bool(errors))],
    }


def _plain(figure: Estimate) -> float:
    """Return a standard error, without what is only rounding."""
    return figure.standard_error if figure.standard_error > _ROUNDING * max(1.0, abs(figure.mean)) else 0.0


def _rival(against: FactoredBenchmarks, found: EstimatedRevenue, name: str) -> Estimate | None:
    if name not in against.rivals:
        return None
    exact = against.rivals[name].revenue
    return found.rivals[name] if exact is None else Estimate(exact, 0.0)


def _holds(total: Estimate, low: float | None, high: float | None) -> bool | None:
    """Return whether revenue reaches the bound by a 95 % interval, for whatever OPT can be."""
    if low is None or high is None:
        return None
    half = total.half_width()
    if bound_holds(total.mean - half, high):
        return True
    return None if bound_holds(total.mean + half, low) else False


def _notes(experiment: Experiment, against: FactoredBenchmarks, found: EstimatedRevenue, estimated: bool) -> list[str]:
    notes = []
    if estimated:
        notes.append(
            f"figures with ± are estimated from {found.samples:,} profiles drawn by strata, coins averaged exactly; "
            "± 0 says that these did not vary, and the others are exact"
        )
    if against.bounds is not None:
        notes.append(f"OPT is not solved: {against.refusal}; {against.bounds}")
    if not experiment.truthful:
        notes.append("not every seat tells the truth, so revenue as played is simulated only")
    if found.fallback.mean > 0:
        notes.append(
            f"with an estimated probability {found.fallback.mean:.4g} the beliefs rule the bids out and a fallback "
            "decides: for lookahead and L the price is then the second bid"
        )
    return notes


def deviations_at_size(
    experiment: Experiment,
    *,
    samples: int = TRIES,
    seats: int | None = SEATS,
    types: int | None = TYPES,
    values: int | None = VALUES,
    other_types: int = 12,
    memory: int = MEMORY,
) -> EstimatedDeviations:
    """Return estimated deviation gains of some seats and types; the parameters are `estimated_deviations`'."""
    return estimated_deviations(
        experiment.game,
        samples=samples,
        seed=seed_sequence(experiment.scenario.run.seed, "analysis", 1),
        seats=seats,
        types=types,
        values=values,
        other_types=other_types,
        memory=memory,
    )


def estimated_deviation_figures(experiment: Experiment, found: EstimatedDeviations) -> dict[str, Any]:
    """Return the best gains, their bounds, and every row of the surface that was tried."""
    bounds = found.bounds()
    best = {name: getattr(found, name) for name in ("max_gain", "max_gain_value", "max_gain_belief")}
    notes = []
    lies = found.table[found.table["value_report"] == found.table["value"]]
    idle = int((lies["gain"].abs() < _ROUNDING).sum())
    if experiment.game.mechanism.elicits_beliefs and idle:
        notes.append(
            f"{idle:,} of the {len(lies):,} lies about beliefs alone change what a type earns by rounding only: "
            'about so many others the score cannot tell them from the truth (mechanism.score = "logarithmic" can)'
        )
    return {
        "scenario": experiment.scenario.name,
        "mechanism": experiment.scenario.mechanism.kind,
        **{name: figure.mean for name, figure in best.items()},
        "estimated": True,
        "standard_errors": {name: figure.standard_error for name, figure in best.items()},
        "max_gain_bounds": {"lower": bounds.lower, "upper": bounds.upper, "level": bounds.level},
        "scope": found.scope,
        "unit": experiment.unit,
        "notes": notes,
        "rows": found.table.to_dict(orient="records"),
    }
