"""What the command line shows a person: one screen of figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.deviation import Deviations
from analysis.estimate.findings import EstimatedDeviations
from analysis.estimate.tally import critical
from scenarios.experiment import Experiment
from scenarios.figures import deviation_figures
from scenarios.result import Result

_SHOWN = 12
Z95 = critical(0.95)
_TOLD = (5, 25, 50, 75, 95)
ROUTES = {
    "myerson": "Myerson's closed form",
    "cut": "a minimum cut",
    "lp": "a linear program",
    "folded lp": "a linear program with exchangeable bidders folded",
    "general lp": "a linear program of lotteries and payments",
}


def number(value: float | None, *, digits: int = 5) -> str:
    """Return a figure to five significant digits, or a dash for none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    return f"{round(value, 9):.{digits}g}"


def gain(value: float) -> str:
    """Return a gain with its sign, or a dash where there is nothing to gain by."""
    return "–" if math.isnan(value) else f"{value:+.6g}"


def interval(mean: float | None, error: float) -> str:
    """Return a mean with its 95 % interval over worlds or sampled profiles."""
    if mean is None or math.isnan(mean):
        return "–"
    return number(mean) if math.isnan(error) else f"{number(mean)} ± {Z95 * error:.2g}"


def counted(number: int, thing: str) -> str:
    """Return how many there are of a thing, in words."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def show_run(result: Result) -> None:
    """Print a run: revenue against its benchmarks, the best deviation of each seat, and where the files are."""
    console = new_console()
    settings = result.scenario.run
    rest = f": {counted(settings.rounds, 'round')} in {counted(settings.worlds, 'world')}, seed {settings.seed}"
    heading(console, result.scenario.name, f"{rest}{money_note(result.figures['unit'])}")
    estimated = result.figures["estimated"]
    figure = "exact; ± estimated, 95 %" if estimated else "exact"
    revenue = new_table("revenue a round", figure, "simulated, 95 %", "share of OPT")
    opt = result.figures["opt"]
    for row in rows_of(result.tables["revenue"]):
        known, mean = row.exact, number(row.exact)
        if estimated and math.isnan(known):
            known, mean = row.estimated, interval(row.estimated, row.estimated_error)
        best = known if not math.isnan(known) else row.simulated
        share = f"{best / opt:.1%}" if opt else "–"
        revenue.add_row(row.figure, mean, interval(row.simulated, row.standard_error), share)
    console.print(revenue)
    if opt is not None:
        console.print(optimum_line(result.figures), highlight=False)
    console.print(spread(result), highlight=False)
    holds = result.figures["bound_holds"]
    if holds is not None:
        said = f"reached{_caveat(result, 'though')}" if holds else f"missed{_caveat(result, 'as')}"
        console.print(f"the paper's bound for truthful play: {said}")
    _show_seats(console, result)
    for note in result.notes:
        console.print(f"note: {note}", highlight=False)
    if result.folder is not None:
        console.print(f"written to {result.folder}: report.html, tables, plots, scenario.toml", soft_wrap=True)


def optimum_line(figures: dict[str, Any]) -> str:
    """Return by which route OPT was found, and how well it is certified."""
    proof = "certified" if figures["opt_sound"] else "its certificate FAILS"
    return f"OPT by {ROUTES[figures['opt_route']]}, {proof}: relative gap {figures['opt_gap']:.1g}"


def spread(result: Result) -> str:
    """Return some quantiles of a round's revenue in a line, and how far off they may be where that can be seen."""
    rows = [row for row in rows_of(result.tables["quantiles"]) if row.percent in _TOLD]
    half = max(row.half_width for row in rows)
    told = ", ".join(f"{row.percent} % {number(row.revenue)}" for row in rows)
    off = f", to within {half:.2g}" if half > 1e-5 * max(abs(row.revenue) for row in rows) else ""
    return f"quantiles of a round's revenue: {told}{off}"


def _caveat(result: Result, word: str) -> str:
    """Return which of the bound's conditions does not hold, or why a miss is no contradiction."""
    if not result.figures["truthful"]:
        return f", {word} play is not truthful"
    if result.scenario.knowledge.misinformed:
        return f", {word} players are misinformed"
    if result.scenario.mechanism.parameters.get("conditioning") == "at-least":
        return f", {word} the price conditions on bidding at least as much, not on being chosen"
    beyond = result.figures["rewards"] > result.scenario.mechanism.epsilon * (1.0 + 1e-9)
    return f", {word} rewards exceed epsilon, which the proof leaves out" if beyond else ""


