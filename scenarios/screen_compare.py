"""What `compare` shows a person: OPT, a table by revenue, what each mechanism has to know, and what does not apply."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console

from scenarios.comparison import some_would_leave
from scenarios.screen import heading, money_note, new_console, new_table, number

TRIED = (
    "best gain: of any type, in expectation and ex post, by any value with any named belief or certainty of a profile"
)
UNRELIABLE = "* some type gains by a lie, so the revenue of truthful play is not what a seller can expect"
LOSING = "† some type expects to lose by taking part; what is earned if such types may stay out is said below"


def show_comparison(figures: Mapping[str, Any]) -> None:
    """Print the figures of `scenarios.comparison.compare`."""
    console = new_console()
    _show_opt(console, figures)
    able = [row for row in figures["mechanisms"] if row["reason"] is None]
    if able:
        _show_figures(console, able)
        for note in _footnotes(able):
            console.print(note, highlight=False)
        _show_knowledge(console, able)
    _show_reasons(console, figures["mechanisms"])
    for note in figures["notes"]:
        console.print(f"note: {note}", highlight=False)


def marked(row: Mapping[str, Any]) -> str:
    """Return a mechanism's name, with a star where truth is no equilibrium, a dagger where some would stay out."""
    lies = " *" if row["truthful_is_equilibrium"] is False else ""
    return f"{row['mechanism']}{lies}{' †' if some_would_leave(row) else ''}"


def grouped_reasons(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return why mechanisms do not apply, with the names of all that it holds for."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row["reason"] is not None:
            groups.setdefault(row["reason"], []).append(row["mechanism"])
    return groups


def _show_opt(console: Console, figures: Mapping[str, Any]) -> None:
    best = f"largest welfare {number(figures['largest_welfare'])}"
    if figures["opt"] is None:
        heading(console, figures["scenario"], f": no OPT; {best}{money_note(figures['unit'])}")
        return
    proof = "certified" if figures["opt_sound"] else "its certificate FAILS"
    bound = f"{proof}: dual bound {number(figures['opt_dual'])}, relative gap {figures['opt_gap']:.1g}"
    rest = f": OPT {number(figures['opt'])} ({bound}); {best}{money_note(figures['unit'])}"
    heading(console, figures["scenario"], rest)


def _show_figures(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    money = ["welfare", "surplus", *(["expenses"] if any(row["expenses"] for row in rows) else [])]
    names = ["mechanism", "revenue", "of OPT", *money, "worst ex post", "best gain", "best ex post", "bound"]
    table = new_table(*names)
    table.padding = (0, 1, 0, 0)
    table.columns[0].no_wrap = True
    for row in rows:
        share = "–" if row["share_of_opt"] is None else f"{row['share_of_opt']:.1%}"
        cells = [number(row[name]) for name in (*money, "worst_ex_post")]
        table.add_row(marked(row), number(row["revenue"]), share, *cells, *_gains(row), _bound(row))
    console.print(table)


def _gains(row: Mapping[str, Any]) -> list[str]:
    found = [row[name] for name in ("max_gain", "max_gain_expost")]
    return ["–" if figure is None else f"{figure:+.3g}" if figure else "0" for figure in found]


def _bound(row: Mapping[str, Any]) -> str:
    if row["guarantee"] is None:
        return "–"
    return number(row["guarantee"]) if row["guarantee_holds"] else f"{number(row['guarantee'])} missed"


def _footnotes(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    notes = [TRIED]
    if any(row["truthful_is_equilibrium"] is False for row in rows):
        notes.append(UNRELIABLE)
    if any(map(some_would_leave, rows)):
        notes.append(LOSING)
    for row in filter(some_would_leave, rows):
        left, worst = number(row["revenue_if_losers_stay_out"]), number(row["worst_interim"])
        notes.append(f"{row['mechanism']}: a type expects {worst}; if those who expect a loss stay out it earns {left}")
    return notes


def _show_knowledge(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    table = new_table("mechanisms", "truth is", "no loss", "the seller knows", "the players know")
    for column in table.columns:
        column.justify = "left"
    for facts, names in _by_facts(rows).items():
        table.add_row(", ".join(names), *facts)
    console.print(table)


def _by_facts(rows: Sequence[Mapping[str, Any]]) -> dict[tuple[str, ...], list[str]]:
    """Return what is to be known of mechanisms, with the names of all that it holds for."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        facts = tuple(str(row[n]) for n in ("solution", "participation", "seller_knows", "players_know"))
        groups.setdefault(facts, []).append(row["mechanism"])
    return groups


def _show_reasons(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    for reason, names in grouped_reasons(rows).items():
        console.print(f"does not apply: {', '.join(names)}: {reason}", highlight=False)
    for row in rows:
        for cell, reason in row["reasons"].items():
            console.print(f"{row['mechanism']}, no {cell}: {reason}", highlight=False)
