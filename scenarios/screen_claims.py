"""What `verify` shows a person: a row for each claim, and the words of those that fail."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.claims.named import NAMED
from analysis.claims.search import Finding
from scenarios.screen import heading, new_console, new_table, number


def show_claims(found: Sequence[Finding]) -> None:
    """Print a verdict a row, what was tried and how far the worst instance is from failing, and a count at the end."""
    console = new_console()
    table = new_table("claim", "where", "tried", "decided", "worst slack", "verdict", "seconds")
    for column in (1, 5):
        table.columns[column].justify = "left"
    table.columns[0].no_wrap, table.columns[0].min_width = True, max(len(row.claim) for row in found)
    for row in found:
        verdict = row.verdict if row.as_expected else f"{row.verdict}, NOT {row.expected}"
        cells = (str(row.tried), str(row.decided), number(row.shown, digits=3), verdict, f"{row.seconds:.1f}")
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
    said = "every verdict is the expected one" if not surprises else f"{surprises} verdicts are not the expected ones"
    console.print(f"{len(found)} claims, {len(failing)} of which fail: {said}")


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