def _show_seats(console: Console, result: Result) -> None:
    title = "best deviation from truth"
    seats, estimated = result.tables["seats"], result.figures["deviations"].get("estimated", False)
    table = new_table("seat", "plays", "utility, simulated", title, "reports", "gain" if estimated else "exact gain")
    shown = seats.dropna(subset="type") if estimated else seats  # those that were tried
    for row in rows_of(shown):
        nothing = isinstance(row.type, float)  # a seat with one report has no deviation
        lie = "–" if nothing else f"value {row.value_report}, belief {row.belief_report}"
        utility = interval(row.utility, row.standard_error)
        best = gain(row.gain) + (f" ± {Z95 * row.gain_error:.2g}" if estimated else "")
        table.add_row(str(row.seat), row.strategy, utility, "–" if nothing else f"type {row.type}", lie, best)
    console.print(table)
    if estimated:
        console.print(estimated_gain(result.figures["deviations"]), highlight=False)


def estimated_gain(figures: dict[str, Any]) -> str:
    """Return the best estimated gain with its error, its bounds, and what it is the best of."""
    bounds, error = figures["max_gain_bounds"], figures["standard_errors"]["max_gain"]
    return (
        f"best gain found, estimated: {gain(figures['max_gain'])} ± {Z95 * error:.2g}; by bounds that hold at once "
        f"({bounds['level']:.0%}) no report tried gains more than {gain(bounds['upper'])}; tried: {figures['scope']}"
    )


def show_revenue(found: Sequence[dict[str, Any]]) -> None:
    """Print exact revenue, a row a scenario."""
    console = new_console()
    names = ["scenario", "mechanism", "revenue", "prices", "rewards", "opt", "vickrey", "lookahead", "bound"]
    table = new_table(*names, "holds")
    for row in found:
        errors = row["standard_errors"]
        cells = [str(row[n]) if n in names[:2] else interval(row[n], errors.get(n, math.nan)) for n in names]
        if row["opt"] is None:
            cells[names.index("opt")] = f"{number(row['opt_lower'])} to {number(row['opt_upper'])}"
        table.add_row(*cells, {True: "yes", False: "no", None: "–"}[row["bound_holds"]])
    console.print(table)
    for row in found:
        if row["opt"] is not None:
            console.print(f"{row['scenario']}: {optimum_line(row)}", highlight=False)
        for note in row["notes"]:
            console.print(f"{row['scenario']}: {note}", highlight=False)


def show_deviations(experiment: Experiment, found: Deviations | EstimatedDeviations) -> None:
    """Print the largest gains, a row a report."""
    console = new_console()
    name, kind = experiment.scenario.name, experiment.scenario.mechanism.kind
    if isinstance(found, EstimatedDeviations):
        heading(console, name, f", {kind}{money_note(experiment.unit)}")
        console.print(estimated_gain(deviation_figures(experiment, found)), highlight=False)
    else:
        best = f"{gain(found.max_gain)}; by value alone {gain(found.max_gain_value)}"
        rest = f"best gain {best}; by belief alone {gain(found.max_gain_belief)}{money_note(experiment.unit)}"
        heading(console, name, f", {kind}: {rest}")
    estimated = isinstance(found, EstimatedDeviations)
    gains = ("estimated gain", "profiles") if estimated else ("interim gain", "best ex post")
    table = new_table("seat", "type", "value report", "belief report", *gains, "Pr(type)")
    ranked = found.table.sort_values("gain", ascending=False, kind="stable")
    if estimated:  # one row for a belief that has several names
        ranked = ranked.drop_duplicates(["seat", "type", "value_report", "gain", "standard_error"])
    rows = ranked.head(_SHOWN)
    for row in rows_of(rows):
        if not estimated:
            figures = [gain(row.gain), gain(row.gain_expost)]
        elif row.samples:
            figures = [f"{gain(row.gain)} ± {Z95 * row.standard_error:.2g}", f"{row.samples:,}"]
        else:
            figures = [gain(row.gain), "exact"]
        told = str(row.seat), row.type, str(row.value_report), row.belief_report
        table.add_row(*told, *figures, number(row.probability, digits=4))
    console.print(table)
    left = len(found.table) - len(rows)
    if left > 0:
        console.print(f"and {left} more; --json prints them all")
    for note in deviation_figures(experiment, found)["notes"]:
        console.print(f"note: {note}", highlight=False)


def rows_of(table: pd.DataFrame) -> Iterable[Any]:
    """Return a table's rows, with a field a column."""
    return table.itertuples()


def new_console() -> Console:
    """Return a console as wide as the terminal, or 110 signs off one."""
    return Console(width=None if Console().is_terminal else 110, markup=False)


def heading(console: Console, name: str, rest: str = "") -> None:
    """Print a line that begins with a name; what is in brackets in it is text like any other."""
    console.print(Text.assemble((name, "bold"), rest), highlight=False)


def money_note(unit: float) -> str:
    """Return what a unit of value is, where it is not one of money."""
    return "" if unit == 1.0 else f"; one unit of value is {unit:g} of money"


def new_table(*columns: str) -> Table:
    """Return an empty table; text is on the left, figures on the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for position, name in enumerate(columns):
        right = position > 0 and not any(word in name for word in ("report", "type", "deviation", "plays", "mech"))
        table.add_column(name, justify="right" if right else "left")
    return table
