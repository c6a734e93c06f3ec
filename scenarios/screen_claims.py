"""What `verify` shows a person: a row for each claim, and the words of those that fail."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.claims.named import NAMED
from analysis.claims.search import Finding
from scenarios.screen import heading, new_console, new_table, number

_TINY = 1e-12


def show_claims(found: Sequence[Finding]) -> None:
    """Print a verdict a row, what was tried and how far the worst instance is from failing, and a count at the end."""
    console = new_console()
    table = new_table("claim", "where", "tried", "deciding", "worst slack", "verdict", "seconds")
    for column in (1, 5):
        table.columns[column].justify = "left"
    table.columns[0].no_wrap, table.columns[0].min_width = True, max(len(row.claim) for row in found)
    for row in found:
        slack = 0.0 if abs(row.slack) < _TINY else row.slack
        cells = (str(row.tried), str(row.decided), number(slack, digits=3), _verdict(row), f"{row.seconds:.1f}")
        table.add_row(row.claim, row.source, *cells)
    console.print(table)
    failing = [row for row in found if row.verdict.startswith("fails")]
    for row in failing:
        heading(console, row.claim, f": {row.statement}")
        names = "all named instances" if len(row.named) == len(NAMED) else ", ".join(row.named)
        named = f", and on {names}" if names else ""
        said = f"  fails on {row.decided} of {row.tried}{named}; the smallest found: {_words(row)}"
        console.print(said, highlight=False)
    surprises = sum(not row.as_expected for row in found)
    console.print(
        "deciding: instances that break a claim, or show what it says there is; worst slack: units of value by which a "
        "claim holds, negative where it fails"
    )
    said = "every verdict is the expected one" if not surprises else f"verdicts not expected: {surprises}"
    console.print(f"claims: {len(found)}; failing: {len(failing)}; {said}")


def _verdict(row: Finding) -> str:
    """Return a verdict, and what was expected where that is something else."""
    if row.as_expected:
        return row.verdict
    if row.decided == 0:
        return f"nothing found in {row.tried} instances; with more, expected: {row.expected}"
    return f"{row.verdict}; expected: {row.expected}"


def _words(row: Finding) -> str:
    """Return an instance in words: values, states with their odds, knowledge, and the mechanism's numbers."""
    instance = row.instance
    if instance is None:
        return "none"
    one = instance.one_good
    profiles = [[instance.values[i][k] if one else k for i, k in enumerate(state)] for state in instance.states]
    states = ", ".join(f"{profile}: {odd}" for profile, odd in zip(profiles, instance.odds, strict=True))
    about = f"values {[list(grid) for grid in instance.values]}" if one else f"worths {instance.worths}"
    return (
        f"{about}; states {{{states}}}; knowledge {instance.knowledge}; epsilon {instance.epsilon:g}, "
        f"delta {instance.delta:g}, discount {instance.discount:g}, ties {instance.ties}; slack {row.shown:.4g}"
    )
