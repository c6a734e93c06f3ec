"""Plots draw what the table says, on the Axes that they are given, whatever the table lacks."""

from __future__ import annotations

import io
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis import plots

NAN = math.nan


def revenue() -> pd.DataFrame:
    rows = [
        ("L as played", "mechanism", 2.17, 2.18, 0.01),
        ("L simulated only", "mechanism", NAN, 2.2, NAN),
        ("in the red", "mechanism", -0.5, NAN, NAN),
        ("OPT", "benchmark", 2.375, NAN, NAN),
        ("unknown", "benchmark", NAN, NAN, NAN),
        ("bound for L", "bound", 1.08, NAN, NAN),
    ]
    return pd.DataFrame(rows, columns=["figure", "group", "exact", "simulated", "standard_error"])


def rounds(count: int = 50) -> pd.DataFrame:
    at = np.arange(count)
    return pd.DataFrame({"round": at, "revenue": 2.0 + np.sin(at), "standard_error": 0.1})


def deviations(types: int = 3, beliefs: tuple[str, ...] = ("truthful", "prior", "type 2")) -> pd.DataFrame:
    rows = [
        (seat, str(kind), kind, report, belief, 0.01 * seat - 0.1 * abs(report - kind) + 0.02 * (belief == "prior"))
        for seat in (0, 1)
        for kind in range(1, types + 1)
        for report in range(1, types + 1)
        for belief in beliefs
        if (report, belief) != (kind, "truthful")
    ]
    table = pd.DataFrame(rows, columns=["seat", "type", "value", "value_report", "belief_report", "gain"])
    return table.assign(gain_expost=table["gain"], probability=1 / types)


def one_type(table: pd.DataFrame, seat: int = 1, kind: str = "2") -> pd.DataFrame:
    return table[(table["seat"] == seat) & (table["type"] == kind)]


def region() -> pd.DataFrame:
    rows = [(e, d, 0.2 * e - 0.1 * d) for d in np.linspace(0, 0.2, 8) for e in np.geomspace(1e-3, 1, 9)]
    return pd.DataFrame(rows, columns=["epsilon", "delta", "gain"])


def border() -> pd.DataFrame:
    return pd.DataFrame({"delta": [0.0, 0.1, 0.2], "epsilon": [0.0, 0.05, math.inf]})


def knowledge() -> pd.DataFrame:
    rows = [(k, m, 1.0 + i + j, 2.0, 0.1, 4.0) for i, m in enumerate("LM") for j, k in enumerate(("own", "all"))]
    return pd.DataFrame(rows, columns=["knowledge", "mechanism", "revenue", "prices", "rewards", "opt"])


def draw_region(table: pd.DataFrame, ax: Axes, *, unit: str = "") -> Axes:
    return plots.region_map(table, border(), ax, unit=unit, point=(0.1, 0.1))


PLOTS: dict[str, tuple[Callable[..., Axes], pd.DataFrame]] = {
    "bars": (plots.revenue_bars, revenue()),
    "rounds": (plots.revenue_by_round, rounds()),
    "heat": (plots.deviation_heat, one_type(deviations())),
    "region": (draw_region, region()),
    "knowledge": (plots.knowledge_revenue, knowledge()),
}


