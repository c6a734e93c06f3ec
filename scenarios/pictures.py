"""A run's plots and its report, written into its folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import plots
from analysis.report import Report, render
from scenarios.experiment import Experiment
from scenarios.result import Result
from scenarios.screen import counted, estimated_gain, gain, optimum_line, spread

_SEATS = 50


def draw(experiment: Experiment, result: Result, scenario_text: str, folder: Path) -> None:
    """Write every plot as SVG and PNG, and the report."""
    figures = _figures(experiment, result)
    report = Report(
        title=f"{result.scenario.name}: {result.scenario.mechanism.kind}",
        summary=_summary(experiment, result),
        figures=list(figures.values()),
        tables=_tables(result),
        scenario_text=scenario_text,
        reproduce=["crowdbayes run scenario.toml"],
        warnings=list(result.notes),
        versions=result.figures["versions"],
    )
    (folder / "report.html").write_text(render(report), encoding="utf-8")
    place = folder / "plots"
    place.mkdir()
    with rc_context({"svg.hashsalt": "crowdbayes"}):
        for name, (_, figure, _) in figures.items():
            figure.savefig(place / f"{name}.svg", metadata={"Date": None})
            figure.savefig(place / f"{name}.png", dpi=150)


def _figures(experiment: Experiment, result: Result) -> dict[str, tuple[str, Figure, str]]:
    tables, figures = result.tables, result.figures
    estimated = ", estimated" if figures["deviations"].get("estimated") else ""
    unit = "" if experiment.unit == 1.0 else f"× {experiment.unit:g}"
    axes = {name: plots.new_axes() for name in ("revenue", "rounds", "spread", "truth", "knowledge", "region")}
    plots.revenue_bars(tables["revenue"], axes["revenue"], unit=unit)
    plots.revenue_by_round(
        tables["rounds"],
        axes["rounds"],
        exact=figures["revenue"],
        opt=figures["opt"],
        bound=figures["bound"],
        unit=unit,
        known="estimated" if "revenue" in figures["standard_errors"] else "exact",
    )
    plots.revenue_distribution(
        tables["distribution"], tables["quantiles"], axes["spread"], exact=figures["revenue"], unit=unit
    )
    drawn = {
        "revenue": (
            f"Revenue a round: exact{' or estimated' if figures['estimated'] else ''} (bars) and simulated (markers, "
            "95 % over worlds), against OPT and the bound.",
            _figure(axes["revenue"]),
            "Bars of revenue against benchmarks",
        ),
        "rounds": ("Revenue by round, mean over worlds.", _figure(axes["rounds"]), "Revenue by round"),
        "spread": (
            "What a round brings in: the share of all simulated rounds with at most so much revenue, and quantiles.",
            _figure(axes["spread"]),
            "Distribution of a round's revenue",
        ),
        "deviations": (
            f"Interim gain over truth{estimated}, by value report and belief report, for the types that can gain most; "
            "the boxed cell is the truth.",
            plots.deviation_grid(tables["deviations"], unit=unit, limit=4),
            "Heat maps of deviation gains",
        ),
    }
    if not experiment.truthful:
        plots.truthful_by_round(tables["rounds"], axes["truth"])
        drawn["truth"] = (
            "Share of seats and worlds that tell the true value, and the plain posterior, by round.",
            _figure(axes["truth"]),
            "Shares of truthful reports by round",
        )
    if len(tables.get("knowledge", ())):
        plots.knowledge_revenue(tables["knowledge"], axes["knowledge"], unit=unit)
        drawn["knowledge"] = (
            "What the players' knowledge is worth to the seller: truthful revenue under more and more of it.",
            _figure(axes["knowledge"]),
            "Revenue by knowledge structure",
        )
    if "region" in tables:
        mechanism = result.scenario.mechanism
        plots.region_map(
            tables["region"],
            tables["border"],
            axes["region"],
            unit=unit,
            point=(mechanism.delta, mechanism.epsilon) if mechanism.kind == "L-printed" else None,
        )
        axes["region"].set_title("L as printed, on this scenario's states", size=10, pad=34)
        drawn["region"] = (
            "Best gain from a value misreport in L as printed, over δ and ε, on this scenario's states; "
            "where it is not positive nobody lies about her value.",
            _figure(axes["region"]),
            "Map of gains over delta and epsilon",
        )
    return drawn


def _figure(ax: Axes) -> Figure:
    figure = ax.get_figure(root=True)
    assert figure is not None
    return figure


def _summary(experiment: Experiment, result: Result) -> list[str]:
    figures, kind = result.figures, result.scenario.mechanism.kind
    simulated = figures["simulated"]["revenue"]
    lines = []
    if figures["revenue"] is not None:
        error = figures["standard_errors"].get("revenue")
        how = "in exact expectation" if error is None else f"(estimated, standard error {error:.2g})"
        lines.append(
            f"{kind} earns {figures['revenue']:.6g} a round {how}: "
            f"{figures['prices']:.6g} in prices less {figures['rewards']:.6g} in rewards."
        )
    if figures["opt"] is None:
        lines.append(f"OPT is not solved; it is between {figures['opt_lower']:.6g} and {figures['opt_upper']:.6g}.")
    else:
        share = "" if figures["revenue"] is None else f", of which that is {figures['revenue'] / figures['opt']:.1%}"
        lines.append(f"{optimum_line(figures)}; OPT = {figures['opt']:.6g}{share}.")
    lines.append(
        f"Simulated: {simulated['mean']:.6g} with standard error {simulated['standard_error']:.2g} over "
        f"{counted(result.scenario.run.worlds, 'world')} of {counted(result.scenario.run.rounds, 'round')}."
    )
    lines.append(f"Over rounds and worlds, {spread(result)}.")
    if figures["bound"] is not None and figures["bound_holds"] is not None:
        verb = "reaches" if figures["bound_holds"] else "misses"
        lines.append(f"It {verb} the paper's bound for truthful play, {figures['bound']:.6g}.")
    gains = figures["deviations"]
    if gains.get("estimated"):
        told = estimated_gain(gains)
        return [*lines, told[0].upper() + told[1:] + ".", *_unit(experiment)]
    best = gains["max_gain"]
    verdict = "Every lie loses; the cheapest loses" if best < 0 else "The best deviation from truth gains"
    lines.append(
        f"{verdict} {abs(best):.6g} "
        f"(by value alone {gain(gains['max_gain_value'])}, by belief alone {gain(gains['max_gain_belief'])})."
    )
    return [*lines, *_unit(experiment)]


def _unit(experiment: Experiment) -> list[str]:
    return [] if experiment.unit == 1.0 else [f"One unit of value is {experiment.unit:g} of money."]


def _tables(result: Result) -> list[tuple[str, pd.DataFrame, str]]:
    tables = result.tables
    largest = tables["deviations"].sort_values("gain", ascending=False, kind="stable").head(30)
    exact, gains = "exact figures are expectations over D and all coins", "all of them are in deviations.parquet"
    if result.figures["estimated"]:
        exact += "; estimated ones are means over sampled profiles, with their standard errors"
    if result.figures["deviations"].get("estimated"):
        gains = f"estimated, of {result.figures['deviations']['scope']}; {gains}"
    shown = [
        ("Revenue", tables["revenue"], exact),
        ("Quantiles of a round's revenue", tables["quantiles"], "each within half its width of the figure"),
        ("Seats", tables["seats"].head(_SEATS), _seats_note(len(tables["seats"]))),
        ("Largest deviation gains", largest, gains),
    ]
    if "knowledge" in tables:
        shown.append(("Knowledge and revenue", tables["knowledge"], "truthful play"))
    return shown


def _seats_note(seats: int) -> str:
    note = "utility as played; the deviation is from truthful play"
    return note if seats <= _SEATS else f"{note}; the first {_SEATS} of {seats:,}, and all are in seats.parquet"
