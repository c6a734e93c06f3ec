"""Distinct rows: every row is found again, whichever way rows are compared."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms.distinct import distinct_rows

rows = st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=30)


@given(rows, st.sampled_from([1, 1 << 21, 1 << 40]))
def test_first_and_inverse_give_the_table_back(rows, scale):
    """The largest scale makes the rows' keys too large for one integer."""
    table = np.array(rows, dtype=np.int64) * scale
    first, inverse = distinct_rows(table)
    np.testing.assert_array_equal(table[first][inverse], table)
    assert len(first) == len(set(map(tuple, rows)))
    for number, row in enumerate(first):
        assert row == np.flatnonzero(inverse == number)[0]


@pytest.mark.parametrize("columns", [0, 2])
def test_no_rows(columns):
    first, inverse = distinct_rows(np.zeros((0, columns), dtype=np.int64))
    assert len(first) == len(inverse) == 0


def test_rows_without_columns_are_all_the_same():
    first, inverse = distinct_rows(np.zeros((3, 0), dtype=np.int64))
    assert first.tolist() == [0]
    assert inverse.tolist() == [0, 0, 0]
