"""What pages of studies are made of: prose kept to a width, tables, figures with their intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import pandas as pd

from analysis.drawing import Z95
from analysis.emergence.worlds import mean_over_worlds
from mechanisms.environment import FloatArray

WIDTH = 110
_HARD = "\N{NO-BREAK SPACE}"
_KEPT = ("#", "|", "!", "    ")


def page(template: str, shown: Mapping[str, object]) -> str:
    """Return a page of Markdown: a template with its fields filled in, paragraphs and items kept to a width.

    Fields are those of `str.format`; headings, tables, plots and code stay as they are.
    """
    blocks = template.strip("\n").format_map(shown).split("\n\n")
    return "\n\n".join(block.rstrip() if block.startswith(_KEPT) else _filled(block) for block in blocks) + "\n"


def grid(table: pd.DataFrame) -> str:
    """Return a Markdown table; numbers are aligned to the right, and have four digits unless they are text already."""
    sides = ["--:" if pd.api.types.is_numeric_dtype(kind) else ":--" for kind in table.dtypes]
    rows = [list(map(str, table.columns)), sides, *([_text(entry) for entry in row] for row in table.to_numpy(object))]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def interval(by_world: FloatArray, digits: int = 2) -> str:
    """Return the mean over worlds with the half-width of its 95 % interval, as in ``7.59 ± 0.03``."""
    mean, error = mean_over_worlds(by_world)
    return f"{mean:.{digits}f} ± {Z95 * error:.{digits}f}"


def percent(share: float) -> str:
    """Return a share as a whole number of hundredths.

    >>> percent(0.256)
    '26 %'
    """
    return f"{100 * share:.0f} %"


def counted(number: int, scale: float, *, least: int = 4) -> int:
    """Return how many worlds a study plays at a scale.

    >>> counted(100, 0.25), counted(10, 0.1)
    (25, 4)
    """
    return max(least, round(number * scale))


def _filled(text: str) -> str:
    hanging = "  " if text.startswith("- ") else ""
    flat = " ".join(text.split()).replace(" %", _HARD + "%")
    lines = textwrap.fill(flat, WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return lines.replace(_HARD, " ")


def _text(entry: object) -> str:
    return f"{entry:.4g}" if isinstance(entry, float) else str(entry)
