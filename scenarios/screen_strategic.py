"""What the strategic commands show a person."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from scenarios.screen import money_note, new_console, new_table, number, rows_of

_SHOWN = 16


def show_dominance(figures: Mapping[str, Any], summary: pd.DataFrame) -> None:
    """Print what falls in which round for each type, what is left, and the two steps."""
    console = new_console()
    rounds = max((fall["round"] for fall in figures["rounds"]), default=0)
    verdict = "truth alone survives" if figures["truthful_only"] else "more than the truth survives"
    console.print(
        f"[bold]{figures['scenario']}[/bold], {figures['mechanism']}, {_notion(figures)}: "
        f"{_times(rounds, 'round')}, {verdict}{money_note(figures['unit'])}"
    )
    table = new_table("seat", "type", *(f"round {k}" for k in range(1, rounds + 1)), "left")
    for (seat, name), part in summary.groupby(["seat", "type"], sort=False):  # type: ignore[misc]
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
    rounds = _times(max((fall["round"] for fall in falls), default=0), "round")
    console.print(
        f"[bold]{figures['game']}[/bold], {_notion(figures)}: {rounds}, every elimination and every survivor "
        f"{certified} in exact arithmetic",
        highlight=False,
    )
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


def _times(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


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
    table = new_table("seat", "type", "surviving report", "against the truth (report)")
    for row in sorted(rows, key=lambda row: row not in tied)[:_SHOWN]:
        table.add_row(str(row[0]), *row[1:], "always pays the same" if row in tied else "neither dominates")
    if rows:
        console.print(table)
    if len(rows) > _SHOWN:
        console.print(f"and {len(rows) - _SHOWN} more; --json prints them all")


def spread(value: float | None) -> str:
    """Return a signed figure, or a dash."""
    return "\u2013" if value is None or math.isnan(value) else f"{value:+.5g}"
