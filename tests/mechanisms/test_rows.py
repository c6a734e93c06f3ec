"""Tables that grow: equal to the arrays put together at once, and copied seldom."""

import numpy as np

from mechanisms.rows import Numbers, Rows


def test_rows_that_come_in_parts_are_the_rows_put_together():
    rng, rows, numbers = np.random.default_rng(0), Rows(3), Numbers(2)
    parts = [rng.random((size, 3)) for size in (0, 1, 5, 2, 40, 1)]
    for part in parts:
        rows.append(part)
        numbers.append((10 * part[:, :2]).astype(int))
    whole = np.concatenate(parts)
    assert len(rows) == len(numbers) == len(whole)
    picked = rng.integers(0, len(whole), 30)
    np.testing.assert_array_equal(rows.gather(picked), whole[picked])
    np.testing.assert_array_equal(numbers.filled, (10 * whole[:, :2]).astype(int))


def test_room_doubles():
    rows, rooms = Rows(1), set()
    for _ in range(1000):
        rows.append(np.ones((1, 1)))
        rooms.add(rows._columns.shape[1])
    assert len(rooms) <= 11
