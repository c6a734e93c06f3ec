"""Plots of equilibria draw what the tables say, whatever the tables lack."""

import io

import pandas as pd
import pytest
from matplotlib.figure import Figure

from agents.induced import Induced
from analysis.drawing import new_axes
from analysis.equilibrium.checks import COLUMNS, verify
from analysis.equilibrium.logit import SUMMARY, logit_path
from analysis.equilibrium.plots import gains_by_type, logit_shares
from tests.priors import iid


def game(mechanism: str = "first-price", **options) -> Induced:
    return Induced(iid((1, 2, 4), (0.5, 0.3, 0.2), 2).game(mechanism, **options))


def drawn(ax) -> bytes:
    """The PNG, so that a plot that cannot be rendered fails."""
    assert isinstance(ax.figure, Figure)
    target = io.BytesIO()
    ax.figure.savefig(target, format="png")
    return target.getvalue()


def test_logit_shares_are_the_summary_s():
    summary = logit_path(game(), greatest=50.0).summary
    ax = logit_shares(summary, new_axes(), unit="$")
    right = ax.figure.axes[1]
    shown = summary.iloc[1:]
    assert ax.lines[0].get_xdata().tolist() == shown["lambda"].tolist()
    assert ax.lines[0].get_ydata().tolist() == shown["truthful_share"].tolist()
    assert right.lines[0].get_ydata().tolist() == shown["nash_conv"].tolist()
    assert ax.get_xscale() == "log"
    assert right.get_ylim()[1] > summary["nash_conv"].max()
    assert ax.lines[0].get_linestyle() != right.lines[0].get_linestyle()
    assert ax.lines[0].get_marker() != right.lines[0].get_marker()
    assert ax.get_title(loc="right").startswith("uniform play: share 0.3333, NashConv")
    assert "$" in right.get_ylabel()
    assert drawn(ax)


def test_gains_are_drawn_the_largest_first_with_their_reports():
    table = verify(game()).table
    ax = gains_by_type(table, new_axes())
    best = table.sort_values("gain", ascending=False, kind="stable")
    assert [bar.get_width() for bar in ax.patches] == best["gain"].tolist()
    assert ax.get_yticklabels()[0].get_text().startswith(f"seat {best['seat'].iloc[0]}: ")
    texts = [text.get_text() for text in ax.texts]
    assert f"says {best['value_report'].iloc[0]}" in texts[0]
    assert texts[-1] == "0"
    assert ax.get_xlim()[1] > best["gain"].max()
    assert drawn(ax)


def test_a_limit_is_said():
    ax = gains_by_type(verify(game()).table, new_axes(), limit=2)
    assert len(ax.patches) == 2
    assert ax.get_xlabel().startswith("largest interim gain, 2 of 6 types")


def test_nothing_to_gain_is_drawn_as_such():
    ax = gains_by_type(verify(game("vickrey")).table, new_axes())
    assert {text.get_text() for text in ax.texts} == {"0"}
    assert drawn(ax)


def test_beliefs_are_named():
    table = verify(game("L-printed", epsilon=2.0)).table
    ax = gains_by_type(table, new_axes())
    assert " with " in ax.texts[0].get_text()
    assert drawn(ax)


@pytest.mark.parametrize(("plot", "columns"), [(logit_shares, SUMMARY), (gains_by_type, COLUMNS)])
def test_empty_tables_give_labelled_axes(plot, columns):
    ax = new_axes()
    assert plot(pd.DataFrame(columns=columns), ax) is ax
    assert ax.get_xlabel()
    assert any("nothing to show" in text.get_text() for text in ax.texts)
    assert drawn(ax)


def test_a_branch_of_one_point_is_empty_but_for_uniform_play():
    summary = logit_path(game(), greatest=50.0).summary.head(1)
    assert drawn(logit_shares(summary, new_axes()))
