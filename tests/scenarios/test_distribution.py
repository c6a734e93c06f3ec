"""The distribution of very many figures: quantiles hold what sorting them all gives, whatever was counted apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.distribution import Distribution, Tally, combined

PERCENTS = (1, 2, 5, 25, 50, 75, 95, 99, 100)
KINDS = ("few", "even", "wide", "infinite", "negative", "zero", "one", "tiny", "huge")


def drawn(kind: str, size: int = 100_000, seed: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return {
        "few": lambda: rng.choice([0.0, 0.5, 1.0, 2.9, 3.0], size) - rng.choice([0.0, 0.01], size),
        "even": lambda: 6.0 * rng.random(size),
        "wide": lambda: rng.standard_t(1.5, size) * 1e3,
        "infinite": lambda: rng.choice([-np.inf, 1.0, 2.0, np.inf], size, p=[0.02, 0.5, 0.4, 0.08]),
        "negative": lambda: -rng.random(size),
        "zero": lambda: np.zeros(size),
        "one": lambda: np.full(size, 0.1),
        "tiny": lambda: 1e-15 * rng.random(size),
        "huge": lambda: 1e12 * rng.random(size) ** 9,
    }[kind]()


def counted(figures: np.ndarray, step: int = 10_000) -> Distribution:
    tally = Tally()
    for start in range(0, len(figures), step):
        tally.add(figures[start : start + step])
    return tally.distribution()


def assert_same(one: Distribution, other: Distribution) -> None:
    assert (one.power, one.below, one.above) == (other.power, other.below, other.above)
    for name in ("cells", "counts", "low", "high"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    np.testing.assert_array_equal(np.signbit(one.low), np.signbit(other.low))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("percent", PERCENTS)
def test_a_quantile_holds_the_one_of_sorting(kind, percent):
    figures = drawn(kind)
    found = counted(figures)
    quantile = found.quantile(percent)
    exact = np.sort(figures)[-(-percent * len(figures) // 100) - 1]
    if np.isinf(exact):
        assert (quantile.value, quantile.half_width) == (exact, 0.0)
        return
    slack = 4.0 * np.spacing(max(abs(exact), abs(quantile.value)))
    assert abs(quantile.value - exact) <= quantile.half_width + slack
    top = np.abs(figures[np.isfinite(figures)]).max()
    assert quantile.half_width <= max(top / 2**16, 2.0**-41)


@pytest.mark.parametrize("kind", ["few", "infinite", "zero", "one"])
def test_quantiles_of_a_few_figures_are_exact(kind):
    figures = drawn(kind)
    found = counted(figures)
    for percent in PERCENTS:
        quantile = found.quantile(percent)
        assert quantile.half_width == 0.0
        assert quantile.value in figures


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cuts", [(50_000,), (1, 2, 3, 99_999), (10, 40_000, 90_001)])
def test_what_is_counted_apart_adds_up_to_the_same_bits(kind, cuts):
    figures = drawn(kind)
    whole = counted(figures)
    parts = [counted(part, step=777) for part in np.split(figures, cuts)]
    assert_same(combined(parts), whole)
    assert_same(combined(parts[::-1]), whole)
    assert_same(counted(figures[::-1]), whole)
    assert_same(counted(figures, step=100_000), whole)
    assert whole.rounds == len(figures)


@given(st.lists(st.lists(st.floats(-1e9, 1e9), max_size=12), min_size=1, max_size=6))
def test_any_figures_in_any_parts_add_up(parts):
    """Signs, zeros, edges of cells and leaps in size included."""
    tallies = [counted(np.array(part, dtype=float), step=5) for part in parts]
    figures = np.array([figure for part in parts for figure in part])
    assert_same(combined(tallies), counted(figures))
    if len(figures):
        quantile = counted(figures).quantile(50)
        exact = np.sort(figures)[-(-len(figures) // 2) - 1]
        assert abs(quantile.value - exact) <= quantile.half_width + 4.0 * np.spacing(abs(exact))


def test_cells_begin_where_they_say():
    figures = drawn("wide")
    found = counted(figures)
    width = 2.0**found.power
    assert (found.low >= found.cells * width).all()
    assert (found.high < (found.cells + 1) * width).all()
    assert found.counts.sum() == len(figures)
    cells, counts = np.unique(np.floor(figures / width), return_counts=True)
    np.testing.assert_array_equal(found.cells, cells)
    np.testing.assert_array_equal(found.counts, counts)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("most", [2, 50, 512])
def test_a_coarser_one_is_still_right(kind, most):
    figures = drawn(kind)
    found = counted(figures).at_most(most)
    assert len(found.cells) <= most
    assert found.rounds == len(figures)
    table = found.table()
    assert table["share"].sum() == pytest.approx(1.0)
    assert (table["low"] <= table["high"]).all()
    assert table["high"].is_monotonic_increasing
    for row in table.itertuples():
        assert (figures <= row.high).mean() == pytest.approx(table["share"][: row.Index + 1].sum())


def test_the_table_has_a_row_for_each_infinity():
    table = counted(drawn("infinite")).table()
    assert table["low"].tolist() == table["high"].tolist() == [-np.inf, 1.0, 2.0, np.inf]
    assert table["rounds"].dtype.kind == "i"


def test_reading_does_not_disturb_counting():
    figures, tally = drawn("even"), Tally()
    for part in np.split(figures, 20):
        tally.add(part)
        tally.distribution()
    assert_same(tally.distribution(), counted(figures))


def test_nothing_has_no_quantile():
    empty = Tally().distribution()
    assert (empty.rounds, len(empty.table())) == (0, 0)
    with pytest.raises(ValueError, match="no quantile at 50 % of 0 figures"):
        empty.quantile(50)
    with pytest.raises(ValueError, match="no quantile at 0 % of 100000 figures"):
        counted(drawn("even")).quantile(0)
