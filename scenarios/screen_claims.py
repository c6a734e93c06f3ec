"""What `verify` shows a person: a row for each claim, and the words of those that fail."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.claims.search import Finding
from scenarios.screen import new_console, new_table, number


def show_claims(found: Sequence[Finding]) -> None:
    """Print a verdict a row, what was tried and how far the worst instance is from failing, and a count at the end."""
    console = new_console()
    table = new_table("claim", "where", "tried", "decided", "worst slack", "verdict", "seconds")
    for column in (1, 5):
        table.columns[column].justify = "left"
    for row in found:
        verdict = row.verdict if row.as_expected else f"[bold]{row.verdict}[/bold], NOT {row.expected}"
        cells = (str(row.tried), str(row.decided), number(row.shown, digits=3), verdict, f"{row.seconds:.1f}")
        table.add_row(row.claim, row.source, *cells)
    console.print(table)
    failing = [row for row in found if row.verdict.startswith("fails")]
    for row in failing:
        console.print(f"{row.claim}: [italic]{row.statement}[/italic]", highlight=False)
        console.print(f"  fails on {row.decided} of {row.tried}; the smallest: {_words(row)}", highlight=False)
    surprises = sum(not row.as_expected for row in found)
    said = "every verdict is the expected one" if not surprises else f"{surprises} verdicts are not the expected ones"
    console.print(f"{len(found)} claims, {len(failing)} of which fail: {said}")


def _words(row: Finding) -> str:
    return "none" if row.instance is None else row.instance.describe()
