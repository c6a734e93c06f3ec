"""Plots of learning draw what the tables say, whatever the tables lack."""

import io
from math import nan

import numpy as np
import pandas as pd
import pytest

from analysis.drawing import Z95, new_axes
from analysis.emergence import plots


def drawn(ax) -> bytes:
    """The PNG, so that a plot that cannot be rendered fails."""
    target = io.BytesIO()
    ax.figure.savefig(target, format="png")
    return target.getvalue()


def shares(rounds=(10, 20, 30), types=("10", "40", "all")):
    rows = [
        (seat, kind, end, 5, 0.2 * seat + end / 40, 0.02, 0.3, 0.01, end / 50, nan)
        for seat in (0, 1)
        for kind in types
        for end in rounds
    ]
    names = ["value", "value_error", "belief", "belief_error", "truth", "truth_error"]
    return pd.DataFrame(rows, columns=["seat", "type", "round", "visits", *names])


def regret():
    rounds = np.array([10, 100, 1000])
    return pd.DataFrame({"seat": 0, "round": rounds, "external": [-0.1, 0.5, 0.2], "external_error": 0.01})


def abandoned():
    rows = [
        ("V", True, True, False, 21.0, 1.0),
        ("B", False, True, False, 321.0, 2.0),
        ("B2", False, True, False, nan, 2.0),
        ("T", False, False, True, nan, nan),
    ]
    names = ["option", "value_lie", "belief_lie", "truthful", "abandoned", "eliminated"]
    return pd.DataFrame(rows, columns=names).assign(seat=0, type="10", late_share=0.0)


def ended():
    words = ["truthful", "overbidding for the role", "mixed"]
    return pd.DataFrame({"words": words, "share": [0.7, 0.2, 0.1], "low": [0.6, 0.1, 0.05], "high": [0.8, 0.3, 0.2]})


def test_truth_by_round_draws_value_and_belief_of_each_seat():
    table = shares()
    ax = plots.truth_by_round(table[table["type"] == "all"], new_axes())
    lines = [line for line in ax.lines if len(line.get_xdata()) == 3]
    assert [line.get_linestyle() for line in lines] == ["-", "--"] * 2
    assert lines[2].get_ydata().tolist() == pytest.approx([0.45, 0.7, 0.95])
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == pytest.approx((0.25 - Z95 * 0.02, 0.75 + Z95 * 0.02))
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["seat 0", "seat 1"]
    assert drawn(ax)


def test_hues_are_named():
    table = shares(types=("all",)).assign(learner=lambda t: t["seat"].map({0: "hedge", 1: "exp3"}))
    ax = plots.truth_by_round(table, new_axes(), hue="learner")
    assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["hedge", "exp3"]


def test_truth_by_type_is_a_row_a_type():
    ax = plots.truth_by_type(shares(), new_axes())
    shades = ax.collections[0].get_array()
    assert np.asarray(shades).reshape(4, 3)[1].tolist() == pytest.approx([0.2, 0.4, 0.6])
    assert [text.get_text() for text in ax.get_yticklabels()] == [
        "10   seat 0",
        "40   seat 0",
        "10   seat 1",
        "40   seat 1",
    ]
    assert drawn(ax)


def test_types_that_never_occur_have_no_shade():
    table = shares()
    table.loc[(table["type"] == "40") & (table["round"] == 20), "truth"] = nan
    ax = plots.truth_by_type(table, new_axes())
    assert np.isnan(np.ma.filled(ax.collections[0].get_array().astype(float), nan).reshape(4, 3)[1, 1])
    assert drawn(ax)


def test_regret_is_summed_and_its_guide_has_slope_one_half():
    ax = plots.regret_by_round(regret(), new_axes())
    path, guide = ax.lines
    assert path.get_xdata().tolist() == [100, 1000]
    assert path.get_ydata().tolist() == pytest.approx([50.0, 200.0])
    (low, high), (x0, x1) = guide.get_ydata(), guide.get_xdata()
    assert np.log(high / low) / np.log(x1 / x0) == pytest.approx(0.5)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert drawn(ax)


def test_without_regret_there_is_nothing_to_see():
    ax = plots.regret_by_round(regret().assign(external=-1.0), new_axes())
    assert [text.get_text() for text in ax.texts] == ["nothing to show"]
    assert drawn(ax)


def test_revenue_is_beside_its_benchmarks():
    table = pd.DataFrame({"round": [10, 20], "revenue": [3.0, 4.0], "error": [0.1, nan]})
    ax = plots.revenue_by_round(table, new_axes(), truthful=5.0, bound=2.0, opt=nan)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["learnt, mean over worlds", "truthful 5", "bound 2"]
    heights = [line.get_ydata()[0] for line in ax.lines if line.get_color() == "black"]
    assert heights == [5.0, 2.0]
    assert drawn(ax)


def test_reports_are_placed_by_play_and_by_proof():
    ax = plots.abandonment_order(abandoned(), new_axes())
    points = {line.get_label(): line.get_xydata() for line in ax.lines if not line.get_label().startswith("_")}
    assert np.round(points["false value"][:, 0]).tolist() == [1]
    assert np.round(points["true value, false belief"][:, 0]).tolist() == [2, 2]
    assert points["true value, false belief"][:, 1].tolist() == [321.0, 642.0]  # the upper row is "never"
    assert np.round(points["truth"][:, 0]).tolist() == [3]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["round 1", "round 2", "survives"]
    assert ax.get_yticklabels()[-1].get_text() == "never"
    assert drawn(ax)


def test_basins_are_bars_with_intervals():
    ax = plots.basin_shares(ended(), new_axes())
    assert [bar.get_width() for bar in ax.patches] == [0.7, 0.2, 0.1]
    assert [text.get_text() for text in ax.texts] == ["70%", "20%", "10%"]
    hatches = [bar.get_hatch() for bar in ax.patches]
    assert len(set(hatches)) == 2
    assert drawn(ax)


def test_beliefs_that_nobody_asks_for_are_not_drawn():
    ax = plots.truth_by_round(shares(types=("all",)).assign(belief=nan, belief_error=nan), new_axes())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["seat 0", "seat 1", "true value"]
    assert len([line for line in ax.lines if len(line.get_xdata()) == 3]) == 2


def test_changes_are_dotted_lines_with_their_names():
    ax = plots.mark_changes(plots.truth_by_type(shares(), new_axes()), {11: "epsilon = $1", 21: "new prior"})
    assert [(line.get_xdata()[0], line.get_linestyle()) for line in ax.lines] == [(10.5, ":"), (20.5, ":")]
    assert [text.get_text() for text in ax.texts] == [r"epsilon = \$1", "new prior"]
    assert drawn(ax)
    assert not plots.mark_changes(new_axes(), {}).lines


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (plots.truth_by_round, shares()),
        (plots.truth_by_type, shares()),
        (plots.regret_by_round, regret()),
        (plots.revenue_by_round, pd.DataFrame({"round": [], "revenue": [], "error": []})),
        (plots.abandonment_order, abandoned()),
        (plots.basin_shares, ended()),
    ],
)
def test_empty_tables_give_empty_axes(draw, table):
    ax = new_axes()
    assert draw(table[:0], ax) is ax
    assert "nothing to show" in [text.get_text() for text in ax.texts]
    assert drawn(ax)
