"""The report: one self-contained HTML page, the same bytes for the same input.

Plots are inlined as SVG, their text left as text; the page loads nothing and runs no script.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from numbers import Real

import matplotlib
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.figure import Figure

MAX_ROWS = 200


@dataclass(frozen=True)
class Report:
    """What goes on the page; what is empty is left out.

    Attributes
    ----------
    summary : plain sentences, the answer first.
    figures : caption, figure, and the text for those who cannot see it.
    tables : caption, frame and note; the note may be empty.
    scenario_text : the scenario's TOML.
    reproduce : shell lines that make the run again.
    versions : by package.
    """

    title: str
    summary: Sequence[str] = ()
    figures: Sequence[tuple[str, Figure, str]] = ()
    tables: Sequence[tuple[str, pd.DataFrame, str]] = ()
    scenario_text: str = ""
    reproduce: Sequence[str] = ()
    warnings: Sequence[str] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Cell:
    text: str
    number: bool


@dataclass(frozen=True)
class _Table:
    caption: str
    note: str
    head: list[_Cell]
    rows: list[list[_Cell]]
    left_out: int


def render(report: Report) -> str:
    """Return the report as one HTML page.

    >>> "<h1>A &lt;b&gt; auction</h1>" in render(Report("A <b> auction"))
    True
    """
    environment = Environment(
        loader=PackageLoader("analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    plots = [
        (caption, _svg(figure, alt, f"f{number}-"))
        for number, (caption, figure, alt) in enumerate(report.figures, start=1)
    ]
    tables = [_table(*entry) for entry in report.tables]
    template = environment.get_template("report.html.j2")
    return template.render(report=report, plots=plots, tables=tables)


def format_cell(value: object) -> str:
    """Return a table entry as text: 5 significant digits, whole numbers in full, "–" for what is missing.

    >>> [format_cell(x) for x in (2.3456789, 120, 1234567.8, float("nan"), float("-inf"), True)]
    ['2.3457', '120', '1234568', '–', '-∞', 'yes']
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        ...


def _svg(figure: Figure, alt: str, prefix: str) -> Markup:
    """Return the figure as an SVG element whose ids start with `prefix`, scaled by the page's style."""
    buffer = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "crowdbayes", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
