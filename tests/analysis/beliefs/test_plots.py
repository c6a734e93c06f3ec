"""Plots of wrong beliefs draw what the table says, whatever it lacks."""

import io

import pandas as pd
import pytest
from matplotlib.colors import to_rgb

from analysis.beliefs.plots import gain_by_strength, revenue_by_strength, truth_by_strength
from analysis.drawing import Z95, new_axes

MECHANISMS = ("M", "L", "unanimity $")
STRENGTHS = (0.0, 0.1, 0.5)
ROWS = [(k, name, s) for k, name in enumerate(MECHANISMS) for s in STRENGTHS]
TABLE = pd.DataFrame(
    [(name, s, 10.0 * k + s, 0.4, 1.0 - s * k / 2, 0.02 * k * s, 30.0) for k, name, s in ROWS],
    columns=["mechanism", "strength", "revenue", "revenue_error", "truth_best", "gain_true", "opt"],
)
PLOTS = {
    "revenue": (revenue_by_strength, "revenue"),
    "truth": (truth_by_strength, "truth_best"),
    "gain": (gain_by_strength, "gain_true"),
}
every_plot = pytest.mark.parametrize(("draw", "column"), PLOTS.values(), ids=PLOTS)


def lines(ax):
    """The drawn lines of the mechanisms, by their points."""
    return [line for line in ax.lines if line.get_marker() in ("o", "s", "D")]


@every_plot
def test_a_line_a_mechanism_through_its_figures(draw, column):
    ax = new_axes()
    assert draw(TABLE.sample(frac=1.0, random_state=1).sort_values("mechanism", kind="stable"), ax) is ax
    drawn = {tuple(map(tuple, line.get_xydata())) for line in lines(ax)}
    expected = {
        tuple(zip(part["strength"], part[column], strict=True)) for _, part in TABLE.groupby("mechanism", sort=False)
    }
    assert drawn == expected


@every_plot
def test_lines_are_told_apart_without_colour_and_where_they_coincide(draw, column):
    ax = draw(TABLE, new_axes())
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines(ax)}) == len(MECHANISMS)
    assert len({line.get_markersize() for line in lines(ax)}) == len(MECHANISMS)
    assert {line.get_markerfacecolor() for line in lines(ax)} == {"none"}
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts[:3] == ["M", "L", r"unanimity \$"]


def test_opt_is_a_line_with_its_value():
    ax = revenue_by_strength(TABLE, new_axes(), unit="$")
    (opt,) = [line for line in ax.lines if line.get_label() == "OPT 30"]
    assert list(opt.get_ydata()) == [30.0, 30.0]
    assert to_rgb(opt.get_color()) == (0.0, 0.0, 0.0)
    assert ax.get_ylabel() == r"revenue per round (\$)"
    assert ax.get_ylim()[0] < 0.0 < 30.0 < ax.get_ylim()[1]


def test_intervals_are_95_percent_where_there_are_errors():
    ax = revenue_by_strength(TABLE, new_axes())
    spans = [segment[:, 1] for bars in ax.collections for segment in bars.get_segments()]
    assert len(spans) == len(TABLE)
    assert sorted(high - low for low, high in spans) == pytest.approx([2 * Z95 * 0.4] * len(TABLE))
    assert not truth_by_strength(TABLE, new_axes()).collections


def test_a_negative_revenue_is_seen():
    ax = revenue_by_strength(TABLE.assign(revenue=-3.0), new_axes())
    assert ax.get_ylim()[0] < -3.0


def test_strengths_are_the_ticks_while_they_are_few():
    assert list(truth_by_strength(TABLE, new_axes()).get_xticks()) == list(STRENGTHS)
    many = pd.DataFrame({"mechanism": "M", "strength": [k / 20 for k in range(21)], "truth_best": 1.0})
    assert len(truth_by_strength(many, new_axes()).get_xticks()) < 21


@every_plot
def test_an_empty_table_says_so(draw, column):
    ax = draw(TABLE.iloc[:0], new_axes())
    assert [text.get_text() for text in ax.texts] == ["nothing to show"]
    assert ax.get_xlabel() == "strength of the error"


@every_plot
def test_it_can_be_saved(draw, column):
    ax = draw(TABLE, new_axes())
    target = io.BytesIO()
    ax.figure.savefig(target, format="png")
    assert len(target.getvalue()) > 5_000
