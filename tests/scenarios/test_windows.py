"""Windows of rounds: what is kept is what a table of all rounds and worlds gives, in flat memory, in any blocks."""

from itertools import pairwise

import numpy as np
import pytest

from scenarios.streams import Block
from scenarios.windows import (
    LEAVES,
    ROUND_COLUMNS,
    ROWS,
    WindowRecord,
    Windows,
    leaf_blocks,
    leaf_edges,
    side_by_side,
    window_length,
)


def drawn(rounds: int, worlds: int, seed: int = 1) -> np.ndarray:
    """Revenue, prices, rewards and fallback, ``(rounds, 4, worlds)``, of very different sizes."""
    rng = np.random.default_rng(seed)
    return rng.lognormal(size=(rounds, 4, worlds)) * np.array([100.0, 1.0, 0.01, 1.0])[:, None] - 30.0


def kept(figures: np.ndarray, *, length: int, block: Block | None = None, seats: int = 3) -> Windows:
    block = block or Block(0, figures.shape[2], figures.shape[2])
    record = WindowRecord(block, seats=seats, length=length)
    for number, round_ in enumerate(figures):
        mine = round_[:, block.first : block.first + block.count]
        record.take(list(mine), (number * block.count, block.count))
    return record.windows()


@pytest.mark.parametrize("worlds", [1, 2, 3, 63, 64, 65, 1000])
@pytest.mark.parametrize(("rounds", "length"), [(1, 1), (7, 1), (7, 2), (8, 4), (5, 9)])
def test_windows_are_the_means_of_their_rounds(rounds, length, worlds):
    figures = drawn(rounds, worlds)
    table = kept(figures, length=length).table()
    assert tuple(table) == ROUND_COLUMNS
    cuts = [*range(0, rounds, length), rounds]
    for row, (low, high) in enumerate(pairwise(cuts)):
        window = figures[low:high]
        assert (table["round"][row], table["span"][row]) == (high - 1, high - low)
        for name, column in zip(("revenue", "prices", "rewards", "fallback"), window.mean(axis=(0, 2)), strict=True):
            assert table[name][row] == pytest.approx(column, rel=1e-12)
        means = window[:, 0].mean(axis=0)
        error = means.std(ddof=1) / np.sqrt(worlds) if worlds > 1 else np.nan
        assert table["standard_error"][row] == pytest.approx(error, rel=1e-9, nan_ok=True)
        assert table["truthful_values"][row] == pytest.approx((low + high - 1) / 2 / 3, rel=1e-15)
        assert table["truthful_beliefs"][row] == pytest.approx(1 / 3, rel=1e-15)
    assert len(table["round"]) == len(cuts) - 1


@pytest.mark.parametrize("worlds", [2, 5, 64, 100, 1001, 5000])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 64, 1000])
@pytest.mark.parametrize("length", [1, 3])
def test_blocks_cut_at_leaves_leave_the_same_bits(worlds, count, length):
    figures = drawn(4, worlds)
    whole = kept(figures, length=length)
    parts = [kept(figures, length=length, block=block) for block in leaf_blocks(worlds, count)]
    joined = side_by_side(parts)
    for name, column in whole.table().items():
        np.testing.assert_array_equal(joined.table()[name], column, err_msg=name)


@pytest.mark.parametrize("cuts", [(0, 30, 100), (0, 1, 2, 64, 99, 100)])
def test_any_other_blocks_differ_by_rounding_alone(cuts):
    figures = drawn(6, 100)
    parts = [kept(figures, length=2, block=Block(low, high - low, 100)) for low, high in pairwise(cuts)]
    whole, joined = kept(figures, length=2).table(), side_by_side(parts).table()
    for name, column in whole.items():
        np.testing.assert_allclose(joined[name], column, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("worlds", [1, 2, 63, 64, 65, 1000, 12_345])
@pytest.mark.parametrize("count", [1, 2, 3, 64, 200])
def test_blocks_are_even_and_cover_all_worlds(worlds, count):
    blocks = leaf_blocks(worlds, count)
    assert len(blocks) == min(count, worlds, LEAVES)
    assert [block.first for block in blocks] == [0, *np.cumsum([block.count for block in blocks])[:-1]]
    assert sum(block.count for block in blocks) == worlds
    assert all(block.total == worlds for block in blocks)
    assert {block.first for block in blocks} <= set(leaf_edges(worlds).tolist())
    assert max(block.count for block in blocks) <= 2 * min(block.count for block in blocks) + 1


@pytest.mark.parametrize("rounds", [1, 4095, 4096, 4097, 8192, 8193, 10_000, 10**6 + 1])
def test_there_are_never_more_windows_than_rows(rounds):
    length = window_length(rounds)
    windows = -(-rounds // length)
    assert ROWS // 2 < windows <= ROWS or windows == rounds
    assert length == 1 or rounds > ROWS


def test_what_is_kept_does_not_grow_with_the_rounds():
    """One number a leaf and column, a few columns a window, whatever the number of rounds."""
    block, length = Block(0, 300, 300), window_length(3 * ROWS)
    record = WindowRecord(block, seats=2, length=length)
    zeros = [np.zeros(300)] * 4
    for _ in range(3 * ROWS):
        record.take(zeros, (0, 0))
    assert record.windows().sums.shape == (ROWS, 5, LEAVES)


def test_the_record_may_be_read_at_any_time():
    figures, record = drawn(5, 20), WindowRecord(Block(0, 20, 20), seats=1, length=2)
    assert len(record.windows().table()["round"]) == 0
    for played, round_ in enumerate(figures, start=1):
        record.take(list(round_), (0, 20))
        assert record.windows().table()["span"].sum() == played
    np.testing.assert_array_equal(record.windows().sums, kept(figures, length=2, seats=1).sums)


def test_what_was_given_is_not_held_on_to():
    """A caller may write over its arrays between rounds."""
    figures = drawn(4, 10)
    record, buffer = WindowRecord(Block(0, 10, 10), seats=1, length=2), np.empty((4, 10))
    for round_ in figures:
        buffer[:] = round_
        record.take(list(buffer), (0, 0))
    np.testing.assert_array_equal(record.windows().sums, kept(figures, length=2).sums)


def test_endless_fines_are_told_as_such():
    """Where a logarithmic score fines a player without bound, the seller's mean is infinite and has no error."""
    figures = drawn(2, 100)
    figures[1, 0, 7], figures[1, 2, 7] = np.inf, -np.inf
    table = kept(figures, length=1).table()
    assert (table["revenue"][1], table["rewards"][1]) == (np.inf, -np.inf)
    assert np.isnan(table["standard_error"][1])
    assert np.isfinite(table["standard_error"][0])
