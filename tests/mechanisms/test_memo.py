"""The memo of reports: each row finds its own record again, before and after growth and beyond the limit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mechanisms import Reports, memo
from mechanisms.memo import ReportMemo

SHAPE = (3, 2, 4)


class Ledger:
    """Keeps what it is asked to settle, in order."""

    def __init__(self):
        self.values, self.beliefs = [], []

    def settle(self, reports):
        self.values += reports.values.tolist()
        self.beliefs += reports.beliefs.tolist()


def batch(seed, rounds, largest):
    rng = np.random.default_rng(seed)
    values = np.column_stack([rng.integers(0, size, rounds) for size in SHAPE])
    return Reports(values, rng.integers(0, largest + 1, (rounds, len(SHAPE))))


batches = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 30), st.sampled_from([0, 1, 3, 40])), min_size=1, max_size=6
)


@given(batches, st.booleans(), st.sampled_from([1, 64, 300, 1 << 20]))
def test_every_row_finds_its_own_record(drawn, beliefs, limit):
    """Small limits make the memo overflow at once, or after some growth."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memo, "LIMIT", limit)
        ledger = Ledger()
        book, full = ReportMemo(SHAPE, beliefs, ledger.settle), False
        for reports in (batch(*parameters) for parameters in drawn):
            rows = book.rows(reports)
            full = full or rows is None
            assert (rows is None) == full
            assert not full or limit < 1 << 20
            if full:
                continue
            assert rows.shape == (len(reports),)
            assert [ledger.values[row] for row in rows] == reports.values.tolist()
            if beliefs:
                assert [ledger.beliefs[row] for row in rows] == reports.beliefs.tolist()


@pytest.mark.parametrize("beliefs", [False, True])
def test_no_report_is_settled_twice(beliefs):
    ledger = Ledger()
    book = ReportMemo(SHAPE, beliefs, ledger.settle)
    for seed, largest in enumerate([0, 2, 5, 20, 20, 5]):
        book.rows(batch(seed, 200, largest))
        book.rows(batch(seed, 200, largest))
    settled = [(*v, *(b if beliefs else ())) for v, b in zip(ledger.values, ledger.beliefs, strict=True)]
    assert len(settled) == len(set(settled))


def test_beyond_the_limit_nothing_is_remembered(monkeypatch):
    monkeypatch.setattr(memo, "LIMIT", 64)  # room for four reports a seat
    ledger = Ledger()
    book = ReportMemo(SHAPE, True, ledger.settle)
    book.rows(batch(0, 3, 0))
    assert len(ledger.values) <= 3
    settled = list(ledger.values)
    for calls in (1, 2, 3):
        assert book.rows(batch(calls, 50, 30)) is None
    assert ledger.values == settled


def test_a_grid_beyond_the_limit_is_not_tried():
    ledger = Ledger()
    values = np.zeros((5, 30), dtype=np.int64)
    assert ReportMemo((2,) * 30, True, ledger.settle).rows(Reports(values, values)) is None
    assert ledger.values == []


def test_no_rounds_are_no_rows():
    ledger = Ledger()
    assert ReportMemo(SHAPE, True, ledger.settle).rows(batch(0, 0, 3)).tolist() == []
    assert ledger.values == []
