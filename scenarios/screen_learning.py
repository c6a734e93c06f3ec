"""What `learn` shows a person: a table a learner, what the seller earns, and in words where the worlds end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console

from scenarios.learning import OWN
from scenarios.screen import counted, heading, interval, money_note, new_console, new_table, number

_COLUMNS = {
    "true values": "truthful_share_value",
    "true beliefs": "truthful_share_belief",
    "both": "truthful_share",
    "regret": "regret_external",
    "than truth": "regret_to_truth",
    "exploitable": "exploitability",
    "late": "exploitability_late",
}
_SHARES = 3
_SHOWN, _LARGE = 2, 0.1


def show_learning(figures: Mapping[str, Any]) -> None:
    """Print the figures of `scenarios.learning_figures.learning_figures`."""
    console = new_console()
    length = f"{counted(figures['rounds'], 'round')} in {counted(figures['worlds'], 'world')}"
    rest = f", {figures['mechanism']}: {length}, seed {figures['seed']}{money_note(figures['unit'])}"
    heading(console, figures["scenario"], rest)
    if "phases" not in figures:
        console.print(_yardsticks(figures), highlight=False)
    seats = {key: list(rows) for key, rows in groupby(figures["seats"], _key)}
    for key, learners in groupby(figures["learners"], _key):
        rows = list(learners)
        heading(console, _title(rows[0]), _phase(figures, rows[0]))
        _show_seats(console, seats[key])
        for row in rows:
            _show_words(console, row)
    console.print(
        "shares are of the last tenth of the rounds; regret, per round, is against the best fixed report of each type, "
        "and against truth; exploitable: what a best response gains per round on average play, and on late play",
        highlight=False,
    )
    for note in figures["notes"]:
        console.print(f"note: {note}", highlight=False)


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["learner"], row["against"], row.get("phase")


def _title(row: Mapping[str, Any]) -> str:
    name = "the scenario's own seats" if row["learner"] == OWN else row["learner"]
    return name if row["against"] is None else f"{name}, one seat at a time against {row['against']}"


def _phase(figures: Mapping[str, Any], row: Mapping[str, Any]) -> str:
    if "phase" not in row:
        return ""
    phase = figures["phases"][row["phase"]]
    changes = ", ".join(f"{key} = {value}" for key, value in phase["set"].items())
    return f" from round {phase['first_round']}{f' ({changes})' if changes else ''}; {_yardsticks(phase)}"


def _yardsticks(figures: Mapping[str, Any]) -> str:
    said = f"truthful play earns {number(figures['revenue_truthful'])} a round; OPT {number(figures['opt'])}"
    return said if figures["bound"] is None else f"{said}; the bound for truthful play {number(figures['bound'])}"


def _show_seats(console: Console, rows: Sequence[Mapping[str, Any]]) -> None:
    own = any(row["plays"] != row["learner"].partition("(")[0] for row in rows)
    apart = rows[0]["against"] is not None
    table = new_table("seat", *(["plays"] if own else []), *_COLUMNS, *(["late revenue"] if apart else []))
    for row in rows:
        pairs = [row[name] for name in _COLUMNS.values()]
        cells = [_share(pair) for pair in pairs[:_SHARES]] + [_gain(pair) for pair in pairs[_SHARES:]]
        revenue = interval(*row["revenue"].values())
        table.add_row(str(row["seat"]), *([row["plays"]] if own else []), *cells, *([revenue] if apart else []))
    console.print(table)
    if not apart:
        console.print(f"the seller earns {revenue} a round in the last tenth of the rounds", highlight=False)


def _share(pair: Mapping[str, float]) -> str:
    return "–" if math.isnan(pair["mean"]) else f"{pair['mean']:.1%}"


def _gain(pair: Mapping[str, float]) -> str:
    return number(pair["mean"], digits=3)


def _show_words(console: Console, row: Mapping[str, Any]) -> None:
    who = "" if row["seat"] is None else f"seat {row['seat']}: "
    ends = ", ".join(f"{end['words']} {end['share']:.0%}" for end in row["ends"])
    console.print(f"{who}worlds end {ends}", highlight=False)
    for basin in row["basins"][:_SHOWN]:
        if basin["share"] >= _LARGE:
            console.print(f"{who}{basin['sentence']}", highlight=False)
    if row["two_steps"]:
        counts = Counter(step["verdict"] for step in row["two_steps"])
        told = ", ".join(f"{verdict} in {count}" for verdict, count in counts.most_common())
        console.print(f"{who}of {counted(len(row['two_steps']), 'type')}: {told}", highlight=False)
    times = [time for time in row["time_to_truth"] if time["type"] == "all"]
    said = ", ".join(f"seat {time['seat']} {_when(time['round'])}" for time in times)
    console.print(f"truth takes 95 % for good: {said}", highlight=False)
    for note in row["notes"]:
        console.print(f"note: {note}", highlight=False)


def _when(start: float) -> str:
    return "never" if start != start else f"from round {start:.0f}"
