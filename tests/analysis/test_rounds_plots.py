"""Plots of the rounds that were played: windows of several rounds, and the distribution of a round's revenue."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from analysis import plots

INFINITE = math.inf


def rounds(windows: int = 300, span: int = 4) -> pd.DataFrame:
    """Windows of `span` rounds, the last with one round less."""
    spans = np.full(windows, span)
    spans[-1] -= 1
    at = np.cumsum(spans) - 1
    shares = {"truthful_values": np.linspace(0.0, 1.0, windows), "truthful_beliefs": 0.5}
    figures = {"revenue": 2.0 + np.sin(at / 50), "standard_error": 0.1}
    return pd.DataFrame({"round": at, "span": spans, **figures, **shares})


def distribution() -> pd.DataFrame:
    return pd.DataFrame(
        {"low": [0.0, 1.0, 2.0], "high": [0.5, 1.0, 2.5], "rounds": [1, 2, 1], "share": [0.25, 0.5, 0.25]}
    )


def quantiles() -> pd.DataFrame:
    return pd.DataFrame({"percent": [25, 50, 99], "revenue": [0.25, 1.0, 2.25], "half_width": [0.25, 0.0, 0.25]})


def drawn(ax: Axes) -> Axes:
    """Draw it for real, so that every warning of the drawing shows."""
    ax.figure.savefig(io.BytesIO(), format="svg")
    return ax


def names(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_windows_stand_at_the_middle_of_their_rounds() -> None:
    ax = drawn(plots.revenue_by_round(rounds(), plots.new_axes()))
    table, (at, means) = rounds(), ax.lines[0].get_data()
    assert len(at) == 150
    assert at[:2].tolist() == [3.5, 11.5]  # eight rounds each, from 0 to 7 and from 8 to 15
    assert means[0] == pytest.approx(table["revenue"][:2].mean())
    half = plots.Z95 * 0.1 / math.sqrt(2)
    band = ax.collections[0].get_paths()[0].vertices
    assert band[band[:, 0] == 3.5][:, 1].max() == pytest.approx(means[0] + half)
    assert ax.get_xlabel() == "round (means of 8 rounds)"


def test_a_row_weighs_as_much_as_it_has_rounds() -> None:
    table = pd.DataFrame({"round": [3, 4], "span": [4, 1], "revenue": [1.0, 6.0], "standard_error": [0.3, 0.4]})
    ax = drawn(plots.revenue_by_round(table, plots.new_axes(), smooth=2))
    container = ax.containers[0]
    ((at, mean),) = container.lines[0].get_xydata()
    assert (at, mean) == pytest.approx((2.0, 2.0))  # rounds 0 to 4; four of 1 and one of 6
    ((low, high),) = (segment[:, 1] for segment in container.lines[2][0].get_segments())
    assert high - low == pytest.approx(2 * plots.Z95 * math.hypot(0.8 * 0.3, 0.2 * 0.4))


def test_rows_of_single_rounds_need_no_span() -> None:
    single = rounds(40, span=1).assign(span=1)
    with_span, without = (plots.revenue_by_round(t, plots.new_axes()) for t in (single, single.drop(columns="span")))
    for one, other in zip(with_span.lines, without.lines, strict=True):
        np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())
    assert with_span.get_xlabel() == without.get_xlabel() == "round"


def test_shares_of_truth_by_window() -> None:
    ax = drawn(plots.truthful_by_round(rounds(), plots.new_axes()))
    values, beliefs = ax.lines
    assert len(values.get_xdata()) == 150
    assert set(beliefs.get_ydata()) == {0.5}
    assert values.get_ydata()[-1] == pytest.approx((4 * 298 + 3 * 299) / 299 / 7)
    assert names(ax) == ["true value", "plain posterior"]
    assert ax.get_xlabel() == "round (means of 8 rounds)"


def test_the_distribution_climbs_by_the_share_of_rounds() -> None:
    ax = drawn(plots.revenue_distribution(distribution(), quantiles(), plots.new_axes(), exact=1.1, unit="$"))
    steps, marks, mean = ax.lines
    assert steps.get_xydata().tolist() == [[0.5, 0.0], [0.5, 0.25], [1.0, 0.75], [2.5, 1.0]]
    assert marks.get_xydata().tolist() == [[0.25, 0.25], [1.0, 0.5], [2.25, 0.99]]
    assert set(mean.get_xdata()) == {1.1}
    assert names(ax) == ["rounds simulated", "25, 50, 99 %", "mean 1.1"]
    assert r"(\$)" in ax.get_xlabel()


def test_endless_fines_and_rewards_leave_the_edges_of_the_distribution() -> None:
    ends = pd.DataFrame({"low": [-INFINITE, INFINITE], "high": [-INFINITE, INFINITE], "rounds": 1, "share": 0.2})
    table = pd.concat([ends[:1], distribution().assign(share=[0.15, 0.3, 0.15]), ends[1:]], ignore_index=True)
    far = quantiles().assign(revenue=[-INFINITE, 1.0, INFINITE])
    ax = drawn(plots.revenue_distribution(table, far, plots.new_axes(), exact=-INFINITE))
    steps, marks = ax.lines
    assert steps.get_ydata().tolist() == pytest.approx([0.2, 0.35, 0.65, 0.8])
    assert marks.get_xydata().tolist() == [[1.0, 0.5]]
    assert names(ax) == ["rounds simulated", "50 %"]


def test_a_revenue_that_never_varies_is_drawn() -> None:
    table = distribution().head(1).assign(high=0.0, share=1.0)
    ax = drawn(plots.revenue_distribution(table, quantiles().assign(revenue=0.0), plots.new_axes(), exact=0.0))
    assert ax.lines[0].get_xydata().tolist() == [[0.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize("plot", [plots.revenue_by_round, plots.truthful_by_round])
def test_no_rounds_say_so(plot) -> None:
    assert "nothing to show" in [text.get_text() for text in drawn(plot(rounds().head(0), plots.new_axes())).texts]


def test_no_distribution_says_so() -> None:
    ax = plots.revenue_distribution(distribution().head(0), quantiles().head(0), plots.new_axes())
    assert "nothing to show" in [text.get_text() for text in drawn(ax).texts]
