"""What the strategic commands show a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scenarios.screen import counted, heading, interval, money_note, new_console, new_table, number, rows_of

_SHOWN = 16


def show_dominance(figures: Mapping[str, Any], summary: pd.DataFrame) -> None:
    """Print what falls in which round for each type, what is left, and the two steps."""
    console = new_console()
    rounds = max((fall["round"] for fall in figures["rounds"]), default=0)
    verdict = "truth alone survives" if figures["truthful_only"] else "more than the truth survives"
    rest = f"{counted(rounds, 'round')}, {verdict}{money_note(figures['unit'])}"
    heading(console, figures["scenario"], f", {figures['mechanism']}, {_notion(figures)}: {rest}")
    table = new_table("seat", "type", *(f"round {k}" for k in range(1, rounds + 1)), "left")
    for seat, name in dict.fromkeys(zip(summary["seat"], summary["type"], strict=True)):
        part = summary[(summary["seat"] == seat) & (summary["type"] == name)]
        cells = {int(row.round): row for row in rows_of(part)}
        fallen = [_fallen(cells.get(k)) for k in range(1, rounds + 1)]
        table.add_row(str(seat), name, *fallen, str(int(cells[0].left)))
    if rounds:
        console.print("reports that fall, and the smallest margin by which one of them does, in each round:")
    console.print(table)
    for step, about in (("step1", "values, whatever else is reported"), ("step2", "beliefs, values being true")):
        console.print(f"{_step(figures['two_step'][step], about)}", highlight=False)
    _show_left(figures)


def show_game(figures: Mapping[str, Any], names: Sequence[Sequence[str]]) -> None:
    """Print the eliminations of a normal form and what is left."""
    console = new_console()
    falls = figures["rounds"]
    certified = "certified" if figures["certified"] else "NOT certified"
    rounds = counted(max((fall["round"] for fall in falls), default=0), "round")
    rest = f"{rounds}, every elimination and every survivor {certified} in exact arithmetic"
    heading(console, figures["game"], f", {_notion(figures)}: {rest}")
    table = new_table("round", "player", "loses report", "to report", "margin")
    for fall in falls[:_SHOWN]:
        mine = names[fall["seat"]]
        by = fall["dominated_by"]
        parts = by if isinstance(by, list) else [{"report": by, "weight": 1.0}]
        to = " + ".join(
            mine[part["report"]] if len(parts) == 1 else f"{part['weight']:.3g} x {mine[part['report']]}"
            for part in parts
        )
        table.add_row(str(fall["round"]), str(fall["seat"]), mine[fall["report"]], to, number(fall["margin"]))
    if falls:
        console.print(table)
    if len(falls) > _SHOWN:
        console.print(f"and {len(falls) - _SHOWN} more; --json prints them all")
    for player, left in enumerate(figures["survivors"]):
        shown = ", ".join(names[player][k] for k in left[:_SHOWN]) + (", ..." if len(left) > _SHOWN else "")
        console.print(f"player {player} keeps {len(left)} of {len(names[player])}: {shown}", highlight=False)


def report_name(report: Mapping[str, Any]) -> str:
    """Return how a report is written on a screen."""
    return str(report["value"]) if report["belief"] is None else f"{report['value']} with {report['belief']}"


def _notion(figures: Mapping[str, Any]) -> str:
    kind = "weak, all at once in each round" if figures["weak"] else "strict"
    return f"{kind}, by {figures['by']} reports{', ex post' if figures.get('ex_post') else ''}"


def _fallen(row: Any) -> str:
    return "\u2013" if row is None else f"{int(row.fallen)} by {number(row.margin, digits=3)}"


def _step(step: Mapping[str, Any], about: str) -> str:
    witness = step["witness"]
    head = f"{about}: truth is {'' if step['holds'] else 'not '}strictly best"
    if witness is None:
        return f"{head}; nobody has anything to lie about"
    where = f"; the others report {witness['others']}" if witness["others"] else ""
    return (
        f"{head}; its smallest advantage is {number(step['margin'])}, of seat {witness['seat']}, type "
        f"{witness['type']}: {witness['truth']} against {witness['lie']}{where}"
    )


def _show_left(figures: Mapping[str, Any]) -> None:
    """Print the lies that survive, those that tie with the truth first."""
    if figures["truthful_only"]:
        return
    console = new_console()
    tied = {(tie["seat"], tie["type"], report_name(tie["report"])) for tie in figures["ties"]}
    rows = [
        (seat, name, report_name(report))
        for seat, types in enumerate(figures["survivors"])
        for name, reports in types.items()
        for report in reports
        if not report["truthful"]
    ]
    fallen = ", ".join(f"{name} of seat {seat}" for seat, name in map(dict.values, figures["truth_falls"]))
    if fallen:
        console.print(f"the truth itself falls for type {fallen}", highlight=False)
    table = new_table("seat", "type", "surviving lie (report)", "against the truth (report)")
    for row in sorted(rows, key=lambda row: row not in tied)[:_SHOWN]:
        table.add_row(str(row[0]), *row[1:], "always pays the same" if row in tied else "neither dominates")
    if rows:
        console.print(table)
    if len(rows) > _SHOWN:
        console.print(f"and {len(rows) - _SHOWN} more; --json prints them all")


def show_equilibria(figures: Mapping[str, Any]) -> None:
    """Print how far truth and play are from equilibrium, and the equilibria found."""
    console = new_console()
    heading(console, figures["scenario"], f", {figures['mechanism']}{money_note(figures['unit'])}")
    table = new_table("profile", "NashConv", "largest gain", "of type", "by report")
    for name in ("truthful", "played"):
        check = figures[name]
        if check is not None:
            table.add_row(name, number(check["nash_conv"]), number(check["epsilon"]), *_gainer(check["witness"]))
    console.print(table)
    pure = figures["pure"]
    found = pure["equilibria"]
    more = "" if pure["exhaustive"] else " so far; the search was cut short"
    console.print(f"pure equilibria on the menus: {len(found)}{more}", highlight=False)
    names = ("revenue", "truthful_share", "strict", "profiles")
    _equilibrium_rows(found, {name.replace("_", " "): name for name in names})
    if found:
        console.print("(what is reported in each is in --json and --out)")
    if figures["mixed"] is not None:
        mixed = figures["mixed"]["equilibria"]
        console.print(f"with mixtures, {figures['mixed']['method']}: {len(mixed)}", highlight=False)
        columns = {"NashConv": "nash_conv", "truthful share": "truthful_share", "reports used": "supports"}
        _equilibrium_rows(mixed, columns)
    last = figures["logit"][-1]
    console.print(
        "logit equilibria from uniform play: "
        + ", ".join(f"{name.replace('_', ' ')} {number(value, digits=4)}" for name, value in last.items())
        + f" at the last of {len(figures['logit'])} points",
        highlight=False,
    )
    for note in figures["notes"]:
        console.print(f"note: {note}", highlight=False)


def _gainer(witness: Mapping[str, Any] | None) -> tuple[str, str]:
    if witness is None:
        return "–", "–"
    belief = f" with {witness['belief_report']}" if witness["belief_report"] else ""
    return f"{witness['type']} of seat {witness['seat']}", f"{witness['value_report']}{belief}"


def _equilibrium_rows(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    if not rows:
        return
    table = new_table("equilibrium", *columns)
    for row in rows[:_SHOWN]:
        cells = [number(row[n]) if isinstance(row[n], float) else str(row[n]) for n in columns.values()]
        table.add_row(str(row["equilibrium"]), *cells)
    new_console().print(table)
    if len(rows) > _SHOWN:
        new_console().print(f"and {len(rows) - _SHOWN} more; --json prints them all")


def show_coalitions(figures: Mapping[str, Any]) -> None:
    """Print what rings gain, risk and cost, by size and by ring, and by stake where that was asked for."""
    console = new_console()
    heading(console, figures["scenario"], f", {figures['mechanism']}{money_note(figures['unit'])}")
    table = new_table("size", "what it agrees on", "largest gain", "ring", "knowing", "reports")
    for row in figures["by_size"]:
        gains = row["gain"] > 0
        told = (row["ring"], row["information"], row["reports"]) if gains else ("–", "–", "–")
        table.add_row(str(row["size"]), row["notion"], number(row["gain"]), *told)
    console.print(table)
    table = new_table("ring", "mean gain", "gain at most", "belief's risk", "seller loses", "outsiders gain")
    rings = [row for row in figures["rings"] if row["notion"] == "side-payments"]
    for row in sorted(rings, key=lambda row: -row["gain"])[:_SHOWN]:
        names = ("gain", "gain_max", "risk", "seller_loss", "outsiders_gain")
        table.add_row(row["ring"], *(number(row[name]) for name in names))
    console.print("with side payments, by ring:")
    console.print(table)
    if figures["stakes"] is not None:
        table = new_table("mechanism", "values times", "ring", "mean gain", "belief's risk", "seller loses")
        for row in figures["stakes"]:
            figures_of = [number(row[name]) for name in ("gain", "risk", "seller_loss")]
            table.add_row(row["mechanism"], str(row["factor"]), row["ring"], *figures_of)
        console.print(table)


def show_second_order(figures: Mapping[str, Any]) -> None:
    """Print, a row a mechanism and error, for how many types truth is best and what is earned."""
    console = new_console()
    heading(console, figures["scenario"], money_note(figures["unit"]))
    names = ("truth_best", "max_perceived_gain", "disagreement", "revenue", "truthful_revenue", "opt")
    table = new_table(
        "mechanism", "error", "strength", "truth best for", "seen gain", "disagree", "revenue", "if true", "OPT"
    )
    for row in figures["summary"]:
        share, *rest = (row[name] for name in names)
        table.add_row(row["mechanism"], row["error"], f"{row['strength']:g}", f"{share:.0%}", *map(_figure, rest))
    console.print(table)


def show_drift(figures: Mapping[str, Any]) -> None:
    """Print, a row a mechanism and strength, revenue and what types gain by their own belief and by D."""
    console = new_console()
    heading(console, figures["scenario"], money_note(figures["unit"]))
    table = new_table(
        "mechanism", "beliefs are", "strength", "revenue", "gain by own belief", "gain forgone by D", "OPT"
    )
    for row in figures["rows"]:
        cells = [_estimate(row, name) for name in ("revenue", "gain_own", "gain_true")]
        table.add_row(row["mechanism"], row["kind"], f"{row['strength']:g}", *cells, _figure(row["opt"]))
    console.print(table)


def _estimate(row: Mapping[str, Any], name: str) -> str:
    """Return an exact figure, or a mean over draws with its 95 % interval."""
    return _figure(row[name]) if row["samples"] == 1 else interval(row[name], row[f"{name}_error"])


def _figure(value: float | None) -> str:
    return number(value, digits=4)
