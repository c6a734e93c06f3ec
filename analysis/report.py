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
from typing import Any

import matplotlib
import numpy as np
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
    """Return the report as one HTML page; the figures keep the layout that they were rendered with.

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
    figures = [
        (caption, _svg(figure, alt, f"f{number}-"))
        for number, (caption, figure, alt) in enumerate(report.figures, start=1)
    ]
    tables = [_table(*entry) for entry in report.tables]
    return environment.get_template("report.html.j2").render(report=report, figures=figures, tables=tables)


def format_cell(value: object) -> str:
    """Return a table entry as text: 5 significant digits, whole numbers in full, "–" for what is missing.

    >>> [format_cell(x) for x in (2.3456789, 120, 1234567.8, float("nan"), float("-inf"), True)]
    ['2.3457', '120', '1234568', '–', '-∞', 'yes']
    """
    if isinstance(value, bool | np.bool):
        return "yes" if value else "no"
    if value is None or value is pd.NA or value is pd.NaT:
        return "–"
    if not isinstance(value, Real):
        return str(value)
    number = float(value)
    if math.isnan(number):
        return "–"
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    whole = number.is_integer() or abs(number) >= 1e5
    return f"{number:.0f}" if whole and abs(number) < 1e15 else f"{number:.5g}"


def _table(caption: str, frame: pd.DataFrame, note: str) -> _Table:
    """Return the first rows as text, with a named index as a column of its own."""
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    shown = frame.head(MAX_ROWS)
    numeric = [_is_numeric(shown.iloc[:, place]) for place in range(shown.shape[1])]
    rows = [
        [_Cell(format_cell(value), number) for value, number in zip(row, numeric, strict=True)]
        for row in shown.astype(object).itertuples(index=False, name=None)
    ]
    head = [_Cell(str(name).replace("_", " "), number) for name, number in zip(shown, numeric, strict=True)]
    return _Table(caption, note, head, rows, len(frame) - len(shown))


def _is_numeric(column: pd.Series[Any]) -> bool:
    return all(isinstance(value, Real) and not isinstance(value, bool) for value in column.dropna())


def _svg(figure: Figure, alt: str, prefix: str) -> Markup:
    """Return the figure as an SVG element whose ids start with `prefix` and whose fonts are the page's."""
    buffer = StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "crowdbayes", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    figure.set_layout_engine("none")  # solved once: solving it again would move everything by a hair
    text = buffer.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg ") :], flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", lambda tag: _own_tag(tag[0], prefix), text)
    points = 72.0 * figure.get_figwidth()
    frame = (
        f'<svg role="img" aria-label="{escape(alt)}" style="max-width:{points:.0f}pt;min-width:{0.7 * points:.0f}pt"'
    )
    return Markup(re.sub(r'<svg (.*?)width="[^"]*" height="[^"]*"', lambda tag: f"{frame} {tag[1]}", text, count=1))


def _own_tag(tag: str, prefix: str) -> str:
    tag = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>{prefix}", tag)
    return re.sub(r"font-family: [^;\"]*;? ?", "", tag)