def ink(figure: Figure) -> str:
    """Draw the figure for real, so that every warning of the drawing shows, and return it as SVG."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    return buffer.getvalue()


def written(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


@pytest.mark.parametrize("name", PLOTS)
@pytest.mark.parametrize("rows", [None, 1, 0], ids=["full", "one row", "empty"])
def test_a_plot_returns_its_labelled_axes(name: str, rows: int | None) -> None:
    plot, table = PLOTS[name]
    ax = plots.new_axes()
    assert plot(table.head(len(table) if rows is None else rows), ax, unit="$") is ax
    assert ax.get_xlabel()
    assert ax.get_ylabel() or name == "bars"
    assert r"(\$)" in ax.get_xlabel() + ax.get_ylabel()
    ink(ax.figure)


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_stands_missing_numbers(name: str) -> None:
    plot, table = PLOTS[name]
    numbers = {"exact", "simulated", "standard_error", "revenue", "gain", "opt"}.intersection(table.columns)
    for holes in (table.assign(**{column: NAN for column in numbers}), table.assign(**{min(numbers): NAN})):
        ink(plot(holes, plots.new_axes()).figure)


@pytest.mark.parametrize("name", [name for name in PLOTS if name != "region"])
def test_an_empty_table_says_so(name: str) -> None:
    plot, table = PLOTS[name]
    assert "nothing to show" in written(plot(table.head(0), plots.new_axes()))


def test_bars_carry_their_values_and_intervals() -> None:
    ax = plots.revenue_bars(revenue(), plots.new_axes())
    assert written(ax) == ["2.17 (simulated 2.180 ± 0.020)", "(simulated 2.2000)", "−0.5", "2.375", "–", "1.08"]
    (interval,) = ax.containers[1].lines[2][0].get_segments()
    assert interval[:, 0] == pytest.approx([2.18 - plots.Z95 * 0.01, 2.18 + plots.Z95 * 0.01])
    assert len({bar.get_hatch() for container in ax.containers[::2] for bar in container}) == 3
    assert ax.get_ylim() == (5.5, -0.5)  # the table's first row is on top


def test_rounds_have_a_band_and_labelled_references() -> None:
    ax = plots.revenue_by_round(rounds(), plots.new_axes(), exact=2.0, opt=2.01, bound=NAN)
    (band,) = ax.collections
    heights = band.get_paths()[0].vertices[:, 1]
    assert heights.max() - (2.0 + np.sin(np.arange(50))).max() == pytest.approx(plots.Z95 * 0.1)
    assert written(ax) == ["exact 2", "OPT 2.01"]
    low, high = sorted(text.get_position()[1] for text in ax.texts)
    assert high - low > 0.03
    assert ax.get_xlabel() == "round"


def test_many_rounds_are_averaged_in_blocks() -> None:
    ax = plots.revenue_by_round(rounds(1001), plots.new_axes())
    assert ax.get_xlabel() == "round (means of 6 rounds)"
    at, means = ax.lines[0].get_data()
    assert len(at) == 167
    assert at[0] == 2.5
    assert means[0] == pytest.approx(2.0 + np.sin(np.arange(6)).mean())
    upper = ax.collections[0].get_paths()[0].vertices[:, 1].max()
    assert upper - np.max(means) < 2 * plots.Z95 * 0.1 / math.sqrt(5)
    assert plots.revenue_by_round(rounds(40), plots.new_axes(), smooth=8).get_xlabel() == "round (means of 8 rounds)"


def test_the_heat_map_writes_gains_and_boxes_the_truth() -> None:
    ax = plots.deviation_heat(one_type(deviations()), plots.new_axes())
    assert written(ax)[:3] == ["−0.09", "−0.07", "−0.09"]
    assert written(ax)[3:6] == ["truth", "▲ +0.03", "▲ +0.01"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["truthful", "prior", "type 2"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["3", "2", "1"]
    (box,) = ax.patches
    assert box.get_xy() == (0, 1)
    assert ax.get_title() == "seat 1, type 2"
    norm = ax.collections[0].norm
    assert norm.vcenter == 0
    assert norm.vmin < 0 < norm.vmax


def test_the_heat_map_of_one_type_and_one_report() -> None:
    table = one_type(deviations()).head(1)
    ax = plots.deviation_heat(table, plots.new_axes())
    assert sorted(written(ax)) == ["truth", "−0.09"]
    only_belief = table.assign(value_report=2, belief_report="prior", gain=0.0)
    assert written(plots.deviation_heat(only_belief, plots.new_axes())) == ["truth", "0"]


def test_a_report_missing_beside_the_true_value_is_the_truth_by_another_name() -> None:
    table = one_type(deviations())
    table = table[(table["value_report"] != 2) | (table["belief_report"] != "prior")]
    ax = plots.deviation_heat(table.astype({"value_report": object}), plots.new_axes())
    assert written(ax)[3:6] == ["truth", "= truth", "▲ +0.01"]
    assert "units of value" in ax.get_ylabel()


def test_the_heat_map_keeps_the_largest_gains_with_rules_first() -> None:
    beliefs = ("truthful", *(f"type {k}" for k in range(30)), "prior")
    table = one_type(deviations(20, beliefs), kind="7")
    table.loc[table["belief_report"] == "type 29", "gain"] = 1.0
    ax = plots.deviation_heat(table, plots.new_axes(width=11))
    shown = [label.get_text() for label in ax.get_xticklabels()]
    assert len(shown) == 12
    assert shown[:2] == ["truthful", "prior"]
    assert shown[-1] == "type 29"
    assert len(ax.get_yticks()) == 16
    assert "7" in [label.get_text() for label in ax.get_yticklabels()]
    assert ax.get_xlabel() == "belief report, 12 of 32"


def test_reports_of_several_goods_keep_their_names() -> None:
    table = one_type(deviations())
    names = table.assign(value="b", value_report=table["value_report"].map({1: "a", 2: "b", 3: "c"}))
    ax = plots.deviation_heat(names, plots.new_axes())
    assert [label.get_text() for label in ax.get_yticklabels()] == ["c", "b", "a"]
    assert ax.get_ylabel() == "value report"


def test_the_grid_shows_the_types_that_gain_most() -> None:
    figure = plots.deviation_grid(deviations(), limit=2)
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == ["seat 1, type 1", "seat 1, type 2"]
    scales = {ax.collections[0].get_clim() for ax in figure.axes if ax.get_title()}
    assert len(scales) == 1
    ink(figure)
    ink(plots.deviation_grid(deviations(2, ("truthful", *map(str, range(9))))))
    ink(plots.deviation_grid(deviations().head(1)))
    assert "nothing to show" in written(plots.deviation_grid(deviations().head(0)).axes[0])


def test_the_region_shows_border_contours_and_the_scenario() -> None:
    ax = plots.region_map(region(), border(), plots.new_axes(), point=(0.05, 0.1))
    assert ax.get_xscale() == "log"
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names[:3] == ["no value lie pays", "some value lie pays", "exact border"]
    assert names[-1] == "this scenario"
    line, star = ax.lines
    assert list(line.get_ydata()) == [0.0, 0.1, 0.2]
    assert np.all(np.isfinite(line.get_xdata()))
    assert (star.get_xdata(), star.get_ydata()) == ([0.1], [0.05])
    assert any(collection.get_hatch() for collection in ax.collections)


@pytest.mark.parametrize("point", [None, (0.5, 5.0)])
def test_the_region_without_a_border_is_filled_by_sign(point: tuple[float, float] | None) -> None:
    ax = plots.region_map(region(), border().head(0), plots.new_axes(), point=point)
    assert "exact border" not in [text.get_text() for text in ax.get_legend().get_texts()]
    if point is not None:
        assert ax.get_xlim()[1] > point[1]
        assert ax.get_ylim()[1] > point[0]
    ink(ax.figure)
    losing = region().assign(gain=-1.0)
    ink(plots.region_map(losing, border().head(0), plots.new_axes()).figure)


def test_a_scenario_without_rewards_has_no_place_on_a_logarithmic_axis() -> None:
    ax = plots.region_map(region(), border(), plots.new_axes(), point=(0.1, 0.0))
    assert "this scenario" not in [text.get_text() for text in ax.get_legend().get_texts()]
    ink(ax.figure)


def test_the_region_of_nothing() -> None:
    ax = plots.region_map(region().head(0), border().head(0), plots.new_axes())
    assert "nothing to show" in written(ax)
    ink(ax.figure)


def test_knowledge_lines_differ_without_colour() -> None:
    table = knowledge().assign(standard_error=0.1)
    ax = plots.knowledge_revenue(table, plots.new_axes())
    lines = [container.lines for container in ax.containers]
    assert len({(line.get_marker(), line.get_linestyle()) for line, _, _ in lines}) == 2
    (segment, *_) = lines[0][2][0].get_segments()
    assert segment[:, 1] == pytest.approx([1.0 - plots.Z95 * 0.1, 1.0 + plots.Z95 * 0.1])
    assert sorted(written(ax)) == ["L", "M", "OPT 4"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["own", "all"]
