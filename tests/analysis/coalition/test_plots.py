"""Plots of rings draw what the table says, on the Axes that they are given, whatever the table lacks."""

import io

import numpy as np
import pandas as pd
import pytest

from analysis.coalition.plots import gain_by_size, gain_by_stake
from analysis.drawing import new_axes


def stake_table(risk=0.1, epsilon=0.5, gain=14.0) -> pd.DataFrame:
    rows = [
        (factor, name, epsilon, 2, "0+1", scale * gain * factor, 50.0 * factor, risk, 5.0 * factor)
        for name, scale in (("M", 1.0), ("L", 1.5))
        for factor in (10, 1, 100)
    ]
    columns = ["factor", "mechanism", "epsilon", "size", "ring", "gain", "gain_max", "risk", "seller_loss"]
    return pd.DataFrame(rows, columns=columns)


def size_table(gain=60.0) -> pd.DataFrame:
    rows = [
        (size, notion, max(0.0, gain * (size - 1) - 10 * place), "0+1", "0: 5", "0 says 1", 1.0, "0+1")
        for size in (1, 2, 3)
        for place, notion in enumerate(("side-payments", "no-loss", "all-gain"))
    ]
    columns = ["size", "notion", "gain", "ring", "information", "reports", "gain_mean", "ring_mean"]
    return pd.DataFrame(rows, columns=columns)


def rendered(ax) -> None:
    ax.figure.savefig(io.BytesIO(), format="png")


def labels(ax) -> list[str]:
    legend = ax.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def test_gains_and_risks_are_lines_of_their_own_and_epsilon_bounds_the_risks():
    ax = new_axes()
    assert gain_by_stake(stake_table(), ax, unit="$") is ax
    gain, risk, *_, bound = ax.get_lines()
    np.testing.assert_allclose(gain.get_xydata(), [[1, 14], [10, 140], [100, 1400]])  # in the order of the stakes
    np.testing.assert_allclose(risk.get_xydata(), [[1, 0.1], [10, 0.1], [100, 0.1]])
    assert (gain.get_linestyle(), risk.get_linestyle(), bound.get_linestyle()) == ("-", "--", ":")
    assert set(bound.get_ydata()) == {0.5}
    assert labels(ax) == [
        "gain of the ring in M", "risk of a liar in M", "gain of the ring in L", "risk of a liar in L", "ε = 0.5",
    ]  # fmt: skip
    markers = [line.get_marker() for line in ax.get_lines()[:4]]
    assert markers[0] == markers[1] != markers[2] == markers[3]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "10", "100"]
    assert r"\$" in ax.get_ylabel()
    rendered(ax)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (stake_table(risk=0.0, epsilon=np.nan), ["gain of the ring in M", "gain of the ring in L"]),
        (stake_table(risk=0.0, gain=0.0), ["ε = 0.5"]),
        (stake_table(risk=0.0, gain=0.0, epsilon=0.0), []),
        (stake_table().iloc[:0], []),
    ],
)
def test_what_is_zero_or_missing_is_left_out(table, expected):
    ax = gain_by_stake(table, new_axes())
    assert labels(ax) == expected
    assert ax.get_xlabel()
    rendered(ax)


def test_bars_by_size_and_notion_name_the_ring():
    ax = new_axes()
    assert gain_by_size(size_table(), ax, unit="$") is ax
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert heights == [[0, 60, 120], [0, 50, 110], [0, 40, 100]]
    assert len({bar.patches[0].get_hatch() for bar in ax.containers}) == 3
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("0") == 3
    assert "60\n0+1" in texts
    assert labels(ax) == ["with side payments", "no member loses", "every member gains"]
    rendered(ax)


@pytest.mark.parametrize(
    ("table", "bars"),
    [(size_table(gain=0.0), 3), (size_table().query("notion == 'no-loss'"), 1), (size_table().iloc[:0], 0)],
)
def test_bars_of_little_or_nothing(table, bars):
    ax = gain_by_size(table, new_axes())
    assert len(ax.containers) == bars
    assert ("nothing to show" in [text.get_text() for text in ax.texts]) == (bars == 0)
    rendered(ax)
